"""The parts of a store in a SQLite file, wired together. The threads know this, and not the store that users hold."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import final

from registry.names import WHOLE, quote
from registry.revisions import Frame, Reset, Retention, Snapshot, Token
from registry.stores.answer import Answer
from registry.stores.failures import closed
from registry.stores.feed import Feed, LogWatch, gap
from registry.stores.sqlite import reading
from registry.stores.sqlite.attendants import Mover, Poller
from registry.stores.sqlite.database import Database
from registry.stores.sqlite.group import Group, Request
from registry.stores.sqlite.pages import Pages, Pins
from registry.stores.sqlite.recent import Recent
from registry.stores.sqlite.rows import sums
from registry.stores.sqlite.writer import Writer
from registry.stores.submission import Submission


@final
class Engine:
    """See `SQLiteStore` for the arguments."""

    def __init__(self, path: str, poll: float, retention: Retention, timeout: float, served_as: str | None) -> None:
        self.path = path
        self._poll = poll
        self._retention = retention
        self._feed = Feed()
        self._pins = Pins()
        self.database = Database(path, timeout, served_as, self._forked)
        self._begin()

    def _begin(self) -> None:
        """Make what a forked child cannot have from its parent."""
        self._recent = Recent()
        self._writer = Writer(self.database, self._retention, self._publish, self._pins.oldest, self._move)
        self._mover = Mover(self.database, self._has_moved)
        self._poller = Poller(self.database, self._poll, self._feed.signal, lambda: self._feed.is_watched)

    def _forked(self) -> None:
        self._writer.disown()
        self._feed.revive()
        self._pins.revive()
        self._begin()
        if self._feed.is_watched and self.database.served_as is None:
            self._poller.start()

    def _publish(self, group: Group) -> None:
        if self._feed.is_watched:
            self._recent.add(group.frames())
        else:
            self._recent.clear()  # or what is kept of before would pass for all that there is
        self._feed.signal()  # also for a watch that began just now

    def _move(self) -> None:
        self._mover.move()

    def _has_moved(self) -> None:
        self._writer.moved = True

    @property
    def pending(self) -> int:
        """How many submissions have no answer yet."""
        return self._writer.pending

    def submit(self, submission: Submission) -> Answer[Token]:
        """Have a submission written."""
        answer: Answer[Token] = Answer()
        until = time.monotonic() + self.database.timeout
        if not self._writer.put(Request(submission, sums(submission), answer, until)):
            raise closed(f"The store {quote(self.path, WHOLE)}")
        return answer

    def token(self) -> Token:
        """The newest moment."""
        revision = self.database.read(reading.newest_revision)
        return Token(self.database.epoch, revision)

    def snapshot(self, namespace: str) -> Snapshot:
        """The records of a namespace, read in parts as they are asked for."""
        pages = Pages(self.database, namespace, self._pins)
        return Snapshot(Token(self.database.epoch, pages.revision), pages.count, pages)

    def watch(self, since: Token, namespaces: frozenset[str] | None, released: Callable[[], None]) -> LogWatch:
        """Follow the log from a moment on."""

        def where(connection: sqlite3.Connection) -> tuple[int, int]:
            return reading.newest_revision(connection), reading.oldest_revision(connection)

        newest, oldest = self.database.read(where)
        reset = gap(since, Token(self.database.epoch, newest), oldest)
        watch = LogWatch(self, self._feed, self.database.epoch, since.revision, namespaces, reset, released)
        self._feed.add(watch)
        if self.database.served_as is None:
            self._poller.start()
        return watch

    def after(self, revision: int, /) -> tuple[Sequence[Frame | Reset], bool]:
        """The next frames after a revision, for watches, and whether these were all."""
        recent = self._recent.after(revision)
        if recent:
            # Others may have written since; only who serves the file knows that nobody has.
            return recent, self.database.served_as is not None
        epoch, path = self.database.epoch, self.path
        return self.database.read(lambda connection: reading.frames_after(connection, revision, epoch, path))

    def close(self) -> None:
        """Write what was submitted, then give everything back."""
        seconds = self.database.timeout + 5
        self._writer.stop(seconds)
        self._feed.end()
        self._mover.stop(seconds)
        self._poller.stop(seconds)
        self.database.close()
