"""The corpus is data: described, the same each time, and as hostile as it says."""

import sys
from collections.abc import Mapping
from typing import Any

import pytest

from registry import Registry
from registry.config import read_json, read_toml, read_yaml
from registry.errors import InvalidNameError
from registry.model import Reference
from registry.names import check_name
from registry.problems import has_errors
from registry.testing import corpus
from registry.testing.corpus.objects import Misbehaved

PARTS: dict[str, Mapping[str, Any]] = {name: getattr(corpus, name) for name in corpus.__all__ if name != "Misbehaved"}
DOCUMENTS = {"YAML": read_yaml, "JSON": read_json, "TOML": read_toml}


@pytest.mark.parametrize("part", PARTS)
def test_everything_is_described_in_words(part: str) -> None:
    assert len(PARTS[part]) >= 25
    for what in PARTS[part]:
        assert what.isprintable()
        assert 0 < len(what) < 60


@pytest.mark.parametrize("part", ["YAML", "JSON", "TOML", "HTTP"])
def test_documents_and_requests_are_bytes_and_the_same_each_time(part: str) -> None:
    for what, made in PARTS[part].items():
        assert type(made) is bytes
        assert len(made) < 2_000_000, what
        assert PARTS[part][what] == made


@pytest.mark.parametrize("part", ["OBJECTS", "CALLABLES"])
def test_objects_are_made_by_calling(part: str) -> None:
    for what, make in PARTS[part].items():
        make()
        assert callable(make), what


def test_each_callable_says_that_it_can_be_called() -> None:
    for what, make in corpus.CALLABLES.items():
        assert callable(make()), what


def test_there_are_names_that_are_refused_and_names_that_only_look_odd() -> None:
    refused = set()
    for what, name in corpus.NAMES.items():
        try:
            check_name(name)
        except InvalidNameError:
            refused.add(what)
    assert {"empty", "a NUL", "half a surrogate pair", "256 bytes", "a million characters"} <= refused
    assert {"a Cyrillic a", "SQL", "a reserved key", "dots that lead up"} <= corpus.NAMES.keys() - refused


def test_a_hostile_name_means_nothing_in_a_config_and_imports_nothing() -> None:
    losses: Registry[Any, Any, str] = Registry("losses")
    losses.register("adam", dict)
    before = set(sys.modules)
    for what, name in {**corpus.NAMES, **corpus.REFERENCES}.items():
        problems = losses.check({"_type": name})
        assert [problem.code for problem in problems] == ["entry-not-found"], what
    assert {module for module in set(sys.modules) - before if not module.startswith("registry")} == set()


def test_there_are_references_that_can_be_written_and_some_that_cannot() -> None:
    refused = set()
    for what, target in corpus.REFERENCES.items():
        try:
            Reference(target)
        except ValueError:
            refused.add(what)
    assert {"nothing", "a call", "a line end", "two colons"} <= refused
    assert {"a system call", "evaluation", "a Cyrillic letter"} <= corpus.REFERENCES.keys() - refused


@pytest.mark.parametrize("part", DOCUMENTS)
def test_most_documents_are_refused_by_the_reader_that_they_are_for(part: str) -> None:
    refused = [what for what, data in PARTS[part].items() if has_errors(DOCUMENTS[part](data, "hostile").problems)]
    assert len(refused) > 0.7 * len(PARTS[part])


def test_objects_really_misbehave() -> None:
    odd = corpus.OBJECTS["every attribute raises"]()
    with pytest.raises(Misbehaved):
        _ = odd.anything
    with pytest.raises(Misbehaved):
        hash(corpus.OBJECTS["a hash that raises"]())
    with pytest.raises(Misbehaved):
        isinstance(corpus.OBJECTS["a class that raises"](), dict)
    assert isinstance(corpus.OBJECTS["a class that lies"](), dict)
    with pytest.raises(RecursionError):
        repr(corpus.OBJECTS["a deep list"]())
