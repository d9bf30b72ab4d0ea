"""Copies of a store."""

import contextlib
import os
import sqlite3
import time
from secrets import token_hex

from registry.errors import StoreError
from registry.names import WHOLE, quote
from registry.stores.sqlite import failures
from registry.stores.sqlite.database import Database

PAGES = 512
"""Pages that are copied in one go."""


def copy(database: Database, target: str) -> None:
    """Write a copy of a database to a file, without its epoch; see `SQLiteStore.backup`.

    Raises:
        StoreError: The target cannot be written.
    """
    if os.path.realpath(target) == os.path.realpath(database.path):
        raise StoreError(
            f"The store {quote(target, WHOLE)} cannot be copied to itself.", suggestions=["Name another file."]
        )
    partial = f"{target}.{token_hex(4)}.partial"
    try:
        database.read(lambda source: _fill(source, partial, target, time.monotonic() + database.timeout))
        descriptor = os.open(partial, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(partial, target)
        _force_out(os.path.dirname(target))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoreError(
            f"The copy {quote(target, WHOLE)} cannot be written: {reason}.",
            suggestions=["Name a file in a folder that this process may write to, on a disk with room."],
            context={"path": target},
        ) from error
    finally:
        for rest in (partial, f"{partial}-journal"):
            with contextlib.suppress(OSError):
                os.unlink(rest)


def _fill(source: sqlite3.Connection, partial: str, target: str, until: float) -> None:
    with contextlib.suppress(OSError):
        os.unlink(partial)
    try:
        with contextlib.closing(sqlite3.connect(partial, isolation_level=None)) as copied:
            # In one read transaction, or others who write would have it begin again and again.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM state").fetchone()
            source.backup(copied, pages=PAGES)
            source.execute("COMMIT")
            copied.execute("PRAGMA journal_mode=DELETE")  # so that it is one file, and whole
            copied.execute("UPDATE state SET epoch = ''")
    except sqlite3.Error as error:
        raise failures.failed(target, error) from error


def _force_out(folder: str) -> None:
    if os.name == "posix":  # elsewhere folders cannot be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
