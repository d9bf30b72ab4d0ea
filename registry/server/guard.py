"""Stands between the event loop and aiohttp's protocol: counts connections, and ends those that only hold one open."""

import asyncio
from collections.abc import Callable
from typing import Any, final

from registry.errors import OverloadedError
from registry.server.limits import Limits
from registry.wire.errors import error_body

_LINGER = 1.0
"""Seconds in which a client that was refused can read why."""

_LINGERING = 100
"""The most clients that may; the others find the connection closed."""


def _refusal() -> bytes:
    body = error_body(OverloadedError("The server has as many connections as it takes.", suggestions=["Try again."]))
    head = (
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
        f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@final
class Guards:
    """Makes a guarded protocol for each connection.

    Args:
        factory: Makes aiohttp's protocols.
        limits: How many connections there may be, and how long heads and unread answers may take.
        watchers: Gives the number of connections that are watchers, which are counted apart.
    """

    def __init__(self, factory: Callable[[], Any], limits: Limits, watchers: Callable[[], int]) -> None:
        self.limits = limits
        self.open: dict[Any, Guard] = {}
        """By aiohttp's protocol, which is what a request knows."""
        self.lingering: set[Guard] = set()
        """Those that were refused, for as long as their clients can read why."""
        self.clock = asyncio.get_running_loop().time
        self._factory = factory
        self._watchers = watchers

    def __call__(self) -> "Guard":
        return Guard(self, self._factory())

    @property
    def is_full(self) -> bool:
        """Whether there is room for no more connections."""
        return len(self.open) - self._watchers() >= self.limits.connections

    def sweep(self) -> None:
        """End the connections that take too long."""
        now = self.clock()
        limits = self.limits
        for guard in list(self.open.values()):
            if guard.since and now - guard.since > limits.header_seconds:
                guard.transport.close()
            elif guard.unread and now - guard.unread > limits.stall_seconds:
                guard.transport.abort()

    def close_idle(self) -> None:
        """End the connections on which no request is under way."""
        for guard in list(self.open.values()):
            if not guard.is_busy:
                guard.transport.close()

    def cut(self) -> None:
        """End all connections, also those whose clients do not read what was sent."""
        for guard in list(self.open.values()):
            guard.transport.abort()
        for guard in list(self.lingering):
            guard.transport.close()


@final
class Guard(asyncio.Protocol):
    """Passes everything on to aiohttp's protocol.

    Attributes:
        since: When the head of a request began, by the loop's clock; 0 when none is awaited.
        unread: Since when the client leaves what was sent to it; 0 when it does not.
        is_busy: Whether a request is being answered.
    """

    __slots__ = ("_clock", "_guards", "_inner", "_is_refused", "is_busy", "since", "transport", "unread")

    def __init__(self, guards: Guards, inner: Any) -> None:
        self._guards = guards
        self._inner = inner
        self._clock = guards.clock
        self._is_refused = False
        self.transport: Any = None
        self.since = 0.0
        self.unread = 0.0
        self.is_busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        guards = self._guards
        if guards.is_full:
            self._refuse()
            return
        guards.open[self._inner] = self
        self.since = self._clock()
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        if not self.since and not self.is_busy:
            self.since = self._clock()
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        if self._is_refused:
            return None
        result: bool | None = self._inner.eof_received()
        return result

    def pause_writing(self) -> None:
        self.unread = self._clock()
        if not self._is_refused:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        self.unread = 0.0
        if not self._is_refused:
            self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_refused:
            self._guards.lingering.discard(self)
            return
        self._guards.open.pop(self._inner, None)
        self._inner.connection_lost(exc)

    def _refuse(self) -> None:
        guards = self._guards
        self._is_refused = True
        self.transport.write(_refusal())
        if len(guards.lingering) >= _LINGERING:
            self.transport.close()
            return
        guards.lingering.add(self)  # closed at once, what the client still sends would make it lose the answer
        asyncio.get_running_loop().call_later(_LINGER, self._let_go)

    def _let_go(self) -> None:
        self.transport.close()
