"""What holds for all values: written and read back they are equal, and stand where they are located."""

import json
import string
from typing import Any

import pytest
import tomli_w
import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st

from registry.config import read_json, read_toml, read_yaml, yaml_reader
from registry.config.places import Place
from registry.config.text import Text
from registry.config.yaml_composer import Composer
from registry.config.yaml_events import c_events, python_events
from registry.config.yaml_scalars import plain_scalar
from registry.config.yaml_simple import may_be_simple, simple_value
from registry.document import Document
from registry.model import MISSING, Limits

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    [
        "no",
        "1e-3",
        "0o17",
        "~",
        "<<",
        "true",
        "a: b",
        "- x",
        "#",
        "é😀",
        " ",
        "'",
        '"',
        "&a",
        "*a",
        "!t",
        "\n",
        "x\n\ny\n",
    ]
)
numbers = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False)
scalars = st.none() | st.booleans() | numbers | texts


def trees(scalar: st.SearchStrategy[Any], key: st.SearchStrategy[str] = texts) -> st.SearchStrategy[Any]:
    return st.recursive(scalar, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(key, inner, max_size=4))


def same(first: Any, second: Any) -> bool:
    """Equal, with equal types all the way down."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return list(first) == list(second) and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict | list):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        return [found for step, child in steps for found in leaves(child, (*path, step))]
    return [(path, value)]


def stands_where_it_is_located(document: Document, text: str) -> bool:
    """Whether the text at the location of each scalar begins with it, as far as it is written there as it is."""
    lines = text.split("\n")
    for path, value in leaves(document.value):
        location = document.locate(path, False)
        if location is None:
            return False
        written = lines[location.line - 1][location.column - 1 : location.end_column - 1]
        if isinstance(value, bool) or value is None or type(value) is int:
            if plain_scalar(written) != value and not (value is None and written == ""):
                return False
        elif isinstance(value, str) and not (written[:1] in "\"'|>" or value.startswith(written.rstrip())):
            return False
    return True


@given(trees(scalars))
def test_json_is_read_back_and_located(value: Any) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) if _is_finite(value) else "[]"
    document = read_json(text)
    assert document.problems == ()
    assert same(document.value, json.loads(text))
    assert stands_where_it_is_located(document, text.replace("\x85", " "))


def _is_finite(value: Any) -> bool:
    return all(not isinstance(leaf, float) or abs(leaf) != float("inf") for _, leaf in leaves(value))


# PyYAML writes for YAML 1.1, so what 1.2 reads otherwise is quoted by hand: JSON is YAML too.
@given(trees(scalars))
@example(1e-7)
def test_json_is_yaml(value: Any) -> None:
    text = json.dumps(value, indent=2) if _is_finite(value) else "[]"
    document = read_yaml(text)
    assert document.problems == ()
    assert same(document.value, json.loads(text))


words = st.text(string.ascii_letters + "_", min_size=1, max_size=6).filter(lambda word: type(plain_scalar(word)) is str)


@given(trees(st.none() | st.booleans() | st.integers() | words, words), st.booleans(), st.integers(1, 6))
def test_yaml_is_read_back_and_located(value: Any, flow: bool, indent: int) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, indent=indent, sort_keys=False)
    document = read_yaml(text.removesuffix("...\n"))
    assert document.problems == ()
    assert same(document.value, value)
    assert stands_where_it_is_located(document, text)


@given(trees(texts))
def test_texts_in_yaml_are_read_back(value: Any) -> None:
    text = yaml.safe_dump(value, default_style='"', sort_keys=False, allow_unicode=False)
    document = read_yaml(text)
    assert document.problems == ()
    assert same(document.value, value)


@given(st.dictionaries(texts, trees(st.booleans() | st.integers(-(2**60), 2**60) | texts), min_size=1, max_size=4))
def test_toml_is_read_back_and_located(value: dict[str, Any]) -> None:
    text = tomli_w.dumps(value)
    document = read_toml(text)
    assert document.problems == ()
    assert document.value == value
    for path, leaf in leaves(value):
        location = document.locate(path, False)
        assert location is not None
        if type(leaf) in (bool, int):
            written = text.split("\n")[location.line - 1][location.column - 1 : location.end_column - 1]
            assert written == json.dumps(leaf)


# A grammar of scraps, which makes more valid and half-valid YAML than random characters do.
SCRAPS = """a: |- |&a |*a|<<: |!!int |!x |1e-3|{a: 1}|[x, y]|'q'|"\\u00e9"|é|😀|? |null"""
BREAKS = ["\n  ", "\n- ", ": ", "---\n", "...\n", "|\n  x\n", "a: &a\n  b: 1\n"]
scraps = st.lists(
    st.sampled_from([*SCRAPS.split("|"), *BREAKS, *"ab1 \n:-?,[]{}#&*!'\"|>~%"]),
    max_size=14,
).map("".join)


def composed(text: str, parser: Any, limits: Limits) -> Composer:
    composer = Composer(Text(text, "f"), limits)
    composer.compose(parser(text))
    return composer


def spans(place: Place | None) -> Any:
    if place is None:
        return None
    return place.span, place.keys, {step: spans(child) for step, child in place.children.items()}


@given(scraps, st.sampled_from([Limits(), Limits(depth=2, nodes=6)]))
@example("a: &a {b: 1}\nc: {<<: *a}\n", Limits())
@example("a:\n\n# c\nb:\n- \n- x\n", Limits())
def test_the_c_parser_and_the_python_parser_agree_on_what_both_read(text: str, limits: Limits) -> None:
    assume(c_events(text) is not None)
    assume("!!!" not in text)  # a tag with a name that cannot be: a problem for both, in other words
    by_c, by_python = composed(text, c_events, limits), composed(text, python_events, limits)
    if by_c.is_yaml and by_python.is_yaml and not isinstance(by_c.value, str):
        # (In a file that is one block of text, they differ on whether a line with "#" or "---" is part of it.)
        assert same(by_c.value, by_python.value)
        assert [problem.code for problem in by_c.problems] == [problem.code for problem in by_python.problems]
        assert [problem.path for problem in by_c.problems] == [problem.path for problem in by_python.problems]
        assert spans(by_c.place) == spans(by_python.place)


@given(scraps, st.sampled_from([Limits(), Limits(depth=2, nodes=6)]))
def test_the_fast_way_agrees_with_the_thorough_one(text: str, limits: Limits) -> None:
    try:
        value = simple_value(c_events(text) or python_events(text), limits) if may_be_simple(text) else MISSING
    except Exception:
        value = MISSING
    if value is not MISSING:
        thorough = composed(text, c_events, limits)
        assert same(thorough.value, value)
        assert thorough.problems == []


@given(scraps | st.text(max_size=20) | st.binary(max_size=20))
def test_no_reader_raises_and_each_problem_has_a_place(data: bytes | str) -> None:
    for read in (read_yaml, read_json, read_toml):
        for problem in read(data, "f").problems:
            assert problem.location is not None
            assert str(problem)


CORPUS = {
    "nested": "t:\n  _type: x\n  lr: 1e-3\n  l:\n  - {_type: a, d: .5}\n  - b\n",
    "anchors": "a: &a {x: 1, y: [1, 2]}\nb: *a\nc:\n  <<: *a\n  z: 3\n",
    "duplicate": "a: 1\nb: {c: 1, c: 2}\na: 2\n",
    "blocks": "a: |\n  one\n  two\nb: >-\n  three\n  four\n",
    "flow": "{a: [1, 2, {b: c}], 'd': \"e\"}",
    "tags": "a: !!str 1\nb: !x {c: 1}\n",
    "two documents": "a: 1\n---\nb: 2\n",
    "deep": "[" * 200,
    "syntax": "a: [1\nb: }\n",
    "urls": "{url: http://h:80/p, l: [a:b]}",
    "separators": "a: x\u2028y\x85z\n",
    "control": "a: \x01",
    "unicode": "é😀: 'ö'\nß: [😀, x]\n",
}


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_without_the_c_parser_the_result_is_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def seen(document: Document) -> Any:
        places = [
            (path, str(document.locate(path, False)), str(document.locate(path, True)))
            for path, _ in leaves(document.value)
        ]
        return document.value, [(p.code, p.message, p.path, str(p.location)) for p in document.problems], places

    fast = seen(read_yaml(text, "f"))
    monkeypatch.setattr(yaml_reader, "c_events", lambda content: None)
    assert seen(read_yaml(text, "f")) == fast
