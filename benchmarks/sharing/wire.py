"""Sends requests that are ready as bytes and waits for their answers, at as little cost as Python has.

What is measured is the other side; a client that understands HTTP would take as long as a server does.
"""

import selectors
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, final

from benchmarks.sharing.processes import HOST
from benchmarks.timing import Run

RECEIVED = 1 << 18

Complete = Callable[[bytes | bytearray], bool]
"""Whether an answer is whole. Raises ValueError when it says that something is wrong."""


def http(method: str, path: str, token: str | None = None, body: bytes | None = None) -> bytes:
    """A request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "Accept: */*"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def http_complete(answer: bytes | bytearray) -> bool:
    """Whether an HTTP answer is whole."""
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    if not answer.startswith(b"HTTP/1.1 2"):
        raise ValueError(bytes(answer[:2000]).decode(errors="replace"))
    at = answer.find(b"Content-Length: ", 0, head)
    if at < 0:
        at = answer.find(b"content-length: ", 0, head)
    if at >= 0:
        return len(answer) - head - 4 >= int(answer[at + 16 : answer.index(b"\r\n", at)])
    return answer.endswith(b"\r\n0\r\n\r\n")  # chunked


def redis(*words: bytes) -> bytes:
    """A command (RESP, https://redis.io/docs/latest/develop/reference/protocol-spec/)."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


def redis_complete(answer: bytes | bytearray) -> bool:
    """Whether the answer to a GET or SET is whole."""
    end = answer.find(b"\r\n")
    if end < 0:
        return False
    if answer.startswith(b"$"):
        return len(answer) >= end + 4 + int(answer[1:end])
    if not answer.startswith(b"+"):
        raise ValueError(bytes(answer).decode(errors="replace"))
    return True


@final
class Connection:
    """One connection, blocking."""

    def __init__(self, port: int, complete: Complete = http_complete) -> None:
        self.socket = connected(port)
        self._complete = complete

    def ask(self, request: bytes) -> bytearray:
        """The whole answer, with its head."""
        self.socket.sendall(request)
        answer = bytearray()
        while not self._complete(answer):
            received = self.socket.recv(RECEIVED)
            if not received:
                raise ConnectionError("The server closed the connection.")
            answer += received
        return answer


@final
class Load:
    """Keeps a number of connections busy: each sends its next request when it has the answer to the last one.

    Args:
        port: Where.
        requests: What is sent, without an end.
        connections: How many.
        complete: Says whether an answer is whole.
    """

    def __init__(
        self, port: int, requests: Iterator[bytes], connections: int = 32, complete: Complete = http_complete
    ) -> None:
        self._requests = requests
        self._complete = complete
        self._selector = selectors.DefaultSelector()
        self._sockets = [connected(port) for _ in range(connections)]
        for opened in self._sockets:
            self._selector.register(opened, selectors.EVENT_READ, bytearray())

    def run(self, times: int) -> None:
        """Have so many requests answered."""
        sent = answered = 0
        for idle in self._sockets[:times]:
            idle.sendall(next(self._requests))
            sent += 1
        while answered < times:
            for key, _ in self._selector.select(60):
                opened: Any = key.fileobj
                received = opened.recv(RECEIVED)
                if not received:
                    raise ConnectionError("The server closed a connection.")
                answer: bytearray = key.data
                answer += received
                if not self._complete(answer):
                    continue
                answer.clear()
                answered += 1
                if sent < times:
                    opened.sendall(next(self._requests))
                    sent += 1

    def close(self) -> None:
        """Close the connections."""
        self._selector.close()
        for opened in self._sockets:
            opened.close()


@contextmanager
def load(
    port: int, requests: Iterator[bytes], connections: int = 32, complete: Complete = http_complete
) -> Iterator[Run]:
    """The same as a contender."""
    made = Load(port, requests, connections, complete)
    made.run(connections)  # a server does not wait long for a first request
    try:
        yield made.run
    finally:
        made.close()


def connected(port: int) -> socket.socket:
    """A connection that sends what it has at once."""
    opened = socket.create_connection((HOST, port), 60)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened
