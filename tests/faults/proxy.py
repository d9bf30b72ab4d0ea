"""A TCP proxy that does to connections what networks do: cuts, delays, trickles, swallows, and delivers too late.

    with Proxy(server, plan=[Fault(answer_bytes=0), Fault()]) as proxy:
        ...  # the first connection loses its answer, those after the second are left alone

Nothing is known here of what is spoken over the connections.
"""

import itertools
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

import attrs

_BLOCK = 1 << 16
_FOR_EVER = 3600.0


@attrs.frozen
class Fault:
    """What happens to one connection.

    Attributes:
        refused: It is reset as soon as it is there.
        connect_delay: Seconds before the server is connected to.
        request_bytes: So many bytes reach the server, and then it is cut; None for all.
        answer_bytes: So many bytes reach the client, and then it is cut; None for all. With 0 the server has answered,
            and the client does not learn what.
        request_delay: Seconds before each piece to the server.
        answer_delay: Seconds before each piece to the client.
        trickle: Seconds between two bytes to the client; None for no trickling.
        swallowed: Answers are read and not passed on, and the connection stays.
        late: The client is cut off after its first piece, or where `request_bytes` says, and what it sent until then
            reaches the server so many seconds later; None for no such thing.
        reset: It is cut with a reset rather than an end.
    """

    refused: bool = False
    connect_delay: float = 0.0
    request_bytes: int | None = None
    answer_bytes: int | None = None
    request_delay: float = 0.0
    answer_delay: float = 0.0
    trickle: float | None = None
    swallowed: bool = False
    late: float | None = None
    reset: bool = False


NONE: Final = Fault()
"""A connection that is left alone."""

Plan = Callable[[int], Fault]
"""Gives what happens to a connection, by its number; they count from 0."""


def in_turn(faults: Iterable[Fault]) -> Plan:
    """A plan that does these to the first connections, and nothing to the others."""
    listed = list(faults)
    return lambda number: listed[number] if number < len(listed) else NONE


def seeded(seed: int, faults: Sequence[Fault], rate: float = 0.5) -> Plan:
    """A plan that does one of these to a connection, at random, and the same again for the same seed.

    Args:
        seed: Any number.
        faults: What may happen.
        rate: The share of connections to which something happens.
    """

    def plan(number: int) -> Fault:
        dice = random.Random(seed * 1_000_003 + number)
        return dice.choice(faults) if dice.random() < rate else NONE

    return plan


class Proxy:
    """Stands on a port of its own before a server. A context manager.

    Args:
        target: Host and port of the server; a function that gives them where they change.
        plan: What happens to each connection.

    Attributes:
        address: Host and port that clients connect to.
        accepted: How many connections there were.
    """

    def __init__(
        self,
        target: tuple[str, int] | Callable[[], tuple[str, int]],
        plan: Plan | Iterable[Fault] = (),
    ) -> None:
        self._target = target if callable(target) else lambda: target
        self.plan: Plan = plan if callable(plan) else in_turn(plan)
        self._ended = threading.Event()
        self._flowing = threading.Event()
        self._flowing.set()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._numbers = itertools.count()
        self.accepted = 0
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.address: tuple[str, int] = self._listening.getsockname()
        self._thread = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address as an http URL."""
        return f"http://{self.address[0]}:{self.address[1]}"

    def pause(self) -> None:
        """Let nothing through any more, in either direction, as a network does that lost its middle."""
        self._flowing.clear()

    def resume(self) -> None:
        """Let everything through again, also what came meanwhile."""
        self._flowing.set()

    def cut(self) -> None:
        """Reset all connections that there are now."""
        with self._lock:
            cut, self._open = self._open, set()
            for one in cut:
                _reset(one)

    def close(self) -> None:
        """End it, and all its connections."""
        self._ended.set()
        self._flowing.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._listening.close()
        self.cut()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------------ in threads

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self.accepted += 1
            fault = self.plan(next(self._numbers))
            threading.Thread(target=self._serve, args=(client, fault), name="proxy", daemon=True).start()

    def _serve(self, client: socket.socket, fault: Fault) -> None:
        if not self._keep(client):
            return
        if fault.refused:
            self._cut(client, reset=True)
            return
        self._ended.wait(fault.connect_delay)
        try:
            server = socket.create_connection(self._target(), timeout=10)
            server.settimeout(None)
        except OSError:
            self._cut(client, reset=True)
            return
        if not self._keep(server):
            self._cut(client, reset=True)
            return
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if fault.late is None:
            threading.Thread(target=self._answers, args=(server, client, fault), name="proxy", daemon=True).start()
        self._requests(client, server, fault)

    def _requests(self, client: socket.socket, server: socket.socket, fault: Fault) -> None:
        left = fault.request_bytes
        held: list[bytes] = []
        while data := self._received(client):
            self._ended.wait(fault.request_delay)
            is_last = len(data) >= left if left is not None else fault.late is not None
            data = data if left is None else data[:left]
            left = None if left is None else left - len(data)
            if fault.late is None:
                self._sent(server, data)
            else:
                held.append(data)
            if is_last:
                break
        else:
            self._half_closed(server)
            return
        if fault.late is not None:
            self._cut(client, fault.reset)
            self._ended.wait(fault.late)
            self._sent(server, b"".join(held))
            while self._received(server):  # a server that saw an end might give the request up
                pass
        self._cut(client, fault.reset)
        self._cut(server, fault.reset)

    def _answers(self, server: socket.socket, client: socket.socket, fault: Fault) -> None:
        left = fault.answer_bytes
        while data := self._received(server):
            if fault.swallowed:
                continue
            self._ended.wait(fault.answer_delay)
            is_last = left is not None and len(data) >= left
            data = data if left is None else data[:left]
            left = None if left is None else left - len(data)
            if not self._passed_on(client, data, fault.trickle):
                break
            if is_last:
                break
        else:
            if fault.swallowed:
                return
            self._half_closed(client)
            return
        self._cut(client, fault.reset)
        self._cut(server, fault.reset)

    def _passed_on(self, client: socket.socket, data: bytes, trickle: float | None) -> bool:
        if trickle is None:
            return self._sent(client, data)
        for position in range(len(data)):
            if not self._sent(client, data[position : position + 1]) or self._ended.wait(trickle):
                return False
        return True

    def _received(self, one: socket.socket) -> bytes:
        try:
            data = one.recv(_BLOCK)
        except OSError:
            data = b""
        self._flowing.wait(_FOR_EVER)
        return b"" if self._ended.is_set() else data

    def _sent(self, one: socket.socket, data: bytes) -> bool:
        try:
            one.sendall(data)
        except OSError:
            return False
        return True

    def _half_closed(self, one: socket.socket) -> None:
        with self._lock:
            if one in self._open:  # an end that comes before a reset would be seen instead of it
                with suppress(OSError):
                    one.shutdown(socket.SHUT_WR)

    def _keep(self, one: socket.socket) -> bool:
        with self._lock:
            self._open.add(one)
        if self._ended.is_set():
            self._cut(one, reset=True)
            return False
        return True

    def _cut(self, one: socket.socket, reset: bool) -> None:
        with self._lock:
            self._open.discard(one)
        if reset:
            _reset(one)
        else:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def _reset(one: socket.socket) -> None:
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Wakes the threads that wait for it, which a close does not.
        one.shutdown(socket.SHUT_RD)
    one.close()


def wait_until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for something that another thread brings about."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it did not happen within {seconds:g} seconds"
        time.sleep(0.005)
