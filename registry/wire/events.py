"""The stream of a watch: server-sent events (WHATWG HTML, section 9.2) whose ids are tokens.

event: change     one submission: {"namespace", "changes": [envelopes]}
event: records    a part of a snapshot: {"namespace", "records": [envelopes]}, without an id
event: beat       a sign of life: {"token", "namespaces": {name: {"count", "digest"}}}
event: reset      the stream begins anew, with a snapshot in `records`: {"reason"}
event: end        the server stops; go on from the last id, elsewhere or later: {"reason"}
"""

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from registry.errors import RemoteError, ValidationError
from registry.revisions import Beat, Digest, Frame, Reset, Seen, Stored, Token
from registry.wire.json import envelopes, read, read_envelope, write

MAX_EVENT = 24 * 1024 * 1024
"""The longest event that a client takes, in bytes: more than the largest `apply` makes."""


def change_event(frame: Frame) -> bytes:
    """One submission."""
    epoch = frame.token.epoch
    data = b'{"namespace":%s,"changes":[%s]}' % (write(frame.namespace), envelopes(frame.changes, epoch, b","))
    return _event(b"change", data, frame.token)


def records_event(namespace: str, records: Iterable[Stored], epoch: str) -> bytes:
    """A part of a snapshot."""
    data = b'{"namespace":%s,"records":[%s]}' % (write(namespace), envelopes(records, epoch, b","))
    return _event(b"records", data)


def beat_event(token: Token, digests: Mapping[str, Digest]) -> bytes:
    """A sign of life. Its id lets a client that saw nothing else go on from there."""
    listed = {
        namespace: {"count": digest.count, "digest": f"{digest.digest:016x}"} for namespace, digest in digests.items()
    }
    return _event(b"beat", write({"token": str(token), "namespaces": listed}), token)


def reset_event(reason: str) -> bytes:
    """What came before no longer counts."""
    return _event(b"reset", write({"reason": reason}))


def end_event(reason: str) -> bytes:
    """The server stops here."""
    return _event(b"end", write({"reason": reason}))


def _event(kind: bytes, data: bytes, token: Token | None = None) -> bytes:
    # In JSON a line end can only stand between values, where a space means the same.
    data = data.replace(b"\r", b" ").replace(b"\n", b" ")
    head = b"" if token is None else b"id: %s\n" % str(token).encode()
    return b"%sevent: %s\ndata: %s\n\n" % (head, kind, data)


@attrs.frozen
class ServerEvent:
    """One event as it arrived."""

    kind: str
    data: bytes
    id: str


class EventParser:
    """Takes a stream apart, however it is cut."""

    __slots__ = ("_buffer", "_data", "_id", "_kind", "_size")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._kind = ""
        self._data: list[bytes] = []
        self._size = 0
        self._id = ""

    def feed(self, data: bytes) -> list[ServerEvent]:
        """The events that these bytes complete.

        Raises:
            RemoteError: An event is too long.
        """
        found: list[ServerEvent] = []
        searched = max(len(self._buffer) - 1, 0)
        self._buffer += data
        start = 0
        while (end := self._buffer.find(b"\n", max(start, searched))) >= 0:
            line = bytes(self._buffer[start:end]).removesuffix(b"\r")
            start = end + 1
            if line:
                self._field(line)
            elif self._data:
                found.append(ServerEvent(self._kind, b"\n".join(self._data), self._id))
                self._kind, self._data, self._size = "", [], 0
            else:
                self._kind = ""
        del self._buffer[:start]
        if len(self._buffer) + self._size > MAX_EVENT:
            raise RemoteError(
                f"The server sent an event of more than {MAX_EVENT} bytes.",
                suggestions=["Make sure that the URL is that of a namespace server."],
            )
        return found

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._size += len(value)
        elif name == b"event":
            self._kind = value.decode(errors="replace")
        elif name == b"id":
            self._id = value.decode(errors="replace")


def read_event(event: ServerEvent) -> Seen | None:
    """What an event says to a watch; None for what a watch does not ask for.

    Raises:
        ValidationError: It is not what it should be.
    """
    if event.kind not in ("change", "beat", "reset"):
        return None
    value = read(event.data, "event")
    try:
        if event.kind == "reset":
            return Reset(str(value["reason"]))
        if event.kind == "beat":
            return Beat(Token.parse(value["token"]), _digests(value["namespaces"]))
        token = Token.parse(event.id)
        return Frame(token, str(value["namespace"]), tuple(read_envelope(item)[0] for item in value["changes"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValidationError(f"The server sent a {event.kind} event that cannot be read: {error}.") from error


def _digests(value: Mapping[str, Any]) -> dict[str, Digest]:
    return {name: Digest(int(found["count"]), int(found["digest"], 16)) for name, found in value.items()}
