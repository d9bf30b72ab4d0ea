"""Annotations: resolved one by one, taken apart, and what wild code writes there."""

import functools
import sys
import types
import typing
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final, Literal, Optional, TypeVar

import annotated_types
import pytest
import typing_extensions

from registry.model import MISSING
from registry.schema import Schema
from registry.signatures import read_schema

if typing.TYPE_CHECKING:
    from nowhere import Unimportable


def annotations(schema: Schema) -> dict[str, Any]:
    return {name: parameter.annotation for name, parameter in schema.parameters.items()}


def annotated(annotation: Any, default: Any = MISSING) -> Any:
    """The only parameter of a function with this annotation."""

    def function(value): ...  # type: ignore[no-untyped-def]  # annotated below

    function.__annotations__["value"] = annotation
    if default is not MISSING:
        function.__defaults__ = (default,)
    return read_schema(function).parameters["value"]


def test_an_annotation_that_cannot_be_resolved_leaves_its_neighbours_alone() -> None:
    def train(model: "Unimportable", epochs: "int", rate: "float | None" = None) -> "Unimportable": ...

    schema = read_schema(train)
    assert annotations(schema) == {"model": MISSING, "epochs": int, "rate": float | None}
    assert schema.returns is MISSING


def test_every_annotation_of_a_module_may_be_a_string() -> None:
    module = types.ModuleType("wild_strings")
    source = (
        "from __future__ import annotations\nimport typing as t\n"
        "def f(a: int, b: t.Optional[list[Local]], c: Missing, d: {'a': 1}, e: 'twice') -> Local: ...\n"
        "class Local: ...\n"
    )
    exec(source, vars(module))
    schema = read_schema(module.f)
    assert annotations(schema) == {
        "a": int,
        "b": list[module.Local] | None,
        "c": MISSING,
        "d": MISSING,
        "e": MISSING,
    }
    assert schema.returns is module.Local


def test_names_of_the_enclosing_function_are_found_where_the_closure_has_them() -> None:
    class Local:
        pass

    def use(value: "Local") -> type:
        return Local

    def other(value: "Local") -> None: ...

    assert annotations(read_schema(use)) == {"value": Local}
    assert annotations(read_schema(other)) == {"value": MISSING}


def test_names_of_the_class_are_found_for_its_constructor() -> None:
    module = types.ModuleType("wild_inner")
    exec(
        "from __future__ import annotations\n"
        "class Outer:\n    class Inner: ...\n    def __init__(self, inner: Inner, n: int): ...\n",
        vars(module),
    )
    assert annotations(read_schema(module.Outer)) == {"inner": module.Outer.Inner, "n": int}


def test_wrapped_functions_are_resolved_where_they_were_written() -> None:
    module = types.ModuleType("wild_wrapped")
    exec(
        "from __future__ import annotations\nfrom fractions import Fraction as Ratio\ndef f(a: Ratio): ...\n",
        vars(module),
    )

    @functools.wraps(module.f)
    def wrapper(*args: Any) -> Any: ...

    import fractions

    assert annotations(read_schema(wrapper)) == {"a": fractions.Fraction}


@pytest.mark.parametrize(
    "nonsense", [3, "", "a b", "1/0", "print", "x" * 10_000, [int], {"a": 1}, object(), "array-like"]
)
def test_what_is_no_type_is_no_annotation(nonsense: Any) -> None:
    assert annotated(nonsense).annotation is MISSING


@pytest.mark.parametrize(
    "kept",
    [int, Any, None, list, list[int], "list[int]", dict[str, "int"], Literal["a"], Callable[[int], str], type[int]],
)
def test_what_is_a_type_is_kept(kept: Any) -> None:
    assert annotated(kept).annotation is not MISSING


def test_a_string_within_brackets_is_resolved() -> None:
    assert annotated(dict[str, "int"]).annotation == dict[str, int]


def test_none_as_an_annotation_is_its_type() -> None:
    assert annotated(None).annotation is type(None)


def test_a_string_that_recurses_without_end_is_no_annotation() -> None:
    assert annotated("(" * 1_000 + "int" + ")" * 1_000).annotation is MISSING


# None as a default


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (int, int | None),
        ("list[int]", list[int] | None),
        (int | None, int | None),
        (Optional[str], str | None),  # noqa: UP045  # the old form counts too
        (Any, Any),
        (object, object),
        (Literal["a"], Literal["a"] | None),
        (Literal["a", None], Literal["a", None]),
    ],
)
def test_a_default_of_none_makes_the_annotation_optional(annotation: Any, expected: Any) -> None:
    assert annotated(annotation, None).annotation == expected


def test_an_annotation_without_default_is_taken_at_its_word() -> None:
    assert annotated(int).annotation is int
    assert annotated(int, 3).annotation is int


def test_a_default_of_none_without_annotation_stays_without() -> None:
    assert read_schema(lambda a=None: a).parameters["a"].annotation is MISSING


# Annotated and other wrappers


def positive(value: Any) -> None:
    if value <= 0:
        raise ValueError("must be positive")


def is_even(value: int) -> bool:
    return value % 2 == 0


class Mark:
    pass


def test_constraints_are_separated_from_the_type() -> None:
    parameter = annotated(Annotated[int, annotated_types.Gt(0), "words", positive, Mark, Mark(), 7])
    assert parameter.annotation is int
    assert parameter.constraints == (annotated_types.Gt(0), positive)


def test_groups_of_constraints_are_opened() -> None:
    parameter = annotated(Annotated[list[int], annotated_types.Interval(ge=1, lt=5), annotated_types.Len(2, 3)])
    assert parameter.constraints == (
        annotated_types.Ge(1),
        annotated_types.Lt(5),
        annotated_types.MinLen(2),
        annotated_types.MaxLen(3),
    )


def test_predicates_are_constraints() -> None:
    (constraint,) = annotated(Annotated[int, annotated_types.Predicate(is_even)]).constraints
    assert constraint.func is is_even


def test_constraints_are_known_by_what_they_have() -> None:
    class AtMost:
        le = 3

    constraint = AtMost()
    assert annotated(Annotated[int, constraint]).constraints == (constraint,)


def test_constraints_within_containers_stay_there() -> None:
    annotation = list[Annotated[int, annotated_types.Gt(0)]]
    assert annotated(annotation).annotation == annotation
    assert annotated(annotation).constraints == ()


def test_stringified_constraints_are_heard() -> None:
    module = types.ModuleType("wild_constraints")
    exec(
        "from __future__ import annotations\nfrom typing import Annotated\nfrom annotated_types import Gt\n"
        "def f(a: Annotated[int, Gt(0)] = None): ...\n",
        vars(module),
    )
    parameter = read_schema(module.f).parameters["a"]
    assert (parameter.annotation, parameter.constraints) == (int | None, (annotated_types.Gt(0),))


@pytest.mark.parametrize(
    "wrapped",
    [
        Final[int],
        "Final[int]",
        typing.ClassVar[int],
        Annotated[Final[int], "x"],
        typing_extensions.Required[int],
        typing_extensions.ReadOnly[int],
        typing_extensions.TypeAliasType("Number", int),
    ],
)
def test_what_says_nothing_about_values_is_taken_off(wrapped: Any) -> None:
    assert annotated(wrapped).annotation is int


@pytest.mark.parametrize("bare", [Final, typing.ClassVar])
def test_a_wrapper_around_nothing_is_no_annotation(bare: Any) -> None:
    assert annotated(bare).annotation is MISSING


# returns

T = TypeVar("T")


@pytest.mark.parametrize(
    "unknown", [T, typing_extensions.Self, typing.NoReturn, typing_extensions.Never, "Unimportable"]
)
def test_a_return_annotation_that_does_not_name_a_type_says_nothing(unknown: Any) -> None:
    def function(): ...  # type: ignore[no-untyped-def]  # annotated below

    function.__annotations__["return"] = unknown
    assert read_schema(function).returns is MISSING


def test_a_return_annotation_is_bare() -> None:
    def function() -> Annotated[int, annotated_types.Gt(0)]: ...

    assert read_schema(function).returns is int


def test_a_parameter_that_is_called_return_does_not_exist() -> None:
    def function(**kwargs: int) -> str: ...

    assert read_schema(function).returns is str


def test_annotations_that_are_no_mapping_are_no_annotations() -> None:
    class Odd:
        __annotations__ = 3

        def __init__(self, a: int) -> None: ...

    assert annotations(read_schema(Odd)) == {"a": int}


@pytest.fixture
def late(tmp_path: Any) -> Iterator[types.ModuleType]:
    path = tmp_path / "wild_late.py"
    path.write_text(
        "def decorate(cls): return cls\n"
        "class Node:\n"
        "    def __init__(self, value: int, parent: 'Node' = None, other: 'list[Gone]' = ()): ...\n"
    )
    sys.path.insert(0, str(tmp_path))
    import importlib

    yield importlib.import_module("wild_late")
    sys.path.remove(str(tmp_path))
    del sys.modules["wild_late"]


def test_a_class_may_refer_to_itself(late: types.ModuleType) -> None:
    assert annotations(read_schema(late.Node)) == {"value": int, "parent": late.Node | None, "other": MISSING}


def test_pydantic_fields_between_the_brackets_are_constraints() -> None:
    import pydantic

    (constraint,) = annotated(Annotated[int, pydantic.Field(gt=0)]).constraints
    assert constraint.gt == 0


def test_a_name_that_is_assigned_only_later_is_not_known_yet() -> None:
    def use(value: "Later") -> Any:
        return Later

    assert annotations(read_schema(use)) == {"value": MISSING}
    Later = int
    assert annotations(read_schema(use)) == {"value": Later}


def test_a_special_form_that_takes_no_none_beside_it_is_kept_with_a_default_of_none() -> None:
    assert annotated(typing_extensions.LiteralString, None).annotation == Optional[typing_extensions.LiteralString]  # noqa: UP045  # special forms have no `|`


def test_parameter_specifications_stay_where_types_take_the_place_of_variables() -> None:
    P = typing_extensions.ParamSpec("P")

    class Task(typing.Generic[P, T]):
        def __init__(self, run: Callable[P, T], result: T) -> None: ...

    assert annotations(read_schema(Task[[int], str])) == {"run": Callable[[int], str], "result": str}
