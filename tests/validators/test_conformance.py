"""What can be called as a signature says, and every reason why something cannot."""

import bisect
import functools
import json
import math
import operator
import statistics
import typing
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Generic, Literal, Protocol, TypeVar

import pytest
import scipy.optimize
import scipy.spatial.distance
import scipy.special
import scipy.stats
from sklearn.metrics import mean_absolute_error

from registry.errors import ConformanceError, ValidationError
from registry.model import ValidationContext
from registry.validators import conforms_to

T = TypeVar("T")


class Loss(Protocol):
    def __call__(self, prediction: float, target: float, *, weight: float = 1.0) -> float: ...


class Scale(Protocol[T]):
    def __call__(self, value: T, /) -> T: ...


class TextScale(Scale[str], Protocol):
    pass


class Either(Protocol):
    @typing.overload
    def __call__(self, value: int) -> int: ...
    @typing.overload
    def __call__(self, value: str, times: int) -> str: ...
    def __call__(self, value: Any, times: int = 1) -> Any: ...


def function(text: str) -> Callable[..., Any]:
    """A function with the parameters and the return that are written."""
    names: dict[str, Any] = {"Any": Any, "Literal": Literal, "Iterator": Iterator, "Awaitable": Awaitable}
    kind = "async def" if text.startswith("async ") else "def"
    exec(f"{kind} artifact{text.removeprefix('async ')}: ...", names)
    made: Callable[..., Any] = names["artifact"]
    return made


def mismatches(signature: Any, artifact: Any, context: ValidationContext, *, strict: bool = False) -> list[str]:
    """What is reported, each as its kind and subject."""
    try:
        conforms_to(signature, strict=strict)(artifact, context)
    except ConformanceError as error:
        facts = json.loads(json.dumps(error.context))
        return [f"{found['kind']} {found['subject']}" for found in facts["mismatches"]]
    return []


CASES: list[tuple[str, str, list[str]]] = [
    # names of positional parameters do not matter, their number does
    ("(a, b)", "(a, b)", []),
    ("(a, b)", "(x, y)", []),
    ("(a, b)", "(b, a)", []),
    ("(a, b)", "(a)", ["missing-parameter b"]),
    ("(a, b)", "()", ["missing-parameter a", "missing-parameter b"]),
    ("(a, b)", "(*args)", []),
    ("(a, b)", "(a, *args)", []),
    ("(a, b)", "(*, a, b)", [
        "missing-parameter a", "missing-parameter b", "missing-default a", "missing-default b",
    ]),
    ("(a, b)", "(**kwargs)", ["missing-parameter a", "missing-parameter b"]),
    ("(a, b, /)", "(x, y)", []),
    ("(a, b)", "(x, y, /)", []),
    # further parameters need defaults
    ("(a)", "(a, b)", ["missing-default b"]),
    ("(a)", "(a, b=1)", []),
    ("(a)", "(a, *, b)", ["missing-default b"]),
    ("(a)", "(a, *, b=1)", []),
    ("(a)", "(a, b, c, *, d)", ["missing-default b", "missing-default c", "missing-default d"]),
    ("()", "(*args, **kwargs)", []),
    # what may be left out must have a default
    ("(a, b=1)", "(a, b)", ["missing-default b"]),
    ("(a, b=1)", "(a, b=2)", []),
    ("(a=1, b=1)", "(x, y)", ["missing-default x", "missing-default y"]),
    ("(a, *, b=1)", "(a, *, b)", ["missing-default b"]),
    ("(a, *, b=1)", "(a, *, b=1)", []),
    # keyword-only parameters go by name
    ("(a, *, b)", "(a, *, b)", []),
    ("(a, *, b)", "(a, b)", []),
    ("(a, *, b)", "(a, b=1)", []),
    ("(a, *, b)", "(a)", ["missing-parameter b"]),
    ("(a, *, b)", "(a, **kwargs)", []),
    ("(a, *, b)", "(a, *, c)", ["missing-default c", "missing-parameter b"]),
    ("(a, *, b)", "(b, a)", ["missing-default a", "wrong-kind b"]),
    ("(a, *, b)", "(b, **kwargs)", ["wrong-kind b"]),
    ("(a, *, b)", "(b, /, **kwargs)", []),
    ("(a, *, b)", "(a, b, /)", ["missing-default b", "wrong-kind b"]),
    ("(a, *, b=1)", "(a, b)", ["missing-default b"]),
    ("(a, *, weight)", "(a, *, wieght=1)", ["missing-parameter weight"]),
    # any number of arguments, any name
    ("(*args)", "(*args)", []),
    ("(*args)", "(a=1, b=2)", ["missing-parameter *args"]),
    ("(*args)", "(a, *args)", ["missing-default a"]),
    ("(*args, b)", "(b, *args)", ["wrong-kind b"]),
    ("(*args, b)", "(*args, b)", []),
    ("(**kwargs)", "(**options)", []),
    ("(**kwargs)", "(a=1)", ["missing-parameter **kwargs"]),
    ("(a, **kwargs)", "(x, **kwargs)", []),
    ("(*args, **kwargs)", "()", ["missing-parameter *args", "missing-parameter **kwargs"]),
    # annotations: parameters may take more, a return may be less, what is not known passes
    ("(a: int)", "(a: float)", []),
    ("(a: float)", "(a: int)", ["wrong-annotation a"]),
    ("(a: int)", "(a)", []),
    ("(a)", "(a: int)", []),
    ("(a: Any)", "(a: int)", []),
    ("(a: int | str)", "(a: int)", ["wrong-annotation a"]),
    ("(a: int)", "(a: int | str)", []),
    ("(a: str)", "(a: Literal['x'])", ["wrong-annotation a"]),
    ("(a: Literal['x'])", "(a: str)", []),
    ("(a: list[int])", "(a: list[str])", ["wrong-annotation a"]),
    ("(a: int, b: int)", "(a: int, *rest: str)", ["wrong-annotation rest"]),
    ("(*args: int)", "(a: str = '', *args: int)", ["wrong-annotation a"]),
    ("(*, a: int)", "(**kwargs: str)", ["wrong-annotation kwargs"]),
    ("(*, a: int)", "(*, a: str)", ["wrong-annotation a"]),
    ("(**kwargs: int)", "(**kwargs: str)", ["wrong-annotation kwargs"]),
    ("() -> float", "() -> int", []),
    ("() -> float", "() -> str", ["wrong-return return"]),
    ("() -> float", "()", []),
    ("() -> None", "() -> int", ["wrong-return return"]),
    ("() -> int | None", "() -> None", []),
    # async functions give coroutines
    ("() -> int", "async () -> int", ["wrong-return return"]),
    ("()", "async ()", ["wrong-return return"]),
    ("() -> Any", "async ()", []),
    ("() -> Awaitable[int]", "async () -> int", []),
    ("() -> Awaitable[int]", "async () -> str", ["wrong-return return"]),
    ("async () -> int", "async () -> int", []),
    ("async () -> int", "() -> int", ["wrong-return return"]),
    ("async () -> int", "()", []),
    # all at once
    ("(a: float, b: float, *, c=1) -> float", "(a: str, *, d, e=1) -> str", [
        "missing-parameter b", "missing-default d", "missing-parameter c", "wrong-annotation a", "wrong-return return",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("signature", "artifact", "expected"), CASES, ids=[f"{s} <- {a}" for s, a, _ in CASES])
def test_every_mismatch_is_reported_and_no_other(
    signature: str, artifact: str, expected: list[str], context: ValidationContext
) -> None:
    assert mismatches(function(signature), function(artifact), context) == expected


STRICT_CASES: list[tuple[str, str, list[str]]] = [
    ("(a: int, *, b: str = '') -> float", "(a: int, *, b: str = 'x') -> float", []),
    ("(a, b)", "(a: int, b: str) -> None", []),
    ("(a, b)", "(b, a)", ["wrong-order a"]),
    ("(a, size)", "(a, c)", ["missing-parameter size", "unexpected-parameter c"]),
    ("(weight)", "(wieght)", ["missing-parameter weight"]),
    ("(a)", "(a, b=1)", ["unexpected-parameter b"]),
    ("(a)", "(a, /)", ["wrong-kind a"]),
    ("(a)", "(*, a)", ["wrong-kind a"]),
    ("(*, a, b)", "(*, b, a)", []),
    ("(a)", "(a=1)", ["wrong-default a"]),
    ("(a=1)", "(a)", ["missing-default a"]),
    ("(a: int)", "(a: float)", ["wrong-annotation a"]),
    ("(a: int)", "(a)", ["wrong-annotation a"]),
    ("(a: Any)", "(a)", []),
    ("() -> float", "() -> int", ["wrong-return return"]),
    ("() -> float", "()", ["wrong-return return"]),
    ("()", "() -> int", []),
    ("()", "(*args, **kwargs)", ["unexpected-parameter *args", "unexpected-parameter **kwargs"]),
    ("(*args: int, **kwargs)", "()", ["missing-parameter *args", "missing-parameter **kwargs"]),
    ("(*args: int)", "(*values: str)", ["wrong-annotation args"]),
    ("() -> int", "async () -> int", ["wrong-return return"]),
    ("async () -> int", "async () -> int", []),
]


@pytest.mark.parametrize(
    ("signature", "artifact", "expected"), STRICT_CASES, ids=[f"{s} <- {a}" for s, a, _ in STRICT_CASES]
)
def test_strictly_every_difference_is_reported(
    signature: str, artifact: str, expected: list[str], context: ValidationContext
) -> None:
    assert mismatches(function(signature), function(artifact), context, strict=True) == expected


def test_the_message_names_artifact_and_signature_and_what_to_do(context: ValidationContext) -> None:
    def huber(prediction: float, target: float, delta: float, *, wieght: float = 1.0) -> str: ...

    with pytest.raises(ConformanceError) as caught:
        conforms_to(Loss)(huber, context)
    assert caught.value.message == (
        "'huber' does not conform to 'Loss': 'delta' has no default; it has no parameter 'weight';"
        " it returns 'str', not 'float'."
    )
    assert caught.value.suggestions == (
        "Give 'delta' a default, since callers do not pass it.",
        "Rename 'wieght' to 'weight'.",
        "Return float.",
    )
    assert caught.value.context["registry"] == "losses"
    assert caught.value.context["entry"] == "huber"


def test_of_many_mismatches_the_message_tells_some_and_the_context_all(context: ValidationContext) -> None:
    with pytest.raises(ConformanceError, match="and 3 more mismatches") as caught:
        conforms_to(function("()"))(function("(a, b, c, d, e, f)"), context)
    assert len(caught.value.context["mismatches"]) == len(caught.value.suggestions) == 6


CALLABLES: list[tuple[Any, str, list[str]]] = [
    (Callable[[int, str], float], "(x: int, y: str) -> float", []),
    (Callable[[int, str], float], "(x: int) -> float", ["missing-parameter 2"]),
    (Callable[[int], float], "(x: str) -> bytes", ["wrong-annotation x", "wrong-return return"]),
    (Callable[[], None], "(x)", ["missing-default x"]),
    (Callable[..., int], "(x, *, y)", []),
    (Callable[..., int], "(x) -> str", ["wrong-return return"]),
    (Callable, "(x, *, y) -> str", []),
    (typing.Callable[[int], float], "(x: int) -> float", []),
    (typing.Annotated[Callable[[int], float], "documented"], "() -> float", ["missing-parameter 1"]),
    (Callable[typing.Concatenate[int, ...], Any], "(x, *args, **kwargs)", []),
    (Callable[typing.Concatenate[int, ...], Any], "(*, x, **kwargs)", [
        "missing-parameter 1", "missing-parameter *args", "missing-default x",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("signature", "artifact", "expected"), CALLABLES)
def test_a_callable_type_is_a_signature(
    signature: Any, artifact: str, expected: list[str], context: ValidationContext
) -> None:
    assert mismatches(signature, function(artifact), context) == expected


def test_strictly_a_callable_type_leaves_names_open_and_fixes_the_number_of_parameters(
    context: ValidationContext,
) -> None:
    signature = Callable[[int], int]
    assert mismatches(signature, function("(x: int) -> int"), context, strict=True) == []
    assert mismatches(signature, function("(x: int, y=1) -> int"), context, strict=True) == ["unexpected-parameter y"]
    assert mismatches(signature, function("() -> int"), context, strict=True) == ["missing-parameter 1"]
    assert mismatches(signature, function("(x) -> int"), context, strict=True) == ["wrong-annotation x"]


def test_type_arguments_of_a_protocol_are_filled_in(context: ValidationContext) -> None:
    text = function("(value: str) -> str")
    assert mismatches(Scale[str], text, context) == []
    assert mismatches(Scale[int], text, context) == ["wrong-annotation value", "wrong-return return"]
    assert mismatches(Scale, text, context) == []
    assert mismatches(TextScale, text, context) == []
    assert mismatches(TextScale, function("(value: int) -> int"), context) == [
        "wrong-annotation value",
        "wrong-return return",
    ]


def test_of_an_overloaded_signature_every_overload_is_asked_for(context: ValidationContext) -> None:
    assert mismatches(Either, function("(value, times=1)"), context) == []
    assert mismatches(Either, function("(value)"), context) == ["missing-parameter times"]
    assert mismatches(Either, function("(value, times)"), context) == ["missing-default times"]


def test_a_signature_is_read_when_it_is_first_used_so_that_it_may_name_what_comes_later(
    context: ValidationContext,
) -> None:
    names: dict[str, Any] = {}
    exec("def signature(value: 'Later') -> 'Later': ...", names)
    validator = conforms_to(names["signature"])
    names["Later"] = int
    with pytest.raises(ConformanceError, match="'str'"):
        validator(function("(value: int) -> str"), context)


def test_a_class_is_called_when_it_is_constructed(context: ValidationContext) -> None:
    class Model:
        def __init__(self, depth: int, width: int = 1) -> None: ...

    class Wide(Generic[T]):
        def __init__(self, depth: int, width: int) -> None: ...

    assert mismatches(Callable[[int], Model], Model, context) == []
    assert mismatches(Callable[[int], Model], Model, context, strict=True) == ["unexpected-parameter width"]
    assert mismatches(Callable[[int], Model], Wide, context) == ["missing-default width", "wrong-return return"]
    assert mismatches(Callable[[int], object], Model, context) == []


def test_partials_methods_and_callable_objects_are_called_as_they_are(context: ValidationContext) -> None:
    class Adder:
        def __init__(self) -> None:
            self.total = 0

        def __call__(self, left: int, right: int) -> int: ...

        async def later(self, left: int, right: int) -> int: ...

    two = Callable[[int, int], int]
    adder = Adder()
    assert mismatches(two, adder, context) == []
    assert mismatches(two, adder.__call__, context) == []
    assert mismatches(two, adder.later, context) == ["wrong-return return"]
    assert mismatches(two, functools.partial(adder.later), context) == ["wrong-return return"]
    assert mismatches(two, functools.partial(adder, 1), context) == ["missing-parameter 2"]
    assert mismatches(Callable[[int], int], functools.partial(adder, 1), context) == []


def test_a_callable_whose_signature_cannot_be_read_passes_and_strictly_does_not(context: ValidationContext) -> None:
    assert mismatches(Callable[[int, int], int], max, context) == []
    assert mismatches(Callable[[int, int], int], max, context, strict=True) == ["opaque signature"]


@pytest.mark.parametrize("artifact", [None, 3, "huber", {"lr": 1}])
def test_what_cannot_be_called_is_refused(artifact: Any, context: ValidationContext) -> None:
    with pytest.raises(ConformanceError, match="cannot be called"):
        conforms_to(Loss)(artifact, context)


@pytest.mark.parametrize("signature", [3, "Loss", int | None, int, type("Empty", (), {})])
def test_what_is_no_signature_is_refused_when_the_validator_is_made(signature: Any) -> None:
    with pytest.raises(ValidationError, match="is not a signature"):
        conforms_to(signature)


REAL: list[tuple[Any, Any, list[str]]] = [
    (Callable[[float], float], math.sqrt, []),
    (Callable[[float, float], float], math.sqrt, ["missing-parameter 2"]),
    (Callable[[float, float], float], math.atan2, []),
    (Callable[[Any, Any], Any], operator.add, []),
    (Callable[[Any], Any], operator.add, ["missing-default b"]),
    (Callable[[Any], float], statistics.fmean, []),
    (Callable[[Any, Any], int], bisect.bisect_left, []),
    (Callable[[Any], str], json.dumps, []),
    (Callable[[Any, Any], str], json.dumps, ["missing-parameter 2"]),
    (Callable[[Any, Any], Any], functools.reduce, []),
    (Callable[[Any], float], scipy.optimize.rosen, []),
    (Callable[[Any, Any], Any], scipy.optimize.minimize, []),
    (Callable[[Any], Any], scipy.optimize.minimize, ["missing-default x0"]),
    (Callable[[Any, Any], Any], scipy.stats.pearsonr, []),
    (Callable[[Any, Any], Any], scipy.spatial.distance.cosine, []),
    (Callable[[Any, Any, Any, Any], Any], scipy.spatial.distance.cosine, ["missing-parameter 4"]),
    (Callable[[Any, Any], Any], scipy.special.huber, []),
    (Callable[[Any, Any], Any], mean_absolute_error, []),
    (Callable[[Any], Any], mean_absolute_error, ["missing-default y_pred"]),
]


@pytest.mark.parametrize(("signature", "artifact", "expected"), REAL)
def test_real_functions_are_judged_rightly(
    signature: Any, artifact: Any, expected: list[str], context: ValidationContext
) -> None:
    assert mismatches(signature, artifact, context) == expected
