"""From an artifact to the address that names it, and back."""

import sys
from functools import partial
from types import MethodType
from typing import Any

from registry.errors import ResolutionError
from registry.model import UNREAD, Reference, Unavailable
from registry.names import quote


def reference_of(artifact: object) -> Reference | None:
    """The address at which this very object can be imported in another process, if there is one."""
    module, qualname = home_module(artifact), _qualname(artifact)
    if module is None or qualname is None:
        return None
    try:
        reference = Reference(f"{module}:{qualname}")
    except ValueError:  # `<lambda>` and `<locals>` are no identifiers
        return None
    found = _look_up(reference)
    if found is artifact or (isinstance(artifact, MethodType) and found == artifact):
        return reference
    return None


def address_of(artifact: object) -> str | None:
    """What tells one definition from another: its module and qualified name, if both can be relied on.

    Unlike a reference, it need not lead to this object: the function that a notebook cell defined before has the
    same address as the one that it defines when it is run again.
    """
    module, qualname = home_module(artifact), getattr(artifact, "__qualname__", None)
    if module is None or not isinstance(qualname, str) or "<" in qualname:
        return None
    return f"{module}:{qualname}"


def home_module(artifact: object) -> str | None:
    """The module that says it defines the artifact. A spawned worker's `__mp_main__` is the parent's `__main__`."""
    module = getattr(artifact, "__module__", None)
    if not isinstance(module, str):
        return None
    return "__main__" if module == "__mp_main__" else module


def import_reference(reference: Reference) -> Any:
    """The object at an address.

    Raises:
        ResolutionError: The module is missing or fails, or has no such attribute.
    """
    from importlib import import_module

    shown = quote(reference.target)
    try:
        found: Any = import_module(reference.module)
    except Exception as error:
        raise ResolutionError(
            f"{shown} cannot be imported here: {describe(error)}.",
            suggestions=[f"Make sure that 'import {reference.module}' works in this environment."],
            context={"reference": reference.target},
        ) from error
    for step in reference.name.split("."):
        try:
            found = getattr(found, step)
        except AttributeError as error:
            raise ResolutionError(
                f"{shown} cannot be imported here: {quote(reference.module)} has no {quote(reference.name)}.",
                suggestions=partial(_similar, step, found),
                context={"reference": reference.target},
            ) from error
    return found


def _similar(name: str, holder: object) -> list[str]:
    from registry.closeness import did_you_mean  # only where something is missing

    return did_you_mean(name, dir(holder))


def portable(target: Any, reference: Reference | None) -> Reference | Unavailable:
    """What stands for a target in the bytes of a pickle, which hold no code."""
    if isinstance(target, Reference | Unavailable):
        return target
    if target is UNREAD:
        return Unavailable("it is data of a shared namespace, which was not read there")
    found = reference or reference_of(target)
    return Unavailable(_why_unnamed(target)) if found is None else found


def describe(error: BaseException) -> str:
    """An exception in one line, without the full stop at its end."""
    text = str(error).partition("\n")[0].rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _qualname(artifact: object) -> str | None:
    for attribute in ("__qualname__", "__name__"):  # what is written in C may have the second only
        name = getattr(artifact, attribute, None)
        if isinstance(name, str):
            return name
    return None


def _look_up(reference: Reference) -> Any:
    found: Any = sys.modules.get(reference.module)
    for step in reference.name.split("."):
        found = getattr(found, step, None)
    return found


def _why_unnamed(artifact: object) -> str:
    module, qualname = home_module(artifact), _qualname(artifact)
    if module is None or qualname is None:
        return f"it is a {type(artifact).__name__} that no module names"
    if "<lambda>" in qualname:
        return "it is a lambda"
    if "<locals>" in qualname:
        return f"{quote(qualname)} is defined inside a function"
    return f"'{module}:{qualname}' is not, or no longer, this object"
