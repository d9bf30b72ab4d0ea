"""Servers whose every byte is written down: what a client does is looked at on the wire.

with Scripted(lambda link: link.send(answer(b'{"token":"e.1"}'))) as server:
    HTTPStore(server.url).token()
"""

import itertools
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, final
from urllib.parse import parse_qs, unquote, urlsplit

import attrs

from registry.errors import DiagnosticError, EntryNotFoundError
from registry.revisions import Token
from registry.store_protocol import Store
from registry.wire.errors import error_body, status_of
from registry.wire.events import beat_event, change_event, reset_event
from registry.wire.json import envelope, read_changes, read_set, write


@attrs.frozen
class Asked:
    """A request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)

    @property
    def operation(self) -> str:
        operation: str = json.loads(self.body)["operation"]
        return operation


class HungUpError(Exception):
    """The client has closed."""


@final
class Link:
    """The server's side of one connection.

    Attributes:
        number: Which one it is, from 0.
        asked: The requests that came over it.
    """

    def __init__(self, opened: socket.socket, number: int, server: "Scripted") -> None:
        self._socket = opened
        self._buffer = b""
        self._server = server
        self.number = number
        self.asked: list[Asked] = []

    def request(self) -> Asked:
        """The next request. HungUpError when there is none."""
        while b"\r\n\r\n" not in self._buffer:
            self._fill()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(self._buffer) < length:
            self._fill()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        method, target, version = first.split(" ")
        assert version == "HTTP/1.1"
        asked = Asked(method, target, headers, body)
        self.asked.append(asked)
        self._server.asked.append(asked)
        return asked

    def send(self, data: bytes) -> None:
        """Send bytes. HungUpError when nobody takes them."""
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise HungUpError from error

    def trickle(self, data: bytes, seconds: float) -> None:
        """Send bytes one by one, with a pause after each."""
        for position in range(len(data)):
            self.send(data[position : position + 1])
            if self._server.ended.wait(seconds):
                raise HungUpError

    def wait(self, seconds: float = 60.0) -> None:
        """Do nothing, until the server is closed."""
        self._server.ended.wait(seconds)

    def reset(self) -> None:
        """End it with a reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """End it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RD)
        self._socket.close()

    def _fill(self) -> None:
        try:
            data = self._socket.recv(1 << 16)
        except OSError as error:
            raise HungUpError from error
        if not data:
            raise HungUpError
        self._buffer += data


Script = Callable[[Link], None]
"""Serves one connection; it is closed when that returns."""


@final
class Scripted:
    """A server on a port of its own. A context manager, that tells afterwards what went wrong in a script.

    Args:
        script: Serves each connection, in a thread of its own.
        tls: With a certificate, if it speaks TLS.
        port: Where it listens; 0 for any.

    Attributes:
        asked: All requests, in the order in which they came.
        accepted: How many connections there were.
        ended: Set when it is closed.
    """

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.accepted = 0
        self.ended = threading.Event()
        self._tls = tls
        self._failures: list[BaseException] = []
        self._open: set[socket.socket] = set()
        self._numbers = itertools.count()
        self._listening = socket.create_server(("127.0.0.1", port), backlog=256)
        self.address: tuple[str, int] = self._listening.getsockname()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://localhost:{self.address[1]}"

    def close(self) -> None:
        self.ended.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listening.close()
        for one in self._open.copy():
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "Scripted":
        return self

    def __exit__(self, *raised: Any) -> None:
        self.close()
        if raised[0] is None and self._failures:
            raise self._failures[0]

    def _accept(self) -> None:
        while not self.ended.is_set():
            try:
                opened, _ = self._listening.accept()
            except OSError:
                return
            self.accepted += 1
            self._open.add(opened)
            threading.Thread(target=self._serve, args=(opened, next(self._numbers)), daemon=True).start()

    def _serve(self, opened: socket.socket, number: int) -> None:
        raw = opened
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                opened = self._tls.wrap_socket(raw, server_side=True)
            self.script(Link(opened, number, self))
        except (HungUpError, OSError):
            pass
        except BaseException as error:
            self._failures.append(error)
        finally:
            self._open.discard(raw)
            with suppress(OSError):
                opened.close()


# --------------------------------------------------------------------------------------------------- what is answered


def answer(body: bytes, status: int = 200, kind: str = "application/json", **headers: str) -> bytes:
    """An answer with its length."""
    fields = {"Content-Type": kind, "Content-Length": str(len(body)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode() + body


def refusal(error: DiagnosticError, status: int | None = None, **headers: str) -> bytes:
    """An error of ours."""
    return answer(error_body(error), status_of(error) if status is None else status, **headers)


def chunk(data: bytes) -> bytes:
    """A part of a chunked body; b"" ends it."""
    return b"%x\r\n%s\r\n" % (len(data), data)


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
"""How the answer to a watch begins."""


def honest(store: Store) -> Script:
    """Serves a store as the design says, over any number of requests."""

    def serve(link: Link) -> None:
        while True:
            asked = link.request()
            if asked.path.endswith("/watch"):
                return watched(store, link, asked)
            link.send(answered(store, asked))

    return serve


def answered(store: Store, asked: Asked) -> bytes:
    """What a good server answers to a request."""
    try:
        return _answered(store, asked)
    except DiagnosticError as error:
        return refusal(error)


def _answered(store: Store, asked: Asked) -> bytes:
    parts = asked.path.split("/")
    if parts[1] == "namespaces":
        listed = [{"name": name, "count": store.snapshot(name).count} for name in store.namespaces()]
        return answer(write({"namespaces": listed, "token": str(store.token())}))
    if parts[1] == "stats":
        limits = {"changes": store.limits.changes, "submission": store.limits.size}
        return answer(write({"limits": limits, "retention": attrs.asdict(store.retention)}))
    if parts[1] == "operations":
        done = store.operation(unquote(parts[2]))
        if done is None:
            raise EntryNotFoundError("There is no such operation.")
        return answer(write({"operation": parts[2], "namespace": done.namespace, "token": str(done.token)}))
    namespace, verb, key = unquote(parts[2]), parts[3], unquote(parts[4]) if len(parts) > 4 else ""
    if verb in ("set", "apply"):
        one, operation = read_set(asked.body) if verb == "set" else (None, None)
        changes, operation = read_changes(asked.body) if one is None else ([one], operation)
        assert operation is not None
        token = store.submit(namespace, changes, operation=operation, author="tester").result()
        return answer(write({"token": str(token)}))
    if verb == "get":
        stored = store.get(namespace, key)
        if stored is None:
            raise EntryNotFoundError(f"There is no {key!r}.")
        return answer(envelope(stored, store.token().epoch))
    epoch = store.token().epoch
    if verb == "history":
        listed_bytes = b",".join(envelope(stored, epoch) for stored in store.history(namespace, key))
        return answer(b'{"key":%s,"history":[%s]}' % (write(key), listed_bytes))
    assert verb == "snapshot"
    snapshot = store.snapshot(namespace)
    first = write({"namespace": namespace, "token": str(snapshot.token), "count": snapshot.count})
    lines = [first, *(envelope(stored, epoch) for stored in snapshot)]
    return answer(b"".join(line + b"\n" for line in lines), kind="application/x-ndjson")


def watched(store: Store, link: Link, asked: Asked) -> None:
    """The stream of a watch, until the client closes."""
    link.send(STREAM)
    namespaces = asked.query.get("namespace")
    watch = store.watch(since=Token.parse(asked.query["since"][0]), namespaces=namespaces)
    for seen in watch:
        if hasattr(seen, "changes"):
            link.send(chunk(change_event(seen)))
        elif hasattr(seen, "digests"):
            link.send(chunk(beat_event(seen.token, seen.digests)))
        else:
            link.send(chunk(reset_event(seen.reason)))
