"""Watches: ordered, unique, complete and resumable, or an explicit reset, over a store of this process."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from faults.histories import NAMESPACE, Client, Journal, in_threads, run
from faults.twins import Following
from faults.watching import Witness, gaps, written_in

from registry.mirror import Follower, Mirror
from registry.revisions import Retention
from registry.store_protocol import Store
from registry.stores import MemoryStore, SQLiteStore

NAMES = ("a", "b", "c")


def memory(folder: Path) -> Store:
    return MemoryStore()


def sqlite(folder: Path) -> Store:
    return SQLiteStore(folder / "registry.db")


def write(store: Store, calls: int = 80) -> None:
    """Let four clients work."""
    clients = [Client(f"c{number}", store, Journal()) for number in range(4)]
    in_threads(
        partial(run, client, NAMES, seed=number, until=lambda count: count >= calls)
        for number, client in enumerate(clients)
    )


@pytest.mark.parametrize("make", [memory, sqlite])
def test_a_watch_is_ordered_unique_and_complete(make: Callable[[Path], Store], tmp_path: Path) -> None:
    store = make(tmp_path)
    witness = Witness(store, NAMESPACE)
    write(store)
    assert witness.wait(store.token().revision)
    witness.close()
    assert gaps(witness.spans, written_in(store, NAMESPACE, NAMES)) == []
    assert (witness.resets, witness.breaks, witness.alien) == (0, 0, [])
    store.close()


@pytest.mark.parametrize("fault", ["drops", "repeats", "reorders"])
def test_a_watch_that_loses_order_is_noticed(fault: str) -> None:
    store = MemoryStore()
    spoiled: Any = Following(store, fault)
    witness = Witness(spoiled, NAMESPACE)
    write(store)
    assert witness.wait(store.token().revision - 1)
    witness.close()
    assert gaps(witness.spans, written_in(store, NAMESPACE, NAMES)) != []


@pytest.mark.parametrize("silent", [False, True])
def test_a_watch_that_the_log_has_left_behind_says_so(silent: bool) -> None:
    store = MemoryStore(retention=Retention(seconds=0.0, operations=10))
    watched: Any = Following(store, "is silent about resets") if silent else store
    since = store.token()
    write(store)
    seen = list(zip(range(1), watched.watch(since=since), strict=False))
    assert (seen == []) is silent


@pytest.mark.parametrize("fault", ["", "reorders", "drops"])
def test_a_mirror_ends_up_as_the_store_is_unless_its_watch_was_wrong(fault: str) -> None:
    store = MemoryStore()
    watched: Any = Following(store, fault) if fault else store
    follower, mirror = Follower(watched), Mirror(NAMESPACE)
    follower.follow(mirror)
    assert follower.wait(lambda: mirror.revision == 0, time.monotonic() + 30)
    client = Client("c", store, Journal())
    names = [f"n{number}" for number in range(21)]
    for name in names:
        client.write(name)
    assert follower.wait(lambda: mirror.revision == len(names), time.monotonic() + 30)
    follower.close()
    with store.snapshot(NAMESPACE) as snapshot:
        held = {stored.name: stored.revision for stored in snapshot}
    mirrored = {name: stored.revision for name, stored in mirror.entries.items()}
    assert (mirrored == held) is (fault == "")
