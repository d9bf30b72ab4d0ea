"""Histories of clients in threads, over stores of this process: what a store promises, without faults around it."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from faults.calls import NEVER, Call, Kind, Outcome
from faults.histories import NAMESPACE, Client, Journal, in_threads, read_journal, run
from faults.judging import breaches, lies, lost, too_slow, untyped
from faults.processes import Workers
from faults.twins import Backwards, Careless, Forgetful, Hasty, Stale

from registry.errors import RemoteError
from registry.revisions import ANYTHING, Change, Token
from registry.store_protocol import Store
from registry.stores import MemoryStore, SQLiteStore

NAMES = ("a", "b", "c", "d")


def history(store: Store, *, clients: int = 6, calls: int = 60) -> list[Call]:
    """What this many threads do at random."""
    journal = Journal()
    names = [f"c{number}" for number in range(clients)]
    in_threads(
        partial(run, Client(name, store, journal), NAMES, seed=number, until=lambda count: count >= calls)
        for number, name in enumerate(names)
    )
    assert len(journal.calls) == clients * calls
    return journal.calls


def memory(folder: Path) -> Store:
    return MemoryStore()


def sqlite(folder: Path) -> Store:
    return SQLiteStore(folder / "registry.db")


@pytest.mark.parametrize("make", [memory, sqlite])
def test_histories_of_threads_are_linearizable(make: Callable[[Path], Store], tmp_path: Path) -> None:
    store = make(tmp_path)
    calls = history(store)
    assert breaches(calls) == []
    assert lies(calls, store) == []
    assert lost(calls, store, NAMESPACE) == []
    assert sum(call.outcome is Outcome.DONE for call in calls) > len(calls) / 2
    store.close()


@pytest.mark.parametrize("twin", [Stale, Careless, Backwards])
def test_the_history_of_a_broken_store_is_refused(twin: Callable[[Store], Any]) -> None:
    assert breaches(history(twin(MemoryStore()))) != []


def test_a_write_that_was_acknowledged_and_is_not_there_is_noticed() -> None:
    store = MemoryStore()
    hasty: Any = Hasty(store, delay=60.0)
    client = Client("c", hasty, Journal())
    written = client.write("a")
    assert lost([written], store, NAMESPACE) != []
    assert lies([written], store) != []


class LosesAnswers:
    """Does what is asked, and answers as if the answer were lost; tries a lost write again under another id."""

    def __init__(self, store: Store, between: Callable[[], object]) -> None:
        self._store = store
        self._between = between

    def submit(self, namespace: str, changes: list[Change], /, *, operation: str, author: str = "") -> "Future[Token]":
        self._store.submit(namespace, changes, operation=operation, author=author).result()
        self._between()
        return self._store.submit(namespace, changes, operation=operation, author=author)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@pytest.mark.parametrize("forgets", [False, True])
def test_a_write_that_is_tried_again_happens_once_where_operations_are_remembered(forgets: bool) -> None:
    store: Any = Forgetful(MemoryStore()) if forgets else MemoryStore()
    journal = Journal()
    other = Client("other", store, journal)

    def meanwhile() -> None:
        other.read("a")
        other.write("a")
        other.read("a")

    first: Any = LosesAnswers(store, meanwhile)
    Client("first", first, journal).write("a")
    other.read("a")
    assert (breaches(journal.calls) != []) is forgets


def test_an_error_that_is_not_ours_and_a_call_without_an_end_are_noticed() -> None:
    class Crashes:
        def get(self, namespace: str, name: str, /) -> None:
            raise OSError("connection reset")

    crashing: Any = Crashes()
    call = Client("c", crashing, Journal()).read("a")
    assert untyped([call]) != []
    slow = Call("c", "a", Kind.READ, 0, 31e9)
    assert too_slow([slow]) != []
    assert too_slow([Call("c", "a", Kind.READ, 0, 29e9)]) == []


def test_a_failure_that_was_none_is_noticed() -> None:
    class Confident:
        def __init__(self, store: Store) -> None:
            self._store = store

        def submit(self, namespace: str, changes: list[Change], /, **how: Any) -> "Future[Token]":
            self._store.submit(namespace, changes, **how).result()
            raise RemoteError("the connection was cut")

    store = MemoryStore()
    confident: Any = Confident(store)
    assert lies([Client("c", confident, Journal()).write("a")], store) != []


def test_what_a_killed_client_began_is_in_doubt(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    store = MemoryStore()
    ended = Client("c", store, journal).write("a")
    begun = Call("d", "a", Kind.WRITE, 7, NEVER, Outcome.UNKNOWN, value="d-1")
    journal.begin(begun)
    with tmp_path.joinpath("journal").open("ab") as file:
        file.write(b'{"client": "e", "na')
    assert read_journal(tmp_path / "journal") == [ended, begun]
    store.submit(NAMESPACE, [Change("a", b'{"v":"d-1"}', ANYTHING)], operation="late")
    read = Client("f", store, Journal()).read("a")
    assert breaches([ended, begun, read]) == []


def test_histories_of_processes_that_share_a_file_are_linearizable(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    with Workers(str(path), tmp_path, processes=3, clients=2, calls=60) as workers:
        calls = workers.wait()
    store = SQLiteStore(path)
    assert len(calls) == 3 * 2 * 60
    assert breaches(calls) == []
    assert lies(calls, store) == []
    assert lost(calls, store, NAMESPACE) == []
    store.close()


def test_histories_stay_linearizable_when_processes_that_share_a_file_are_killed(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    with Workers(str(path), tmp_path, processes=3, clients=2, calls=400, pause=0.005) as workers:
        for number in range(2):
            workers.kill(number)
            workers.start()
        calls = workers.finish()
    store = SQLiteStore(path)
    assert breaches(calls) == []
    assert lies(calls, store) == []
    assert lost(calls, store, NAMESPACE) == []
    store.close()
