"""What a backend should hold, as simply as can be said."""

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from registry.model import Entry
from registry.testing.drafts import Draft, draft_of


@attrs.define
class Held:
    """What is under a name.

    Attributes:
        draft: What the entry says.
        written: When it was put there, and again, since the name was new.
    """

    draft: Draft
    written: list[int]


@attrs.define
class BackendModel:
    """The entries that were put, and every entry object that was seen.

    Attributes:
        held: By name.
        seen: Objects that the backend was given or gave, with what each said then.
    """

    held: dict[Any, Held] = attrs.field(factory=dict)
    seen: list[tuple[Any, Entry[Any], Draft]] = attrs.field(factory=list)
    _now: int = 0

    def put(self, drafts: Iterable[tuple[Any, Draft]]) -> None:
        """Entries are put, all at the same time."""
        self._now += 1
        for name, draft in drafts:
            if name in self.held:
                self.held[name].draft = draft
                self.held[name].written.append(self._now)
            else:
                self.held[name] = Held(draft, [self._now])

    def remove(self, name: Any) -> None:
        """An entry is removed."""
        del self.held[name]

    def keep(self, line: str, entry: Entry[Any]) -> None:
        """Remember what an entry says, which must not change."""
        self.seen.append((line, entry, draft_of(entry)))

    def changed(self) -> str | None:
        """The first call whose entry says something else by now."""
        changed = (line for line, entry, then in self.seen if then.difference(entry.name, entry) is not None)
        return next(changed, None)

    def primary(self) -> list[Any]:
        """The names that are no aliases."""
        return [name for name, held in self.held.items() if held.draft.alias_of is None]

    def in_order(self, names: Sequence[Any]) -> bool:
        """Whether names stand oldest first.

        A name that was written again is as old as any of its writes: in a dict it stays where it is, a store that
        keeps records by revision has it last, and a mirror of such a store moves it when it is loaded anew. This is the
        one liberty that backends have; names that were put by one `apply` are equally old.
        """
        latest = 0
        for name in names:
            later = [moment for moment in self.held[name].written if moment >= latest]
            if not later:
                return False
            latest = later[0]
        return True
