"""Access tokens are had when they are needed, go where they should, and are shown nowhere; URLs are looked at."""

import socket

import pytest
from faults.clients import RECORD, Serve, always, put
from faults.scripted import Link, answer, refusal

from registry.errors import (
    AccessDeniedError,
    RemoteError,
    ValidationError,
)
from registry.stores.http import HTTPStore
from registry.stores.http.addresses import read_addresses
from registry.stores.http.credentials import Credentials
from registry.stores.transport import attempts, connections


def test_a_token_is_had_when_it_is_first_needed_and_had_again_when_it_is_refused(serve: Serve) -> None:
    denied = refusal(AccessDeniedError("No."), 401)

    def script(link: Link) -> None:
        while True:
            good = link.request().headers.get("authorization") == "Bearer rgk_2"
            link.send(answer(RECORD) if good else denied)

    given = iter(["rgk_1\n", "rgk_2"])
    asked = []

    def token() -> str:
        asked.append(1)
        return next(given)

    server = serve(script)
    with HTTPStore(server.url, token=token) as store:
        assert asked == []
        assert store.get("losses", "huber") is not None
        assert store.get("losses", "huber") is not None
    assert len(asked) == 2
    assert [one.headers["authorization"][-1] for one in server.asked] == ["1", "2", "2"]


def test_a_token_that_another_thread_has_had_again_is_not_asked_for_a_second_time(serve: Serve) -> None:
    given = iter(["rgk_1", "rgk_2"])
    credentials = Credentials(lambda: next(given), allow_plain=False)
    (where,) = read_addresses(serve(always(answer(RECORD))).url)
    refused = credentials.line(where)
    assert credentials.renewed(refused)
    assert credentials.renewed(refused)
    assert credentials.line(where) == b"Authorization: Bearer rgk_2\r\n"


def test_a_token_that_is_refused_is_an_error_that_says_where_one_comes_from(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(always(refusal(AccessDeniedError("Bad token."), 401)))
    with HTTPStore(server.url) as store, pytest.raises(AccessDeniedError, match="wants a token") as raised:
        store.get("losses", "huber")
    assert "REGISTRY_TOKEN" in str(raised.value)
    assert "token=" in str(raised.value)
    monkeypatch.setenv("REGISTRY_TOKEN", "rgk_secret_1")
    with HTTPStore(server.url) as store, pytest.raises(AccessDeniedError, match="does not accept") as raised:
        put(store)
    assert server.asked[-1].headers["authorization"] == "Bearer rgk_secret_1"
    assert "secret" not in str(raised.value) + repr(raised.value.context) + repr(store)


def test_what_is_forbidden_is_said_as_the_server_says_it(serve: Serve) -> None:
    server = serve(always(refusal(AccessDeniedError("You may only read."), 403)))
    with HTTPStore(server.url, token="rgk_a_b") as store, pytest.raises(AccessDeniedError, match="only read"):
        put(store)
    assert len(server.asked) == 1


def test_a_token_does_not_leave_this_machine_without_tls() -> None:
    for url in ("http://registry.example.org", "http://192.0.2.1:8001", "http://[2001:db8::1]"):
        with pytest.raises(AccessDeniedError, match="everyone on the way") as raised:
            HTTPStore(url, token="rgk_secret")
        assert "allow_plain" in str(raised.value)
        assert "secret" not in str(raised.value)
        HTTPStore(url, token="rgk_secret", allow_plain=True)
    for url in ("https://registry.example.org", "http://localhost", "http://127.0.0.2:1", "http://[::1]"):
        HTTPStore(url, token="rgk_secret")


def test_a_token_from_elsewhere_does_not_leave_this_machine_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    def connected(address: object, *rest: object) -> connections.Connection:
        first, second = socket.socketpair()
        second.close()
        return connections.Connection(address, first)  # type: ignore[arg-type]  # the address it was given

    monkeypatch.setattr(attempts, "dial", connected)
    with HTTPStore("http://192.0.2.1", token=lambda: "rgk_x") as store, pytest.raises(AccessDeniedError):
        store.get("losses", "huber")


@pytest.mark.parametrize("token", ["rgk_é", "rgk a", "rgk\r\nX-Admin: 1", "rgk\0"])
def test_a_token_that_no_header_can_hold_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(AccessDeniedError) as raised:
        HTTPStore("http://localhost", token=token)
    assert "rgk" not in str(raised.value)


def test_a_function_that_fails_to_give_a_token_is_named_and_its_words_are_not_repeated(serve: Serve) -> None:
    def token() -> str:
        raise PermissionError("vault password 1234")

    server = serve(always(answer(RECORD)))
    with HTTPStore(server.url, token=token) as store, pytest.raises(RemoteError, match="PermissionError") as raised:
        store.get("losses", "huber")
    assert "1234" not in str(raised.value)
    assert isinstance(raised.value.__cause__, PermissionError)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8001",
        "ftp://localhost",
        "http://",
        "http://localhost:0",
        "http://localhost:99999",
        "http://local host",
        "http://localhost/?a=1",
        "http://localhost/#a",
        "http://localhost\r\nX: y",
        "http://user:geheim@localhost",
        "http://[::1",
        (),
        [3],
    ],
)
def test_what_is_no_url_of_a_server_is_refused_when_it_is_given(url: str) -> None:
    with pytest.raises(ValidationError) as raised:
        HTTPStore(url)
    assert raised.value.suggestions
    assert "geheim" not in str(raised.value)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_time_that_means_nothing_is_refused(seconds: float) -> None:
    with pytest.raises(ValidationError, match="seconds above 0"):
        HTTPStore("http://localhost", timeout=seconds)
    with pytest.raises(ValidationError, match="seconds above 0"):
        HTTPStore("http://localhost", silence=seconds)
