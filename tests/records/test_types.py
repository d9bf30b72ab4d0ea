"""Annotations as JSON: types that every machine has, and names for all others."""

import enum
import importlib.util
import inspect
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, NewType, TypeVar

import pytest
from annotated_types import Gt, Lt
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import ValidationError
from registry.factorizer.json_schema import entry_json_schema
from registry.model import MISSING
from registry.records import decode_schema
from registry.records.plain import canonical
from registry.records.types import MAX_DEPTH, decode_type, encode_type
from registry.schema import ForeignType, Parameter, Schema

_spec = importlib.util.spec_from_file_location("checking_of_records", Path(__file__).with_name("checking.py"))
assert _spec is not None
assert _spec.loader is not None
checking = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(checking)
Schemas, checked, said, sent = checking.Schemas, checking.checked, checking.said, checking.sent

T = TypeVar("T")
Score = NewType("Score", float)


class Model: ...


class Colour(enum.Enum):
    RED = "red"
    BLUE = 2
    ALSO_RED = "red"  # noqa: PIE796  # another name of a member


class Mode(enum.Flag):
    READ = 1
    WRITE = 2


class Wild(enum.Enum):
    A = (1, 2)


def here(name: str) -> str:
    return f"{__name__}:{name}"


TYPES: list[tuple[Any, Any]] = [
    (MISSING, None),
    (int, "int"),
    (None, "None"),
    (type(None), "None"),
    (Any, "Any"),
    (list, "list"),
    (typing.List, "list"),  # noqa: UP006  # the same
    (list[int], ["list", "int"]),
    (typing.Optional[int], ["|", "int", "None"]),  # noqa: UP045  # the same
    (int | None, ["|", "int", "None"]),
    (dict[str, list[float]], ["dict", "str", ["list", "float"]]),
    (tuple[int, ...], ["tuple", "int", "..."]),
    (tuple[int, str], ["tuple", "int", "str"]),
    (tuple[()], ["tuple"]),
    (tuple, "tuple"),
    (typing.Sequence[int], ["Sequence", "int"]),  # the same
    (Callable, "Callable"),
    (Callable[[int], str], ["Callable", ["int"], "str"]),
    (Callable[..., str], ["Callable", "...", "str"]),
    (type[int], ["type", "int"]),
    (Path, "Path"),
    (Literal["a", 1, True, None], ["Literal", "a", 1, True, None]),
    (Literal[Colour.RED], {"class": here("Colour"), "values": ["red"]}),
    (Literal[b"x"], {"class": "Literal"}),
    (Annotated[int, Gt(0)], ["Annotated", "int", {"gt": [0]}]),
    (list[Annotated[int, Gt(0), Lt(9)]], ["list", ["Annotated", "int", {"gt": [0], "lt": [9]}]]),
    (Annotated[int, "said"], "int"),
    (Score, "float"),
    (T, "Any"),
    (Model, {"class": here("Model")}),
    (list[Model], ["list", {"class": here("Model")}]),
    (Model | None, ["|", {"class": here("Model")}, "None"]),
    (Colour, {"class": here("Colour"), "values": ["red", 2, "RED", "BLUE", "ALSO_RED"]}),
    (Mode, {"class": here("Mode")}),
    (Wild, {"class": here("Wild")}),
    ("Later", {"class": "Later"}),
]


@pytest.mark.parametrize(("annotation", "encoded"), TYPES, ids=[repr(annotation) for annotation, _ in TYPES])
def test_a_type_has_this_form(annotation: Any, encoded: Any) -> None:
    assert encode_type(annotation) == encoded
    assert encode_type(decode_type(encoded)) == encoded


@pytest.mark.parametrize(
    "annotation", [int, list[int], dict[str, float], int | None, tuple[int, ...], Literal[1, "x"], Callable[[int], str]]
)
def test_a_type_that_every_machine_has_comes_back_as_itself(annotation: Any) -> None:
    assert decode_type(encode_type(annotation)) == annotation


def test_a_class_comes_back_as_its_name() -> None:
    found = decode_type(encode_type(Model))
    assert found == ForeignType(here("Model"))
    assert str(found) == "Model"
    assert inspect.formatannotation(found) == inspect.formatannotation(Model)
    assert repr(decode_type(encode_type(list[Model]))) == repr(list[Model])
    assert str(ForeignType("acme.boxes:Box", (int, ForeignType("acme:Model")))) == "Box[int, Model]"


def test_a_recursive_type_ends() -> None:
    tree = typing_alias("Tree")
    assert len(canonical(encode_type(tree))) < 2000


def typing_alias(name: str) -> Any:
    from typing_extensions import TypeAliasType

    scope: dict[str, Any] = {}
    made: Any = TypeAliasType(name, dict[str, "Tree"])  # type: ignore[name-defined]  # noqa: F821  # stands for itself
    scope[name] = made
    return made


def test_a_type_that_is_nested_deeply_is_any_type() -> None:
    deep: Any = int
    for _ in range(MAX_DEPTH + 5):
        deep = list[deep]
    encoded = encode_type(deep)
    assert canonical(encoded).count(b"list") == MAX_DEPTH + 1
    assert b"Any" in canonical(encoded)


def test_a_name_that_is_not_known_here_is_foreign() -> None:
    assert decode_type("Tensor") == ForeignType("Tensor")
    assert decode_type(["Buffer", "int"]) == ForeignType("Buffer", (int,))
    assert decode_type(["dict", "int"]) is dict
    assert decode_type(["defaultdict", "int"]) is not None


@pytest.mark.parametrize(
    "value",
    [
        *(
            1,
            True,
            [],
            [1],
            {},
            {"class": 1},
            {"class": "x", "of": 1},
            {"class": "x", "values": 1},
        ),
        *(
            {"class": "x", "values": [[]]},
            ["Literal"],
            ["Literal", 1.5],
            ["Literal", []],
            ["Annotated", "int"],
        ),
        *(
            ["Annotated", "int", 3],
            ["Annotated", "int", {"gt": 1}],
            ["Annotated", "int", {"gt": ["x"]}],
        ),
        *(
            ["Annotated", "int", {"multiple_of": [0]}],
            ["Annotated", "str", {"min_length": [-1]}],
            ["list", 1],
        ),
    ],
)
def test_what_is_no_type_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match="cannot be used"):
        decode_type(value)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["int", "|", "tuple", "..."]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["class", "of", "values", "gt", "name", "kind"]), inner, max_size=4)
        | st.lists(inner, max_size=3).flatmap(
            lambda items: st.sampled_from(
                ["|", "tuple", "Callable", "Annotated", "Literal", "dict", "list", "type", "defaultdict", "x"]
            ).map(lambda head: [head, *items])
        )
    ),
    max_leaves=10,
)


@given(JSON, st.sampled_from([1, "x", None, [1], {"a": 1}]))
def test_any_json_is_a_type_that_values_can_be_checked_against_or_refused(encoded: Any, value: Any) -> None:
    try:
        found = decode_type(encoded)
    except ValidationError:
        return
    checked(Schema("x", {"p": Parameter("p", annotation=found)}), {"p": value})
    entry_json_schema("x", Schema("x", {"p": Parameter("p", annotation=found)}))
    inspect.formatannotation(found)
    decode_type(encode_type(found))


@given(JSON)
def test_any_json_is_a_schema_or_refused(encoded: Any) -> None:
    values = encoded if isinstance(encoded, dict) else {"name": "x", "parameters": encoded}
    try:
        decode_schema(values)
    except ValidationError:
        return
