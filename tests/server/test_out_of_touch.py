"""A store that falls silent, as one does whose machine was stopped: what is old is not told, and nobody queues up."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from server.client import Client, Stream
from server.running import Running, running

from registry.errors import StoreError
from registry.revisions import Seen, Token
from registry.server import feed as feed_module
from registry.server.limits import Limits
from registry.store_protocol import Watch
from registry.stores import MemoryStore

PATIENCE = 20.0


class MuteWatch:
    """A watch that gives nothing, not even a sign of life, as long as its store is silent."""

    def __init__(self, watch: Watch, audible: threading.Event) -> None:
        self._watch = watch
        self._audible = audible

    def __iter__(self) -> Iterator[Seen]:
        return self

    def __next__(self) -> Seen:
        seen = next(self._watch)
        assert self._audible.wait(PATIENCE)
        return seen

    def close(self) -> None:
        self._audible.set()
        self._watch.close()


class SilentStore:
    """A store whose watches can be made to give nothing."""

    def __init__(self) -> None:
        self.inner = MemoryStore()
        self.audible = threading.Event()
        self.audible.set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    @property
    def pending(self) -> int:
        return self.inner.pending

    def watch(self, **options: Any) -> MuteWatch:
        return MuteWatch(self.inner.watch(**options), self.audible)


@pytest.fixture
def store() -> Iterator[SilentStore]:
    store = SilentStore()
    yield store
    store.inner.close()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


READS = ["/registry/a/get/k", "/registry/a/keys", "/registry/a/snapshot", "/registry/a/history/k", "/namespaces"]


def test_what_is_older_than_the_server_may_tell_is_not_told(store: SilentStore) -> None:
    unknown: Any = store  # it has what a server asks of a store
    with running(unknown, limits=Limits(stale_seconds=2.0)) as served, Client(served.port) as client:
        client.put("a", "k")
        until(lambda: all(client.get(path).status == 200 for path in [*READS, "/ready"]))
        store.audible.clear()
        until(lambda: client.get("/ready").status == 503)
        for path in READS:
            answer = client.get(path)
            assert (answer.status, answer.json["code"]) == (503, "store"), path
            assert "not in touch with its store" in answer.json["message"]
        assert client.get("/health").status == 200
        store.audible.set()
        until(lambda: all(client.get(path).status == 200 for path in [*READS, "/ready"]))


def test_a_server_that_lost_touch_gives_no_signs_of_life(store: SilentStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "LOST_TOUCH", 2.0)
    unknown: Any = store
    with running(unknown) as served:
        with Client(served.port) as client:
            client.put("a", "k")
        with Stream(served.port) as stream:
            stream.until(lambda event: event.kind == "beat" and b'"a"' in event.data)
            store.audible.clear()
            until(lambda: not in_touch(served))
            stream.socket.settimeout(3.0)
            with pytest.raises(TimeoutError):
                several(stream)
        store.audible.set()
        until(lambda: in_touch(served))
        with Stream(served.port) as stream:
            stream.until(lambda event: event.kind == "beat" and b'"a"' in event.data)


def several(stream: Stream) -> None:
    """Read more than may be on the way."""
    for number, _ in enumerate(stream.events()):
        assert number < 10


def in_touch(served: Running) -> bool:
    feed = served.server.handler.service.feed
    return bool(served.call(lambda: feed.is_in_touch))


class SlowStore:
    """A store that answers no question before it is let."""

    def __init__(self) -> None:
        self.inner = MemoryStore()
        self.asked = threading.Semaphore(0)
        self.answers = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def get(self, *given: Any) -> Any:
        self.asked.release()
        assert self.answers.wait(PATIENCE)
        return self.inner.get(*given)


def test_more_questions_than_the_store_is_asked_at_once_are_refused_and_other_reads_go_on() -> None:
    store = SlowStore()
    unknown: Any = store
    limits = Limits(store_reads=2)
    found: list[int] = []

    def ask() -> None:
        with Client(served.port) as client:
            found.append(client.get("/registry/a/get/k?consistent=1").status)

    with store.inner, running(unknown, limits=limits) as served, Client(served.port, timeout=5) as client:
        client.put("a", "k")
        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            assert all(store.asked.acquire(timeout=PATIENCE) for _ in threads)
            answer = client.get("/registry/a/get/k?consistent=1")
            assert (answer.status, answer.json["code"], answer.headers["retry-after"]) == (503, "overloaded", "1")
            assert client.get("/registry/a/get/k").status == 200
        finally:
            store.answers.set()
            for thread in threads:
                thread.join(PATIENCE)
        assert found == [200, 200]
        assert client.get("/registry/a/get/k?consistent=1").status == 200


class AwayStore:
    """A store that cannot be reached."""

    def __init__(self) -> None:
        self.inner = MemoryStore()
        self.is_away = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def token(self) -> Token:
        if self.is_away:
            raise StoreError("It is away.", suggestions=["Wait."])
        return self.inner.token()


def told_of(records: list[logging.LogRecord]) -> list[str]:
    return [record.getMessage() for record in records if "in touch" in record.getMessage()]


def test_a_server_says_once_that_its_store_is_away_and_once_that_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    store: Any = AwayStore()
    with running(store) as served, Client(served.port) as client:
        until(lambda: served.server.handler.service.feed.follower.error is not None)
        assert client.get("/ready").status == 503
        time.sleep(0.3)  # it was asked again meanwhile
        assert told_of(caplog.records) == ["not in touch with the store: It is away. Wait."]
        store.is_away = False
        until(lambda: client.get("/ready").status == 200)
        assert told_of(caplog.records)[1:] == ["in touch with the store again"]
    store.inner.close()
