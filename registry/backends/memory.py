"""Entries in a dict of this process."""

import threading
from collections.abc import Iterator, Mapping
from typing import Any, Generic, final

from typing_extensions import TypeVar

from registry.model import Entry

K = TypeVar("K", default=Any)
V = TypeVar("V", default=Any)


@final
class MemoryBackend(Generic[K, V]):
    """Entries in a dict that batches replace as a whole, so that nobody sees half of one.

    Readers take no lock: they read whichever dict is current. Writers take one, or a name written to a dict that a
    batch is about to replace would be lost. Pickles as its entries.

    Args:
        entries: What it holds to begin with; they are copied.

    Attributes:
        entries: The current dict. Never write to it without holding `writing`.
        writing: The lock that writers hold.
    """

    # The lock can be taken again by its holder, since an entry that is replaced may run a user's finalizer.
    __slots__ = ("entries", "writing")

    def __init__(self, entries: Mapping[K, Entry[V]] | None = None) -> None:
        self.writing = threading.RLock()
        self.entries: dict[K, Entry[V]] = {} if entries is None else dict(entries)

    def __getitem__(self, name: K, /) -> Entry[V]:
        return self.entries[name]

    def __setitem__(self, name: K, entry: Entry[V], /) -> None:
        with self.writing:
            replaced = self.entries.get(name)
            self.entries[name] = entry
        del replaced  # its artifact may end here, outside the lock

    def __delitem__(self, name: K, /) -> None:
        with self.writing:
            removed = self.entries.pop(name)
        del removed

    def __contains__(self, name: object, /) -> bool:
        try:
            return name in self.entries
        except TypeError:  # what cannot be hashed is no name
            return False

    def __iter__(self) -> Iterator[K]:
        return iter(list(self.entries))  # a copy made in one step, since writers may come while it is read

    def __len__(self) -> int:
        return len(self.entries)

    def setdefault(self, name: K, entry: Entry[V], /) -> Entry[V]:
        with self.writing:
            return self.entries.setdefault(name, entry)

    def apply(self, changes: Mapping[K, Entry[V] | None], /) -> None:
        with self.writing:
            replaced = self.entries
            changed = dict(replaced)
            for name, entry in changes.items():
                if entry is None:
                    del changed[name]
                else:
                    changed[name] = entry
            self.entries = changed
        del replaced

    def __reduce__(self) -> tuple[Any, ...]:
        return MemoryBackend, (dict(self.entries),)

    def __repr__(self) -> str:
        return f"MemoryBackend({len(self)} {'entry' if len(self) == 1 else 'entries'})"
