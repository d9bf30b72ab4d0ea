"""`check_registry`: what is registered gets what its configs say, and mistakes are refused where they are."""

import datetime
import enum
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Protocol, TypedDict

import attrs
import pytest
from annotated_types import Ge, Gt, Len

from registry import Catalog, ConfigError, Reference, Registry, function_registry, type_registry
from registry.factorizer import SchemaFactorizer
from registry.problems import Problem
from registry.schema import Parameter, Schema
from registry.testing.registries.check import RegistryReport, check_registry

AnyRegistry = Registry[Any, Any, Any]


class Colour(enum.Enum):
    RED = "red"
    BLUE = 2


@attrs.define
class Point:
    x: int
    y: float = 0.0


class Shape(TypedDict, total=False):
    size: int
    name: str


class Pair(NamedTuple):
    first: int
    second: str = ""


class Line:
    def __init__(self, start: Point, ends: list[Point] | None = None, *, colour: Colour = Colour.RED) -> None:
        self.parts = (start, ends, colour)


class Moving(Protocol):
    def move(self) -> int: ...


class Car:
    def __init__(self, wheels: Annotated[int, Ge(3)] = 4) -> None:
        self.wheels = wheels

    def move(self) -> int:
        return self.wheels


def valued(
    number: float,
    text: str,
    when: datetime.date | None = None,
    where: Path = Path(),
    *rest: int,
    kind: Literal["a", 1, True] = "a",
    some: Sequence[float] = (),
    pair: tuple[int, str] = (0, ""),
    table: Mapping[str, Iterable[int]] | None = None,
    shape: Shape | None = None,
    two: Pair | None = None,
    either: int | str | list[bool] = 0,
    positive: Annotated[float, Gt(0)] = 1.0,
    short: Annotated[str, Len(1, 3)] = "a",
    **more: bool,
) -> None: ...


def positional(first: Any, second: int = 2, /, third: Any = 3, *, fourth: Any = 4) -> None: ...


def given(function: Callable[[int], int], moving: Moving | None = None, anything: Any = None) -> None: ...


def opaque_parameter(stream: "memoryview", size: int = 1) -> None: ...


ARTIFACTS: dict[str, Any] = {
    "point": Point,
    "line": Line,
    "car": Car,
    "valued": valued,
    "positional": positional,
    "given": given,
    "partial": functools.partial(valued, 1.0, kind=1),
    "built in": len,
    "method": "abc".replace,
}


def registry_of(artifacts: Mapping[str, Any], **parts: Any) -> AnyRegistry:
    registry: AnyRegistry = Registry("things", **parts)
    for name, artifact in artifacts.items():
        registry.register(name, artifact)
    return registry


def test_what_is_registered_well_passes_and_the_report_says_what_was_tried() -> None:
    report = check_registry(registry_of(ARTIFACTS), examples=8)
    assert isinstance(report, RegistryReport)
    assert report.entries == len(ARTIFACTS)
    assert report.configs >= 6 * report.entries
    assert report.broken_configs >= 6 * report.entries
    assert report.defaults_only == {}
    assert report.opaque == ()
    assert (report.constructed, report.raised) == (0, {})


def test_nothing_real_runs() -> None:
    def forbidden(size: int = 1) -> None:
        raise AssertionError("this must not run")

    check_registry(registry_of({"forbidden": forbidden}))


def test_real_artifacts_run_when_asked_for_and_their_own_exceptions_are_counted() -> None:
    def picky(size: int) -> int:
        if size > 2:
            raise KeyError(size)
        return size

    report = check_registry(registry_of({"point": Point, "picky": picky}), construct=True)
    assert report.constructed > 10
    assert list(report.raised) == [("things", "picky")]
    assert report.raised["things", "picky"].startswith("KeyError")


def test_what_nothing_is_known_to_fit_is_reported_and_not_passed_over() -> None:
    report = check_registry(registry_of({"opaque_parameter": opaque_parameter, "dict": dict, "point": Point}))
    assert report.defaults_only == {("things", "opaque_parameter"): ("stream",)}
    assert report.opaque == (("things", "dict"),)
    assert report.parameters == 4


def test_a_catalog_is_checked_across_its_registries() -> None:
    points = type_registry("points", base=Point)
    points.register("point", Point)
    losses = function_registry("losses", signature=Callable[[float, float], float])

    @losses.register
    def point(prediction: float, target: float, weight: float = 1.0, at: Point | None = None) -> float:
        return weight

    report = check_registry(Catalog(points, losses))
    assert report.entries == 2
    assert report.parameters == 4


def test_aliases_deprecated_and_lazy_entries_and_data_are_checked_too() -> None:
    registry = registry_of({"data": {"size": 1}})
    registry.register("line", Line, aliases=["segment"])
    registry.register("old", Point, deprecated="Use 'line'.")
    registry.register("lazy", Reference("datetime:timedelta"))
    assert check_registry(registry, construct=True).entries == 4


def test_an_entry_that_cannot_be_imported_is_reported() -> None:
    registry = registry_of({"point": Point})
    registry.register("gone", Reference("no_such_package:thing"))
    with pytest.raises(AssertionError, match="'gone' of 'things': its artifact cannot be had: ResolutionError"):
        check_registry(registry)


# Factorizers with one line that is wrong, and artifacts that are not what they say.


@attrs.frozen
class Twin:
    """Hands everything on to the library's factorizer, but for what is replaced."""

    read: Callable[[Schema], Schema] = lambda schema: schema
    listed: Callable[[list[Problem]], list[Problem]] = lambda problems: problems
    planned: Callable[[Any], Any] = lambda config: config
    raises: bool = True

    def schema(self, artifact: Any, /) -> Schema:
        return self.read(SchemaFactorizer().schema(artifact))

    def check(self, config: Any, resolve: Any, /, *, given: Any) -> list[Problem]:
        return self.listed(SchemaFactorizer().check(config, resolve, given=given))

    def plan(self, config: Any, resolve: Any, /, *, given: Any) -> Any:
        try:
            return SchemaFactorizer().plan(self.planned(config), resolve, given=given)
        except ConfigError:
            if self.raises:
                raise
            return SchemaFactorizer().plan({}, resolve, given=given)


def changed(**changes: Any) -> Callable[[Schema], Schema]:
    """A schema whose first parameter is another."""

    def change(schema: Schema) -> Schema:
        first, *others = schema.parameters.values()
        parameters = [attrs.evolve(first, **changes), *others]
        return attrs.evolve(schema, parameters={each.name: each for each in parameters})

    return change


def truncated(config: Any) -> Any:
    if isinstance(config, dict):
        return {key: int(value) if type(value) is float else truncated(value) for key, value in config.items()}
    return config


BROKEN: dict[str, tuple[Twin, str]] = {
    "a parameter of another name": (Twin(changed(name="z")), "unexpected keyword argument 'z'"),
    "a parameter that is not required": (Twin(changed(default=1)), "missing 1 required positional argument: 'x'"),
    "a parameter too few": (
        Twin(lambda schema: attrs.evolve(schema, parameters={"x": schema.parameters["x"]}, extra=Parameter("more"))),
        "unexpected keyword argument 'extra_one'",
    ),
    "problems that are not seen": (Twin(listed=lambda problems: []), "check reports nothing instead of"),
    "problems without a path": (
        Twin(listed=lambda problems: [attrs.evolve(each, path="") for each in problems]),
        "at the root instead of",
    ),
    "problems of another code": (
        Twin(listed=lambda problems: [attrs.evolve(each, code="config") for each in problems]),
        "check reports 'config' at",
    ),
    "problems where there are none": (
        Twin(listed=lambda problems: problems or [Problem("config", "It is bad.", "x")]),
        "check refuses a config that fits, with 'config' at 'x'",
    ),
    "numbers that are cut": (Twin(planned=truncated), "y arrives as the float"),
    "mistakes that are swallowed": (Twin(raises=False), "builds what check refuses with"),
}


def test_the_honest_twin_passes() -> None:
    check_registry(registry_of({"point": Point}, factorizer=Twin()))


@pytest.mark.parametrize("what", BROKEN)
def test_a_registry_that_does_not_keep_its_word_is_caught(what: str) -> None:
    twin, message = BROKEN[what]
    with pytest.raises(AssertionError) as caught:
        check_registry(registry_of({"point": Point}, factorizer=twin))
    text = str(caught.value)
    assert "'point' of 'things': " in text
    assert message in text
    assert caught.value.__cause__ is None


def test_every_entry_that_differs_is_reported_with_its_smallest_config() -> None:
    twin = Twin(changed(default=1))
    with pytest.raises(AssertionError) as caught:
        check_registry(registry_of({"point": Point, "again": Point, "car": Car}, factorizer=twin))
    assert str(caught.value).splitlines() == [
        "<Registry 'things': 3 entries in MemoryBackend(3 entries)> has 2 differences.",
        "'point' of 'things': plan raised TypeError: stand_in() missing 1 required positional argument: 'x'.",
        "    {'_type': 'point'}",
        "'again' of 'things': plan raised TypeError: stand_in() missing 1 required positional argument: 'x'.",
        "    {'_type': 'again'}",
    ]


def test_a_wrapper_that_does_not_take_what_it_says_is_caught_when_it_is_called() -> None:
    def original(size: int = 1) -> int:
        return size

    @functools.wraps(original)
    def wrapper(*args: Any) -> int:
        return original(*args)

    check_registry(registry_of({"wrapper": wrapper}))
    with pytest.raises(AssertionError, match="the artifact cannot be called like this"):
        check_registry(registry_of({"wrapper": wrapper}), construct=True)
    check_registry(registry_of({"original": original}), construct=True)


def test_an_artifact_that_makes_something_else_than_it_says_is_caught_when_it_is_called() -> None:
    def point(x: int = 1) -> Point:
        return Car()  # type: ignore[return-value]  # what has to be caught

    with pytest.raises(AssertionError, match="it is said to make 'Point' and made 'Car'"):
        check_registry(registry_of({"point": point}), construct=True)
    check_registry(registry_of({"point": point}))
