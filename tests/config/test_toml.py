"""TOML: values from the standard library, places from a scan of our own."""

import pytest

from registry.config import read_toml
from registry.document import Document
from registry.model import Limits

TEXT = """\
a = 1  # one
b.c = "x"
'd d' = [1, 2,
  {e = 3, f."g.h" = [4]}]
[t."q\\u0041"]
x = 1979-05-27 07:32:00
[[arr]]
n = \"""
multi\"""
[[arr]]
n = 2.5
[arr.sub]
k = true
"""


def codes(document: Document) -> list[tuple[str, int, int]]:
    return [(p.code, p.location.line, p.location.column) for p in document.problems if p.location is not None]


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        (("a",), "1:5", "1:1"),
        (("b", "c"), "2:7", "2:3"),
        (("d d", 1), "3:13", "3:13"),
        (("d d", 2, "e"), "4:8", "4:4"),
        (("d d", 2, "f", "g.h", 0), "4:22", "4:22"),
        (("t", "qA", "x"), "6:5", "6:1"),
        (("t", "qA"), "5:4", "5:4"),
        (("arr", 0, "n"), "8:5", "8:1"),
        (("arr", 1, "n"), "11:5", "11:1"),
        (("arr", 1, "sub", "k"), "13:5", "13:1"),
    ],
)
def test_values_and_keys_have_places(path: tuple[object, ...], value: str, key: str) -> None:
    document = read_toml(TEXT, "f")
    assert str(document.locate(path, False)) == f"f:{value}"
    assert str(document.locate(path, True)) == f"f:{key}"


def test_a_value_ends_before_a_comment() -> None:
    location = read_toml(TEXT, "f").locate(("a",), False)
    assert location is not None
    assert (location.column, location.end_column) == (5, 6)


def test_dates_and_times_arrive_as_iso_text() -> None:
    document = read_toml("a = 1979-05-27\nb = [1979-05-27T07:32:00Z, {c = 07:32:00}]\n")
    assert document.value == {"a": "1979-05-27", "b": ["1979-05-27T07:32:00+00:00", {"c": "07:32:00"}]}


def test_duplicate_keys_are_problems_at_the_second_and_reading_goes_on() -> None:
    document = read_toml("a = 1\nb = 2\n[t]\nc = [1,\n 2]\na = 5\nc = 6\n", "f")
    assert codes(document) == [("duplicate-key", 7, 1)]
    assert document.problems[0].path == "t.c"
    assert document.problems[0].message == "'c' is written twice in this table; the first time in line 4."
    assert document.value == {"a": 1, "b": 2, "t": {"a": 5, "c": 6}}
    assert len(read_toml("a = 1\na = 2\na = 3\nb = 1\nb = 2\n").problems) == 3


@pytest.mark.parametrize(
    ("text", "place"),
    [("[t]\na = 1\n[t]\nb = 2\n", (3, 2)), ("x = {a = 1, a = 2}\n", (1, 13)), ("a = 1\n[a]\nb = 1\n", (2, 2))],
)
def test_tables_that_are_written_twice_are_duplicates(text: str, place: tuple[int, int]) -> None:
    assert codes(read_toml(text, "f")) == [("duplicate-key", *place)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a = 1\r\nb = = 2\r\n", (2, 5)),
        ("a = [1", (1, 7)),
        ("a = 1979-02-30\n", (1, 5)),
        ("a = 1" + "0" * 5000, (1, 5)),
    ],
)
def test_a_syntax_error_is_located(text: str, place: tuple[int, int]) -> None:
    document = read_toml(text, "f")
    assert document.value is None
    assert codes(document) == [("bad-document", *place)]


@pytest.mark.parametrize("data", ["", "# nothing\n", b"\xff", b"a = '\0'", "a = '\ud800'"])
def test_what_cannot_be_a_document_is_one_problem(data: bytes | str) -> None:
    assert [problem.code for problem in read_toml(data, "f").problems] == ["bad-document"]


def test_depth_and_nodes_are_limited() -> None:
    assert read_toml("a = [[1]]", "f", Limits(depth=3)).problems == ()
    assert codes(read_toml("a = 1\nb = [2, [[3]]]", "f", Limits(depth=3))) == [("limit-exceeded", 2, 10)]
    assert codes(read_toml("a.b.c.d.e = 1", "f", Limits(depth=3))) == [("limit-exceeded", 1, 7)]
    assert read_toml("a = [1, 2]", "f", Limits(nodes=4)).problems == ()
    assert codes(read_toml("a = [1, 2, 3]", "f", Limits(nodes=4))) == [("limit-exceeded", 1, 12)]


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 60_000, "a = " + "{a=" * 60_000, "a." * 30_000 + "b = 1", "[" + "a." * 30_000 + "b]"]
)
def test_the_deepest_text_is_a_problem_and_no_crash(text: str) -> None:
    assert [problem.code for problem in read_toml(text, "f").problems] == ["limit-exceeded"]


def test_a_table_stands_at_its_own_header_though_a_deeper_one_came_before() -> None:
    document = read_toml("[a.b]\nx = 1\n[a]\ny = 2\n", "f")
    assert str(document.locate(("a",), False)) == str(document.locate(("a",), True)) == "f:3:2"
    assert str(document.locate(("a", "b", "x"), False)) == "f:2:5"


def test_a_duplicate_in_an_array_of_tables_has_the_path_of_its_table() -> None:
    document = read_toml("[[a]]\nx = 1\n[[a]]\nx = 1\nx = 2\n", "f")
    assert [(problem.path, str(problem.location)) for problem in document.problems] == [("a[1].x", "f:5:1")]
