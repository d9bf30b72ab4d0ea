"""Which annotations surely do not fit, and which may."""

import collections
import enum
import pathlib
import typing
from collections.abc import (
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    MutableSequence,
    Sequence,
    Sized,
)
from typing import Any, Generic, Literal, NewType, Protocol, TypedDict, TypeVar

import pytest
import typing_extensions
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge

from registry.model import MISSING
from registry.signatures.openness import shown
from registry.validators.annotations import fits

T = TypeVar("T")
UserId = NewType("UserId", int)
Alias = typing_extensions.TypeAliasType("Alias", int | str)


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Options(TypedDict):
    depth: int


class Closing(Protocol):
    def close(self) -> None: ...


@typing.runtime_checkable
class RuntimeClosing(Protocol):
    def close(self) -> None: ...


class Box(Generic[T]):
    pass


class Small(Box[int]):
    pass


FITS: list[tuple[Any, Any]] = [
    (int, int),
    (bool, int),
    (int, float),
    (bool, float),
    (float, complex),
    (int, object),
    (Any, int),
    (int, Any),
    (MISSING, int),
    (int, MISSING),
    (T, int),
    (int, T),
    (typing.NoReturn, int),
    (Ridge, BaseEstimator),
    (pathlib.PosixPath, pathlib.Path),
    (None, int | None),
    (int, typing.Optional[int]),  # noqa: UP045 - the old way of writing is found in wild code
    (int | bool, float),
    (Literal[1, 2], int),
    (Literal["a"], Literal["a", "b"]),
    (bool, Literal[True, False]),
    (Colour, Literal[Colour.RED, Colour.BLUE]),
    (None, Literal[None, "a"]),
    (UserId, int),
    (UserId, UserId),
    (typing.Annotated[int, "positive"], int),
    (int, Alias),
    (typing_extensions.LiteralString, str),
    (list[int], list[int]),
    (list[int], list[float]),
    (list[int], list),
    (list, list[int]),
    (list[int], Sequence[int]),
    (list[int], Iterable[Any]),
    (dict[str, int], Mapping[str, float]),
    (dict[str, int], Iterable[str]),
    (tuple[int, str], tuple[int, str]),
    (tuple[int, int], tuple[int, ...]),
    (tuple[int, ...], tuple[int, int]),
    (tuple[int, bool], Sequence[int]),
    (collections.Counter[str], Mapping[str, int]),
    (Generator[int, None, None], Iterator[int]),
    (Coroutine[Any, Any, int], Awaitable[int]),
    (Callable[[float], int], Callable[[int], float]),
    (Callable[..., int], Callable[[int], int]),
    (Box[int], Callable[[int], int] | Any),
    (type[Ridge], type[BaseEstimator]),
    (type[Ridge], type),
    (Options, dict[str, Any]),
    (Options, Options),
    (dict, Options),
    (int, Closing),
    (list, Sized),
    (Closing, BaseEstimator),
    (Small, Box[str]),
]

DOES_NOT_FIT: list[tuple[Any, Any]] = [
    (float, int),
    (int, bool),
    (int, str),
    (object, int),
    (BaseEstimator, Ridge),
    (int | str, int),
    (int | None, int),
    (None, int),
    (Literal["a", "c"], Literal["a", "b"]),
    (Literal[True], Literal[1]),
    (Literal["a"], int),
    (str, Literal["a"]),
    (Colour, Literal[Colour.RED]),
    (int, UserId),
    (float, Alias),
    (list[int], list[str]),
    (list[int], Sequence[str]),
    (list[int], set[int]),
    (dict[str, int], Mapping[int, int]),
    (dict[str, int], Iterable[int]),
    (tuple[int, str], tuple[int, ...]),
    (tuple[int, str], tuple[int]),
    (tuple[str, ...], tuple[int, int]),
    (tuple[int, str], Sequence[int]),
    (Generator[int, None, None], Iterator[str]),
    (Coroutine[Any, Any, int], Awaitable[str]),
    (Coroutine[Any, Any, int], int),
    (Callable[[int], int], Callable[[float], int]),
    (Callable[[int], str], Callable[[int], int]),
    (Callable[[int], int], Callable[[int, int], int]),
    (type[BaseEstimator], type[Ridge]),
    (int, type[int]),
    (int, Callable[[], int]),
    (int, RuntimeClosing),
    (int, MutableSequence[int]),
    (Box[int], Box[str]),
]


@pytest.mark.parametrize(("given_", "wanted"), FITS)
def test_what_fits_or_may_fit_passes(given_: Any, wanted: Any) -> None:
    assert fits(given_, wanted)


@pytest.mark.parametrize(("given_", "wanted"), DOES_NOT_FIT)
def test_what_surely_does_not_fit_is_found(given_: Any, wanted: Any) -> None:
    assert not fits(given_, wanted)


scalars = st.sampled_from([int, float, str, bytes, bool, None, Colour, UserId, Any, Literal["a"], Literal[1, "b"]])
annotations = st.recursive(
    scalars,
    lambda inner: st.one_of(
        inner.map(lambda item: list[item]),  # type: ignore[valid-type]  # made at run time
        st.tuples(inner, inner).map(lambda items: tuple[items]),  # type: ignore[valid-type]  # made at run time
        st.tuples(inner, inner).map(lambda items: typing.Union[items]),  # noqa: UP007 - an item may be None
        inner.map(lambda item: Callable[[item], item]),
    ),
    max_leaves=5,
)


@given(annotations)
def test_every_type_fits_itself_and_a_union_with_itself(annotation: Any) -> None:
    assert fits(annotation, annotation)
    assert fits(annotation, typing.Union[annotation, bytes])  # noqa: UP007 - an annotation may be None
    assert fits(annotation, object)


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (int, "int"),
        (None, "None"),
        (type(None), "None"),
        (list[int], "list[int]"),
        (int | None, "int | None"),
        (Any, "Any"),
        (MISSING, "anything"),
        (Colour, "Colour"),
        (Callable[[int, Box[str]], None], "Callable[[int, Box[str]], None]"),
        (Callable[..., Any], "Callable[..., Any]"),
        (Literal["a.b", 1], "Literal['a.b', 1]"),
        (T, "~T"),
    ],
)
def test_an_annotation_is_shown_as_it_is_written(annotation: Any, text: str) -> None:
    assert shown(annotation) == text
