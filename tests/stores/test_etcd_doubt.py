"""Writes to etcd whose answers are lost: made once, acknowledged, or said to be in doubt."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from clusters.members import Cluster
from faults.clients import GENEROUS, Serve, seconds_of
from faults.proxy import NONE, Fault, Proxy, in_turn
from faults.scripted import Asked, Link, Script, answer
from stores.etcd_fixtures import Open, eventually, keys, put
from stores.etcd_gateway import Holding, is_write, passing, told

from registry.errors import (
    DiagnosticError,
    EntryNotFoundError,
    OperationReusedError,
    RemoteError,
    RevisionConflictError,
    UnknownOutcomeError,
)
from registry.revisions import NOTHING_THERE, Token
from registry.stores import EtcdStore
from registry.stores.etcd import submitting
from registry.stores.etcd.gateway import is_missing
from registry.stores.transport import attempts

pytestmark = pytest.mark.usefixtures("hasty")


@pytest.fixture
def proxy(etcd: Cluster) -> Iterator[Proxy]:
    host, _, port = etcd.endpoints[0].rpartition("://")[2].partition(":")
    with Proxy((host, int(port))) as standing:
        yield standing


def prepare(proxy: Proxy, store: EtcdStore, *faults: Fault) -> None:
    """Have these things happen to the next connections; the store knows its epoch then."""
    store.token()
    began = proxy.accepted
    following = in_turn(faults)
    proxy.plan = lambda number: following(number - began)
    proxy.cut()


CUTS = {
    "before the request": Fault(refused=True),
    "in the head of the request": Fault(request_bytes=20),
    "in the body of the request": Fault(request_bytes=400),
    "after the request": Fault(answer_bytes=0),
    "after the request, with a reset": Fault(answer_bytes=0, reset=True),
    "in the head of the answer": Fault(answer_bytes=20),
    "in the body of the answer": Fault(answer_bytes=300, reset=True),
    "and the request comes late": Fault(late=0.1),
}


@pytest.mark.parametrize("fault", CUTS.values(), ids=CUTS.keys())
def test_a_write_is_made_once_wherever_its_connection_is_cut(open_etcd: Open, proxy: Proxy, fault: Fault) -> None:
    with open_etcd(proxy.url, timeout=20.0) as store:
        prepare(proxy, store, fault)
        before = store._engine.known[1]
        token = put(store)
        time.sleep(0.3 if fault.late is not None else 0.0)  # and then it comes
        assert token.revision == before + 1
        assert token == store.token()
        assert [stored.revision for stored in store.history("losses", "huber")] == [token.revision]


@pytest.mark.parametrize("cut", ["after the request", "in the body of the answer"])
def test_a_store_that_does_not_look_for_the_operation_is_caught(
    open_etcd: Open, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    real = submitting.is_at
    monkeypatch.setattr(
        submitting, "is_at", lambda key, at: is_missing(b"none") if b"/operations/" in key else real(key, at)
    )
    with pytest.raises(AssertionError):
        test_a_write_is_made_once_wherever_its_connection_is_cut(open_etcd, proxy, CUTS[cut])


def test_a_write_whose_answers_are_all_lost_may_have_been_made_and_gives_its_first_answer_later(
    open_etcd: Open, proxy: Proxy
) -> None:
    with open_etcd(proxy.url, timeout=1.0) as store:
        prepare(proxy, store, *[Fault(answer_bytes=0)] * 1000)
        taken, error = seconds_of(lambda: put(store, operation="mine"), UnknownOutcomeError)
        assert isinstance(error, UnknownOutcomeError)
        assert taken < 1.0 + GENEROUS
        assert error.context["operation"] == "mine"
        assert "may have been made" in error.message
        proxy.plan = lambda number: NONE
        again = eventually(lambda: put(store, operation="mine"))  # it may count as away for another second
        found = store.operation("mine")
        assert found is not None
        assert found.token == again
        assert [stored.revision for stored in store.history("losses", "huber")] == [again.revision]
        with pytest.raises(OperationReusedError):
            put(store, record=b"{}", operation="mine")


def test_a_store_that_calls_a_lost_answer_a_failure_is_caught(
    open_etcd: Open, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts.Attempts, "failure", lambda self, error: error)
    with pytest.raises(RemoteError) as raised:  # through `seconds_of`
        test_a_write_whose_answers_are_all_lost_may_have_been_made_and_gives_its_first_answer_later(open_etcd, proxy)
    assert type(raised.value) is RemoteError


def test_a_write_to_a_member_that_is_stopped_is_in_doubt_and_is_made_once(own_etcd: Cluster) -> None:
    with EtcdStore(own_etcd.endpoints, timeout=0.7) as store:
        eventually(lambda: put(store, "a"))
        member = own_etcd.members[0]
        member.pause()
        taken, error = seconds_of(lambda: put(store, operation="mine"), UnknownOutcomeError)
        assert taken < 0.7 + GENEROUS
        assert "did not answer" in str(error)
        member.go_on()
        token = eventually(lambda: put(store, operation="mine"))
        assert store.operation("mine") is not None
        assert [stored.revision for stored in store.history("losses", "huber")] == [token.revision]


# --------------------------------------------------------------------- refusals while a request is still on its way


def late_and_refused(
    open_etcd: Open,
    holding: Holding,
    serve: Serve,
    refusal: type[DiagnosticError],
    first: Callable[[EtcdStore], Callable[[], object]],
    **change: Any,
) -> EtcdStore:
    """Have a write come late of which the second sending is refused; what it is refused for is over before.

    Args:
        open_etcd: Makes stores.
        holding: Holds the first sending back.
        serve: Makes servers.
        refusal: What the second one is refused with.
        first: Brings about what it is refused for, and gives what undoes it.
        change: The write.
    """
    undo = first(open_etcd())
    store = open_etcd(serve(holding.script()).url)
    with pytest.raises(refusal):
        put(store, operation="mine", **change)
    undo()
    holding.release()
    return store


@pytest.fixture
def holding(etcd: Cluster, open_etcd: Open) -> Holding:
    open_etcd().token()  # which would be the first write
    return Holding(etcd)


def taken_and_freed(store: EtcdStore) -> Callable[[], object]:
    put(store)
    return lambda: put(store, record=None)


def missing_and_found(store: EtcdStore) -> Callable[[], object]:
    return lambda: put(store)


def test_a_write_that_was_refused_is_not_made_by_a_request_that_comes_late(
    open_etcd: Open, holding: Holding, serve: Serve
) -> None:
    change = {"expect": NOTHING_THERE}
    store = late_and_refused(open_etcd, holding, serve, RevisionConflictError, taken_and_freed, **change)
    assert store.get("losses", "huber") is None
    assert store.operation("mine") is None


def test_a_removal_that_was_refused_is_not_made_by_a_request_that_comes_late(
    open_etcd: Open, holding: Holding, serve: Serve
) -> None:
    store = late_and_refused(open_etcd, holding, serve, EntryNotFoundError, missing_and_found, record=None)
    assert store.get("losses", "huber") is not None
    assert store.operation("mine") is None


@pytest.mark.parametrize(
    "check",
    [
        test_a_write_that_was_refused_is_not_made_by_a_request_that_comes_late,
        test_a_removal_that_was_refused_is_not_made_by_a_request_that_comes_late,
    ],
)
def test_a_store_that_makes_no_mark_is_caught(
    open_etcd: Open,
    holding: Holding,
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
    check: Callable[[Open, Holding, Serve], None],
) -> None:
    def unmarked(*given: Any) -> Token:
        raise given[-1]

    monkeypatch.setattr(submitting, "_settled", unmarked)
    with pytest.raises(AssertionError):
        check(open_etcd, holding, serve)


def test_a_write_that_was_refused_and_marked_can_be_made_with_the_same_id_once(
    open_etcd: Open, holding: Holding, serve: Serve, etcd: Cluster, prefix: str
) -> None:
    change = {"expect": NOTHING_THERE}
    store = late_and_refused(open_etcd, holding, serve, RevisionConflictError, taken_and_freed, **change)
    assert float(keys(etcd, prefix)["operations/mine"].value) > 0
    token = put(store, operation="mine", expect=NOTHING_THERE)
    assert put(store, operation="mine", expect=NOTHING_THERE) == token
    found = store.operation("mine")
    assert found is not None
    assert found.token == token
    with pytest.raises(OperationReusedError):
        put(store, operation="mine")


def test_a_refusal_that_holds_for_ever_needs_no_mark(
    open_etcd: Open, holding: Holding, serve: Serve, etcd: Cluster, prefix: str
) -> None:
    other = open_etcd()
    old = put(other)
    put(other, record=b"{}")
    late_and_refused(open_etcd, holding, serve, RevisionConflictError, lambda store: store.token, expect=old)
    assert "operations/mine" not in keys(etcd, prefix)
    stored = other.get("losses", "huber")
    assert stored is not None
    assert stored.record == b"{}"


def test_a_first_request_that_comes_before_the_mark_is_acknowledged(
    open_etcd: Open, holding: Holding, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second request is refused, then the reason goes away, the first one is made, and only then the mark tried."""
    other = open_etcd()
    put(other)
    real = submitting._settled

    def slowly(*given: Any) -> Token:
        put(other, record=None)
        holding.release()
        return real(*given)

    monkeypatch.setattr(submitting, "_settled", slowly)
    token = put(open_etcd(serve(holding.script()).url), operation="mine", expect=NOTHING_THERE)
    found = other.operation("mine")
    assert found is not None
    assert found.token == token == other.token()


def test_a_refusal_whose_mark_cannot_be_made_leaves_the_outcome_unknown(
    open_etcd: Open, holding: Holding, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(open_etcd())
    store = open_etcd(serve(holding.script()).url, timeout=0.5)
    real = submitting._settled

    def cut_off(*given: Any) -> Token:
        holding.is_cut = True
        return real(*given)

    monkeypatch.setattr(submitting, "_settled", cut_off)
    with pytest.raises(UnknownOutcomeError) as raised:
        put(store, operation="mine", expect=NOTHING_THERE)
    assert raised.value.context["operation"] == "mine"


# ------------------------------------------------------------------------------------------ answers that say too little


def spoiling(cluster: Cluster, data: bytes, most: float = 1) -> Script:
    """Passes everything on, and answers so many writes, which are made, like this."""
    count = 0

    def instead(link: Link, asked: Asked) -> bool:
        nonlocal count
        if not is_write(asked) or count >= most:
            return False
        count += 1
        told(cluster, asked)
        link.send(data)
        return True

    return passing(cluster, instead)


TOO_LITTLE = {
    "timed out": answer(b'{"error":"etcdserver: request timed out","code":14}', 503),
    "lost its leader": answer(b'{"error":"etcdserver: leader changed","code":14}', 503),
    "gave up": answer(b'{"error":"context deadline exceeded","code":4}', 504),
    "cancelled": answer(b'{"error":"context canceled","code":1}', 408),
    "of something in front": answer(b"<html>Bad Gateway</html>", 502, "text/html"),
    "a page": answer(b"<html>Welcome</html>", 200, "text/html"),
    "no JSON": b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno",
}


@pytest.mark.parametrize("data", TOO_LITTLE.values(), ids=TOO_LITTLE.keys())
def test_a_write_whose_answer_says_too_little_is_found_to_be_made(
    open_etcd: Open, etcd: Cluster, serve: Serve, data: bytes
) -> None:
    other = open_etcd()
    other.token()
    store = open_etcd(serve(spoiling(etcd, data)).url)
    token = put(store, expect=NOTHING_THERE)
    assert token == other.token()
    assert [stored.revision for stored in store.history("losses", "huber")] == [token.revision]


@pytest.mark.parametrize("said", ["etcdserver: request timed out", "etcdserver: leader changed"])
def test_a_store_that_takes_a_late_answer_for_a_refusal_is_caught(
    open_etcd: Open, etcd: Cluster, serve: Serve, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setattr("registry.stores.etcd.refusals.Refusal.leaves_doubt", False)
    data = answer(json.dumps({"error": said, "code": 14}).encode(), 503)
    with pytest.raises(DiagnosticError, match=said):
        test_a_write_whose_answer_says_too_little_is_found_to_be_made(open_etcd, etcd, serve, data)


def test_an_answer_that_makes_no_sense_leaves_a_write_in_doubt(open_etcd: Open, etcd: Cluster, serve: Serve) -> None:
    other = open_etcd()
    other.token()
    for number, body in enumerate((b"[]", b"{}", b"null", b'{"header":3}', b"not JSON", b"[" * 100_000)):
        store = open_etcd(serve(spoiling(etcd, answer(body), most=float("inf"))).url)
        operation = f"garbled-{number}"
        with pytest.raises(UnknownOutcomeError) as raised:
            put(store, operation=operation)
        assert raised.value.context["operation"] == operation
        assert other.operation(operation) is not None, body


def test_an_operation_stands_under_its_key(open_etcd: Open, etcd: Cluster, prefix: str) -> None:
    put(open_etcd(), operation="!/~%")
    namespace, digest, when = json.loads(keys(etcd, prefix)["operations/!/~%"].value)
    assert namespace == "losses"
    assert len(digest) == 32
    assert abs(when - time.time()) < GENEROUS
