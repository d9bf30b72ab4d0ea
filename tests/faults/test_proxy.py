"""The proxy does to connections what its faults say, and nothing to others."""

import socket
import threading
import time
from collections.abc import Iterator

import attrs
import pytest
from faults.proxy import NONE, Fault, Proxy, seeded

SECONDS = 10.0


@attrs.define
class Echo:
    """Sends back all that it gets, and remembers it."""

    address: tuple[str, int]
    got: list[bytes]
    arrived: threading.Event


@pytest.fixture
def echo() -> Iterator[Echo]:
    listening = socket.create_server(("127.0.0.1", 0))
    found = Echo(listening.getsockname(), [], threading.Event())

    def serve(one: socket.socket) -> None:
        with one:
            try:
                while data := one.recv(65536):
                    found.got.append(data)
                    found.arrived.set()
                    one.sendall(data)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                one, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(one,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield found
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(SECONDS)


def through(proxy: Proxy, data: bytes = b"0123456789") -> bytes:
    """What comes back of some bytes until the connection ends or all are there."""
    with socket.create_connection(proxy.address, timeout=SECONDS) as one:
        one.sendall(data)
        return received(one, len(data))


def received(one: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        data = one.recv(65536)
        if not data:
            break
        found += data
    return found


def test_a_connection_without_a_fault_is_left_alone(echo: Echo) -> None:
    with Proxy(echo.address) as proxy:
        assert through(proxy, b"x" * 1_000_000) == b"x" * 1_000_000
        with socket.create_connection(proxy.address, timeout=SECONDS) as one:
            one.sendall(b"abc")
            one.shutdown(socket.SHUT_WR)
            assert received(one, 100) == b"abc"
        assert proxy.accepted == 2


def test_a_connection_is_refused(echo: Echo) -> None:
    with Proxy(echo.address, [Fault(refused=True)]) as proxy:
        with pytest.raises(ConnectionError):
            assert through(proxy) == b"nothing"
        assert through(proxy) == b"0123456789"
    assert echo.got == [b"0123456789"]


@pytest.mark.parametrize("reset", [False, True])
def test_a_request_is_cut_and_an_answer_is_cut(echo: Echo, reset: bool) -> None:
    with Proxy(echo.address, [Fault(request_bytes=4, reset=reset), Fault(answer_bytes=3, reset=reset)]) as proxy:
        ends: list[bytes | type[BaseException]] = []
        for _ in range(2):
            try:
                ends.append(through(proxy))
            except ConnectionResetError:
                ends.append(ConnectionResetError)
    assert echo.arrived.wait(SECONDS)
    deadline = time.monotonic() + SECONDS
    while len(echo.got) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sorted(echo.got) == [b"0123", b"0123456789"]
    if not reset:
        assert ends[1] == b"012"


def test_the_answer_is_lost_and_the_request_is_not(echo: Echo) -> None:
    with Proxy(echo.address, [Fault(answer_bytes=0)]) as proxy:
        assert through(proxy) == b""
    assert echo.got == [b"0123456789"]


def test_an_answer_is_swallowed(echo: Echo) -> None:
    with (
        Proxy(echo.address, [Fault(swallowed=True)]) as proxy,
        socket.create_connection(proxy.address, timeout=0.5) as one,
    ):
        one.sendall(b"abc")
        assert echo.arrived.wait(SECONDS)
        with pytest.raises(TimeoutError):
            one.recv(1)


@pytest.mark.parametrize(
    ("fault", "least"),
    [
        (Fault(connect_delay=0.3), 0.3),
        (Fault(request_delay=0.3), 0.3),
        (Fault(answer_delay=0.3), 0.3),
        (Fault(trickle=0.03), 0.27),
    ],
)
def test_a_connection_is_slow(echo: Echo, fault: Fault, least: float) -> None:
    with Proxy(echo.address, [fault]) as proxy:
        began = time.monotonic()
        assert through(proxy) == b"0123456789"
        assert time.monotonic() - began >= least


def test_a_request_arrives_after_its_client_was_cut_off(echo: Echo) -> None:
    with Proxy(echo.address, [Fault(late=3600.0), Fault(late=0.3)]) as proxy:
        assert through(proxy, b"much later") == b""
        assert echo.got == []
        began = time.monotonic()
        assert through(proxy) == b""
        assert echo.arrived.wait(SECONDS)
        assert time.monotonic() - began >= 0.3
        assert echo.got == [b"0123456789"]


def test_all_connections_are_paused_and_go_on(echo: Echo) -> None:
    with Proxy(echo.address) as proxy, socket.create_connection(proxy.address, timeout=SECONDS) as one:
        one.sendall(b"a")
        assert received(one, 1) == b"a"
        proxy.pause()
        one.sendall(b"b")
        one.settimeout(0.3)
        with pytest.raises(TimeoutError):
            one.recv(1)
        proxy.resume()
        one.settimeout(SECONDS)
        assert received(one, 1) == b"b"


def test_all_connections_are_cut_at_once(echo: Echo) -> None:
    with Proxy(echo.address) as proxy, socket.create_connection(proxy.address, timeout=SECONDS) as one:
        one.sendall(b"a")
        assert received(one, 1) == b"a"
        proxy.cut()
        with pytest.raises(ConnectionError):
            assert one.recv(1) == b"nothing"
        assert through(proxy) == b"0123456789"


def test_a_server_that_is_not_there_ends_the_connection(echo: Echo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        target = closed.getsockname()
    with Proxy(target) as proxy, pytest.raises(ConnectionError):
        assert through(proxy) == b"nothing"


def test_the_target_may_change(echo: Echo) -> None:
    targets: list[tuple[str, int]] = [echo.address]

    with Proxy(lambda: targets[-1]) as proxy:
        assert through(proxy) == b"0123456789"


def test_a_seed_gives_the_same_plan_again() -> None:
    faults = [Fault(refused=True), Fault(answer_bytes=0), Fault(request_bytes=5)]
    first, again, other = seeded(7, faults), seeded(7, faults), seeded(8, faults)
    numbers = range(200)
    assert list(map(first, numbers)) == list(map(again, reversed(numbers)))[::-1]
    assert list(map(first, numbers)) != list(map(other, numbers))
    assert {NONE, *faults} == set(map(first, numbers))
    assert {seeded(1, faults, rate=0.0)(number) for number in numbers} == {NONE}
