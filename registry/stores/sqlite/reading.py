"""The questions that a store is asked, as questions to SQLite."""

import sqlite3
from array import array
from collections.abc import Sequence
from contextlib import closing

from registry.revisions import Frame, Reset, Stored
from registry.stores.feed import too_old
from registry.stores.sqlite.rows import COLUMNS, Row, frames, stored
from registry.stores.sqlite.schema import number, revision_of

AT_ONCE = 256
"""Rows that are read in one go where the answer may be long."""

ENOUGH = 4 << 20
"""Bytes of records after which no more are read in one go."""


def newest_revision(connection: sqlite3.Connection) -> int:
    """The newest revision; 0 in a store without any."""
    (change,) = connection.execute("SELECT max(id) FROM changes").fetchone()
    return 0 if change is None else revision_of(change)


def oldest_revision(connection: sqlite3.Connection) -> int:
    """The revision after which the log is whole."""
    (walked,) = connection.execute("SELECT walked FROM state").fetchone()
    return revision_of(walked)


def newest_row(connection: sqlite3.Connection, namespace: str, name: str) -> Row | None:
    """The newest change of a name."""
    row: Row | None = connection.execute(
        f"SELECT {COLUMNS} FROM changes WHERE namespace = ? AND name = ? ORDER BY id DESC LIMIT 1", (namespace, name)
    ).fetchone()
    return row


def rows_of(connection: sqlite3.Connection, namespace: str, name: str) -> list[Row]:
    """Every change of a name, newest first."""
    return connection.execute(
        f"SELECT {COLUMNS} FROM changes WHERE namespace = ? AND name = ? ORDER BY id DESC", (namespace, name)
    ).fetchall()


def living(connection: sqlite3.Connection, namespace: str) -> tuple[int, "array[int]"]:
    """The newest revision, and the numbers of the changes whose records are there then, oldest first."""
    connection.execute("BEGIN")
    try:
        revision = newest_revision(connection)
        found = array("q")
        # max() of the numbers in one name needs the index only, and so does leaving out the removals.
        answer = connection.execute(
            "SELECT max(id) AS newest FROM changes WHERE namespace = ? GROUP BY name"
            " HAVING newest NOT IN (SELECT id FROM changes WHERE namespace = ? AND record IS NULL) ORDER BY newest",
            (namespace, namespace),
        )
        while rows := answer.fetchmany(1000):
            found.extend([row[0] for row in rows])
        return revision, found
    finally:
        connection.execute("COMMIT")


def records(connection: sqlite3.Connection, changes: Sequence[int], path: str) -> list[Stored]:
    """The records of the first of these changes, given in ascending order: until one is missing, or it is enough."""
    found: list[Stored] = []
    size = 0
    marks = ",".join("?" * len(changes))
    with closing(
        connection.execute(f"SELECT {COLUMNS} FROM changes WHERE id IN ({marks}) ORDER BY id", changes)
    ) as rows:
        for change, row in zip(changes, rows, strict=False):
            if row[0] != change or size > ENOUGH:
                break
            found.append(stored(row, path))
            size += len(row[-1] or b"")
    return found


def namespaces(connection: sqlite3.Connection) -> list[str]:
    """The namespaces that have names, sorted."""
    rows = connection.execute(
        "WITH RECURSIVE known (namespace) AS (SELECT min(namespace) FROM changes UNION ALL"
        " SELECT (SELECT min(namespace) FROM changes WHERE namespace > known.namespace) FROM known"
        " WHERE known.namespace IS NOT NULL)"
        " SELECT namespace FROM known WHERE namespace IS NOT NULL AND EXISTS (SELECT 1 FROM changes AS one"
        " WHERE one.namespace = known.namespace AND one.record IS NOT NULL AND NOT EXISTS (SELECT 1 FROM changes AS two"
        " WHERE two.namespace = one.namespace AND two.name = one.name AND two.id > one.id))"
    ).fetchall()
    return [row[0] for row in rows]


def operation_row(connection: sqlite3.Connection, operation: str) -> Row | None:
    """The first change of an operation."""
    row: Row | None = connection.execute(f"SELECT {COLUMNS} FROM changes WHERE operation = ?", (operation,)).fetchone()
    return row


def frames_after(
    connection: sqlite3.Connection, revision: int, epoch: str, path: str
) -> tuple[Sequence[Frame | Reset], bool]:
    """The next submissions after a revision, whole, and whether these were all."""
    found: list[Row] = []
    size = 0
    connection.execute("BEGIN")
    try:
        if oldest_revision(connection) > revision:
            return [too_old(revision)], True
        with closing(
            connection.execute(f"SELECT {COLUMNS} FROM changes WHERE id >= ? ORDER BY id", (number(revision + 1),))
        ) as rows:
            for row in rows:
                is_enough = len(found) >= AT_ONCE or size > ENOUGH
                if is_enough and revision_of(row[0]) != revision_of(found[-1][0]):
                    return frames(found, epoch, path), False
                found.append(row)
                size += len(row[-1] or b"")
        return frames(found, epoch, path), True
    finally:
        connection.execute("COMMIT")
