"""Several submissions in one transaction: what each one finds, what becomes of it, and the rows that are written."""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import attrs

from registry.errors import DiagnosticError
from registry.revisions import ANYTHING, Change, Frame, Stored, Token
from registry.stores.answer import Answer
from registry.stores.sqlite.failures import damaged
from registry.stores.sqlite.reading import newest_revision, newest_row
from registry.stores.sqlite.rows import COLUMNS, WIDTH, complete, stored
from registry.stores.sqlite.schema import number, revision_of
from registry.stores.submission import Submission, objection, reused

SIZES = (64, 16, 4, 1)
"""Rows of one statement. Each statement gives up the interpreter's lock once, so few large ones are faster."""


@attrs.define(eq=False)
class Request:
    """A submission on its way.

    Attributes:
        submission: What is asked.
        sums: The checksums of its changes, as far as they can be known.
        answer: Where its outcome is awaited.
        until: When it is too late to begin, by the monotonic clock.
    """

    submission: Submission
    sums: Sequence[int]
    answer: Answer[Token]
    until: float


Outcome = Token | DiagnosticError


@attrs.define(eq=False)
class Group:
    """Submissions in the order in which they came, decided one after the other inside one transaction.

    Args:
        connection: In a transaction that nobody else writes in meanwhile.
        epoch: Of the store.
        path: The file, for errors.
        time: Seconds since 1970, for everything that is written.

    Attributes:
        revision: The newest one.
        rows: How many were written.
        size: Bytes of the records in them.
    """

    connection: sqlite3.Connection
    epoch: str
    path: str
    time: float
    revision: int = attrs.field(default=0, init=False)
    rows: int = attrs.field(default=0, init=False)
    size: int = attrs.field(default=0, init=False)
    _values: list[Any] = attrs.field(factory=list, init=False)
    _found: dict[tuple[str, str], int] = attrs.field(factory=dict, init=False)
    _written: dict[tuple[str, str], tuple[int, Request, Change]] = attrs.field(factory=dict, init=False)
    _done: dict[str, tuple[bytes, Token]] = attrs.field(factory=dict, init=False)
    _made: list[tuple[Token, Request]] = attrs.field(factory=list, init=False)

    def make(self, requests: Sequence[Request]) -> list[Outcome]:
        """What becomes of each; the rows are in the database when this returns, and not yet committed."""
        self.revision = newest_revision(self.connection)
        self._look_up(requests)
        outcomes = [self._decide(request) for request in requests]
        start = 0
        for size in _sizes(self.rows):
            stop = start + size * WIDTH
            self.connection.execute(_insert(size), self._values[start:stop])
            start = stop
        self._values.clear()
        return outcomes

    def frames(self) -> list[Frame]:
        """What was written, for those who watch."""
        return [
            Frame(
                token,
                request.submission.namespace,
                tuple(self._stored(token.revision, request, change) for change in request.submission.changes),
            )
            for token, request in self._made
        ]

    def _look_up(self, requests: Sequence[Request]) -> None:
        start = 0
        for size in _sizes(len(requests)):
            operations = [request.submission.operation for request in requests[start : start + size]]
            start += size
            for operation, digest, change in self.connection.execute(_remembered(size), operations):
                self._done[operation] = (digest, Token(self.epoch, revision_of(change)))
        asked = [
            (request.submission.namespace, change.name)
            for request in requests
            for change in request.submission.changes
            if change.record is None or change.expect is not ANYTHING
        ]
        start = 0
        for size in _sizes(len(asked)):
            names = asked[start : start + size]
            start += size
            for position, change in self.connection.execute(_newest(size), [part for key in names for part in key]):
                self._found[names[position]] = change

    def _decide(self, request: Request) -> Outcome:
        submission = request.submission
        if submission.operation in self._done:
            digest, token = self._done[submission.operation]
            return token if digest == submission.digest else reused(submission.operation)
        for change in submission.changes:
            if change.record is None or change.expect is not ANYTHING:
                current = self._current((submission.namespace, change.name))
                refused = objection(submission.namespace, change, current, self.epoch)
                if refused is not None:
                    return refused
        return self._write(request)

    def _current(self, key: tuple[str, str]) -> Stored | None:
        if key in self._written:
            current = self._stored(*self._written[key])
        elif key in self._found:
            row = newest_row(self.connection, *key)
            if row is None:
                raise damaged(self.path, f"change {self._found[key]} is in an index, and not in the table")
            current = stored(row, self.path)
        else:
            return None
        return None if current.record is None else current

    def _stored(self, revision: int, request: Request, change: Change) -> Stored:
        return Stored(change.name, revision, change.record, self.time, request.submission.author)

    def _write(self, request: Request) -> Token:
        submission = request.submission
        namespace, author, time = submission.namespace, submission.author, self.time
        operation: str | None = submission.operation
        digest: bytes | None = submission.digest
        self.revision += 1
        token = Token(self.epoch, self.revision)
        number_of = number(self.revision)
        for change, part in zip(submission.changes, request.sums, strict=True):
            name = change.name
            checksum = complete(part, number_of, time)
            self._values += (number_of, namespace, name, time, author, checksum, operation, digest, change.record)
            self._written[namespace, name] = self.revision, request, change
            number_of += 1
            operation = digest = None
        self.rows += len(submission.changes)
        self.size += submission.size
        self._done[submission.operation] = (submission.digest, token)
        self._made.append((token, request))
        return token


def _sizes(count: int) -> Iterator[int]:
    """How many rows go into each statement, for so many in all."""
    for size in SIZES:
        for _ in range(count // size):
            yield size
        count %= size


@cache
def _insert(rows: int) -> str:
    values = ",".join("?" * WIDTH)
    return f"INSERT INTO changes ({COLUMNS}) VALUES " + ",".join([f"({values})"] * rows)


@cache
def _remembered(operations: int) -> str:
    return f"SELECT operation, digest, id FROM changes WHERE operation IN ({','.join('?' * operations)})"


@cache
def _newest(names: int) -> str:
    asked = ",".join(f"({position},?,?)" for position in range(names))
    return (
        f"WITH asked (position, namespace, name) AS (VALUES {asked}) SELECT position, change FROM (SELECT position,"
        " (SELECT max(id) FROM changes WHERE changes.namespace = asked.namespace AND changes.name = asked.name)"
        " AS change FROM asked) WHERE change IS NOT NULL"
    )
