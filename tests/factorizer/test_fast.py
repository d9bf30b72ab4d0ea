"""Ordinary configs are built by the code that is made for them: what is explained takes twenty times as long."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

import attrs
import pytest
from annotated_types import Gt

from registry import Registry, SchemaFactorizer, value_converter
from registry.config import read_yaml


@attrs.frozen
class Leaf:
    size: int = 1


ORDINARY: dict[str, tuple[Any, Any]] = {
    "a whole number": (int, 3),
    "a whole number for a float": (float, 3),
    "text or nothing": (str | None, None),
    "one of some words": (Literal["a", "b"], "b"),
    "a positive number": (Annotated[int, Gt(0)], 3),
    "a path": (Path, "a/b"),
    "a list of numbers": (list[int], [1, 2]),
    "a sequence of numbers": (Sequence[float], [1, 2.5]),
    "a pair": (tuple[int, str], [1, "a"]),
    "a dict of numbers": (dict[str, int], {"a": 1}),
    "a dict of anything": (dict[str, Any], {"a": [1]}),
    "anything": (Any, [{"a": None}]),
    "an object": (Leaf, {"_type": "Leaf"}),
    "an object or nothing": (Leaf | None, {"_type": "Leaf", "size": 2}),
    "objects": (list[Leaf], [{"_type": "Leaf"}]),
    "a dict of objects": (dict[str, Leaf], {"a": {"_type": "Leaf"}}),
    "an object among anything": (Any, {"a": {"_type": "Leaf"}}),
}


def registry_of(annotation: Any) -> Registry[Any]:
    def holder(value: Any) -> Any:
        return value

    holder.__annotations__["value"] = annotation
    registry = Registry[Any]("parts")
    registry.register(Leaf)
    registry.register(holder)
    return registry


@pytest.fixture
def unexplained(monkeypatch: pytest.MonkeyPatch) -> None:
    def explain(*given: Any) -> Any:
        raise AssertionError("it was explained")

    monkeypatch.setattr(SchemaFactorizer, "_explain", explain)


@pytest.mark.parametrize(("annotation", "value"), ORDINARY.values(), ids=ORDINARY.keys())
def test_what_is_ordinary_is_not_explained(unexplained: None, annotation: Any, value: Any) -> None:
    registry_of(annotation).build({"_type": "holder", "value": value})


def test_what_is_explained_would_be_noticed(unexplained: None) -> None:
    with pytest.raises(AssertionError, match="explained"):
        registry_of(set[int]).build({"_type": "holder", "value": "no set"})


def test_a_document_that_has_problems_already_keeps_them() -> None:
    document = read_yaml("_type: holder\nvalue: 1\nvalue: 2\n")
    (problem,) = registry_of(int).check(document)
    assert problem.code == "duplicate-key"


def test_of_a_part_of_a_document_nothing_else_is_looked_at() -> None:
    class Name(str):
        """What a hook makes."""

    asked: list[str] = []

    def made(value: Any, wanted: type) -> Name:
        asked.append(value)
        return Name(value)

    converter = value_converter()
    converter.register_structure_hook(Name, made)
    registry = Registry[Any]("parts", factorizer=SchemaFactorizer(converter=converter))

    @registry.register
    def pair(left: Any, name: Name) -> Any:
        return left, name

    document = read_yaml("_type: pair\nname: outer\nleft: {_type: pair, left: 1, name: inner}\n")
    assert registry.check(attrs.evolve(document, part=("left",))) == []
    assert asked == ["inner"]


def test_a_class_that_extends_a_path_is_made_from_text() -> None:
    kind = type(Path())
    made = registry_of(kind).build({"_type": "holder", "value": "a/b"})
    assert (type(made), made.parts) == (kind, ("a", "b"))
    assert registry_of(PurePosixPath).build({"_type": "holder", "value": "a/b"}) == PurePosixPath("a/b")
