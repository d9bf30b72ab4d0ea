"""What is asked of a server, and what it answers, as values."""

import attrs

from registry.stores.transport.address import Address
from registry.stores.transport.answers import Head
from registry.stores.transport.connections import Connection

JSON, LINES, EVENTS = "application/json", "application/x-ndjson", "text/event-stream"


@attrs.frozen
class Request:
    """What is asked.

    Attributes:
        path: The path and query, percent-encoded.
        body: What is posted; None for a GET.
        operation: The id of a write, with which it can be sent twice and is made once; None for what only reads.
        pinned: The names of which a write expects one revision.
        accept: The media type of the answer.
        limit: The longest body of the answer, in bytes.
        is_streamed: Whether the body is left to the caller.
        is_slow: Whether the answer may take long, so that the server is granted half of what is left of the time.
    """

    path: str
    body: bytes | None = None
    operation: str | None = None
    pinned: frozenset[str] = frozenset()
    accept: str = JSON
    limit: int = 1 << 20
    is_streamed: bool = False
    is_slow: bool = False

    def written(self, address: Address, authorization: bytes) -> bytes:
        """The request as it is sent to a server (RFC 9112, section 3).

        Args:
            address: Of the server.
            authorization: The header line with the token, or b"".
        """
        method = b"GET" if self.body is None else b"POST"
        head = (
            b"%s %s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: registry\r\nAccept: %s\r\nAccept-Encoding: identity\r\n%s"
            % (
                method,
                address.prefix.encode(),
                self.path.encode(),
                address.name,
                self.accept.encode(),
                authorization,
            )
        )
        if self.body is None:
            return head + b"\r\n"
        return b"%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (head, len(self.body), self.body)


@attrs.define
class Answer:
    """What came. Of a stream only the head: the connection has the rest.

    Attributes:
        address: Of the server.
        head: How it begins.
        body: What it holds.
        connection: Over which it came.
        is_repeated: Whether the request was sent before, and may have been carried out then, or still be on its way.
    """

    address: Address
    head: Head
    body: bytes
    connection: Connection
    is_repeated: bool = False
