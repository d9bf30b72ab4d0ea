"""What SQLite says, in the words of this library."""

import sqlite3

from registry.errors import StoreError
from registry.names import WHOLE, quote

BUSY = frozenset((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL))
"""Another process is in the way, and may be out of it soon."""

DAMAGE = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_NOTADB))

NONSENSE = (TypeError, ValueError, OverflowError)
"""What a file with damaged contents leads to beside errors of SQLite: its very messages may quote no text."""

FIXES = {
    sqlite3.SQLITE_FULL: ("lies on a disk that is full", "Make room on the disk; what was acknowledged is safe."),
    sqlite3.SQLITE_READONLY: ("cannot be written", "Give this process the right to write the file and its folder."),
    sqlite3.SQLITE_PERM: ("may not be used", "Give this process the right to write the file and its folder."),
    sqlite3.SQLITE_AUTH: ("may not be used", "Give this process the right to write the file and its folder."),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened",
        "See that its folder exists, that this process may write there, and that files can still be opened.",
    ),
    sqlite3.SQLITE_IOERR: ("could not be read or written", "Look for errors of the disk in the log of the system."),
}


def primary(error: sqlite3.Error) -> int:
    """The primary result code of an error (https://sqlite.org/rescode.html); that of misuse when it has none."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE)) & 0xFF


def is_busy(error: BaseException) -> bool:
    """Whether it is worth trying again."""
    return isinstance(error, sqlite3.Error) and primary(error) in BUSY


def is_definite(error: sqlite3.Error) -> bool:
    """Whether a commit that failed with this has not happened for sure: the end of it could not be written."""
    code = int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE))
    return code & 0xFF == sqlite3.SQLITE_FULL or code == sqlite3.SQLITE_IOERR_WRITE


def failed(path: str, error: sqlite3.Error) -> StoreError:
    """The error for whatever SQLite raised."""
    code = primary(error)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if code in DAMAGE or "decode to UTF-8" in str(error):
        return damaged(path, f"{error} ({name})")
    if code in BUSY:
        return busy(path, 0.0)
    what, remedy = FIXES.get(code, ("could not be used", "Look up what SQLite says there."))
    return StoreError(
        f"The store {quote(path, WHOLE)} {what}: SQLite says {quote(str(error), 200)} ({name}).",
        suggestions=[remedy],
        context={"path": path, "sqlite": name},
    )


def damaged(path: str, what: str) -> StoreError:
    """The error for a file that holds what cannot be there."""
    return StoreError(
        f"The store {quote(path, WHOLE)} is damaged: {what}.",
        suggestions=[
            "Keep the file, and put a backup in its place.",
            "Recover what can be read with the command line of SQLite: .recover.",
        ],
        context={"path": path, "damage": what},
    )


def busy(path: str, seconds: float) -> StoreError:
    """The error for a file that others did not let go of in time."""
    return StoreError(
        f"The store {quote(path, WHOLE)} was kept by another process for {seconds:g} seconds.",
        suggestions=["Try again; if it stays like this, find the process that stands still in the middle of a write."],
        context={"path": path, "seconds": seconds},
    )


def replaced(path: str) -> StoreError:
    """The error for a path at which there is another file than the one that was opened."""
    return StoreError(
        f"The store {quote(path, WHOLE)} was removed, or another file put in its place, while it was open.",
        suggestions=["Close this store and open it again; stop all its users before a backup is put back."],
        context={"path": path},
    )
