"""Backends that are right in one thread and wrong in several, each a line away from one that is right."""

import dbm
import pickle
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from registry.errors import BackendError
from registry.model import Entry

Entries = dict[str, Entry[Any]]


class Locked:
    """The one that is right: a dict in Python, with a lock around every step that is not one already."""

    def __init__(self) -> None:
        self._entries: Entries = {}
        self._lock = threading.Lock()

    def __getitem__(self, name: str, /) -> Entry[Any]:
        return self._entries[name]

    def __setitem__(self, name: str, entry: Entry[Any], /) -> None:
        with self._lock:
            self._entries[name] = entry

    def __delitem__(self, name: str, /) -> None:
        with self._lock:
            if name not in self._entries:
                raise KeyError(name)
            del self._entries[name]

    def __contains__(self, name: object, /) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        yield from list(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def setdefault(self, name: str, entry: Entry[Any], /) -> Entry[Any]:
        with self._lock:
            if name not in self._entries:
                self._entries[name] = entry
            return self._entries[name]


class LockedBatches(Locked):
    """The one that is right, and Transactional."""

    def apply(self, changes: Mapping[str, Entry[Any] | None], /) -> None:
        with self._lock:
            changed = dict(self._entries)
            for name, entry in changes.items():
                if entry is None:
                    del changed[name]
                else:
                    changed[name] = entry
            self._entries = changed


class ChecksThenClaims(Locked):
    """`setdefault` looks first and puts afterwards."""

    def setdefault(self, name: str, entry: Entry[Any], /) -> Entry[Any]:
        if name not in self._entries:
            self._entries[name] = entry
        return self._entries[name]


class ClaimsForNothing(Locked):
    """`setdefault` returns what it would have liked to put."""

    def setdefault(self, name: str, entry: Entry[Any], /) -> Entry[Any]:
        held = self._entries.get(name)
        with self._lock:
            self._entries.setdefault(name, entry)
        return entry if held is None else held


class RemovesSilently(Locked):
    """`del` looks first, and says nothing when another thread was quicker."""

    def __delitem__(self, name: str, /) -> None:
        if name not in self._entries:
            raise KeyError(name)
        self._entries.pop(name, None)


class IteratesLive(Locked):
    """Iteration goes through the dict into which others write."""

    def __iter__(self) -> Iterator[str]:
        for name in self._entries:  # noqa: UP028 - so that each name is a line of its own
            yield name


class LosesUpdates(LockedBatches):
    """A batch is made in a copy, and what others write meanwhile is lost."""

    def apply(self, changes: Mapping[str, Entry[Any] | None], /) -> None:
        changed = dict(self._entries)
        for name, entry in changes.items():
            if entry is None:
                del changed[name]
            else:
                changed[name] = entry
        self._entries = changed


class ShowsHalves(LockedBatches):
    """A batch is written into the dict that others read."""

    def apply(self, changes: Mapping[str, Entry[Any] | None], /) -> None:
        with self._lock:
            for name, entry in changes.items():
                if entry is None and name not in self._entries:
                    raise KeyError(name)
            for name, entry in changes.items():
                if entry is None:
                    del self._entries[name]
                else:
                    self._entries[name] = entry


class ReplacesLate(Locked):
    """Each write copies the dict and puts the copy in its place, without a lock."""

    def __setitem__(self, name: str, entry: Entry[Any], /) -> None:
        changed = {**self._entries, name: entry}
        self._entries = changed


class Files:
    """Right in one thread: pickles in a file of `dbm`, which knows nothing of threads."""

    def __init__(self, folder: Path) -> None:
        self._file = dbm.open(str(folder / "entries"), "c")  # noqa: SIM115 - it is closed by close()

    def __getitem__(self, name: str, /) -> Entry[Any]:
        entry: Entry[Any] = pickle.loads(self._file[name.encode()])
        return entry

    def __setitem__(self, name: str, entry: Entry[Any], /) -> None:
        self._file[name.encode()] = pickle.dumps(entry)

    def __delitem__(self, name: str, /) -> None:
        del self._file[name.encode()]

    def __contains__(self, name: object, /) -> bool:
        return isinstance(name, str) and name.encode() in self._file

    def __iter__(self) -> Iterator[str]:
        return iter([bytes(name).decode() for name in self._names()])

    def __len__(self) -> int:
        return len(self._names())

    def _names(self) -> list[Any]:
        return list(self._file.keys())  # not every dbm can be iterated

    def setdefault(self, name: str, entry: Entry[Any], /) -> Entry[Any]:
        try:
            return self[name]
        except KeyError:
            self[name] = entry
            return entry

    def close(self) -> None:
        self._file.close()


class Copies(Locked):
    """`setdefault` returns an equal entry in place of the one that it put."""

    def setdefault(self, name: str, entry: Entry[Any], /) -> Entry[Any]:
        held = super().setdefault(name, entry)
        copied: Entry[Any] = pickle.loads(pickle.dumps(held))
        return copied


class Miscounts(Locked):
    """The number of names is kept beside them, and counted without a lock."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __setitem__(self, name: str, entry: Entry[Any], /) -> None:
        with self._lock:
            new = name not in self._entries
            self._entries[name] = entry
        counted = self._count + new
        self._count = counted

    def __delitem__(self, name: str, /) -> None:
        super().__delitem__(name)
        counted = self._count - 1
        self._count = counted

    def setdefault(self, name: str, entry: Entry[Any], /) -> Entry[Any]:
        held = super().setdefault(name, entry)
        counted = self._count + (held is entry)
        self._count = counted
        return held


class Deadlocks(Locked):
    """Two locks, taken in one order to put and in the other to remove."""

    def __init__(self) -> None:
        super().__init__()
        self._other = threading.Lock()

    def __setitem__(self, name: str, entry: Entry[Any], /) -> None:
        with self._other:
            super().__setitem__(name, entry)

    def __delitem__(self, name: str, /) -> None:
        with self._lock, self._other:
            del self._entries[name]


class Fails(Locked):
    """Every write fails, done or not, for reasons of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._writes = 0

    def __setitem__(self, name: str, entry: Entry[Any], /) -> None:
        with self._lock:
            self._writes += 1
            number = self._writes
        if number % 2:
            super().__setitem__(name, entry)
        raise BackendError("The disk is tired.")


class Sleeps(Locked):
    """So slow that hardly anything can be tried."""

    def __getitem__(self, name: str, /) -> Entry[Any]:
        time.sleep(0.05)
        return super().__getitem__(name)
