"""What a registration changes: which names are claimed, which conflict, which go."""

from collections.abc import Callable
from typing import Any, Literal

import attrs

from registry.errors import DuplicateEntryError
from registry.model import Entry, Reference, Unavailable
from registry.names import quote
from registry.references import address_of

OnConflict = Literal["error", "replace", "keep"]
Read = Callable[[Any], Entry[Any] | None]


class Changes:
    """Changes to one registry's entries that are worked out before any of them is made.

    Args:
        registry: The registry's name, for messages.
        read: Gives the entry that the backend holds under a name, or None.

    Attributes:
        before: What the backend held under each name that changes.
        after: What it shall hold, None for nothing.
    """

    __slots__ = ("_read", "_registry", "after", "before")

    def __init__(self, registry: str, read: Read) -> None:
        self._registry = registry
        self._read = read
        self.before: dict[Any, Entry[Any] | None] = {}
        self.after: dict[Any, Entry[Any] | None] = {}

    def add(self, entry: Entry[Any], on_conflict: OnConflict) -> bool:
        """Claim the entry's name and its aliases; whether that was possible ("keep" gives way silently).

        Raises:
            DuplicateEntryError: Another definition has one of the names. Nothing was claimed then.
        """
        claims: dict[Any, Entry[Any]] = {entry.name: entry}
        for alias in entry.aliases:
            claims[alias] = Entry(alias, None, alias_of=entry.name, origin=entry.origin)
        for name, claim in list(claims.items()):
            held = self.now(name)
            if held is None or on_conflict == "replace" or _same(held, claim):
                continue
            if on_conflict == "error":
                raise duplicate(self._registry, name, held, entry)
            if claim is entry:
                return False
            del claims[name]
        if len(claims) <= len(entry.aliases):
            entry = attrs.evolve(entry, aliases=tuple(name for name in claims if name != entry.name))
            claims[entry.name] = entry
        for name in claims:
            self._release(name, claims)
        for name, claim in claims.items():
            self.stage(name, claim)
        return True

    def remove(self, entry: Entry[Any]) -> None:
        """Remove an entry together with its aliases, or an alias alone."""
        self._release(entry.name, {})
        self.stage(entry.name, None)

    def stage(self, name: Any, entry: Entry[Any] | None) -> None:
        """Note what shall stand under a name, None for nothing."""
        self._held(name)
        self.after[name] = entry

    def now(self, name: Any) -> Entry[Any] | None:
        """What stands under a name once the changes so far are made."""
        return self.after[name] if name in self.after else self._held(name)

    def _held(self, name: Any) -> Entry[Any] | None:
        """What the backend held under a name when it was first asked: what is decided on is what is compared later."""
        if name not in self.before:
            self.before[name] = self._read(name)
        return self.before[name]

    def _release(self, name: Any, claims: dict[Any, Entry[Any]]) -> None:
        """Undo what the entry that is about to go has elsewhere: its aliases, or its place among its target's."""
        held = self.now(name)
        if held is None:
            return
        for alias in held.aliases:
            other = self.now(alias)
            if alias not in claims and other is not None and other.alias_of == name:
                self.stage(alias, None)
        if held.alias_of is not None and held.alias_of not in claims:
            target = self.now(held.alias_of)
            if target is not None:
                left = tuple(alias for alias in target.aliases if alias != name)
                self.stage(target.name, attrs.evolve(target, aliases=left))


def _same(held: Entry[Any], claim: Entry[Any]) -> bool:
    """Whether the same thing is registered again."""
    if held.alias_of is not None or claim.alias_of is not None:
        return bool(held.alias_of == claim.alias_of)
    if held.received is not None:
        return held.received.difference(claim) is None
    return same_definition(held, claim)


def same_definition(first: Entry[Any], second: Entry[Any]) -> bool:
    """Whether two entries hold the same object, or the same definition of a function or class executed twice."""
    if isinstance(first.target, Unavailable) or isinstance(second.target, Unavailable):
        # What has no address is told apart by the line that registered it.
        return first.origin is not None and first.origin == second.origin
    return first.target is second.target or not _addresses(first).isdisjoint(_addresses(second))


def _addresses(entry: Entry[Any]) -> set[str]:
    found = set()
    if isinstance(entry.target, Reference):
        found.add(_normal(entry.target.target))
    elif (address := address_of(entry.target)) is not None:
        found.add(address)
    if entry.reference is not None:
        found.add(_normal(entry.reference.target))
    return found


def _normal(target: str) -> str:
    return target.replace("__mp_main__:", "__main__:", 1) if target.startswith("__mp_main__:") else target


def duplicate(registry: str, name: Any, held: Entry[Any], entry: Entry[Any]) -> DuplicateEntryError:
    """The error for a name that another definition has."""
    what = "an entry" if held.alias_of is None else f"an alias of {quote(held.alias_of)} named"
    wanted = "it" if name == entry.name else f"it as an alias of {quote(entry.name)}"
    clash = None if held.received is None or held.alias_of is not None else held.received.difference(entry)
    why = "" if clash is None else f": {clash}"
    return DuplicateEntryError(
        f"{quote(registry)} already has {what} {quote(name)}, registered at {place(held)},"
        f" and {place(entry)} registers {wanted} with another definition{why}.",
        suggestions=["Register it under another name, or pass replace=True to put it in place of the other."],
        context={
            "registry": registry,
            "name": name if isinstance(name, str) else quote(name),
            "origins": [place(held), place(entry)],
        },
    )


def place(entry: Entry[Any]) -> str:
    """Where an entry was registered, for messages."""
    return "an unknown place" if entry.origin is None else str(entry.origin)
