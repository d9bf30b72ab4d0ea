"""How old a read may be, and that no reader ever goes back. Each check has a twin that is broken and must fail it."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from server.running import least
from sharing.faulty import FaultyStore

from registry.backends import StoredBackend
from registry.backends.staleness import ASIDE, Freshness
from registry.errors import RemoteError
from registry.model import Entry, Reference
from registry.revisions import Change, Token
from registry.stores import MemoryStore

NAMESPACE = "research.losses"
LEAST = 2.0
PATIENCE = 10.0


@pytest.fixture
def store() -> Iterator[FaultyStore]:
    made = FaultyStore(MemoryStore())
    yield made
    made.close()


def backend_over(store: Any, **options: Any) -> StoredBackend[Any]:
    return StoredBackend(store, namespace=NAMESPACE, **{"max_staleness": LEAST, "timeout": PATIENCE, **options})


def entry(name: str, number: int) -> Entry[Any]:
    return Entry(name, Reference(f"acme.losses:n{number}"))


def number_of(entry: Entry[Any]) -> int:
    assert isinstance(entry.target, Reference)
    return int(entry.target.name[1:])


def write(store: FaultyStore, name: str, number: int) -> Token:
    """Write behind the back of all backends."""
    record = b'{"format":1,"kind":"reference","reference":"acme.losses:n%d"}' % number
    return store.store.submit(NAMESPACE, [Change(name, record)], operation=uuid4().hex).result()


def remove(store: FaultyStore, name: str) -> None:
    store.store.submit(NAMESPACE, [Change(name, None)], operation=uuid4().hex).result()


def eventually(holds: Callable[[], object], seconds: float = 3 * PATIENCE) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


# ---------------------------------------------------------------------------------------------- the bound


BOUND = LEAST + 1.0
"""A machine that is busy may need a while to run the thread that looks at the clock."""


def seconds_in_memory(store: FaultyStore) -> float:
    """For how long the mirror of a store that fell silent is read; for ever, if it goes on for too long."""
    with backend_over(store) as backend:
        write(store, "x", 1)
        assert number_of(backend["x"]) == 1
        store.mute()
        last = time.monotonic()
        write(store, "x", 2)
        if not eventually(lambda: backend.entries is ASIDE, BOUND + 1.0):
            store.unmute()
            return float("inf")
        took = time.monotonic() - last
        assert number_of(backend["x"]) == 2, "the store was asked"
        store.away = True
        with pytest.raises(RemoteError):
            backend["x"]
        store.away = False
        store.unmute()
        return took


def test_a_silent_store_is_read_from_memory_no_longer_than_allowed(store: FaultyStore) -> None:
    assert least(lambda: seconds_in_memory(store), BOUND) < BOUND


def test_the_bound_holds_while_another_large_namespace_is_loaded(store: FaultyStore) -> None:
    """The follower is busy then, and hears nothing."""
    blocked, begun = threading.Event(), threading.Event()

    def before(method: str) -> None:
        if method == "snapshot" and loading:
            begun.set()
            blocked.wait(PATIENCE)

    loading: list[int] = []
    store.before = before
    with backend_over(store) as backend, StoredBackend(store, namespace="other", timeout=0.1) as other:
        write(store, "x", 1)
        assert number_of(backend["x"]) == 1
        loading.append(1)
        assert list(other) == [] if blocked.is_set() else True
        thread = threading.Thread(target=lambda: list(other))
        thread.start()
        assert begun.wait(PATIENCE)
        assert eventually(lambda: backend.entries is ASIDE)
        blocked.set()
        thread.join(PATIENCE)
        assert eventually(lambda: number_of(backend["x"]) == 1 and backend.entries is not ASIDE)


def test_the_check_of_the_bound_catches_one_that_never_looks_at_the_clock(
    store: FaultyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Freshness, "check", lambda self: 3600.0)
    assert seconds_in_memory(store) == float("inf")


def test_a_mirror_comes_back_when_its_store_does(store: FaultyStore) -> None:
    with backend_over(store) as backend:
        write(store, "x", 1)
        assert number_of(backend["x"]) == 1
        store.leave()
        assert eventually(lambda: backend.entries is ASIDE)
        with pytest.raises(RemoteError):
            backend["x"]
        with pytest.raises(RemoteError):
            list(backend)
        write(store, "x", 2)
        store.come_back()
        assert number_of(backend["x"]) == 2
        assert eventually(lambda: number_of(backend["x"]) == 2 and backend.entries is not ASIDE)
        asked = store.calls["get"]
        assert number_of(backend["x"]) == 2
        assert store.calls["get"] == asked, "it is a look-up in a dict again"


def test_a_short_failure_is_not_noticed_by_readers(store: FaultyStore) -> None:
    with backend_over(store, max_staleness=30.0) as backend:
        write(store, "x", 1)
        assert number_of(backend["x"]) == 1
        store.leave()
        assert eventually(lambda: store.calls["watch"] >= 3), "it is tried again"
        assert number_of(backend["x"]) == 1
        store.come_back()
        write(store, "x", 2)
        assert eventually(lambda: number_of(backend["x"]) == 2)
        assert store.calls["snapshot"] == 1, "it went on from where it was"
        assert store.calls["get"] == 0


def test_without_staleness_every_read_asks(store: FaultyStore) -> None:
    with backend_over(store, max_staleness=0) as backend:
        assert "x" not in backend
        write(store, "x", 1)
        assert number_of(backend["x"]) == 1
        assert backend["x"] is backend["x"], "of the same revision"
        write(store, "x", 2)
        assert number_of(backend["x"]) == 2
        assert list(backend) == ["x"]
        remove(store, "x")
        assert len(backend) == 0
        assert "x" not in backend
        mine = entry("x", 3)
        assert backend.setdefault("x", mine) is mine
        assert backend["x"] is mine
        assert store.calls["watch"] == 0
        store.away = True
        with pytest.raises(RemoteError):
            backend["x"]


def test_a_store_that_is_away_at_the_first_use_is_an_error_and_not_for_ever(store: FaultyStore) -> None:
    store.away = True
    with backend_over(store) as backend:
        with pytest.raises(RemoteError):
            backend["x"]
        with pytest.raises(RemoteError):
            backend.setdefault("x", entry("x", 1))
        store.come_back()
        mine = entry("x", 1)
        assert backend.setdefault("x", mine) is mine
        assert eventually(lambda: backend["x"] is mine and backend.entries is not ASIDE)


# ---------------------------------------------------------------------------------------------- never back


def check_monotonic(store: FaultyStore) -> None:
    """What the store said when it was asked is not unsaid by the mirror that comes back."""
    with backend_over(store) as backend:
        write(store, "x", 1)
        write(store, "gone", 1)
        assert number_of(backend["x"]) == 1
        store.mute()
        assert eventually(lambda: backend.entries is ASIDE)
        for number in range(2, 12):
            write(store, "x", number)
        remove(store, "gone")
        assert number_of(backend["x"]) == 11
        assert "gone" not in backend
        # The watch gives what it held back, one after the other: the mirror is young again, and behind.
        store.before = lambda method: time.sleep(0.05)
        seen: list[int] = []
        stop = threading.Event()
        reader_failed: list[BaseException] = []

        def read() -> None:
            try:
                while not stop.is_set():
                    seen.append(number_of(backend["x"]))
                    assert "gone" not in backend
            except BaseException as error:
                reader_failed.append(error)

        original = backend._link.mirror.apply  # type: ignore[union-attr]  # it was used, so it has one

        def slowly(frame: Any) -> bool:
            """So slowly that a reader of the mirror looks after each frame; one that waits for it does not."""
            applied = original(frame)
            before = len(seen)
            eventually(lambda: len(seen) > before + 1 or reader_failed, 0.2)
            return applied

        class Slow:
            def __getattr__(self, name: str) -> Any:
                return slowly if name == "apply" else getattr(mirror, name)

            def __eq__(self, other: object) -> bool:
                return self is other or mirror is other

            __hash__ = object.__hash__

        mirror = backend._link.mirror  # type: ignore[union-attr]  # it was used, so it has one
        follower = backend._link._connection.follower  # type: ignore[union-attr]  # it was used, so it has one
        follower.mirrors = {NAMESPACE: [Slow()]}
        thread = threading.Thread(target=read)
        thread.start()
        store.unmute()
        try:
            assert eventually(lambda: backend.entries is not ASIDE)
        finally:
            stop.set()
            thread.join(PATIENCE)
            store.before = lambda method: None
            follower.mirrors = {NAMESPACE: [mirror]}
        assert reader_failed == []
        assert seen == sorted(seen)
        assert seen[-1] == 11


def test_reads_never_go_back_when_the_mirror_comes_back(store: FaultyStore) -> None:
    check_monotonic(store)


def test_the_check_of_monotonic_reads_catches_one_that_forgets_what_it_answered(
    store: FaultyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(self: Freshness) -> int:
        return self._generation

    monkeypatch.setattr(Freshness, "begin_asking", forgetful)
    with pytest.raises(AssertionError):
        check_monotonic(store)


# ---------------------------------------------------------------------------------------------- own writes


def check_own_writes(store: FaultyStore) -> None:
    """A write that returned is seen by every read after it, however late the watch is."""
    with backend_over(store) as backend:
        assert list(backend) == []
        for number in range(20):
            backend["x"] = entry("x", number)
            assert number_of(backend["x"]) == number
            assert number_of(backend.entries["x"]) == number
        del backend["x"]
        assert "x" not in backend


def late(store: FaultyStore) -> Any:
    """Have the watch of a store tell everything a little later than it happens."""
    from sharing import faulty

    original = faulty.FaultyWatch.__next__

    def slowly(watch: Any) -> Any:
        seen = original(watch)
        time.sleep(0.01)
        return seen

    return slowly


def test_own_writes_are_seen_at_once(store: FaultyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    from sharing import faulty

    monkeypatch.setattr(faulty.FaultyWatch, "__next__", late(store))
    check_own_writes(store)


def test_the_check_of_own_writes_catches_one_that_does_not_wait(
    store: FaultyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sharing import faulty

    monkeypatch.setattr(faulty.FaultyWatch, "__next__", late(store))
    monkeypatch.setattr(Freshness, "reach", lambda self, token, deadline: None)
    with pytest.raises((AssertionError, KeyError)):
        check_own_writes(store)


def test_a_write_that_the_mirror_does_not_get_to_see_is_read_from_the_store(store: FaultyStore) -> None:
    with backend_over(store, max_staleness=60.0, timeout=1.0) as backend:
        assert list(backend) == []
        store.mute()
        mine = entry("x", 1)
        began = time.monotonic()
        backend["x"] = mine
        assert time.monotonic() - began < PATIENCE
        assert backend.entries is ASIDE
        assert backend["x"] is mine
        store.unmute()
        assert eventually(lambda: backend["x"] is mine and backend.entries is not ASIDE)
        assert backend.entries["x"] is mine


def test_the_loser_of_a_race_sees_the_winner_also_when_the_watch_is_silent(store: FaultyStore) -> None:
    with backend_over(store, max_staleness=60.0, timeout=1.0) as backend:
        assert list(backend) == []
        store.mute()
        write(store, "x", 7)
        assert number_of(backend.setdefault("x", entry("x", 1))) == 7
        store.unmute()


def test_a_store_that_began_anew_is_loaded_anew() -> None:
    first, second = MemoryStore(), MemoryStore()
    store = FaultyStore(first)
    write(store, "old", 1)
    with backend_over(store) as backend:
        assert list(backend) == ["old"]
        before = backend["old"]
        store.store = second
        write(store, "new", 1)
        first.close()
        assert eventually(lambda: "new" in backend.entries and "old" not in backend.entries)
        assert not backend.exchange({"old": before}, {"old": entry("old", 2)}), "it belongs to another history"
        assert backend.exchange({"new": backend["new"]}, {"new": entry("new", 2)})
    second.close()


# ---------------------------------------------------------------------------------------------- threads


def test_readers_and_writers_in_many_threads_see_a_history_that_goes_forward(store: FaultyStore) -> None:
    stop = threading.Event()
    faults: list[str] = []

    def write_all(backend: StoredBackend[Any], name: str) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            backend[name] = entry(name, number)
            found = number_of(backend[name])
            if found != number:
                faults.append(f"{name}: wrote {number}, read {found}")

    def read_all(backend: StoredBackend[Any]) -> None:
        last: dict[str, int] = {}
        while not stop.is_set():
            for name in list(backend):
                found = number_of(backend[name])
                if found < last.get(name, 0):
                    faults.append(f"{name}: {last[name]}, then {found}")
                last[name] = found

    backends = [backend_over(store) for _ in range(3)]
    threads = [
        threading.Thread(target=write_all, args=(backend, str(number))) for number, backend in enumerate(backends)
    ]
    threads += [threading.Thread(target=read_all, args=(backend,)) for backend in backends]
    for thread in threads:
        thread.start()
    for _ in range(4):  # a contact that comes and goes
        time.sleep(0.2)
        store.audible.clear()
        time.sleep(0.1)
        store.audible.set()
    stop.set()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert faults == []
    for backend in backends:
        backend.close()


def test_only_the_first_read_waits_for_a_mirror_that_takes_long_to_load(store: FaultyStore) -> None:
    loaded = threading.Event()

    def before(method: str) -> None:
        if method == "snapshot":
            loaded.wait(60)

    store.before = before
    write(store, "x", 1)
    with backend_over(store, timeout=1.0) as backend:
        began = time.monotonic()
        assert [number_of(backend["x"]) for _ in range(11)] == [1] * 11
        assert time.monotonic() - began < 6.0  # eleven times as long as one waits would be more
        loaded.set()
        assert eventually(lambda: number_of(backend["x"]) == 1 and backend.entries is not ASIDE)
