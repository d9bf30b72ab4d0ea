"""What this process itself registered, in any registry: references to it need nobody's permission."""

import weakref
from collections.abc import Iterable
from typing import Protocol


class Holder(Protocol):
    """The entries of one registry."""

    def registered_here(self) -> Iterable[str]:
        """The addresses, `module:qualified.name`, of what this process put there."""
        ...


_HOLDERS: "weakref.WeakSet[Holder]" = weakref.WeakSet()


def add(holder: Holder) -> None:
    """Let a registry be asked, for as long as it lives."""
    _HOLDERS.add(holder)


def is_registered_here(reference: str) -> bool:
    """Whether this process registered what a reference names. Imports nothing; looks through every registry."""
    return any(reference in holder.registered_here() for holder in list(_HOLDERS))
