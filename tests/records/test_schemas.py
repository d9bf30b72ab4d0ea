"""Schemas as JSON: a machine without the code reads from them what a config may say."""

import enum
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Gt, Len, Lt, MaxLen, MinLen, MultipleOf, Predicate

from registry.errors import ValidationError
from registry.factorizer import SchemaFactorizer
from registry.factorizer.json_schema import entry_json_schema
from registry.records import decode_schema, encode_schema
from registry.records.bounds import Bound
from registry.records.values import Shown
from registry.schema import ForeignType, Schema
from registry.signatures import read_schema

_spec = importlib.util.spec_from_file_location("checking_of_records", Path(__file__).with_name("checking.py"))
assert _spec is not None
assert _spec.loader is not None
checking = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(checking)
Schemas, checked, said, sent = checking.Schemas, checking.checked, checking.said, checking.sent


class Model: ...


class Colour(enum.Enum):
    RED = "red"
    BLUE = 2
    ALSO_RED = "red"  # noqa: PIE796  # another name of a member


def takes_model(model: Model, size: int = 1, other: Model | list[int] | None = None) -> None: ...


def test_anything_passes_for_a_class_that_is_not_here() -> None:
    there = sent(read_schema(takes_model))
    for value in (1, "x", None, {"a": 1}, [1], ["x"], {"_type": "it", "model": 1}):
        assert checked(there, {"model": value}) == []
        assert checked(there, {"model": 1, "other": value}) == []
    assert said(checked(there, {"model": {"_type": "nope"}})) == [("entry-not-found", "model._type")]
    assert said(checked(there, {"size": "x"})) == [("missing-parameter", ""), ("wrong-type", "size")]


def test_what_is_made_is_compared_as_far_as_it_is_known() -> None:
    def makes_text() -> str:
        return ""

    def makes_model() -> Model:
        return Model()

    schemas = {name: sent(read_schema(made)) for name, made in [("text", makes_text), ("model", makes_model)]}
    schemas["it"] = sent(read_schema(takes_model))
    check = SchemaFactorizer().check
    assert said(check({"_type": "it", "model": 1, "size": {"_type": "text"}}, Schemas(schemas))) == [
        ("wrong-type", "size")
    ]
    assert check({"_type": "it", "model": {"_type": "text"}}, Schemas(schemas)) == []
    assert check({"_type": "it", "model": {"_type": "model"}}, Schemas(schemas)) == []


def takes_colour(colour: Colour, maybe: Colour | None = None, one: Literal[Colour.BLUE] = Colour.BLUE) -> None: ...


@pytest.mark.parametrize("value", ["red", 2, "RED", "BLUE", "ALSO_RED", "green", 1, True, None, 2.0, ["red"], {}])
def test_a_wrong_member_of_an_enum_that_is_not_here_is_refused(value: Any) -> None:
    live = read_schema(takes_colour)
    for config in ({"colour": value}, {"colour": 2, "maybe": value}):
        assert said(checked(sent(live), config)) == said(checked(live, config))


def test_a_wrong_member_in_a_literal_is_refused() -> None:
    there = sent(read_schema(takes_colour))
    assert checked(there, {"colour": "red", "one": 2}) == []
    assert said(checked(there, {"colour": "red", "one": "red"})) == [("wrong-type", "one")]


def test_editors_are_offered_the_members_of_an_enum_that_is_not_here() -> None:
    written = json.dumps(entry_json_schema("it", sent(read_schema(takes_colour))))
    assert '{"enum": ["red", 2, "RED", "BLUE", "ALSO_RED"]}' in written


def test_values_that_are_equal_and_of_two_types_are_two_enums() -> None:
    assert ForeignType("x", values=(1,)) != ForeignType("x", values=(True,))
    assert ForeignType("x", values=(1,)) == ForeignType("x", values=(1,))


def bounded(
    a: Annotated[int, Gt(0)] = 1,
    b: Annotated[float, Ge(0), Lt(1)] = 0.5,
    c: Annotated[str, MinLen(2), MaxLen(3)] = "ab",
    d: Annotated[int, MultipleOf(3)] = 3,
    e: list[Annotated[int, Gt(0)]] | None = None,
    f: Annotated[list[int], Len(1, 2)] | None = None,
    g: Annotated[int, Predicate(bool)] = 1,
) -> None: ...


@pytest.mark.parametrize(
    "config",
    [
        *(
            {"a": 0},
            {"a": 1},
            {"b": -1},
            {"b": 1.0},
            {"b": 0},
            {"c": "a"},
            {"c": "abcd"},
            {"d": 4},
            {"d": 6},
            {"e": [0, 1]},
        ),
        *(
            {"e": [1]},
            {"f": []},
            {"f": [1]},
            {"f": [1, 2, 3]},
        ),
    ],
)
def test_bounds_are_checked_where_annotated_types_is_not_installed(config: dict[str, Any]) -> None:
    live = read_schema(bounded)
    away, near = checked(sent(live), config), checked(live, config)
    assert [(p.code, p.path, p.message) for p in away] == [(p.code, p.path, p.message) for p in near]


def test_a_constraint_that_is_code_stays_where_it_is() -> None:
    there = sent(read_schema(bounded))
    assert there.parameters["g"].constraints == ()
    assert there.parameters["b"].constraints == (Bound(ge=0), Bound(lt=1))
    assert repr(Bound(ge=0)) == "ge=0"
    assert checked(there, {"g": 0}) == []


class Unshowable:
    def __repr__(self) -> str:
        raise RuntimeError


def with_defaults(
    a: Any = 1,
    b: Any = None,
    c: Any = (1, 2),
    d: Any = Colour.RED,
    e: Any = Path("a") / "b",
    f: Any = Unshowable(),  # noqa: B008  # a default like this is the point
    g: Any = float("inf"),
    h: Any = {"a": [1]},  # noqa: B006  # the same
    i: Any = takes_model,
    j: Any = "x" * 3000,
    k: Any = {3, 1, 2},  # noqa: B006  # the same
    m: Any = int,
    n: Any = b"x",
    o: Any = frozenset(),
    p: Any = (1,),
    q: Any = {(1, 2): set()},  # noqa: B006  # the same
    r: Any = 1 << 3000,
) -> None: ...


def test_a_default_is_kept_as_a_value_where_json_has_it_and_shown_otherwise() -> None:
    there = sent(read_schema(with_defaults)).parameters
    kept = {name: p.default for name, p in there.items() if not isinstance(p.default, Shown)}
    assert kept == {"a": 1, "b": None, "h": {"a": [1]}}
    assert {name: repr(p.default) for name, p in there.items() if name not in kept} == {
        "c": "(1, 2)",
        "d": "Colour.RED",
        "e": f"{type(Path('a')).__name__}('a/b')",
        "f": "<Unshowable>",
        "g": "inf",
        "i": "takes_model",
        "j": "'" + "x" * 198 + "…",
        "k": "{1, 2, 3}",
        "m": "int",
        "n": "b'x'",
        "o": "frozenset()",
        "p": "(1,)",
        "q": "{(1, 2): set()}",
        "r": "<an integer of 3001 bits>",
    }
    assert not any(parameter.required for parameter in there.values())


def test_parameters_that_stay_open_are_marked_and_a_config_cannot_fix_them() -> None:
    def huber(prediction: float, target: float, delta: float = 1.0) -> float:
        return 0.0

    live = SchemaFactorizer(signature=Callable[[float, float], float]).schema(huber)
    there = sent(live)
    assert [parameter.open for parameter in there.parameters.values()] == [True, True, False]
    assert there.makes_function
    assert said(checked(there, {"target": 1.0})) == [("open-parameter", "target")]
    assert checked(there, {"delta": 1.0}) == []


def test_a_signature_that_cannot_be_read_accepts_anything() -> None:
    assert checked(sent(Schema("x", opaque=True)), {"anything": 1}) == []


def test_rest_and_extra_are_checked_by_their_types() -> None:
    def takes(*rest: int, **extra: str) -> None: ...

    there = sent(read_schema(takes))
    assert said(checked(there, {"_args": [1, "x"], "a": 1})) == [("wrong-type", "_args[1]"), ("wrong-type", "a")]


def test_descriptions_travel_and_long_ones_are_cut() -> None:
    def documented(a: int) -> None:
        """Do it.

        Args:
            a: How often.
        """

    assert dict(sent(read_schema(documented)).descriptions) == {"": "Do it.", "a": "How often."}
    long = Schema("x", read_descriptions=lambda: {"": "word " * 1000 + "\ud800"})
    assert len(sent(long).description) == 1000
    assert "description" not in encode_schema(long, documented=False)


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": [{"name": "a", "kind": "any"}, {"name": "a", "kind": "any"}]},
        {"parameters": [{"name": "", "kind": "any"}]},
        {"parameters": [{"name": "a", "kind": "rest"}]},
        {"parameters": [{"name": "a"}]},
        {"parameters": [{"kind": "any"}]},
        {"parameters": [[]]},
        {"parameters": {}},
        {"parameters": [{"name": "a", "kind": "any", "shown": 1}]},
        {"parameters": [{"name": "a", "kind": "any", "open": 1}]},
        {"parameters": [{"name": "a", "kind": "any", "bounds": []}]},
        {"parameters": [{"name": "a", "kind": "any", "description": 1}]},
        {"rest": {"name": "a", "kind": "any"}},
        {"extra": 1},
        {"opaque": "yes"},
        {"name": 1},
        {"description": []},
        {"returns": 1},
    ],
)
def test_what_is_no_schema_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="cannot be used"):
        decode_schema({"name": "x", "parameters": [], **change})
