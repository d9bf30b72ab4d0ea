"""Reads HTTP/1.1 answers (RFC 9112) from a stream of bytes: strictly, within bounds, and however it is cut.

`http.client` takes as long for its headers, which it gives to the parser of e-mails, as everything else here together.
"""

import re
from collections.abc import Callable, Iterator

import attrs

from registry.stores.transport.chunks import ChunkDecoder
from registry.stores.transport.garbled import GarbledError

MAX_HEAD = 64 * 1024
"""The longest head of an answer, and the longest trailer, in bytes."""

MAX_FIELDS = 128
"""How many header fields an answer may have."""

_MAX_INTERIM = 8
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: .*)?")
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_LENGTH = re.compile(rb"[0-9]{1,18}")


@attrs.define
class Head:
    """How an answer begins.

    Attributes:
        status: The status code.
        fields: The header fields by their names in lower case.
        length: Bytes of the body; None where only its end will tell.
        is_chunked: Whether the body comes in chunks.
        is_lasting: Whether the connection can be used again.
    """

    status: int
    fields: dict[bytes, bytes]
    length: int | None
    is_chunked: bool
    is_lasting: bool

    def field(self, name: bytes) -> str:
        """The value of a header field, "" when there is none."""
        return self.fields.get(name, b"").decode("latin-1")

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return self.field(b"content-type").partition(";")[0].strip().lower()


class AnswerReader:
    """Takes answers from a connection, one after another.

    Args:
        more: Gives the bytes that come next, b"" when the other side has closed. What it raises passes through.
    """

    __slots__ = ("_at", "_buffer", "_more")

    def __init__(self, more: Callable[[], bytes]) -> None:
        self._more = more
        self._buffer = b""
        self._at = 0  # where what was not read yet begins: cutting it off for each small chunk would copy the rest

    @property
    def is_ahead(self) -> bool:
        """Whether there are bytes that belong to no answer which was read."""
        return self._at < len(self._buffer)

    def head(self) -> Head:
        """The head of the next answer; interim ones (1xx) are passed over.

        Raises:
            GarbledError: It is none.
            ConnectionError: The other side closed before its end.
        """
        for _ in range(_MAX_INTERIM):
            head = _parse(self._raw_head())
            if head.status >= 200:
                return head
            if head.status == 101:
                break
        raise GarbledError("interim answers without end")

    def body(self, head: Head, limit: int) -> bytes:
        """The whole body of an answer.

        Raises:
            GarbledError: It is longer than the limit, or its chunks are none.
            ConnectionError: The other side closed before its end.
        """
        length = head.length
        if length is not None:
            if length > limit:
                raise GarbledError(f"a body of {length} bytes, and {limit} are taken")
            end = self._at + length
            if end <= len(self._buffer):
                body, self._at = self._buffer[self._at : end], end
                return body
        parts, size = [], 0
        for block in self.blocks(head):
            size += len(block)
            if size > limit:
                raise GarbledError(f"a body of more than {limit} bytes")
            parts.append(block)
        return b"".join(parts)

    def blocks(self, head: Head) -> Iterator[bytes]:
        """The body of an answer in pieces, each as soon as it is there.

        Raises:
            GarbledError: Its chunks are none.
            ConnectionError: The other side closed before its end.
        """
        if head.is_chunked:
            return self._chunks()
        return self._until_closed() if head.length is None else self._exactly(head.length)

    def _raw_head(self) -> bytes:
        buffer, searched = self._buffer[self._at :], 0
        while (end := buffer.find(b"\r\n\r\n", searched, MAX_HEAD + 4)) < 0:
            if not buffer.startswith(b"HTTP/1.") and not b"HTTP/1.".startswith(buffer):
                raise GarbledError(f"what is not HTTP: {buffer[:40]!r}")  # at once, rather than wait for its end
            if len(buffer) >= MAX_HEAD:
                raise GarbledError(f"a head of more than {MAX_HEAD} bytes")
            searched = max(len(buffer) - 3, 0)
            data = self._more()
            if not data:
                raise ConnectionResetError("the server closed the connection" + (" in its answer" if buffer else ""))
            buffer += data
        self._buffer, self._at = buffer, end + 4
        return buffer[:end]

    def _exactly(self, length: int) -> Iterator[bytes]:
        while length:
            if self._at >= len(self._buffer):
                self._fill()
            block = self._buffer[self._at : self._at + length]
            self._at += len(block)
            length -= len(block)
            yield block

    def _until_closed(self) -> Iterator[bytes]:
        block, self._at = self._buffer[self._at :], len(self._buffer)
        while True:
            if block:
                yield block
            block = self._more()
            if not block:
                return

    def _chunks(self) -> Iterator[bytes]:
        decoder = ChunkDecoder()
        while True:
            pieces = decoder.feed(self.rest())
            yield from pieces
            if decoder.is_done:
                self._buffer = decoder.rest
                return
            self._fill()

    def rest(self) -> bytes:
        """What came and was not read; it is not kept here any more."""
        rest, self._buffer, self._at = self._buffer[self._at :], b"", 0
        return rest

    def _fill(self) -> None:
        data = self._more()
        if not data:
            raise ConnectionResetError("the server closed the connection in its answer")
        self._buffer, self._at = self._buffer[self._at :] + data, 0


def _parse(raw: bytes) -> Head:
    first, *lines = raw.split(b"\r\n")
    found = _STATUS.fullmatch(first)
    if found is None:
        raise GarbledError(f"what is not HTTP: {first[:40]!r}")
    if len(lines) > MAX_FIELDS:
        raise GarbledError(f"{len(lines)} header fields")
    if b"\0" in raw or raw.count(b"\r") != len(lines) or raw.count(b"\n") != len(lines):
        raise GarbledError("a head with a line end or a zero byte in a field")
    fields: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or _NAME.fullmatch(name) is None:
            raise GarbledError(f"the header field {line[:40]!r}")
        name, value = name.lower(), value.strip(b" \t")
        fields[name] = fields[name] + b", " + value if name in fields else value
    status = int(found[2])
    length, chunked = _framing(status, fields)
    lasting = found[1] == b"1" and b"close" not in fields.get(b"connection", b"").lower()
    return Head(status, fields, length, chunked, lasting and (chunked or length is not None))


def _framing(status: int, fields: dict[bytes, bytes]) -> tuple[int | None, bool]:
    """How the end of the body is found (RFC 9112, section 6.3); refused where two readers might not agree."""
    if status < 200 or status in (204, 304):
        return 0, False
    length, coding = fields.get(b"content-length"), fields.get(b"transfer-encoding")
    if coding is not None:
        if length is not None or coding.lower() != b"chunked":
            raise GarbledError("a body whose length is ambiguous")
        return None, True
    if length is None:
        if status < 400:
            raise GarbledError("a body without a length")
        return None, False
    if _LENGTH.fullmatch(length) is None:
        raise GarbledError(f"a body whose length is {length[:40]!r}")
    return int(length), False
