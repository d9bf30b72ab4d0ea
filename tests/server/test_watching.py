"""Watches: ordered, unique, complete, resumable; otherwise an explicit reset."""

import http.client
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from server.client import Client, Stream
from server.running import Running, running

from registry.mirror.mirror import fingerprint
from registry.revisions import Change, Frame, Retention, Stored, Token
from registry.server.limits import Limits
from registry.server.log import Entry, RecentLog
from registry.server.watchers import Watchers
from registry.stores import MemoryStore
from registry.wire.events import ServerEvent

State = dict[tuple[str, str], Any]


class Follower:
    """What a client makes of a stream; complains about whatever the contract does not allow."""

    def __init__(self) -> None:
        self.state: State = {}
        self.revisions: dict[str, dict[str, int]] = {}
        self.seen: list[int] = []
        self.last = ""
        self.resets: list[str] = []
        self.compared = 0
        self._fresh = True

    def take(self, event: ServerEvent) -> None:
        value = json.loads(event.data)
        if event.kind == "reset":
            self.resets.append(value["reason"])
            self.state, self.revisions, self.seen = {}, {}, []
            return
        if event.kind == "records":
            for record in value["records"]:
                self._put(value["namespace"], record)
            return
        if event.kind == "end":
            return
        token = Token.parse(event.id)
        self.last = event.id
        if event.kind == "beat":
            for namespace, told in value["namespaces"].items():
                held = self.revisions.get(namespace, {})
                digest = 0
                for name, revision in held.items():
                    digest ^= fingerprint(name, revision)
                assert (told["count"], told["digest"]) == (len(held), f"{digest:016x}"), "an event was lost"
                self.compared += 1
            return
        assert event.kind == "change"
        assert not self.seen or token.revision > self.seen[-1], "out of order, or twice"
        self.seen.append(token.revision)
        for record in value["changes"]:
            assert Token.parse(record["token"]) == token
            self._put(value["namespace"], record)

    def _put(self, namespace: str, record: dict[str, Any]) -> None:
        key = record["key"]
        if record["value"] is None:
            self.state.pop((namespace, key), None)
            self.revisions.get(namespace, {}).pop(key, None)
        else:
            self.state[namespace, key] = record["value"]
            self.revisions.setdefault(namespace, {})[key] = Token.parse(record["token"]).revision


def contents(store: MemoryStore, namespaces: Sequence[str] | None = None) -> State:
    return {
        (namespace, stored.name): json.loads(stored.record or b"null")
        for namespace in (store.namespaces() if namespaces is None else namespaces)
        for stored in store.snapshot(namespace)
    }


def write_some(store: MemoryStore, number: int, seed: int, size: int = 0) -> Token:
    """Some submissions: one change or several, in three namespaces, removals among them."""
    dice = random.Random(seed)
    token = store.token()
    for turn in range(number):
        namespace = dice.choice(["a", "a.b", "c"])
        there = {stored.name for stored in store.snapshot(namespace)}
        names = dice.sample([f"k{index}" for index in range(12)], dice.choice([1, 1, 1, 4]))
        changes = [
            Change(
                name,
                None if name in there and dice.random() < 0.3 else json.dumps({"n": turn, "x": "x" * size}).encode(),
            )
            for name in names
        ]
        token = store.submit(namespace, changes, operation=f"{seed}-{turn}").result()
    return token


def follow(stream: Stream, follower: Follower, until: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    for event in stream.events():
        follower.take(event)
        if until():
            return
        assert time.monotonic() < deadline
    raise AssertionError("the stream ended")


def reached(follower: Follower, token: Token) -> Callable[[], bool]:
    return lambda: bool(follower.last) and Token.parse(follower.last).revision >= token.revision


@pytest.mark.parametrize("query", ["", "?namespace=a&namespace=c"])
def test_a_watcher_ends_up_with_what_the_store_holds(served: Running, store: MemoryStore, query: str) -> None:
    wanted = ["a", "c"] if query else None
    write_some(store, 50, 1)
    follower = Follower()
    with Stream(served.port, query) as stream:
        writer = threading.Thread(target=write_some, args=(store, 400, 2))
        writer.start()
        follow(stream, follower, lambda: len(follower.seen) > 5 or bool(follower.last))
        writer.join()
        follow(stream, follower, reached(follower, store.token()))
        before = follower.compared
        follow(stream, follower, lambda: follower.compared > before)
    assert follower.state == contents(store, wanted)
    assert follower.resets == []


@pytest.mark.parametrize("how", ["since", "Last-Event-ID", "both"])
def test_a_stream_is_resumed_where_it_broke_off_without_a_gap_or_a_repetition(
    served: Running, store: MemoryStore, how: str
) -> None:
    follower = Follower()
    start = str(store.token())
    follower.last = start
    revisions: list[int] = []
    dice = random.Random(3)
    for turn in range(12):
        newest = write_some(store, 15, 100 + turn)
        query = f"?since={follower.last}" if how == "since" else f"?since={start}" if how == "both" else ""
        headers = {} if how == "since" else {"Last-Event-ID": follower.last}
        stop = dice.randint(1, 14)
        with Stream(served.port, query, headers) as stream:
            before = len(follower.seen)
            done = reached(follower, newest)
            follow(stream, follower, lambda most=before + stop, done=done: len(follower.seen) >= most or done())
    with Stream(served.port, headers={"Last-Event-ID": follower.last}) as stream:
        follow(stream, follower, reached(follower, store.token()))
    assert follower.resets == []
    revisions = follower.seen
    assert revisions == list(range(1, store.token().revision + 1))  # each submission, once, in order
    assert follower.state == contents(store)


def test_a_stream_is_resumed_from_before_the_server_was_started(store: MemoryStore) -> None:
    start = store.token()
    write_some(store, 300, 5)
    with running(store) as served, Stream(served.port, f"?since={start}") as stream:
        follower = Follower()
        follow(stream, follower, reached(follower, store.token()))
    assert follower.seen == list(range(1, 301))
    assert follower.state == contents(store)


@pytest.mark.parametrize("since", ["other.5", "{epoch}.999999", "{epoch}.0"])
def test_what_leads_nowhere_is_reset_and_never_silent(since: str) -> None:
    limits = Limits(revision_seconds=0.2)
    with MemoryStore(retention=Retention(seconds=0.0, operations=1)) as store:
        write_some(store, 300, 6)
        with running(store, limits=limits) as served:
            epoch = store.token().epoch
            with Stream(served.port, f"?since={since.format(epoch=epoch)}") as stream:
                follower = Follower()
                follow(stream, follower, lambda: bool(follower.last))
                assert len(follower.resets) == 1
                write_some(store, 20, 7)
                follow(stream, follower, reached(follower, store.token()))
            assert follower.state == contents(store)


@pytest.mark.parametrize("since", ["x", "a.b", "a.-1", "a.99999999999999999999"])
def test_what_is_no_token_is_refused(served: Running, since: str) -> None:
    with Client(served.port) as client:
        assert client.get(f"/watch?since={since}").status == 400
        assert client.get("/watch", Last_Event_ID=since).status == 400


def test_a_slow_watcher_is_told_to_begin_anew_and_the_others_do_not_wait() -> None:
    limits = Limits(watcher_buffer=16 * 1024, log_frames=50, log_bytes=1024 * 1024)
    with MemoryStore() as store, running(store, limits=limits) as served:
        with Stream(served.port, receive=4096) as slow, Stream(served.port) as quick:
            followers = [Follower(), Follower()]
            follow(slow, followers[0], lambda: bool(followers[0].last))
            follow(quick, followers[1], lambda: bool(followers[1].last))
            for turn in range(40):
                write_some(store, 10, 1000 + turn, size=40_000)
                follow(quick, followers[1], reached(followers[1], store.token()))
            follow(slow, followers[0], reached(followers[0], store.token()))
        assert followers[0].resets == ["the client was too slow, and what it missed is no longer kept"]
        assert followers[1].resets == []
        assert [follower.state for follower in followers] == [contents(store)] * 2


def test_a_watcher_that_was_slow_for_a_moment_misses_nothing() -> None:
    limits = Limits(watcher_buffer=16 * 1024)
    with MemoryStore() as store, running(store, limits=limits) as served, Stream(served.port, receive=4096) as slow:
        follower = Follower()
        follow(slow, follower, lambda: bool(follower.last))
        write_some(store, 300, 9, size=4000)
        follow(slow, follower, reached(follower, store.token()))
        assert (follower.resets, follower.seen) == ([], list(range(1, 301)))


def test_a_change_that_is_longer_than_what_may_wait_reaches_everybody_whole(
    served: Running, store: MemoryStore
) -> None:
    with Stream(served.port) as one, Stream(served.port, receive=4096) as other:
        followers = [Follower(), Follower()]
        for stream, follower in zip((one, other), followers, strict=True):
            follow(stream, follower, lambda follower=follower: bool(follower.last))
        store.submit("a", [Change(f"k{n}", b'{"x":"%s"}' % (b"x" * 60_000)) for n in range(50)], operation="x").result()
        store.submit("a", [Change("last", b"{}")], operation="y").result()
        for stream, follower in zip((one, other), followers, strict=True):
            follow(stream, follower, reached(follower, store.token()))
            assert follower.seen == [1, 2]
            assert follower.state == contents(store)


def test_a_lost_event_would_be_noticed(served: Running, store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The known-bad twin of all of the above: a fan-out that leaves one submission out."""
    whole = Watchers._send
    left_out: list[bytes] = []

    def leaky(self: Watchers, group: Any, payload: bytes, place: int) -> None:
        if b"event: change" in payload and len(left_out) < 1 and b'"lost"' in payload:
            left_out.append(payload)
        else:
            whole(self, group, payload, place)

    monkeypatch.setattr(Watchers, "_send", leaky)
    with Stream(served.port) as stream:
        follower = Follower()
        follow(stream, follower, lambda: bool(follower.last))
        store.submit("a", [Change("lost", b"{}")], operation="x").result()
        with pytest.raises(AssertionError, match="an event was lost"):
            follow(stream, follower, lambda: False)
    assert left_out


def entry(revision: int, record: bytes) -> Entry:
    return Entry(Frame(Token("e", revision), "a", (Stored("k", revision, record, 0.0, ""),)))


def test_a_log_that_forgets_says_so() -> None:
    log = RecentLog(most_frames=3, most_bytes=1000)
    log.clear(10)
    for revision in range(11, 20):
        log.append(entry(revision, b"{}"))
    assert log.floor == 16
    assert [entry.revision for entry in log.read(log.place_after(16)) or ()] == [17, 18, 19]
    assert log.read(log.place_after(16) - 1) is None
    place = log.place_after(19)
    log.append(entry(20, b"x" * 2000))  # longer than everything: it alone is kept
    assert (log.floor, [entry.revision for entry in log.read(place) or ()]) == (19, [20])
    log.clear(30)
    assert log.read(place) is None


def test_clients_of_http_1_0_can_watch_too(served: Running, store: MemoryStore) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection:
        connection.sendall(b"GET /watch HTTP/1.0\r\nHost: localhost\r\n\r\n")
        data = b""
        while b"event: beat" not in data:
            data += connection.recv(1000)
        store.submit("a", [Change("k", b"{}")], operation="x").result()
        while b"event: change" not in data:
            data += connection.recv(1000)
    head, _, body = data.partition(b"\r\n\r\n")
    assert b"chunked" not in head
    assert b"\r\n" not in body


def test_a_watcher_beyond_the_limit_is_refused(store: MemoryStore) -> None:
    with running(store, limits=Limits(watchers=2)) as served, Stream(served.port) as one, Stream(served.port) as two:
        one.until(lambda event: event.kind == "beat")
        two.until(lambda event: event.kind == "beat")
        with Client(served.port) as client:
            refused = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
            refused.request("GET", "/watch")
            answer = refused.getresponse()
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
            assert json.loads(answer.read())["code"] == "overloaded"
            refused.close()
            one.close()
            deadline = time.monotonic() + 10
            while client.get("/stats").json["watchers"] == 2:
                assert time.monotonic() < deadline
                time.sleep(0.05)


def test_a_token_of_another_epoch_is_reset_though_its_revision_is_remembered(
    served: Running, store: MemoryStore
) -> None:
    newest = write_some(store, 20, 8)
    with Client(served.port) as client:
        assert client.get(f"/registry/a/keys?min_revision={newest}").status == 200
    with Stream(served.port, "?since=other.5") as stream:
        follower = Follower()
        follow(stream, follower, lambda: bool(follower.last))
    assert len(follower.resets) == 1
    assert follower.state == contents(store)


def test_what_waits_for_a_slow_watcher_does_not_grow_with_many_small_changes(store: MemoryStore) -> None:
    limits = Limits(watcher_buffer=16 * 1024)
    with (
        running(store, limits=limits) as served,
        Client(served.port) as client,
        Stream(served.port, receive=4096) as slow,
    ):
        follower = Follower()
        follow(slow, follower, lambda: bool(follower.last))
        (watcher,) = served.call(lambda: list(served.server.handler.service.watchers._all))
        sending = watcher.transport.get_extra_info("socket")
        served.call(sending.setsockopt, socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        waiting = []
        for turn in range(300):  # each time less than what may wait at once
            token = write_some(store, 2, 5000 + turn, size=1000)
            assert client.get(f"/registry/a/keys?min_revision={token}").status == 200
            waiting.append(served.call(watcher.transport.get_write_buffer_size))
        assert limits.watcher_buffer < max(waiting) < 4 * limits.watcher_buffer
        follow(slow, follower, reached(follower, store.token()))
        assert follower.state == contents(store)
