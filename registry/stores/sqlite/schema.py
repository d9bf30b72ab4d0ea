"""What is in the file: its tables, and how they are made and recognized.

Every change ever made is a row of `changes`, its number the revision and the position in the submission. What is there
under a name is its newest row, unless that is a removal, a row without a record. The log is therefore the table itself.
Compaction walks it from the oldest change to the newest: whatever a change that it passes has made obsolete is deleted,
each row is passed once, and `state.walked` says how far it came.

The first row of a submission holds the operation and its digest. `checksum` is there because SQLite has none for pages.
"""

import sqlite3
from secrets import token_hex

from registry.errors import StoreError
from registry.names import WHOLE, quote

APPLICATION = 0x52677374
"""The application id in the header of the file: "Rgst"."""

VERSION = 1
"""The user version in the header: of the tables, counted up when they change."""

POSITIONS = 14
"""Bits of a change's number that are its position in the submission; the others are the revision."""

TABLES = """
CREATE TABLE state (epoch TEXT NOT NULL, walked INTEGER NOT NULL, settled INTEGER NOT NULL);
CREATE TABLE changes (
    id INTEGER PRIMARY KEY,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    time REAL NOT NULL,
    author TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    operation TEXT,
    digest BLOB,
    record BLOB
);
CREATE INDEX changes_by_name ON changes (namespace, name);
CREATE INDEX removals ON changes (namespace) WHERE record IS NULL;
CREATE UNIQUE INDEX operations ON changes (operation) WHERE operation IS NOT NULL
"""


def number(revision: int, position: int = 0) -> int:
    """The number of a change."""
    return revision << POSITIONS | position


def revision_of(change: int) -> int:
    """The revision at which a change was made."""
    return change >> POSITIONS


def prepare(connection: sqlite3.Connection, path: str) -> str:
    """The epoch of the file, after making the tables in one that is empty.

    Raises:
        StoreError: It is the file of something else, or of a newer version.
    """
    connection.execute("BEGIN")  # header and tables are read at one moment: another process may be making them
    try:
        version = _version(connection, path)
    finally:
        connection.execute("ROLLBACK") if connection.in_transaction else None
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode=WAL")
    found = connection.execute("SELECT epoch FROM state").fetchone() if version else None
    if found is not None and found[0]:
        return str(found[0])
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _version(connection, path):  # another process may have made them meanwhile
            for statement in TABLES.split(";"):
                connection.execute(statement)
            connection.execute("INSERT INTO state VALUES ('', 0, 0)")
            connection.execute(f"PRAGMA application_id={APPLICATION}")
            connection.execute(f"PRAGMA user_version={VERSION}")
        # A new file and a backup that was put in place have none yet.
        connection.execute("UPDATE state SET epoch = ? WHERE epoch = ''", (token_hex(8),))
        (epoch,) = connection.execute("SELECT epoch FROM state").fetchone()
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK") if connection.in_transaction else None
        raise
    return str(epoch)


def _version(connection: sqlite3.Connection, path: str) -> int:
    """The version of the tables; 0 when there is nothing in the file yet."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application == APPLICATION and version == VERSION:
        return int(version)
    if application == APPLICATION and version > VERSION:
        raise StoreError(
            f"The store {quote(path, WHOLE)} was written by a newer version of this library: its tables are version"
            f" {version}, and {VERSION} is the newest one known here.",
            suggestions=["Upgrade this library.", "Or put a backup in its place that was made by this version."],
            context={"path": path, "version": version, "known": VERSION},
        )
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application == version == tables == 0:
        return 0
    raise StoreError(
        f"{quote(path, WHOLE)} is a SQLite file, but not one of a store of this library.",
        suggestions=["Give the store a file of its own."],
        context={"path": path, "application": application},
    )
