"""`registry export` and `registry import`: what goes out comes back, and what cannot come in says where."""

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from registry.cli.transfer import writing, yaml_text
from registry.cli.transfer.reading import open_source
from registry.cli.transfer.shape import Section
from registry.cli.transfer.yaml_text import yaml_lines
from registry.config import read_yaml
from registry.problems import Problem
from registry.records import Record, RecordOrigin
from registry.revisions import Change
from registry.stores import MemoryStore

Run = Callable[..., Result]
Fill = Callable[..., None]
Contents = Callable[[Path], dict[str, dict[str, bytes | None]]]
Serve = Callable[..., Any]

HUBER = Record(
    kind="reference",
    reference="acme.losses:Huber",
    aliases=("smooth_l1",),
    tags=("robust",),
    description="Squared near zero: linear away # from it.",
    metadata={"yes": True, "n": [1, 2.5, None, {"a": {}, "b": []}], "": "\x1b\u2028 \\\"'"},
    origin=RecordOrigin("acme-losses", "1.2.3", "acme.losses", "acme/losses.py", 12),
    fingerprint="0123456789abcdef" * 2,
)
ALIAS = Record(kind="alias", alias_of="huber")
RECORDS = {
    "research.losses": {"huber": HUBER, "smooth_l1": ALIAS, "größe 日本/": Record(kind="data", data=[1.5])},
    "vision": {"huber": Record(kind="data", data={"a": None})},
}


def exported(records: dict[str, dict[str, Record]], form: str) -> str:
    """The text of an export of a store that holds these records."""
    return "".join(_lines(records, form))


def _lines(records: dict[str, dict[str, Record]], form: str) -> list[str]:
    store = MemoryStore()
    number = count()
    for namespace, named in records.items():
        changes = [Change(name, record.to_bytes()) for name, record in named.items()]
        store.submit(namespace, changes, operation=str(next(number)))
    writer = writing.FORMS[form]()
    lines = [writer.opening(store.namespaces())]
    for namespace in store.namespaces():
        snapshot = store.snapshot(namespace)
        lines.append(writer.section(namespace, snapshot.token, snapshot.count))
        lines += [writer.record(stored, snapshot.token.epoch) for stored in snapshot]
    return [line.decode() for line in lines]


# ---------------------------------------------------------------------------------------------- the law


texts = st.text(st.characters(codec="utf-8"), max_size=12)
names = texts.filter(lambda text: text == text.strip() and text.isprintable() and 0 < len(text.encode()) < 200)
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
said = st.fixed_dictionaries(
    {}, optional={"description": texts, "deprecated": texts, "metadata": st.dictionaries(texts, plain, max_size=3)}
)
data = st.builds(lambda value, given: Record(kind="data", data=value, **given), plain, said)
references = st.builds(lambda given: Record(kind="reference", reference="a.b:C.d", **given), said)
aliases = st.builds(lambda name: Record(kind="alias", alias_of=name), names)
namespaces = names.filter(lambda name: "." not in name)
stores = st.dictionaries(
    namespaces, st.dictionaries(names, data | references | aliases, min_size=1, max_size=5), max_size=3
)


def read_back(text: str, form: str) -> tuple[dict[str, dict[str, bytes]], list[Problem]]:
    """What an import takes from a text, and what it finds wrong in it."""
    from io import BytesIO

    problems: list[Problem] = []
    found: dict[str, dict[str, bytes]] = {}
    for item in open_source(BytesIO(text.encode()), "export", form).items(problems.append):
        if isinstance(item, Section):
            found[item.namespace] = {}
        else:
            found[item.namespace][item.name] = item.record
    return found, problems


@pytest.mark.parametrize("form", ["jsonl", "yaml"])
@given(records=stores)
def test_what_is_exported_is_imported_as_it_was(form: str, records: dict[str, dict[str, Record]]) -> None:
    found, problems = read_back(exported(records, form), form)
    assert problems == []
    assert found == {
        namespace: {name: record.to_bytes() for name, record in named.items()} for namespace, named in records.items()
    }


TWINS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "texts without quotes": lambda patch: patch.setattr(yaml_text, "_text", str),
    "what cannot be printed as it is": lambda patch: patch.setattr(yaml_text, "_escaped", str),
    "words without quotes": lambda patch: patch.setattr(yaml_text, "_WORDS", frozenset()),
    "long keys like short ones": lambda patch: patch.setattr(yaml_text, "_LONGEST_SIMPLE_KEY", 10**6),
}
HARD = {"yes: no": ["null", "\x85\x7f", {"k" * 3000: 1}]}


def check_hard_case() -> None:
    document = read_yaml("\n".join(yaml_lines(HARD)), "x")
    assert (document.problems, document.value) == ((), HARD)


@pytest.mark.parametrize("twin", TWINS)
def test_yaml_that_is_written_carelessly_is_found_out(twin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_hard_case()
    TWINS[twin](monkeypatch)
    with pytest.raises((AssertionError, TypeError)):
        check_hard_case()


@given(value=st.dictionaries(texts, plain, min_size=1, max_size=4) | st.lists(plain, min_size=1, max_size=4))
def test_yaml_means_what_was_written(value: Any) -> None:
    text = "\n".join(yaml_lines(value))
    document = read_yaml(text, "x")
    assert document.problems == ()
    assert json.dumps(document.value, sort_keys=True) == json.dumps(value, sort_keys=True)


@given(value=st.dictionaries(texts, plain, min_size=1, max_size=4))
def test_yaml_means_the_same_to_another_reader_of_version_1_1(value: Any) -> None:
    import yaml  # PyYAML

    def readable(node: Any) -> bool:  # numbers without a point in the mantissa are texts in 1.1
        if isinstance(node, dict):
            return all(map(readable, node.values()))
        if isinstance(node, list):
            return all(map(readable, node))
        return not (isinstance(node, float) and "e" in repr(node))

    if readable(value):
        assert yaml.safe_load("\n".join(yaml_lines(value))) == value


@pytest.mark.parametrize(
    "text", ["yes", "no", "on", "null", "~", "1e3", "0o7", "0x1", "1_000", "12:30:00", "<<", "=", "- a"]
)
def test_a_text_that_yaml_would_take_for_something_else_is_quoted(text: str) -> None:
    import yaml

    for value in ({text: text}, [text]):
        written = "\n".join(yaml_lines(value))
        assert read_yaml(written, "x").value == value
        assert yaml.safe_load(written) == value


def test_a_key_of_any_length_is_read_back(tmp_path: Path) -> None:
    value = {"k" * 5000: {"x" * 2000: [{"y" * 3000: 1}]}}
    assert read_yaml("\n".join(yaml_lines(value)), "x").value == value


# ---------------------------------------------------------------------------------------------- the commands


@pytest.mark.parametrize("suffix", ["jsonl", "yaml"])
def test_a_store_travels_through_a_file(run: Run, fill: Fill, contents: Contents, project: Path, suffix: str) -> None:
    fill(project / "a.db", RECORDS)
    result = run("export", f"all.{suffix}", "--store", "a.db")
    assert result.exit_code == 0, result.output
    assert "4 records of 2 namespaces" in result.stderr
    assert not (project / f"all.{suffix}.part").exists()
    result = run("import", f"all.{suffix}", "--store", "b.db")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == ["research.losses: 3 new", "vision: 1 new"]
    assert contents(project / "b.db") == contents(project / "a.db")


def test_a_pipe_from_one_store_to_another_works(run: Run, fill: Fill, contents: Contents, project: Path) -> None:
    fill(project / "a.db", RECORDS)
    python = f"{sys.executable} -m registry"
    subprocess.run(
        f"{python} export --store a.db | {python} import - --store b.db", shell=True, check=True, cwd=project
    )
    assert contents(project / "b.db") == contents(project / "a.db")


def test_one_namespace_can_be_chosen_and_get_another_name(
    run: Run, fill: Fill, contents: Contents, project: Path
) -> None:
    fill(project / "a.db", RECORDS)
    assert run("export", "one.jsonl", "--store", "a.db", "-n", "vision").exit_code == 0
    assert run("import", "one.jsonl", "--store", "a.db", "-n", "copy.of.vision").exit_code == 0
    found = contents(project / "a.db")
    assert found["copy.of.vision"] == found["vision"]
    result = run("export", "--store", "a.db", "-n", "vison")
    assert result.exit_code == 1
    assert "did you mean 'vision'?" in result.stderr


def test_several_namespaces_cannot_be_given_one_name(run: Run, fill: Fill, project: Path) -> None:
    fill(project / "a.db", RECORDS)
    run("export", "all.jsonl", "--store", "a.db")
    result = run("import", "all.jsonl", "--store", "b.db", "-n", "one")
    assert result.exit_code == 1
    assert result.stderr.startswith("all.jsonl:6:14: This is another namespace")
    assert "Nothing was imported" in result.stderr


def test_importing_again_costs_nothing(run: Run, fill: Fill, project: Path) -> None:
    fill(project / "a.db", RECORDS)
    run("export", "all.jsonl", "--store", "a.db")
    run("import", "all.jsonl", "--store", "b.db")
    before = run("namespaces", "--store", "b.db", "--format", "json").stdout
    result = run("import", "all.jsonl", "--store", "b.db")
    assert result.stdout.splitlines() == ["research.losses: 3 there already", "vision: 1 there already"]
    assert run("namespaces", "--store", "b.db", "--format", "json").stdout == before


def test_a_record_in_other_words_is_the_same(run: Run, fill: Fill, project: Path) -> None:
    fill(project / "a.db", {"n": {"x": b'{ "kind":"data","format":1,\n "data":1}'}})
    assert run("export", "all.jsonl", "--store", "a.db").exit_code == 0
    result = run("import", "all.jsonl", "--store", "a.db")
    assert (result.exit_code, result.stdout) == (0, "n: 1 there already\n")


def test_a_dry_run_says_what_would_be_done_and_does_nothing(run: Run, fill: Fill, project: Path) -> None:
    fill(project / "a.db", RECORDS)
    run("export", "all.jsonl", "--store", "a.db")
    result = run("import", "all.jsonl", "--store", "b.db", "--dry-run")
    assert (result.exit_code, result.stdout) == (0, "research.losses: 3 new\nvision: 1 new\n")
    assert not list(project.glob("b.db*"))


CONFLICTS = {
    "error": (1, [], 1),
    "replace": (0, ["n: 1 new, 1 replaced, 1 there already"], 2),
    "keep": (0, ["n: 1 new, 1 kept as there, 1 there already"], 1),
}


@pytest.mark.parametrize(("choice", "expected"), CONFLICTS.items())
def test_a_name_that_is_there_with_another_record_is_decided_about(
    run: Run, fill: Fill, contents: Contents, project: Path, choice: str, expected: tuple[int, list[str], int]
) -> None:
    code, lines, value = expected
    (project / "new.jsonl").write_text(
        exported({"n": {name: Record(kind="data", data=2) for name in ("both", "same", "new")}}, "jsonl")
    )
    fill(project / "a.db", {"n": {"both": Record(kind="data", data=1), "same": Record(kind="data", data=2)}})
    result = run("import", "new.jsonl", "--store", "a.db", "--on-conflict", choice)
    assert (result.exit_code, result.stdout.splitlines()) == (code, lines)
    found = contents(project / "a.db")["n"]
    assert found["both"] == Record(kind="data", data=value).to_bytes()
    assert ("new" in found) == (code == 0)
    if code:
        assert result.stderr.startswith("new.jsonl:3:8: 'both' is in 'n' already, with another record.")
        assert "--on-conflict" in result.stderr


def test_what_is_there_and_not_in_the_file_stays(run: Run, fill: Fill, contents: Contents, project: Path) -> None:
    (project / "new.jsonl").write_text(exported({"n": {"new": ALIAS}}, "jsonl"))
    fill(project / "a.db", {"n": {"old": ALIAS}})
    assert run("import", "new.jsonl", "--store", "a.db").exit_code == 0
    assert set(contents(project / "a.db")["n"]) == {"old", "new"}


def test_a_record_that_is_no_json_is_named_and_the_old_file_stays(run: Run, fill: Fill, project: Path) -> None:
    fill(project / "a.db", {"n": {"good": ALIAS, "bad": b"\xff\x1b[31m"}})
    (project / "all.jsonl").write_text("before")
    result = run("export", "all.jsonl", "--store", "a.db")
    assert result.exit_code == 1
    assert "The record of 'bad' cannot be used" in result.stderr
    assert "registry doctor" in result.stderr
    assert (project / "all.jsonl").read_text() == "before"


def test_a_store_that_does_not_exist_is_not_made_by_looking(run: Run, project: Path) -> None:
    for command in (["export"], ["namespaces"], ["list"], ["show", "x"], ["watch"]):
        result = run(*command, "--store", "none.db")
        assert result.exit_code == 2
        assert "There is no file 'none.db'" in result.stderr
    assert not list(project.glob("none.db*"))


# ---------------------------------------------------------------------------------------------- over a server


def test_a_store_travels_through_a_server(
    run: Run, fill: Fill, contents: Contents, serve: Serve, project: Path
) -> None:
    fill(project / "a.db", RECORDS)
    token = run("token", "create", "ci", "--scope", "*:write").stdout
    (project / "ci.token").write_text(token)
    server = serve("--store", "sqlite:///b.db")
    run("export", "all.jsonl", "--store", "a.db")
    access = ("--server", server.url, "--token-file", "ci.token")
    result = run("import", "all.jsonl", *access)
    assert (result.exit_code, result.stdout) == (0, "research.losses: 3 new\nvision: 1 new\n"), result.output
    assert run("import", "all.jsonl", *access).stdout.count("there already") == 2
    result = run("export", "back.yaml", *access)
    assert result.exit_code == 0, result.output
    assert run("import", "back.yaml", "--store", "c.db").exit_code == 0
    server.process.terminate()
    server.process.wait(30)
    assert contents(project / "b.db") == contents(project / "c.db") == contents(project / "a.db")


def test_who_may_only_read_is_told_and_nothing_is_written(run: Run, serve: Serve, project: Path) -> None:
    token = run("token", "create", "ci", "--scope", "*:read").stdout
    server = serve()
    (project / "good.jsonl").write_text(exported({"n": {"a": ALIAS}}, "jsonl"))
    result = run("import", "good.jsonl", "--server", server.url, REGISTRY_TOKEN=token)
    assert result.exit_code == 1
    assert "scope 'n:write'" in result.stderr
    assert "Traceback" not in result.stderr
