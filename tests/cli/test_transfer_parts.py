"""Imports that go in parts, past others and past lost answers; exports that were interrupted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from registry.cli.transfer import applying, partial
from registry.cli.transfer.applying import Done, Target, write_items
from registry.cli.transfer.shape import Item, Spot
from registry.document import nowhere
from registry.errors import DiagnosticError, OverloadedError, RemoteError
from registry.records import Record
from registry.revisions import Change, Snapshot, StoreLimits, Token
from registry.stores import MemoryStore, SQLiteStore

Run = Callable[..., Result]
Fill = Callable[..., None]
Contents = Callable[[Path], dict[str, dict[str, bytes | None]]]

ALIAS = Record(kind="alias", alias_of="huber")
RECORDS = {
    "research.losses": {"huber": Record(kind="data", data=1), "smooth_l1": ALIAS, "x": Record(kind="data", data=[1.5])},
    "vision": {"huber": Record(kind="data", data={"a": None})},
}


class Small:
    """A store that takes little at once, and fails as it is told."""

    def __init__(self, store: MemoryStore, changes: int, failures: Sequence[DiagnosticError | None] = ()) -> None:
        self._store = store
        self._failures = list(failures)
        self.limits = StoreLimits(changes, 1 << 20)
        self.submitted: list[list[str]] = []
        self.operations: list[str] = []

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> Future[Token]:
        self.submitted.append([change.name for change in changes])
        self.operations.append(operation)
        done = self._store.submit(namespace, changes, operation=operation)
        failure = self._failures.pop(0) if self._failures else None
        if failure is None:
            return done
        failed: Future[Token] = Future()
        failed.set_exception(failure)
        return failed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def items(*numbers: int) -> list[Item]:
    """Records by the number that they hold; an alias of each tenth stands before it."""
    found = []
    for number in numbers:
        if number % 10 == 0:
            record = Record(kind="alias", alias_of=str(number)).to_bytes()
            found.append(Item("n", f"alias {number}", record, True, Spot({}, nowhere)))
        record = Record(kind="data", data=number).to_bytes()
        found.append(Item("n", str(number), record, False, Spot({}, nowhere)))
    return found


def apply(store: Any, wanted: Sequence[Item], on_conflict: Any = "error") -> Done:
    done = Done()
    write_items(store, Target(store, "n", on_conflict), wanted, done, lambda by: None)
    return done


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "PAUSE", 0.001)


def test_more_than_a_store_takes_goes_in_parts_and_aliases_come_after_what_they_stand_for() -> None:
    store = Small(MemoryStore(), 4)
    done = apply(store, items(*range(21)))
    assert [len(part) for part in store.submitted] == [4] * 6
    assert store.submitted[-1] == ["20", "alias 0", "alias 10", "alias 20"]
    assert (done.written, done.parts) == ({"n": 24}, 6)


def test_a_part_is_no_longer_than_the_store_says() -> None:
    store = Small(MemoryStore(), 1000)
    store.limits = StoreLimits(1000, 100)
    apply(store, items(1, 2, 3, 4))
    assert [len(part) for part in store.submitted] == [2, 2]


def check_that_a_lost_answer_does_no_harm() -> None:
    store = Small(MemoryStore(), 100, [RemoteError("lost"), OverloadedError("busy"), None])
    assert apply(store, items(1, 2)).written == {"n": 2}
    assert len(store.submitted) == 3
    assert store.token().revision == 1


def test_an_answer_that_was_lost_is_asked_for_again_and_nothing_happens_twice() -> None:
    check_that_a_lost_answer_does_no_harm()


def test_the_twin_that_takes_another_id_each_time_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    identities = count()

    def submit(store: Any, namespace: str, changes: list[Change]) -> Token:
        while True:
            try:
                token: Token = store.submit(namespace, changes, operation=str(next(identities))).result()
            except (RemoteError, OverloadedError):
                continue
            return token

    monkeypatch.setattr(applying, "_submit", submit)
    with pytest.raises(AssertionError):
        check_that_a_lost_answer_does_no_harm()


def test_a_store_that_stays_away_ends_an_import_which_can_be_gone_on_with() -> None:
    memory = MemoryStore()
    store = Small(memory, 2, [None, *[RemoteError("away")] * applying.TRIES])
    done = Done()
    with pytest.raises(RemoteError, match="away"):
        write_items(store, Target(store, "n", "error"), items(1, 2, 3, 4, 5), done, lambda by: None)
    assert done.written == {"n": 2}
    again = apply(Small(memory, 2), items(1, 2, 3, 4, 5))
    assert again.skipped + again.written["n"] == 5
    assert len(list(memory.snapshot("n"))) == 5


@pytest.mark.parametrize(("on_conflict", "kept"), [("replace", 1), ("keep", 7)])
def test_who_comes_in_between_is_treated_like_who_was_there_before(on_conflict: str, kept: int) -> None:
    memory = MemoryStore()
    target = Target(memory, "n", on_conflict)  # type: ignore[arg-type]  # of the words of the test
    other = Record(kind="data", data=7).to_bytes()
    memory.submit("n", [Change("1", other), Change("2", items(2)[0].record)], operation="other")
    write_items(memory, target, items(1, 2, 3), Done(), lambda by: None)
    held = {stored.name: stored.record for stored in memory.snapshot("n")}
    assert held["1"] == Record(kind="data", data=kept).to_bytes()
    assert set(held) == {"1", "2", "3"}


def test_who_comes_in_between_is_a_conflict_where_conflicts_are_errors() -> None:
    memory = MemoryStore()
    target = Target(memory, "n", "error")
    memory.submit("n", [Change("1", Record(kind="data", data=7).to_bytes())], operation="other")
    with pytest.raises(DiagnosticError, match="was written by somebody else meanwhile"):
        write_items(memory, target, items(1, 2), Done(), lambda by: None)
    assert [stored.name for stored in memory.snapshot("n")] == ["1"]


@given(
    before=st.dictionaries(st.integers(0, 9), st.integers(0, 2)),
    after=st.dictionaries(st.integers(0, 9), st.integers(0, 2)),
    changes=st.integers(1, 4),
    choice=st.sampled_from(["replace", "keep"]),
)
def test_what_is_there_afterwards_does_not_depend_on_the_parts(
    before: dict[int, int], after: dict[int, int], changes: int, choice: str
) -> None:
    memory = MemoryStore()
    for number, (key, value) in enumerate(before.items()):
        memory.submit("n", [Change(str(key), Record(kind="data", data=value).to_bytes())], operation=str(number))
    wanted = [
        Item("n", str(key), Record(kind="data", data=value).to_bytes(), False, Spot({}, nowhere))
        for key, value in after.items()
    ]
    apply(Small(memory, changes), wanted, choice)
    expected = {**before, **after} if choice == "replace" else {**after, **before}
    held = {stored.name: stored.record for stored in memory.snapshot("n")}
    assert held == {str(key): Record(kind="data", data=value).to_bytes() for key, value in expected.items()}


def test_an_import_in_parts_says_so(run: Run, fill: Fill, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(project / "a.db", {"n": {item.name: item.record for item in items(*range(1, 8))}})
    run("export", "many.jsonl", "--store", "a.db")
    monkeypatch.setattr("registry.stores.sqlite.store.LIMITS", StoreLimits(3, 1 << 20))
    result = run("import", "many.jsonl", "--store", "b.db")
    assert (result.exit_code, result.stdout) == (0, "n: 7 new\n")
    assert "n: 7 records in about 3 parts, since the store takes 3 changes or 1,048,576 bytes at once." in result.stderr


# ---------------------------------------------------------------------------------------------- going on


def test_a_partly_done_import_says_what_is_done(
    run: Run, fill: Fill, project: Path, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(project / "a.db", {"n": {item.name: item.record for item in items(*range(1, 8))}})
    run("export", "many.jsonl", "--store", "a.db")
    monkeypatch.setattr("registry.stores.sqlite.store.LIMITS", StoreLimits(3, 1 << 20))
    written = applying._write_part
    parts = count()

    def failing(*arguments: Any) -> int:
        if next(parts) == 2:
            raise RemoteError("The line was cut.")
        return written(*arguments)

    monkeypatch.setattr(applying, "_write_part", failing)
    result = run("import", "many.jsonl", "--store", "b.db")
    assert result.exit_code == 2
    assert "At least 6 of 7 records were imported before this." in result.stderr
    assert "error: The line was cut." in result.stderr
    assert run("import", "many.jsonl", "--store", "b.db").stdout == "n: 1 new, 6 there already\n"
    assert len(contents(project / "b.db")["n"]) == 7


def interrupted(file: Path, text: str, lines: int) -> None:
    """What an export leaves behind that ended after some lines, in the middle of the next."""
    whole = text.splitlines(keepends=True)
    file.write_text("".join(whole[:lines]) + whole[lines][: len(whole[lines]) // 2])


def test_an_interrupted_export_goes_on_after_what_is_whole(run: Run, fill: Fill, project: Path) -> None:
    fill(project / "a.db", RECORDS)
    whole = run("export", "--store", "a.db").stdout
    for lines in range(1, len(whole.splitlines()) - 1):
        interrupted(project / "all.jsonl.part", whole, lines)
        result = run("export", "all.jsonl", "--store", "a.db", "--resume")
        assert result.exit_code == 0, result.output
        assert (project / "all.jsonl").read_text() == whole
        assert ("Going on after 1 namespace" in result.stderr) == (lines >= 5)


Went = tuple[bool, dict[str, dict[str, bytes | None]], dict[str, dict[str, bytes | None]]]


@pytest.fixture
def gone_on(run: Run, fill: Fill, contents: Contents, project: Path) -> Callable[[str], Went]:
    """Goes on with an export after a namespace changed: whether anything was kept, what is there, and what came out."""

    def gone_on(changed: str) -> Went:
        fill(project / "a.db", RECORDS)
        interrupted(project / "all.jsonl.part", run("export", "--store", "a.db").stdout, 6)
        fill(project / "a.db", {changed: {"new": ALIAS}})
        result = run("export", "all.jsonl", "--store", "a.db", "--resume")
        assert result.exit_code == 0, result.output
        assert run("import", "all.jsonl", "--store", "b.db").exit_code == 0
        return "Going on" in result.stderr, contents(project / "a.db"), contents(project / "b.db")

    return gone_on


@pytest.mark.parametrize("changed", ["research.losses", "vision", "another"])
def test_a_namespace_that_changed_meanwhile_is_exported_anew(gone_on: Callable[[str], Went], changed: str) -> None:
    kept, there, came_out = gone_on(changed)
    assert kept == (changed == "vision")
    assert came_out == there


def test_the_twin_that_does_not_look_for_changes_is_found_out(
    gone_on: Callable[[str], Went], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partial, "_changed", lambda store, tokens: set())
    _, there, came_out = gone_on("research.losses")
    assert came_out != there


@pytest.mark.parametrize("rest", [b"", b"something else\n", b"\xff\n", b"[]\n", b'{"namespaces": 3}\n'])
def test_what_cannot_be_gone_on_with_is_begun_anew(run: Run, fill: Fill, project: Path, rest: bytes) -> None:
    fill(project / "a.db", RECORDS)
    (project / "all.jsonl.part").write_bytes(rest)
    assert run("export", "all.jsonl", "--store", "a.db", "--resume").exit_code == 0
    assert (project / "all.jsonl").read_text() == run("export", "--store", "a.db").stdout


def test_the_part_of_another_store_is_not_gone_on_with(run: Run, fill: Fill, project: Path) -> None:
    fill(project / "a.db", RECORDS)
    fill(project / "b.db", {**RECORDS, "research.losses": {"other": ALIAS}})
    interrupted(project / "all.jsonl.part", run("export", "--store", "b.db").stdout, 4)
    result = run("export", "all.jsonl", "--store", "a.db", "--resume")
    assert "Starting anew" in result.stderr
    assert (project / "all.jsonl").read_text() == run("export", "--store", "a.db").stdout


def killed_half_way(project: Path, part: Path) -> None:
    """Kill an export once so much is written, unless it has ended before that is seen."""
    process = subprocess.Popen(
        [sys.executable, "-m", "registry", "export", "all.jsonl", "--store", "a.db"],
        cwd=project,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline and size_of(part) < 1 << 20:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait(20)


def size_of(path: Path) -> int:
    """The bytes of a file, 0 if there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def test_an_export_that_is_killed_leaves_the_old_file_and_can_be_gone_on_with(
    run: Run, fill: Fill, project: Path
) -> None:
    many = {f"k{number}": Record(kind="data", data="x" * 500) for number in range(5000)}
    fill(project / "a.db", {"a": many, "b": many, "c": many})
    part = project / "all.jsonl.part"
    for _ in range(5):
        (project / "all.jsonl").write_text("before")
        killed_half_way(project, part)
        if part.exists():
            break
    assert part.exists(), "it was too quick to be killed"
    assert (project / "all.jsonl").read_text() == "before"
    assert run("export", "all.jsonl", "--store", "a.db", "--resume").exit_code == 0
    result = run("import", "all.jsonl", "--store", "b.db", "--dry-run")
    assert result.stdout.splitlines() == ["a: 5,000 new", "b: 5,000 new", "c: 5,000 new"]
    assert not part.exists()


def test_two_exports_to_one_file_do_not_mix(run: Run, fill: Fill, project: Path) -> None:
    import fcntl

    fill(project / "a.db", RECORDS)
    with (project / "all.jsonl.part").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        result = run("export", "all.jsonl", "--store", "a.db")
    assert result.exit_code == 2
    assert "Another process is writing" in result.stderr
    assert run("export", "all.jsonl", "--store", "a.db").exit_code == 0


def test_only_a_file_can_be_resumed(run: Run, fill: Fill, project: Path) -> None:
    fill(project / "a.db", RECORDS)
    result = run("export", "--store", "a.db", "--resume")
    assert result.exit_code == 1
    assert "Only an export to a file can be resumed." in result.stderr


def test_a_full_disk_is_told_and_the_old_file_stays(run: Run, fill: Fill, project: Path) -> None:
    (project / "all.jsonl").write_text("before")
    fill(project / "a.db", {"n": {str(number): Record(kind="data", data="x" * 5000) for number in range(40)}})
    limit = "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000));"
    program = f"{limit} runpy.run_module('registry', run_name='__main__')"
    result = subprocess.run(
        [sys.executable, "-c", program, "export", "all.jsonl", "--store", "a.db"],
        capture_output=True,
        text=True,
        cwd=project,
    )
    assert result.returncode == 2, result.stderr
    assert "cannot be written: File too large." in result.stderr
    assert (project / "all.jsonl").read_text() == "before"


def test_a_link_leads_to_the_file_that_is_written(run: Run, fill: Fill, project: Path) -> None:
    fill(project / "a.db", RECORDS)
    (project / "elsewhere").mkdir()
    os.symlink(project / "elsewhere" / "real.jsonl", project / "all.jsonl")
    assert run("export", "all.jsonl", "--store", "a.db").exit_code == 0
    assert (project / "all.jsonl").is_symlink()
    assert (project / "elsewhere" / "real.jsonl").read_text() == run("export", "--store", "a.db").stdout


def test_an_export_to_a_device_works(run: Run, fill: Fill, project: Path) -> None:
    fill(project / "a.db", RECORDS)
    assert run("export", "/dev/null", "--store", "a.db").exit_code == 0


def test_a_store_that_gives_fewer_records_than_it_says_leaves_the_old_file(
    run: Run, fill: Fill, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(project / "a.db", RECORDS)
    (project / "all.jsonl").write_text("before")
    whole = SQLiteStore.snapshot

    def cut(store: SQLiteStore, namespace: str, /) -> Snapshot:
        with whole(store, namespace) as snapshot:
            return Snapshot(snapshot.token, snapshot.count, list(snapshot)[:-1])

    monkeypatch.setattr(SQLiteStore, "snapshot", cut)
    result = run("export", "all.jsonl", "--store", "a.db")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "'research.losses' gave 2 of its 3 records." in result.stderr
    assert (project / "all.jsonl").read_text() == "before"
