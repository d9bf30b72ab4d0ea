"""The test kit, on stores and backends over a real member of etcd."""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from clusters.members import Cluster, running_cluster
from server.running import running

from registry.backends import StoredBackend
from registry.revisions import Change, Seen
from registry.server.service import Service
from registry.stores import EtcdStore, HTTPStore
from registry.stores.etcd import EtcdWatch, histories, reading, submitting
from registry.testing import check_backend, check_concurrent, check_store

Make = Callable[[], EtcdStore]


class InTurn:
    """Two servers over one cluster, of which each call asks the other one."""

    def __init__(self, make: Callable[[], tuple[EtcdStore, EtcdStore]]) -> None:
        self._opened = contextlib.ExitStack()
        self.stores = make()
        servers = [self._opened.enter_context(running(store)) for store in self.stores]
        self.clients = [self._opened.enter_context(HTTPStore(server.url)) for server in servers]
        self._turns = itertools.cycle(self.clients)

    def __getattr__(self, name: str) -> Any:
        return getattr(next(self._turns), name)

    def close(self) -> None:
        for client in self.clients:  # a second call of the kit must find them closed, and not the servers
            client.close()
        self._opened.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("etcd"), 1) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def prefixes() -> Iterator[int]:
    return itertools.count()


@pytest.fixture
def make(cluster: Cluster, prefixes: Iterator[int]) -> Iterator[Make]:
    """Makes stores none of which has what another one has. A backend leaves the one that it was given open."""
    with contextlib.ExitStack() as opened:
        yield lambda: opened.enter_context(EtcdStore(cluster.endpoints, prefix=f"kit/{next(prefixes)}"))


def test_a_store_in_etcd_keeps_the_promises_of_a_store(make: Make) -> None:
    check_store(make, max_examples=3)


@pytest.fixture
def make_two(cluster: Cluster, prefixes: Iterator[int]) -> Iterator[Callable[[], InTurn]]:
    with contextlib.ExitStack() as opened:

        def two() -> tuple[EtcdStore, EtcdStore]:
            prefix = f"kit/{next(prefixes)}"
            first, second = (opened.enter_context(EtcdStore(cluster.endpoints, prefix=prefix)) for _ in range(2))
            return first, second

        yield lambda: InTurn(two)


def test_two_servers_over_etcd_keep_the_promises_of_one_store(make_two: Callable[[], InTurn]) -> None:
    check_store(make_two, max_examples=2)


def missed_by_the_other_server(two: InTurn, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many of 10 writes that one server acknowledged the other does not show when it is asked then.

    The other one's watch tells of everything a moment later.
    """
    first, second = two.clients
    second.token()  # it has seen everything so far
    at_once, slow = EtcdWatch.__next__, two.stores[1]._engine

    def later(self: EtcdWatch) -> Seen:
        seen = at_once(self)
        if self._engine is slow:
            time.sleep(0.03)
        return seen

    monkeypatch.setattr(EtcdWatch, "__next__", later)
    missed = 0
    for number in range(10):
        token = first.submit("a", [Change(f"k{number}", b"{}")], operation=f"o{number}").result()
        if number % 2:
            missed += second.token() != token
            continue
        with second.snapshot("a") as snapshot:
            missed += all(stored.name != f"k{number}" for stored in snapshot)
    two.close()
    return missed


def test_what_one_server_acknowledged_the_other_one_shows(
    make_two: Callable[[], InTurn], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert missed_by_the_other_server(make_two(), monkeypatch) == 0


def test_a_server_that_answers_from_what_it_has_seen_so_far_is_noticed(
    make_two: Callable[[], InTurn], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(self: Service, **_: object) -> None:
        """Do not ask the store."""

    monkeypatch.setattr(Service, "catch_up", at_once)
    assert missed_by_the_other_server(make_two(), monkeypatch) > 5  # so that tokens and snapshots are both among them


@pytest.mark.soak
def test_two_servers_over_etcd_keep_the_promises_of_one_store_in_many_programs(make_two: Callable[[], InTurn]) -> None:
    check_store(make_two, max_examples=50, steps=20)


@pytest.mark.soak
def test_a_store_in_etcd_keeps_the_promises_of_a_store_in_many_programs(make: Make) -> None:
    check_store(make, max_examples=200, steps=20)


def test_a_backend_over_etcd_keeps_the_promises_of_a_backend(make: Make) -> None:
    check_backend(lambda: StoredBackend(make(), namespace="kit"), max_examples=3)


def test_a_backend_over_etcd_stands_several_threads_at_once(make: Make) -> None:
    check_concurrent(lambda: StoredBackend(make(), namespace="kit"))


def test_a_store_that_compares_nothing_is_noticed(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submitting, "_comparison", lambda layout, *rest: submitting.is_at(layout.keeper, 0))
    with pytest.raises(AssertionError):
        check_store(make, max_examples=3)


def test_a_store_that_forgets_what_a_name_was_before_it_was_removed_is_noticed(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(histories, "read_removal", lambda key, value: (0.0, "", []))
    with pytest.raises(AssertionError):
        check_store(make, max_examples=3)


def test_more_than_a_page_is_read_as_it_was_at_one_moment(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "FIRST_PAGE", 3)
    monkeypatch.setattr(reading, "LONGEST_PAGE", 4)
    monkeypatch.setattr(reading, "_KEYS", 3)
    with make() as store:
        for number in range(20):
            changes = [Change(f"k{number}", b"%d" % number), Change(f"l{number}", b"{}")]
            store.submit(f"n{number % 3}", changes, operation=f"o{number}").result()
        found = list(store.snapshot("n1"))
        assert [one.name for one in found if one.name[0] == "k"] == [f"k{number}" for number in range(1, 20, 3)]
        assert [one.revision for one in found] == sorted(one.revision for one in found)
        assert store.namespaces() == ["n0", "n1", "n2"]
