"""The address of an artifact that other processes can import, or why there is none."""

import sys
from types import FrameType, MethodType, ModuleType
from typing import Any

from registry.errors import NotShareableError
from registry.known import running_module
from registry.model import Reference
from registry.names import quote
from registry.records.trust import fault_of_segments
from registry.references import address_of, home_module

_AT_TOP_LEVEL = "Define it at the top level of a module, under its own name, and register that."
_BY_REFERENCE = "Assign it to a variable of a module, and register Reference('package.module:variable')."
_IN_A_MODULE = "Move it into a module that others can import, or run the script as 'python -m package.module'."
_PUBLIC = "Give it a public address: register Reference('package:Name') to a module that offers it, or rename it."


def shared_reference(artifact: object, subject: str) -> Reference:
    """The address at which other processes find an artifact.

    What is being defined while its module runs is taken at its word, since a decorator sees it before the module does.

    Args:
        artifact: Anything.
        subject: What it is registered as, for the message.

    Raises:
        NotShareableError: It has none, with the reason and what to do.
    """
    module, qualname = home_module(artifact), _qualname(artifact)
    if module is None or qualname is None:
        kind = quote(type(artifact).__qualname__)
        raise _refused(subject, f"it is an object of {kind} that no module names", _BY_REFERENCE)
    if "<lambda>" in qualname:
        raise _refused(subject, "it is a lambda", _AT_TOP_LEVEL)
    if "<locals>" in qualname:
        raise _refused(subject, f"{quote(qualname)} is defined inside a function", _AT_TOP_LEVEL)
    try:
        reference = Reference(f"{module}:{qualname}")
    except ValueError as error:
        raise _refused(subject, f"{quote(f'{module}:{qualname}')} is no address", _BY_REFERENCE) from error
    if not _leads_to(reference, artifact):
        raise _refused(
            subject,
            f"{quote(reference.target)} is not, or no longer, this object",
            "Register what the module holds under that name: put this decorator above the others.",
        )
    return public_reference(reference, subject, artifact)


def public_reference(reference: Reference, subject: str, artifact: object = None) -> Reference:
    """The reference as other processes may follow it: not into `__main__`, and without segments that are private.

    Args:
        reference: Any.
        subject: What it is registered as, for the message.
        artifact: What it leads to, if it is known: a package above may offer it under a public address.

    Raises:
        NotShareableError: There is no such reference.
    """
    module = reference.module
    if module in ("__main__", "__mp_main__"):
        running = running_module()
        if running is None:
            raise _refused(subject, "it is defined in '__main__', which is another module elsewhere", _IN_A_MODULE)
        module = running
    fault = fault_of_segments([*module.split("."), *reference.name.split(".")])
    if fault is None:
        return Reference(f"{module}:{reference.name}")
    found = None if artifact is None else _offered(module, reference.name, artifact)
    if found is None:
        raise _refused(subject, f"no process follows {quote(f'{module}:{reference.name}')}, where {fault}", _PUBLIC)
    return found


def _offered(module: str, name: str, artifact: object) -> Reference | None:
    """The address under which the nearest package above offers an artifact of a private module."""
    parts = module.split(".")
    for length in range(len(parts) - 1, 0, -1):
        if fault_of_segments([*parts[:length], *name.split(".")]) is None:
            reference = Reference(f"{'.'.join(parts[:length])}:{name}")
            holder = sys.modules.get(reference.module)
            if holder is not None and _follow(holder, name) is artifact:
                return reference
    return None


def _leads_to(reference: Reference, artifact: Any) -> bool:
    module = sys.modules.get(reference.module)
    if module is None:
        return False
    found = _follow(module, reference.name)
    if found is artifact or (isinstance(artifact, MethodType) and found == artifact):
        return True
    if not _is_running(module):
        return False
    if found is _ABSENT:
        return True
    # An earlier execution of the same definition, which this one is about to replace; what only wraps it is not that.
    again = type(found) is type(artifact) and address_of(found) == address_of(artifact)
    return again and not _wraps(artifact, found)


def _wraps(artifact: Any, other: Any) -> bool:
    seen = 0
    while (artifact := getattr(artifact, "__wrapped__", None)) is not None and seen < 100:
        if artifact is other:
            return True
        seen += 1
    return False


class _Absent:
    """Nothing, where None may be something."""


_ABSENT = _Absent()


def _follow(holder: Any, name: str) -> Any:
    """What attributes lead to. A module's own namespace is looked into, not its `__getattr__`, which may import."""
    for step in name.split("."):
        is_module = isinstance(holder, ModuleType)
        holder = vars(holder).get(step, _ABSENT) if is_module else getattr(holder, step, _ABSENT)
    return holder


def _is_running(module: ModuleType) -> bool:
    """Whether the module is being executed by this thread, so that a name that is missing may be about to come."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals is vars(module) and frame.f_code.co_name == "<module>":
            return True
        frame = frame.f_back
    return False


def _qualname(artifact: object) -> str | None:
    for attribute in ("__qualname__", "__name__"):  # what is written in C may have the second only
        name = getattr(artifact, attribute, None)
        if isinstance(name, str):
            return name
    return None


def _refused(subject: str, why: str, advice: str) -> NotShareableError:
    return NotShareableError(
        f"{subject} cannot be shared with other processes: {why}.", suggestions=[advice], context={"reason": why}
    )
