"""A call ends in time, whatever the servers do, and a server that is away costs little."""

import contextlib
import json
import socket
import threading
import time

import pytest
from faults.clients import GENEROUS, RECORD, Serve, always, closed_port, put, seconds_of
from faults.scripted import Link, Script, Scripted, answer, answered, honest, refusal

from registry.errors import (
    RemoteError,
    StoreError,
    UnknownOutcomeError,
)
from registry.revisions import Change
from registry.stores.http import HTTPStore
from registry.stores.memory import MemoryStore
from registry.stores.transport import attempts, connections, reach


def trickling(link: Link) -> None:
    link.request()
    link.trickle(answer(RECORD), 0.02)


def test_a_server_that_sends_a_byte_now_and_then_does_not_hold_a_call(serve: Serve) -> None:
    with HTTPStore(serve(trickling).url, timeout=1.0) as store:
        taken, _ = seconds_of(lambda: store.get("losses", "huber"), RemoteError)
        assert 0.9 < taken < 1.0 + GENEROUS


def test_a_client_that_grants_the_whole_time_to_each_read_is_caught(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def more(self: connections.Line) -> bytes:
        self._socket.settimeout(1.0)
        return self._socket.recv(1)

    monkeypatch.setattr(connections.Line, "more", more)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_a_server_that_sends_a_byte_now_and_then_does_not_hold_a_call(serve)


SILENT: dict[str, Script] = {
    "says nothing": lambda link: (link.request(), link.wait())[1],
    "does not read": lambda link: link.wait(),
    "begins to answer": lambda link: (link.request(), link.send(b"HTTP/1.1 200"), link.wait())[2],
    "stops in its body": lambda link: (link.request(), link.send(answer(RECORD)[:-9]), link.wait())[2],
}


@pytest.mark.parametrize("script", SILENT.values(), ids=SILENT.keys())
def test_a_server_that_stops_anywhere_does_not_hold_a_call(serve: Serve, script: Script) -> None:
    with HTTPStore(serve(script).url, timeout=1.0) as store:
        taken, error = seconds_of(lambda: store.get("losses", "huber"), RemoteError)
        assert taken < 1.0 + GENEROUS
        assert "within 1 second" in str(error)


def test_a_large_write_to_a_server_that_does_not_read_does_not_hold_the_call(serve: Serve) -> None:
    record = json.dumps({"a": "x" * 60_000}).encode()
    changes = [Change(f"name{number}", record) for number in range(200)]
    with HTTPStore(serve(lambda link: link.wait()).url, timeout=0.5) as store:
        taken, error = seconds_of(lambda: store.submit("losses", changes, operation="o").result(0), RemoteError)
    assert taken < 0.5 + GENEROUS
    assert not isinstance(error, UnknownOutcomeError)  # it had only a part, so it cannot have made the write


def test_retries_share_the_deadline(serve: Serve) -> None:
    def script(link: Link) -> None:
        link.request()
        link.wait(0.2)

    server = serve(script)
    with HTTPStore(server.url, timeout=2.0) as store:
        taken, _ = seconds_of(lambda: put(store), UnknownOutcomeError)
    assert taken < 2.0 + GENEROUS
    assert server.accepted > 1


def test_a_refused_connection_says_that_nothing_was_sent() -> None:
    with HTTPStore(f"http://127.0.0.1:{closed_port()}") as store:
        for call in (lambda: store.get("losses", "huber"), lambda: put(store)):
            taken, error = seconds_of(call, RemoteError)
            assert taken < GENEROUS
            assert type(error) is RemoteError
            assert "nothing was sent" in str(error)
            assert "refused" in str(error)


def test_an_unknown_host_says_that_nothing_was_sent() -> None:
    with HTTPStore("http://no-such-host.invalid") as store:
        _, error = seconds_of(lambda: put(store), RemoteError)
    assert type(error) is RemoteError
    assert "nothing was sent" in str(error)
    assert "no-such-host.invalid" in str(error)


def asked_while_it_is_away(monkeypatch: pytest.MonkeyPatch, calls_made: int) -> int:
    """How often a server that is away was connected to for so many calls."""
    tried = 0

    def dial(*_: object) -> None:
        nonlocal tried
        tried += 1
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(attempts, "dial", dial)
    for number in range(calls_made):
        with HTTPStore("http://localhost:1") as store, pytest.raises(RemoteError, match="nothing was sent") as raised:
            store.get("losses", "huber")
        if number:
            assert "not asked again for a second" in str(raised.value)
    return tried


def test_a_server_that_is_away_costs_one_connection_and_not_one_for_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "PAUSE", 3600.0)
    assert asked_while_it_is_away(monkeypatch, 200) == 1


def test_a_client_that_asks_every_time_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "PAUSE", 0.0)
    with pytest.raises(AssertionError, match="not asked again"):
        asked_while_it_is_away(monkeypatch, 200)


def test_a_server_that_does_not_answer_costs_one_timeout_and_not_one_for_each_call(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "PAUSE", 3600.0)
    server = serve(lambda link: link.wait())
    with HTTPStore(server.url, timeout=0.5) as store:
        seconds_of(lambda: store.get("losses", "huber"), RemoteError)
        for _ in range(200):
            seconds_of(lambda: store.get("losses", "huber"), RemoteError)
    assert server.accepted == 1


def test_a_slow_answer_does_not_make_a_server_count_as_away_that_answers_others(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "PAUSE", 3600.0)
    waiting = threading.Event()

    def script(link: Link) -> None:
        while True:
            if link.request().path.endswith("slow"):
                waiting.set()
                link.wait()
            link.send(answer(RECORD))

    with HTTPStore(serve(script).url, timeout=2.0) as store:
        slow = threading.Thread(target=lambda: seconds_of(lambda: store.get("losses", "slow"), RemoteError))
        slow.start()
        assert waiting.wait(GENEROUS)
        assert store.get("losses", "huber") is not None
        slow.join(2.0 + GENEROUS)
        assert store.get("losses", "huber") is not None


def test_a_server_is_asked_again_after_a_second(monkeypatch: pytest.MonkeyPatch, serve: Serve) -> None:
    monkeypatch.setattr(reach, "PAUSE", 0.2)
    port = closed_port()
    with HTTPStore(f"http://localhost:{port}") as store:
        seconds_of(lambda: store.get("losses", "huber"), RemoteError)
        with Scripted(always(answer(RECORD)), port=port):
            time.sleep(0.3)
            assert store.get("losses", "huber") is not None


def test_the_next_server_is_asked_when_one_is_away_and_remembered(serve: Serve) -> None:
    good = serve(always(answer(RECORD)))
    with HTTPStore([f"http://127.0.0.1:{closed_port()}", good.url]) as store:
        for _ in range(3):
            assert store.get("losses", "huber") is not None
    assert good.accepted == 1


def test_a_read_goes_to_the_next_server_when_one_stops_answering(serve: Serve) -> None:
    stopped, good = serve(lambda link: link.wait()), serve(always(answer(RECORD)))
    with HTTPStore([stopped.url, good.url], timeout=2.0) as store:
        assert store.get("losses", "huber") is not None
        assert store.get("losses", "huber") is not None
    assert (stopped.accepted, good.accepted) == (1, 1)


def test_a_write_goes_to_the_next_server_with_the_same_operation(serve: Serve, memory: MemoryStore) -> None:
    def commits_and_stops(link: Link) -> None:
        answered(memory, link.request())
        link.wait()

    first, second = serve(commits_and_stops), serve(honest(memory))
    with HTTPStore([first.url, second.url], timeout=4.0) as store:
        token = put(store)
    assert token == memory.token()
    assert token.revision == 1
    assert first.asked[0].operation == second.asked[0].operation


def test_a_server_whose_store_failed_is_passed_over(serve: Serve) -> None:
    bad, good = serve(always(refusal(StoreError("The disk is full.")))), serve(always(answer(RECORD)))
    with HTTPStore([bad.url, good.url]) as store:
        assert store.get("losses", "huber") is not None
    with HTTPStore(bad.url) as store, pytest.raises(StoreError, match="disk is full"):
        store.get("losses", "huber")


def test_a_dead_server_is_asked_again_when_the_other_one_dies(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "PAUSE", 0.0)
    port = closed_port()
    second = serve(always(answer(RECORD)))
    with HTTPStore([f"http://localhost:{port}", second.url], timeout=8.0) as store:
        assert store.get("losses", "huber") is not None
        second.close()
        with Scripted(always(answer(RECORD)), port=port) as first:
            assert store.get("losses", "huber") is not None
            assert first.accepted == 1


def test_a_server_to_which_there_is_no_way_leaves_time_for_the_next_one(serve: Serve) -> None:
    good = serve(always(answer(RECORD)))
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as taking:
        port = full.getsockname()[1]
        for _ in range(4):  # from then on the system leaves out what knocks there
            knocking = taking.enter_context(socket.socket())
            knocking.setblocking(False)
            knocking.connect_ex(("127.0.0.1", port))
        with HTTPStore([f"http://127.0.0.1:{port}", good.url], timeout=4.0) as store:
            assert store.get("losses", "huber") is not None
    assert good.accepted == 1


def test_a_server_that_says_why_and_then_takes_too_long_is_quoted(serve: Serve) -> None:
    def script(link: Link) -> None:
        link.request()
        link.send(refusal(StoreError("The server has not loaded its store yet."), Retry_After="0"))
        link.request()
        time.sleep(GENEROUS)

    with HTTPStore(serve(script).url, timeout=2.0) as store:
        taken, error = seconds_of(lambda: store.get("losses", "huber"), StoreError)
    assert "not loaded" in str(error)
    assert taken < 2.0 + GENEROUS


def test_a_write_that_was_sent_and_meets_nobody_afterwards_is_not_said_to_be_unsent(serve: Serve) -> None:
    def script(link: Link) -> None:
        link.request()
        server._listening.shutdown(socket.SHUT_RDWR)  # which nobody reaches from here on
        server._listening.close()
        link.close()

    server = serve(script)
    with HTTPStore(server.url, timeout=3.0) as store, pytest.raises(UnknownOutcomeError) as raised:
        put(store)
    assert "could not be reached" in str(raised.value)
    assert "nothing was sent" not in str(raised.value)
