"""A registry as plugins see it: they can look, and not touch."""

from collections.abc import Sequence
from typing import Any, final

from registry.core.entries import Entries


@final
class View:
    """What a plugin may know of a registry (`protocols.RegistryView`).

    Attributes:
        name: What it is called.
        kind: What its validators ask for: "function", "type", "schema", or "any".
    """

    __slots__ = ("_entries", "kind", "name")

    def __init__(self, name: str, validators: Sequence[Any], entries: Entries) -> None:
        self.name = name
        self.kind: str = next((kind for kind in (getattr(each, "kind", None) for each in validators) if kind), "any")
        self._entries = entries

    @property
    def tags(self) -> frozenset[str]:
        """The tags of all that is registered by now."""
        return frozenset().union(*(entry.tags for entry in self._entries.snapshot()))

    def __repr__(self) -> str:
        return f"<View of the registry {self.name!r}: {self.kind}>"
