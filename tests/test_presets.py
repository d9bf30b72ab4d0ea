"""Presets: registries for functions, classes and structured data."""

import dataclasses
import functools
import pickle
from collections.abc import Callable
from typing import Any, Protocol, TypedDict

import attrs
import pytest
from sklearn.linear_model import Ridge  # type: ignore[import-untyped]  # has no types

from registry import (
    ConfigError,
    ConformanceError,
    InheritanceError,
    MemoryBackend,
    ValidationContext,
    ValidationError,
    function_registry,
    schema_registry,
    type_registry,
)


class Loss(Protocol):
    def __call__(self, prediction: float, target: float) -> float: ...


def huber(prediction: float, target: float, delta: float = 1.0) -> float:
    return min(abs(prediction - target), delta)


def needs_more(prediction: float, target: float, delta: float) -> float:
    return delta


def test_a_function_registry_builds_functions_that_conform_and_can_be_pickled() -> None:
    losses = function_registry("losses", signature=Loss)
    losses.register(huber)
    built = losses.build("huber", delta=0.5)
    assert isinstance(built, functools.partial)
    assert built(1.0, 3.0) == pickle.loads(pickle.dumps(built))(1.0, 3.0) == 0.5
    assert losses["huber"] is huber


def test_what_cannot_be_called_as_the_signature_says_is_refused_when_it_is_registered() -> None:
    losses = function_registry("losses", signature=Callable[[float, float], float])
    mistakes: list[Any] = [needs_more, abs, 3]
    for wrong in mistakes:
        with pytest.raises(ConformanceError):
            losses.register("wrong", wrong)
    assert len(losses) == 0


def test_a_config_may_not_fix_what_the_signature_leaves_open() -> None:
    losses = function_registry("losses", signature=Loss)
    losses.register(huber)
    assert [problem.code for problem in losses.check({"_type": "huber", "target": 1.0})] == ["open-parameter"]


def test_without_a_signature_functions_are_called() -> None:
    rules = function_registry("rules")
    rules.register(huber)
    assert rules.build("huber", prediction=1.0, target=2.5) == 1.0
    with pytest.raises(ConformanceError):
        rules.register("three", 3)  # type: ignore[call-overload]  # the mistake


def test_strict_asks_for_the_same_names() -> None:
    def other(guess: float, truth: float) -> float:
        return guess - truth

    Call = Callable[[float, float], float]
    function_registry("lenient", signature=Call).register("other", other)
    with pytest.raises(ConformanceError):
        function_registry("strict", signature=Loss, strict=True).register("other", other)  # type: ignore[call-overload]  # the mistake


def test_a_type_registry_takes_subclasses_and_builds_instances() -> None:
    models = type_registry("models", base=Ridge.__mro__[-2])
    assert models.register(Ridge) is Ridge
    assert models.build("Ridge", alpha=2.0).alpha == 2.0
    with pytest.raises(InheritanceError):
        models.register("int", int)
    with pytest.raises(ValidationError):
        models.register("instance", Ridge())


class Reads(Protocol):
    def read(self, name: str) -> bytes: ...


class Reader:
    def read(self, name: str) -> bytes:
        return name.encode()


class Blind:
    def look(self) -> None: ...


def test_a_type_registry_may_ask_for_a_protocol_instead() -> None:
    readers = type_registry("readers", protocol=Reads)
    readers.register(Reader)
    assert readers.build("Reader").read("x") == b"x"
    with pytest.raises(ValidationError, match="read"):
        readers.register("Blind", Blind)  # type: ignore[arg-type]  # the mistake


def test_a_type_registry_may_ask_for_both() -> None:
    both: Any = type_registry
    readers = both("readers", base=Reader, protocol=Reads)
    readers.register(Reader)
    with pytest.raises(ValidationError):
        readers.register(Blind)


def test_a_type_registry_of_anything_takes_classes_only() -> None:
    things = type_registry("things")
    things.register(Blind)
    with pytest.raises(InheritanceError):
        things.register(huber)


@attrs.frozen
class Point:
    x: float
    y: float = 0.0


@dataclasses.dataclass
class Line:
    start: Point
    end: Point


class Options(TypedDict, total=False):
    colour: str
    width: int


def test_a_schema_registry_structures_mappings_strictly() -> None:
    shapes = schema_registry("shapes")
    for kind in (Point, Line, Options):
        shapes.register(kind)
    assert shapes.build("Point", x=1) == Point(1.0, 0.0)
    assert shapes.build({"_type": "Line", "start": {"x": 1}, "end": {"x": 2, "y": 3}}) == Line(
        Point(1.0), Point(2.0, 3.0)
    )
    assert shapes.build("Options", colour="red") == {"colour": "red"}
    broken = {"_type": "Line", "start": {"x": "1"}, "end": {"colour": 2}}
    problems = shapes.check(broken)
    assert sorted((problem.code, problem.path) for problem in problems) == [
        ("missing-parameter", "end"),
        ("unknown-parameter", "end.colour"),
        ("wrong-type", "start.x"),
    ]
    with pytest.raises(ConfigError):
        shapes.build("Options", colour=3)


def test_a_schema_registry_refuses_what_has_no_fields() -> None:
    shapes = schema_registry("shapes")
    with pytest.raises(ValidationError):
        shapes.register(Blind)
    with pytest.raises(ValidationError):
        shapes.register(huber)


def test_the_parts_are_passed_on_and_own_validators_come_first() -> None:
    seen: list[Any] = []

    def spy(artifact: Any, context: ValidationContext) -> None:
        seen.append(artifact)

    backend = MemoryBackend[str, Any]()
    models = type_registry("models", base=dict, validators=[spy], backend=backend, name_of=lambda cls: "made up")
    models.register(dict)
    assert "made up" in backend
    assert seen == [dict]
    with pytest.raises(TypeError, match="backnd"):
        type_registry("models", backnd={})  # type: ignore[call-overload]  # the mistake


def test_a_preset_takes_another_factorizer() -> None:
    class Fixed:
        makes = dict

        def build(self, config: Any, resolve: Any, /, *, given: Any) -> str:
            return f"built {config['_type']}"

    factorizer: Any = Fixed()
    assert type_registry("models", base=dict, factorizer=factorizer).build("x") == "built x"  # type: ignore[comparison-overlap]  # a text


def test_the_validators_of_a_preset_come_before_those_that_are_given() -> None:
    def never(artifact: Any, context: ValidationContext) -> None:
        raise ValidationError("It is refused.")

    with pytest.raises(ValidationError) as caught:
        type_registry("models", base=dict, validators=[never]).register("number", int)  # type: ignore[arg-type]  # the mistake
    assert [refusal["code"] for refusal in caught.value.context["refusals"]] == ["inheritance", "validation"]
