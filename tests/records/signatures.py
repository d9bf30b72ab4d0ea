# ruff: noqa: B008, E741, RUF013, RUF036, UP006, UP007, UP035, UP045  # all ways of writing are the point
"""Signatures of all kinds, whose fingerprints are written down in a test: every Python has to give the same."""

import collections
import datetime
import decimal
import enum
import functools
import pathlib
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Dict, Generic, List, Literal, NewType, Optional, Tuple, TypeVar, Union

import attrs
from annotated_types import Ge, Gt, Interval, MaxLen, MinLen, Predicate

T = TypeVar("T")
B = TypeVar("B", bound=int)
Meters = NewType("Meters", float)


class Colour(enum.Enum):
    RED = "red"
    BLUE = 2


class Model:
    pass


class Box(Generic[T]):
    pass


def nothing() -> None: ...
def bare(a, b=1, *, c="x"): ...  # type: ignore[no-untyped-def]  # without annotations is the point
def kinds(a: int, /, b: float, *rest: str, c: bool, d: bytes = b"x", **extra: complex) -> None: ...
def named_backwards(a: int, /, b: float, *rest: str, d: bytes = b"x", c: bool, **extra: complex) -> None: ...
def optional_old(a: Optional[int], b: Union[int, str, None]) -> None: ...
def optional_new(a: int | None, b: int | str | None) -> None: ...
def optional_turned(a: None | int, b: None | str | int) -> None: ...
def generics_old(a: List[int], b: Dict[str, Tuple[int, ...]]) -> None: ...
def generics_new(a: list[int], b: dict[str, tuple[int, ...]]) -> None: ...
def generics_text(a: "list[int]", b: "dict[str, tuple[int, ...]]") -> None: ...
def abstract_old(
    a: typing.Sequence[int], b: typing.Mapping[str, int], c: typing.Callable[[int], str]
) -> None: ...  # the same
def abstract_new(a: Sequence[int], b: Mapping[str, int], c: Callable[[int], str]) -> None: ...
def literals(a: Literal["x", 1, True, None], b: Literal[Colour.RED] = Colour.RED) -> None: ...
def literals_turned(a: Literal[None, True, 1, "x"], b: Literal[Colour.RED] = Colour.RED) -> None: ...
def scalars(a: decimal.Decimal, b: pathlib.Path, c: datetime.timedelta, d: type[int], e: Any, f: object) -> None: ...
def users(a: Model, b: Box[int], c: Colour, d: type[Model], e: "Model | None" = None) -> None: ...
def variables(a: T, b: B, c: list[T], d: Meters) -> T: ...  # type: ignore[type-var]  # B stands once on purpose
def bounds(a: Annotated[int, Gt(0), Ge(1)], b: Annotated[str, MinLen(1), MaxLen(9)]) -> None: ...
def bounds_turned(a: Annotated[int, Ge(1), Gt(0)], b: Annotated[str, MaxLen(9), MinLen(1)]) -> None: ...
def bounds_grouped(a: Annotated[int, Interval(gt=0, ge=1)], b: Annotated[str, MinLen(1), MaxLen(9)]) -> None: ...
def bounds_none(a: int, b: str) -> None: ...
def inner_bounds(a: list[Annotated[int, Gt(0)]], b: Annotated[int, Predicate(bool)] = 1) -> None: ...
def tuples(a: tuple[()], b: tuple[int, str], c: tuple, d: Tuple) -> None: ...  # type: ignore[type-arg]  # bare ones are what is read
def collected(a: collections.deque[int], b: collections.Counter[str], c: collections.OrderedDict[str, int]) -> None: ...
def implicit(a: int = None, b: "Iterable[int]" = ()) -> None: ...  # type: ignore[assignment]  # the way of wild code
def defaults(
    a: Any = (1, [2.0, {"x": {3}}]),
    b: Any = Colour.RED,
    c: Any = nothing,
    d: Any = int,
    e: Any = float("nan"),
    f: Any = pathlib.PurePosixPath("a/b"),
    g: Any = decimal.Decimal("1.0"),
    h: Any = object(),
    i: Any = frozenset({"b", "a", "c"}),
    j: Any = datetime.timedelta(days=1),
    k: Any = 2**100,
    l: Any = "\ud800",
    m: Any = functools.partial(nothing),
    n: Any = -0.0,
) -> None: ...
def a_one(a: Any = 1) -> None: ...
def a_true(a: Any = True) -> None: ...
def a_float(a: Any = 1.0) -> None: ...
def a_minus_zero(a: Any = -0.0) -> None: ...
def a_zero(a: Any = 0.0) -> None: ...


def documented(a: int | None, b: int | str | None) -> None:
    """Do as `optional_new` does, and say so.

    Args:
        a: One.
        b: Another.
    """


def returning(a: int | None, b: int | str | None) -> int:
    return 1


@dataclass
class Data:
    a: int
    b: list[int] = field(default_factory=list)


@attrs.define
class Attrs:
    a: int
    _b: str = "x"
    c: list[int] = attrs.field(factory=list)


class Options(typing.TypedDict, total=False):
    a: typing.Required[int]
    b: str


class Point(typing.NamedTuple):
    x: float
    y: float = 0.0


@functools.lru_cache
def wrapped(a: int, b: str = "x") -> None: ...


PARTIAL = functools.partial(kinds, 1, c=True)
EVERYTHING = {
    name: value
    for name, value in list(globals().items())
    if getattr(value, "__module__", None) == __name__
    and name not in ("T", "B", "Meters", "Colour", "Model", "Box")
    and callable(value)
} | {"PARTIAL": PARTIAL}
