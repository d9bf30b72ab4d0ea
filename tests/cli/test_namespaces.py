"""`namespaces`, `list` and `show` of what others registered, without their code."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from registry.cli.application import load_app
from registry.records import Record, RecordOrigin, record_of
from registry.settings import Settings
from registry.stores import MemoryStore

Run = Callable[..., Result]
Fill = Callable[..., None]
Serve = Callable[..., Any]

NOWHERE = Record(kind="data", data={"a": [1, None]}, description="Elsewhere.", tags=("robust",))
WILD = "\x1b[31m\u202e\nx"


@pytest.fixture
def shared(fill: Fill, project: Path) -> Path:
    """The file of a store with what the shop registers, while the shop itself is gone."""
    records: dict[str, dict[str, Any]] = {}
    for name, registry in load_app("shop:catalog", Settings()).items():  # type: ignore[union-attr]  # it is a catalog
        entries = [registry.entry(key) for key in registry.keys()]  # noqa: SIM118  # iterating gives no aliases
        found = {str(entry.name): record_of(entry) for entry in entries}
        found |= {alias: Record(kind="alias", alias_of=str(entry.name)) for entry in entries for alias in entry.aliases}
        records[f"shop.{name}"] = found
    records["elsewhere"] = {"data": NOWHERE}
    fill(project / "shared.db", records)
    for gone in ("shop.py", "lazy_module.py", "pyproject.toml"):
        (project / gone).unlink()
    return project / "shared.db"


def test_namespaces_are_listed_with_what_they_hold_and_when_they_changed(run: Run, shared: Path) -> None:
    result = run("namespaces", "--store", str(shared))
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["elsewhere", "1", "entry"],
        ["shop.losses", "2", "entries"],
        ["shop.models", "2", "entries"],
    ]
    assert all(" changed 2" in line and " by anna" in line for line in lines)
    assert "(1 alias)" in lines[1]
    assert all(len(line) <= 80 for line in lines)
    rows = json.loads(run("namespaces", "--store", str(shared), "--format", "json").stdout)
    assert [(row["namespace"], row["entries"], row["aliases"], row["author"]) for row in rows] == [
        ("elsewhere", 1, 0, "anna"),
        ("shop.losses", 2, 1, "anna"),
        ("shop.models", 2, 0, "anna"),
    ]


def test_the_list_looks_like_that_of_the_project_itself(run: Run, shared: Path) -> None:
    result = run("list", "--store", str(shared), "-n", "shop.losses", "-n", "shop.models")
    assert result.exit_code == 0, result.output
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [
        ["shop.losses", "2"],
        ["huber", "(smooth_l1)"],
        ["absolute", "shop:absolute"],
        ["shop.models", "2"],
        ["resnet", "shop:Resnet"],
        ["lazy", "lazy_module:Lazy"],
    ]
    assert "[robust]" in result.stdout
    assert "The squared error near the target, the absolute error away from it." in result.stdout
    assert "deprecated" in result.stdout


def test_the_list_for_programs_says_where_each_entry_is_from(run: Run, shared: Path) -> None:
    rows = json.loads(run("list", "--store", str(shared), "--format", "json").stdout)
    huber = next(row for row in rows if row["name"] == "huber")
    assert {key: huber[key] for key in ("registry", "aliases", "tags", "reference", "author", "fault")} == {
        "registry": "shop.losses",
        "aliases": ["smooth_l1"],
        "tags": ["robust"],
        "reference": "shop:huber",
        "author": "anna",
        "fault": "",
    }
    assert len(huber["fingerprint"]) == 32
    assert huber["token"].count(".") == 1
    assert huber["time"] > 1e9


def test_the_list_can_be_narrowed_by_tags(run: Run, shared: Path) -> None:
    result = run("list", "--store", str(shared), "--tag", "robust", "--format", "json")
    assert [row["name"] for row in json.loads(result.stdout)] == ["data", "huber"]


def test_show_tells_what_an_entry_takes_without_its_code(run: Run, shared: Path) -> None:
    result = run("show", "huber", "--store", str(shared))
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "huber  reference in 'shop.losses'"
    for line in (
        "reference: shop:huber",
        "aliases: smooth_l1",
        "tags: robust",
        "  prediction: float",
        "  target: float = 0.0",
        "  delta: float = 1.0",
    ):
        assert line in lines
    assert any(line.startswith("fingerprint: ") for line in lines)
    assert any(line.startswith("written: ") and line.endswith(" by anna") for line in lines)
    assert "Where one becomes the other." in result.stdout


def test_show_finds_an_entry_by_its_alias_and_in_any_namespace(run: Run, shared: Path) -> None:
    assert run("show", "smooth_l1", "--store", str(shared)).stdout.startswith("huber  reference in 'shop.losses'")
    assert run("show", "data", "--store", str(shared)).stdout.startswith("data  data in 'elsewhere'")


def test_show_of_data_shows_the_data(run: Run, shared: Path) -> None:
    text = run("show", "data", "--store", str(shared)).stdout
    assert '"a": [' in text
    assert "Elsewhere." in text


def test_show_of_an_unknown_name_suggests_the_close_one(run: Run, shared: Path) -> None:
    result = run("show", "hubr", "--store", str(shared))
    assert result.exit_code == 1
    assert "did you mean 'huber'?" in result.stderr


def test_a_name_in_several_namespaces_has_to_be_chosen(run: Run, shared: Path, fill: Fill) -> None:
    fill(shared, {"elsewhere": {"huber": NOWHERE}})
    result = run("show", "huber", "--store", str(shared))
    assert result.exit_code == 1
    assert "Choose one with --namespace." in result.stderr
    assert run("show", "huber", "--store", str(shared), "-n", "elsewhere").exit_code == 0


def test_the_history_tells_what_a_name_was_before(run: Run, shared: Path, fill: Fill) -> None:
    fill(shared, {"elsewhere": {"data": None}})
    fill(shared, {"elsewhere": {"data": Record(kind="alias", alias_of="other")}})
    fill(shared, {"elsewhere": {"data": NOWHERE}})
    text = run("show", "data", "--store", str(shared), "--history").stdout
    lines = text.partition("\nhistory\n")[2].splitlines()
    assert [line.split()[2] for line in lines] == ["written", "written", "removed", "written"]
    assert "alias of other" in lines[1]


def test_a_record_that_cannot_be_read_does_not_hide_the_others(run: Run, shared: Path, fill: Fill) -> None:
    fill(shared, {"elsewhere": {"bad": b"\xff", "newer": b'{"format":9,"kind":"data","data":1}'}})
    result = run("list", "--store", str(shared), "-n", "elsewhere")
    assert result.exit_code == 0
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [
        ["data", "data"],
        ["bad", "unreadable"],
        ["newer", "unreadable"],
    ]
    assert "its format is 9" in run("show", "newer", "--store", str(shared)).stdout


def test_wild_names_and_texts_are_shown_as_text(run: Run, fill: Fill, project: Path) -> None:
    record = Record(kind="data", data=WILD, description=WILD, tags=(WILD,), metadata={WILD: WILD}, deprecated=WILD)
    store = MemoryStore()
    fill(project / "wild.db", {"a\u202eb": {"x\u202ey": record}})
    store.close()
    for arguments in (["namespaces"], ["list"], ["show", "x\u202ey", "--history"]):
        result = run(*arguments, "--store", "wild.db")
        assert result.exit_code == 0, result.output
        assert all(line.isprintable() for line in result.stdout.splitlines())
        assert len(result.stdout.splitlines()) == 1 or arguments[0] == "show"


def test_the_same_over_a_server(run: Run, shared: Path, serve: Serve) -> None:
    expected = [
        run(*arguments, "--store", str(shared)).stdout
        for arguments in (["namespaces"], ["list"], ["show", "huber", "--history"])
    ]
    server = serve("--store", f"sqlite:///{shared}")
    for arguments, text in zip((["namespaces"], ["list"], ["show", "huber", "--history"]), expected, strict=True):
        result = run(*arguments, "--server", server.url.removeprefix("http://"))
        assert (result.exit_code, result.stdout) == (0, text), result.output
        environment = {"REGISTRY_SERVER_HOST": "127.0.0.1", "REGISTRY_SERVER_PORT": server.url.rpartition(":")[2]}
        if arguments[0] == "namespaces":
            assert run(*arguments, **environment).stdout == text
    result = run("list", "-n", "elsewhere", **environment)
    assert result.stdout.startswith("data  data")


def test_what_a_token_cannot_see_is_not_there(run: Run, shared: Path, serve: Serve) -> None:
    token = run("token", "create", "ci", "--scope", "shop.*:read").stdout
    server = serve("--store", f"sqlite:///{shared}")
    result = run("namespaces", "--server", server.url, REGISTRY_TOKEN=token)
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["shop.losses", "shop.models"]
    result = run("list", "--server", server.url, "-n", "elsewhere", REGISTRY_TOKEN=token)
    assert result.exit_code == 1
    assert "There is no namespace 'elsewhere'." in result.stderr
    result = run("namespaces", "--server", server.url)
    assert result.exit_code == 1
    assert "wants a token" in result.stderr


def test_the_token_can_come_from_a_file_or_from_stdin(run: Run, shared: Path, serve: Serve, project: Path) -> None:
    token = run("token", "create", "ci", "--scope", "*:read").stdout
    (project / "ci.token").write_text(token)
    server = serve("--store", f"sqlite:///{shared}")
    assert run("namespaces", "--server", server.url, "--token-file", "ci.token").exit_code == 0
    command = [sys.executable, "-m", "registry", "namespaces", "--server", server.url, "--token-file", "-"]
    assert subprocess.run(command, input=token, text=True, capture_output=True).returncode == 0
    result = run("namespaces", "--server", server.url, "--token-file", "none")
    assert result.exit_code == 2
    assert "The token file 'none' cannot be read" in result.stderr


def test_there_is_no_option_that_holds_a_token(run: Run) -> None:
    for command in ("namespaces", "list", "show", "watch", "export", "import", "doctor"):
        assert "--token " not in run(command, "--help").stdout


@pytest.mark.parametrize("command", [["namespaces"], ["watch"], ["export"], ["show", "x", "--history"]])
def test_where_to_look_has_to_be_said(run: Run, command: list[str]) -> None:
    result = run(*command)
    assert result.exit_code == 2
    assert "--server http://127.0.0.1:8001" in result.stderr
    assert "--store sqlite:///registry.db" in result.stderr


def test_two_places_at_once_are_a_wrong_use(run: Run) -> None:
    result = run("namespaces", "--server", "a", "--store", "b")
    assert result.exit_code == 2
    assert "either --server or --store" in result.stderr
    result = run("list", "--app", "shop:catalog", "--store", "b")
    assert result.exit_code == 2
    assert "--app and --registry mean the project" in result.stderr.replace("\n", " ")


def test_a_server_that_is_not_there_is_told_without_a_traceback(run: Run) -> None:
    result = run("namespaces", "--server", "http://127.0.0.1:9")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: The namespace server could not be reached")
    assert "Traceback" not in result.output


def test_the_projects_own_list_is_as_it_was_whatever_the_environment_says(run: Run) -> None:
    result = run("list", REGISTRY_SERVER_HOST="127.0.0.1", REGISTRY_SERVER_PORT="9")
    assert result.stdout.startswith("losses  2")


def complete(words: str, cwd: Path) -> tuple[str, str]:
    """What bash is told about the last of these words."""
    result = subprocess.run(
        [sys.executable, "-m", "registry"],
        env={
            **os.environ,
            "_REGISTRY_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        },
        capture_output=True,
        text=True,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
    )
    return result.stdout.strip(), result.stderr


def test_names_and_namespaces_are_completed_from_a_store(shared: Path, project: Path) -> None:
    assert complete(f"registry show --store {shared} -n shop.losses sm", project) == ("plain,smooth_l1", "")
    assert complete(f"registry list --store {shared} -n shop.m", project) == ("plain,shop.models", "")


@pytest.mark.parametrize(
    "where", ["--server http://127.0.0.1:9", "--store none.db", "--server x --store y", "--server ://"]
)
def test_completion_where_nothing_is_there_is_silent(project: Path, where: str) -> None:
    assert complete(f"registry show {where} h", project) == ("", "")
    assert complete(f"registry list {where} -n h", project) == ("", "")


def test_metadata_and_tags_cannot_pass_for_what_is_known_of_an_entry(run: Run, fill: Fill, project: Path) -> None:
    posing = {"reference": "shop:huber", "written": "by somebody who is trusted"}
    record = Record(kind="reference", reference="evil:run", metadata=posing, tags=("x\nreference: shop:huber",))
    fill(project / "posing.db", {"n": {"huber": record}})
    lines = run("show", "huber", "--store", str(project / "posing.db")).stdout.splitlines()
    assert lines[1] == "reference: evil:run"
    assert "reference: shop:huber" not in lines
    assert any(line.startswith("written: ") and line.endswith(" by anna") for line in lines)


def test_the_version_is_left_out_where_it_is_not_known(run: Run, fill: Fill, project: Path) -> None:
    record = Record(kind="reference", reference="acme:huber", origin=RecordOrigin(module="acme", file="acme.py"))
    fill(project / "unversioned.db", {"n": {"huber": record}})
    assert "version: " not in run("show", "huber", "--store", str(project / "unversioned.db")).stdout


def test_what_only_talks_of_aliases_is_counted_as_an_entry(run: Run, fill: Fill, project: Path) -> None:
    talking = Record(kind="data", data={"kind": "alias"}, metadata={"kind": "alias"})
    spelt = b'{"format": 1, "kind": "\\u0061lias", "alias_of": "talking"}'
    fill(project / "talking.db", {"n": {"talking": talking, "one": Record(kind="alias", alias_of="x"), "two": spelt}})
    rows = json.loads(run("namespaces", "--store", str(project / "talking.db"), "--format", "json").stdout)
    assert [(row["entries"], row["aliases"]) for row in rows] == [(1, 2)]
