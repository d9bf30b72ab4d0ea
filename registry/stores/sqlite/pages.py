"""The records of one moment, read from the file in parts."""

import threading
import time
from collections.abc import Iterator
from typing import final
from weakref import WeakKeyDictionary

from registry.errors import StoreError
from registry.names import WHOLE, quote
from registry.revisions import Stored
from registry.stores.sqlite import reading
from registry.stores.sqlite.database import Database
from registry.stores.sqlite.failures import damaged

PATIENCE = 600.0
"""Seconds for which a snapshot that somebody reads keeps this process from deleting what it needs."""


@final
class Pins:
    """The snapshots that are being read in this process."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._pinned: WeakKeyDictionary[Pages, tuple[int, float]] = WeakKeyDictionary()

    def revive(self) -> None:
        """Go on in a forked child, where whoever held the lock is not; snapshots can be read on there."""
        self._lock = threading.RLock()

    def set(self, pages: "Pages", revision: int) -> None:
        """Keep what was there at a revision."""
        with self._lock:
            self._pinned[pages] = revision, time.monotonic() + PATIENCE

    def remove(self, pages: "Pages") -> None:
        """Keep it no longer."""
        with self._lock:
            self._pinned.pop(pages, None)

    def oldest(self) -> int | None:
        """The oldest revision that is kept, if there is one."""
        with self._lock:
            now = time.monotonic()
            return min((revision for revision, until in list(self._pinned.values()) if until > now), default=None)


@final
class Pages:
    """The records of a namespace as they were at one moment, in the order in which they were written.

    No transaction stays open while these are read: what is there are the numbers of the changes, 8 bytes each, and the
    changes themselves stay in the file as long as the log reaches back to that moment. So a reader that is slow, or
    forgotten, keeps nobody from moving the write-ahead log to the file.

    Attributes:
        revision: The moment.
        count: How many records there are.
    """

    def __init__(self, database: Database, namespace: str, pins: Pins) -> None:
        self._database = database
        self._namespace = namespace
        self._pins = pins
        pins.set(self, 0)  # nothing at all may go until the moment is known
        self.revision, self._changes = database.read(lambda connection: reading.living(connection, namespace))
        pins.set(self, self.revision)
        self.count = len(self._changes)
        self._position = 0
        self._read: list[Stored] = []

    def __iter__(self) -> Iterator[Stored]:
        return self

    def __next__(self) -> Stored:
        if not self._read:
            if self._position >= self.count:
                self.close()
                raise StopIteration
            self._turn()
        return self._read.pop()

    def _turn(self) -> None:
        changes = self._changes[self._position : self._position + reading.AT_ONCE]
        path = self._database.path
        found = self._database.read(lambda connection: reading.records(connection, changes, path))
        if not found:
            oldest = self._database.read(reading.oldest_revision)
            if oldest <= self.revision:
                raise damaged(path, f"change {changes[0]} is in an index, and not in the table")
            raise StoreError(
                f"A snapshot of {quote(self._namespace)} in the store {quote(path, WHOLE)} was read so slowly that the"
                " log no longer reaches back to it.",
                suggestions=["Take another, and read it at once."],
                context={"path": path, "namespace": self._namespace},
            )
        self._position += len(found)
        found.reverse()
        self._read = found

    def close(self) -> None:
        """Read no more."""
        self._pins.remove(self)
        self._position = self.count
        self._read = []
