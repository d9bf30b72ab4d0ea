"""The one thread of a process that writes to a store: it takes all that waits, and commits it together."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import final

from registry.errors import DiagnosticError, StoreError, UnknownOutcomeError
from registry.names import WHOLE, quote
from registry.revisions import Retention
from registry.stores.answer import answer_all
from registry.stores.sqlite import failures
from registry.stores.sqlite.compaction import compact
from registry.stores.sqlite.database import Database
from registry.stores.sqlite.group import Group, Outcome, Request
from registry.stores.submission import LIMITS

PAGES = 2000
"""Pages that may have gone to the write-ahead log, by a guess, before they are moved to the file.

A log that is begun anew soon is written over, which is forced out in half the time that a longer file takes.
"""

GATHERING = 0.001
"""Seconds for which the writer waits, at most, until as many are there as it answered last.

Those come back within microseconds of each other. Without this they fall into two halves that take turns, and twice as
many commits are made. A lone writer is never waited for.
"""


@final
class Writer:
    """Writes what is submitted, in the order in which it came.

    Args:
        database: Where.
        retention: What the log has to remember.
        publish: Called with what was committed, before anybody is told that it was.
        pinned: The oldest revision that somebody still reads, if there is one.
        move: Asks for the write-ahead log to be moved to the file.
    """

    def __init__(
        self,
        database: Database,
        retention: Retention,
        publish: Callable[[Group], None],
        pinned: Callable[[], int | None],
        move: Callable[[], None],
    ) -> None:
        self._database = database
        self._retention = retention
        self._publish = publish
        self._pinned = pinned
        self._move = move
        self._queue: SimpleQueue[Request | None] = SimpleQueue()
        # Its holder may take it again: whatever is made may run a finalizer that submits something.
        self._starting = threading.RLock()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._unanswered: set[Request] = set()
        self._pages = 0
        self.moved = False  # set when the thread that moves the log has done most of it

    @property
    def pending(self) -> int:
        """How many submissions have no answer yet."""
        return len(self._unanswered)

    def put(self, request: Request) -> bool:
        """Have a submission written; False when this was stopped."""
        with self._starting:
            if self._stopped:
                return False
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="registry store writer", daemon=True)
                self._thread.start()
            self._unanswered.add(request)
            self._queue.put(request)
        return True

    def stop(self, seconds: float) -> None:
        """Take nothing more, and wait until everything is written that was taken."""
        with self._starting:
            if not self._stopped:
                self._stopped = True
                self._queue.put(None)
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds)

    def _run(self) -> None:
        goes_on, expected = True, 0
        while goes_on:
            first = self._queue.get()
            if first is None:
                return
            if expected > 1:
                until = time.monotonic() + GATHERING
                while self._queue.qsize() + 1 < expected and time.monotonic() < until:
                    time.sleep(0.00002)
            group, changes, size = [first], len(first.submission.changes), first.submission.size
            with contextlib.suppress(Empty):
                while changes < LIMITS.changes and size < LIMITS.size:
                    request = self._queue.get_nowait()
                    if request is None:
                        goes_on = False
                        break
                    group.append(request)
                    changes += len(request.submission.changes)
                    size += request.submission.size
            expected = max(len(group), expected // 2)  # some may have been late for this one
            self._write([request for request in group if request.answer.set_running_or_notify_cancel()])
            self._unanswered.difference_update(group)
            del first, group  # what was written is not kept until there is more

    def _write(self, group: list[Request]) -> None:
        """Have every future of the group answered, whatever happens."""
        while group:
            try:
                outcomes: Sequence[Outcome] = self._commit(group)
            except sqlite3.Error as error:
                try:
                    self._database.wait_or_raise(error, min(request.until for request in group))
                    continue
                except StoreError as refused:
                    if failures.is_busy(error):  # those that came later may wait longer
                        late = [request for request in group if request.until <= time.monotonic()]
                        answer_all((request.answer, refused) for request in late)
                        group = [request for request in group if request not in late]
                        continue
                    outcomes = self._apart(group, refused)
            except DiagnosticError as error:
                outcomes = self._apart(group, error)
            except BaseException as error:  # this thread must not end while others wait for it
                outcomes = self._apart(group, self._unexpected(error))
            answer_all((request.answer, outcome) for request, outcome in zip(group, outcomes, strict=False))
            return

    def _apart(self, group: list[Request], error: DiagnosticError) -> Sequence[Outcome]:
        """After a group could not be written, one by one, so that none fails for what another holds."""
        if isinstance(error, UnknownOutcomeError):
            return [self._unknown(request, "the disk failed while it was made durable", error) for request in group]
        if len(group) == 1:
            return [error]
        for request in group:
            self._write([request])
        return []

    def _unexpected(self, error: BaseException) -> StoreError:
        failure = StoreError(
            f"The store {quote(self._database.path, WHOLE)} could not write: {type(error).__name__}:"
            f" {quote(str(error), 200)}."
        )
        failure.__cause__ = error
        return failure

    def _commit(self, requests: Sequence[Request]) -> Sequence[Outcome]:
        """What became of each, durable.

        Raises:
            sqlite3.Error: Nothing was written, for sure.
            UnknownOutcomeError: Nobody knows.
        """
        with self._database.using("writer") as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                self._database.check_place()
                group = Group(connection, self._database.epoch, self._database.path, time.time())
                outcomes = group.make(requests)
                if group.rows:
                    compact(connection, self._retention, group.revision, group.time, group.rows, self._pinned())
            except BaseException:
                _roll_back(connection)
                raise
            try:
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                _roll_back(connection)
                if not failures.is_definite(error):
                    self._settle(connection, error)
                raise
            if self.moved:
                self.moved = False
                with contextlib.suppress(sqlite3.Error):  # nothing is lost by leaving it where it is
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        if group.rows:
            self._publish(group)
            self._count(group)
        return outcomes

    def _settle(self, connection: sqlite3.Connection, error: sqlite3.Error) -> None:
        """Make sure that a commit which failed has not happened.

        When the disk fails while the end of the write-ahead log is forced out, a whole transaction may stand there, and
        come to life if this process ends now. The next one is written over it.

        Raises:
            UnknownOutcomeError: That failed too.
        """
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE state SET settled = settled + 1")
            connection.execute("COMMIT")
        except sqlite3.Error as again:
            _roll_back(connection)
            raise UnknownOutcomeError(f"{error}, and again: {again}") from error

    def _unknown(self, request: Request, why: str, cause: BaseException | None) -> UnknownOutcomeError:
        operation = request.submission.operation
        error = UnknownOutcomeError(
            f"Nobody knows whether the store {quote(self._database.path, WHOLE)} has kept this write: {why}.",
            suggestions=["Ask for the operation later, or repeat it with the same id."],
            context={"path": self._database.path, "operation": operation},
        )
        error.__cause__ = cause
        return error

    def disown(self) -> None:
        """In a forked child, answer whoever waits for what only the parent still writes."""
        for request in self._unanswered:
            request.answer.disown(self._unknown(request, "this process was forked meanwhile", None))

    def _count(self, group: Group) -> None:
        self._pages += 3 + 2 * group.rows + group.size // 4096
        if self._pages >= PAGES:
            self._pages = 0
            self._move()


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:  # some errors end a transaction by themselves
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
