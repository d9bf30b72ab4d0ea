"""Namespaces that come and go: nothing of them is kept for ever, and nothing of them is lost meanwhile."""

import time

import pytest
from server.client import Client, Stream
from server.running import Running, running

from registry.revisions import NOTHING_THERE, Change, Token
from registry.server import feed as feed_module
from registry.stores import MemoryStore

MANY = 40


def come_and_go(store: MemoryStore, first: int, last: int) -> Token:
    """Make and remove one namespace after the other; the newest token."""
    for number in range(first, last):
        name = f"n{number:05}"
        store.submit(name, [Change("k", b"{}", NOTHING_THERE)], operation=f"+{number}").result()
        newest = store.submit(name, [Change("k", None)], operation=f"-{number}").result()
    return newest


def wait_for(served: Running, token: Token) -> None:
    """Wait until the loop has reached a moment."""
    deadline = time.monotonic() + 20
    while not served.call(lambda: served.server.handler.service.feed._has(token)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be seen with few of them."""
    monkeypatch.setattr(feed_module, "EMPTIED", 10)


def test_a_server_keeps_nothing_of_namespaces_that_went_but_the_digests_of_the_last_ones() -> None:
    with MemoryStore() as store, running(store) as served:
        served.wait_until_ready()
        store.submit("stays", [Change("k", b"{}")], operation="0").result()
        wait_for(served, come_and_go(store, 0, MANY))
        feed = served.server.handler.service.feed
        assert list(feed.follower.mirrors) == ["stays"]
        assert sorted(feed.digests) == [*(f"n{number:05}" for number in range(MANY - 10, MANY)), "stays"]
        with Client(served.port) as client:
            assert [one["name"] for one in client.get("/namespaces").json["namespaces"]] == ["stays"]
            assert client.get("/registry/n00000/get/k").status == 404
            assert client.get("/registry/n00000/keys").json["keys"] == []
            assert client.get("/registry/n00000/snapshot").body.count(b"\n") == 1


def test_a_namespace_that_comes_back_is_all_there() -> None:
    with MemoryStore() as store, running(store) as served, Client(served.port) as client:
        served.wait_until_ready()
        wait_for(served, come_and_go(store, 0, 3))
        assert client.get("/registry/n00001/keys").json["keys"] == []
        newest = store.submit("n00001", [Change("k", b'{"a":1}', NOTHING_THERE)], operation="again").result()
        wait_for(served, newest)
        assert client.get("/registry/n00001/get/k").json["value"] == {"a": 1}
        assert client.get("/registry/n00001/keys").json["keys"] == ["k"]
        wait_for(served, come_and_go(store, 3, MANY))  # it is not forgotten with those that went at its time
        assert served.call(lambda: served.server.handler.service.feed.digests["n00001"].count) == 1
        assert client.get("/registry/n00001/get/k").json["value"] == {"a": 1}


def test_heartbeats_tell_of_namespaces_that_went_just_now() -> None:
    with MemoryStore() as store, running(store) as served, Stream(served.port) as stream:
        served.wait_until_ready()
        come_and_go(store, 0, 3)
        stream.until(lambda event: event.kind == "beat" and b'"n00002":{"count":0' in event.data)
