"""`check_reader` passes the library's readers, and catches those that break the contract in one line."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from registry.config import read_json, read_toml, read_yaml
from registry.document import Document
from registry.model import Limits
from registry.problems import Location, Problem
from registry.testing.readers import check_reader

VALUE = {
    "trainer": {"epochs": 10, "name": "first", "losses": [{"delta": 0.5, "kind": "huber"}, {"on": True}]},
    "seeds": [11, 22],
}
YAML = """
trainer:
  epochs: 10
  name: first   # of many
  losses:
    - {delta: 5e-1, kind: 'huber'}
    - on: true
seeds: [11, 22]
"""
JSON = """{"trainer": {"epochs": 10, "name": "first",
  "losses": [{"delta": 0.5, "kind": "huber"},
    {"on": true}]},
 "seeds": [11, 22]}"""
TOML = """
[trainer]
epochs = 10
name = 'first'
losses = [{delta = 0.5, kind = "huber"}, {on = true}]
[more]
seeds = [11, 22]
"""
READERS = {
    "yaml": (read_yaml, [(YAML, VALUE), (JSON, VALUE)]),
    "json": (read_json, [(JSON, VALUE), ("[[1], null]", [[1], None])]),
    "toml": (read_toml, [(TOML, {"trainer": VALUE["trainer"], "more": {"seeds": [11, 22]}})]),
}


@pytest.mark.parametrize("kind", READERS)
def test_the_readers_of_the_library_pass(kind: str) -> None:
    reader, valid = READERS[kind]
    check_reader(reader, valid=valid)


def test_a_reader_is_tried_with_bad_texts_even_if_there_are_no_good_ones() -> None:
    check_reader(read_json)
    with pytest.raises(AssertionError, match="The reader raised UnicodeDecodeError"):
        check_reader(raising)


# Twins of the reader for JSON, each with one line that is wrong.


def honest(data: bytes | str, name: str, limits: Limits) -> Document:
    return read_json(data, name, limits)


def raising(data: bytes | str, name: str, limits: Limits) -> Document:
    text = data if isinstance(data, str) else data.decode()
    return read_json(text, name, limits)


def moved(data: bytes | str, name: str, limits: Limits) -> Document:
    document = read_json(data, name, limits)
    return attrs.evolve(document, locate=lambda path, key: Location(name, 1, 1, 2))


def silent(data: bytes | str, name: str, limits: Limits) -> Document:
    document = read_json(data, name, limits)
    return attrs.evolve(document, locate=lambda path, key: None)


def unlimited(data: bytes | str, name: str, limits: Limits) -> Document:
    return read_json(data, name, Limits())


def nameless(data: bytes | str, name: str, limits: Limits) -> Document:
    return read_json(data, "", limits)


def texts_only(data: bytes | str, name: str, limits: Limits) -> Document:
    document = read_json(data, name, limits)
    return attrs.evolve(document, value=str(document.value)) if isinstance(data, bytes) else document


def sorting(data: bytes | str, name: str, limits: Limits) -> Document:
    document = read_json(data, name, limits)
    value = dict(sorted(document.value.items())) if isinstance(document.value, dict) else document.value
    return attrs.evolve(document, value=value)


def beyond(data: bytes | str, name: str, limits: Limits) -> Document:
    document = read_json(data, name, limits)
    outside = [attrs.evolve(each, location=Location(name, 10**7, 1, 1)) for each in document.problems]
    return attrs.evolve(document, problems=tuple(outside))


def without_places(data: bytes | str, name: str, limits: Limits) -> Document:
    document = read_json(data, name, limits)
    return attrs.evolve(document, problems=tuple(attrs.evolve(each, location=None) for each in document.problems))


def of_its_own_code(data: bytes | str, name: str, limits: Limits) -> Document:
    document = read_json(data, name, limits)
    return attrs.evolve(document, problems=tuple(map(_renamed, document.problems)))


def _renamed(problem: Problem) -> Problem:
    return attrs.evolve(problem, code="json") if problem.code == "bad-document" else problem


def finding_fault(data: bytes | str, name: str, limits: Limits) -> Document:
    document = read_json(data, name, limits)
    return attrs.evolve(document, problems=(Problem("bad-document", "It is bad.", "", Location(name, 1, 1, 1)),))


def everywhere(data: bytes | str, name: str, limits: Limits) -> Document:
    document = read_json(data, name, limits)

    def locate(path: Any, key: bool, /) -> Location | None:
        found = document.locate(path, key)
        return Location(name, 1, 1, 1) if found is None else found

    return attrs.evolve(document, locate=locate)


def keys_at_values(data: bytes | str, name: str, limits: Limits) -> Document:
    document = read_json(data, name, limits)
    return attrs.evolve(document, locate=lambda path, key: document.locate(path, False))


def giving_the_value(data: bytes | str, name: str, limits: Limits) -> Any:
    return read_json(data, name, limits).value


BROKEN: dict[Callable[..., Any], str] = {
    raising: "The reader raised UnicodeDecodeError instead of giving a document with a problem.",
    moved: "is located at '{', where '10' is not written.",
    silent: "has no location.",
    unlimited: "The reader reports no 'limit-exceeded' for a text that is",
    nameless: "The document is called '', and the reader was told 'hostile'.",
    texts_only: "The reader gives another value than the text says, from bytes",
    sorting: "the whole has the keys ['seeds', 'trainer'] instead of ['trainer', 'seeds'].",
    beyond: "is located in line 10000000, and the text has",
    without_places: "has no location.",
    of_its_own_code: "A problem has the code 'json', which is none of CODES.",
    finding_fault: "The reader finds fault with a text of its format, given as text: 'It is bad.'.",
    everywhere: "A path that is not in the document has a location",
    keys_at_values: "The key of 'trainer.epochs' is located at '10', where it is not written.",
    giving_the_value: "The reader gave a dict and no Document.",
}


def test_the_honest_twin_passes() -> None:
    check_reader(honest, valid=READERS["json"][1])


@pytest.mark.parametrize("reader", BROKEN, ids=lambda reader: reader.__name__)
def test_a_broken_reader_is_caught_with_one_sentence_and_the_call(reader: Callable[..., Any]) -> None:
    with pytest.raises(AssertionError) as caught:
        check_reader(reader, valid=READERS["json"][1])
    sentence, call = str(caught.value).split("\n", 1)
    assert BROKEN[reader] in sentence
    assert call.startswith("    document = reader(")
    assert caught.value.__cause__ is None
