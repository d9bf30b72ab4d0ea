"""Who forgets what is too old: one of all the stores over a cluster, once in a while, and nobody is waited for."""

import gc
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from clusters.members import Cluster
from faults.clients import GENEROUS
from faults.proxy import wait_until
from stores.etcd_fixtures import Open, keys, put

from registry.errors import DiagnosticError, StoreError
from registry.revisions import Retention
from registry.stores import EtcdStore
from registry.stores.etcd import keeper, store
from registry.stores.etcd.gateway import text
from registry.stores.etcd.keeper import Keeper

pytestmark = pytest.mark.usefixtures("hasty")

EVERYTHING = Retention(seconds=0.0, operations=1)
"""Keeps the last operation only."""


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one whenever somebody forgets."""
    counted: list[int] = []
    monkeypatch.setattr(keeper, "sweep", lambda engine, retention, is_ended: counted.append(1))
    return counted


def keepers(open_etcd: Open, count: int, every: float = 60.0) -> list[Keeper]:
    return [Keeper(open_etcd()._engine, EVERYTHING, every) for _ in range(count)]


def test_one_of_several_looks(open_etcd: Open, looked: list[int]) -> None:
    several = keepers(open_etcd, 5)
    threads = [threading.Thread(target=one.look) for one in several]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GENEROUS)
    assert [one.failure for one in several] == [None] * 5
    assert looked == [1]


def test_several_that_do_not_ask_who_looks_are_caught(
    open_etcd: Open, looked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keeper, "_is_mine", lambda self: True)
    with pytest.raises(AssertionError):
        test_one_of_several_looks(open_etcd, looked)


def test_whoever_was_killed_while_looking_blocks_nobody_for_longer_than_a_while(
    open_etcd: Open, etcd: Cluster, prefix: str, looked: list[int]
) -> None:
    killed, other = keepers(open_etcd, 2, every=1.0)
    killed.look()
    other.look()
    assert looked == [1]
    told = etcd.members[0].ask("/v3/kv/range", {"key": text(f"{prefix}/keeper".encode())})
    assert told is not None
    assert int(told["kvs"][0].get("lease", "0")) != 0

    def again() -> bool:
        other.look()
        return len(looked) > 1

    wait_until(again, GENEROUS)


def test_a_keeper_that_holds_its_key_for_ever_is_caught(
    open_etcd: Open, etcd: Cluster, prefix: str, looked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = keeper.put
    monkeypatch.setattr(keeper, "put", lambda key, value, lease="": real(key, value))
    with pytest.raises(AssertionError):
        test_whoever_was_killed_while_looking_blocks_nobody_for_longer_than_a_while(open_etcd, etcd, prefix, looked)


@pytest.fixture
def every(monkeypatch: pytest.MonkeyPatch) -> float:
    """Seconds between two looks of stores."""
    monkeypatch.setattr(store, "EVERY", 0.2)
    return 0.2


def threads_of_keepers() -> Iterator[threading.Thread]:
    return (thread for thread in threading.enumerate() if thread.name == "registry-etcd")


def test_a_store_forgets_by_itself_once_it_has_written(open_etcd: Open, every: float) -> None:
    opened = open_etcd(retention=Retention(0.0, 1))
    reading = open_etcd(retention=Retention(0.0, 1))
    reading.token()
    assert opened._keeper._thread is None
    put(opened, operation="first")
    put(opened)
    wait_until(lambda: opened.operation("first") is None, GENEROUS)
    assert opened._keeper.failure is None
    assert reading._keeper._thread is None


def test_a_look_that_fails_is_told_and_the_next_one_succeeds(open_etcd: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = DiagnosticError("No.")

    def fail(*given: object) -> int:
        raise failing

    monkeypatch.setattr(Keeper, "_is_mine", lambda self: True)
    opened = open_etcd()
    put(opened)
    put(opened)
    (one,) = keepers(open_etcd, 1)
    with monkeypatch.context() as patched:
        patched.setattr(keeper, "sweep", fail)
        one.look()
    assert one.failure is failing
    one.look()
    assert one.failure is None


@pytest.mark.parametrize("end", [EtcdStore.close, lambda opened: None], ids=["closed", "forgotten"])
def test_the_thread_ends_with_the_store(
    etcd: Cluster, prefix: str, every: float, end: Callable[[EtcdStore], None]
) -> None:
    before = set(threads_of_keepers())
    opened = EtcdStore(etcd.endpoints, prefix=prefix)
    put(opened)
    assert len(set(threads_of_keepers()) - before) == 1
    end(opened)
    del opened
    gc.collect()
    deadline = time.monotonic() + GENEROUS
    while set(threads_of_keepers()) - before:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_keeper_that_cannot_forget_says_so_once(
    open_etcd: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (one,) = keepers(open_etcd, 1)
    failures = iter([StoreError("etcd refuses."), StoreError("etcd refuses."), None, StoreError("etcd refuses.")])

    def fail(*given: object) -> None:
        error = next(failures)
        if error is not None:
            raise error

    monkeypatch.setattr(keeper, "sweep", fail)
    monkeypatch.setattr(Keeper, "_is_mine", lambda self: True)
    told = []
    for _ in range(4):
        one.look()
        told.append(sum("etcd refuses." in record.message for record in caplog.records))
    assert told == [1, 1, 1, 2]


def test_a_store_that_is_closed_forgets_nothing_more(open_etcd: Open, etcd: Cluster, prefix: str) -> None:
    opened = open_etcd()
    for _ in range(3):
        put(opened)
    asked: list[int] = []

    def is_ended() -> bool:
        asked.append(1)
        return True

    assert keeper.sweep(opened._engine, EVERYTHING, is_ended) == 0
    assert asked
    assert len([key for key in keys(etcd, prefix) if key.startswith("operations/")]) == 3
    assert keeper.sweep(opened._engine, EVERYTHING) > 0
    assert len([key for key in keys(etcd, prefix) if key.startswith("operations/")]) == 1
