"""Takes the chunks of a body apart (RFC 9112, section 7.1), however they are cut."""

import re

from registry.stores.transport.garbled import GarbledError

_CHUNK = re.compile(rb"([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?")
_MAX_LINE = 4096
_MAX_TRAILERS = 64 * 1024


class ChunkDecoder:
    """Is fed with what comes, and gives what is in the chunks, as far as they have come.

    Attributes:
        is_done: Whether the body has ended.
        rest: What came after its end.
    """

    __slots__ = ("_buffer", "_left", "_trailers", "is_done", "rest")

    def __init__(self) -> None:
        self.is_done = False
        self.rest = b""
        self._buffer = b""
        self._left = -1  # of the chunk, with the line end behind it; none has begun
        self._trailers = -1  # bytes that they may still have; they have not begun

    def feed(self, data: bytes) -> list[bytes]:
        """What is in the chunks, in pieces none of which is empty.

        Raises:
            GarbledError: They are none.
        """
        found: list[bytes] = []
        buffer, at = self._buffer + data if self._buffer else data, 0
        while not self.is_done:
            if self._left > 2:
                piece = buffer[at : at + self._left - 2]
                if not piece:
                    break
                at += len(piece)
                self._left -= len(piece)
                found.append(piece)
            elif self._left >= 0:
                end = buffer[at : at + 2]
                if end != b"\r\n"[: len(end)]:
                    raise GarbledError("a chunk that is longer than its size")
                if len(end) < 2:
                    break
                self._left, at = -1, at + 2
            else:
                after = self._line(buffer, at)
                if after < 0:
                    break
                at = after
        if self.is_done:
            self._buffer, self.rest = b"", buffer[at:]
        else:
            self._buffer = buffer[at:]
        return found

    def _line(self, buffer: bytes, at: int) -> int:
        """Read a size or a trailer that begins there; where the next line does, -1 while this one has no end."""
        limit = _MAX_LINE if self._trailers < 0 else self._trailers
        end = buffer.find(b"\r\n", at, at + limit + 2)
        if end < 0:
            if len(buffer) - at >= limit + 2:
                raise GarbledError(f"a line of more than {limit} bytes, where a chunk begins or ends")
            return -1
        line = buffer[at:end]
        if self._trailers < 0:
            found = _CHUNK.fullmatch(line)
            if found is None:
                raise GarbledError(f"a chunk whose size is {line[:40]!r}")
            length = int(found[1], 16)
            if length:
                self._left = length + 2
            else:
                self._trailers = _MAX_TRAILERS
        elif line:
            self._trailers -= len(line) + 2
            if self._trailers <= 0:
                raise GarbledError(f"trailers of more than {_MAX_TRAILERS} bytes")
        else:
            self.is_done = True
        return end + 2
