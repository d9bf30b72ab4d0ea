"""What happens to writes when the server has too much to do, or is told to stop; and TLS."""

import asyncio
import contextlib
import gc
import http.client
import itertools
import json
import logging
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import trustme
from server.client import Client, Stream
from server.running import Running, least, running

from registry.errors import OperationalError
from registry.revisions import Change, Token
from registry.server.limits import Limits
from registry.server.listening import Listening
from registry.stores import MemoryStore, open_store

SCRIPT = """
import sys
from registry.server import Settings, serve
sys.exit(serve(Settings(port=0, store=sys.argv[1])))
"""


def write_until_refused(port: int, number: int, acknowledged: dict[str, str], running_: threading.Event) -> None:
    """Write, each under a name of its own, and note what was acknowledged, until the server is gone."""
    turn = 0
    with Client(port) as client:
        while True:
            name = f"k{number}-{turn}"
            turn += 1
            try:
                answer = client.put("a", name, {"n": turn})
            except (OSError, http.client.HTTPException):
                return
            if answer.status != 200:
                assert answer.status == 503
                return
            acknowledged[name] = answer.json["token"]
            running_.set()


def stopped_under_load(folder: Path) -> float:
    """Seconds that a server takes to end while 8 clients write, which loses nothing that it acknowledged."""
    url = f"sqlite:///{folder}/registry.db"
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline().split("127.0.0.1:")[1].split()[0])
        acknowledged: dict[str, str] = {}
        busy = threading.Event()
        writers = [
            threading.Thread(target=write_until_refused, args=(port, number, acknowledged, busy)) for number in range(8)
        ]
        for writer in writers:
            writer.start()
        assert busy.wait(20)
        with Stream(port) as stream:
            stream.until(lambda event: event.kind == "change")
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            seen = stream.until(lambda event: event.kind == "end")
            out, err = process.communicate(timeout=20)
            took = time.monotonic() - began
        assert (process.returncode, out, err) == (0, "", "")
        for writer in writers:
            writer.join(20)
    finally:
        process.kill()
        process.wait()
    assert json.loads(seen[-1].data) == {"reason": "the server stops"}
    store = open_store(url)
    try:
        held = {stored.name: str(Token(store.token().epoch, stored.revision)) for stored in store.snapshot("a")}
        lost = {name for name, token in acknowledged.items() if held.get(name) != token}
        assert acknowledged
        assert lost == set()
    finally:
        store.close()
    return took


def test_a_server_that_is_stopped_under_load_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    folders = (tmp_path / str(number) for number in itertools.count())

    def seconds() -> float:
        folder = next(folders)
        folder.mkdir()
        return stopped_under_load(folder)

    assert least(seconds, 2.0) < 2.0


class Slow:
    """A store that answers no write before it is let go."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.held: list[tuple[Future[Token], Future[Token]]] = []
        self.pending = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def submit(self, namespace: str, changes: list[Change], /, *, operation: str, author: str = "") -> "Future[Token]":
        answer: Future[Token] = Future()
        self.held.append((answer, self._store.submit(namespace, changes, operation=operation, author=author)))
        return answer

    def let_go(self) -> None:
        while self.held:
            answer, done = self.held.pop()
            answer.set_result(done.result())


@pytest.mark.parametrize("verb", ["set", "clear"])
def test_a_write_that_is_cut_off_when_the_server_stops_leaves_its_line_in_the_audit(
    store: MemoryStore, caplog: pytest.LogCaptureFixture, verb: str
) -> None:
    store.submit("a", [Change("k", b"{}")], operation="first").result(20)
    slow = Slow(store)

    def write() -> None:
        with Client(served.port) as client, contextlib.suppress(OSError, http.client.HTTPException):
            body = {"operation": "mine"} if verb == "clear" else {"operation": "mine", "key": "k", "value": {}}
            client.ask("POST", f"/registry/a/{verb}", body)

    with (
        caplog.at_level(logging.INFO, "registry.audit"),
        running(slow, limits=Limits(grace_seconds=0.1)) as served,  # type: ignore[arg-type]  # it has what a store has
    ):
        writing = threading.Thread(target=write)
        writing.start()
        deadline = time.monotonic() + 20
        while not slow.held:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        served.stop()
        writing.join(20)
        slow.let_go()
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.name == "registry.audit"]
    assert [(line["verb"], line["operation"], line["outcome"]) for line in lines] == [(verb, "mine", "unknown-outcome")]


def overloaded(store: MemoryStore, limits: Limits) -> tuple[list[int], float]:
    """The statuses of 30 writes at once on a store that holds them back, and how long a refused one took."""
    slow = Slow(store)
    with running(slow, limits=limits) as served:  # type: ignore[arg-type]  # it has what a store has
        statuses: list[int] = []

        def write(number: int) -> None:
            with Client(served.port) as client:
                statuses.append(client.put("a", f"k{number}").status)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(30)]
        for thread in threads:
            thread.start()
        try:
            deadline = time.monotonic() + 30
            while len(slow.held) + len(statuses) < 30:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            with Client(served.port) as client:

                def refused() -> float:
                    began = time.monotonic()
                    answer = client.put("a", "one more")
                    took = time.monotonic() - began
                    assert (answer.status, answer.json["code"]) == (503, "overloaded")
                    assert answer.headers["retry-after"] == "1"
                    return took

                took = least(refused, 1.0)
                for _ in range(50):
                    assert client.get("/registry/a/keys").status == 200
        finally:
            slow.let_go()
            for thread in threads:
                thread.join(20)
        return statuses, took


def test_more_writes_than_can_wait_are_refused_at_once_while_reads_go_on(store: MemoryStore) -> None:
    statuses, took = overloaded(store, Limits(writes=10))
    assert sorted(statuses) == [200] * 10 + [503] * 20
    assert took < 1.0


def test_a_server_that_takes_every_write_would_be_noticed(store: MemoryStore) -> None:
    with pytest.raises((AssertionError, TimeoutError)):
        overloaded(store, Limits(writes=1000, write_seconds=2.0))


def test_a_write_that_the_store_does_not_answer_is_in_doubt_and_says_so(store: MemoryStore) -> None:
    slow = Slow(store)
    with running(slow, limits=Limits(write_seconds=0.2)) as served, Client(served.port) as client:  # type: ignore[arg-type]  # a store but in name
        answer = client.put("a", "k", operation="op-1")
        assert (answer.status, answer.json["code"]) == (504, "unknown-outcome")
        assert answer.json["context"]["operation"] == "op-1"
        assert client.get("/operations/op-1").status == 200


def test_a_fifth_snapshot_is_refused_while_four_are_sent(store: MemoryStore) -> None:
    store.submit("a", [Change(f"k{n}", b'{"x":"%s"}' % (b"x" * 60_000)) for n in range(250)], operation="x").result()
    with running(store) as served:
        held = []
        try:
            for _ in range(4):
                connection = socket.socket()
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.connect(("127.0.0.1", served.port))
                connection.sendall(b"GET /registry/a/snapshot HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert connection.recv(10)
                held.append(connection)
            with Client(served.port) as client:
                answer = client.get("/registry/a/snapshot")
                assert (answer.status, answer.json["code"], answer.headers["retry-after"]) == (503, "overloaded", "1")
                assert client.get("/registry/a/get/k1").status == 200
        finally:
            for connection in held:
                connection.close()


def forgotten_by(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a server forgets that is stopped while clients connect: so many turns of its loop after they began."""
    forgotten: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda raised: forgotten.append(str(raised.exc_value)))

    async def stop(served: Running, turns: int) -> list[socket.socket]:
        guards = served.server.guards
        assert guards is not None
        clients = [socket.create_connection(("127.0.0.1", served.port), timeout=20) for _ in range(3)]
        for _ in range(turns):
            await asyncio.sleep(0)
        await served.server.close()
        for _ in range(3):  # so that what was taken has begun
            await asyncio.sleep(0)
        forgotten.extend("a connection is open" for _ in guards.open)
        guards.cut()
        return clients

    for turns in range(6):
        with running(store) as served:
            clients = asyncio.run_coroutine_threadsafe(stop(served, turns), served.loop).result(20)
            served.stopped.set()
        gc.collect()
        for client in clients:
            with client, contextlib.suppress(ConnectionResetError):  # it was never taken
                assert client.recv(1) == b""
    return forgotten


def test_a_server_that_is_stopped_forgets_no_connection_that_it_took(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert forgotten_by(store, monkeypatch) == []


def test_a_server_that_is_stopped_before_connections_have_begun_would_be_noticed(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(self: Listening) -> None:
        self.close()

    monkeypatch.setattr(Listening, "end", at_once)
    forgotten = forgotten_by(store, monkeypatch)
    assert any("unclosed" in one for one in forgotten)
    assert "a connection is open" in forgotten


@pytest.mark.parametrize("cut", ["abort", "close"])
def test_a_connection_that_is_lost_between_a_head_and_its_body_is_a_client_that_left(
    store: MemoryStore, caplog: pytest.LogCaptureFixture, cut: str
) -> None:
    head = b"POST /registry/a/set HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"

    def lose(served: Running) -> None:
        guards = served.server.guards
        assert guards is not None
        (guard,) = guards.open.values()
        guard.data_received(head)  # as if both came in one turn of the loop, before the request begins
        getattr(guard.transport, cut)()

    def counted() -> dict[int, int]:
        return {
            int(status): int(number)
            for status, number in re.findall(r'requests_total\{operation="set",status="(\d+)"\} (\d+)', page())
        }

    def page() -> str:
        with Client(served.port) as client:
            return client.get("/metrics").body.decode()

    with running(store) as served:
        with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
            deadline = time.monotonic() + 20
            while served.call(lambda: len(served.server.guards.open)) != 1:  # type: ignore[union-attr]  # it is open
                assert time.monotonic() < deadline
            served.call(lose, served)
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1) == b""
        assert counted() == {499: 1}
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_client_that_was_refused_or_does_not_read_is_left_by_a_server_that_stops(store: MemoryStore) -> None:
    store.submit("a", [Change(f"k{n}", b'{"x":"%s"}' % (b"x" * 60_000)) for n in range(250)], operation="x").result()
    limits = Limits(connections=1, grace_seconds=0.1)
    with running(store, limits=limits) as served, socket.socket() as reading, socket.socket() as refused:
        reading.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reading.connect(("127.0.0.1", served.port))
        reading.sendall(b"GET /registry/a/snapshot HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert reading.recv(10)
        refused.connect(("127.0.0.1", served.port))
        assert refused.recv(12) == b"HTTP/1.1 503"
        guards = served.server.guards
        assert guards is not None
        assert served.call(lambda: (len(guards.open), len(guards.lingering))) == (1, 1)
        served.stop()
        assert (len(guards.open), len(guards.lingering)) == (0, 0)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def test_tls_ends_in_the_server_itself(store: MemoryStore, authority: trustme.CA, tmp_path: Path) -> None:
    pair = authority.issue_cert("localhost")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    pair.private_key_pem.write_to_path(str(key))
    for number, blob in enumerate(pair.cert_chain_pems):
        blob.write_to_path(str(cert), append=number > 0)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with running(store, tls_cert=cert, tls_key=key) as served:
        assert served.url.startswith("https://")
        connection = http.client.HTTPSConnection("localhost", served.port, context=context, timeout=20)
        connection.request("POST", "/registry/a/set", json.dumps({"key": "k", "value": {}}))
        assert connection.getresponse().read()
        connection.request("GET", "/registry/a/get/k")
        assert connection.getresponse().status == 200
        connection.close()
        with pytest.raises(ssl.SSLCertVerificationError):
            http.client.HTTPSConnection("localhost", served.port, timeout=20).request("GET", "/health")
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        authority.configure_trust(old)
        with Client(served.port) as plain, pytest.raises(Exception):  # noqa: B017, PT011  # a broken line, however it is told
            plain.get("/health")


def test_a_certificate_that_cannot_be_used_is_named(store: MemoryStore, tmp_path: Path) -> None:
    cert = tmp_path / "cert.pem"
    cert.write_text("nothing")
    with pytest.raises(OperationalError, match="cannot be used"), running(store, tls_cert=cert):
        raise AssertionError("it started")
