"""Hostile input: no 5xx, nothing that grows, and whoever only holds a connection open loses it."""

import gc
import gzip
import json
import os
import random
import resource
import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest
from server.client import Client
from server.running import Running, running

from registry.revisions import Change
from registry.server.limits import Limits
from registry.stores import MemoryStore

SHORT = Limits(header_seconds=1.0, body_seconds=1.0, stall_seconds=2.0, idle_seconds=0.5)

BRISK = Limits(header_seconds=3.0, body_seconds=3.0, idle_seconds=0.5)
"""For those who send at once: time enough on a machine that is busy, and connections that end soon."""

HOST = b"Host: localhost\r\n"


@pytest.fixture
def hurried(store: MemoryStore) -> Iterator[Running]:
    """A server that waits for nobody."""
    with running(store, limits=SHORT) as served:
        yield served


@pytest.fixture
def brisk(store: MemoryStore) -> Iterator[Running]:
    """A server that does not wait for long."""
    with running(store, limits=BRISK) as served:
        yield served


def sent(port: int, data: bytes, *, seconds: float = 10.0) -> bytes:
    """All that comes back for some bytes, until the server closes the connection or says nothing more."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        received = b""
        try:
            connection.sendall(data)
            while part := connection.recv(65536):
                received += part
        except (ConnectionError, TimeoutError):
            pass
        return received


def status(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1."), answer[:100]
    return int(answer.split()[1])


BODY = b'{"key": "k", "value": {}}'
SET = b"POST /registry/a/set HTTP/1.1\r\n" + HOST

BAD = {
    "noise": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "no HTTP": b"hello\r\n\r\n",
    "no method": b" / HTTP/1.1\r\n" + HOST + b"\r\n",
    "another version": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "a NUL in the path": b"GET /registry/a/get/\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a NUL in a header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\n" + HOST + b": x\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two lengths": SET + b"Content-Length: 2\r\nContent-Length: 25\r\n\r\n" + BODY,
    "length and chunks": SET + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": SET + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "chunks that are none": SET + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "a chunk of a negative size": SET + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    "a negative length": SET + b"Content-Length: -1\r\n\r\n",
    "a length in words": SET + b"Content-Length: many\r\n\r\n",
    "another transfer coding": SET + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a chunked chunked": SET + b"Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n",
    "a long line": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long header": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X-%d: a\r\n" % n for n in range(5000)) + b"\r\n",
    "a body that is cut": SET + b"Content-Length: 100\r\n\r\n" + BODY,
    "a body of nothing": SET + b"Content-Length: 0\r\n\r\n",
    "a body that is compressed": SET + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    "a long body": SET + b"Content-Length: 99999999999\r\n\r\n",
    "a connect": b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "another host in the line": b"GET http://evil.example/health HTTP/1.1\r\n" + HOST + b"\r\n",
    "another scheme in the line": b"GET ftp://localhost/health HTTP/1.1\r\n" + HOST + b"\r\n",
    "a path that is none": b"GET http://[/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "an expectation": SET + b"Expect: the-spanish-inquisition\r\nContent-Length: 25\r\n\r\n" + BODY,
    "an upgrade": b"GET /watch?since=x HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "no UTF-8 in the path": b"GET /registry/a/get/%ff HTTP/1.1\r\n" + HOST + b"\r\n",
    "half an escape": b"GET /registry/a/get/%f HTTP/1.1\r\n" + HOST + b"\r\n",
    "bytes in the path": b"GET /registry/a/get/\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n",
    "dots": b"GET /registry/../../etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n",
    "a slash that is written out": b"GET /registry/a%2Fb/get/..%2F..%2Fetc HTTP/1.1\r\n" + HOST + b"\r\n",
    "a line end in the path": b"GET /registry/a/get/%0d%0aSet-Cookie:x HTTP/1.1\r\n" + HOST + b"\r\n",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_http_is_refused(brisk: Running, name: str) -> None:
    answer = sent(brisk.port, BAD[name])
    assert 400 <= status(answer) < 500, answer[:300]
    assert b"Set-Cookie" not in answer.split(b"\r\n\r\n")[0]
    with Client(brisk.port) as client:
        assert client.get("/registry/a/keys").json["keys"] == []


@pytest.mark.parametrize(
    "front", ["Content-Length: 6\r\nTransfer-Encoding: chunked", "Transfer-Encoding : chunked", "Content-Length: +6"]
)
def test_a_request_cannot_be_smuggled_inside_another(brisk: Running, front: str) -> None:
    hidden = SET + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    sent(brisk.port, b"POST /registry/a/clear HTTP/1.1\r\n" + HOST + front.encode() + b"\r\n\r\n0\r\n\r\n" + hidden)
    with Client(brisk.port) as client:
        assert client.get("/registry/a/keys").json["keys"] == []


DEEP = "[" * 100_000
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "no object": b"[]",
    "deep": b'{"key": "k", "value": {"x": ' + DEEP.encode() + b"}}",
    "deep objects": b'{"key":"k","value":' + b'{"a":' * 70 + b"{}" + b"}" * 71,
    "a long number": b'{"key": "k", "value": {"x": ' + b"9" * 10_000 + b"}}",
    "no number": b'{"key": "k", "value": {"x": NaN}}',
    "infinity": b'{"key": "k", "value": {"x": Infinity}}',
    "more than a float holds": b'{"key": "k", "value": {"x": 1e999}}',
    "a key twice": b'{"key": "k", "key": "j", "value": {}}',
    "an unknown key": b'{"key": "k", "value": {}, "extra": 1}',
    "no UTF-8": b'{"key": "\xff", "value": {}}',
    "half a surrogate": b'{"key": "\\ud800", "value": {}}',
    "half a surrogate below": b'{"key": "k", "value": {"\\udfff": 1}}',
    "a value that is no object": b'{"key": "k", "value": 1}',
    "a key that is no text": b'{"key": 1, "value": {}}',
    "an operation that is none": b'{"key": "k", "value": {}, "operation": "a b"}',
    "an expectation that is none": b'{"key": "k", "value": {}, "expect": "maybe"}',
    "a byte order mark": b'\xef\xbb\xbf{"key": "k", "value": {}}',
    "UTF-16": '{"key": "k", "value": {}}'.encode("utf-16"),
    "a record that is too long": json.dumps({"key": "k", "value": {"x": "x" * 70_000}}).encode(),
    "too long": b" " * (1024 * 1024 + 1),
    "a bomb": gzip.compress(b" " * 10_000_000),
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("verb", ["set", "apply", "clear"])
def test_a_bad_body_is_refused(brisk: Running, name: str, verb: str) -> None:
    with Client(brisk.port) as client:
        answer = client.ask("POST", f"/registry/a/{verb}", BODIES[name])
        if verb == "clear" and name == "nothing":
            assert answer.status == 200
        else:
            assert answer.status in (400, 413), answer
            assert set(answer.json) == {"code", "message", "suggestions", "context"}


def test_bombs_are_refused_before_they_are_unpacked(served: Running) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    with Client(served.port) as client:
        for coding in ("gzip", "deflate", "br", "zstd", "gzip, gzip"):
            answer = client.ask("POST", "/registry/a/apply", bomb, {"Content-Encoding": coding})
            assert answer.status == 415
    assert served.server.handler.service.bodies.held == 0


def closed_within(port: int, data: bytes, seconds: float, drip: bytes = b"") -> bytes:
    """What a connection gives that is left open, until the server ends it."""
    with socket.create_connection(("127.0.0.1", port), timeout=0.05) as connection:
        connection.sendall(data)
        deadline = time.monotonic() + seconds
        received = b""
        while time.monotonic() < deadline:
            try:
                part = connection.recv(65536)
                if not part:
                    return received
                received += part
            except TimeoutError:
                if drip:
                    try:
                        connection.sendall(drip)
                    except OSError:
                        return received
            except ConnectionResetError:
                return received
    raise AssertionError("the connection is still open")


def test_a_head_that_takes_too_long_ends_its_connection(hurried: Running) -> None:
    assert closed_within(hurried.port, b"", 10) == b""
    assert closed_within(hurried.port, b"GET / HT", 10) == b""
    assert closed_within(hurried.port, b"GET / HTTP/1.1\r\n" + HOST, 10, drip=b"X: y\r\n") == b""
    first = b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n"
    assert status(closed_within(hurried.port, first + b"GET / HT", 10, drip=b"T")) == 200


def test_a_body_that_takes_too_long_is_told_so(hurried: Running) -> None:
    head = SET + b"Content-Length: 1000000\r\n\r\n"
    for drip in (b"", b" "):
        assert status(closed_within(hurried.port, head, 10, drip=drip)) == 408
    assert hurried.server.handler.service.bodies.held == 0


def test_an_answer_that_nobody_reads_ends_its_connection(hurried: Running, store: MemoryStore) -> None:
    changes = [Change(f"k{number}", b'{"x":"%s"}' % (b"x" * 60_000)) for number in range(200)]
    written = store.submit("a", changes, operation="x").result(20)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", hurried.port))
        # Until the server has been told of the changes, its answer is short, and ends unread as well as read.
        path = b"/registry/a/snapshot?min_revision=%s" % str(written).encode()
        connection.sendall(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n")
        deadline = time.monotonic() + 15
        service = hurried.server.handler.service
        while not service.snapshots:
            assert time.monotonic() < deadline
        while service.snapshots or service.connections:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_server_without_deadlines_would_be_held_open(store: MemoryStore) -> None:
    """The known-bad twin: with long deadlines, the same checks complain."""
    with running(store, limits=Limits(header_seconds=60.0, body_seconds=60.0, grace_seconds=0.1)) as served:
        for data in (b"GET / HT", SET + b"Content-Length: 1000000\r\n\r\n"):
            with pytest.raises(AssertionError, match="still open"):
                closed_within(served.port, data, 3.0)


def test_pipelined_requests_are_answered_in_their_order(brisk: Running) -> None:
    requests = b"".join(b"GET /registry/a/get/k%d HTTP/1.1\r\n" % n + HOST + b"\r\n" for n in range(200))
    last = b"GET /health HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    answer = sent(brisk.port, requests + last)
    places = [answer.find(b"'k%d'" % n) for n in range(200)]
    assert -1 not in places
    assert places == sorted(places)
    assert answer.rstrip().endswith(b'{"status":"ok"}')


def figures(served: Running) -> tuple[int, int, int]:
    """Tasks, threads and open files."""
    import asyncio

    def tasks() -> int:
        return len([task for task in asyncio.all_tasks(served.loop) if not task.done()])

    return served.call(tasks), threading.active_count(), len(os.listdir("/proc/self/fd"))


def aborted(port: int, number: int) -> None:
    """Connections that break off at any point, most of them with a reset."""
    dice = random.Random(number)
    whole = [
        SET + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
        b"GET /watch HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /registry/a/snapshot HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /registry/a/keys?consistent=1 HTTP/1.1\r\n" + HOST + b"\r\n",
        *list(BAD.values())[:25],
    ]
    for _ in range(number):
        data = dice.choice(whole)
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            if dice.random() < 0.8:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
                if dice.random() < 0.5:
                    connection.sendall(data[: dice.randint(0, len(data))])
                else:
                    connection.sendall(data)
                    if dice.random() < 0.3:
                        connection.recv(100)
            except (ConnectionError, TimeoutError):
                pass


def check_that_nothing_grows(store: MemoryStore, number: int) -> None:
    with running(store, limits=SHORT) as served:
        aborted(served.port, 50)
        settle(served)
        gc.collect()
        before, memory = figures(served), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        aborted(served.port, number)
        settle(served)
        gc.collect()
        deadline = time.monotonic() + 20
        while (after := figures(served)) != before:
            if all(now <= then + 3 for now, then in zip(after, before, strict=True)):
                break
            assert time.monotonic() < deadline, (before, after)
            time.sleep(0.1)  # a task may be about to end when its connection has ended
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 50 * 1024  # KiB
        service = served.server.handler.service
        counts = service.requests.counts
        assert sum(many for (_, status), many in counts.items() if status >= 500) == 0, counts
        assert (service.bodies.held, service.writes, service.snapshots, service.running) == (0, 0, 0, 0)
        assert (service.watchers.count, service.asking.asked, len(service.feed._waiting)) == (0, 0, 0)


def settle(served: Running) -> None:
    deadline = time.monotonic() + 30
    while served.server.handler.service.connections:
        assert time.monotonic() < deadline, served.server.guards
        time.sleep(0.05)


def test_connections_that_break_off_leave_nothing_behind(store: MemoryStore) -> None:
    check_that_nothing_grows(store, 300)


@pytest.mark.soak
def test_ten_thousand_connections_that_break_off_leave_nothing_behind(store: MemoryStore) -> None:
    check_that_nothing_grows(store, 10_000)


def test_a_watcher_that_is_not_forgotten_would_be_noticed(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    from registry.server.watchers import Watchers

    monkeypatch.setattr(Watchers, "drop", Watchers.leave)
    with pytest.raises(AssertionError):
        check_that_nothing_grows(store, 60)


def test_a_connection_beyond_the_limit_is_told_so(store: MemoryStore) -> None:
    with running(store, limits=Limits(connections=3)) as served:
        held = [socket.create_connection(("127.0.0.1", served.port), timeout=10) for _ in range(3)]
        try:
            for connection in held:
                connection.sendall(b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n")
                assert status(connection.recv(1000)) == 200
            answer = sent(served.port, b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n")
            assert (status(answer), b"Retry-After: 1" in answer) == (503, True)
        finally:
            for connection in held:
                connection.close()
        settle(served)
        with Client(served.port) as client:
            assert client.get("/health").status == 200


def test_names_in_errors_are_text_on_one_line(served: Running) -> None:
    with Client(served.port) as client:
        for name in ("%1b%5b31m", "%0a%0d", "%e2%80%ae", "%00"):
            answer = client.get(f"/registry/a/get/{name}")
            assert answer.status in (400, 404)
            assert answer.json["message"].isprintable()


def test_a_head_has_its_own_deadline_however_long_a_connection_may_wait_between_requests(store: MemoryStore) -> None:
    slow = [b"", b"GET / HT", b"GET / HTTP/1.1\r\n" + HOST]
    asked = b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n"
    with running(store, limits=Limits(header_seconds=1.0, idle_seconds=60.0)) as served:
        for head in slow:
            assert closed_within(served.port, head, 10) == b""
        assert closed_within(served.port, slow[-1], 10, drip=b"X: y\r\n") == b""
        assert status(closed_within(served.port, asked + slow[-1], 10, drip=b"X: y\r\n")) == 200
        with pytest.raises(AssertionError, match="still open"):  # one that asked, and may ask again
            closed_within(served.port, asked, 2.5)


@pytest.mark.parametrize(("verb", "limit"), [("set", 1 << 20), ("apply", 16 << 20), ("clear", 1 << 20)])
def test_a_body_that_does_not_say_how_long_it_is_is_no_longer_than_others(
    hurried: Running, verb: str, limit: int
) -> None:
    head = b"POST /registry/a/%b HTTP/1.1\r\n" % verb.encode() + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    body = {"set": BODY, "apply": b'{"changes": [{"key": "k", "value": {}}]}', "clear": b"{}"}[verb]
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"  # spaces, which mean nothing
    for number, expected in ((4, 200), (limit // 0x10000 + 1, 413)):
        data = head + b"%x\r\n%b\r\n" % (len(body), body) + chunk * number + b"0\r\n\r\n"
        assert status(sent(hurried.port, data, seconds=2.0)) == expected, number
    assert hurried.server.handler.service.bodies.held == 0


def test_many_short_answers_that_nobody_reads_end_their_connection(hurried: Running) -> None:
    with Client(hurried.port) as client:
        assert client.put("a", "k", {"x": "x" * 60_000}).status == 200
    guards = hurried.server.guards
    assert guards is not None
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", hurried.port))
        connection.sendall((b"GET /registry/a/get/k HTTP/1.1\r\n" + HOST + b"\r\n") * 300)
        deadline = time.monotonic() + 15
        while not any(guard.unread for guard in list(guards.open.values())):
            assert time.monotonic() < deadline
            time.sleep(0.001)
        while guards.open:
            assert time.monotonic() < deadline
            time.sleep(0.02)
