"""Artifacts that a factorizer is tried with: importable, comparable, and noted when they are made."""

import enum
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import attrs

made: list[str] = []
"""What was made, by name; whoever counts clears it."""


class SampleError(Exception):
    """What `failing` raises."""


class Colour(enum.Enum):
    """A value that is written as text or a number."""

    RED = "red"
    BLUE = 2


@attrs.define
class Point:
    """A class that shows its fields."""

    x: int
    y: float = 0.0

    def __attrs_post_init__(self) -> None:
        made.append("point")


class Line:
    """A class with an `__init__` of its own that takes objects."""

    def __init__(self, start: Point, *others: Point, colour: Colour = Colour.RED) -> None:
        made.append("line")
        self.parts = (start, others, colour)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Line) and self.parts == other.parts

    __hash__ = None  # type: ignore[assignment]  # what is compared by its parts and may change has no hash


@attrs.define(eq=True)
class Result:
    """What the functions return."""

    of: str
    parts: dict[str, Any]


def scaled(value: float, factor: int = 2, *, name: str | None = None, path: Path = Path()) -> Result:
    """A function with values."""
    made.append("scaled")
    return Result("scaled", {"value": value, "factor": factor, "name": name, "path": path})


def chosen(kind: Literal["a", 1], sizes: list[int], table: dict[str, tuple[float, ...]] | None = None) -> Result:
    """A function with containers."""
    made.append("chosen")
    return Result("chosen", {"kind": kind, "sizes": sizes, "table": table})


def gathered(*parts: Any, **named: Any) -> Result:
    """A function that takes everything."""
    made.append("gathered")
    return Result("gathered", {"parts": parts, **named})


def placed(first: Any, second: Any = None, /, third: Any = None) -> Result:
    """A function with parameters that go by position only."""
    made.append("placed")
    return Result("placed", {"first": first, "second": second, "third": third})


def mapped(function: Callable[..., Any], points: list[Point]) -> Result:
    """A function that takes a function and objects in a list."""
    made.append("mapped")
    return Result("mapped", {"function": function, "points": points})


def failing(value: Any = None) -> Result:
    """A function that raises its own exception."""
    raise SampleError("the sample fails")


SAMPLES: dict[str, Any] = {
    "point": Point,
    "line": Line,
    "scaled": scaled,
    "chosen": chosen,
    "gathered": gathered,
    "placed": placed,
    "mapped": mapped,
}
"""What can be made without an exception, by the name in a config."""
