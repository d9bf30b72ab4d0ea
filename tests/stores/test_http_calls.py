"""What a client of a namespace server sends, and what it makes of what comes back, byte by byte."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults.proxy import Fault, Proxy, wait_until
from faults.scripted import Link, Script, Scripted, answer, answered, honest, refusal

from registry.errors import (
    AccessDeniedError,
    DiagnosticError,
    EntryNotFoundError,
    OperationalError,
    OverloadedError,
    RemoteError,
    RevisionConflictError,
    StoreError,
    UnknownOutcomeError,
    ValidationError,
)
from registry.revisions import NOTHING_THERE, Change, Stored, Token
from registry.stores.http import HTTPStore, attempts, calls, connections, reach
from registry.stores.memory import MemoryStore

GENEROUS = 5.0
"""Seconds that a call may take longer than it should, on a machine that has much else to do."""

Serve = Callable[[Script], Scripted]


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports come again: what an earlier test learnt of one must not count."""
    monkeypatch.setattr(reach, "_known", {})
    monkeypatch.delenv("REGISTRY_TOKEN", raising=False)


@pytest.fixture
def memory() -> Iterator[MemoryStore]:
    with MemoryStore() as store:
        yield store


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Scripted] = []

    def started(script: Script) -> Scripted:
        servers.append(Scripted(script))
        return servers[-1]

    yield started
    for server in servers:
        server.__exit__(None, None, None)


def always(data: bytes) -> Script:
    def script(link: Link) -> None:
        while True:
            link.request()
            link.send(data)

    return script


def first_then(first: Callable[[Link], None], then: Script) -> Script:
    """One script for the first connection, another one for the others."""
    return lambda link: first(link) if link.number == 0 else then(link)


def put(store: HTTPStore, name: str = "huber", record: bytes = b'{"a":1}', operation: str = "o1") -> Token:
    return store.submit("losses", [Change(name, record)], operation=operation).result(0)


def seconds_of(call: Callable[[], object], error: type[BaseException]) -> tuple[float, BaseException]:
    began = time.monotonic()
    with pytest.raises(error) as raised:
        call()
    return time.monotonic() - began, raised.value


RECORD = b'{"key":"huber","token":"e.7","time":1.5,"author":"me","value":{"a": 1}}'

# ------------------------------------------------------------------------------------------------------ what is sent


def test_a_read_asks_the_engine_and_keeps_the_connection_and_the_bytes_of_the_record(serve: Serve) -> None:
    server = serve(always(answer(RECORD)))
    with HTTPStore(server.url + "/prefix/") as store:
        for _ in range(3):
            assert store.get("research.losses", "huber") == Stored("huber", 7, b'{"a": 1}', 1.5, "me")
    asked = server.asked[0]
    assert (asked.method, asked.target) == ("GET", "/prefix/registry/research.losses/get/huber?consistent=1")
    assert asked.headers["host"] == f"localhost:{server.address[1]}"
    assert asked.headers["accept-encoding"] == "identity"
    assert "authorization" not in asked.headers
    assert server.accepted == 1


def test_names_are_percent_encoded(serve: Serve) -> None:
    server = serve(always(refusal(EntryNotFoundError("No."))))
    with HTTPStore(server.url) as store:
        assert store.get("lösses", "a/b c?d#é") is None
    assert server.asked[0].target == "/registry/l%C3%B6sses/get/a%2Fb%20c%3Fd%23%C3%A9?consistent=1"


def test_one_change_is_a_set_and_all_others_are_applied(serve: Serve, memory: MemoryStore) -> None:
    server = serve(honest(memory))
    with HTTPStore(server.url) as store:
        token = put(store)
        two = [Change("huber", b'{"b":2}', token), Change("mse", b"{}", NOTHING_THERE)]
        later = store.submit("losses", two, operation="o2").result(0)
        store.submit("losses", [Change("mse", None)], operation="o3").result(0)
    assert [(asked.method, asked.path.rpartition("/")[2]) for asked in server.asked] == [
        ("POST", "set"),
        ("POST", "apply"),
        ("POST", "apply"),
    ]
    assert json.loads(server.asked[0].body) == {
        "key": "huber",
        "value": {"a": 1},
        "expect": "anything",
        "operation": "o1",
    }
    assert json.loads(server.asked[1].body) == {
        "operation": "o2",
        "changes": [
            {"key": "huber", "value": {"b": 2}, "expect": str(token)},
            {"key": "mse", "value": {}, "expect": "nothing"},
        ],
    }
    assert later.revision == token.revision + 1
    assert [stored.name for stored in memory.snapshot("losses")] == ["huber"]


@pytest.mark.parametrize("record", [b"", b"[1]", b"1", b'{"a":1},"operation":"x"', b"{} {}", b"\xff", b"[" * 100_000])
def test_a_record_that_is_no_object_is_refused_before_it_is_sent(serve: Serve, record: bytes) -> None:
    server = serve(always(b""))
    with HTTPStore(server.url) as store, pytest.raises(ValidationError, match="'huber' cannot be sent"):
        put(store, record=record)
    assert server.accepted == 0


def test_the_bounds_of_a_store_are_asked_for_once(serve: Serve) -> None:
    body = b'{"limits":{"changes":127,"submission":1000},"retention":{"seconds":60,"operations":5}}'
    server = serve(always(answer(body)))
    with HTTPStore(server.url) as store:
        assert (store.limits.changes, store.limits.size) == (127, 1000)
        assert (store.retention.seconds, store.retention.operations) == (60.0, 5)
    assert len(server.asked) == 1


# ------------------------------------------------------------------------------------------------------------- tokens


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


# ------------------------------------------------------------------------------------------- one deadline for a call


def trickling(link: Link) -> None:
    link.request()
    link.trickle(answer(RECORD), 0.05)


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
    with HTTPStore(serve(script).url, timeout=0.5) as store:
        taken, error = seconds_of(lambda: store.get("losses", "huber"), RemoteError)
        assert taken < 0.5 + GENEROUS
        assert "within 0.5 seconds" in str(error)


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
    with HTTPStore(server.url, timeout=1.0) as store:
        taken, _ = seconds_of(lambda: put(store), UnknownOutcomeError)
    assert taken < 1.0 + GENEROUS
    assert server.accepted > 1


# ---------------------------------------------------------------------------------- connections that cannot be made


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


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

    with HTTPStore(serve(script).url, timeout=1.0) as store:
        slow = threading.Thread(target=lambda: seconds_of(lambda: store.get("losses", "slow"), RemoteError))
        slow.start()
        assert waiting.wait(GENEROUS)
        assert store.get("losses", "huber") is not None
        slow.join(1.0 + GENEROUS)
        assert store.get("losses", "huber") is not None


def test_a_server_is_asked_again_after_a_second(monkeypatch: pytest.MonkeyPatch, serve: Serve) -> None:
    monkeypatch.setattr(reach, "PAUSE", 0.2)
    port = closed_port()
    with HTTPStore(f"http://localhost:{port}") as store:
        seconds_of(lambda: store.get("losses", "huber"), RemoteError)
        with Scripted(always(answer(RECORD)), port=port):
            time.sleep(0.3)
            assert store.get("losses", "huber") is not None


# ------------------------------------------------------------------------------------------------- several servers


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
    with HTTPStore([f"http://localhost:{port}", second.url], timeout=2.0) as store:
        assert store.get("losses", "huber") is not None
        second.close()
        with Scripted(always(answer(RECORD)), port=port) as first:
            assert store.get("losses", "huber") is not None
            assert first.accepted == 1


# ---------------------------------------------------------------------------------------------- cuts, and being sure


def hang_up(link: Link) -> None:
    link.request()
    link.reset()


def test_a_read_is_sent_again_when_its_connection_breaks(serve: Serve) -> None:
    with HTTPStore(serve(first_then(hang_up, always(answer(RECORD)))).url) as store:
        assert store.get("losses", "huber") is not None


def test_a_read_whose_connections_all_break_fails_soon(serve: Serve) -> None:
    server = serve(hang_up)
    with HTTPStore(server.url, timeout=60.0) as store:
        taken, error = seconds_of(lambda: store.get("losses", "huber"), RemoteError)
    assert taken < GENEROUS
    assert "broke" in str(error)
    assert 1 < server.accepted <= 4


def test_a_connection_that_the_server_closed_meanwhile_is_not_used(serve: Serve, memory: MemoryStore) -> None:
    closed = threading.Event()

    def once(link: Link) -> None:
        link.send(answered(memory, link.request()))
        link.close()
        closed.set()

    server = serve(once)
    with HTTPStore(server.url) as store:
        for number in range(3):
            closed.clear()
            put(store, f"name{number}", operation=f"o{number}")
            assert closed.wait(GENEROUS)
    assert len(server.asked) == 3


def written_through(memory: MemoryStore, fault: Fault, timeout: float = 10.0) -> Token:
    """The token of a write whose first connection has this fault."""
    with (
        Scripted(honest(memory)) as server,
        Proxy(server.address, [fault]) as proxy,
        HTTPStore(proxy.url, timeout=timeout) as store,
    ):
        return put(store)


CUTS = {
    "before the request": Fault(refused=True),
    "in the head of the request": Fault(request_bytes=20),
    "in the body of the request": Fault(request_bytes=230),
    "after the request": Fault(answer_bytes=0),
    "after the request, with a reset": Fault(answer_bytes=0, reset=True),
    "in the head of the answer": Fault(answer_bytes=20),
    "in the body of the answer": Fault(answer_bytes=100, reset=True),
}


@pytest.mark.parametrize("fault", CUTS.values(), ids=CUTS.keys())
def test_a_write_is_made_once_wherever_its_connection_is_cut(memory: MemoryStore, fault: Fault) -> None:
    token = written_through(memory, fault)
    assert token == memory.token()
    assert token.revision == 1
    assert [stored.revision for stored in memory.history("losses", "huber")] == [1]


@pytest.mark.parametrize("cut", ["after the request", "in the body of the answer"])
def test_a_client_that_makes_a_new_operation_for_each_attempt_is_caught(
    memory: MemoryStore, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = iter(range(1000))
    written = attempts.Request.written

    def anew(self: attempts.Request, *rest: object) -> bytes:
        return written(self, *rest).replace(b'"operation":"o1"', b'"operation":"%02d"' % next(numbers))  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(attempts.Request, "written", anew)
    with pytest.raises(AssertionError):
        test_a_write_is_made_once_wherever_its_connection_is_cut(memory, CUTS[cut])


def test_a_write_whose_answers_are_all_lost_may_have_been_made(memory: MemoryStore) -> None:
    with (
        Scripted(honest(memory)) as server,
        Proxy(server.address, lambda number: Fault(answer_bytes=0)) as proxy,
        HTTPStore(proxy.url, timeout=1.0) as store,
    ):
        taken, error = seconds_of(lambda: put(store, operation="my-write"), UnknownOutcomeError)
        assert isinstance(error, UnknownOutcomeError)
        assert taken < 1.0 + GENEROUS
        assert proxy.accepted > 2
        assert error.context["operation"] == "my-write"
        assert "'my-write'" in error.message
        assert "may have been made" in error.message
        with HTTPStore(server.url) as again:
            found = again.operation("my-write")
    assert found is not None
    assert found.token == memory.token()


def test_a_client_that_calls_a_lost_answer_a_failure_is_caught(
    memory: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts.Attempts, "failure", lambda self, error: error)
    with pytest.raises(RemoteError):  # through `pytest.raises(UnknownOutcomeError)`
        test_a_write_whose_answers_are_all_lost_may_have_been_made(memory)


def test_a_write_in_doubt_is_settled_when_the_server_is_back(serve: Serve, memory: MemoryStore) -> None:
    port = closed_port()
    gone = threading.Event()

    def dies(link: Link) -> None:
        answered(memory, link.request())
        first.ended.set()
        first._listening.shutdown(socket.SHUT_RDWR)
        first._listening.close()
        gone.set()

    with HTTPStore(f"http://127.0.0.1:{port}", timeout=20.0) as store:
        first = Scripted(dies, port=port)
        results: list[Token] = []
        writer = threading.Thread(target=lambda: results.append(put(store)))
        writer.start()
        assert gone.wait(GENEROUS)
        time.sleep(0.3)  # the client finds nobody there for a while
        with Scripted(honest(memory), port=port):
            writer.join(20.0)
    first.close()
    assert results == [memory.token()]
    assert memory.token().revision == 1


def doubtful_then(error: DiagnosticError) -> Script:
    return first_then(hang_up, always(refusal(error)))


def conflict(name: str = "huber") -> RevisionConflictError:
    return RevisionConflictError("Another one won.", context={"namespace": "losses", "name": name, "current": None})


def test_a_refusal_that_a_lost_request_could_still_outlive_leaves_the_outcome_unknown(serve: Serve) -> None:
    """The first request may still be on its way, and find the name free when it arrives."""
    for error in (conflict(), EntryNotFoundError("Not there."), AccessDeniedError("No.")):
        with HTTPStore(serve(doubtful_then(error)).url) as store, pytest.raises(UnknownOutcomeError) as raised:
            store.submit("losses", [Change("huber", b"{}", NOTHING_THERE)], operation="o").result(0)
        assert raised.value.context["cause"]["code"] == error.code
        assert error.message in raised.value.message


def test_a_revision_that_is_gone_settles_that_a_lost_request_was_not_made(serve: Serve) -> None:
    with HTTPStore(serve(doubtful_then(conflict())).url) as store, pytest.raises(RevisionConflictError):
        store.submit("losses", [Change("huber", b"{}", Token("e", 3))], operation="o").result(0)
    with (
        HTTPStore(serve(doubtful_then(ValidationError("Bad."))).url) as store,
        pytest.raises(ValidationError, match="Bad"),
    ):
        put(store)


def test_a_refusal_without_a_doubt_is_the_refusal(serve: Serve) -> None:
    server = serve(always(refusal(conflict())))
    with HTTPStore(server.url) as store, pytest.raises(RevisionConflictError) as raised:
        store.submit("losses", [Change("huber", b"{}", NOTHING_THERE)], operation="o").result(0)
    assert raised.value.context["name"] == "huber"
    assert len(server.asked) == 1


def test_a_request_that_arrives_after_its_retry_was_refused_was_not_called_failed(memory: MemoryStore) -> None:
    memory.submit("losses", [Change("huber", b'{"by":"other"}')], operation="other").result(0)
    with (
        Scripted(honest(memory)) as server,
        Proxy(server.address, [Fault(late=2.0)]) as proxy,
        HTTPStore(proxy.url) as store,
    ):
        change = [Change("huber", b'{"by":"late"}', NOTHING_THERE)]
        with pytest.raises(UnknownOutcomeError):
            store.submit("losses", change, operation="late").result(0)
        memory.submit("losses", [Change("huber", None)], operation="removed").result(0)
        wait_until(lambda: memory.get("losses", "huber") is not None)
        assert memory.operation("late") is not None


def test_a_client_that_believes_such_a_refusal_is_caught(memory: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "is_final", lambda error, pinned: True)
    with pytest.raises(RevisionConflictError):
        test_a_request_that_arrives_after_its_retry_was_refused_was_not_called_failed(memory)


def test_a_server_that_does_not_know_is_asked_again(serve: Serve, memory: MemoryStore) -> None:
    def unsure(link: Link) -> None:
        link.request()
        link.send(refusal(UnknownOutcomeError("The engine does not answer."), Connection="close"))

    with HTTPStore(serve(first_then(unsure, honest(memory))).url) as store:
        assert put(store).revision == 1
    with HTTPStore(serve(unsure).url, timeout=0.5) as store, pytest.raises(UnknownOutcomeError, match="'o1'"):
        put(store)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_write_that_something_in_front_answers_may_have_been_made(serve: Serve, status: int) -> None:
    page = answer(b"<h1>Bad Gateway</h1>", status, "text/html")
    with HTTPStore(serve(always(page)).url, timeout=0.5) as store:
        with pytest.raises(UnknownOutcomeError, match=f"answered {status} with 'text/html'"):
            put(store)
        with pytest.raises(RemoteError, match=f"answered {status}") as raised:
            store.get("losses", "huber")
    assert type(raised.value) is RemoteError


# ------------------------------------------------------------------------------------------------------------ overload


def test_an_overloaded_server_is_asked_again_when_it_says_so(serve: Serve, memory: MemoryStore) -> None:
    def script(link: Link) -> None:
        link.request()
        link.send(refusal(OverloadedError("Too much."), Retry_After="1"))
        honest(memory)(link)

    server = serve(script)
    with HTTPStore(server.url) as store:
        assert put(store).revision == 1
    assert len(server.asked) == 2
    server = serve(script)
    with HTTPStore(server.url) as store:
        assert store.get("losses", "huber") is not None


def test_a_server_that_stays_overloaded_is_said_to_be_so_within_the_deadline(serve: Serve) -> None:
    for after, timeout in (("0", 0.5), ("100", 60.0)):
        server = serve(always(refusal(OverloadedError("Too much."), Retry_After=after)))
        with HTTPStore(server.url, timeout=timeout) as store:
            for call in (lambda: store.get("losses", "huber"), lambda: put(store)):
                taken, error = seconds_of(call, OverloadedError)
                assert taken < 0.5 + GENEROUS
                assert "Too much" in str(error)
        assert len(server.asked) < 100


def test_something_in_front_that_is_overloaded_is_waited_for(serve: Serve) -> None:
    busy = answer(b"slow down", 503, "text/plain", Retry_After="100")
    with HTTPStore(serve(always(busy)).url) as store, pytest.raises(OverloadedError):
        store.get("losses", "huber")


# ------------------------------------------------------------------------------------------------- what is no answer

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


# ------------------------------------------------------------------------------------------------ threads and the end


def test_threads_share_connections_and_never_an_answer(serve: Serve) -> None:
    def script(link: Link) -> None:
        while True:
            name = link.request().path.rpartition("/")[2]
            link.send(answer(RECORD.replace(b"huber", name.encode())))

    server = serve(script)
    failed: list[BaseException] = []
    with HTTPStore(server.url) as store:

        def read(number: int) -> None:
            try:
                for _ in range(50):
                    found = store.get("losses", f"name{number}")
                    assert found is not None
                    assert found.name == f"name{number}"
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=read, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert failed == []
    assert server.accepted <= 16


def test_only_so_many_connections_wait(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_IDLE", 2)
    barrier = threading.Barrier(6)

    def script(link: Link) -> None:
        link.request()
        barrier.wait(GENEROUS)
        link.send(answer(RECORD))
        always(answer(RECORD))(link)

    with HTTPStore(serve(script).url) as store:
        threads = [threading.Thread(target=store.get, args=("losses", "huber")) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(GENEROUS)
        (idle,) = store._caller.pool._idle.values()
        assert len(idle) == 2


def test_an_idle_connection_that_grew_old_is_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(always(answer(RECORD)))
    with HTTPStore(server.url) as store:
        store.get("losses", "huber")
        monkeypatch.setattr(connections, "MAX_AGE", 0.0)
        store.get("losses", "huber")
    assert server.accepted == 2


def test_a_closed_store_says_so(serve: Serve, memory: MemoryStore) -> None:
    server = serve(honest(memory))
    store = HTTPStore(server.url)
    put(store)
    store.close()
    store.close()
    for call in (
        lambda: store.get("losses", "huber"),
        lambda: put(store),
        lambda: store.snapshot("losses"),
        lambda: store.watch(since=Token("e", 1)),
        store.token,
        store.namespaces,
        lambda: store.operation("o"),
        lambda: store.history("losses", "huber"),
        lambda: store.limits,
        lambda: store.clear("losses", operation="o"),
    ):
        with pytest.raises(StoreError, match="was closed"):
            call()


def test_nothing_is_opened_before_the_first_call(serve: Serve, tmp_path: Path) -> None:
    server = serve(always(answer(RECORD)))
    with HTTPStore(server.url) as store:
        assert repr(store) == f"HTTPStore({server.url!r})"
    assert server.accepted == 0


def test_a_call_that_is_interrupted_does_not_leave_its_answer_to_the_next(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(always(answer(RECORD)))
    with HTTPStore(server.url) as store:
        store.get("losses", "huber")
        with monkeypatch.context() as patched:

            def interrupted(self: connections.AnswerReader) -> None:
                raise KeyboardInterrupt

            patched.setattr(connections.AnswerReader, "head", interrupted)
            with pytest.raises(KeyboardInterrupt):
                store.get("losses", "huber")
        store.get("losses", "huber")
    assert server.accepted == 2


def test_pauses_grow_and_are_random() -> None:
    assert 0 < calls.FIRST_PAUSE < calls.LONGEST_PAUSE <= 1.0
