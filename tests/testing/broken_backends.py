"""A backend that keeps every promise, and twins of it that break one, each a line away."""

import pickle
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from registry.errors import InvalidNameError
from registry.model import Entry

Entries = dict[Any, Entry[Any]]


class Sound:
    """Entries in a dict, and in a file that is written with every change."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "entries"
        self.held: Entries = pickle.loads(self.file.read_bytes()) if self.file.exists() else {}

    @property
    def entries(self) -> Entries:
        return self.held

    def save(self) -> None:
        self.file.write_bytes(pickle.dumps(self.held))

    def check(self, name: object) -> None:
        if not isinstance(name, str) or len(name) > 255:
            raise InvalidNameError(f"{name!r} cannot be a name here.")

    def __getitem__(self, name: Any, /) -> Entry[Any]:
        return self.held[name]

    def __setitem__(self, name: Any, entry: Entry[Any], /) -> None:
        self.check(name)
        self.held[name] = entry
        self.save()

    def __delitem__(self, name: Any, /) -> None:
        del self.held[name]
        self.save()

    def __contains__(self, name: object, /) -> bool:
        return isinstance(name, str) and name in self.held

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self.held))

    def __len__(self) -> int:
        return len(self.held)

    def setdefault(self, name: Any, entry: Entry[Any], /) -> Entry[Any]:
        self.check(name)
        held = self.held.setdefault(name, entry)
        self.save()
        return held

    def apply(self, changes: Mapping[Any, Entry[Any] | None], /) -> None:
        changed = dict(self.held)
        for name, entry in changes.items():
            self.check(name)
            if entry is None:
                del changed[name]
            else:
                changed[name] = entry
        self.held = changed
        self.save()

    def primary_names(self) -> list[Any]:
        return [name for name, entry in self.held.items() if entry.alias_of is None]

    def close(self) -> None:
        self.save()


class LosesUpdates(Sound):
    def __setitem__(self, name: Any, entry: Entry[Any], /) -> None:
        self.check(name)
        self.held.setdefault(name, entry)
        self.save()


class ReadsWhatWas(Sound):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.read: Entries = {}

    def __getitem__(self, name: Any, /) -> Entry[Any]:
        return self.read.setdefault(name, self.held[name])


class FoldsCase(Sound):
    def __getitem__(self, name: Any, /) -> Entry[Any]:
        return {held.casefold(): entry for held, entry in self.held.items()}[name.casefold()]


class HasOtherCase(Sound):
    def __contains__(self, name: object, /) -> bool:
        return isinstance(name, str) and name.lower() in [held.lower() for held in self.held]


class FoldsUnicode(Sound):
    def __setitem__(self, name: Any, entry: Entry[Any], /) -> None:
        self.check(name)
        self.held[unicodedata.normalize("NFC", name)] = entry
        self.save()


class CutsNames(Sound):
    def __setitem__(self, name: Any, entry: Entry[Any], /) -> None:
        self.check(name)
        self.held[name[:200]] = entry
        self.save()


class ForgetsToDelete(Sound):
    def __delitem__(self, name: Any, /) -> None:
        self.held[name]
        self.save()


class DeletesAliasesToo(Sound):
    def __delitem__(self, name: Any, /) -> None:
        del self.held[name]
        self.held = {held: entry for held, entry in self.held.items() if entry.alias_of != name}
        self.save()


class SharesState(Sound):
    shared: Entries = {}  # noqa: RUF012  # the mistake that is made here

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.held = self.shared


class SortsNames(Sound):
    def __iter__(self) -> Iterator[Any]:
        return iter(sorted(self.held))


class NewestFirst(Sound):
    def __iter__(self) -> Iterator[Any]:
        return iter(list(self.held)[::-1])


class ClaimsMoveNames(Sound):
    def setdefault(self, name: Any, entry: Entry[Any], /) -> Entry[Any]:
        self.check(name)
        held = self.held[name] = self.held.pop(name, entry)
        self.save()
        return held


class RepeatsNames(Sound):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.written = list(self.held)

    def __setitem__(self, name: Any, entry: Entry[Any], /) -> None:
        super().__setitem__(name, entry)
        self.written.append(name)

    def __iter__(self) -> Iterator[Any]:
        return iter([*(name for name in self.held if name not in self.written), *self._left()])

    def _left(self) -> list[Any]:
        return [name for name in self.written if name in self.held]


class HidesAliases(Sound):
    def __iter__(self) -> Iterator[Any]:
        return iter(self.primary_names())


class CountsNoAliases(Sound):
    def __len__(self) -> int:
        return len(self.primary_names())


class FollowsAliases(Sound):
    def __getitem__(self, name: Any, /) -> Entry[Any]:
        entry = self.held[name]
        return self.held.get(entry.alias_of, entry)


class SetdefaultOverwrites(Sound):
    def setdefault(self, name: Any, entry: Entry[Any], /) -> Entry[Any]:
        self[name] = entry
        return entry


class SetdefaultReturnsACopy(Sound):
    def setdefault(self, name: Any, entry: Entry[Any], /) -> Entry[Any]:
        return attrs.evolve(super().setdefault(name, entry))


class SetdefaultReturnsItsOwn(Sound):
    def setdefault(self, name: Any, entry: Entry[Any], /) -> Entry[Any]:
        super().setdefault(name, entry)
        return entry


class SetdefaultReturnsNone(Sound):
    def setdefault(self, name: Any, entry: Entry[Any], /) -> Any:
        return self.held[name] if name in self.held else self.__setitem__(name, entry)


class SwallowsKeyErrors(Sound):
    def __delitem__(self, name: Any, /) -> None:
        self.held.pop(name, None)
        self.save()


class GivesNone(Sound):
    def __getitem__(self, name: Any, /) -> Any:
        return self.held.get(name)


class RaisesSomethingElse(Sound):
    def __getitem__(self, name: Any, /) -> Entry[Any]:
        if name not in self.held:
            raise LookupError(name)
        return self.held[name]


class TakesWordsForNames(Sound):
    def __contains__(self, name: object, /) -> bool:
        return str(name) in self.held


class HasWhatBeginsLikeAName(Sound):
    def __contains__(self, name: object, /) -> bool:
        return isinstance(name, str) and any(name.startswith(held) for held in self.held)


class StumblesOverNoNames(Sound):
    def __contains__(self, name: Any, /) -> bool:
        return name.strip() == name and name in self.held


class ForgetsWhatWasSaid(Sound):
    def __setitem__(self, name: Any, entry: Entry[Any], /) -> None:
        super().__setitem__(name, attrs.evolve(entry, deprecated=None))


class TakesOneForTrue(Sound):
    def __getitem__(self, name: Any, /) -> Entry[Any]:
        entry = self.held[name]
        return attrs.evolve(entry, metadata={key: value != 0 for key, value in entry.metadata.items()})


class ChangesEntries(Sound):
    def __setitem__(self, name: Any, entry: Entry[Any], /) -> None:
        if name in self.held:
            for field in ("target", "tags", "description", "deprecated", "aliases", "metadata", "alias_of"):
                setattr(self.held[name], field, getattr(entry, field))
            self.save()
        else:
            super().__setitem__(name, entry)


class Fails(Sound):
    def __len__(self) -> int:
        return 1 // len(self.held) * len(self.held) if len(self.held) < 2 else len(self.held)


BROKEN: dict[type[Sound], str] = {
    LosesUpdates: "A look-up has to give the entry that was put last",
    ReadsWhatWas: "A look-up has to give the entry that was put last",
    FoldsCase: "Looking up a name that is not there has to raise KeyError.",
    HasOtherCase: "`in` has to say whether there is an entry of this very name.",
    FoldsUnicode: "A look-up has to give the entry that was put last",
    CutsNames: "`in` has to say whether there is an entry of this very name.",
    ForgetsToDelete: "`in` has to say whether there is an entry of this very name.",
    DeletesAliasesToo: "`in` has to say whether there is an entry of this very name.",
    SharesState: "Two backends that were made one after the other must not share their entries.",
    SortsNames: "Iteration has to give the oldest name first.",
    NewestFirst: "Iteration has to give the oldest name first.",
    ClaimsMoveNames: "Iteration has to give the oldest name first.",
    RepeatsNames: "Iteration has to give each name once.",
    HidesAliases: "Iteration has to give the names that are there, aliases included",
    CountsNoAliases: "len() has to be the number of names, aliases included.",
    FollowsAliases: "A look-up has to give the entry that was put last",
    SetdefaultOverwrites: "setdefault() has to return the entry that was there before",
    SetdefaultReturnsACopy: "setdefault() has to return `entry` itself when it put it.",
    SetdefaultReturnsItsOwn: "setdefault() has to return the entry that was there before",
    SetdefaultReturnsNone: "setdefault() has to return `entry` itself when it put it.",
    SwallowsKeyErrors: "Removing a name that is not there has to raise KeyError.",
    GivesNone: "Looking up a name that is not there has to raise KeyError.",
    RaisesSomethingElse: "Looking up a name that is not there has to raise KeyError.",
    TakesWordsForNames: "`in` has to be False for what cannot be a name.",
    HasWhatBeginsLikeAName: "`in` has to say whether there is an entry of this very name.",
    StumblesOverNoNames: "`in` has to be False for what cannot be a name.",
    ForgetsWhatWasSaid: "A look-up has to give the entry that was put last",
    TakesOneForTrue: "A look-up has to give the entry that was put last",
    ChangesEntries: "An entry that was put or given must never change",
    Fails: "A call raised what nothing allows it to.",
}
"""Each broken twin, with how the sentence begins that has to say so."""
