"""Twins of the sound backend that break a promise of what not every backend can do: batches, lists, ends, refusals."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from testing.broken_backends import Entries, Sound

from registry.model import Entry


class AppliesHalf(Sound):
    def apply(self, changes: Mapping[Any, Entry[Any] | None], /) -> None:
        for name, entry in changes.items():
            if entry is None:
                del self[name]
            else:
                self[name] = entry


class AppliesWithoutLooking(Sound):
    def apply(self, changes: Mapping[Any, Entry[Any] | None], /) -> None:
        changed = {**self.held, **changes}
        self.held = {name: entry for name, entry in changed.items() if entry is not None}
        self.save()


class AppliesNoRemovals(Sound):
    def apply(self, changes: Mapping[Any, Entry[Any] | None], /) -> None:
        super().apply({name: self.held[name] if entry is None else entry for name, entry in changes.items()})


class ForgetsClaims(Sound):
    def setdefault(self, name: Any, entry: Entry[Any], /) -> Entry[Any]:
        self.check(name)
        return self.held.setdefault(name, entry)

    def close(self) -> None:
        pass


class ForgetsAtTheEnd(Sound):
    def close(self) -> None:
        self.file.unlink(missing_ok=True)


class ShowsItsList(Sound):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.listed: tuple[list[Any], list[Any]] = ([], [])

    def primary_names(self) -> list[Any]:
        if self.listed[0] != list(self.held):
            self.listed = (list(self.held), super().primary_names())
        return self.listed[1]


class ListsAliasesAsNames(Sound):
    def primary_names(self) -> list[Any]:
        return list(self.held)


class ShowsWhatWasRemoved(Sound):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.shown: Entries = {}

    @property
    def entries(self) -> Entries:
        self.shown |= self.held
        return self.shown


class ShowsAnotherMapping(Sound):
    @property
    def entries(self) -> Any:
        return MappingProxyType(self.held)


class ClosesOnce(Sound):
    def close(self) -> None:
        self.save()
        del self.held


class RefusesInOneWayOnly(Sound):
    def setdefault(self, name: Any, entry: Entry[Any], /) -> Entry[Any]:
        return self.held.setdefault(name, entry)


class RefusesWithAnythingAtAll(Sound):
    def check(self, name: object) -> None:
        assert isinstance(name, str)


class RefusesHalfOfABatch(Sound):
    def apply(self, changes: Mapping[Any, Entry[Any] | None], /) -> None:
        if all(entry is not None or name in self.held for name, entry in changes.items()):
            for name, entry in changes.items():
                if entry is None:
                    del self[name]
                else:
                    self[name] = entry
        else:
            raise KeyError(next(iter(changes)))


BROKEN: dict[type[Sound], str] = {
    AppliesHalf: "`in` has to say whether there is an entry of this very name.",
    AppliesWithoutLooking: "apply() has to raise KeyError",
    AppliesNoRemovals: "`in` has to say whether there is an entry of this very name.",
    ForgetsClaims: "`in` has to say whether there is an entry of this very name.",
    ForgetsAtTheEnd: "`in` has to say whether there is an entry of this very name.",
    ShowsItsList: "primary_names() has to give the names that are there, aliases left out",
    ListsAliasesAsNames: "primary_names() has to give the names that are there, aliases left out",
    ShowsWhatWasRemoved: "Every entry in `entries` has to be the one that the backend holds",
    ShowsAnotherMapping: "`entries` has to be an exact dict.",
    ClosesOnce: "A second close() has to do nothing.",
    RefusesInOneWayOnly: "A name that one way of writing refuses has to be refused by all of them",
    RefusesHalfOfABatch: "`in` has to say whether there is an entry of this very name.",
    RefusesWithAnythingAtAll: "A name that a backend cannot hold has to be refused by a DiagnosticError",
}
"""Each broken twin, with how the sentence begins that has to say so."""
