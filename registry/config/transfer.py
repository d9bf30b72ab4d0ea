"""One exchange over HTTP within bounds of time and size: the standard library's client, without proxies and cookies."""

import base64
import io
import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

import attrs

from registry.errors import RemoteError
from registry.model import NOTHING
from registry.names import quote as quoted
from registry.urls import shown_url

if TYPE_CHECKING:
    from http.client import HTTPResponse

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)
_BLOCK = 65536


@attrs.frozen
class Bounds:
    """How much an exchange may cost.

    Attributes:
        max_bytes: The largest body.
        timeout: Seconds for everything together: connecting, redirects, the last byte. Looking up the host's address
            is the one step that the system cannot be made to hurry with.
        max_redirects: How many redirects are followed: to http and https only, and never from https to http.
    """

    max_bytes: int = 10_000_000
    timeout: float = 10.0
    max_redirects: int = 0


@attrs.frozen
class Answer:
    """What came back. `url` is the one that gave it, as it may be shown."""

    url: str
    status: int
    content_type: str
    body: bytes


def exchange(url: str, bounds: Bounds, headers: Mapping[str, str] = NOTHING, body: bytes | None = None) -> Answer:
    """Ask for a URL: with GET, or with POST when there is a body, whose redirects are not followed.

    User and password of the URL go to its own host as basic authentication, and so do the headers; no redirect takes
    them elsewhere.

    Raises:
        RemoteError: There is no answer within the bounds.
    """
    from http.client import HTTPException

    deadline = time.monotonic() + bounds.timeout
    origin = _split(url)
    target, redirects = origin, bounds.max_redirects if body is None else 0
    shown = shown_url(url)
    try:
        for _ in range(redirects + 1):
            own = headers if _host(target) == _host(origin) else NOTHING
            answer, location = _ask(target, bounds, deadline, own, body)
            if location is None:
                return answer
            target = _redirected(target, location)
    except RemoteError:
        raise
    except TimeoutError as error:
        raise RemoteError(
            f"{quoted(shown, 200)} took longer than {bounds.timeout:g} seconds.",
            suggestions=["Raise 'timeout' if the server is known to be slow."],
            context={"url": shown},
        ) from error
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise _failure(target, f"cannot be read: {reason}") from error
    what = f"redirects to {quoted(shown_url(urlunsplit(target)), 200)}"
    raise _failure(
        origin,
        what if redirects == 0 else f"redirects more than {redirects} times",
        "Give the final URL, or allow redirects: load_url(url, max_redirects=1).",
    )


def _ask(
    target: SplitResult, bounds: Bounds, deadline: float, headers: Mapping[str, str], body: bytes | None
) -> tuple[Answer, str | None]:
    """One request and its answer, or where it redirects."""
    from http.client import HTTPConnection, HTTPSConnection

    host, port = target.hostname or "", target.port or _PORTS[target.scheme]
    connection = HTTPSConnection(host, port) if target.scheme == "https" else HTTPConnection(host, port)
    with _connect(host, port, target.scheme == "https", deadline) as raw:
        connection.sock = _TimedSocket(raw, deadline)
        path = quote(target.path or "/", safe="/%:=~+!$,;'@()*&")
        query = f"?{quote(target.query, safe='/%:=&?~+!$,;@()*[]')}" if target.query else ""
        ours = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": "registry"}
        sent = {**ours, **_login(target), **headers}
        connection.request("GET" if body is None else "POST", path + query, body, sent)
        response = connection.getresponse()
        location = response.getheader("Location") if response.status in _REDIRECTS else None
        if location is not None:
            return Answer("", response.status, "", b""), location
        url, content_type = shown_url(urlunsplit(target)), response.getheader("Content-Type", "")
        return Answer(url, response.status, content_type, _body(response, target, bounds)), None


def _body(response: "HTTPResponse", target: SplitResult, bounds: Bounds) -> bytes:
    encoding = response.getheader("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise _failure(target, f"answers in the encoding {quoted(encoding)}, which was not asked for")
    data = bytearray()
    while len(data) <= bounds.max_bytes and (response.length or 0) <= bounds.max_bytes:
        block = response.read(min(_BLOCK, bounds.max_bytes + 1 - len(data)))
        if not block:
            break
        data += block
    else:
        remedy = "Raise 'max_bytes' if that is expected."
        raise _failure(target, f"answers with more than {bounds.max_bytes} bytes", remedy)
    if response.length:
        raise _failure(target, f"ended {response.length} bytes early")
    return bytes(data)


def _connect(host: str, port: int, secure: bool, deadline: float) -> socket.socket:
    failure: OSError = OSError("the host has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        raw = socket.socket(family, kind, protocol)
        try:
            raw.settimeout(_left(deadline))
            raw.connect(address)
            if secure:
                import ssl

                raw.settimeout(_left(deadline))
                return ssl.create_default_context().wrap_socket(raw, server_hostname=host)
        except OSError as error:
            raw.close()
            failure = error
        else:
            return raw
    raise failure


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _TimedSocket:
    """A socket as `http.client` uses one, where the time runs out for all reads together.

    A plain timeout is one for each read, and a server that sends a byte now and then never runs into it.
    """

    def __init__(self, raw: socket.socket, deadline: float) -> None:
        self._raw = raw
        self._deadline = deadline

    def sendall(self, data: Any) -> None:
        self._raw.settimeout(_left(self._deadline))
        self._raw.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._raw, self._deadline))

    def close(self) -> None:
        """The response is still read after this; whoever opened the socket closes it."""


class _TimedReader(io.RawIOBase):
    def __init__(self, raw: socket.socket, deadline: float) -> None:
        self._raw = raw
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._raw.settimeout(_left(self._deadline))
        return self._raw.recv_into(buffer)


def _split(url: str) -> SplitResult:
    example = "Write it like 'https://host/config.yaml'."
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise RemoteError("The URL cannot be read.", suggestions=[example]) from None  # it may quote a password
    if parts.scheme not in _PORTS:
        raise RemoteError(
            f"A URL of the scheme {quoted(parts.scheme)} is not read.", suggestions=["Use an http or https URL."]
        )
    if not has_host:
        raise RemoteError("The URL names no host.", suggestions=[example])
    return parts


def _host(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def _login(target: SplitResult) -> dict[str, str]:
    if target.username is None:
        return {}
    both = f"{unquote(target.username)}:{unquote(target.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}


def _redirected(target: SplitResult, location: str) -> SplitResult:
    try:
        following = _split(urljoin(urlunsplit(target), location))
    except (RemoteError, ValueError) as error:
        raise _failure(target, "redirects to what is no http or https URL") from error
    if target.scheme == "https" and following.scheme == "http":
        raise _failure(target, "redirects from https to http")
    return following


def _failure(target: SplitResult, what: str, *suggestions: str) -> RemoteError:
    shown = shown_url(urlunsplit(target))
    return RemoteError(f"{quoted(shown, 200)} {what.rstrip('.')}.", suggestions=suggestions, context={"url": shown})
