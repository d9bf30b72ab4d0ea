"""The open file of a store: its lock, its connections, and what happens to them around a fork."""

import contextlib
import os
import random
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar, final

from registry.errors import DiagnosticError, StoreError
from registry.names import WHOLE, quote
from registry.stores.failures import closed
from registry.stores.filelock import FileLock
from registry.stores.forks import tell_of_forks
from registry.stores.sqlite import failures, places, schema
from registry.stores.sqlite.damage import examine
from registry.stores.sqlite.gate import Gate

T = TypeVar("T")

IDLE = 4
"""Most connections for reading that are kept when nobody reads."""

CHEAP = 1 << 20
"""Bytes of a file that is examined as a whole whenever it is opened; that takes some 10 ms."""


_inherited: list[sqlite3.Connection] = []


@final
class Database:
    """A file, opened at its first use.

    SQLite keeps what it knows of a file's locks once for a whole process, and a forked child would believe that it
    holds its parent's. So every connection is closed before a fork, when nobody is inside SQLite, and opened again at
    the next use.

    Args:
        path: The file.
        timeout: Seconds to wait for other processes.
        served_as: The URL under which this process serves the file, and lets nobody else use it; None to share it.
        forked: Called in a forked child, when this is ready for its first use there.
    """

    def __init__(self, path: str, timeout: float, served_as: str | None, forked: Callable[[], None]) -> None:
        self.path = path
        self.timeout = timeout
        self.served_as = served_as
        self._forked = forked
        self._made_by = os.getpid()
        self._reset()
        tell_of_forks(self)

    def _reset(self) -> None:
        self._gate = Gate()
        self._opening = threading.RLock()
        self._idle: list[sqlite3.Connection] = []
        self._kept: dict[str, sqlite3.Connection] = {}
        self._lock: FileLock | None = None
        self._file: os.stat_result | None = None
        self._epoch = ""
        self._closed = False
        self._lost = False

    @property
    def epoch(self) -> str:
        """The epoch of the file; "" before the first use."""
        return self._epoch

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def read(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        """What a function finds with a connection that nobody else has meanwhile.

        Raises:
            StoreError: SQLite failed, or others were in the way for too long.
        """
        until = time.monotonic() + self.timeout
        while True:
            try:
                with self._gate:
                    connection = self._idle.pop() if self._idle else self._connect()
                    try:
                        found = ask(connection)
                    except BaseException:
                        connection.close()  # whatever it was in the middle of ends with it
                        raise
                    if len(self._idle) < IDLE and not self._closed:
                        self._idle.append(connection)
                    else:
                        connection.close()
                    return found
            except sqlite3.Error as error:
                self.wait_or_raise(error, until)
            except DiagnosticError:
                raise
            except failures.NONSENSE as error:
                raise failures.damaged(self.path, f"{type(error).__name__}: {error}") from error

    @contextlib.contextmanager
    def using(self, purpose: str) -> Iterator[sqlite3.Connection]:
        """The connection that one thread keeps for a purpose. Errors of SQLite pass through."""
        with self._gate:
            connection = self._kept.get(purpose)
            if connection is None:
                connection = self._kept[purpose] = self._connect()
            yield connection

    def wait_or_raise(self, error: sqlite3.Error, until: float) -> None:
        """Wait a moment, if it was another process and there is time left.

        Raises:
            StoreError: Otherwise.
        """
        if not failures.is_busy(error):
            raise failures.failed(self.path, error) from error
        if time.monotonic() >= until:
            raise failures.busy(self.path, self.timeout) from error
        time.sleep(random.SystemRandom().uniform(0.0005, 0.005))

    def check_place(self) -> None:
        """Refuse to go on when the file was removed or replaced.

        Raises:
            StoreError: It was.
        """
        try:
            now = os.stat(self.path)
        except OSError:
            now = None
        if now is None or self._file is None or not os.path.samestat(now, self._file):
            raise failures.replaced(self.path)

    def _connect(self) -> sqlite3.Connection:
        with self._opening:
            if self._closed:
                raise closed(f"The store {quote(self.path, WHOLE)}")
            if self._lost:
                raise StoreError(
                    f"The store {quote(self.path, WHOLE)} cannot be used here: this process was forked while another"
                    " thread was in the middle of using it.",
                    suggestions=["Make another store in the child."],
                )
            first = self._lock is None
            if self._lock is None:
                places.check_place(self.path)
                self._lock = places.lock(self.path, self.served_as)
            try:
                return self._opened(first and self._file is None)
            except BaseException:
                if first:
                    self._lock.release()
                    self._lock = None
                raise

    def _opened(self, first: bool) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA synchronous=FULL")
            if sys.platform == "darwin":  # where fsync alone does not reach the disk (fcntl(2), F_FULLFSYNC)
                connection.execute("PRAGMA fullfsync=ON")
                connection.execute("PRAGMA checkpoint_fullfsync=ON")
            connection.execute("PRAGMA wal_autocheckpoint=0")  # a thread of its own does that
            connection.execute("PRAGMA journal_size_limit=67108864")
            epoch = schema.prepare(connection, self.path)
            if first:
                self._file = os.stat(self.path)
                if self._file.st_size <= CHEAP:
                    wrong = examine(connection, self.path)
                    if wrong:
                        raise failures.damaged(self.path, wrong[0])
            if self._epoch and epoch != self._epoch:
                raise failures.replaced(self.path)
            self._epoch = epoch
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Close the file and give back the lock. A second call does nothing."""
        with self._opening:
            if self._closed:
                return
            self._closed = True
        self._gate.shut(self.timeout)
        try:
            self._close_connections()
            if self._lock is not None:
                self._lock.release()
        finally:
            self._gate.open()

    def _close_connections(self) -> None:
        connections = [*self._idle, *self._kept.values()]
        self._idle.clear()
        self._kept.clear()
        for connection in connections:
            with contextlib.suppress(sqlite3.Error):  # it is gone all the same
                connection.close()

    def before_fork(self) -> None:
        """Come to rest, with no connection open."""
        self._lost = not self._gate.shut(self.timeout)
        if not self._lost:
            self._close_connections()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lost = False
        self._gate.open()

    def after_fork_in_child(self) -> None:
        """Go on as if the file had not been opened yet."""
        if self._lost:  # a connection that is still the parent's must not be closed here, so it is never let go
            _inherited.extend([*self._idle, *self._kept.values()])
        lost, closed_before, file, epoch = self._lost, self._closed, self._file, self._epoch
        self._reset()
        self._lost, self._closed, self._file, self._epoch = lost, closed_before, file, epoch
        self._forked()
