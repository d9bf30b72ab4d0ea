"""Backends over modules of the standard library, written from the docstrings of `registry.protocols` alone."""

import dbm.dumb
import pickle
import shelve
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

from registry.errors import InvalidNameError
from registry.model import Entry


def is_text(name: object) -> TypeGuard[str]:
    """Whether a file can hold a name."""
    return isinstance(name, str) and not any("\ud800" <= character <= "\udfff" for character in name)


def text(name: Any) -> str:
    """The name, if a file can hold it."""
    if not is_text(name):
        raise InvalidNameError(f"{name!r} cannot be a name in a file.", suggestions=["Use text."])
    return str(name)


class ShelveBackend:
    """Entries in a shelf, each with a number that says how old it is."""

    def __init__(self, file: Path) -> None:
        self.shelf: shelve.Shelf[tuple[int, Entry[Any]]] = shelve.open(str(file))  # noqa: SIM115  # close() does
        self.newest = max((number for number, _ in self.shelf.values()), default=0)

    def __getitem__(self, name: Any, /) -> Entry[Any]:
        if name not in self:
            raise KeyError(name)
        return self.shelf[name][1]

    def __setitem__(self, name: Any, entry: Entry[Any], /) -> None:
        self.newest += 1
        self.shelf[text(name)] = self.newest, entry

    def __delitem__(self, name: Any, /) -> None:
        if name not in self:
            raise KeyError(name)
        del self.shelf[name]

    def __contains__(self, name: object, /) -> bool:
        return is_text(name) and name in self.shelf

    def __iter__(self) -> Iterator[Any]:
        return iter(sorted(self.shelf, key=lambda name: self.shelf[name][0]))

    def __len__(self) -> int:
        return len(self.shelf)

    def setdefault(self, name: Any, entry: Entry[Any], /) -> Entry[Any]:
        if name in self:
            return self[name]
        self[name] = entry
        return entry

    def close(self) -> None:
        self.shelf.close()


class DbmBackend:
    """Entries in a file of `dbm`, pickled; a name that is written again keeps its place."""

    def __init__(self, file: Path) -> None:
        self.file: Any = dbm.dumb.open(str(file), "c")  # noqa: SIM115  # close() does

    def read(self, key: bytes) -> tuple[int, Entry[Any]]:
        number, entry = pickle.loads(self.file[key])
        return number, entry

    def __getitem__(self, name: Any, /) -> Entry[Any]:
        if name not in self:
            raise KeyError(name)
        return self.read(name.encode())[1]

    def __setitem__(self, name: Any, entry: Entry[Any], /) -> None:
        key = text(name).encode()
        last = max((self.read(held)[0] for held in self.file.keys()), default=0)  # noqa: SIM118  # it is no mapping
        number = self.read(key)[0] if key in self.file else last + 1
        self.file[key] = pickle.dumps((number, entry))

    def __delitem__(self, name: Any, /) -> None:
        if name not in self:
            raise KeyError(name)
        del self.file[name.encode()]

    def __contains__(self, name: object, /) -> bool:
        return is_text(name) and name.encode() in self.file

    def __iter__(self) -> Iterator[Any]:
        keys = sorted(self.file.keys(), key=lambda key: self.read(key)[0])
        return iter([key.decode() for key in keys])

    def __len__(self) -> int:
        return len(self.file)

    def setdefault(self, name: Any, entry: Entry[Any], /) -> Entry[Any]:
        if name in self:
            return self[name]
        self[name] = entry
        return entry

    def close(self) -> None:
        self.file.close()
