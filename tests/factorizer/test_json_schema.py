"""JSON Schemas of entries and registries: what they accept, refuse, and tell an editor."""

import collections
import collections.abc
import dataclasses
import datetime
import decimal
import enum
import json
import pathlib
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NamedTuple, NewType, TypedDict

import annotated_types
import attrs
import jsonschema
import pytest
import typing_extensions
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.factorizer.json_schema import Dialect, entry_json_schema, json_schema
from registry.model import MISSING
from registry.schema import Parameter, Schema
from registry.signatures import read_schema

DIALECTS: list[Dialect] = ["2020-12", "draft-07"]


class Optimizer:
    """Takes steps."""

    def __init__(self, lr: float = 0.1, *, momentum: float | None = None) -> None:
        """Make it.

        Args:
            lr: The length of a step.
        """


class Model:
    def __init__(self, depth: int, width: Annotated[int, annotated_types.Ge(1)] = 8) -> None: ...


class Trainer:
    def __init__(self, model: Model, optimizer: Optimizer, losses: list[Any] = [], epochs: int = 1) -> None: ...  # noqa: B006  # wild code has such defaults


def huber(prediction, target, delta=1.0): ...  # type: ignore[no-untyped-def]  # wild code has no annotations


def sink(first: int, /, *rest: int, key: str, **extra: int) -> None: ...


REGISTRIES: Mapping[str, Mapping[str, Schema | None]] = {
    "models": {"resnet": read_schema(Model)},
    "optimizers": {"adam": read_schema(Optimizer), "sgd": read_schema(Optimizer)},
    "losses": {
        "huber": attrs.evolve(
            read_schema(huber),
            parameters={
                name: attrs.evolve(parameter, open=name in ("prediction", "target"))
                for name, parameter in read_schema(huber).parameters.items()
            },
            makes_function=True,
        ),
        "lazy": None,
        "native": read_schema(dict),
    },
    "others": {"trainer": read_schema(Trainer), "sink": read_schema(sink), "adam": read_schema(Model)},
}

GOOD: dict[str, Any] = {
    "a node": {"_type": "adam", "lr": 1},
    "a node of a named registry": {"_type": "adam", "_registry": "others", "depth": 2},
    "a plain tree": {"a": [1, "x", None, {"b": 2.5}], "c": {"_type": "sgd"}},
    "a scalar": 3,
    "a list of nodes": [{"_type": "adam"}, {"_type": "resnet", "depth": 1}],
    "nested nodes": {
        "_type": "trainer",
        "model": {"_type": "resnet", "depth": 18},
        "optimizer": {"_type": "adam", "lr": 1e-3, "momentum": None},
        "losses": [{"_type": "huber", "delta": 0.5}, {"_ref": "shared"}],
    },
    "a reference for an object": {"_type": "trainer", "model": {"_ref": "a"}, "optimizer": {"_ref": "given.o"}},
    "a reference for a number": {"_type": "adam", "lr": {"_ref": "rate"}},
    "raw data": {"_type": "lazy", "config": {"_raw": {"_type": "nonsense", "_rfe": 1}}},
    "a class from a plain mapping": {"_type": "trainer", "model": {"depth": 3}, "optimizer": {}},
    "a partial without parameters": {"_type": "trainer", "_partial": True},
    "a partial with a parameter": {"_type": "resnet", "_partial": True, "width": 3},
    "positional arguments": {"_type": "resnet", "_args": [18]},
    "open properties of an entry without schema": {"_type": "lazy", "anything": [{"_type": "adam"}]},
    "open properties of an opaque entry": {"_type": "native", "a": 1},
    "extra names where they are taken": {"_type": "sink", "first": 1, "key": "x", "other": 3},
}

BAD: dict[str, Any] = {
    "a misspelt parameter": {"_type": "adam", "lrr": 1},
    "a misspelt name": {"_type": "adma"},
    "a misspelt name deep down": {"a": [{"b": {"_type": "adma"}}]},
    "a misspelt parameter deep down": {"_type": "trainer", "model": {"_type": "resnet", "dept": 1}, "optimizer": {}},
    "a misspelt parameter in an open entry": {"_type": "lazy", "x": {"_type": "adam", "lrr": 1}},
    "a parameter of another registry's entry": {"_type": "adam", "_registry": "optimizers", "depth": 2},
    "a missing parameter": {"_type": "resnet"},
    "a missing keyword beside positional arguments": {"_type": "sink", "_args": [1, 2, 3]},
    "too many positional arguments": {"_type": "resnet", "_args": [1, 2, 3]},
    "a wrong type": {"_type": "adam", "lr": "fast"},
    "a broken constraint": {"_type": "resnet", "depth": 1, "width": 0},
    "a node that makes something else": {"_type": "trainer", "model": {"_type": "sgd"}, "optimizer": {}},
    "a number for an object": {"_type": "trainer", "model": 3, "optimizer": {}},
    "a mapping that is no such object": {"_type": "trainer", "model": {"dept": 3}, "optimizer": {}},
    "an open parameter": {"_type": "huber", "prediction": 1},
    "an extra name of the wrong type": {"_type": "sink", "first": 1, "key": "x", "other": "y"},
    "a reference with company": {"_ref": "a", "b": 1},
    "a reference that is no path": {"_ref": 3},
    "raw data with company": {"_raw": 1, "b": 1},
    "a reserved key without a node": {"_args": [1]},
    "a partial that is not true": {"_type": "adam", "_partial": "yes"},
}


def validator(schema: Mapping[str, Any]) -> Any:
    kind = jsonschema.validators.validator_for(schema, default=None)
    kind.check_schema(schema)
    json.dumps(schema, allow_nan=False)
    return kind(schema)


@pytest.fixture(params=DIALECTS, scope="module")
def whole(request: pytest.FixtureRequest) -> Any:
    return validator(json_schema(REGISTRIES, dialect=request.param))


@pytest.mark.parametrize("config", GOOD.values(), ids=GOOD)
def test_a_good_config_is_accepted(whole: Any, config: Any) -> None:
    assert [error.message for error in whole.iter_errors(config)] == []


@pytest.mark.parametrize("config", BAD.values(), ids=BAD)
def test_a_bad_config_is_refused(whole: Any, config: Any) -> None:
    assert not whole.is_valid(config)


def test_a_misspelt_parameter_is_reported_at_its_node_and_by_its_name(whole: Any) -> None:
    config = {"_type": "trainer", "model": {"_type": "resnet", "depth": 1}, "optimizer": {"_type": "sgd", "lrr": 1}}
    (error,) = whole.iter_errors(config)
    assert "'lrr'" in error.message
    assert list(error.absolute_path) == ["optimizer"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_dialect_is_the_one_that_was_asked_for(dialect: Dialect) -> None:
    schema = json_schema(REGISTRIES, dialect=dialect)
    text = json.dumps(schema)
    assert dialect in schema["$schema"]
    assert ("$defs" in text, "definitions" in text) == (dialect == "2020-12", dialect == "draft-07")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_document_may_be_bound_to_the_entries_of_one_registry(dialect: Dialect) -> None:
    check = validator(json_schema(REGISTRIES, root="optimizers", dialect=dialect))
    assert check.is_valid({"_type": "adam"})
    assert not check.is_valid({"_type": "resnet", "depth": 1})
    assert not check.is_valid({"lr": 1})
    assert not check.is_valid([])


def test_registries_without_entries_have_no_nodes() -> None:
    check = validator(json_schema({"empty": {}}))
    assert check.is_valid({"a": 1})
    assert not check.is_valid({"_type": "x"})


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_schema_of_an_entry_takes_a_node_or_its_parameters(dialect: Dialect) -> None:
    check = validator(entry_json_schema("trainer", read_schema(Trainer), dialect=dialect))
    assert check.is_valid({"_type": "trainer", "model": {"_type": "any"}, "optimizer": {"_type": "other", "x": 1}})
    assert check.is_valid({"model": {"_ref": "m"}, "optimizer": {"_type": "other"}})
    assert not check.is_valid({"model": {"_ref": "m"}})
    assert not check.is_valid({"_type": "another", "model": {"_ref": "m"}, "optimizer": {"_ref": "o"}})
    assert not check.is_valid({"model": {"_ref": "m"}, "optimizer": {"_ref": "o"}, "epoch": 1})


def test_an_entry_without_schema_is_its_name_with_open_properties() -> None:
    check = validator(entry_json_schema("lazy", None))
    assert check.is_valid({"_type": "lazy", "a": {"b": [1]}})
    assert not check.is_valid({"_type": "other"})


def definition(schema: Mapping[str, Any], name: str) -> Any:
    return schema["$defs"][name]


def test_names_are_offered_with_their_descriptions() -> None:
    offered = definition(json_schema(REGISTRIES), "nodes")["properties"]["_type"]["anyOf"]
    assert {"const": "sgd", "description": "Takes steps."} in offered
    assert [choice["const"] for choice in offered].count("adam") == 1


def test_only_nodes_that_fit_are_offered_for_an_annotated_parameter() -> None:
    schema = json_schema(REGISTRIES)
    offered = definition(schema, "nodes that make Optimizer")["properties"]["_type"]["anyOf"]
    names = [choice["const"] for choice in offered]
    assert "sgd" in names
    assert "resnet" not in names


def test_descriptions_defaults_and_constraints_are_told() -> None:
    schema = json_schema(REGISTRIES)
    adam = definition(schema, "optimizers.adam")
    assert adam["description"] == "Takes steps."
    assert adam["properties"]["lr"]["description"] == "The length of a step."
    assert adam["properties"]["lr"]["default"] == 0.1
    assert adam["properties"]["momentum"]["default"] is None
    assert adam["properties"]["_type"] == {"const": "adam"}
    width = definition(schema, "models.resnet")["properties"]["width"]
    assert width["else"] == {"type": "integer", "minimum": 1}


def test_open_parameters_are_not_told() -> None:
    properties = definition(json_schema(REGISTRIES), "losses.huber")["properties"]
    assert set(properties) == {"_type", "_registry", "_partial", "_args", "delta"}
    assert properties["_args"]["maxItems"] == 0  # what comes first is open


@pytest.mark.parametrize("default", [MISSING, attrs.NOTHING, object(), float("nan"), {1: 2}, [float("inf")], b"x", {1}])
def test_defaults_that_json_does_not_have_are_left_out(default: Any) -> None:
    schema = Schema("x", {"a": Parameter("a", default=default)})
    assert "default" not in entry_json_schema("x", schema)["properties"]["a"]


@pytest.mark.parametrize("default", [None, True, "x", [1, {"a": 2.5}], 10**30])
def test_defaults_that_json_has_are_told(default: Any) -> None:
    schema = Schema("x", {"a": Parameter("a", default=default)})
    told = entry_json_schema("x", schema)["properties"]["a"]["default"]
    assert told == default
    assert type(told) is type(default)


# annotations


class Colour(enum.Enum):
    RED = 1
    BLUE = "blue"


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: int
    y: int = 0


class Movie(TypedDict):
    title: str
    year: typing_extensions.NotRequired[int]


@attrs.define
class Tree:
    value: int
    children: "list[Tree]" = attrs.Factory(list)


@dataclasses.dataclass
class Box:
    point: Point
    kind: Literal["a", "b"] = "a"


class Unrelated:
    pass


UserId = NewType("UserId", int)
T = typing.TypeVar("T")
Bound = typing.TypeVar("Bound", bound=int)
Numbers = typing_extensions.TypeAliasType("Numbers", list[int] | int)


class TypeAliasType:
    """As Python 3.12 makes it of `type Nested = list[Nested]`, for the Pythons that cannot write that."""

    __value__: Any


Nested = TypeAliasType()
Nested.__value__ = list[Nested]  # type: ignore[valid-type]  # the statement that it stands for is

CASES: list[tuple[Any, list[Any], list[Any]]] = [
    (MISSING, [1, "x", None, [1], {"a": 1}], []),
    (Any, [1, "x", {"a": [1]}], []),
    (object, [1, "x"], []),
    (int, [1, -1], ["1", 1.5, True, None, [1], {}]),
    (float, [1, 1.5], ["1", True]),
    (complex, [1, 1.5], ["1"]),
    (bool, [True], [1, "yes"]),
    (str, ["x"], [1, None]),
    (None, [None], [0]),
    (int | None, [1, None], ["x"]),
    (typing.Union[int, str], [1, "x"], [None, 1.5]),  # noqa: UP007  # the old form counts too
    (Literal["a", 1], ["a", 1], ["b", 2]),
    (Literal[Colour.RED], [1], [2, "RED"]),
    (Colour, [1, "blue", "RED"], [2, "red"]),
    (Access, [1, 3, "READ"], ["x", 1.5]),
    (list, [[1, "x"]], [1, {}]),
    (list[int], [[], [1, 2]], [["x"], 1]),
    (collections.abc.Sequence[int], [[1]], [["x"]]),
    (set[int], [[1]], [["x"], 3]),
    (tuple, [[1, "x"]], [1]),
    (tuple[int, ...], [[], [1, 2]], [["x"]]),
    (tuple[int, str], [[1, "x"]], [[1], ["x", 1], [1, "x", 2]]),
    (tuple[()], [[]], [[1]]),
    (dict, [{"a": 1}], [1, [1]]),
    (dict[str, int], [{}, {"a": 1}], [{"a": "x"}, 1]),
    (dict[Literal["a", "b"], int], [{"a": 1}], [{"c": 1}]),
    (Mapping[str, list[int]], [{"a": [1]}], [{"a": 1}]),
    (collections.Counter[str], [{"a": 1}], [{"a": "x"}]),
    (Annotated[int, annotated_types.Gt(0)], [1], [0]),
    (list[Annotated[int, annotated_types.Gt(0)]], [[1]], [[0]]),
    (Annotated[int | None, annotated_types.Gt(0)], [1, None], [0]),
    (pathlib.Path, ["a/b"], [1]),
    (datetime.date, ["2026-01-31"], [1]),
    (datetime.timedelta, [1.5], ["x"]),
    (decimal.Decimal, ["0.1", 0.1, 1], [None]),
    (UserId, [1], ["x"]),
    (T, [1, "x"], []),
    (Bound, [1], ["x"]),
    (Numbers, [1, [1]], ["x", ["x"]]),
    (Nested, [[], [[], [[]]]], [1, [[1]]]),
    (Point, [{"x": 1}], [{"y": 1}, {"x": 1, "z": 1}, {"x": "x"}]),
    (Movie, [{"title": "x"}, {"title": "x", "year": 1}], [{}, {"title": "x", "yaer": 1}, {"title": 1}]),
    (Tree, [{"value": 1, "children": [{"value": 2}]}], [{"value": 1, "children": [{"valeu": 2}]}, {}]),
    (Box, [{"point": {"x": 1}}], [{"point": {"x": 1}, "kind": "c"}, {"point": 1}]),
    (list[Box] | None, [None, [{"point": {"x": 1}}]], [[{"pint": {"x": 1}}]]),
    (Unrelated, [1, "x"], []),  # a structure hook may make it of anything
    (type[int], [1], []),
    ("unresolved", [1, "x"], []),
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("annotation", "good", "bad"), CASES, ids=[f"case{number}" for number in range(len(CASES))])
def test_an_annotation_says_what_is_accepted(
    annotation: Any, good: list[Any], bad: list[Any], dialect: Dialect
) -> None:
    schema = Schema("x", {"a": Parameter("a", annotation=annotation)})
    check = validator(entry_json_schema("x", schema, dialect=dialect))
    for value in [*good, {"_ref": "a"}, {"_type": "any"}, {"_raw": {"_type": 1}}]:
        assert [error.message for error in check.iter_errors({"a": value})] == []
    for value in [*bad, {"_ref": 1}, {"_args": []}]:
        assert not check.is_valid({"a": value})


CONSTRAINTS: list[tuple[Any, Any, Any, Any]] = [
    (int, annotated_types.Gt(1), 2, 1),
    (int, annotated_types.Ge(1), 1, 0),
    (float, annotated_types.Lt(1), 0.5, 1),
    (float, annotated_types.Le(1), 1, 1.5),
    (int, annotated_types.MultipleOf(3), 6, 7),
    (str, annotated_types.MinLen(2), "ab", "a"),
    (str, annotated_types.MaxLen(2), "ab", "abc"),
    (list[int], annotated_types.MinLen(1), [1], []),
    (dict[str, int], annotated_types.MaxLen(1), {"a": 1}, {"a": 1, "b": 2}),
    (int, annotated_types.Interval(gt=1, lt=4), 3, 4),
    (int | str, annotated_types.Gt(1), 2, 1),
]


@pytest.mark.parametrize(("annotation", "constraint", "good", "bad"), CONSTRAINTS)
def test_a_constraint_says_what_is_accepted(annotation: Any, constraint: Any, good: Any, bad: Any) -> None:
    schema = Schema("x", {"a": Parameter("a", annotation=annotation, constraints=(constraint,))})
    check = validator(entry_json_schema("x", schema))
    assert check.is_valid({"a": good})
    assert not check.is_valid({"a": bad})


def test_of_two_constraints_the_tighter_one_counts() -> None:
    constraints = (annotated_types.Ge(3), annotated_types.Ge(1), annotated_types.Predicate(bool), lambda value: None)
    schema = Schema("x", {"a": Parameter("a", annotation=int, constraints=constraints)})
    assert entry_json_schema("x", schema)["properties"]["a"]["else"] == {"type": "integer", "minimum": 3}


def test_a_callable_may_be_a_partial_of_any_entry() -> None:
    def use(make: Callable[[], Any]) -> None: ...

    check = validator(json_schema({"all": {"use": read_schema(use), "adam": read_schema(Optimizer)}}))
    assert check.is_valid({"_type": "use", "make": {"_type": "adam", "_partial": True}})
    assert not check.is_valid({"_type": "use", "make": {"_type": "adam", "_partial": True, "lrr": 1}})


@settings(max_examples=25)
@given(name=st.text(min_size=1), other=st.text(min_size=1), dialect=st.sampled_from(DIALECTS))
def test_names_may_hold_anything(name: str, other: str, dialect: Dialect) -> None:
    registries = {
        other: {name: read_schema(Model)},
        name: {other: read_schema(Model)},
        "a.b": {"c": None},
        "a": {"b.c": None},
    }
    check = validator(json_schema(registries, dialect=dialect))
    assert check.is_valid({"_type": name, "_registry": other, "depth": 1})
    assert check.is_valid([{"_type": "c"}, {"_type": "b.c"}])
    assert not check.is_valid({"_type": name, "_registry": other, "depht": 1})


def test_names_that_json_does_not_have_cannot_be_written() -> None:
    registries: Any = {"a": {Colour.RED: None, ("x", 1): None, "b": None}}
    assert [
        choice["const"] for choice in definition(json_schema(registries), "nodes")["properties"]["_type"]["anyOf"]
    ] == ["b"]


def test_checking_a_deep_document_takes_time_in_proportion_to_its_depth() -> None:
    def wrap(inner: Any = None, other: Any = None) -> None: ...

    check = validator(json_schema({"all": {f"wrap{index}": read_schema(wrap) for index in range(30)}}))
    config: Any = {"_type": "wrap0", "innner": 1}
    for index in range(20):
        config = {"_type": f"wrap{index}", "inner": config}
    (error,) = check.iter_errors(config)  # comparing each node with each entry would never end
    assert len(error.absolute_path) == 20


@pytest.mark.parametrize("dialect", DIALECTS)
def test_all_of_scikit_learn_has_a_schema(dialect: Dialect) -> None:
    from sklearn.utils import all_estimators

    registry = {name: read_schema(cls) for name, cls in all_estimators()}
    assert len(registry) >= 150
    check = validator(json_schema({"estimators": registry}, dialect=dialect))
    pipeline = {
        "_type": "Pipeline",
        "steps": [["scale", {"_type": "StandardScaler"}], ["svc", {"_type": "SVC", "C": 2.0}]],
    }
    search = {"_type": "GridSearchCV", "estimator": pipeline, "param_grid": {"svc__C": [1, 10]}, "cv": 5}
    assert [error.message for error in check.iter_errors(search)] == []
    pipeline["steps"][1][1]["c"] = 1  # type: ignore[call-overload, index]  # the structure is known above
    (error,) = check.iter_errors(search)
    assert "'c'" in error.message
