"""What an entry says, before it is one: so that it can be drawn, put many times, and compared."""

import copy
from collections.abc import Mapping
from typing import Any

import attrs

from registry.model import NOTHING, UNREAD, Entry, Reference
from registry.records.plain import canonical
from registry.references import address_of


@attrs.frozen
class Draft:
    """An entry without its name. Each `entry()` is a new object, since a shared namespace marks those that it takes.

    The attributes are those of `Entry`; `target` is a reference, a function or class of a module, or plain data.
    """

    target: Any
    alias_of: Any = attrs.field(default=None, kw_only=True)
    aliases: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    tags: frozenset[str] = attrs.field(default=frozenset(), kw_only=True)
    description: str = attrs.field(default="", kw_only=True)
    deprecated: str | None = attrs.field(default=None, kw_only=True)
    metadata: Mapping[str, Any] = attrs.field(default=NOTHING, kw_only=True)

    def entry(self, name: Any) -> Entry[Any]:
        """A new entry that says this."""
        said = {field.name: getattr(self, field.name) for field in attrs.fields(Draft) if field.name != "target"}
        return Entry(name, copy.deepcopy(self.target), **{**said, "metadata": copy.deepcopy(dict(self.metadata))})

    def spelled(self, name: Any) -> str:
        """How Python writes the entry."""
        said = [spelled(name), _spelled(self.target)]
        for field in attrs.fields(Draft):
            value = getattr(self, field.name)
            if field.name != "target" and value != field.default:
                said.append(f"{field.name}={dict(value) if isinstance(value, Mapping) else value!r}")
        return f"Entry({', '.join(said)})"

    def difference(self, name: Any, entry: Any) -> str | None:
        """What an entry says that was put as this one and came back, if that is something else: as a clause."""
        if not isinstance(entry, Entry):
            return f"returned {_short(entry)}, which is no Entry"
        if entry.name != name or type(entry.name) is not type(name):
            return f"returned the entry {entry.name!r}"
        if not self._means(entry):
            return f"returned an entry whose target is {_short(artifact_of(entry))}"
        for field in attrs.fields(Draft):
            mine, other = getattr(self, field.name), getattr(entry, field.name)
            if field.name != "target" and not _same(field.name, mine, other):
                return f"returned an entry whose {field.name} is {_short(other)}"
        return None

    def _means(self, entry: Entry[Any]) -> bool:
        """Whether the target stands for the same; what came from a store is a reference, or data to be read."""
        found, wanted = artifact_of(entry), self.target
        if callable(wanted):
            return found is wanted or (isinstance(found, Reference) and found.target == address_of(wanted))
        if isinstance(wanted, Reference) or wanted is None:
            return bool(found == wanted)
        try:
            return canonical(found) == canonical(wanted)
        except (TypeError, ValueError):  # it is nothing that JSON has
            return False


def spelled(name: Any) -> str:
    """How Python writes a name; a long one of one character as a product."""
    if isinstance(name, str) and len(name) > 40 and len(set(name)) == 1:
        return f"{name[0]!r} * {len(name)}"
    return repr(name)


def artifact_of(entry: Entry[Any]) -> Any:
    """What an entry holds; data that came as a record is read."""
    return entry.received.resolve() if entry.target is UNREAD and entry.received is not None else entry.target


def draft_of(entry: Entry[Any]) -> Draft:
    """What an entry says at this moment, whatever happens to it later."""
    said = {field.name: getattr(entry, field.name) for field in attrs.fields(Draft) if field.name != "target"}
    return Draft(copy.deepcopy(artifact_of(entry)), **{**said, "metadata": copy.deepcopy(dict(entry.metadata))})


def _same(field: str, mine: Any, other: Any) -> bool:
    if field != "metadata":
        return type(mine) is type(other) and bool(mine == other)
    try:
        return canonical(dict(mine)) == canonical(dict(other))
    except (TypeError, ValueError):
        return False


def _spelled(target: Any) -> str:
    if isinstance(target, Reference):
        return f"Reference({target.target!r})"
    return str((address_of(target) or repr(target)).replace(":", ".")) if callable(target) else repr(target)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
