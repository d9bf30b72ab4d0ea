"""A small client on the standard library, and streams of events."""

import http.client
import json
import socket
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, final

import attrs

from registry.wire.events import EventParser, ServerEvent

Headers = dict[str, str]


@attrs.frozen
class Answer:
    """What a server said."""

    status: int
    headers: Headers
    body: bytes

    @property
    def json(self) -> Any:
        """Its body as JSON."""
        return json.loads(self.body)


@final
class Client:
    """Asks a server over one connection, which is made again when it was closed.

    Args:
        port: Its port on loopback.
        token: An access token to send along.
    """

    def __init__(self, port: int, token: str | None = None, timeout: float = 20.0) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self._token = token

    def ask(self, method: str, path: str, body: Any = None, headers: Headers | None = None) -> Answer:
        """One request. A body that is not bytes is sent as JSON."""
        sent = dict(headers or {})
        if self._token is not None:
            sent.setdefault("Authorization", f"Bearer {self._token}")
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        self._connection.request(method, path, data, sent)
        answer = self._connection.getresponse()
        found = Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        if answer.will_close:
            self._connection.close()
        return found

    def get(self, path: str, **headers: str) -> Answer:
        """A GET."""
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def put(self, namespace: str, key: str, value: Any = None, **more: Any) -> Answer:
        """A set."""
        return self.ask("POST", f"/registry/{namespace}/set", {"key": key, "value": value or {}, **more})

    def close(self) -> None:
        """End it."""
        self._connection.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


@final
class Stream:
    """A watch, read event by event.

    Args:
        port: Of the server.
        query: What is asked.
        headers: What is sent along.
    """

    def __init__(self, port: int, query: str = "", headers: Headers | None = None, *, receive: int = 0) -> None:
        self.socket = socket.socket()
        if receive:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        self.socket.settimeout(20.0)
        self.socket.connect(("127.0.0.1", port))
        lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        self.socket.sendall(f"GET /watch{query} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode())
        self._answer = http.client.HTTPResponse(self.socket)
        self._parser = EventParser()
        self._waiting: deque[ServerEvent] = deque()
        self._begun = False

    def events(self) -> Iterator[ServerEvent]:
        """The events as they come, until the stream ends."""
        if not self._begun:
            self._answer.begin()
            self._begun = True
            assert self._answer.status == 200, self._answer.read()
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            data = self._answer.read1(65536)
            if not data:
                return
            self._waiting.extend(self._parser.feed(data))

    def until(self, wanted: Any, seconds: float = 20.0) -> list[ServerEvent]:
        """The events up to one for which a function is true, that one included."""
        deadline = time.monotonic() + seconds
        found: list[ServerEvent] = []
        for event in self.events():
            found.append(event)
            if wanted(event):
                return found
            assert time.monotonic() < deadline, [event.kind for event in found]
        raise AssertionError(f"the stream ended after {[event.kind for event in found]}")

    def close(self) -> None:
        """Go away."""
        self._answer.close()
        self.socket.close()

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()
