"""What this process registered itself, in any registry: references to it need no further permission."""

import sys
import weakref
from collections.abc import Iterable
from typing import Any, Protocol


class Holder(Protocol):
    """What has registrations of this process, such as a registry. It must be possible to refer to it weakly."""

    def registered_here(self) -> Iterable[str]:
        """The addresses (`module:qualified.name`) of what this process registered in it, and never of what came from
        others; the targets of references that it registered are among them."""
        ...


# Copied with one call that no other thread can get into, so nobody has to lock, not even a finalizer.
_holders: dict[int, "weakref.ref[Any]"] = {}


def add(holder: Holder) -> None:
    """Ask this holder, too, for as long as it lives."""
    key = id(holder)

    def forget(gone: "weakref.ref[Any]") -> None:
        if _holders.get(key) is gone:
            del _holders[key]

    _holders[key] = weakref.ref(holder, forget)


def is_registered_here(reference: str) -> bool:
    """Whether this process registered what a reference names, under any name in any registry. Imports nothing."""
    asked = {reference}
    name = running_module()
    if name is not None and reference.startswith(f"{name}:"):
        asked.add(f"__main__:{reference.partition(':')[2]}")
    for known in list(_holders.values()):
        holder = known()
        if holder is not None and not asked.isdisjoint(holder.registered_here()):
            return True
    return False


def running_module() -> str | None:
    """The name by which others can import what runs here as `__main__`: only `python -m` tells one."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    name = getattr(spec, "name", None)
    return name if isinstance(name, str) and name != "__main__" else None
