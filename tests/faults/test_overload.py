"""Overload: what is too much is refused fast, and clients that behave live beside those that do not."""

import http.client
import json
import socket
import threading
import time
from functools import partial
from pathlib import Path
from uuid import uuid4

import attrs
from faults.figures import Figure
from faults.histories import NAMESPACE, Client, Journal, in_threads
from faults.processes import Server
from faults.proxy import wait_until

from registry.stores import HTTPStore
from registry.wire.routes import SET, namespace_path

WRITES = 4
"""How many writes the server lets wait for a store that takes `STORE` seconds for each."""

STORE = 0.1
SECONDS = 2.0


@attrs.define
class Answers:
    """What writers were answered.

    Attributes:
        statuses: Of every answer.
        refusals: Seconds that each refusal took.
        successes: Seconds that each success took.
    """

    statuses: list[int] = attrs.field(factory=list)
    refusals: list[float] = attrs.field(factory=list)
    successes: list[float] = attrs.field(factory=list)


def crowd(folder: Path, *, writers: int, writes: int) -> Answers:
    """Have many write at once, none of which waits when it is refused."""
    answers = Answers()
    options = ["--limit", f"writes={writes}"]
    with Server(folder, twin=f"Slow:{STORE}", options=options) as server:
        until = time.monotonic() + SECONDS

        def write() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            while time.monotonic() < until:
                body = json.dumps({"key": uuid4().hex, "value": {"v": "1"}})
                began = time.monotonic()
                connection.request("POST", namespace_path(NAMESPACE, SET), body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                content = answer.read()
                took = time.monotonic() - began
                answers.statuses.append(answer.status)
                if answer.status == 200:
                    answers.successes.append(took)
                else:
                    assert json.loads(content)["code"] == "overloaded"
                    answers.refusals.append(took)
                    time.sleep(0.05)
            connection.close()

        in_threads([write] * writers)
    return answers


def unfair(answers: Answers) -> list[str]:
    """What is wrong with how a crowd was answered."""
    found = [] if set(answers.statuses) == {200, 503} else [f"the answers were {set(answers.statuses)}"]
    if not answers.refusals or sorted(answers.refusals)[len(answers.refusals) // 2] > 10 * STORE:
        found.append("refusals are slow")
    if sorted(answers.successes)[len(answers.successes) // 2] > WRITES * STORE * 4:
        found.append("what is taken waits as long as everything would")
    if len(answers.successes) < SECONDS / STORE / 4:
        found.append(f"only {len(answers.successes)} writes were made")
    return found


def test_more_writers_than_the_server_takes_are_refused_fast(tmp_path: Path, figure: Figure) -> None:
    for number in range(3):  # a machine that is busy only adds, so the best counts
        folder = tmp_path / str(number)
        folder.mkdir()
        answers = crowd(folder, writers=24, writes=WRITES)
        if not unfair(answers):
            break
    assert unfair(answers) == []
    figure("writes refused as overload, while the others were made", len(answers.refusals))
    figure("slowest refusal of an overloaded server", max(answers.refusals))


def test_a_server_that_lets_everybody_wait_is_noticed(tmp_path: Path) -> None:
    assert unfair(crowd(tmp_path, writers=24, writes=10_000)) != []


def test_clients_of_a_busy_server_get_through_in_the_end(tmp_path: Path) -> None:
    """The store of the library tries again by itself, until its own deadline."""
    journal = Journal()
    with (
        Server(tmp_path, twin="Slow:0.02", options=["--limit", f"writes={WRITES}"]) as server,
        HTTPStore(server.url, timeout=30.0) as store,
    ):
        clients = [Client(f"c{number}", store, journal) for number in range(16)]
        in_threads([partial(_write_thrice, client) for client in clients])
    assert [call.error for call in journal.calls if call.error] == []


def slow_ones(server: Server, count: int) -> list[socket.socket]:
    """Connections that ask for much and read nothing: snapshots, watches, and requests that never end."""
    path = namespace_path(NAMESPACE, "snapshot")
    requests = [
        f"GET {path} HTTP/1.1\r\n",
        "GET /watch HTTP/1.1\r\n",
        f"POST {path} HTTP/1.1\r\nContent-Length: 100\r\n",
    ]
    opened = []
    for number in range(count):
        one = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.sendall(f"{requests[number % 3]}Host: 127.0.0.1:{server.port}\r\n\r\n".encode())
        opened.append(one)
    return opened


def test_good_clients_live_beside_slow_ones(tmp_path: Path, figure: Figure) -> None:
    journal = Journal()
    with Server(tmp_path) as server, HTTPStore(server.url) as store:
        writer = Client("writer", store, Journal())
        for number in range(300):
            writer.write(f"name{number}")
        slow = slow_ones(server, 60)
        try:
            wait_until(lambda: _watchers(server) >= 20)
            seen: list[object] = []
            watch = store.watch(since=store.token())
            thread = threading.Thread(target=lambda: seen.append(next(iter(watch))), daemon=True)
            thread.start()
            clients = [Client(f"c{number}", store, journal) for number in range(4)]
            in_threads([partial(_work, client) for client in clients])
            thread.join(20)
            assert seen
            watch.close()
        finally:
            for one in slow:
                one.close()
    assert [call.error for call in journal.calls if call.error] == []
    assert sorted(call.seconds for call in journal.calls)[len(journal.calls) // 2] < 1.0
    figure("slowest call beside 60 clients that read nothing", max(call.seconds for call in journal.calls))


def _write_thrice(client: Client) -> None:
    for _ in range(3):
        client.write(client.name)


def _work(client: Client) -> None:
    for number in range(25):
        client.write(f"{client.name}-{number}")
        client.read(f"{client.name}-{number}")


def _watchers(server: Server) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request("GET", "/stats")
        watchers: int = json.loads(connection.getresponse().read())["watchers"]
        return watchers
    finally:
        connection.close()


def test_a_call_that_is_refused_for_too_long_is_an_error_of_overload(tmp_path: Path) -> None:
    with (
        Server(tmp_path, twin="Slow:3.0", options=["--limit", "writes=1"]) as server,
        HTTPStore(server.url, timeout=1.0) as store,
        HTTPStore(server.url, timeout=30.0) as patient,
    ):
        first = Client("first", patient, Journal())
        thread = threading.Thread(target=first.write, args=("a",), daemon=True)
        thread.start()
        second = Client("second", store, Journal())
        wait_until(lambda: second.write("b").error == "OverloadedError")
        thread.join(30)
