"""`check_validator` passes validators that keep the contract, and catches those that break it in one line."""

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

import attrs
import pytest

from registry.errors import ValidationError
from registry.model import ValidationContext
from registry.testing.validators import check_validator
from registry.validators import (
    chain,
    coerces_to,
    conforms_to,
    documented,
    implements,
    inherits_from,
    named,
    structured,
)


@attrs.define
class Point:
    """A place."""

    x: int


class Moving(Protocol):
    def move(self) -> int: ...


class Car:
    """It moves."""

    def move(self) -> int:
        return 1


def scaled(x: float) -> float:
    return x


LIBRARY: dict[str, tuple[Callable[[], Any], list[Any], list[Any]]] = {
    "conforms_to": (lambda: conforms_to(Callable[[float], float]), [scaled], [3, Point]),
    "conforms_to, strict": (lambda: conforms_to(scaled, strict=True), [scaled], [3, print]),
    "inherits_from": (lambda: inherits_from(int), [bool], [str, 3]),
    "implements": (lambda: implements(Moving), [Car], [str, 3]),
    "coerces_to": (lambda: coerces_to(Point), [{"x": 1}, Point(1)], [{"y": 1}, 3]),
    "structured": (structured, [Point], [int, 3]),
    "documented": (documented, [Car], [scaled]),
    "named": (lambda: named("entry"), [Car, 3], []),
    "chain": (lambda: chain(documented(), inherits_from(Car)), [Car], [Point, 3]),
}


@pytest.mark.parametrize("what", LIBRARY)
def test_the_validators_of_the_library_pass(what: str) -> None:
    make, accepts, refuses = LIBRARY[what]
    check_validator(make, accepts=accepts, refuses=refuses)


# Twins of a validator that takes texts, each with one line that is wrong.


class Refusal(ValidationError):
    """A refusal of one's own."""


def refuse(artifact: Any) -> NoReturn:
    raise ValidationError(f"A {type(artifact).__name__} is no text.", suggestions=["Give a text."])


def honest(artifact: Any, context: ValidationContext) -> Any:
    if type(artifact) is not str:
        refuse(artifact)


def returning(artifact: Any, context: ValidationContext) -> Any:
    honest(artifact, context)
    return artifact


def coercing(artifact: Any, context: ValidationContext) -> Any:
    if type(artifact) is bytes and artifact.isascii():
        return artifact.decode()
    return honest(artifact, context)


def refusing_in_its_own_way(artifact: Any, context: ValidationContext) -> Any:
    if type(artifact) is not str:
        raise Refusal("It is no text.")


def taking_all(artifact: Any, context: ValidationContext) -> Any:
    return None


def refusing_all(artifact: Any, context: ValidationContext) -> Any:
    refuse(artifact)


def raising_type_errors(artifact: Any, context: ValidationContext) -> Any:
    if type(artifact) is not str:
        raise TypeError("no text")


def asserting(artifact: Any, context: ValidationContext) -> Any:
    assert type(artifact) is str


def asking_the_class(artifact: Any, context: ValidationContext) -> Any:
    if not isinstance(artifact, str):
        refuse(artifact)


def showing(artifact: Any, context: ValidationContext) -> Any:
    if type(artifact) is not str:
        raise ValidationError(f"{artifact!r} is no text.")


def comparing(artifact: Any, context: ValidationContext) -> Any:
    if artifact == "" or type(artifact) is not str:
        refuse(artifact)


def with_an_address(artifact: Any, context: ValidationContext) -> Any:
    if type(artifact) is not str:
        raise ValidationError(f"The object at {id(object()) + next(COUNTER)} is no text.")


COUNTER = itertools.count()


def marking(artifact: Any, context: ValidationContext) -> Any:
    if isinstance(artifact, type):
        artifact.seen = True  # type: ignore[attr-defined]  # what must not be done
    return honest(artifact, context)


def appending(artifact: Any, context: ValidationContext) -> Any:
    if type(artifact) is list:
        artifact.append(1)
    return honest(artifact, context)


def never_ready(artifact: Any, context: ValidationContext) -> Any:
    if type(artifact) is not str:
        len(list(zip(artifact, range(3), strict=False)))
        refuse(artifact)


def coercing_to_what_it_refuses(artifact: Any, context: ValidationContext) -> Any:
    honest(artifact, context)
    return artifact.encode()


class Alternating:
    """Takes every second artifact."""

    def __init__(self) -> None:
        self._calls = 0

    def __call__(self, artifact: Any, context: ValidationContext) -> Any:
        self._calls += 1
        return honest(artifact, context) if self._calls % 2 else refuse(artifact)


class Shared:
    """Keeps the artifact where other threads put theirs."""

    def __call__(self, artifact: Any, context: ValidationContext) -> Any:
        self.current = artifact
        time.sleep(0.0005)
        return honest(self.current, context)


class Kept(Shared):
    """The honest twin: where each thread has its own."""

    def __init__(self) -> None:
        self._here = threading.local()

    def __call__(self, artifact: Any, context: ValidationContext) -> Any:
        self._here.current = artifact
        time.sleep(0.0005)
        return honest(self._here.current, context)


def plainly(function: Callable[..., Any]) -> Callable[[], Any]:
    return lambda: function


@pytest.mark.parametrize("validator", [honest, returning, coercing, refusing_in_its_own_way, asking_the_class])
def test_an_honest_twin_passes(validator: Callable[..., Any]) -> None:
    check_validator(plainly(validator), accepts=["a", ""], refuses=[3, None, ["a"], Car])


def test_an_honest_twin_with_state_passes() -> None:
    check_validator(Kept, accepts=["a"], refuses=[3, None])


BROKEN: dict[str, tuple[Callable[[], Any], str]] = {
    "takes all": (plainly(taking_all), "The validator accepts what it is said to refuse."),
    "refuses all": (plainly(refusing_all), "The validator refuses what it is said to accept: A str is no text."),
    "raises a TypeError": (plainly(raising_type_errors), "raised TypeError: no text, and a refusal is a"),
    "asserts": (plainly(asserting), "The validator raised AssertionError"),
    "shows the artifact": (plainly(showing), "no verdict on a hostile object: it raised"),
    "compares the artifact": (plainly(comparing), "The validator refuses what it is said to accept"),
    "says another address each time": (plainly(with_an_address), "says different things about one artifact"),
    "marks a class": (plainly(marking), "changed the artifact that it looked at: its attribute 'seen' appeared"),
    "appends to a list": (plainly(appending), "changed the artifact that it looked at: its content is another"),
    "iterates": (plainly(never_ready), "The validator raised TypeError"),
    "coerces to what it refuses": (plainly(coercing_to_what_it_refuses), "that it does not accept itself"),
    "alternates": (Alternating, "says different things about one artifact"),
    "shares state": (Shared, "The validator says something else from several threads"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_validator_is_caught_with_one_sentence_and_the_call(what: str) -> None:
    make, message = BROKEN[what]

    class Unmarked:
        """A class that a validator may spoil."""

    with pytest.raises(AssertionError) as caught:
        check_validator(make, accepts=["a", ""], refuses=[3, ["a"], Unmarked])
    sentence, history = str(caught.value).split("\n", 1)
    assert message in sentence
    assert history.startswith("    validator = make()\n    validator(")
    assert caught.value.__cause__ is None


def test_a_validator_that_does_not_end_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.testing.validators.SECONDS", 0.3)
    ended = threading.Event()

    def waiting(artifact: Any, context: ValidationContext) -> Any:
        if type(artifact) is list and len(artifact) > 1000:
            ended.wait()
        return honest(artifact, context)

    try:
        with pytest.raises(AssertionError, match=r"no verdict on a hostile object within 0.3 s"):
            check_validator(plainly(waiting), accepts=["a"])
    finally:
        ended.set()


def test_a_validator_is_tried_with_hostile_objects_even_if_there_are_no_others() -> None:
    check_validator(plainly(honest))
    with pytest.raises(AssertionError, match="no verdict on a hostile object"):
        check_validator(plainly(showing))
