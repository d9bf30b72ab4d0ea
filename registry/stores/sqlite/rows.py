"""Rows of the log, and the values that they stand for."""

from collections.abc import Sequence
from itertools import groupby
from struct import pack
from typing import Any
from zlib import crc32

from registry.revisions import Frame, Stored, Token
from registry.stores.sqlite.failures import damaged
from registry.stores.sqlite.schema import revision_of
from registry.stores.submission import Submission

COLUMNS = "id, namespace, name, time, author, checksum, operation, digest, record"

WIDTH = len(COLUMNS.split(","))

Row = Sequence[Any]


def sums(submission: Submission) -> list[int]:
    """A checksum of each change, but for its number and its time, which are not known before it is made."""
    operation: str | None = submission.operation
    digest: bytes | None = submission.digest
    found = []
    for change in submission.changes:
        found.append(_sum(submission.namespace, change.name, submission.author, operation, digest, change.record))
        operation = digest = None
    return found


def complete(checksum: int, change: int, time: float) -> int:
    """The checksum of a change with its number and its time."""
    return crc32(pack("<qd", change, time), checksum)


def _sum(
    namespace: str, name: str, author: str, operation: str | None, digest: bytes | None, record: bytes | None
) -> int:
    head = f"{namespace}\0{name}\0{author}\0{operation}".encode()
    return crc32(b"-" if record is None else record, crc32(b"" if digest is None else digest, crc32(head)))


def stored(row: Row, path: str) -> Stored:
    """The record of a row.

    Raises:
        StoreError: The row is damaged.
    """
    change, namespace, name, time, author, checksum, operation, digest, record = row
    try:
        if complete(_sum(namespace, name, author, operation, digest, record), change, time) == checksum:
            return Stored(name, revision_of(change), record, time, author)
    except Exception:  # whatever stands there is not of the type that was written
        pass
    raise damaged(path, f"change {change} is not as it was written")


def frames(rows: Sequence[Row], epoch: str, path: str) -> list[Frame]:
    """Rows in the order of their numbers, joined to the submissions that they came in."""
    found = []
    for revision, group in groupby(rows, lambda row: revision_of(row[0])):
        changes = list(group)
        token = Token(epoch, revision)
        found.append(Frame(token, changes[0][1], tuple(stored(row, path) for row in changes)))
    return found
