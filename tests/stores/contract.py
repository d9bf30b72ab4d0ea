"""One suite for everything that is a Store: laws to be tried on a new, empty store.

Other tests load this file, and run `LAWS` on stores of their own; `contract_machine.py` compares one with a model.
"""

import importlib.util
import itertools
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from registry.errors import (
    EntryNotFoundError,
    InvalidNameError,
    OperationReusedError,
    RevisionConflictError,
    StoreError,
    TooLargeError,
    ValidationError,
)
from registry.revisions import (
    NOTHING_THERE,
    Beat,
    Change,
    Frame,
    Operation,
    Reset,
    Seen,
    Token,
)
from registry.store_protocol import Store, Watch

__all__ = ["LAWS", "PATIENCE", "frames", "machine_for", "records", "run_state_machine_as_test", "seen", "told", "write"]

PATIENCE = 30.0
"""Seconds after which something that has to happen has not."""

LAWS: list[Callable[[Store], None]] = []


def law(check: Callable[[Store], None]) -> Callable[[Store], None]:
    """Have a check run on every store."""
    LAWS.append(check)
    return check


def write(store: Store, namespace: str, *changes: Change, operation: str | None = None, author: str = "") -> Token:
    """Submit, and wait until it is done."""
    operation = uuid4().hex if operation is None else operation
    return store.submit(namespace, changes, operation=operation, author=author).result(PATIENCE)


def records(store: Store, namespace: str) -> dict[str, bytes | None]:
    """What a snapshot holds, by name."""
    with store.snapshot(namespace) as snapshot:
        found = list(snapshot)
        assert snapshot.count == len(found)
    order = [stored.revision for stored in found]
    assert order == sorted(order)
    return {stored.name: stored.record for stored in found}


def seen(watch: Watch, enough: Callable[[list[Seen]], bool]) -> list[Seen]:
    """What a watch gives until it is enough, or it ends."""
    found: list[Seen] = []
    until = time.monotonic() + PATIENCE
    for one in watch:
        found.append(one)
        if enough(found):
            return found
        assert time.monotonic() < until, f"after {PATIENCE} seconds there was only {found}"
    return found


def frames(watch: Watch, upto: Token) -> list[Frame]:
    """The frames of a watch until it says that it has given everything up to a token."""
    found = seen(watch, lambda given: not isinstance(given[-1], Reset) and given[-1].token.revision >= upto.revision)
    assert not any(isinstance(one, Reset) for one in found), found
    return [one for one in found if isinstance(one, Frame)]


def told(frame: Frame) -> tuple[int, str, dict[str, bytes | None]]:
    """A frame as plain values."""
    return frame.token.revision, frame.namespace, {change.name: change.record for change in frame.changes}


@law
def a_new_store_is_empty(store: Store) -> None:
    assert store.token().revision == 0
    assert store.namespaces() == []
    assert store.get("losses", "huber") is None
    assert records(store, "losses") == {}
    assert list(store.history("losses", "huber")) == []
    assert store.operation("nobody") is None


@law
def what_was_written_is_there_with_its_revision_time_and_author(store: Store) -> None:
    before = time.time()
    token = write(store, "losses", Change("huber", b"1"), author="anna")
    stored = store.get("losses", "huber")
    assert stored is not None
    assert (stored.name, stored.revision, stored.record, stored.author) == ("huber", token.revision, b"1", "anna")
    assert before - 1 <= stored.time <= time.time() + 1
    assert store.token() == token
    assert store.namespaces() == ["losses"]


@law
def a_submission_has_one_revision_and_the_next_one_a_greater(store: Store) -> None:
    first = write(store, "losses", Change("huber", b"1"), Change("mse", b"2"))
    second = write(store, "models", Change("resnet", b"3"))
    assert first.epoch == second.epoch
    assert first.revision < second.revision
    assert {stored.revision for stored in store.snapshot("losses")} == {first.revision}


@law
def any_bytes_come_back_as_they_were(store: Store) -> None:
    given = {"empty": b"", "nul": b"\0", "all": bytes(range(256)), "long": b"x" * 50_000}
    write(store, "losses", *(Change(name, record) for name, record in given.items()))
    assert records(store, "losses") == given
    assert {name: stored.record for name in given if (stored := store.get("losses", name))} == given


@law
def names_of_all_kinds_are_kept_apart(store: Store) -> None:
    names = ["a", "A", "a.b", "a/b", "a%2Fb", "a b", "größe", "名", "%", "'", '"', "a\\b", "x" * 255, "..", "?a=b#c"]
    write(store, "losses", *(Change(name, name.encode()) for name in names))
    assert records(store, "losses") == {name: name.encode() for name in names}
    for name in names:
        stored = store.get("losses", name)
        assert stored is not None
        assert stored.record == name.encode()


@law
def namespaces_are_kept_apart(store: Store) -> None:
    for number, namespace in enumerate(["a", "a.b", "ab", "a.b.c", "größe"]):
        write(store, namespace, Change("x", b"%d" % number))
    assert [store.get(namespace, "x").record for namespace in store.namespaces()] == [b"0", b"1", b"3", b"2", b"4"]  # type: ignore[union-attr]  # they are there, or this fails


@law
def a_namespace_exists_while_it_has_names(store: Store) -> None:
    write(store, "losses", Change("huber", b"1"))
    write(store, "models", Change("resnet", b"1"), Change("vgg", b"1"))
    write(store, "losses", Change("huber", None))
    write(store, "models", Change("vgg", None))
    assert store.namespaces() == ["models"]
    assert store.get("losses", "huber") is None
    assert records(store, "losses") == {}
    write(store, "losses", Change("huber", b"2"))
    assert store.namespaces() == ["losses", "models"]


@law
def only_one_claims_a_name_and_the_other_is_told_who_did(store: Store) -> None:
    won = write(store, "losses", Change("huber", b'{"winner": 1}', NOTHING_THERE), author="anna")
    with pytest.raises(RevisionConflictError) as caught:
        write(store, "losses", Change("huber", b"2", NOTHING_THERE), author="ben")
    assert caught.value.context["namespace"] == "losses"
    assert caught.value.context["name"] == "huber"
    current = caught.value.context["current"]
    assert (current["token"], current["author"], current["record"]) == (str(won), "anna", '{"winner": 1}')
    assert records(store, "losses") == {"huber": b'{"winner": 1}'}


@law
def of_many_threads_that_claim_a_name_one_wins(store: Store) -> None:
    for attempt in range(5):
        ready = threading.Barrier(8)

        def claim(number: int, name: str, ready: threading.Barrier) -> Token | RevisionConflictError:
            ready.wait(PATIENCE)
            change = Change(name, b"%d" % number, NOTHING_THERE)
            answer = store.submit("losses", [change], operation=uuid4().hex, author=str(number))
            error = answer.exception(PATIENCE)
            return error if isinstance(error, RevisionConflictError) else answer.result()

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(claim, range(8), [f"name{attempt}"] * 8, [ready] * 8))
        winners = [number for number, answer in enumerate(answers) if isinstance(answer, Token)]
        assert len(winners) == 1
        losers = [answer for answer in answers if isinstance(answer, RevisionConflictError)]
        assert {error.context["current"]["author"] for error in losers} == {str(winners[0])}
        assert store.get("losses", f"name{attempt}").author == str(winners[0])  # type: ignore[union-attr]  # see above


@law
def a_change_that_expects_a_revision_is_made_to_that_one_only(store: Store) -> None:
    first = write(store, "losses", Change("huber", b"1"))
    second = write(store, "losses", Change("huber", b"2", first))
    for stale in (first, Token("another", second.revision), Token(second.epoch, second.revision + 1)):
        with pytest.raises(RevisionConflictError) as caught:
            write(store, "losses", Change("huber", b"3", stale))
        assert caught.value.context["current"]["token"] == str(second)
    with pytest.raises(RevisionConflictError) as caught:
        write(store, "losses", Change("mse", b"3", second))
    assert caught.value.context["current"] is None
    with pytest.raises(RevisionConflictError):
        write(store, "losses", Change("huber", None, first))
    write(store, "losses", Change("huber", None, second))
    assert store.get("losses", "huber") is None


@law
def a_counter_that_threads_increase_by_compare_and_set_loses_nothing(store: Store) -> None:
    write(store, "counters", Change("n", b"0"))

    def increase() -> None:
        for _ in range(10):
            for _ in range(10_000):
                stored = store.get("counters", "n")
                assert stored is not None
                assert stored.record is not None
                expected = Token(store.token().epoch, stored.revision)
                try:
                    write(store, "counters", Change("n", b"%d" % (int(stored.record) + 1), expected))
                except RevisionConflictError:
                    continue
                break
            else:
                pytest.fail("somebody else was always faster")

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(increase) for _ in range(4)]:
            future.result(PATIENCE)
    assert records(store, "counters") == {"n": b"40"}


@law
def what_is_not_there_cannot_be_removed(store: Store) -> None:
    with pytest.raises(EntryNotFoundError) as caught:
        write(store, "losses", Change("huber", None))
    assert caught.value.context == {"namespace": "losses", "name": "huber"}
    with pytest.raises(EntryNotFoundError):
        write(store, "losses", Change("huber", None, NOTHING_THERE))


@law
def a_submission_is_made_as_a_whole_or_not_at_all(store: Store) -> None:
    token = write(store, "losses", Change("huber", b"1"))
    for bad in (Change("huber", b"2", NOTHING_THERE), Change("mse", None), Change("mse", b"2", token)):
        with pytest.raises((RevisionConflictError, EntryNotFoundError)):
            write(store, "losses", Change("a", b"1"), bad, Change("z", b"1"))
    assert records(store, "losses") == {"huber": b"1"}
    assert store.token() == token


@law
def a_refused_submission_leaves_those_beside_it_alone(store: Store) -> None:
    write(store, "losses", Change("taken", b"0"))
    futures: list[tuple[int, Future[Token]]] = []
    for number in range(60):
        change = Change("taken", b"x", NOTHING_THERE) if number % 3 == 0 else Change(f"n{number}", b"%d" % number)
        futures.append((number, store.submit("losses", [change], operation=uuid4().hex)))
    for number, future in futures:
        if number % 3 == 0:
            with pytest.raises(RevisionConflictError):
                future.result(PATIENCE)
        else:
            assert isinstance(future.result(PATIENCE), Token)
    expected = {f"n{number}": b"%d" % number for number in range(60) if number % 3} | {"taken": b"0"}
    assert records(store, "losses") == expected


@law
def an_operation_that_is_asked_again_is_answered_again_and_not_made_again(store: Store) -> None:
    first = write(store, "losses", Change("huber", b"1", NOTHING_THERE), operation="op-1")
    write(store, "losses", Change("huber", b"2"))
    assert write(store, "losses", Change("huber", b"1", NOTHING_THERE), operation="op-1") == first
    assert records(store, "losses") == {"huber": b"2"}
    assert store.operation("op-1") == Operation("losses", first)


@law
def an_operation_cannot_be_another_one(store: Store) -> None:
    token = write(store, "losses", Change("huber", b"1"), operation="op-1")
    for namespace, change in (
        ("losses", Change("huber", b"2")),
        ("losses", Change("mse", b"1")),
        ("losses", Change("huber", None)),
        ("losses", Change("huber", b"1", NOTHING_THERE)),
        ("models", Change("huber", b"1")),
    ):
        with pytest.raises(OperationReusedError) as caught:
            write(store, namespace, change, operation="op-1")
        assert caught.value.context["operation"] == "op-1"
    assert store.token() == token


@law
def a_refused_operation_is_not_remembered(store: Store) -> None:
    write(store, "losses", Change("huber", b"1"))
    with pytest.raises(RevisionConflictError):
        write(store, "losses", Change("huber", b"2", NOTHING_THERE), operation="op-1")
    assert store.operation("op-1") is None
    write(store, "losses", Change("huber", None))
    token = write(store, "losses", Change("huber", b"2", NOTHING_THERE), operation="op-1")
    assert store.operation("op-1") == Operation("losses", token)


@law
def the_same_operation_twice_at_once_is_made_once(store: Store) -> None:
    twice = [store.submit("losses", [Change("huber", b"1", NOTHING_THERE)], operation="op") for _ in range(2)]
    first, second = (future.result(PATIENCE) for future in twice)
    assert first == second == store.token()


@law
def history_is_told_newest_first_with_removals(store: Store) -> None:
    tokens = [
        write(store, "losses", Change("huber", b"1"), author="anna"),
        write(store, "losses", Change("mse", b"0")),
        write(store, "losses", Change("huber", None), author="ben"),
        write(store, "models", Change("huber", b"0")),
        write(store, "losses", Change("huber", b"2")),
    ]
    found = [(stored.revision, stored.record, stored.author) for stored in store.history("losses", "huber")]
    assert found == [
        (tokens[4].revision, b"2", ""),
        (tokens[2].revision, None, "ben"),
        (tokens[0].revision, b"1", "anna"),
    ]


@law
def a_snapshot_is_of_one_moment_oldest_revision_first(store: Store) -> None:
    write(store, "losses", Change("b", b"1"), Change("a", b"2"))
    write(store, "losses", Change("c", b"3"))
    token = write(store, "losses", Change("b", b"4"))
    with store.snapshot("losses") as snapshot:
        write(store, "losses", Change("a", None), Change("d", b"5"))
        found = [(stored.name, stored.record) for stored in snapshot]
        assert (snapshot.token, snapshot.count) == (token, 3)
    assert found == [("a", b"2"), ("c", b"3"), ("b", b"4")]


@law
def a_snapshot_and_a_watch_from_its_token_give_everything(store: Store) -> None:
    stop = threading.Event()

    def keep_writing() -> Token:
        for number in itertools.count():
            token = write(store, "losses", Change(f"n{number % 7}", b"%d" % number))
            if stop.is_set():
                return token
        raise AssertionError

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(keep_writing)
        try:
            for _ in range(5):
                with store.snapshot("losses") as snapshot:
                    held = {stored.name: (stored.revision, stored.record) for stored in snapshot}
                write(store, "losses", Change("between", b""))
                watch = store.watch(since=snapshot.token, namespaces=["losses"])
                upto = write(store, "losses", Change("marker", b""))
                for frame in frames(watch, upto):
                    held |= {change.name: (change.revision, change.record) for change in frame.changes}
                watch.close()
                for name in ("between", "marker", *(f"n{number}" for number in range(7))):
                    then = [stored for stored in store.history("losses", name) if stored.revision <= upto.revision]
                    newest = (then[0].revision, then[0].record) if then else None
                    if name not in held or held[name][0] <= upto.revision:  # a frame may have brought what came later
                        assert held.get(name) == newest
        finally:
            stop.set()
            writing.result(PATIENCE)


@law
def a_watch_tells_each_submission_once_in_order_and_whole(store: Store) -> None:
    start = store.token()
    watch = store.watch(since=start)
    write(store, "losses", Change("huber", b"1"), Change("mse", b"2"), author="anna")
    write(store, "models", Change("resnet", b"3"))
    last = write(store, "losses", Change("huber", None), Change("l1", b"4"))
    expected = [
        (start.revision + 1, "losses", {"huber": b"1", "mse": b"2"}),
        (start.revision + 2, "models", {"resnet": b"3"}),
        (start.revision + 3, "losses", {"huber": None, "l1": b"4"}),
    ]
    given = frames(watch, last)
    assert [told(frame) for frame in given] == expected
    assert {change.author for change in given[0].changes} == {"anna"}
    assert {change.revision for change in given[2].changes} == {last.revision}
    watch.close()
    assert list(watch) == []
    for position in range(3):
        since = Token(start.epoch, start.revision + position)
        again = store.watch(since=since)
        assert [told(frame) for frame in frames(again, last)] == expected[position:]
        again.close()


@law
def a_watch_of_some_namespaces_tells_of_no_others(store: Store) -> None:
    start = store.token()
    for namespace in ("a", "b", "a.b", "c", "a"):
        last = write(store, namespace, Change("x", namespace.encode()))
    watch = store.watch(since=start, namespaces=["a", "c"])
    assert [frame.namespace for frame in frames(watch, last)] == ["a", "c", "a"]
    watch.close()


@law
def a_watch_gives_a_sign_of_life_that_says_how_far_it_came(store: Store) -> None:
    token = write(store, "losses", Change("huber", b"1"))
    watch = store.watch(since=Token(token.epoch, 0), namespaces=["models"])
    begun = time.monotonic()
    found = seen(watch, lambda given: isinstance(given[-1], Beat) and given[-1].token == token)
    assert all(isinstance(one, Beat) for one in found)
    assert time.monotonic() - begun < PATIENCE / 3
    watch.close()


@law
def a_watch_that_cannot_begin_says_so_and_ends(store: Store) -> None:
    token = write(store, "losses", Change("huber", b"1"))
    for wrong in (
        Token("another", token.revision),
        Token(token.epoch, token.revision + 1),
        Token(token.epoch, 1 << 62),
    ):
        found = seen(store.watch(since=wrong), lambda given: False)
        assert len(found) == 1
        assert isinstance(found[0], Reset)
        assert found[0].reason


@law
def closing_a_watch_ends_a_next_that_waits(store: Store) -> None:
    watch = store.watch(since=store.token())
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(list, watch)
        assert isinstance(next(iter(store.watch(since=store.token()))), Beat)  # so long the other waits at least
        watch.close()
        assert all(isinstance(one, Beat) for one in waiting.result(PATIENCE))
    watch.close()
    assert list(watch) == []


@law
def a_watch_that_nobody_reads_misses_nothing(store: Store) -> None:
    start = store.token()
    watch = store.watch(since=start)
    futures = [store.submit("losses", [Change("n", b"%d" % n)], operation=uuid4().hex) for n in range(1500)]
    last = max((future.result(PATIENCE) for future in futures), key=lambda token: token.revision)
    given = frames(watch, last)
    assert [frame.token.revision for frame in given] == list(range(start.revision + 1, start.revision + 1501))
    assert {frame.changes[0].record for frame in given} == {b"%d" % n for n in range(1500)}
    watch.close()


@law
def what_cannot_be_a_name_is_refused_by_every_question(store: Store) -> None:
    for bad in ("", "a\nb", " a", "x" * 256, "\ud800", 3, None, ("a",)):
        name: Any = bad
        with pytest.raises(InvalidNameError):
            store.get("losses", name)
        with pytest.raises(InvalidNameError):
            store.history("losses", name)
        with pytest.raises(InvalidNameError):
            write(store, "losses", Change(name, b""))
    for bad in ("", ".", "a..b", ".a", 3, None):
        namespace: Any = bad
        with pytest.raises(InvalidNameError):
            store.get(namespace, "a")
        with pytest.raises(InvalidNameError):
            store.snapshot(namespace)
        with pytest.raises(InvalidNameError):
            store.watch(since=store.token(), namespaces=[namespace])
        with pytest.raises(InvalidNameError):
            write(store, namespace, Change("a", b""))


@law
def what_cannot_be_stored_at_all_is_refused(store: Store) -> None:
    bad: list[tuple[Sequence[Any], dict[str, Any]]] = [
        ([], {}),
        ([Change("a", b"1"), Change("a", b"2")], {}),
        ([Change("a", "text")], {}),  # type: ignore[arg-type]  # on purpose
        ([Change("a", b"1", "anything")], {}),  # type: ignore[arg-type]  # on purpose
        ([Change("a", b"1")], {"operation": ""}),
        ([Change("a", b"1")], {"operation": "x" * 65}),
        ([Change("a", b"1")], {"operation": "é"}),
        ([Change("a", b"1")], {"operation": "a\n"}),
        ([Change("a", b"1")], {"author": "\ud800"}),
        ([Change("a", b"1")], {"author": "x" * 256}),
    ]
    for changes, options in bad:
        with pytest.raises(ValidationError):
            store.submit("losses", changes, **{"operation": uuid4().hex, **options}).result(PATIENCE)
    assert store.namespaces() == []


@law
def more_than_the_limits_allow_is_refused_with_the_limits(store: Store) -> None:
    limits = store.limits
    too_many = [Change(f"n{number}", b"") for number in range(limits.changes + 1)]
    with pytest.raises(TooLargeError) as caught:
        write(store, "losses", *too_many)
    assert caught.value.context == {"changes": limits.changes, "size": limits.size}
    with pytest.raises(TooLargeError):
        write(store, "losses", Change("a", bytes(limits.size)))
    assert store.namespaces() == []


@law
def a_store_that_was_closed_says_so_and_ends_its_watches(store: Store) -> None:
    token = write(store, "losses", Change("huber", b"1"))
    watch = store.watch(since=token)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(list, watch)
        store.close()
        assert all(isinstance(one, Beat) for one in waiting.result(PATIENCE))
    store.close()
    questions: list[Callable[[], object]] = [
        store.token,
        store.namespaces,
        lambda: store.get("losses", "huber"),
        lambda: list(store.snapshot("losses")),
        lambda: store.history("losses", "huber"),
        lambda: store.operation("op"),
        lambda: store.watch(since=token),
        lambda: write(store, "losses", Change("mse", b"1")),
    ]
    for question in questions:
        with pytest.raises(StoreError):
            question()


@law
def closing_writes_what_was_submitted(store: Store) -> None:
    futures = [store.submit("losses", [Change(f"n{n}", b"")], operation=uuid4().hex) for n in range(200)]
    store.close()
    assert len({future.result(PATIENCE) for future in futures}) == 200


@law
def a_future_is_one_like_any_other(store: Store) -> None:
    told: list[Token] = []
    done = threading.Event()
    future = store.submit("losses", [Change("huber", b"1")], operation=uuid4().hex)
    future.add_done_callback(lambda done_one: (told.append(done_one.result()), done.set()))
    token = future.result(PATIENCE)
    assert done.wait(PATIENCE)
    assert told == [token]
    assert future.result() == future.result(0) == token
    assert future.exception(PATIENCE) is None
    assert future.done()
    assert not future.cancel()
    refused = store.submit("losses", [Change("huber", b"1", NOTHING_THERE)], operation=uuid4().hex)
    assert isinstance(refused.exception(PATIENCE), RevisionConflictError)


def machine_for(make: Callable[[], Store]) -> type[RuleBasedStateMachine]:
    """A machine that does the same to a store and to a model of one, and compares all that can be seen."""
    spec = importlib.util.spec_from_file_location("contract_machine", Path(__file__).with_name("contract_machine.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["contract_machine"] = module
    spec.loader.exec_module(module)
    machine: type[RuleBasedStateMachine] = module.machine_for(make)
    return machine
