"""What is no answer of a namespace server is an error that says what came."""

import json
import socket
import sqlite3

import pytest
from faults.clients import GENEROUS, RECORD, Serve, always, hang_up, put, seconds_of
from faults.scripted import Link, answer, honest, refusal

from registry.errors import (
    OperationalError,
    OverloadedError,
    RemoteError,
    StoreError,
    UnknownOutcomeError,
    ValidationError,
)
from registry.revisions import Change
from registry.stores.http import HTTPStore, refusals
from registry.stores.memory import MemoryStore
from registry.stores.sqlite import failures as sqlite_failures
from registry.stores.transport import connections

NO_ANSWERS = {
    "HTML": (answer(b"<html>", kind="text/html"), "'text/html'"),
    "no content type": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "no content type"),
    "another record": (answer(RECORD.replace(b"huber", b"mse")), "'mse'"),
    "a removed record": (answer(RECORD.replace(b'{"a": 1}', b"null")), "'huber'"),
    "a list": (answer(b"[]"), "no record"),
    "half a record": (answer(RECORD[:-1]), "no record"),
    "no JSON": (answer(b"abc"), "no record"),
    "a redirect": (answer(b"", 302, Location="http://localhost:1/x"), "redirects to 'http://localhost:1/x'"),
    "a status of its own": (answer(b"{}", 299), "answered 299"),
    "a page that was not found": (answer(b"Not Found", 404, "text/plain"), "answered 404"),
    "another protocol": (b"220 mail.example.org ESMTP\r\n", "not HTTP"),
    "TLS": (b"\x15\x03\x01\x00\x02\x02\x16", "https://"),
    "too much": (answer(b"")[:-2].replace(b"Length: 0", b"Length: 99999999999") + b"\r\n", "99999999999 bytes"),
}


@pytest.mark.parametrize(("data", "said"), NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
def test_what_is_no_answer_is_an_error_that_says_what_came(serve: Serve, data: bytes, said: str) -> None:
    def script(link: Link) -> None:
        link.request()
        link.send(data)
        link.wait(0.2)

    server = serve(script)
    with HTTPStore(server.url) as store:
        taken, error = seconds_of(lambda: store.get("losses", "huber"), RemoteError)
    assert taken < GENEROUS
    assert said in str(error)
    assert server.url in str(error)
    assert isinstance(error, OperationalError)


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'{"token":5}', b'{"token":"x"}', b'{"token":"e.1","token":"e.2"}', b""]
)
def test_an_answer_to_a_write_that_cannot_be_read_leaves_its_outcome_unknown(serve: Serve, body: bytes) -> None:
    with HTTPStore(serve(always(answer(body))).url) as store, pytest.raises(UnknownOutcomeError, match="'o1'"):
        put(store)


def test_the_answer_to_another_page_leaves_the_outcome_of_a_write_unknown(serve: Serve) -> None:
    with HTTPStore(serve(always(answer(b"<html>", kind="text/html"))).url) as store:
        taken, error = seconds_of(lambda: put(store), UnknownOutcomeError)
    assert taken < GENEROUS
    assert "text/html" in str(error)


@pytest.mark.parametrize("body", [b"{}", b'{"history":[{"key":1}]}', b'{"history":5}', b"null"])
def test_a_history_that_cannot_be_read_is_an_error(serve: Serve, body: bytes) -> None:
    with HTTPStore(serve(always(answer(body))).url) as store, pytest.raises(RemoteError, match="no answer"):
        store.history("losses", "huber")


def test_what_a_server_says_while_a_request_is_still_sent_is_heard(serve: Serve) -> None:
    def script(link: Link) -> None:
        link._socket.recv(1000)
        link.send(refusal(ValidationError("Not so much."), 413, Connection="close"))
        link._socket.shutdown(socket.SHUT_WR)
        link.wait(0.5)

    record = json.dumps({"a": "x" * 60_000}).encode()
    changes = [Change(f"name{number}", record) for number in range(300)]
    with HTTPStore(serve(script).url, timeout=20) as store:
        error = store.submit("losses", changes, operation="o").exception(0)
    assert isinstance(error, ValidationError)
    assert "Not so much" in error.message


def test_bytes_after_an_answer_do_not_reach_the_next_one(serve: Serve) -> None:
    forged = answer(RECORD.replace(b'{"a": 1}', b'{"a":"forged"}'))

    def script(link: Link) -> None:
        while True:
            link.request()
            link.send(answer(RECORD) + forged)

    server = serve(script)
    with HTTPStore(server.url) as store:
        for _ in range(3):
            found = store.get("losses", "huber")
            assert found is not None
            assert found.record == b'{"a": 1}'
    assert server.accepted == 3


def test_a_client_that_reads_on_after_an_answer_is_caught(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections.Connection, "is_usable", True)
    monkeypatch.setattr(connections.AnswerReader, "is_ahead", False)
    with pytest.raises(AssertionError):
        test_bytes_after_an_answer_do_not_reach_the_next_one(serve)


def said_by_sqlite(code: int, name: str) -> StoreError:
    """What a store says when SQLite raised this."""
    error = sqlite3.OperationalError("it failed")
    error.sqlite_errorcode, error.sqlite_errorname = code, name
    return sqlite_failures.failed("registry.db", error)


LASTING = {
    "a full disk": said_by_sqlite(sqlite3.SQLITE_FULL, "SQLITE_FULL"),
    "a disk that fails": said_by_sqlite(sqlite3.SQLITE_IOERR_WRITE, "SQLITE_IOERR_WRITE"),
    "a file that may not be written": said_by_sqlite(sqlite3.SQLITE_READONLY, "SQLITE_READONLY"),
    "a damaged file": said_by_sqlite(sqlite3.SQLITE_CORRUPT, "SQLITE_CORRUPT"),
}


@pytest.mark.parametrize("refused", LASTING.values(), ids=LASTING.keys())
def test_a_store_that_cannot_write_is_told_at_once_and_not_asked_again(serve: Serve, refused: StoreError) -> None:
    server = serve(always(refusal(refused, Retry_After="1")))  # as each 503 of a server has it
    with HTTPStore(server.url) as store, pytest.raises(StoreError) as raised:
        put(store)
    assert (raised.value.message, raised.value.suggestions) == (refused.message, refused.suggestions)
    assert len(server.asked) == 1


PASSING = {
    "it loads": StoreError("The server has not loaded its store yet."),
    "it is overloaded": OverloadedError("There is too much to do."),
    "another process writes": sqlite_failures.busy("registry.db", 10.0),
    "too many files are open": said_by_sqlite(sqlite3.SQLITE_CANTOPEN, "SQLITE_CANTOPEN"),
}


@pytest.mark.parametrize("refused", PASSING.values(), ids=PASSING.keys())
def test_what_passes_is_waited_for(serve: Serve, memory: MemoryStore, refused: OperationalError) -> None:
    def script(link: Link) -> None:
        if link.number == 0:
            link.request()
            link.send(refusal(refused, Retry_After="0"))
        honest(memory)(link)

    server = serve(script)
    with HTTPStore(server.url) as store:
        assert put(store) == memory.token()
    assert [asked.operation for asked in server.asked] == ["o1", "o1"]


def test_a_client_that_asks_again_whatever_was_said_is_caught(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals.Refusal, "is_lasting", False)
    with pytest.raises(AssertionError):
        test_a_store_that_cannot_write_is_told_at_once_and_not_asked_again(serve, LASTING["a full disk"])


def test_a_client_that_asks_never_again_is_caught(
    serve: Serve, memory: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals.Refusal, "is_lasting", True)
    with pytest.raises(StoreError):
        test_what_passes_is_waited_for(serve, memory, PASSING["it loads"])


def test_a_full_disk_does_not_end_the_search_for_what_became_of_a_write(serve: Serve, memory: MemoryStore) -> None:
    def script(link: Link) -> None:
        if link.number == 0:
            return hang_up(link)
        if link.number == 1:
            link.request()
            link.send(refusal(LASTING["a full disk"], Retry_After="0"))
        return honest(memory)(link)

    server = serve(script)
    with HTTPStore(server.url) as store:
        assert put(store) == memory.token()


def test_another_server_is_asked_when_the_disk_of_one_is_full(serve: Serve, memory: MemoryStore) -> None:
    full, good = serve(always(refusal(LASTING["a full disk"], Retry_After="1"))), serve(honest(memory))
    with HTTPStore([full.url, good.url]) as store:
        assert put(store) == memory.token()
