"""What is no answer of a namespace server is an error that says what came."""

import json
import socket

import pytest
from faults.clients import GENEROUS, RECORD, Serve, always, put, seconds_of
from faults.scripted import Link, answer, refusal

from registry.errors import (
    OperationalError,
    RemoteError,
    UnknownOutcomeError,
    ValidationError,
)
from registry.revisions import Change
from registry.stores.http import HTTPStore, connections

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
