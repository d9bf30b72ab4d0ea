"""The thread that keeps mirrors up to date, over a store that does what a test tells it."""

import os
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

import pytest

from registry.errors import DiagnosticError, RemoteError
from registry.mirror import Follower, Mirror
from registry.mirror.mirror import fingerprint
from registry.revisions import Beat, Digest, Frame, Reset, Seen, Snapshot, Stored, Token

LONG = 20.0
"""Seconds after which a test that waits has failed."""


class ScriptedWatch:
    """A watch that gives what a test puts in."""

    def __init__(self, since: Token, namespaces: Collection[str] | None) -> None:
        self.since = since
        self.namespaces = None if namespaces is None else sorted(namespaces)
        self.script: queue.SimpleQueue[Seen | Exception | None] = queue.SimpleQueue()

    def __iter__(self) -> Iterator[Seen]:
        return self

    def __next__(self) -> Seen:
        seen = self.script.get()
        if seen is None:
            raise StopIteration
        if isinstance(seen, Exception):
            raise seen
        return seen

    def close(self) -> None:
        self.script.put(None)


class ScriptedStore:
    """A store that can be watched, and fails when a test wants it to."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Stored]] = {}
        self.now = Token("e", 0)
        self.failure: Exception | None = None
        self.watches: queue.SimpleQueue[ScriptedWatch] = queue.SimpleQueue()
        self.snapshots: list[str] = []

    def write(self, namespace: str, name: str, record: bytes | None = b"{}") -> Frame:
        self.now = Token(self.now.epoch, self.now.revision + 1)
        stored = Stored(name, self.now.revision, record)
        held = self.held.setdefault(namespace, {})
        held.pop(name, None)
        if record is not None:
            held[name] = stored
        return Frame(self.now, namespace, (stored,))

    def token(self) -> Token:
        self._fail()
        return self.now

    def namespaces(self) -> list[str]:
        return sorted(name for name, held in self.held.items() if held)

    def snapshot(self, namespace: str, /) -> Snapshot:
        self._fail()
        self.snapshots.append(namespace)
        held = dict(self.held.get(namespace, {}))
        return Snapshot(self.now, len(held), held.values())

    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> ScriptedWatch:
        self._fail()
        watch = ScriptedWatch(since, namespaces)
        self.watches.put(watch)
        return watch

    def next_watch(self) -> ScriptedWatch:
        return self.watches.get(timeout=LONG)

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.002)


@pytest.fixture
def store() -> ScriptedStore:
    return ScriptedStore()


@pytest.fixture
def follower(store: ScriptedStore) -> Iterator[Follower]:
    unknown: Any = store  # it has what a follower asks of a store
    follower = Follower(unknown)
    yield follower
    follower.close()


def soon(follower: Follower, ready: Callable[[], bool], *, patient: bool = False) -> bool:
    return follower.wait(ready, time.monotonic() + LONG, patient=patient)


def test_nothing_is_asked_before_there_is_something_to_follow(store: ScriptedStore, follower: Follower) -> None:
    store.failure = AssertionError("asked")
    assert follower.token is None
    assert threading.active_count() == len(threading.enumerate())
    assert not any(thread.name == "registry-follower" for thread in threading.enumerate())


def test_a_mirror_is_loaded_and_then_follows(store: ScriptedStore, follower: Follower) -> None:
    store.write("n", "a")
    mirror = Mirror("n")
    follower.follow(mirror)
    assert soon(follower, lambda: "a" in mirror.entries)
    watch = store.next_watch()
    assert (watch.since, watch.namespaces) == (Token("e", 1), ["n"])
    watch.script.put(store.write("n", "b"))
    assert soon(follower, lambda: "b" in mirror.entries)
    assert follower.token == Token("e", 2)


def test_a_second_namespace_is_taken_into_the_same_watch_without_a_gap(
    store: ScriptedStore, follower: Follower
) -> None:
    first, second = Mirror("n"), Mirror("m")
    follower.follow(first)
    store.next_watch()
    missed = store.write("n", "late")  # the watch that is about to end has not delivered it yet
    store.write("m", "a")
    follower.follow(second)
    watch = store.next_watch()
    assert (watch.since, watch.namespaces) == (Token("e", 0), ["m", "n"])
    watch.script.put(missed)
    assert soon(follower, lambda: "late" in first.entries)
    assert list(second.entries) == ["a"]
    assert store.snapshots == ["n", "m"]


def test_two_mirrors_of_one_namespace_are_kept_apart_and_both_up_to_date(
    store: ScriptedStore, follower: Follower
) -> None:
    first, second = Mirror("n"), Mirror("n")
    follower.follow(first)
    store.next_watch()
    follower.follow(second)
    store.next_watch().script.put(store.write("n", "a"))
    assert soon(follower, lambda: "a" in first.entries and "a" in second.entries)
    assert first.entries is not second.entries


def test_what_nobody_follows_any_more_is_left_as_it_is(store: ScriptedStore, follower: Follower) -> None:
    mirror = Mirror("n")
    follower.follow(mirror)
    store.next_watch()
    follower.leave(mirror)
    until(lambda: not any(thread.name == "registry-follower" for thread in threading.enumerate()))
    follower.follow(mirror)  # and may be followed again
    assert store.next_watch().namespaces == ["n"]


def test_a_reset_loads_everything_again(store: ScriptedStore, follower: Follower) -> None:
    mirror = Mirror("n")
    follower.follow(mirror)
    watch = store.next_watch()
    store.write("n", "a")
    store.write("n", "b")
    watch.script.put(Reset("the log was compacted"))
    assert soon(follower, lambda: len(mirror.entries) == 2)
    assert store.next_watch().since == Token("e", 2)


def test_a_store_that_began_anew_is_mirrored_anew(store: ScriptedStore, follower: Follower) -> None:
    store.write("n", "old")
    mirror = Mirror("n")
    follower.follow(mirror)
    watch = store.next_watch()
    store.held, store.now = {}, Token("f", 0)
    store.write("n", "new")
    watch.script.put(Reset("another epoch"))
    assert soon(follower, lambda: list(mirror.entries) == ["new"])
    assert follower.token == Token("f", 1)


def test_an_event_that_was_lost_is_noticed_at_the_next_beat(store: ScriptedStore, follower: Follower) -> None:
    mirror = Mirror("n")
    follower.follow(mirror)
    watch = store.next_watch()
    store.write("n", "lost")
    model = Mirror("n")
    model.load(store.snapshot("n"))
    watch.script.put(Beat(store.now, {"n": model.digest}))
    assert soon(follower, lambda: "lost" in mirror.entries)


def test_a_beat_that_agrees_changes_nothing(store: ScriptedStore, follower: Follower) -> None:
    mirror = Mirror("n")
    follower.follow(mirror)
    watch = store.next_watch()
    before = store.snapshots[:]
    watch.script.put(Beat(Token("e", 7), {"n": Digest(0, 0), "another": Digest(5, 5)}))
    assert soon(follower, lambda: follower.token == Token("e", 7))
    assert store.snapshots == before


def test_after_a_failure_the_watch_goes_on_from_where_it_was(store: ScriptedStore, follower: Follower) -> None:
    mirror = Mirror("n")
    follower.follow(mirror)
    watch = store.next_watch()
    watch.script.put(store.write("n", "a"))
    assert soon(follower, lambda: "a" in mirror.entries)
    watch.script.put(RemoteError("The line is cut."))
    again = store.next_watch()
    assert again.since == Token("e", 1)
    again.script.put(store.write("n", "b"))
    assert soon(follower, lambda: "b" in mirror.entries, patient=True)
    assert store.snapshots == ["n"]


def test_who_waits_is_told_why_it_will_not_come(store: ScriptedStore, follower: Follower) -> None:
    store.failure = RemoteError("The server is away.")
    mirror = Mirror("n")
    follower.follow(mirror)
    with pytest.raises(RemoteError, match="away"):
        soon(follower, lambda: bool(mirror.epoch))
    store.failure = None
    until(lambda: bool(mirror.epoch))
    assert follower.error is None


def test_a_bug_in_a_store_does_not_end_the_thread(store: ScriptedStore, follower: Follower) -> None:
    mirror = Mirror("n")
    follower.follow(mirror)
    store.next_watch().script.put(ZeroDivisionError("oh"))
    store.next_watch().script.put(store.write("n", "a"))
    assert soon(follower, lambda: "a" in mirror.entries, patient=True)


def test_opening_a_watch_is_no_sign_of_life(store: ScriptedStore, follower: Follower) -> None:
    follower.follow(Mirror("n"))
    watch = store.next_watch()
    heard = follower.heard
    watch.script.put(RemoteError("The line is cut."))
    again = store.next_watch()
    assert follower.heard == heard
    assert follower.error is not None
    again.script.put(Beat(Token("e", 0)))
    until(lambda: follower.heard > heard)
    assert follower.error is None


def test_waiting_ends_at_its_deadline(store: ScriptedStore, follower: Follower) -> None:
    follower.follow(Mirror("n"))
    store.next_watch()
    assert follower.wait(lambda: False, time.monotonic() + 0.05) is False


def test_listeners_are_told_once_the_mirror_has_it(store: ScriptedStore, follower: Follower) -> None:
    mirror = Mirror("n")
    told: queue.SimpleQueue[tuple[Any, list[str]]] = queue.SimpleQueue()

    def listen(seen: Seen | DiagnosticError) -> None:
        told.put((seen, list(mirror.entries)))

    follower.listeners = (listen,)
    follower.follow(mirror)
    frame = store.write("n", "a")
    store.next_watch().script.put(frame)
    failure = RemoteError("The line is cut.")
    first = told.get(timeout=LONG)
    assert first == (frame, ["a"])
    store.failure = failure
    follower._watch and follower._watch.close()
    assert told.get(timeout=LONG)[0] is failure


def test_following_everything_takes_in_what_is_there_and_what_comes(store: ScriptedStore) -> None:
    store.write("n", "a")
    unknown: Any = store
    follower = Follower(unknown, every=True)
    follower.start()
    watch = store.next_watch()
    assert watch.namespaces is None
    assert soon(follower, lambda: "n" in follower.mirrors)
    watch.script.put(store.write("new", "b"))
    assert soon(follower, lambda: "new" in follower.mirrors)
    (mirror,) = follower.mirrors["new"]
    assert list(mirror.entries) == ["b"]
    store.write("n", "a", None)
    watch.script.put(Reset("gone"))
    store.next_watch()
    assert list(follower.mirrors["n"][0].entries) == []
    follower.close()


def test_closing_does_not_wait_for_a_store_that_is_asked_for_its_namespaces(store: ScriptedStore) -> None:
    asked, answers = threading.Event(), threading.Event()

    def namespaces() -> list[str]:
        asked.set()
        answers.wait(LONG)
        return []

    unknown: Any = store
    unknown.namespaces = namespaces
    follower = Follower(unknown, every=True)
    follower.start()
    assert asked.wait(LONG)
    began = time.monotonic()
    late = threading.Timer(LONG / 2, answers.set)
    late.start()
    follower.close()
    seconds = time.monotonic() - began
    late.cancel()
    answers.set()
    assert seconds < LONG / 2 - 1


def test_a_namespace_whose_first_event_was_lost_is_noticed_too(store: ScriptedStore) -> None:
    unknown: Any = store
    follower = Follower(unknown, every=True)
    try:
        follower.start()
        watch = store.next_watch()
        lost = store.write("n", "a")
        watch.script.put(Beat(lost.token, {"gone": Digest(0, 0)}))
        assert soon(follower, lambda: follower.token == lost.token)
        assert follower.loads == 1
        watch.script.put(Beat(lost.token, {"n": Digest(1, fingerprint("a", 1))}))
        assert soon(follower, lambda: follower.loads == 2 and "n" in follower.mirrors)
    finally:
        follower.close()


def test_following_everything_begins_with_nothing_too(store: ScriptedStore) -> None:
    unknown: Any = store
    follower = Follower(unknown, every=True)
    follower.start()
    store.next_watch().script.put(store.write("n", "a"))
    assert soon(follower, lambda: "n" in follower.mirrors)
    follower.close()


def test_closing_ends_the_thread_and_twice_is_fine(store: ScriptedStore, follower: Follower) -> None:
    follower.follow(Mirror("n"))
    store.next_watch()
    follower.close()
    follower.close()
    until(lambda: not any(thread.name == "registry-follower" for thread in threading.enumerate()))
    assert follower.wait(lambda: False, time.monotonic() + LONG) is False


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # there are threads here: that is the point
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_goes_on_from_the_token_with_a_thread_of_its_own(
    store: ScriptedStore, follower: Follower
) -> None:
    mirror = Mirror("n")
    follower.follow(mirror)
    store.next_watch().script.put(store.write("n", "a"))
    assert soon(follower, lambda: "a" in mirror.entries)
    read, write = os.pipe()
    held = follower._changed
    with held:  # as another thread of the parent's may, at the moment of the fork
        child = os.fork()
    if child == 0:
        try:
            store.watches = queue.SimpleQueue()
            follower.start()
            watch = store.next_watch()
            watch.script.put(store.write("n", "b"))
            soon(follower, lambda: "b" in mirror.entries)
            os.write(write, f"{watch.since} {','.join(mirror.entries)} {store.snapshots}".encode())
        finally:
            os._exit(0)
    os.close(write)
    with open(read) as answer:
        assert answer.read() == "e.1 a,b ['n']"
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # there are threads here: that is the point
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_snapshot_that_was_being_read_at_a_fork_is_read_anew_in_the_child(
    store: ScriptedStore, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, goes_on = threading.Event(), threading.Event()
    store.write("n", "a")
    store.write("n", "b")

    def held_up(namespace: str, /) -> Snapshot:
        def records() -> Iterator[Stored]:
            for stored in list(store.held[namespace].values()):
                yield stored
                begun.set()
                assert goes_on.wait(LONG)

        return Snapshot(store.now, len(store.held[namespace]), records())

    mirror = Mirror("n")
    read, write = os.pipe()
    with monkeypatch.context() as patched:
        patched.setattr(store, "snapshot", held_up)
        follower.follow(mirror)
        assert begun.wait(LONG)
    child = os.fork()
    if child == 0:
        try:
            follower.start()
            follower.wait(lambda: bool(mirror.entries), time.monotonic() + 5.0)
            os.write(write, f"{','.join(mirror.entries)} {store.snapshots}".encode())
        finally:
            os._exit(0)
    os.close(write)
    goes_on.set()
    with open(read) as answer:
        assert answer.read() == "a,b ['n']"
    assert os.waitpid(child, 0)[1] == 0
    assert soon(follower, lambda: list(mirror.entries) == ["a", "b"])
