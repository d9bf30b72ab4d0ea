"""A mirror that is behind its store: nobody is told of what reads do not show, and nothing is told twice."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from server.client import Client, Stream
from server.running import Running, running

from registry.errors import StoreError
from registry.revisions import Change, Frame, Seen, Snapshot, Token
from registry.server import reads, watches
from registry.server.call import Call
from registry.server.limits import Limits
from registry.server.routes import ROUTES
from registry.store_protocol import Watch
from registry.stores import MemoryStore

PATIENCE = 20.0


class HeldWatch:
    """A watch that gives no change before it is let."""

    def __init__(self, watch: Watch, goes_on: threading.Event) -> None:
        self._watch = watch
        self._goes_on = goes_on

    def __iter__(self) -> Iterator[Seen]:
        return self

    def __next__(self) -> Seen:
        seen = next(self._watch)
        if isinstance(seen, Frame):
            assert self._goes_on.wait(PATIENCE)
        return seen

    def close(self) -> None:
        self._goes_on.set()
        self._watch.close()


class LaggingStore:
    """A store whose first watch for the mirrors can be held up."""

    def __init__(self) -> None:
        self.inner = MemoryStore()
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.taken: Callable[[str], Any] = lambda namespace: None
        self._watches = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    @property
    def pending(self) -> int:
        return self.inner.pending

    def snapshot(self, namespace: str, /) -> Snapshot:
        snapshot = self.inner.snapshot(namespace)
        self.taken(namespace)
        return snapshot

    def watch(self, **options: Any) -> Any:
        watch = self.inner.watch(**options)
        # A stream that resumes reads the store's log by a watch too, and may come before that of the mirrors.
        if threading.current_thread().name != "registry-follower":
            return watch
        self._watches += 1
        return HeldWatch(watch, self.goes_on) if self._watches == 1 else watch

    def write(self, namespace: str, name: str, record: bytes | None = b"{}") -> Token:
        return self.inner.submit(namespace, [Change(name, record)], operation=uuid4().hex).result(PATIENCE)


class UnreachableStore:
    """The same store, when it does not say where it is."""

    def __init__(self, store: LaggingStore) -> None:
        self._store = store
        self.is_away = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def token(self) -> Token:
        if self.is_away:
            raise StoreError("It cannot be reached.")
        return self._store.inner.token()


@pytest.fixture
def store() -> Iterator[LaggingStore]:
    store = LaggingStore()
    yield store
    store.inner.close()


@pytest.fixture
def served(store: LaggingStore) -> Iterator[Running]:
    """A server that takes its mirror for the newest, as one does whose store is its alone."""
    unknown: Any = store  # it has what a server asks of a store
    with running(unknown, sole=True) as found:
        yield found


def in_thread(ask: Callable[[Client], Any], port: int) -> tuple[threading.Thread, list[Any]]:
    found: list[Any] = []

    def run() -> None:
        with Client(port) as client:
            found.append(ask(client))

    thread = threading.Thread(target=run)
    thread.start()
    return thread, found


def delete(client: Client) -> Any:
    return client.ask("DELETE", "/registry/n/delete/a").status


def claim(client: Client) -> Any:
    return client.put("n", "a", expect="nothing").status


def clear(client: Client) -> Any:
    return client.ask("POST", "/registry/n/clear", {"operation": "one"}).status


@pytest.mark.parametrize(
    ("first", "second", "told", "read"),
    [(claim, claim, 409, 200), (delete, delete, 404, 404), (clear, clear, 200, 404), (delete, clear, 200, 404)],
    ids=["a conflict", "a removal", "a repetition", "nothing left"],
)
def test_who_is_told_what_another_did_finds_it_in_the_next_read(
    served: Running, store: LaggingStore, first: Any, second: Any, told: int, read: int
) -> None:
    def asks(client: Client) -> tuple[int, int]:
        return second(client), client.get("/registry/n/get/a?consistent=1").status

    with Client(served.port) as client:
        if first is not claim:
            client.put("n", "a")
        else:
            client.put("n", "b")
    store.goes_on.clear()
    before = store.inner.token()
    writing, _ = in_thread(first, served.port)
    until = time.monotonic() + PATIENCE
    while store.inner.token() == before:
        assert time.monotonic() < until
        time.sleep(0.001)
    asking, found = in_thread(asks, served.port)
    asking.join(0.3)  # so long the mirror stays behind
    store.goes_on.set()
    asking.join(PATIENCE)
    writing.join(PATIENCE)
    assert found == [(told, read)]


def test_a_stream_that_resumes_while_the_mirrors_are_behind_is_told_nothing_twice(store: LaggingStore) -> None:
    store.write("a", "one")
    since = store.write("b", "two")
    store.goes_on.clear()
    written: list[Token] = []

    def taken(namespace: str) -> None:
        if not written:  # the other namespace is loaded with this in its log, and this one without
            written.append(store.write(namespace, "meanwhile"))

    store.taken = taken
    unknown: Any = store
    with running(unknown) as served, Stream(served.port, f"?since={since}") as stream:
        seen = stream.until(lambda event: event.kind == "change")
        store.goes_on.set()
        last = store.write("a", "last")
        seen += stream.until(lambda event: event.kind == "change" and event.id == str(last))
    assert [event.id for event in seen if event.kind == "change"] == [str(written[0]), str(last)]


def test_a_snapshot_of_a_mirror_that_is_ahead_is_of_a_moment_that_has_its_records(store: LaggingStore) -> None:
    store.write("a", "one")
    store.write("b", "two")
    store.goes_on.clear()
    written: dict[str, Token] = {}

    def taken(namespace: str) -> None:
        if not written:  # the other namespace is loaded with this, and the server has not heard of it
            other = "b" if namespace == "a" else "a"
            written[other] = store.write(other, "meanwhile")

    store.taken = taken
    unknown: Any = store
    with running(unknown) as served, Client(served.port) as client:
        reached = client.get("/namespaces").json["token"]
        ((namespace, token),) = written.items()
        assert Token.parse(reached).revision < token.revision
        head, *records = map(json.loads, client.get(f"/registry/{namespace}/snapshot").body.splitlines())
        assert records[-1]["token"] == str(token)
        assert head["token"] == str(token)
        store.goes_on.set()


@pytest.mark.parametrize("path", ["/registry/n/history/a", "/operations/one"])
def test_who_reads_of_a_write_finds_it_in_the_next_read(served: Running, store: LaggingStore, path: str) -> None:
    def asks(client: Client) -> tuple[int, int]:
        return client.get(path).status, client.get("/registry/n/get/a").status

    with Client(served.port) as client:
        client.put("n", "b")
    store.goes_on.clear()
    store.inner.submit("n", [Change("a", b"{}")], operation="one").result(PATIENCE)
    asking, found = in_thread(asks, served.port)
    asking.join(0.3)  # so long the mirror stays behind
    store.goes_on.set()
    asking.join(PATIENCE)
    assert found == [(200, 200)]


def test_a_stream_whose_snapshot_was_ahead_of_what_is_told_is_told_nothing_twice(store: LaggingStore) -> None:
    told = threading.Event()

    def late(seen: Any) -> None:
        if isinstance(seen, Frame):
            assert told.wait(PATIENCE)

    unknown: Any = store
    with running(unknown) as served:
        with Client(served.port) as client:
            client.put("n", "a")
        follower = served.server.handler.service.feed.follower
        follower.listeners = (late, *follower.listeners)  # the mirror has it then, and the server was not told
        ahead = store.write("n", "ahead")
        until = time.monotonic() + PATIENCE
        while "ahead" not in follower.mirrors["n"][0].entries:
            assert time.monotonic() < until
            time.sleep(0.001)
        with Stream(served.port) as stream:
            stream.until(lambda event: event.kind == "records" and str(ahead).encode() in event.data)
            told.set()
            last = store.write("n", "last")
            seen = stream.until(lambda event: event.kind == "change" and event.id == str(last))
    assert [event.id for event in seen if event.kind == "change"] == [str(last)]


@pytest.mark.parametrize("read", [reads.get, reads.snapshot])
def test_what_is_of_two_epochs_is_never_told_as_one(served: Running, store: LaggingStore, read: Any) -> None:
    with Client(served.port) as client:
        client.put("n", "a")
    service = served.server.handler.service
    request: Any = SimpleNamespace(headers={}, method="GET")
    call = Call(request, ROUTES[0], service.anybody, "n", "a", "")

    def between() -> None:
        before, store.inner = store.inner, MemoryStore()
        store.write("n", "a", b'{"another": 1}')
        before.close()
        until = time.monotonic() + PATIENCE
        while service.feed.follower.mirrors["n"][0].epoch != store.inner.token().epoch:
            assert time.monotonic() < until
            time.sleep(0.001)
        with pytest.raises(StoreError, match="began anew"):  # the loop cannot have been told, since it is here
            read(service, call).send(None)

    served.call(between)
    with Client(served.port) as client:
        assert client.get("/registry/n/get/a").json["value"] == {"another": 1}


def resumed_from_what_another_server_told(store: LaggingStore, *, is_away: bool) -> list[str]:
    """The kinds of events that a watch is sent which goes on from a moment that this server has not seen."""
    unreachable = UnreachableStore(store)
    store.write("a", "k")
    with running(unreachable, limits=Limits(revision_seconds=0.2)) as served:  # type: ignore[arg-type]  # it has what a store has
        served.wait_until_ready()
        store.goes_on.clear()
        seen_elsewhere = store.write("a", "k", b'{"newer":1}')
        unreachable.is_away = is_away
        with Stream(served.port, f"?since={seen_elsewhere}") as stream:
            events = stream.until(lambda event: event.kind != "beat")
        store.goes_on.set()
        return [event.kind for event in events]


@pytest.mark.parametrize("is_away", [False, True])
def test_a_watch_is_never_led_back_to_what_a_lagging_server_has(store: LaggingStore, is_away: bool) -> None:
    assert resumed_from_what_another_server_told(store, is_away=is_away) == ["end"]


def test_a_server_that_takes_what_it_has_not_seen_for_what_never_was_is_noticed(
    store: LaggingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def reset(self: Any, since: Token) -> None:
        raise watches._Begin("the token is in the future")

    monkeypatch.setattr(watches._Stream, "_refuse_future", reset)
    assert resumed_from_what_another_server_told(store, is_away=False)[0] == "reset"
