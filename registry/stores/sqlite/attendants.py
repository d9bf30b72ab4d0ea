"""Threads that attend to a store beside its writer: one moves the write-ahead log, one looks for others' writes."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from typing import final

from registry.errors import DiagnosticError
from registry.stores.sqlite.database import Database


@final
class Mover:
    """Moves what stands in the write-ahead log to its place in the file, beside the writer.

    Args:
        database: Where.
        moved: Called when most of it is done. The rest was written meanwhile; only the writer can move it and begin the
            log anew, since nobody writes then.
    """

    def __init__(self, database: Database, moved: Callable[[], None]) -> None:
        self._database = database
        self._moved = moved
        self._wanted = threading.Event()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def move(self) -> None:
        """Begin soon. Called by the writer alone."""
        self._wanted.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="registry store mover", daemon=True)
            self._thread.start()

    def stop(self, seconds: float) -> None:
        """End it."""
        self._stopped = True
        self._wanted.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds)

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._stopped:
                return
            with contextlib.suppress(sqlite3.Error, DiagnosticError):  # the writer meets it too, and tells
                with self._database.using("mover") as connection:
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
                self._moved()


@final
class Poller:
    """Looks for what other processes write, as long as somebody watches.

    Args:
        database: Where.
        poll: Seconds between two looks.
        changed: Called when there is something.
        is_watched: Whether anybody watches.
    """

    def __init__(
        self, database: Database, poll: float, changed: Callable[[], None], is_watched: Callable[[], bool]
    ) -> None:
        self._database = database
        self._poll = poll
        self._changed = changed
        self._is_watched = is_watched
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._version: tuple[int, int] | None = None

    def start(self) -> None:
        """Look, if that is not being done already."""
        with self._starting:
            if self._thread is None and not self._stopped.is_set():
                self._thread = threading.Thread(target=self._run, name="registry store poller", daemon=True)
                self._thread.start()

    def stop(self, seconds: float) -> None:
        """End it."""
        self._stopped.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds)

    def _run(self) -> None:
        while not self._stopped.wait(self._poll):
            with self._starting:
                if not self._is_watched():
                    self._thread = None
                    return
            try:
                self._look()
            except Exception:  # of a damaged file: anything
                self._changed()  # a watch that reads meets it too, and tells

    def _look(self) -> None:
        with self._database.using("poller") as connection:
            self._database.check_place()
            # Says that somebody else committed, by way of this connection only (https://sqlite.org/pragma.html).
            version = id(connection), connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self._version = version
            self._changed()
