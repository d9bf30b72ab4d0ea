"""Files: what cannot be read is a problem that names it."""

import os
import pathlib
import subprocess
import sys

import pytest

from registry.config import load_file, load_files, read_json
from registry.document import Document
from registry.model import Limits
from registry.problems import Problem


def only_problem(document: Document) -> Problem:
    (problem,) = document.problems
    assert document.value is None
    assert problem.code == "bad-document"
    assert problem.location is not None
    return problem


@pytest.mark.parametrize(
    ("name", "text"),
    [("c.yaml", "a: 1"), ("c.yml", "a: 1"), ("c.YAML", "a: 1"), ("c.json", '{"a": 1}'), ("c.toml", "a = 1")],
)
def test_the_suffix_says_how_a_file_is_read(tmp_path: pathlib.Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    document = load_file(file)
    assert (document.value, document.problems, document.name) == ({"a": 1}, (), str(file))


def test_files_are_layered_and_overridden(tmp_path: pathlib.Path) -> None:
    base, mine = tmp_path / "base.yaml", tmp_path / "mine.toml"
    base.write_text("t: {_type: x, a: 1, b: 2}\n")
    mine.write_text("[t]\nb = 3\n")
    document = load_files([base, str(mine)], overrides=["t.c=4"])
    assert document.value == {"t": {"_type": "x", "a": 1, "b": 3, "c": 4}}
    files = [location and location.file for location in (document.locate(("t", key), False) for key in "abc")]
    assert files == [str(base), str(mine), "override 1: t.c=4"]


def test_no_file_is_an_empty_mapping() -> None:
    assert load_files([], overrides=["+a=1"]).value == {"a": 1}


def test_a_missing_file_is_named_with_the_one_that_was_meant(tmp_path: pathlib.Path) -> None:
    (tmp_path / "experiment.yaml").write_text("a: 1")
    problem = only_problem(load_file(tmp_path / "experimnt.yaml"))
    assert "experimnt.yaml' does not exist." in problem.message
    assert problem.suggestions == ("did you mean 'experiment.yaml'?",)
    assert only_problem(load_file(tmp_path / "no" / "x.yaml")).suggestions != ()
    assert "starts at" in only_problem(load_file("not-there-at-all.yaml")).suggestions[0]


def test_a_directory_is_named(tmp_path: pathlib.Path) -> None:
    assert "is a directory" in only_problem(load_file(tmp_path)).message


@pytest.mark.parametrize("content", [b"", b"\n", b"# nothing\n"])
@pytest.mark.parametrize("suffix", ["yaml", "toml"])
def test_an_empty_file_is_named(tmp_path: pathlib.Path, suffix: str, content: bytes) -> None:
    file = tmp_path / f"e.{suffix}"
    file.write_bytes(content)
    assert f"{str(file)!r} is empty" in only_problem(load_file(file)).message


@pytest.mark.parametrize("suffix", ["yaml", "json", "toml"])
@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0", b"\x80\x04\x95", b"\0" * 100])
def test_a_binary_file_is_named(tmp_path: pathlib.Path, suffix: str, content: bytes) -> None:
    file = tmp_path / f"b.{suffix}"
    file.write_bytes(content)
    assert "is not a text" in only_problem(load_file(file)).message


@pytest.mark.parametrize("name", ["x" * 5000 + ".yaml", "a\0b.yaml"])
def test_a_path_that_cannot_be_is_a_problem(name: str) -> None:
    assert "cannot be read" in only_problem(load_file(name)).message


def test_a_path_through_a_file_is_a_problem(tmp_path: pathlib.Path) -> None:
    (tmp_path / "f.yaml").write_text("a: 1")
    assert "cannot be read" in only_problem(load_file(tmp_path / "f.yaml" / "x.yaml")).message


def test_a_file_without_permission_is_named(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "secret.yaml"
    file.write_text("a: 1")
    file.chmod(0)
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_uid == os.geteuid() and folder.name.startswith("pytest-"):
            folder.chmod(0o755)
    tmp_path.chmod(0o755)
    program = (
        "import os, sys\n"
        "from registry.config import load_file\n"
        "load_file('warm.yaml')\n"
        "if os.geteuid() == 0: os.setegid(65534); os.seteuid(65534)\n"
        "print(load_file(sys.argv[1]).problems[0].message)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=True)
    assert "may not be read" in done.stdout


def test_an_unknown_suffix_is_named_with_those_that_are_known(tmp_path: pathlib.Path) -> None:
    (tmp_path / "c.yalm").write_text("a: 1")
    (tmp_path / "config").write_text("a: 1")
    problem = only_problem(load_file(tmp_path / "c.yalm"))
    assert "'.yalm'" in problem.message
    assert problem.suggestions == ("did you mean '.yaml'?", "Use one of .json, .toml, .yaml, .yml.")
    assert "no suffix" in only_problem(load_file(tmp_path / "config")).message


def test_a_file_beyond_all_reason_is_not_read_whole() -> None:
    assert "more than" in only_problem(load_file("/dev/zero")).message


def test_problems_of_all_files_and_overrides_are_collected(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.yaml").write_text("a: 1\na: 2\n")
    files = [tmp_path / "a.yaml", tmp_path / "missing.yaml", tmp_path]
    document = load_files(files, overrides=["nope=1"])
    assert [problem.code for problem in document.problems] == [
        "duplicate-key",
        "bad-document",
        "bad-document",
        "bad-override",
    ]
    assert document.value == {"a": 2}


def test_readers_from_elsewhere_are_chosen_by_suffix(tmp_path: pathlib.Path) -> None:
    def read_lines(data: bytes | str, name: str, limits: Limits) -> Document:
        text = data.decode() if isinstance(data, bytes) else data
        return Document(dict(line.split("=") for line in text.splitlines()), name)

    (tmp_path / "c.ini").write_text("a=1\n")
    (tmp_path / "d.ini").write_text("what")
    (tmp_path / "e.yaml").write_text('{"b": 2}')
    readers = {".ini": read_lines, ".yaml": read_json}
    assert load_files([tmp_path / "c.ini", tmp_path / "e.yaml"], readers=readers).value == {"a": "1", "b": 2}
    assert "ValueError" in only_problem(load_file(tmp_path / "d.ini", readers=readers)).message


def test_limits_hold_for_files(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.yaml").write_text("[[[1]]]")
    assert [p.code for p in load_files([tmp_path / "a.yaml"], limits=Limits(depth=2)).problems] == ["limit-exceeded"]
