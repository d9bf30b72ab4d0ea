"""What is wrong with a file."""

import sqlite3

from registry.errors import StoreError
from registry.stores.sqlite import failures
from registry.stores.sqlite.rows import COLUMNS, stored

MOST = 20
"""Most findings that are told."""


def examine(connection: sqlite3.Connection, path: str) -> list[str]:
    """What is wrong with a file, as sentences without a full stop; reads all of it.

    Raises:
        sqlite3.Error: It cannot be read for another reason than damage.
    """
    try:
        found = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({MOST})")]
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        return [str(error)]
    except failures.NONSENSE as error:
        return [f"{type(error).__name__}: {error}"]
    found = [finding for finding in found if finding != "ok"]
    if found:  # the rows of such a file say no more
        return found
    states = connection.execute("SELECT typeof(epoch), typeof(walked) FROM state").fetchall()
    if states != [("text", "integer")]:
        found.append(f"the table of its state holds {states}")
    for row in connection.execute(f"SELECT {COLUMNS} FROM changes ORDER BY id"):
        try:
            stored(row, path)
        except StoreError as error:
            found.append(str(error.context["damage"]))
            if len(found) >= MOST:
                break
    return found
