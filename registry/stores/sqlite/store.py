"""A store in a SQLite file of this machine."""

import contextlib
import os
import threading
from collections.abc import Collection, Sequence
from typing import Any, final
from weakref import finalize

from registry.errors import DiagnosticError, ValidationError
from registry.names import WHOLE, check_namespace, quote
from registry.revisions import Change, Operation, Retention, Snapshot, Stored, StoreLimits, Token
from registry.stores.answer import Answer
from registry.stores.feed import LogWatch
from registry.stores.sqlite import copying, reading
from registry.stores.sqlite.damage import examine
from registry.stores.sqlite.engine import Engine
from registry.stores.sqlite.rows import stored
from registry.stores.submission import LIMITS, RETENTION, check_key, check_submission


@final
class SQLiteStore:
    """Records in a file. What is acknowledged has reached the disk.

    The file is opened, and made if it is missing, at the first use; problems with it are a StoreError of that. Beside
    it stand those of SQLite (`-wal`, `-shm`) and a `.lock`, which may be deleted when nobody uses the store.

    Processes of one machine may share the file, unless one of them serves it. A forked child opens it for itself.

    Args:
        path: The file.
        poll: Seconds between two looks for what other processes wrote, while somebody watches.
        retention: For how long the log and operations are kept.
        timeout: Seconds in all that a call waits for other processes to get out of the way.
        served_as: The URL under which this process serves the file: nobody else can open it then, and is told so.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        poll: float = 0.05,
        retention: Retention = RETENTION,
        timeout: float = 10.0,
        served_as: str | None = None,
    ) -> None:
        given = os.fspath(path)
        if not given or given == ":memory:" or "\0" in given:
            raise ValidationError(
                f"{quote(given, WHOLE)} is not the path of a file.",
                suggestions=["Give the store a file; MemoryStore() is one that needs none."],
            )
        if not (poll > 0 and timeout >= 0):
            raise ValidationError(
                f"A store cannot look every {poll} seconds and wait for {timeout} seconds.",
                suggestions=["Give positive numbers of seconds."],
            )
        self._retention = retention
        self._engine = Engine(os.path.abspath(given), poll, retention, timeout, served_as)
        self._forgotten = finalize(self, _let_go, self._engine)
        self._forgotten.atexit = False  # a process ends at once; what was acknowledged is safe

    @property
    def path(self) -> str:
        """The file."""
        return self._engine.path

    @property
    def limits(self) -> StoreLimits:
        """How much one submission may hold."""
        return LIMITS

    @property
    def retention(self) -> Retention:
        """For how long the log and operations are kept."""
        return self._retention

    @property
    def pending(self) -> int:
        """How many submissions have no answer yet; `submit` returns at once."""
        return self._engine.pending

    def token(self) -> Token:
        """The newest moment."""
        return self._engine.token()

    def get(self, namespace: str, name: str, /) -> Stored | None:
        """What is under a name."""
        check_key(namespace, name)
        row = self._engine.database.read(lambda connection: reading.newest_row(connection, namespace, name))
        if row is None or row[-1] is None:
            return None
        return stored(row, self.path)

    def snapshot(self, namespace: str, /) -> Snapshot:
        """All records of a namespace as they are now, read from the file in parts.

        It may be read for as long as the log reaches back to its moment; see `Pages`.
        """
        check_namespace(namespace)
        return self._engine.snapshot(namespace)

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> Answer[Token]:
        """Make all of the changes, or none of them; the future has the answer when they are on the disk.

        It can also be awaited: `token = await store.submit(...)`.
        """
        try:
            submission = check_submission(namespace, changes, operation, author, LIMITS)
        except DiagnosticError as error:
            refused: Answer[Token] = Answer()
            refused.set_exception(error)
            return refused
        return self._engine.submit(submission)

    def operation(self, operation: str, /) -> Operation | None:
        """The submission of this id, if it happened and is still remembered."""
        row = self._engine.database.read(lambda connection: reading.operation_row(connection, operation))
        if row is None:
            return None
        return Operation(row[1], Token(self._engine.database.epoch, stored(row, self.path).revision))

    def history(self, namespace: str, name: str, /) -> Sequence[Stored]:
        """What a name held, newest first, as far back as the log reaches."""
        check_key(namespace, name)
        rows = self._engine.database.read(lambda connection: reading.rows_of(connection, namespace, name))
        return [stored(row, self.path) for row in rows]

    def namespaces(self) -> Sequence[str]:
        """Those that have names, sorted."""
        return self._engine.database.read(reading.namespaces)

    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> LogWatch:
        """What happens after a moment, in these namespaces or in all."""
        wanted = None if namespaces is None else frozenset(namespaces)
        for namespace in () if wanted is None else wanted:
            check_namespace(namespace)
        return self._engine.watch(since, wanted, self._keep)

    def _keep(self) -> None:
        """Nothing: that a watch refers to this keeps a store alive that nobody else refers to."""

    def check(self) -> list[str]:
        """What is wrong with the file, as sentences without a full stop; reads all of it."""
        return self._engine.database.read(lambda connection: examine(connection, self.path))

    def backup(self, target: str | os.PathLike[str]) -> None:
        """Write a copy of the store as it is now to another file, beside whoever writes.

        The copy has no epoch. A store that is opened on it, or on a copy of it, begins another one, since what happens
        there is another history: who comes with a token of this one is told to start anew.

        Args:
            target: The file. One that is there already is replaced when the copy is whole.

        Raises:
            StoreError: It cannot be written.
        """
        copying.copy(self._engine.database, os.path.abspath(os.fspath(target)))

    def close(self) -> None:
        """Write what was submitted, then give everything back, and end the watches."""
        self._forgotten.detach()
        self._engine.close()

    def __enter__(self) -> "SQLiteStore":
        return self

    def __exit__(self, *raised: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"SQLiteStore({self.path!r})"


def _let_go(engine: Engine) -> None:
    """Close what nobody refers to any more; elsewhere, since this may run in the middle of anything."""
    with contextlib.suppress(RuntimeError):  # no thread begins in a process that ends
        threading.Thread(target=engine.close, name="registry store end", daemon=True).start()
