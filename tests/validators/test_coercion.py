"""What structured data becomes, and everything that keeps it from becoming that."""

import collections
import dataclasses
import datetime
import enum
import pathlib
import pickle
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Generic, Literal, NamedTuple, TypedDict, TypeVar

import attrs
import cattrs
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import CoercionError
from registry.model import ValidationContext
from registry.validators import coerces_to

CONTEXT = ValidationContext("settings", "base")
T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    ONE = 1


class Level(enum.IntEnum):
    LOW = 1


@attrs.frozen
class Point:
    x: int
    y: float = 0.0


@dataclasses.dataclass
class Line:
    start: Point
    points: list[Point]
    label: str | None = None


class Options(TypedDict):
    depth: int
    name: typing.NotRequired[str]


class Pair(NamedTuple):
    left: int
    right: str = ""


class Model(pydantic.BaseModel):
    x: int
    inner: dict[str, int] = {}


@attrs.frozen
class Holder:
    model: Model
    options: Options


@attrs.frozen
class Positive:
    x: int = attrs.field(validator=attrs.validators.gt(0))


@attrs.frozen
class Box(Generic[T]):
    value: T


ACCEPTED: list[tuple[Any, Any, Any]] = [
    (int, 3, 3),
    (float, 3, 3.0),
    (float, 3.5, 3.5),
    (complex, 3, 3 + 0j),
    (bool, True, True),
    (str, "a", "a"),
    (None, None, None),
    (Any, {"a": [1]}, {"a": [1]}),
    (Colour, "red", Colour.RED),
    (Colour, Colour.RED, Colour.RED),
    (Level, 1, Level.LOW),
    (pathlib.Path, "a/b", pathlib.Path("a/b")),
    (datetime.date, "2024-02-29", datetime.date(2024, 2, 29)),
    (datetime.datetime, "2024-02-29T12:00", datetime.datetime(2024, 2, 29, 12)),
    (Literal["a", 1], 1, 1),
    (Literal[Colour.RED], "red", Colour.RED),
    (int | str, "3", "3"),
    (int | float, 3.5, 3.5),
    (float | int, 3, 3),
    (float | None, 3, 3.0),
    (float | None, None, None),
    (Point | Pair, {"left": 1}, Pair(1)),
    (list[float], (1, 2), [1.0, 2.0]),
    (tuple[int, ...], [1, 2], (1, 2)),
    (tuple[int, str], [1, "a"], (1, "a")),
    (set[int], [1, 1], {1}),
    (frozenset[str], ["a"], frozenset("a")),
    (collections.deque[int], [1], collections.deque([1])),
    (Sequence[int], [1], (1,)),
    (dict[str, float], {"a": 1}, {"a": 1.0}),
    (Mapping[str, int], {"a": 1}, {"a": 1}),
    (dict, {"a": 1}, {"a": 1}),
    (list, [1, "a"], [1, "a"]),
    (Point, {"x": 1, "y": 2}, Point(1, 2.0)),
    (Point, {"x": 1}, Point(1)),
    (Line, {"start": {"x": 1}, "points": [{"x": 2}], "label": "l"}, Line(Point(1), [Point(2)], "l")),
    (Line, {"start": Point(1), "points": []}, Line(Point(1), [])),
    (Options, {"depth": 1}, {"depth": 1}),
    (Pair, {"left": 1}, Pair(1)),
    (Model, {"x": 1, "inner": {"a": 1}}, Model(x=1, inner={"a": 1})),
    (Holder, {"model": {"x": 1}, "options": {"depth": 2}}, Holder(Model(x=1), {"depth": 2})),
    (Box[int], {"value": 3}, Box(3)),
]


@pytest.mark.parametrize(("wanted", "value", "expected"), ACCEPTED)
def test_what_fits_becomes_what_is_asked_for(wanted: Any, value: Any, expected: Any) -> None:
    answer = coerces_to(wanted)(value, CONTEXT)
    assert answer == expected
    assert type(answer) is type(expected)


REFUSED: list[tuple[Any, Any, list[str]]] = [
    (int, "3", [""]),
    (int, 3.0, [""]),
    (int, 3.7, [""]),
    (int, True, [""]),
    (int, None, [""]),
    (float, "3.5", [""]),
    (float, True, [""]),
    (bool, 1, [""]),
    (bool, "yes", [""]),
    (str, 3, [""]),
    (str, b"a", [""]),
    (None, 0, [""]),
    (Colour, "blue", [""]),
    (Colour, True, [""]),
    (Level, True, [""]),
    (Literal[1], True, [""]),
    (Literal["a"], [], [""]),
    (datetime.date, "tomorrow", [""]),
    (datetime.date, datetime.datetime(2024, 1, 1), [""]),
    (pathlib.Path, 3, [""]),
    (int | str, 3.5, [""]),
    (int | None, "3", [""]),
    (list[str], "abc", [""]),
    (list[int], {"a": 1}, [""]),
    (list[int], 3, [""]),
    (tuple[int, str], [1], [""]),
    (set[int], "12", [""]),
    (dict[str, int], [("a", 1)], [""]),
    (list[int], [1, "2", 3.0], ["[1]", "[2]"]),
    (dict[str, int], {"a": "1", "b": 2, "c": True}, ["a", "c"]),
    (Point, [1, 2], [""]),
    (Point, 3, [""]),
    (Point, {}, ["x"]),
    (Point, {"x": 1, "z": 1}, ["z"]),
    (Point, {"x": "1", "y": True, "z": 1}, ["x", "y", "z"]),
    (Line, {"start": {"y": "a"}, "points": [{"x": 1}, {"x": "b", "q": 1}], "label": 3}, [
        "start.y", "start.x", "points[1].x", "points[1].q", "label",
    ]),
    (Options, {"depth": "1"}, ["depth"]),
    (Options, {"depth": 1, "extra": 1}, ["extra"]),
    (Pair, {"left": "a", "right": 1}, ["left", "right"]),
    (Pair, [1, "a"], [""]),
    (Model, {"x": "1", "inner": {"a": "b"}}, ["x", "inner.a"]),
    (Holder, {"model": {"x": "1"}, "options": {}}, ["model.x", "options.depth"]),
    (Positive, {"x": -1}, [""]),
    (Box[int], {"value": "3"}, ["value"]),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "value", "paths"), REFUSED)
def test_every_problem_is_reported_at_its_path(wanted: Any, value: Any, paths: list[str]) -> None:
    with pytest.raises(CoercionError) as caught:
        coerces_to(wanted)(value, CONTEXT)
    assert sorted(problem["path"] for problem in caught.value.context["problems"]) == sorted(paths)
    assert caught.value.suggestions


def test_the_message_names_entry_and_type_and_problems() -> None:
    with pytest.raises(CoercionError) as caught:
        coerces_to(Line)({"start": {"x": "1", "yy": 2}}, CONTEXT)
    assert caught.value.message == (
        "'base' cannot become 'Line': 'start.x' is '1', not int; 'start.yy' is not a field of 'Point';"
        " 'points' is missing."
    )
    assert caught.value.suggestions == ("Make 'start.x' int.", "did you mean 'y'?", "Add 'points'.")
    assert caught.value.code == "wrong-type"


@pytest.mark.parametrize("artifact", [Point(1), Line(Point(1), []), Pair(1), Model(x=1)])
def test_an_object_of_the_type_stays_as_it_is(artifact: Any) -> None:
    assert coerces_to(type(artifact))(artifact, CONTEXT) is artifact


def test_an_object_of_a_class_that_is_no_structure_has_to_be_one_already() -> None:
    class Plain:
        pass

    plain = Plain()
    assert coerces_to(Plain)(plain, CONTEXT) is plain
    with pytest.raises(CoercionError, match=r"not .*Plain"):
        coerces_to(Plain)({}, CONTEXT)


def test_the_value_given_is_not_changed() -> None:
    value = {"start": {"x": 1}, "points": [{"x": 2}]}
    coerces_to(Line)(value, CONTEXT)
    assert value == {"start": {"x": 1}, "points": [{"x": 2}]}


def test_another_converter_may_be_used() -> None:
    assert coerces_to(Point, converter=cattrs.Converter())({"x": "1"}, CONTEXT) == Point(1)
    with pytest.raises(CoercionError) as caught:
        coerces_to(Point, converter=cattrs.Converter())({"x": "one"}, CONTEXT)
    assert [problem["path"] for problem in caught.value.context["problems"]] == ["x"]
    with pytest.raises(CoercionError):
        coerces_to(Point, converter=cattrs.Converter(detailed_validation=False))({"x": "one"}, CONTEXT)


def test_it_pickles() -> None:
    validator = coerces_to(Point)
    validator({"x": 1}, CONTEXT)
    arrived = pickle.loads(pickle.dumps(validator))
    assert repr(arrived) == "coerces_to(Point)"
    assert arrived({"x": 1}, CONTEXT) == Point(1)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "y", "start", "z"]), inner),
    max_leaves=8,
)


@given(json_values)
def test_data_is_either_refused_or_becomes_what_it_says(value: Any) -> None:
    try:
        answer = coerces_to(Point)(value, CONTEXT)
    except CoercionError:
        fits = isinstance(value, dict) and set(value) in ({"x"}, {"x", "y"}) and type(value["x"]) is int
        assert not (fits and type(value.get("y", 0)) in (int, float))
    else:
        assert answer == Point(value["x"], float(value.get("y", 0.0)))
        assert type(answer.x) is int
        assert type(answer.y) is float
