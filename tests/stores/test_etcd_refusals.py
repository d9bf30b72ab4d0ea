"""What etcd refuses, and answers that are none of etcd's: typed errors with a remedy, and nothing hangs."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clusters.members import Cluster, running_cluster
from faults.clients import GENEROUS, Serve, always, seconds_of
from faults.proxy import wait_until
from faults.scripted import STREAM, Asked, Link, answer, chunk
from stores.etcd_fixtures import QUICK, RECORD, Open, behind, first, put
from stores.etcd_gateway import passing

from registry.errors import (
    DiagnosticError,
    OperationalError,
    OverloadedError,
    RemoteError,
    StoreError,
    TooLargeError,
    UnknownOutcomeError,
)
from registry.revisions import Change, Reset, Retention, StoreLimits, Token
from registry.stores import EtcdStore
from registry.stores.etcd import gateway, keeper, streams
from registry.stores.etcd.gateway import put as put_part
from registry.stores.etcd.gateway import text

pytestmark = pytest.mark.usefixtures("hasty")

# ------------------------------------------------------------------------------------------------------------ limits


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A member that takes less than one as shipped."""
    folder = tmp_path_factory.mktemp("small")
    with running_cluster(folder, 1, *QUICK, "--max-txn-ops", "20", "--max-request-bytes", "20000") as cluster:
        yield cluster


def many(store: EtcdStore, count: int) -> Token:
    """Change so many names at once."""
    changes = [Change(f"name{number}", RECORD) for number in range(count)]
    return store.submit("losses", changes, operation=f"many-{count}").result(0)


def test_more_operations_than_etcd_takes_are_refused_with_the_limits_to_set(small: Cluster, open_etcd: Open) -> None:
    store = open_etcd(small.endpoints)
    taken, error = seconds_of(lambda: many(store, 30), TooLargeError)
    assert taken < GENEROUS
    assert "limits=" in str(error)
    assert "--max-txn-ops" in str(error)
    assert store.namespaces() == []
    fitting = open_etcd(small.endpoints, limits=StoreLimits(changes=17, size=10_000))
    many(fitting, 17)
    with pytest.raises(TooLargeError, match="takes 17 changes"):
        many(fitting, 18)


@pytest.mark.parametrize("size", [25_000, 900_000], ids=["of etcd", "of gRPC"])
def test_more_bytes_than_etcd_takes_are_refused_with_the_limits_to_set(
    small: Cluster, open_etcd: Open, size: int
) -> None:
    store = open_etcd(small.endpoints)
    taken, error = seconds_of(lambda: put(store, "large", b"x" * size), TooLargeError)
    assert taken < 3.0, "it was asked again"
    assert "limits=" in str(error)
    assert "--max-request-bytes" in str(error)
    assert store.get("losses", "large") is None
    put(store, "large", b"x" * 15_000)


def test_a_message_of_grpc_that_is_taken_for_a_busy_member_is_caught(
    small: Cluster, open_etcd: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "registry.stores.etcd.refusals._error", lambda *told: OverloadedError("etcd has too much to do.")
    )
    make: Open = lambda endpoints, **options: open_etcd(endpoints, timeout=0.5, **options)  # noqa: E731  # a variant
    with pytest.raises((OverloadedError, UnknownOutcomeError)):
        test_more_bytes_than_etcd_takes_are_refused_with_the_limits_to_set(small, make, 900_000)


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Cluster]:
    """A member that has room for little."""
    with running_cluster(tmp_path / "full", 1, *QUICK, "--quota-backend-bytes", "300000") as cluster:
        yield cluster


def test_a_member_without_room_refuses_writes_with_a_remedy_that_helps(full: Cluster) -> None:
    with EtcdStore(full.endpoints, retention=Retention(0.0, 1)) as store:
        put(store, "kept")

        def fill() -> None:
            for _ in range(1000):
                put(store, "large", b"x" * 20_000)

        taken, error = seconds_of(fill, StoreError)
        assert taken < GENEROUS
        assert not isinstance(error, UnknownOutcomeError)
        assert "no room left" in str(error)
        assert "etcdctl alarm disarm" in str(error)
        taken, _ = seconds_of(lambda: put(store), StoreError)
        assert taken < 1.0 + GENEROUS
        assert store.get("losses", "kept") is not None
        assert store.get("losses", "huber") is None
        assert store.operation("full") is None

        store._keeper.look()  # frees what it may, also without room for the key that says who looks
        assert store._keeper.failure is None
        wait_until(lambda: has_room(full, store), GENEROUS)
        assert store.get("losses", "huber") is not None


def has_room(cluster: Cluster, store: EtcdStore) -> bool:
    """Whether a write succeeds after the remedy; etcd compacts after it has answered."""
    (member,) = cluster.members
    status = member.status()
    assert status is not None
    alarm = {"action": "DEACTIVATE", "alarm": "NOSPACE", "memberID": status["header"]["member_id"]}
    for path, body in (("/v3/maintenance/defragment", {}), ("/v3/maintenance/alarm", alarm)):
        assert member.ask(path, body, 10.0) is not None
    try:
        put(store)
    except StoreError:
        return False
    return True


def test_a_keeper_that_needs_room_to_make_room_is_caught(full: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "is_full", lambda error: False)
    with pytest.raises(AssertionError):
        test_a_member_without_room_refuses_writes_with_a_remedy_that_helps(full)


# --------------------------------------------------------------------------------------- answers that are not of etcd


def told(value: object) -> bytes:
    return answer(json.dumps(value).encode())


HEADER = {"cluster_id": "1", "revision": "7"}


def range_of(*kvs: object) -> object:
    return {"response_range": {"kvs": kvs, "count": str(len(kvs))}}


KEY = {"key": text(b"k"), "value": text(b"1"), "create_revision": "1", "mod_revision": "1", "version": "1"}

NOT_ETCD: dict[str, bytes] = {
    "a page": answer(b"<html>Welcome</html>", kind="text/html"),
    "a page without a type": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    "an old etcd": answer(b"404 page not found\n", 404, "text/plain; charset=utf-8"),
    "another server's error": answer(b"<html>no</html>", 500, "text/html"),
    "a redirection": answer(b"", 301, "text/html", Location="http://elsewhere/"),
    "a proxy that wants a password": answer(b"", 407),
    "an error without a code": answer(b'{"error":"no"}', 400),
    "an error of another kind": answer(b"[1]", 400),
    "an error with a code of another kind": answer(b'{"error":"no","code":{}}', 400),
    "an unknown code": answer(b'{"error":"no","code":99}', 400),
    "no JSON": answer(b"{"),
    "nothing": answer(b""),
    "a list": answer(b"[]"),
    "null": answer(b"null"),
    "a number": answer(b"3"),
    "text": answer(b'"x"'),
    "no UTF-8": answer(b"\xff\xfe"),
    "too deep": answer(b"[" * 100_000),
    "no header": told({}),
    "no cluster": told({"header": {}}),
    "a header of another kind": told({"header": []}),
    "a revision of another kind": told({"header": {"cluster_id": "1", "revision": "x"}}),
    "no responses": told({"header": HEADER, "succeeded": True}),
    "too few responses": told({"header": HEADER, "succeeded": True, "responses": [range_of(KEY)]}),
    "responses of another kind": told({"header": HEADER, "responses": 3}),
    "a response of another kind": told({"header": HEADER, "responses": [3, 4]}),
    "keys of another kind": told({"header": HEADER, "responses": [{"response_range": {"kvs": 3}}] * 2}),
    "a key without revisions": told({"header": HEADER, "responses": [range_of({"key": text(b"k")})] * 2}),
    "a key that is no base64": told({"header": HEADER, "responses": [range_of({**KEY, "key": "§"})] * 2}),
    "a value of another kind": told({"header": HEADER, "responses": [range_of({**KEY, "value": 3})] * 2}),
    "truncated": b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"header"',
    "no HTTP": b"SSH-2.0-OpenSSH\r\n",
    "half a head": b"HTTP/1.1 200",
}


def calls(store: EtcdStore) -> dict[str, Callable[[], object]]:
    """One of each kind."""
    return {
        "token": store.token,
        "get": lambda: store.get("losses", "huber"),
        "snapshot": lambda: store.snapshot("losses"),
        "submit": lambda: put(store),
        "operation": lambda: store.operation("o"),
        "history": lambda: store.history("losses", "huber"),
        "namespaces": store.namespaces,
        "watch": lambda: next(store.watch(since=Token("e", 1))),
    }


def closing_after(data: bytes) -> Callable[[Link], None]:
    def script(link: Link) -> None:
        link.request()
        link.send(data)

    return script


@pytest.mark.parametrize("data", NOT_ETCD.values(), ids=NOT_ETCD.keys())
def test_an_answer_that_is_none_of_etcds_is_an_error_that_names_the_place_and_a_remedy(
    serve: Serve, data: bytes
) -> None:
    names_the_place_and_a_remedy(serve, data, timeout=0.2)


def names_the_place_and_a_remedy(serve: Serve, data: bytes, timeout: float) -> None:
    server = serve(closing_after(data))
    with EtcdStore(server.url, timeout=timeout) as store:
        for name, call in calls(store).items():
            taken, error = seconds_of(call, OperationalError)
            assert isinstance(error, RemoteError | StoreError), name
            assert taken < timeout + GENEROUS
            assert server.url in error.message, name
            assert error.suggestions, name
            json.dumps(error.context)


def test_a_store_that_lets_other_errors_through_is_caught(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.stores.etcd.engine.NONSENSE", (ValueError, KeyError, TypeError))
    with pytest.raises(AttributeError):
        names_the_place_and_a_remedy(serve, NOT_ETCD["a list"], timeout=GENEROUS)


def test_an_old_etcd_is_told_to_be_replaced(serve: Serve) -> None:
    with EtcdStore(serve(always(NOT_ETCD["an old etcd"])).url) as store, pytest.raises(RemoteError) as raised:
        store.token()
    assert "3.4 or newer" in raised.value.suggestions[0]
    assert raised.value.context["status"] == 404


def test_a_member_that_says_nothing_holds_no_call_longer_than_its_time(serve: Serve) -> None:
    with EtcdStore(serve(lambda link: link.wait()).url, timeout=0.3, silence=0.3) as store:
        for call in calls(store).values():
            taken, error = seconds_of(call, RemoteError)
            assert taken < 0.3 + GENEROUS
            assert re.search(r"0\.3 seconds|no connection in time", str(error))  # a busy machine has no time to connect


def test_a_member_that_trickles_holds_no_call_longer_than_its_time(serve: Serve) -> None:
    server = serve(lambda link: (link.request(), link.trickle(answer(b" " * 2000), 0.02))[1])
    with EtcdStore(server.url, timeout=0.3, silence=0.3) as store:
        taken, _ = seconds_of(store.token, RemoteError)
        assert taken < 0.3 + GENEROUS


def test_a_member_that_is_busy_is_asked_again_until_it_is_not(etcd: Cluster, open_etcd: Open, serve: Serve) -> None:
    busy = answer(b'{"error":"etcdserver: too many requests","code":8}', 429)
    refused: list[int] = []

    def instead(link: Link, asked: Asked) -> bool:
        if len(refused) < 3:
            refused.append(1)
            link.send(busy)
            return True
        return False

    assert open_etcd(serve(passing(etcd, instead)).url).token()
    asked: list[Callable[[EtcdStore], object]] = [EtcdStore.token, put]
    for call in asked:  # each by a store of its own: a member that did not answer in time is not asked again at once
        with EtcdStore(serve(always(busy)).url, timeout=1.0) as store:
            with pytest.raises(OverloadedError, match="too much to do") as raised:
                call(store)
            assert raised.value.suggestions


# ------------------------------------------------------------------------------------------------------------- watches

LINES: dict[str, bytes] = {
    "no JSON": b"{]\n",
    "a list": b"[]\n",
    "null": b"null\n",
    "a number": b"3\n",
    "too deep": b"[" * 100_000 + b"\n",
    "no result": b"{}\n",
    "a result of another kind": b'{"result":[]}\n',
    "events of another kind": b'{"result":{"events":3}}\n',
    "an event of another kind": b'{"result":{"events":[3]}}\n',
    "an event without a key": b'{"result":{"events":[{"kv":{}}]}}\n',
    "a key that is no base64": b'{"result":{"events":[{"kv":{"key":"x","mod_revision":"9999999"}}]}}\n',
    "an error": b'{"error":{"grpc_code":14,"message":"no leader"}}\n',
    "an error of another kind": b'{"error":"no"}\n',
    "an end": b'{"result":{"canceled":true,"cancel_reason":"etcdserver: permission denied"}}\n',
    "half a line": b'{"result":',
}


def watching(cluster: Cluster, stream: Callable[[Link], object]) -> Callable[[Link], None]:
    """Answers everything but watches as the member does."""

    def instead(link: Link, asked: Asked) -> bool:
        if asked.path != gateway.WATCH:
            return False
        stream(link)
        link.close()
        return True

    return passing(cluster, instead)


JSON_STREAM = STREAM.replace(b"text/event-stream", b"application/json")


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_a_watch_that_is_told_nonsense_is_an_error_that_names_the_place(
    etcd: Cluster, open_etcd: Open, serve: Serve, line: bytes
) -> None:
    server = serve(watching(etcd, lambda link: link.send(JSON_STREAM + chunk(line))))
    store = open_etcd(server.url, timeout=1.0)
    token = put(open_etcd())
    taken, error = seconds_of(lambda: first(store.watch(since=token), Reset), OperationalError)
    assert isinstance(error, RemoteError | StoreError)
    assert taken < 1.0 + GENEROUS
    assert server.url in error.message
    assert error.suggestions


STREAMS: dict[str, bytes] = {
    "a page": answer(b"<html>", kind="text/html"),
    "an answer with an end": answer(b'{"result":{}}'),
    "no chunks": JSON_STREAM + b"zz\r\n",
    "an end": JSON_STREAM + chunk(b""),
    "nothing": b"",
    "a refusal": answer(b'{"error":"etcdserver: permission denied","code":7}', 403),
}


@pytest.mark.parametrize("data", STREAMS.values(), ids=STREAMS.keys())
def test_a_watch_that_gets_no_stream_is_an_error_that_names_the_place(
    etcd: Cluster, open_etcd: Open, serve: Serve, data: bytes
) -> None:
    server = serve(watching(etcd, lambda link: link.send(data)))
    store = open_etcd(server.url, timeout=1.0)
    token = put(open_etcd())
    taken, error = seconds_of(lambda: first(store.watch(since=token), Reset), DiagnosticError)
    assert taken < 1.0 + GENEROUS
    assert server.url in str(error)
    assert getattr(error, "suggestions", ())


def test_a_line_that_never_ends_ends_the_watch(
    etcd: Cluster, open_etcd: Open, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(link: Link) -> None:
        link.send(JSON_STREAM)
        while True:
            link.send(chunk(b"x" * (1 << 16)))

    monkeypatch.setattr(streams, "_LONGEST_LINE", 1 << 20)
    store = open_etcd(serve(watching(etcd, endless)).url)
    token = put(open_etcd())
    with pytest.raises(RemoteError, match="a line of more than"):
        first(store.watch(since=token), Reset)


def test_a_line_that_trickles_does_not_hold_a_watch_that_has_more_to_tell(
    etcd: Cluster, open_etcd: Open, serve: Serve
) -> None:
    def slow(link: Link) -> None:
        link.send(JSON_STREAM)
        link.trickle(chunk(b"x") * 2000, 0.02)

    store = open_etcd(serve(watching(etcd, slow)).url, timeout=0.5, silence=0.5)
    since = put(open_etcd())
    put(open_etcd())
    taken, _ = seconds_of(lambda: list(store.watch(since=since)), OperationalError)
    assert taken < 0.5 + GENEROUS


def test_foreign_keys_in_the_answer_of_a_write_are_named(etcd: Cluster, open_etcd: Open, prefix: str) -> None:
    store = open_etcd()
    store.token()
    key = f"{prefix}/operations/mine"
    for value in (b"\xff", b"{}", b"[1]", b'"x"'):
        behind(etcd, put_part(key.encode(), value))
        for call in (lambda: put(store, operation="mine"), lambda: store.operation("mine")):
            with pytest.raises(StoreError, match="no registry wrote") as raised:
                call()
            assert key in raised.value.message
