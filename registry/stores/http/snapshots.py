"""Reads a snapshot while it comes, so that no more of it is held than a block."""

from collections.abc import Iterator
from typing import Any

from registry.errors import ValidationError
from registry.names import quote
from registry.revisions import Snapshot, Stored, Token
from registry.stores.transport import failures
from registry.stores.transport.connections import Pool
from registry.stores.transport.requests import Answer
from registry.stores.transport.streams import blocks_of
from registry.wire.json import read, read_envelope_line

MAX_LINE = 1 << 20
"""The longest line of a snapshot, in bytes: much more than the longest record."""


def read_snapshot(answer: Answer, namespace: str, pool: Pool, patience: float) -> Snapshot:
    """The snapshot that a stream holds.

    Args:
        answer: The beginning of the stream.
        namespace: The one that was asked for.
        pool: Takes the connection when all was read.
        patience: Seconds after which a stream that gives nothing is given up.

    Raises:
        RemoteError: The stream is none of a snapshot.
    """
    connection = answer.connection
    connection.line.deadline, connection.line.silence = float("inf"), patience
    lines = _lines(answer, patience)
    try:
        token, count = _read_first(next(lines, b""), namespace)
    except (ValidationError, KeyError, TypeError) as error:
        connection.close()
        raise failures.unusable(answer.address, "sent no snapshot") from error
    except BaseException:
        connection.close()
        raise
    records = _records(answer, lines, token, count, pool)
    next(records)
    return Snapshot(token, count, records)


def _read_first(line: bytes, namespace: str) -> tuple[Token, int]:
    first: dict[str, Any] = read(line, "answer")
    token, count = Token.parse(first["token"]), first["count"]
    if first["namespace"] != namespace or type(count) is not int or count < 0:
        raise ValidationError(f"It is of {quote(first['namespace'])}, with {quote(count)} records.")
    return token, count


def _records(answer: Answer, lines: Iterator[bytes], token: Token, count: int, pool: Pool) -> Iterator[Stored]:
    connection, read_so_far, epoch = answer.connection, 0, token.epoch
    is_whole = False
    try:
        yield Stored("", 0, None)  # so that it has begun: to close a generator that has not does nothing
        for line in lines:
            if not line.endswith(b"}}"):  # of the record, and of what it stands in
                raise ValidationError("It is cut off, or says that there is none.")
            stored, of = read_envelope_line(line)
            if of != epoch or stored.revision > token.revision:
                raise failures.unusable(answer.address, f"sent a record of another moment, {quote(stored.name)}")
            read_so_far += 1
            yield stored
        if read_so_far != count:
            raise failures.unusable(answer.address, f"sent {read_so_far} records, and said that there are {count}")
        is_whole = True
    except ValidationError as error:
        raise failures.unusable(answer.address, "sent a line that is no record") from error
    finally:
        if is_whole and answer.head.is_lasting and not connection.reader.is_ahead:
            connection.line.silence, connection.is_seasoned = None, True
            pool.give(connection)
        else:
            connection.close()


def _lines(answer: Answer, patience: float) -> Iterator[bytes]:
    """The lines of a stream, without their ends; one that does not end is none."""
    address = answer.address
    rest: list[bytes] = []
    size = 0
    for block in blocks_of(answer, lambda: failures.late(address, patience)):
        first, *others = block.split(b"\n")
        rest.append(first)
        size += len(first)
        if others:
            yield b"".join(rest)
            yield from others[:-1]
            rest, size = [others[-1]], len(others[-1])
        if size > MAX_LINE:
            raise failures.unusable(address, f"sent a line of more than {MAX_LINE} bytes")
    if size:
        raise failures.unusable(address, "ended its answer in the middle of a line")
