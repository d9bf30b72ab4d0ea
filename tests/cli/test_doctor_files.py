"""`registry doctor` for what lies on this machine: the file of a store, a reference, a project."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import Result

from registry.cli.doctor import store as store_doctor
from registry.records import Record, record_of
from registry.records.record import RecordOrigin
from registry.stores import SQLiteStore

Run = Callable[..., Result]
Fill = Callable[..., None]
Serve = Callable[..., Any]
Certify = Callable[..., Path]


Diagnose = Callable[..., Any]


@pytest.fixture
def stored(fill: Fill, project: Path) -> Path:
    """The file of a store with three records."""
    records = {name: Record(kind="data", data="x" * 50) for name in ("a", "b", "c")}
    fill(project / "a.db", {"n": records})
    return project / "a.db"


def test_a_store_in_good_health_has_nothing_but_good_marks_and_is_left_as_it_is(
    run: Run, stored: Path, project: Path
) -> None:
    before = {path.name: path.read_bytes() for path in project.glob("a.db*")}
    for where in ("a.db", "sqlite:///a.db", f"sqlite:///{stored}"):
        result = run("doctor", "--store", where)
        assert result.exit_code == 0, result.output
        assert {line.split()[0] for line in result.stdout.splitlines()[1:]} == {"✓"}
        assert "3 records in 1 namespace" in result.stdout
    assert stored.read_bytes() == before["a.db"]


def test_a_file_that_is_not_there_is_not_made(diagnose: Diagnose, project: Path) -> None:
    found = diagnose("--store", "none.db")
    assert (found.code, found.verdicts) == (2, {"file": "failed"})
    assert not list(project.glob("none*"))


def test_a_folder_is_no_file(diagnose: Diagnose) -> None:
    assert diagnose("--store", "./configs").messages["file"] == "it is not a file"


def test_a_file_of_something_else_is_told(diagnose: Diagnose, project: Path) -> None:
    (project / "x.db").write_bytes(b"something else" * 1000)
    found = diagnose("--store", "x.db")
    assert (found.code, found.verdicts["content"]) == (2, "failed")
    with sqlite3.connect(project / "y.db") as other:
        other.execute("CREATE TABLE t (x)")
    other.close()
    found = diagnose("--store", "y.db")
    assert (found.code, found.verdicts["content"]) == (2, "failed")
    assert "not one of a store of this library" in found.messages["content"]
    (project / "z.db").touch()
    assert diagnose("--store", "z.db").verdicts["content"] == "warning"


def test_a_file_of_a_newer_version_is_told(diagnose: Diagnose, stored: Path) -> None:
    with sqlite3.connect(stored) as connected:
        connected.execute("PRAGMA user_version=99")
    connected.close()
    found = diagnose("--store", "a.db")
    assert (found.code, found.verdicts["content"]) == (2, "failed")
    assert "version 99" in found.messages["content"]
    assert "Upgrade" in found.remedies["content"]


def test_a_damaged_record_and_a_damaged_page_are_told(diagnose: Diagnose, stored: Path, project: Path) -> None:
    whole = stored.read_bytes()
    (project / "b.db").write_bytes(whole.replace(b"x" * 50, b"x" * 49 + b"y", 1))
    found = diagnose("--store", "b.db")
    assert (found.code, found.verdicts["integrity"]) == (2, "failed")
    assert "backup" in found.remedies["integrity"]
    (project / "c.db").write_bytes(whole[:4096] + os.urandom(4096) + whole[8192:])
    found = diagnose("--store", "c.db")
    assert found.code == 2
    assert "failed" in (found.verdicts.get("integrity"), found.verdicts.get("content"))


def test_records_that_cannot_be_read_here_are_named(diagnose: Diagnose, stored: Path, fill: Fill) -> None:
    fill(stored, {"n": {"bad": b"\xff", "newer": b'{"format":9,"kind":"data","data":1}'}})
    found = diagnose("--store", "a.db")
    assert (found.code, found.verdicts["records"]) == (0, "warning")
    assert "'bad' in 'n'" in found.messages["records"]
    assert "its format is 9" in found.messages["records"]
    assert "5 records in 1 namespace, of which 2 cannot be read here" in found.messages["records"]


def test_who_serves_a_file_is_told_and_not_disturbed(diagnose: Diagnose, stored: Path) -> None:
    with SQLiteStore(stored, served_as="http://127.0.0.1:8001") as store:
        store.token()
        found = diagnose("--store", "a.db")
        assert found.code == 0
        assert "http://127.0.0.1:8001" in found.messages["used by"]
        assert f"process {os.getpid()}" in found.messages["used by"]
        assert store.namespaces() == ["n"]


def test_little_room_and_a_long_log_are_told(diagnose: Diagnose, stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_doctor, "LITTLE_ROOM", 1 << 60)
    monkeypatch.setattr(store_doctor, "LARGE_WAL", 10)
    stored.with_name("a.db-wal").write_bytes(b"x" * 100)
    found = diagnose("--store", "a.db")
    assert (found.verdicts["disk"], found.verdicts["log"]) == ("warning", "warning")


def test_a_network_file_system_is_told(diagnose: Diagnose, stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.stores.sqlite.places.network_filesystem", lambda path, mounts=None: "nfs4")
    found = diagnose("--store", "a.db")
    assert (found.code, found.verdicts["place"]) == (2, "failed")
    assert "nfs4" in found.messages["place"]


# ---------------------------------------------------------------------------------------------- references


@pytest.fixture
def package(project: Path) -> Path:
    """A package of somebody else, which says so when it is imported."""
    folder = project / "acme"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "losses.py").write_text(
        "open('imported', 'w').close()\n"
        "from json import dumps as encode\n"
        "class Huber:\n    def __init__(self, delta: float = 1.0) -> None: ...\n"
        "def hinge(margin: float) -> float: return margin\n"
    )
    (folder / "broken.py").write_text("raise RuntimeError('no licence')\n")
    return project


REFERENCES = {
    "not allowed": (["acme.losses:Huber"], 2, "allowed", "failed", "nothing was imported"),
    "allowed by its module": (["acme.losses:Huber", "--allow", "acme.losses"], 0, "allowed", "ok", "by 'acme.losses'"),
    "allowed by its package": (
        ["acme.losses:Huber", "--allow", "b", "--allow", "acme.*"],
        0,
        "allowed",
        "ok",
        "by 'acme.*'",
    ),
    "a function": (["acme.losses:hinge", "--allow", "acme.*"], 0, "import", "ok", "a function of "),
    "a package that only begins alike": (["acme.losses:Huber", "--allow", "acm.*"], 2, "allowed", "failed", ""),
    "no reference": (["acme.losses", "--allow", "acme.*"], 2, "allowed", "failed", "no reference"),
    "private": (["acme._x:Huber", "--allow", "acme.*"], 2, "allowed", "failed", "underscore"),
    "no module": (["acme.lossses:Huber", "--allow", "acme.*"], 2, "import", "failed", "acme.lossses"),
    "no attribute": (["acme.losses:Hubr", "--allow", "acme.*"], 2, "import", "failed", "has no 'Hubr'"),
    "a failing import": (["acme.broken:Huber", "--allow", "acme.*"], 2, "import", "failed", "no licence"),
    "another name": (
        ["acme.losses:encode", "--allow", "acme.*"],
        2,
        "import",
        "failed",
        "another name of 'json:dumps'",
    ),
    "everything": (["acme.losses:Huber", "--allow", "*"], 1, "allow", "failed", "would let whoever writes"),
}


@pytest.mark.parametrize("case", REFERENCES)
def test_what_is_wrong_with_a_reference_is_found(
    diagnose: Diagnose, package: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, code, name, verdict, message = REFERENCES[case]
    monkeypatch.syspath_prepend(str(package))
    found = diagnose("--reference", *arguments)
    assert (found.code, found.verdicts[name]) == (code, verdict), found
    assert message in found.messages[name] + found.messages.get("import", "")
    if name in ("allow", "allowed") and verdict == "failed":
        assert not (package / "imported").exists()


def test_what_is_refused_comes_with_the_entry_that_allows_it(diagnose: Diagnose, package: Path) -> None:
    assert "--allow acme.losses here" in diagnose("--reference", "acme.losses:Huber").remedies["allowed"]


def test_the_signature_is_compared_with_that_of_the_record(
    diagnose: Diagnose, package: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(package))
    import importlib

    from registry.model import Entry

    losses = importlib.import_module("acme.losses")
    same = record_of(Entry("same", losses.Huber))
    other = attrs.evolve(same, fingerprint="0" * 32, origin=RecordOrigin("acme", "0.9", "acme.losses"))
    fill(
        package / "a.db",
        {"n": {"same": same}, "m": {"other": other}, "o": {"alias": Record(kind="alias", alias_of="x")}},
    )
    arguments = ("--reference", "acme.losses:Huber", "--allow", "acme.*", "--store", "a.db")
    assert diagnose(*arguments, "-n", "n").verdicts["signature"] == "ok"
    found = diagnose(*arguments, "-n", "m")
    assert found.verdicts["signature"] == "warning"
    assert "version 0.9" in found.messages["signature"]
    assert diagnose(*arguments, "-n", "o").verdicts["record"] == "warning"


# ---------------------------------------------------------------------------------------------- projects


def test_a_project_is_looked_at_as_a_whole(diagnose: Diagnose, project: Path) -> None:
    found = diagnose()
    assert (found.code, found.verdicts) == (0, {"import": "ok", "entries": "ok"})
    assert found.messages["import"] == "2 registries: losses, models"
    assert "1 not imported yet; each could be shared" in found.messages["entries"]
    (project / "shop.py").write_text((project / "shop.py").read_text() + "losses.register('local', lambda x: x)\n")


def test_what_others_cannot_have_is_named(diagnose: Diagnose, project: Path) -> None:
    (project / "shop.py").write_text((project / "shop.py").read_text() + "\nmodels.register('local', lambda x: x)\n")
    found = diagnose("--app", "shop:catalog")
    assert (found.code, found.verdicts["sharing"]) == (0, "warning")
    assert "'local' cannot be shared with other processes: it is a lambda." in found.messages["sharing"]


def test_a_project_that_cannot_be_imported_is_told(diagnose: Diagnose, project: Path) -> None:
    found = diagnose("--app", "shop:catalogue")
    assert (found.code, found.verdicts) == (2, {"import": "failed"})
    assert "'catalog'?" in found.remedies["import"]
