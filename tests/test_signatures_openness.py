"""Which parameters a signature leaves to the caller."""

import typing
from collections.abc import Callable
from typing import Any, Protocol

import pytest

from registry.signatures.openness import artifact_schema, called_as, open_parameters, signature_name


class Loss(Protocol):
    def __call__(self, prediction: float, target: float, *, weight: float = 1.0) -> float: ...


class Overloaded(Protocol):
    @typing.overload
    def __call__(self, one: int) -> int: ...
    @typing.overload
    def __call__(self, one: int, *, name: str) -> str: ...
    def __call__(self, one: int, **kwargs: Any) -> Any: ...


def any_number(*values: float) -> None: ...


def any_name(first: float, **options: float) -> None: ...


def huber(p: float, t: float, delta: float = 1.0, weight: float = 1.0, *, name: str = "") -> float: ...


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        (Loss, {"p", "t", "weight"}),
        (Callable[[float, float], float], {"p", "t"}),
        (Callable[[float], float], {"p"}),
        (Callable[[], float], set()),
        (Callable[..., float], set()),
        (Overloaded, {"p", "name"}),
        (any_number, {"p", "t", "delta", "weight"}),
        (any_name, {"p"}),
        (huber, {"p", "t", "delta", "weight", "name"}),
    ],
)
def test_positional_parameters_stay_open_by_position_and_others_by_name(signature: Any, expected: set[str]) -> None:
    assert open_parameters(signature, artifact_schema(huber)) == expected


def test_what_an_artifact_collects_in_stars_has_no_name_to_be_open() -> None:
    def collects(first: float, *rest: float, **options: float) -> float: ...

    assert open_parameters(Loss, artifact_schema(collects)) == {"first"}


def test_a_protocol_says_how_it_is_called_without_self() -> None:
    (asked,) = called_as(Loss)
    assert asked.name == "Loss"
    assert list(asked.parameters) == ["prediction", "target", "weight"]
    assert asked.returns is float


def test_each_overload_is_a_call_of_its_own() -> None:
    assert [(list(asked.parameters), asked.returns) for asked in called_as(Overloaded)] == [
        (["one"], int),
        (["one", "name"], str),
    ]


def test_parameters_of_a_callable_type_are_numbered() -> None:
    (asked,) = called_as(Callable[[int, "str"], None])
    assert list(asked.parameters) == ["1", "2"]
    assert asked.returns is type(None)


@pytest.mark.parametrize(
    ("signature", "name"),
    [
        (Loss, "Loss"),
        (huber, "huber"),
        (Callable[[int], str], "Callable[[int], str]"),
        (typing.Callable[[int], typing.Any], "Callable[[int], Any]"),
    ],
)
def test_a_signature_has_a_name_for_messages(signature: Any, name: str) -> None:
    assert signature_name(signature) == name


def test_what_a_caller_receives_from_late_functions_is_said() -> None:
    async def later() -> int: ...

    def steps() -> typing.Iterator[int]:
        yield 1

    assert str(artifact_schema(later).returns) == "collections.abc.Coroutine[typing.Any, typing.Any, int]"
    assert artifact_schema(steps).returns == typing.Iterator[int]
