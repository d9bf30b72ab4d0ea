"""`registry migrate`: what comes from store to store, what is in the way, and what is said."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli.migrating import ALIAS, MANY, RECORDS, all_of, data, token_of
from click.testing import Result
from server.running import running

from registry.cli.migration import planning, spool
from registry.cli.migration.records import Held
from registry.cli.migration.spool import Spool
from registry.cli.transfer.shape import Item
from registry.errors import OperationalError
from registry.records import Record
from registry.revisions import StoreLimits
from registry.stores import MemoryStore, SQLiteStore

Run = Callable[..., Result]
Fill = Callable[..., None]
Contents = Callable[[Path], dict[str, dict[str, bytes | None]]]
Serve = Callable[..., Any]


@pytest.fixture
def a(fill: Fill, project: Path) -> Path:
    """A file of two namespaces."""
    fill(project / "a.db", RECORDS)
    return project / "a.db"


# ---------------------------------------------------------------------------------------------- from store to store


def test_everything_of_a_file_comes_to_another(run: Run, a: Path, project: Path, contents: Contents) -> None:
    before = token_of(a)
    result = run("migrate", "--from", "a.db", "--to", "sqlite:///b.db")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[:5] == [
        f"From sqlite:///a.db at {before}",
        "To   sqlite:///b.db, which is made",
        "  research.losses: 3 new",
        "  vision: 2 new",
        "5 records in 2 namespaces; 5 to be written.",
    ]
    assert lines[-3:] == [
        "Wrote 5 records in 2 parts.",
        f"Verified: 5 records in 2 namespaces were read back, and are what the source has at {before}.",
        "Next: registry serve --store sqlite:///b.db",
    ]
    for word in ("revisions and tokens", "the ids of operations", "registry-tokens.json"):
        assert word in result.stdout
    assert contents(project / "b.db") == contents(a)
    assert token_of(a) == before


def check_that_what_is_there_costs_nothing(run: Run, project: Path) -> None:
    run("migrate", "--from", "a.db", "--to", "b.db")
    before = token_of(project / "b.db")
    result = run("migrate", "--from", "a.db", "--to", "b.db")
    assert result.exit_code == 0
    assert f"To   sqlite:///b.db at {before}" in result.stdout
    assert "  vision: 2 there already\n5 records in 2 namespaces; nothing to be written.\nVerified: 5" in result.stdout
    assert token_of(project / "b.db") == before


def test_what_is_there_already_costs_nothing(run: Run, a: Path, project: Path) -> None:
    check_that_what_is_there_costs_nothing(run, project)


def test_the_twin_that_does_not_look_at_the_target_is_found_out(
    run: Run, a: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "Held", lambda store, namespace: Held(MemoryStore(), namespace))
    with pytest.raises(AssertionError):
        check_that_what_is_there_costs_nothing(run, project)


def test_a_dry_run_does_nothing(run: Run, a: Path, project: Path) -> None:
    result = run("migrate", "--from", "a.db", "--to", "b.db", "--dry-run")
    assert result.exit_code == 0
    assert "5 records in 2 namespaces; 5 to be written." in result.stdout
    assert "Verified" not in result.stdout
    assert not (project / "b.db").exists()


def test_chosen_namespaces_alone_are_moved(run: Run, a: Path, project: Path, contents: Contents) -> None:
    assert run("migrate", "--from", "a.db", "--to", "b.db", "-n", "vision").exit_code == 0
    assert contents(project / "b.db") == {"vision": contents(a)["vision"]}
    result = run("migrate", "--from", "a.db", "--to", "b.db", "-n", "vison")
    assert (result.exit_code, "There is no namespace 'vison'" in result.stderr) == (1, True)


def test_an_alias_comes_after_what_it_stands_for(run: Run, a: Path, project: Path) -> None:
    run("migrate", "--from", "a.db", "--to", "b.db")
    with SQLiteStore(project / "b.db") as store:
        last = [stored.name for stored in store.snapshot("research.losses")]
    assert last[0] == "huber"


def test_everything_comes_to_a_server_and_back(run: Run, a: Path, project: Path, contents: Contents) -> None:
    with MemoryStore() as store, running(store) as server:
        result = run("migrate", "--from", "a.db", "--to", server.url)
        assert result.exit_code == 0, result.output
        assert f"Next: let clients use {server.url}." in result.stdout
        assert all_of(store) == contents(a)
        result = run("migrate", "--from", server.url, "--to", "b.db")
    assert result.exit_code == 0, result.output
    assert "namespaces that the token for the source cannot see" in result.stdout
    assert contents(project / "b.db") == contents(a)


# ---------------------------------------------------------------------------------------------- what is in the way


def conflicting(fill: Fill, project: Path) -> Path:
    """A target that has one of the names with another record, and one of its own."""
    target = project / "b.db"
    fill(target, {"vision": {"huber": Record(kind="data", data="other"), "own": ALIAS}})
    return target


def test_another_record_under_a_name_stops_it_before_anything_is_written(
    run: Run, a: Path, fill: Fill, project: Path, contents: Contents
) -> None:
    target = conflicting(fill, project)
    before = contents(target)
    result = run("migrate", "--from", "a.db", "--to", "b.db")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "  'huber' in 'vision' is another record there\n" in result.stderr
    assert "The target has other records under 1 name. Nothing was written." in result.stderr
    assert "--on-conflict" in result.stderr
    assert contents(target) == before


@pytest.mark.parametrize(("choice", "kept"), [("replace", False), ("keep", True)])
def test_what_becomes_of_another_record_can_be_chosen(
    run: Run, a: Path, fill: Fill, project: Path, contents: Contents, choice: str, kept: bool
) -> None:
    target = conflicting(fill, project)
    result = run("migrate", "--from", "a.db", "--to", "b.db", "--on-conflict", choice)
    assert result.exit_code == 0, result.output
    assert f"1 {'kept as there' if kept else 'replaced'}, 1 only at the target, left there" in result.stdout
    assert ("1 more were not compared" in result.stdout) == kept
    held = contents(target)["vision"]
    assert held["huber"] == (data("other") if kept else contents(a)["vision"]["huber"])
    assert held["own"] == ALIAS.to_bytes()


def test_what_the_target_alone_has_can_be_removed(
    run: Run, a: Path, fill: Fill, project: Path, contents: Contents
) -> None:
    target = conflicting(fill, project)
    fill(target, {"not moved": {"x": ALIAS}})
    result = run("migrate", "--from", "a.db", "--to", "b.db", "--on-conflict", "replace", "--prune")
    assert result.exit_code == 0, result.output
    assert "1 only at the target, removed" in result.stdout
    assert "Removed 1 record in 1 part." in result.stdout
    assert contents(target) == {**contents(a), "not moved": {"x": ALIAS.to_bytes()}}
    assert "1 namespace only at the target, left there: 'not moved'. To remove what is in one" in result.stderr


def test_a_namespace_that_the_source_has_emptied_can_be_emptied(
    run: Run, a: Path, fill: Fill, project: Path, contents: Contents
) -> None:
    target = project / "b.db"
    fill(target, {"emptied": {"x": ALIAS, "y": ALIAS}})
    result = run("migrate", "--from", "a.db", "--to", "b.db", "-n", "emptied")
    assert result.exit_code == 0, result.output
    assert "2 only at the target, left there" in result.stdout
    assert contents(target) == {"emptied": {"x": ALIAS.to_bytes(), "y": ALIAS.to_bytes()}}
    result = run("migrate", "--from", "a.db", "--to", "b.db", "-n", "emptied", "--prune")
    assert result.exit_code == 0, result.output
    assert "Removed 2 records in 1 part." in result.stdout
    assert contents(target).get("emptied", {}) == {}
    assert "There is no namespace 'nowhere'" in run("migrate", "--from", "a.db", "--to", "b.db", "-n", "nowhere").stderr


@pytest.mark.parametrize("given", [["--allow-plain"], ["--ca-file", "ca.pem"]])
def test_what_is_for_servers_is_refused_where_none_is_named(run: Run, a: Path, given: list[str]) -> None:
    result = run("migrate", "--from", "a.db", "--to", "b.db", *given)
    assert result.exit_code == 2
    assert f"{given[0]} is for servers" in result.stderr
    assert "REGISTRY_ETCD_CA_FILE" in result.stderr


def test_what_a_server_does_not_take_is_named_before_anything_is_written(run: Run, a: Path, fill: Fill) -> None:
    deep = b'{"a":' * 62 + b"1" + b"}" * 62
    fill(a, {"vision": {"raw": b"\xff", "list": b"[1]", "long": b'"%s"' % (b"x" * 65536), "deep": deep}})
    with MemoryStore() as store, running(store) as server:
        result = run("migrate", "--from", "a.db", "--to", server.url)
        assert store.token().revision == 0
    assert result.exit_code == 1
    for name in ("raw", "list", "long", "deep"):
        assert f"  '{name}' in 'vision': " in result.stderr
    assert "The target does not take 4 records. Nothing was written." in result.stderr


def test_bytes_of_any_kind_come_to_a_store_that_takes_them(
    run: Run, a: Path, fill: Fill, project: Path, contents: Contents
) -> None:
    fill(a, {"vision": {"raw": b"\xff", "empty": b"", "lines": b"{\n}"}})
    assert run("migrate", "--from", "a.db", "--to", "b.db").exit_code == 0
    assert contents(project / "b.db") == contents(a)


def test_a_record_in_other_words_is_the_same_record(run: Run, fill: Fill, project: Path) -> None:
    fill(project / "a.db", {"n": {"x": b'{"format": 1, "kind": "data", "data": 1.5}'}})
    with MemoryStore() as store, running(store) as server:
        for written in (1, 0):
            result = run("migrate", "--from", "a.db", "--to", server.url)
            assert result.exit_code == 0, result.output
            assert ("Wrote 1 record" in result.stdout) == bool(written)
    fill(project / "b.db", {"n": {"x": b'{"kind":"data","format":1,"data":1.5}'}})
    result = run("migrate", "--from", "a.db", "--to", "b.db")
    assert (result.exit_code, "n: 1 there already" in result.stdout) == (0, True), result.output


def test_a_record_that_is_longer_than_a_part_is_named(
    run: Run, a: Path, monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    monkeypatch.setattr("registry.stores.sqlite.store.LIMITS", StoreLimits(3, 40))
    result = run("migrate", "--from", "a.db", "--to", "b.db")
    assert result.exit_code == 1
    assert "'huber' in 'vision': it has " in result.stderr
    assert "and the target takes 40 at once" in result.stderr


def test_there_is_an_end_to_what_is_wrong(run: Run, fill: Fill, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "MOST_OBSTACLES", 20)
    monkeypatch.setattr("registry.cli.migration.telling.MOST_OBSTACLES", 20)
    fill(project / "a.db", {"n": MANY, "o": MANY})
    fill(project / "b.db", {"n": dict.fromkeys(MANY, ALIAS)})
    result = run("migrate", "--from", "a.db", "--to", "b.db")
    assert result.stderr.count(" in 'n' is another record there\n") == 10
    assert "  ...\n" in result.stderr
    assert "other records under at least 20 names" in result.stderr


# ---------------------------------------------------------------------------------------------- what is said


def test_a_file_that_is_served_says_how_it_can_be_moved_all_the_same(
    run: Run, a: Path, fill: Fill, serve: Serve, project: Path, contents: Contents
) -> None:
    server = serve("--store", "a.db")
    fill(project / "c.db", {"n": {"x": ALIAS}})
    for option, arguments in (
        ("--from", ["--from", "a.db", "--to", "b.db"]),
        ("--to", ["--from", "c.db", "--to", "a.db"]),
    ):
        result = run("migrate", *arguments)
        assert result.exit_code == 2
        assert f"is served as '{server.url}'" in result.stderr
        assert f"migrate through it: {option} {server.url}\n" in result.stderr
        assert "Or stop it, and run the same command again." in result.stderr
    assert not (project / "b.db").exists()
    assert run("migrate", "--from", server.url, "--to", "b.db").exit_code == 0
    server.process.kill()
    server.process.wait(20)
    assert contents(project / "b.db") == contents(a)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--from", "none.db", "--to", "b.db"], 2, "There is no file 'none.db'."),
        (["--from", "a.db", "--to", "./a.db"], 1, "--from and --to both name "),
        (["--from", "memory:", "--to", "b.db"], 1, "--from memory: is a new store, which ends with this command."),
        (["--from", "a.db", "--to", "etc://h"], 1, "'etc://h' is not the URL of a store."),
        (["--from", "a.db", "--to", "b.db", "--to-token-file", "t"], 2, "--to-token-file is for a server"),
        (["--from", "a.db", "--to", "http://127.0.0.1:1"], 2, "could not be reached"),
        (["--from", "a.db"], 2, "Missing option '--to'"),
        (
            [*("--from", "http://h:1", "--to", "http://h:2"), *("--from-token-file", "-", "--to-token-file", "-")],
            2,
            "Only one token can come from stdin.",
        ),
    ],
)
def test_what_cannot_be_done_says_why(
    run: Run, a: Path, project: Path, arguments: list[str], code: int, words: str
) -> None:
    result = run("migrate", *arguments)
    assert (result.exit_code, words in result.stderr.replace("\n", " ")) == (code, True), result.output
    assert not (project / "b.db").exists()


def test_two_servers_are_not_shown_the_token_of_one(run: Run) -> None:
    result = run("migrate", "--from", "http://127.0.0.1:1", "--to", "http://127.0.0.1:2", REGISTRY_TOKEN="secret")
    assert result.exit_code == 2
    assert "REGISTRY_TOKEN could be for either server." in result.stderr
    assert "secret" not in result.stderr


def test_an_empty_source_says_so(run: Run, project: Path) -> None:
    with SQLiteStore(project / "a.db") as store:
        store.token()
    result = run("migrate", "--from", "a.db", "--to", "b.db")
    assert result.exit_code == 0
    assert "The source has no namespaces, or none that may be seen." in result.stderr


def test_a_copy_is_known_by_its_epoch(run: Run, a: Path, project: Path) -> None:
    (project / "b.db").write_bytes(a.read_bytes())
    result = run("migrate", "--from", "a.db", "--to", "b.db")
    assert "Both have the same epoch" in result.stderr


def test_many_namespaces_are_listed_only_where_that_was_asked_for(run: Run, fill: Fill, project: Path) -> None:
    fill(project / "a.db", {f"n{number:02}": {"x": ALIAS} for number in range(30)})
    listed = run("migrate", "--from", "a.db", "--to", "b.db", "--dry-run").stdout
    assert "  n29: 1 new\n30 records in 30 namespaces" in listed
    short = run("migrate", "--from", "a.db", "--to", "b.db").stdout
    assert "  n19: 1 new\n  and 10 more; --dry-run lists them all\n" in short


def test_names_of_the_source_are_completed(run: Run, a: Path) -> None:
    environment = {"_REGISTRY_COMPLETE": "bash_complete", "COMP_CWORD": "5"}
    completed = run(COMP_WORDS="registry migrate --from a.db -n vi", **environment)
    assert completed.stdout == "plain,vision\n"
    assert run(COMP_WORDS="registry migrate --from none.db -n vi", **environment).stdout.strip() == ""


def test_what_waits_goes_to_a_file_and_a_full_disk_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(spool, "IN_MEMORY", 10)
    with Spool() as waiting:
        added = [waiting.item("n", name, data(name), name == "ü") for name in ("a", "ü", "日本")]
        for item in added:
            waiting.add(item)
        assert list(waiting.items("n", 0, waiting.position)) == added
    full = os.open("/dev/full", os.O_RDWR)
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **options: os.fdopen(full, "w+b"))
    with pytest.raises(OperationalError, match=r"cannot be kept in .*: No space left on device"):
        spooled(added)


def spooled(items: list[Item]) -> None:
    """Keep items, and take them back."""
    with Spool() as waiting:
        for item in items:
            waiting.add(item)
        list(waiting.items("n", 0, waiting.position))


def test_somebody_who_watches_sees_how_far_it_is(fill: Fill, project: Path) -> None:
    import pty

    fill(project / "a.db", {"n": {f"k{number}": Record(kind="data", data=number) for number in range(2000)}})
    mine, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "registry", "migrate", "--from", "a.db", "--to", "b.db"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=its,
        cwd=project,
        env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", "COLUMNS": "100"},
    )
    os.close(its)
    shown = b""
    while True:
        try:
            chunk = os.read(mine, 65536)
        except OSError:  # how Linux says that the other side is gone
            break
        if not chunk:
            break
        shown += chunk
    os.close(mine)
    told, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    for word in (b"Looking", b"Writing", b"Comparing"):
        assert word in shown
        assert word not in told
