"""YAML: what its scalars mean, where its values stand, what is wrong with it."""

import math

import pytest

from registry.config import read_yaml
from registry.document import Document
from registry.model import Limits


def codes(document: Document) -> list[tuple[str, int, int]]:
    return [(p.code, p.location.line, p.location.column) for p in document.problems if p.location is not None]


def marked(document: Document, path: tuple[object, ...], key: bool = False) -> str:
    """The text that the location of a path covers."""
    location = document.locate(path, key)
    assert location is not None
    start = location.column - location.excerpt_column
    return location.excerpt[start : location.end_column - location.excerpt_column]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1.", 1.0),
        (".5", 0.5),
        ("+.5e3", 500.0),
        ("-7", -7),
        ("010", 10),
        ("0o17", 15),
        ("0xFf", 255),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("true", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("no", "no"),
        ("on", "on"),
        ("~", None),
        ("Null", None),
        ("2001-12-14", "2001-12-14"),
        ("2001-12-14T21:59:43Z", "2001-12-14T21:59:43Z"),
        ("=", "="),
        ("'1'", "1"),
        ('"\\u00e9"', "é"),
        ("!!str 1", "1"),
        ("! 1", "1"),
        ("!!int '1'", 1),
        ("!!float 1", 1.0),
        ("!!null ''", None),
        ("!!bool 'true'", True),
        ("٣", "٣"),
    ],
)
def test_a_scalar_means_what_the_core_schema_of_yaml_1_2_says(text: str, value: object) -> None:
    document = read_yaml(f"a: {text}")
    assert document.problems == ()
    assert document.value == {"a": value}
    assert type(document.value["a"]) is type(value)


def test_not_a_number_is_a_float() -> None:
    assert math.isnan(read_yaml("a: .nan").value["a"])


def test_keys_are_scalars_of_any_type() -> None:
    assert read_yaml("1: a\ntrue: b\n~: c\n1.5: d\n'2': e").value == {1: "b", None: "c", 1.5: "d", "2": "e"}
    assert read_yaml("0: a\ntrue: b\n~: c\n").value == {0: "a", True: "b", None: "c"}


def test_values_are_exactly_the_built_in_types() -> None:
    value = read_yaml("a: [1, {b: x}]\nc: &c {d: 1}\ne: *c\n").value
    assert [type(value), type(value["a"]), type(value["a"][1]), type(value["e"])] == [dict, list, dict, dict]


def test_each_place_of_an_alias_gets_its_own_copy() -> None:
    value = read_yaml("a: &x {p: [1]}\nb: *x\n").value
    assert value["a"] == value["b"]
    assert value["a"] is not value["b"]
    assert value["a"]["p"] is not value["b"]["p"]


def test_merge_keys_give_way_to_own_keys_and_to_earlier_mappings() -> None:
    text = "a: &a {p: 1, q: 2}\nb: &b {q: 3, r: 4}\nc:\n  <<: [*a, *b]\n  p: 5\n"
    assert read_yaml(text).value["c"] == {"p": 5, "q": 2, "r": 4}
    assert read_yaml("a: {<<: {x: 1}, y: 2}").value == {"a": {"x": 1, "y": 2}}


def test_a_quoted_merge_key_is_a_plain_key() -> None:
    assert read_yaml("a: {'<<': {x: 1}}").value == {"a": {"<<": {"x": 1}}}
    assert read_yaml("a: <<").value == {"a": "<<"}


def test_aliases_and_merge_keys_locate_to_where_the_value_is_written() -> None:
    document = read_yaml("base: &b {p: 1, q: [2]}\nalias: *b\nmerged:\n  <<: *b\n  own: 3\n", "f")
    assert str(document.locate(("alias", "q", 0), False)) == "f:1:21"
    assert str(document.locate(("merged", "p"), False)) == "f:1:14"
    assert str(document.locate(("merged", "p"), True)) == "f:1:11"
    assert str(document.locate(("alias",), True)) == "f:2:1"
    assert str(document.locate(("merged", "own"), False)) == "f:5:8"


def test_places_cover_the_value_or_the_key() -> None:
    document = read_yaml("t:\n  - {_type: hubr, delta: 'a b'}\n  -  plain words # no\n")
    assert marked(document, ("t", 0, "_type")) == "hubr"
    assert marked(document, ("t", 0, "_type"), key=True) == "_type"
    assert marked(document, ("t", 0, "delta")) == "'a b'"
    assert marked(document, ("t", 0)) == "{_type: hubr, delta: 'a b'}"
    assert marked(document, ("t", 1)) == "plain words"
    assert marked(document, ("t",)) == "-"
    assert marked(document, ()) == "t"


def test_a_block_mapping_stands_where_its_first_key_does() -> None:
    assert marked(read_yaml("a:\n  first: 1\n  second: 2\n"), ("a",)) == "first"


def test_an_empty_value_stands_where_its_key_does() -> None:
    assert marked(read_yaml("a:\nbcd: # nothing\ne: 1\n"), ("bcd",)) == "bcd"


def test_a_value_that_spans_lines_ends_with_its_first_line() -> None:
    location = read_yaml("a: [1,\n  2]\nb: 'x\n  y'\n").locate(("a",), False)
    assert location is not None
    assert (location.line, location.column, location.end_column, location.excerpt) == (1, 4, 7, "a: [1,")


def test_places_come_after_anchors_and_tags() -> None:
    document = read_yaml("a: &x !!str 'v'\nb: &y # why\n  c: 1\nd: !!seq [1]\n")
    assert marked(document, ("a",)) == "'v'"
    assert marked(document, ("b",)) == "c"
    assert marked(document, ("d",)) == "[1]"


def test_columns_count_code_points() -> None:
    assert str(read_yaml("{é😀: '😀😀', b: x}", "f").locate(("b",), False)) == "f:1:15"
    assert str(read_yaml("é: 1\n😀: &a [x]\nc: *a\n", "f").locate(("c", 0), False)) == "f:2:8"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_counts_for_nothing(encoding: str) -> None:
    document = read_yaml("é: x\n".encode(encoding), "f")
    assert document.value == {"é": "x"}
    assert str(document.locate(("é",), False)) == "f:1:4"


def test_windows_line_ends_make_no_difference() -> None:
    document = read_yaml(b"a: 1\r\nb: x\r\nb: y\r\n", "f")
    assert document.value == {"a": 1, "b": "y"}
    assert codes(document) == [("duplicate-key", 3, 1)]


def test_what_is_not_there_has_no_location() -> None:
    document = read_yaml("a: [1]")
    assert document.locate(("b",), False) is None
    assert document.locate(("a", 1), True) is None
    assert document.locate(("a", 0, "x"), False) is None
    assert document.locate((["unhashable"],), False) is None


def test_a_duplicate_key_is_a_problem_at_the_second_key() -> None:
    document = read_yaml("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 4\n", "f")
    assert document.value == {"a": 4, "b": {"c": 3, "d": 2}}
    assert codes(document) == [("duplicate-key", 5, 3), ("duplicate-key", 6, 1)]
    assert document.problems[0].path == "b.c"
    assert document.problems[0].message == "'c' is written twice in this mapping; the first time in line 3."


def test_two_merge_keys_are_duplicates() -> None:
    document = read_yaml("a:\n  <<: {x: 1}\n  <<: {y: 2}\n")
    assert codes(document) == [("duplicate-key", 3, 3)]
    assert document.value == {"a": {"x": 1, "y": 2}}


@pytest.mark.parametrize(
    ("text", "value", "place"),
    [
        ("a: b: c\n", None, (1, 5)),
        ("a: [1, 2\nb: 3\n", None, (2, 2)),
        ("a: 'x\n", None, (2, 1)),
        ("a: \x07\n", None, (1, 4)),
        ("\ta: 1", None, (1, 1)),
        ("a: 1\n---\nb: 2\n", {"a": 1}, (2, 1)),
        ("? [a]\n: 1\nb: 2\n", {"b": 2}, (1, 3)),
        ("? {a: 1}\n: 1\nb: 2\n", {"b": 2}, (1, 3)),
        ("a: &a {x: 1}\n*a : 1\n", {"a": {"x": 1}}, (1, 7)),
        ("a: !Foo x\n", {"a": "x"}, (1, 4)),
        ("a: !!python/name:os.system ''\n", {"a": ""}, (1, 4)),
        ("a: !!binary aGk=\n", {"a": "aGk="}, (1, 4)),
        ("a: !!set {x: }\n", {"a": {"x": None}}, (1, 4)),
        ("a: !!seq {x: 1}\n", {"a": {"x": 1}}, (1, 4)),
        ("a: !!int x\n", {"a": None}, (1, 10)),
        ("a: *nope\n", {"a": None}, (1, 4)),
        ("a: &x [1, *x]\n", {"a": [1, None]}, (1, 11)),
        ("a: &x {b: *x}\n", {"a": {"b": None}}, (1, 11)),
        ("a: {<<: 3, b: 1}\n", {"a": {"b": 1}}, (1, 9)),
        ("a: {<<: [{c: 1}, 3], b: 1}\n", {"a": {"c": 1, "b": 1}}, (1, 18)),
        ('a: "\\ud800"\n', {"a": None}, (1, 4)),
        ("a: 1" + "0" * 5000 + "\n", {"a": None}, (1, 4)),
        ("a: !!int " + "1" * 5000 + "\n", {"a": None}, (1, 10)),
    ],
)
def test_what_is_wrong_is_located_and_reading_goes_on(text: str, value: object, place: tuple[int, int]) -> None:
    document = read_yaml(text, "f")
    assert codes(document) == [("bad-document", *place)]
    assert document.value == value


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "\ufeff", "---\n...\n---\n"])
def test_a_document_with_nothing_in_it_is_a_problem(text: str) -> None:
    document = read_yaml(text, "f")
    assert document.value is None
    assert [problem.code for problem in document.problems] == ["bad-document"]


@pytest.mark.parametrize(
    ("data", "column"), [(b"a: \xff", 4), (b"\x89PNG\r\n\x1a\n\0", 1), (b"a: x\0y", 5), ("a: \ud800", 4)]
)
def test_what_is_not_a_text_is_a_problem_where_it_stops_being_one(data: bytes | str, column: int) -> None:
    document = read_yaml(data, "f")
    assert codes(document) == [("bad-document", 1, column)]
    assert "f" in document.problems[0].message


def test_what_yaml_1_2_allows_in_flow_style_is_read() -> None:
    assert read_yaml("{url: http://x:80/y, s: [a:b, c]}").value == {"url": "http://x:80/y", "s": ["a:b", "c"]}


def test_line_separators_of_unicode_are_ordinary_characters() -> None:
    assert read_yaml("a: x\u2028y\nb: 1\n").value == {"a": "x\u2028y", "b": 1}


def test_depth_is_limited() -> None:
    limits = Limits(depth=3)
    assert read_yaml("[[[1]]]", "f", limits).problems == ()
    document = read_yaml("[[[[1]]]]", "f", limits)
    assert codes(document) == [("limit-exceeded", 1, 4)]
    assert document.value is None


def test_nodes_are_limited() -> None:
    limits = Limits(nodes=4)
    assert read_yaml("[1, 2, 3]", "f", limits).problems == ()
    assert codes(read_yaml("[1, 2, 3, 4]", "f", limits))[0][0] == "limit-exceeded"
    assert codes(read_yaml("{a: &a 1, b: *a, c: 2, d: 3}", "f", limits))[0][0] == "limit-exceeded"


def test_aliases_count_by_their_expanded_size_and_depth() -> None:
    text = "a: &a [1, 2]\nb: [*a, *a]\n"
    assert read_yaml(text, "f", Limits(nodes=11)).problems == ()
    assert codes(read_yaml(text, "f", Limits(nodes=10))) == [("limit-exceeded", 2, 9)]
    assert codes(read_yaml(text, "f", Limits(nodes=7))) == [("limit-exceeded", 2, 5)]
    assert codes(read_yaml("a: &a [[1]]\nb: [*a]\n", "f", Limits(depth=3))) == [("limit-exceeded", 2, 5)]
    assert read_yaml("a: &a [[1]]\nb: [*a]\n", "f", Limits(depth=4)).problems == ()


def test_mistakes_before_a_syntax_error_are_reported_too() -> None:
    assert codes(read_yaml("a: 1\na: 2\nb: c: d\n")) == [("duplicate-key", 2, 1), ("bad-document", 3, 5)]


def test_thousands_of_places_are_found_in_one_reading() -> None:
    lines = 5000
    document = read_yaml("".join(f"k{n}: {{a: {n}}}\n" for n in range(lines)), "f")
    found = [document.locate((f"k{n}", "a"), False) for n in range(lines)]
    assert [location.line for location in found if location is not None] == list(range(1, lines + 1))


def test_depth_is_limited_in_mappings_too() -> None:
    limits = Limits(depth=3)
    for text in ("a:\n  b:\n    c: 1\n", "{a: [{c: 1}]}", "[{b: [1]}]"):
        assert read_yaml(text, "f", limits).problems == ()
    for text in ("a:\n  b:\n    c:\n      d: 1\n", "{a: [{c: []}]}", "[{b: [{}]}]", "[[{b: [1]}]]"):
        assert [code for code, _, _ in codes(read_yaml(text, "f", limits))] == ["limit-exceeded"]


def test_a_carriage_return_alone_ends_a_line() -> None:
    assert codes(read_yaml("a: 1\rb: x\rb: y\r", "f")) == [("duplicate-key", 3, 1)]
