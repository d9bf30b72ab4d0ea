"""`registry migrate` compares in the end: what is lost, changed or written meanwhile is found out."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from cli.migrating import ALIAS, MANY, RECORDS, Small, all_of, data, put, token_of
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st
from server.running import running

from registry.cli import migrate
from registry.cli.migration import comparing, records, writing
from registry.cli.migration.comparing import Comparison, compare
from registry.cli.migration.planning import Plan, plan_migration
from registry.cli.migration.records import fitting
from registry.cli.migration.spool import Spool
from registry.cli.migration.writing import remove_records, write_records
from registry.cli.transfer.applying import Done
from registry.errors import OperationalError, RemoteError
from registry.records import Record
from registry.revisions import Change, Snapshot, Token
from registry.stores import MemoryStore, SQLiteStore, opening

Run = Callable[..., Result]
Fill = Callable[..., None]
Contents = Callable[[Path], dict[str, dict[str, bytes | None]]]


@pytest.fixture
def a(fill: Fill, project: Path) -> Path:
    """A file of two namespaces."""
    fill(project / "a.db", RECORDS)
    return project / "a.db"


# ---------------------------------------------------------------------------------------------- what differs


class Lossy:
    """A store that acknowledges and does not keep one record as it was."""

    def __init__(self, store: SQLiteStore, harmed: Callable[[Change], Change | None]) -> None:
        self._store = store
        self._harmed = harmed

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        kept = [change for one in changes if (change := self._harmed(one)) is not None]
        return self._store.submit(namespace, kept, operation=operation)  # type: ignore[return-value]  # an Answer is one

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


HARMS: dict[str, Callable[[Change], Change | None]] = {
    "is not at the target": lambda change: None if change.name == "k7" else change,
    "is another record at the target": lambda change: Change(change.name, data(-1)) if change.name == "k7" else change,
    "is at the target, and not at the source": lambda change: (
        Change("k7 again", change.record) if change.name == "k7" else change
    ),
}


@pytest.fixture
def find_out(run: Run, fill: Fill, project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Checks that a target which does harm to a record is found out."""

    def lossy(url: str) -> Any:
        return Lossy(SQLiteStore("b.db"), HARMS[url.partition(":")[2]])

    def find_out(harm: str) -> None:
        fill(project / "a.db", {"many": MANY})
        monkeypatch.setattr(opening, "_OPENERS", {**opening._OPENERS, "lossy": lossy})
        result = run("migrate", "--from", "a.db", "--to", f"lossy:{harm}")
        assert result.exit_code == 1, result.output
        assert harm in result.stderr
        assert "'k7" in result.stderr
        assert "of 300 that were compared: the source is still at " in result.stderr
        assert "Verified" not in result.stdout

    return find_out


@pytest.mark.parametrize("harm", HARMS)
def test_a_target_that_loses_or_changes_a_record_is_found_out(find_out: Callable[[str], None], harm: str) -> None:
    find_out(harm)


def test_the_twin_that_compares_names_alone_is_found_out(
    find_out: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_digest", lambda record: b"")
    with pytest.raises(AssertionError):
        find_out("is another record at the target")


@pytest.fixture
def meanwhile(project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has somebody write to one of the files after everything was written, before it is compared."""

    def meanwhile(file: str, namespace: str, named: Mapping[str, bytes | None]) -> None:
        def write(*arguments: Any) -> None:
            write_records(*arguments)
            with SQLiteStore(project / file) as store:
                put(store, namespace, named)
            monkeypatch.setattr(migrate, "write_records", write_records)

        monkeypatch.setattr(migrate, "write_records", write)

    return meanwhile


@pytest.mark.parametrize(
    ("named", "saying", "options"),
    [
        ({"new": data(1)}, "'new' in 'vision' is not at the target", []),
        ({"huber": data(1)}, "'huber' in 'vision' is another record", ["--on-conflict", "replace"]),
        ({"huber": None}, "'huber' in 'vision' is at the target, and not at the source", ["--prune"]),
    ],
)
def test_who_writes_to_the_source_meanwhile_is_told_how_to_catch_up(
    run: Run,
    a: Path,
    project: Path,
    contents: Contents,
    meanwhile: Callable[..., None],
    named: dict[str, bytes | None],
    saying: str,
    options: list[str],
) -> None:
    before = token_of(a)
    meanwhile("a.db", "vision", named)
    result = run("migrate", "--from", "a.db", "--to", "b.db")
    assert result.exit_code == 1
    assert saying in result.stderr
    assert f"written to meanwhile, and went from {before} to {token_of(a)}." in result.stderr
    told = f"run the same command again{' with ' if options else ''}{' '.join(options)}: only what differs is written"
    assert told in result.stderr
    result = run("migrate", "--from", "a.db", "--to", "b.db", *options)
    assert result.exit_code == 0, result.output
    assert contents(project / "b.db") == contents(a)


def test_a_namespace_that_is_new_or_gone_is_a_difference(
    run: Run, a: Path, contents: Contents, project: Path, meanwhile: Callable[..., None]
) -> None:
    meanwhile("a.db", "later", {"x": data(1)})
    result = run("migrate", "--from", "a.db", "--to", "b.db")
    assert (result.exit_code, "'x' in 'later' is not at the target" in result.stderr) == (1, True)
    assert run("migrate", "--from", "a.db", "--to", "b.db").exit_code == 0
    meanwhile("a.db", "later", {"x": None})
    result = run("migrate", "--from", "a.db", "--to", "b.db")
    assert (result.exit_code, "'x' in 'later' is at the target, and not" in result.stderr) == (1, True)


def test_a_source_that_is_written_to_elsewhere_is_told(run: Run, a: Path, meanwhile: Callable[..., None]) -> None:
    before = token_of(a)
    meanwhile("a.db", "another", {"x": data(1)})
    result = run("migrate", "--from", "a.db", "--to", "b.db", "-n", "vision")
    assert result.exit_code == 0
    assert f"The source was written to meanwhile: it was at {before} and is at {token_of(a)} now." in result.stderr


def test_who_writes_to_the_target_between_is_not_overwritten(
    run: Run, a: Path, project: Path, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interfere(*arguments: Any) -> None:
        with SQLiteStore(project / "b.db") as store:
            put(store, "vision", {"huber": data("other")})
        write_records(*arguments)

    monkeypatch.setattr(migrate, "write_records", interfere)
    result = run("migrate", "--from", "a.db", "--to", "b.db")
    assert result.exit_code == 1
    assert "'huber' in 'vision' was written at the target by somebody else meanwhile." in result.stderr
    assert contents(project / "b.db")["vision"]["huber"] == data("other")


def test_who_writes_to_what_is_to_be_removed_is_not_overwritten(
    run: Run, a: Path, fill: Fill, project: Path, contents: Contents, meanwhile: Callable[..., None]
) -> None:
    fill(project / "b.db", {"vision": {"own": ALIAS}})
    meanwhile("b.db", "vision", {"own": data(1)})
    result = run("migrate", "--from", "a.db", "--to", "b.db", "--prune")
    assert result.exit_code == 1
    assert "'own' in 'vision' was written at the target by somebody else meanwhile." in result.stderr
    assert contents(project / "b.db")["vision"]["own"] == data(1)


def test_who_writes_to_the_source_while_it_is_compared_is_told(
    run: Run, a: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = token_of(a)

    def held(store: Any, namespace: str) -> records.Held:
        with SQLiteStore(a) as source:
            put(source, "another", {"x": data(1)})
        return records.Held(store, namespace)

    monkeypatch.setattr(comparing, "Held", held)
    result = run("migrate", "--from", "a.db", "--to", "b.db", "-n", "vision")
    assert result.exit_code == 0
    assert f"are what the source had between {before} and {token_of(a)}." in result.stdout
    assert f"it was at {before} and is at {token_of(a)} now." in result.stderr


def test_a_target_that_keeps_what_was_to_be_removed_is_found_out(
    run: Run, a: Path, fill: Fill, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(project / "b.db", {"vision": {"own": ALIAS}})

    def keeping(url: str) -> Any:
        return Lossy(SQLiteStore("b.db"), lambda one: Change("one more", data(1)) if one.record is None else one)

    monkeypatch.setattr(opening, "_OPENERS", {**opening._OPENERS, "keeping": keeping})
    result = run("migrate", "--from", "a.db", "--to", "keeping:", "--prune")
    assert result.exit_code == 1
    assert "'own' in 'vision' is at the target, and not at the source" in result.stderr


def test_there_is_an_end_to_what_differs(run: Run, fill: Fill, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(project / "a.db", {"many": MANY, "others": MANY})

    def forgetful(url: str) -> Any:
        return Lossy(SQLiteStore("b.db"), lambda one: one if one.name == "k0" else None)

    monkeypatch.setattr(opening, "_OPENERS", {**opening._OPENERS, "forgetful": forgetful})
    result = run("migrate", "--from", "a.db", "--to", "forgetful:")
    assert result.exit_code == 1
    assert result.stderr.count(" in 'many' is not at the target\n") == 10
    assert "differs from the source in at least 100 records, of 101 that were compared" in result.stderr


def test_what_came_to_the_source_meanwhile_and_cannot_be_moved_is_a_difference(
    run: Run, a: Path, meanwhile: Callable[..., None]
) -> None:
    meanwhile("a.db", "vision", {"raw": b"\xff"})
    with MemoryStore() as store, running(store) as server:
        result = run("migrate", "--from", "a.db", "--to", server.url)
        assert (result.exit_code, "'raw' in 'vision' is not at the target" in result.stderr) == (1, True)
        result = run("migrate", "--from", "a.db", "--to", server.url)
        assert (result.exit_code, "The target does not take 1 record" in result.stderr) == (1, True)


def test_a_comparison_that_fails_says_what_is_done(run: Run, a: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: Any) -> None:
        raise RemoteError("The line was cut.")

    monkeypatch.setattr(migrate, "compare", fail)
    result = run("migrate", "--from", "a.db", "--to", "b.db")
    assert result.exit_code == 2
    assert "Everything was written, and not compared. Run the same command again to compare it." in result.stderr
    assert "error: The line was cut." in result.stderr


def test_a_snapshot_that_is_not_whole_is_an_error(run: Run, a: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Short(Lossy):
        def snapshot(self, namespace: str) -> Snapshot:
            found = self._store.snapshot(namespace)
            return Snapshot(found.token, found.count, list(found)[1:])

    def short(url: str) -> Any:
        return Short(SQLiteStore("a.db"), lambda one: one)

    monkeypatch.setattr(opening, "_OPENERS", {**opening._OPENERS, "short": short})
    result = run("migrate", "--from", "short:", "--to", "b.db")
    assert (result.exit_code, "'research.losses' gave 2 of its 3 records." in result.stderr) == (2, True)


# ---------------------------------------------------------------------------------------------- the law


Records = dict[str, dict[str, int]]

holdings: st.SearchStrategy[Records] = st.dictionaries(
    st.sampled_from(["m", "n", "größe 日本/"]),
    st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 2), min_size=1),
)


def store_of(held: Records) -> MemoryStore:
    """A store that holds these numbers."""
    store = MemoryStore()
    for namespace, named in held.items():
        put(store, namespace, {name: data(value) for name, value in named.items()})
    return store


def numbers_of(store: MemoryStore) -> Records:
    """The numbers that a store holds."""
    return {
        namespace: {name: Record.from_bytes(record or b"").data for name, record in named.items()}
        for namespace, named in all_of(store).items()
    }


def migrated(source: MemoryStore, target: Any, choice: Any, prune: bool) -> tuple[Plan, Comparison]:
    """What a migration planned, and found in the end."""
    fit = fitting(target.limits, False)
    with Spool() as waiting:
        plan = plan_migration(source, target, source.namespaces(), choice, fit, waiting, lambda by: None)
        write_records(target, plan, waiting, choice, Done(), lambda by: None)
        if prune:
            remove_records(target, plan, waiting, Done(), lambda by: None)
    sections = {section.namespace: section for section in plan.sections}
    return plan, compare(source, target, sections, source.namespaces(), fit, lambda by: None)


@given(
    before=holdings, moved=holdings, changes=st.integers(1, 4), choice=st.sampled_from(["replace", "keep"]), prune=...
)
def test_what_is_there_afterwards_is_what_both_had_by_the_choice(
    before: Records, moved: Records, changes: int, choice: str, prune: bool
) -> None:
    source, target = store_of(moved), store_of(before)
    plan, found = migrated(source, Small(target, changes), choice, prune)
    expected = dict(before)
    for namespace, named in moved.items():
        there = before.get(namespace, {})
        whole = {**there, **named} if choice == "replace" else {**named, **there}
        expected[namespace] = {name: whole[name] for name in (named if prune else whole)}
    assert numbers_of(target) == expected
    assert found.differences == []
    assert found.compared + found.kept == plan.records == sum(map(len, moved.values()))
    assert migrated(source, Small(target, changes), choice, prune)[0].changes == 0


@given(moved=holdings.filter(bool), choice=st.randoms(use_true_random=False), to=st.integers(0, 3) | st.none())
def test_any_record_that_is_made_another_is_found(moved: Records, choice: Any, to: int | None) -> None:
    source, target = store_of(moved), store_of({})
    plan, _ = migrated(source, target, "error", False)
    namespace = choice.choice(sorted(moved))
    name = choice.choice(sorted(moved[namespace]))
    is_harmed = moved[namespace][name] != to
    put(target, namespace, {name: None if to is None else data(to)})
    sections = {section.namespace: section for section in plan.sections}
    found = compare(source, target, sections, [], fitting(target.limits, False), lambda by: None)
    assert [(one.namespace, one.name) for one in found.differences] == ([(namespace, name)] if is_harmed else [])


def test_a_target_that_does_not_answer_ends_the_removal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(Small):
        def submit(self, *arguments: Any, **options: Any) -> "Future[Token]":
            return Future()

    monkeypatch.setattr(writing, "PATIENCE", 0.01)
    source, target = store_of({"n": {"a": 1}}), store_of({"n": {"a": 1, "b": 2}})
    with pytest.raises(OperationalError, match="did not answer within"):
        migrated(source, Silent(target, 4), "error", True)
