"""Writes are made once, and what nobody knows is not called a failure."""

import socket
import threading
import time

import pytest
from faults.clients import GENEROUS, RECORD, Serve, always, closed_port, first_then, hang_up, put, seconds_of
from faults.proxy import Fault, Proxy, wait_until
from faults.scripted import Link, Script, Scripted, answer, answered, honest, refusal

from registry.errors import (
    AccessDeniedError,
    DiagnosticError,
    EntryNotFoundError,
    OverloadedError,
    RemoteError,
    RevisionConflictError,
    UnknownOutcomeError,
    ValidationError,
)
from registry.revisions import NOTHING_THERE, Change, Token
from registry.stores.http import HTTPStore
from registry.stores.memory import MemoryStore
from registry.stores.transport import attempts


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
        HTTPStore(proxy.url, timeout=3.0) as store,
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
    with HTTPStore(serve(unsure).url, timeout=2.0) as store, pytest.raises(UnknownOutcomeError, match="'o1'"):
        put(store)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_write_that_something_in_front_answers_may_have_been_made(serve: Serve, status: int) -> None:
    page = answer(b"<h1>Bad Gateway</h1>", status, "text/html")
    with (
        HTTPStore(serve(always(page)).url, timeout=2.0) as store,
        # the last attempt may have too little time left for an answer
        pytest.raises(UnknownOutcomeError, match=f"answered {status} with 'text/html'|did not answer within"),
    ):
        put(store)
    with (
        HTTPStore(serve(always(page)).url) as store,  # for the other one may count as away now
        pytest.raises(RemoteError, match=f"answered {status}") as raised,
    ):
        store.get("losses", "huber")
    assert type(raised.value) is RemoteError


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
    for after, timeout in (("0", 2.0), ("100", 60.0)):
        server = serve(always(refusal(OverloadedError("Too much."), Retry_After=after)))
        with HTTPStore(server.url, timeout=timeout) as store:
            for call in (lambda: store.get("losses", "huber"), lambda: put(store)):
                taken, error = seconds_of(call, OverloadedError)
                assert taken < 2.0 + GENEROUS
                assert "Too much" in str(error)
        assert len(server.asked) < 100


def test_something_in_front_that_is_overloaded_is_waited_for(serve: Serve) -> None:
    busy = answer(b"slow down", 503, "text/plain", Retry_After="100")
    with HTTPStore(serve(always(busy)).url) as store, pytest.raises(OverloadedError):
        store.get("losses", "huber")


def test_a_token_that_can_no_longer_be_had_does_not_hide_a_doubt(serve: Serve) -> None:
    asked: list[int] = []

    def token() -> str:
        asked.append(1)
        if len(asked) > 1:
            raise PermissionError
        return "rgk_a_b"

    server = serve(first_then(hang_up, always(refusal(AccessDeniedError("Bad token."), 401))))
    with HTTPStore(server.url, token=token) as store, pytest.raises(UnknownOutcomeError, match="PermissionError"):
        put(store)
    assert len(asked) == 2
