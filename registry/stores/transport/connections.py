"""Connections to a server, and those that wait to be used again."""

import errno
import os
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from registry.stores.transport.address import Address
from registry.stores.transport.answers import AnswerReader

if TYPE_CHECKING:
    from ssl import SSLContext

MAX_IDLE = 32
"""How many connections wait to be used again."""

MAX_AGE = 30.0
"""Seconds after which an idle connection is no longer used: something on the way may have forgotten it."""

_BLOCK = 1 << 18
_PIECE = 1 << 18
_SLICE = 0.1
_CLOSED_AT_ONCE = 3
"""So often may a connection be closed while it is being made."""
_UNDER_WAY = (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY)


def dial(
    address: Address,
    deadline: float,
    context: "SSLContext | None",
    opened: Callable[[socket.socket], None] | None = None,
) -> "Connection":
    """A new connection.

    Looking up the host's address is the one step that the system cannot be made to hurry with.

    Args:
        address: Of the server.
        deadline: When it has to be there, by `time.monotonic()`.
        context: What TLS needs; None where it is not spoken.
        opened: Told of each socket before anything is waited for, and while it connects; may raise.

    Raises:
        OSError: There is none. A TimeoutError when the time is up.
    """
    failure: OSError = OSError("the host has no address")
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    closed_at_once = 0
    while found:
        family, kind, protocol, _, target = found[0]
        # One address that does not answer must not take the time of the others.
        share = left(deadline) / len(found)
        raw = socket.socket(family, kind, protocol)
        try:
            _connect(raw, target, share, opened)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is not None:
                raw = context.wrap_socket(raw, server_hostname=address.host, do_handshake_on_connect=False)
                if opened is not None:
                    opened(raw)
                raw.settimeout(left(deadline))
                raw.do_handshake()
            return Connection(address, raw)
        except OSError as error:
            raw.close()
            failure = error
            # Somebody was there and let go at once, as a server or proxy does that is about to end or has just begun.
            if isinstance(error, ConnectionResetError | ConnectionAbortedError) and closed_at_once < _CLOSED_AT_ONCE:
                closed_at_once += 1
            else:
                found.pop(0)
        except BaseException:
            raw.close()
            raise
    raise failure


def _connect(raw: socket.socket, target: Any, seconds: float, opened: Callable[[socket.socket], None] | None) -> None:
    if opened is None:
        raw.settimeout(seconds)
        raw.connect(target)
        return
    deadline = time.monotonic() + seconds
    raw.setblocking(False)
    failed = raw.connect_ex(target)
    while failed in _UNDER_WAY:
        opened(raw)  # in slices, since not every system wakes a thread that waits for what another one shuts
        if select.select([], [raw], [raw], min(left(deadline), _SLICE)) != ([], [], []):
            failed = raw.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            break
    if failed:
        raise OSError(failed, os.strerror(failed))
    opened(raw)


def left(deadline: float) -> float:
    """Seconds until a deadline.

    Raises:
        TimeoutError: There are none.
    """
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the time is up")
    return seconds


class Line:
    """The socket of a connection, with limits of time.

    Attributes:
        deadline: When everything has to be done, by `time.monotonic()`. A plain timeout is one for each read, and a
            server that sends a byte now and then never runs into it.
        silence: Longest time in seconds between two bytes; None for as long as the deadline allows.
        has_sent: Whether the other side may have all of what was sent last.
    """

    __slots__ = ("_is_secure", "_poll", "_process", "_socket", "deadline", "has_sent", "silence")

    def __init__(self, opened: socket.socket, is_secure: bool) -> None:
        self.deadline = 0.0
        self.silence: float | None = None
        self.has_sent = False
        self._is_secure = is_secure
        self._process = os.getpid()
        self._socket = opened
        self._poll = _poll(opened)

    @property
    def is_quiet(self) -> bool:
        """Whether the other side has neither closed nor sent anything."""
        if self._poll is not None:
            return not self._poll.poll(0)
        return not select.select([self._socket], [], [], 0)[0]

    def wait(self, seconds: float) -> bool:
        """Whether there is something to read, or an end, after so many seconds at most."""
        if self._is_secure and self._socket.pending():  # type: ignore[attr-defined]  # it is an SSLSocket then
            return True
        if self._poll is not None:
            return bool(self._poll.poll(max(0.0, seconds) * 1000))
        return bool(select.select([self._socket], [], [], max(0.0, seconds))[0])

    def send(self, data: bytes) -> None:
        """Send a request.

        Raises:
            OSError: It cannot be sent.
        """
        self.has_sent = False
        view = memoryview(data)
        while view:
            self._socket.settimeout(left(self.deadline))
            # A part of what TLS was given may have left before it fails; what TCP was not given cannot arrive.
            self.has_sent = self._is_secure and len(view) <= _PIECE
            view = view[self._socket.send(view[:_PIECE]) :]
        self.has_sent = True

    def more(self) -> bytes:
        """The bytes that come next; b"" when the other side has closed.

        Raises:
            OSError: None come.
        """
        if os.getpid() != self._process:  # two that read of one stream would each get a part
            raise ConnectionError("it belongs to the process that opened it")
        seconds = left(self.deadline)
        if self.silence is not None and self.silence < seconds:
            seconds = self.silence
        self._socket.settimeout(seconds)
        return self._socket.recv(_BLOCK)

    def close(self) -> None:
        """Close it, as far as this process is concerned."""
        self._socket.close()

    def __del__(self) -> None:
        # A store that is forgotten, or a process that ends, takes its connections along without a warning.
        try:  # noqa: SIM105  # when a process ends, names of the module are gone before its last connection
            self._socket.close()
        except Exception:  # nobody is there to be told
            pass


class Connection:
    """One connection, used by one thread at a time.

    Attributes:
        address: Of the server.
        line: Its socket.
        reader: Takes answers from it.
        heard: When it was last used.
        is_seasoned: Whether it has given an answer before.
    """

    __slots__ = ("address", "heard", "is_seasoned", "line", "reader")

    def __init__(self, address: Address, opened: socket.socket) -> None:
        self.address = address
        self.line = Line(opened, address.secure)
        self.reader = AnswerReader(self.line.more)
        self.heard = 0.0
        self.is_seasoned = False

    @property
    def is_usable(self) -> bool:
        """Whether another request can be sent: nothing came that was not asked for, nor an end."""
        return not self.reader.is_ahead and self.line.is_quiet

    def close(self) -> None:
        """Close it, as far as this process is concerned."""
        self.line.close()


def shut(opened: socket.socket) -> None:
    """Wake whoever waits for a socket."""
    with suppress(OSError):
        # That of an SSLSocket would also forget the keys, while the other thread reads with them.
        socket.socket.shutdown(opened, socket.SHUT_RDWR)


def _poll(opened: socket.socket) -> Any:
    make = getattr(select, "poll", None)  # not on Windows, where `select` takes any number instead
    if make is None:
        return None
    poll = make()
    poll.register(opened, select.POLLIN)
    return poll


class Pool:
    """Connections that wait to be used again. Its lists are changed by single steps only, so it takes no lock."""

    __slots__ = ("__weakref__", "_idle", "closed")

    def __init__(self) -> None:
        self._idle: dict[Address, list[Connection]] = {}
        self.closed = False

    def take(self, address: Address) -> Connection | None:
        """The one that was used last, if there is one that is still good."""
        idle = self._idle.get(address)
        while idle:
            try:
                connection = idle.pop()
            except IndexError:  # another thread was quicker
                return None
            if time.monotonic() - connection.heard < MAX_AGE and connection.is_usable:
                return connection
            connection.close()
        return None

    def give(self, connection: Connection) -> None:
        """Keep one for the next call."""
        idle = self._idle.get(connection.address)
        if idle is None:
            idle = self._idle.setdefault(connection.address, [])
        connection.heard = time.monotonic()
        if len(idle) >= MAX_IDLE:
            connection.close()
            return
        idle.append(connection)
        if self.closed or connection.heard - idle[0].heard > MAX_AGE:
            with suppress(IndexError):
                idle.pop(0).close()

    def close(self) -> None:
        """Close those that wait; the others are closed when they come back."""
        self.closed = True
        self.clear()

    def clear(self) -> None:
        """Close those that wait. In a forked child this leaves the parent's side of them open."""
        for idle in list(self._idle.values()):
            while idle:
                with suppress(IndexError):
                    idle.pop().close()
