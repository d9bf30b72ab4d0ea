"""Exports that cannot be imported: each mistake at its place, and nothing written."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from registry.cli.transfer import reading, writing
from registry.records import Record

Run = Callable[..., Result]
Fill = Callable[..., None]
Contents = Callable[[Path], dict[str, dict[str, bytes | None]]]


HEAD = '{"format":"registry-export","version":1,"namespaces":["n"]}'
SECTION = '{"namespace":"n","token":"x.1","count":2}'
FIRST = '{"key":"a","token":"x.1","time":1.5,"author":"","value":{"data":1,"format":1,"kind":"data"}}'
SECOND = '{"key":"b","token":"x.1","time":1.5,"author":"","value":{"data":2,"format":1,"kind":"data"}}'
GOOD = [HEAD, SECTION, FIRST, SECOND]
VALUE = SECOND.index('"value"') + 1

BAD_LINES: dict[str, tuple[list[str], str]] = {
    "something else": (["[1]", SECTION], "1:1: This is not how an export begins"),
    "another version": (['{"format":"registry-export","version":2}'], "1:39: Exports of version 2 are not known here"),
    "nothing": ([], "1:1: The file is empty."),
    "no JSON": ([HEAD, SECTION, FIRST, SECOND[:-1]], f"4:{len(SECOND)}: "),
    "a NaN": ([HEAD, SECTION, FIRST, SECOND.replace('"data":2', '"data":NaN')], "4:"),
    "a key twice": ([HEAD, SECTION, FIRST, SECOND.replace("{", '{"key":"c",', 1)], "4:12: 'key' is written twice"),
    "half a character": ([HEAD, SECTION, FIRST, SECOND.replace('"b"', r'"\ud800"')], "4:8: "),
    "an unknown key": (
        [HEAD, SECTION, FIRST, SECOND.replace('"value"', '"valu"')],
        f"4:{VALUE}: There is no key 'valu' here.",
    ),
    "a missing key": ([HEAD, SECTION, FIRST, '{"key":"b"}'], "4:1: The key 'value' is missing."),
    "a list for a record": ([HEAD, SECTION, FIRST, '["b"]'], "4:1: Here stands a list"),
    "no name": ([HEAD, SECTION, FIRST, SECOND.replace('"b"', "7")], "4:8: 7 cannot be a name"),
    "a wild name": ([HEAD, SECTION, FIRST, SECOND.replace('"b"', r'"b\u0000"')], "4:8: 'b\\x00' cannot be a name"),
    "no record": (
        [HEAD, SECTION, FIRST, SECOND.replace('"kind":"data"', '"kind":"code"')],
        f"4:{VALUE + 8}: The record cannot be used: its 'kind' is 'code'",
    ),
    "a record of a newer version": (
        [HEAD, SECTION, FIRST, SECOND.replace('"format":1', '"format":9')],
        f"4:{VALUE + 8}: The record cannot be used: its format is 9",
    ),
    "a name twice": ([HEAD, SECTION, FIRST, FIRST], "4:8: 'a' stands in 'n' twice; record 1 is the first."),
    "a namespace twice": ([HEAD, SECTION, FIRST, SECOND, SECTION], "5:14: 'n' stands in the file twice."),
    "a wrong namespace": ([HEAD, SECTION.replace('"n"', '"n."'), FIRST, SECOND], "2:14: 'n.' cannot be a namespace"),
    "no namespace": ([HEAD, FIRST, SECOND], "2:1: Here a namespace has to begin"),
    "a wrong count": ([HEAD, SECTION.replace("2}", "-2}"), FIRST, SECOND], f"2:{len(SECTION) - 1}: -2 is no number"),
    "a file that was cut": ([HEAD, SECTION, FIRST], "3:1: 'n' ends here after 1 of its 2 records."),
    "a file that was cut between": (
        [HEAD.replace('["n"]', '["n","o"]'), SECTION, FIRST, SECOND],
        "4:1: The file ends before",
    ),
    "too many": ([HEAD, SECTION, FIRST, SECOND, SECOND.replace('"b"', '"c"')], "5:1: 'n' ends here after 3"),
    "a blank line": ([HEAD, SECTION, FIRST, "", SECOND], "4:1: "),
    "too deep": ([HEAD, SECTION, FIRST, SECOND.replace('"data":2', f'"data":{"[" * 100}{"]" * 100}')], "4:"),
}


@pytest.mark.parametrize("case", BAD_LINES)
def test_a_bad_line_is_shown_at_its_place_and_nothing_is_written(
    run: Run, contents: Contents, project: Path, case: str
) -> None:
    lines, message = BAD_LINES[case]
    (project / "bad.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    result = run("import", "bad.jsonl", "--store", "b.db", "--dry-run")
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith(f"bad.jsonl:{message}"), result.stderr
    assert "Nothing was imported." in result.stderr
    assert all(line.isprintable() for line in result.stderr.splitlines())
    assert not list(project.glob("b.db*"))
    result = run("import", "bad.jsonl", "--store", "c.db")
    assert result.exit_code == 1
    assert contents(project / "c.db") == {}


def test_the_good_lines_without_the_bad_one_are_imported(run: Run, project: Path) -> None:
    (project / "good.jsonl").write_text("\n".join(GOOD))  # also without a line end at the end
    assert run("import", "good.jsonl", "--store", "b.db").stdout == "n: 2 new\n"


def test_every_mistake_is_told_up_to_a_limit(run: Run, project: Path) -> None:
    bad = [f'{{"key":"k{number}","value":{number}}}' for number in range(250)]
    (project / "bad.jsonl").write_text("\n".join([HEAD, SECTION.replace("2}", "250}"), *bad]))
    result = run("import", "bad.jsonl", "--store", "b.db")
    assert result.exit_code == 1
    assert sum(line.startswith("bad.jsonl:") for line in result.stderr.splitlines()) == 100
    assert "There are 100 mistakes; the rest was not looked at." in result.stderr


def test_a_line_without_an_end_is_not_read_into_memory(run: Run, project: Path) -> None:
    (project / "bad.jsonl").write_text(HEAD + "\n" + "[" * 3_000_000)
    result = run("import", "bad.jsonl", "--store", "b.db")
    assert result.exit_code == 1
    assert "bad.jsonl:2:1: The line has more than" in result.stderr


YAML = """\
format: registry-export
version: 1
namespaces:
- namespace: n
  token: x.1
  count: 2
  records:
  - key: a
    token: x.1
    value:
      data: 1
      format: 1
      kind: data
  - key: b
    token: x.1
    value:
      data: 2
      format: 1
      kind: data
"""
BOMB = "x: &a0 [1, 2]\n" + "".join(f"y{n}: &a{n + 1} [*a{n}, *a{n}, *a{n}, *a{n}]\n" for n in range(40))

BAD_YAML: dict[str, tuple[str, str]] = {
    "a record that is none": (YAML.replace("kind: data", "kind: code", 1), "11:7: The record cannot be used"),
    "a name twice": (YAML.replace("key: b", "key: a"), "14:10: 'a' stands in 'n' twice"),
    "a key twice": (YAML.replace("version: 1", "version: 1\nversion: 1"), "3:1: 'version' is written twice"),
    "a wrong count": (YAML.replace("count: 2", "count: 3"), "6:10: 'n' has 2 of the 3 records"),
    "not a number": (YAML.replace("data: 2", "data: .nan"), "17:13: Here the record of 'b' is nan"),
    "a key that is no text": (YAML.replace("data: 2", "data: {1: 2}"), "17:13: Here the record of 'b' has a key 1"),
    "a tag": (YAML.replace("data: 2", "data: !!python/object/apply:os.system [echo]"), "17:13: "),
    "no export": ("a: 1\n", "1:1: This is not how an export begins"),
    "two documents": (f"{YAML}---\na: 1\n", "20:1: "),
    "no list": (YAML.split("namespaces:")[0] + "namespaces: 3\n", "3:13: The list 'namespaces' is missing."),
    "no YAML": (YAML + "  }", "20:"),
    "aliases without end": (f"{YAML}more:\n  {BOMB.replace(chr(10), chr(10) + '  ')}\n", ""),
}


@pytest.mark.parametrize("case", BAD_YAML)
def test_a_mistake_in_yaml_is_shown_at_its_place_and_nothing_is_written(
    run: Run, contents: Contents, project: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_YAML_NODES", 100_000)  # so that even what is too large takes little time
    text, message = BAD_YAML[case]
    (project / "bad.yaml").write_text(text, encoding="utf-8")
    began = time.monotonic()
    result = run("import", "bad.yaml", "--store", "b.db")
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith(f"bad.yaml:{message}"), result.stderr
    assert contents(project / "b.db") == {}
    assert time.monotonic() - began < 60


def test_yaml_that_could_not_be_read_back_is_not_written(
    run: Run, fill: Fill, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(project / "a.db", {"n": {str(number): Record(kind="data", data="x" * 100) for number in range(20)}})
    for limit in ("MAX_YAML_BYTES", "MAX_YAML_NODES"):
        with monkeypatch.context() as patched:
            patched.setattr(writing, limit, 1200 if limit == "MAX_YAML_BYTES" else 110)
            result = run("export", "all.yaml", "--store", "a.db")
            assert result.exit_code == 1
            assert "Use --format jsonl." in result.stderr
            assert not (project / "all.yaml").exists()
