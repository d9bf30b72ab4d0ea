"""The floor of durable writes: sqlite3 as it comes, with a commit for each record."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

from benchmarks.sharing.records import NAMESPACE
from registry.revisions import Change


@final
class RawSQLite:
    """A table of records and a table of what happened, as a store needs both; every write is acknowledged when synced.

    Args:
        path: The file.
        log: Whether what happened is kept. Without it nothing can be watched, and nobody asked what was there before.
    """

    def __init__(self, path: Path, *, log: bool = True) -> None:
        self._log = log
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute(
            "CREATE TABLE log (revision INTEGER PRIMARY KEY, namespace TEXT NOT NULL, name TEXT NOT NULL, record BLOB)"
        )
        self._connection.execute(
            "CREATE TABLE records (namespace TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL,"
            " record BLOB NOT NULL, PRIMARY KEY (namespace, name)) WITHOUT ROWID"
        )

    def write(self, changes: Sequence[Change]) -> None:
        """Write some records, durably, in one transaction."""
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        for change in changes:
            revision: int | None = 0
            if self._log:
                statement = "INSERT INTO log (namespace, name, record) VALUES (?, ?, ?)"
                revision = execute(statement, (NAMESPACE, change.name, change.record)).lastrowid
            statement = "INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)"
            execute(statement, (NAMESPACE, change.name, revision, change.record))
        execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> "RawSQLite":
        return self

    def __exit__(self, *raised: Any) -> None:
        self.close()
