"""For tests: laws that array functions keep, tried with arrays that Hypothesis draws."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from registry import Registry
from registry_numpy.shapes import Shapes, read_shapes, shape_of

Arrays = tuple["numpy.ndarray[Any, Any]", ...]

LARGEST = 1000.0
"""The largest number that is drawn, where `elements` says nothing else."""

_PHASES = (Phase.generate, Phase.shrink)


@attrs.frozen
class Law:
    """Something that holds for a function, whatever it is given.

    Attributes:
        name: What a failure calls it.
        holds: Whether it holds for a function and arrays that it can be given. The function may be called as often as
            is needed: its calls are what a failure shows.
    """

    name: str
    holds: Callable[[Callable[..., Any], Arrays], bool]


def check_laws(
    functions: Registry[Any, Any, Any] | Mapping[Any, Callable[..., Any]],
    signature: str,
    *laws: Law,
    elements: st.SearchStrategy[Any] | None = None,
    dtype: Any = "float64",
    largest_size: int = 5,
    examples: int = 100,
) -> None:
    """Try each law on each function, with arrays of many shapes and values.

    Args:
        functions: A registry, or functions by name.
        signature: The shapes, as NumPy writes them for generalized ufuncs: `(n),(n)->()`.
        laws: `symmetric` and the others of this module, or your own.
        elements: The values that arrays have, as a strategy; finite numbers of up to 1000 by default.
        dtype: Of the arrays.
        largest_size: Of a dimension.
        examples: How many are drawn for each function and law.

    Raises:
        AssertionError: A function breaks a law, or raises: a sentence, and the smallest calls found that show it.
    """
    if not laws:
        raise TypeError("check_laws() needs a law: symmetric, non_negative, …")
    shapes = read_shapes(signature)
    drawn = _arguments(shapes, numpy.dtype(dtype), elements, largest_size)
    for name in functions:
        function = functions[name]
        for law in laws:
            broken = _broken(function, law, drawn, examples)
            if broken is not None:
                raise AssertionError(f"{name!r} breaks the law {law.name!r}:\n{broken}") from None


def _broken(function: Callable[..., Any], law: Law, drawn: st.SearchStrategy[Arrays], examples: int) -> str | None:
    """The smallest calls that show how a law is broken, one on each line; None if it holds."""

    @settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        deadline=None,
        phases=_PHASES,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    @given(drawn)
    def trial(arrays: Arrays) -> None:
        calls: list[str] = []

        def called(*arguments: Any) -> Any:
            told = f"  {', '.join(map(_told, arguments))}"
            try:
                with numpy.errstate(all="ignore"):
                    result = function(*(argument.copy() for argument in arguments))
            except Exception as error:  # a user's function may raise anything
                raise _Broken("\n".join([*calls, f"{told} raises {type(error).__name__}: {error}"])) from None
            calls.append(f"{told} gives {_told(result)}")
            return result

        if not law.holds(called, arrays):
            raise _Broken("\n".join(calls))

    try:
        trial()
    except _Broken as broken:
        return str(broken)
    return None


class _Broken(Exception):
    """Carries the calls that show it."""


def _arguments(
    shapes: Shapes, dtype: "numpy.dtype[Any]", elements: st.SearchStrategy[Any] | None, largest: int
) -> st.SearchStrategy[Arrays]:
    chosen = _elements(dtype) if elements is None else elements

    @st.composite
    def arguments(draw: st.DrawFn) -> Arrays:
        sizes = {name: draw(st.integers(1, largest)) for name in shapes.names}
        for name in shapes.optional:
            if draw(st.booleans()):
                sizes.pop(name, None)
        wanted = [tuple(size for size in shape_of(part, sizes) if size is not None) for part in shapes.takes]
        return tuple(draw(arrays_of.arrays(dtype, shape, elements=chosen)) for shape in wanted)

    return arguments()


def _elements(dtype: "numpy.dtype[Any]") -> st.SearchStrategy[Any]:
    if not numpy.issubdtype(dtype, numpy.floating):
        return arrays_of.from_dtype(dtype)
    width: Any = min(64, 8 * dtype.itemsize)
    return st.floats(-LARGEST, LARGEST, width=width, allow_subnormal=False)


def _told(value: Any) -> str:
    return (
        repr(value) if not isinstance(value, numpy.ndarray) else f"array({numpy.array2string(value, separator=', ')})"
    )


def _close(first: Any, second: Any) -> bool:
    """Whether two results agree in half of the digits that they have: the order of a sum changes the others."""
    first, second = numpy.asarray(first), numpy.asarray(second)
    if first.shape != second.shape:
        return False
    kind = numpy.result_type(first, second)
    tolerance = float(numpy.finfo(kind).eps) ** 0.5 if numpy.issubdtype(kind, numpy.inexact) else 0.0
    return bool(numpy.allclose(first, second, rtol=tolerance, atol=tolerance))


def _reversed(array: "numpy.ndarray[Any, Any]") -> "numpy.ndarray[Any, Any]":
    return array[..., ::-1] if array.ndim else array


zero_at_equality = Law(
    "zero at equality",
    lambda function, arrays: _close((found := function(*[arrays[0]] * len(arrays))), numpy.zeros_like(found)),
)
"""Given the same array for every argument, it gives 0."""

symmetric = Law(
    "symmetric",
    lambda function, arrays: _close(function(*arrays), function(arrays[1], arrays[0], *arrays[2:])),
)
"""The first two arguments may change places."""

non_negative = Law("non-negative", lambda function, arrays: bool(numpy.all(numpy.asarray(function(*arrays)) >= 0)))
"""It gives nothing below 0."""

finite = Law("finite", lambda function, arrays: bool(numpy.all(numpy.isfinite(function(*arrays)))))
"""It gives neither an infinite number nor NaN."""

indifferent_to_order = Law(
    "indifferent to order",
    lambda function, arrays: _close(function(*arrays), function(*map(_reversed, arrays))),
)
"""The items of all arguments may be put in another order, the same one for each: so it is with sums and means."""
