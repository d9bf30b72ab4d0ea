"""The suite of `contract.py` on the stores of this machine, and on stores that are broken in one place."""

import importlib.util
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from registry.errors import DiagnosticError
from registry.revisions import ANYTHING, Change, Stored, Token
from registry.store_protocol import Store, Watch
from registry.stores import MemoryStore, SQLiteStore


def beside(name: str) -> Any:
    """A helper module that stands beside this file."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


contract = beside("contract")
machine_for = contract.machine_for


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


MAKERS: dict[str, Callable[[Path], Store]] = {
    "memory": lambda folder: MemoryStore(),
    "sqlite": lambda folder: SQLiteStore(folder / f"{uuid4().hex}.db"),
    "served sqlite": lambda folder: SQLiteStore(folder / f"{uuid4().hex}.db", served_as="http://127.0.0.1:8001"),
}


@pytest.mark.parametrize("check", contract.LAWS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_law(make: Callable[[Path], Store], check: Callable[[Store], None], folder: Path) -> None:
    store = make(folder)
    try:
        check(store)
    finally:
        store.close()


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_a_store_does_what_the_model_does(make: Callable[[Path], Store], folder: Path) -> None:
    machine = machine_for(lambda: make(folder))
    run_state_machine_as_test(machine, settings=settings(max_examples=25, stateful_step_count=25, deadline=None))


class Broken:
    """A memory store that does one thing wrong; all else is passed on."""

    def __init__(self) -> None:
        self.store = MemoryStore()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


class ForgetsExpectations(Broken):
    def submit(self, namespace: str, changes: Sequence[Change], **options: Any) -> "Future[Token]":
        blind = [Change(change.name, change.record, ANYTHING) for change in changes]
        return self.store.submit(namespace, blind, **options)


class ForgetsOperations(Broken):
    def submit(self, namespace: str, changes: Sequence[Change], *, operation: str, author: str = "") -> "Future[Token]":
        return self.store.submit(namespace, changes, operation=uuid4().hex, author=author)


class WritesPartOfARefusedSubmission(Broken):
    def submit(self, namespace: str, changes: Sequence[Change], *, operation: str, author: str = "") -> "Future[Token]":
        if len(changes) > 1:
            self.store.submit(namespace, changes[:1], operation=uuid4().hex, author=author)
        return self.store.submit(namespace, changes, operation=operation, author=author)


class ReadsWhatWas(Broken):
    def __init__(self) -> None:
        super().__init__()
        self.old: dict[tuple[str, str], Stored | None] = {}

    def get(self, namespace: str, name: str, /) -> Stored | None:
        return self.old.setdefault((namespace, name), self.store.get(namespace, name))


class WatchesFromNow(Broken):
    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> Watch:
        return self.store.watch(since=self.store.token(), namespaces=namespaces)


class WatchesTwice(Broken):
    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> Watch:
        back = Token(since.epoch, since.revision - 1) if since.revision > 0 else since
        return self.store.watch(since=back, namespaces=namespaces)


class WatchesEverything(Broken):
    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> Watch:
        return self.store.watch(since=since)


BROKEN: list[Callable[[], Any]] = [
    ForgetsExpectations,
    ForgetsOperations,
    WritesPartOfARefusedSubmission,
    ReadsWhatWas,
    WatchesFromNow,
    WatchesTwice,
    WatchesEverything,
]


@pytest.mark.parametrize("make", BROKEN)
def test_the_model_notices_a_store_that_is_broken_in_one_place(make: Callable[[], Any]) -> None:
    machine = machine_for(make)
    quick = settings(
        max_examples=300,
        stateful_step_count=25,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    for _ in range(6):  # Hypothesis leaves some rules out of each program, and one run may have bad luck
        try:
            run_state_machine_as_test(machine, settings=quick)
        except (AssertionError, pytest.fail.Exception, DiagnosticError):
            return
    pytest.fail("1,800 programs did not notice it")


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (ForgetsExpectations, "only_one_claims_a_name_and_the_other_is_told_who_did"),
        (ForgetsExpectations, "of_many_threads_that_claim_a_name_one_wins"),
        (ForgetsExpectations, "a_counter_that_threads_increase_by_compare_and_set_loses_nothing"),
        (ForgetsOperations, "an_operation_that_is_asked_again_is_answered_again_and_not_made_again"),
        (ForgetsOperations, "the_same_operation_twice_at_once_is_made_once"),
        (WritesPartOfARefusedSubmission, "a_submission_is_made_as_a_whole_or_not_at_all"),
        (ReadsWhatWas, "a_counter_that_threads_increase_by_compare_and_set_loses_nothing"),
        (WatchesFromNow, "a_snapshot_and_a_watch_from_its_token_give_everything"),
        (WatchesTwice, "a_watch_tells_each_submission_once_in_order_and_whole"),
        (WatchesEverything, "a_watch_of_some_namespaces_tells_of_no_others"),
    ],
)
def test_a_law_notices_a_store_that_breaks_it(make: Callable[[], Any], name: str) -> None:
    (check,) = [check for check in contract.LAWS if check.__name__ == name]
    for _ in range(50):  # threads that happen to run one after the other break nothing
        try:
            check(make())
        except (AssertionError, pytest.fail.Exception, DiagnosticError):
            return
    pytest.fail("the law never noticed it")
