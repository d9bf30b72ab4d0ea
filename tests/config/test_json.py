"""JSON: values from the standard library, places and mistakes from a scanner of our own."""

import pytest

from registry.config import read_json
from registry.document import Document
from registry.model import Limits


def codes(document: Document) -> list[tuple[str, int, int]]:
    return [(p.code, p.location.line, p.location.column) for p in document.problems if p.location is not None]


def test_values_and_keys_have_places() -> None:
    document = read_json('{"a": [1, {"b\\n": "x"}],\n "c": {}}', "f")
    assert document.value == {"a": [1, {"b\n": "x"}], "c": {}}
    assert str(document.locate(("a", 1, "b\n"), False)) == "f:1:19"
    assert str(document.locate(("a", 1, "b\n"), True)) == "f:1:12"
    location = document.locate(("c",), False)
    assert location is not None
    assert (location.line, location.column, location.end_column) == (2, 7, 9)
    assert document.locate(("d",), False) is None


def test_a_duplicate_key_is_a_problem_at_the_second_key() -> None:
    document = read_json('{"x": {"a": 1,\n "a": [{"b": 1, "b": 2}]}}', "f")
    assert document.value == {"x": {"a": [{"b": 2}]}}
    assert codes(document) == [("duplicate-key", 2, 2), ("duplicate-key", 2, 17)]
    assert [problem.path for problem in document.problems] == ["x.a", "x.a[0].b"]
    assert document.problems[0].message.endswith("the first time in line 1.")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1" * 5000, "-" + "1" * 5000, '"\\ud800"'])
def test_values_that_json_does_not_have_are_problems_where_they_stand(text: str) -> None:
    document = read_json(f'{{"a": 1,\n "b": [2, {text}]}}', "f")
    assert codes(document) == [("bad-document", 2, 11)]
    assert document.problems[0].path == "b[1]"
    assert document.value["a"] == 1


def test_whole_surrogate_pairs_are_fine() -> None:
    document = read_json('["\\ud83d\\ude00"]')
    assert (document.value, document.problems) == (["😀"], ())


@pytest.mark.parametrize(
    ("text", "place"), [('{"a": }', (1, 7)), ('{"a": 1}\nx', (2, 1)), ('["', (1, 2)), ("{'a': 1}", (1, 2))]
)
def test_a_syntax_error_is_located(text: str, place: tuple[int, int]) -> None:
    document = read_json(text, "f")
    assert document.value is None
    assert codes(document) == [("bad-document", *place)]
    assert document.problems[0].message.startswith("'f' is not JSON: ")


@pytest.mark.parametrize("data", ["", " \n", b"\xef\xbb\xbf", b"\xff", b'{"a": "\0"}', '["\ud800"]'])
def test_what_cannot_be_a_document_is_one_problem(data: bytes | str) -> None:
    assert [problem.code for problem in read_json(data, "f").problems] == ["bad-document"]


def test_depth_and_nodes_are_limited() -> None:
    assert read_json("[[1]]", "f", Limits(depth=2)).problems == ()
    assert codes(read_json("[1, [[2]]]", "f", Limits(depth=2))) == [("limit-exceeded", 1, 6)]
    assert read_json("[1, 2, 3]", "f", Limits(nodes=4)).problems == ()
    document = read_json("[1, 2,\n3, 4]", "f", Limits(nodes=4))
    assert codes(document) == [("limit-exceeded", 2, 4)]
    assert document.value is None


@pytest.mark.parametrize("text", ["[" * 60_000, '{"a":' * 10_000, "[" * 60_000 + "]" * 60_000])
def test_the_deepest_text_is_a_problem_and_no_crash(text: str) -> None:
    assert [problem.code for problem in read_json(text, "f").problems] == ["limit-exceeded"]
    assert [problem.code for problem in read_json(text, "f", Limits(depth=10**9)).problems] == ["limit-exceeded"]
