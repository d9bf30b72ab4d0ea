"""A function tried on small arrays, and what is wrong with what it does."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from registry_numpy.shapes import Dimension, Shapes, shape_of

if TYPE_CHECKING:
    import numpy

    Fill = Callable[[tuple[int, ...], "numpy.dtype[Any]", int], "numpy.ndarray[Any, Any]"]

ANY = None
"""Stands for results of any dtype."""


@attrs.frozen
class Trial:
    """What a function is tried with.

    Attributes:
        shapes: Of arguments and results.
        dtypes: Of the arguments: one for all of them, or one for each.
        gives: The dtype of the results, or an abstract one (`numpy.floating`); "same" for that of the first argument.
        fill: Makes an argument of a shape and a dtype, by the number of the argument.
    """

    shapes: Shapes
    dtypes: Sequence[Any]
    gives: Any = ANY
    fill: "Fill | None" = None

    def faults(self, function: Callable[..., Any]) -> list[str]:
        """What is wrong, each as a sentence without its end. Every combination of dtypes and sizes is tried."""
        return list(
            dict.fromkeys(
                fault
                for dtypes in self.dtypes
                for sizes in self.shapes.trials()
                for fault in self._faults(function, sizes, dtypes)
            )
        )

    def _faults(self, function: Callable[..., Any], sizes: Mapping[str, int], dtypes: Any) -> Iterator[str]:
        import numpy

        arrays = self._arguments(sizes, dtypes)
        before = [array.copy() for array in arrays]
        given = ", ".join(f"{array.dtype} of shape {array.shape}" for array in arrays)
        try:
            with numpy.errstate(all="ignore"):  # what small numbers lead to is not what is looked at
                result = function(*arrays)
        except Exception as error:  # a user's function may raise anything
            text = str(error).partition("\n")[0]
            yield f"given {given}, it raises {type(error).__name__}{f': {text}' if text else ''}"
            return
        for number, (array, copy) in enumerate(zip(arrays, before, strict=True), start=1):
            if array.shape != copy.shape or array.tobytes() != copy.tobytes():
                yield f"given {given}, it changes its argument {number}"
        for fault in self._faults_of(result, sizes, arrays[0].dtype):
            yield f"given {given}, it gives {fault}"

    def _arguments(self, sizes: Mapping[str, int], dtypes: Any) -> "list[numpy.ndarray[Any, Any]]":
        import numpy

        takes = self.shapes.takes
        kinds = list(dtypes) if isinstance(dtypes, tuple) else [dtypes] * len(takes)
        fill = small if self.fill is None else self.fill
        shapes = [tuple(size for size in shape_of(argument, sizes) if size is not None) for argument in takes]
        return [
            numpy.asarray(fill(shape, numpy.dtype(kind), number))
            for number, (shape, kind) in enumerate(zip(shapes, kinds, strict=True))
        ]

    def _faults_of(self, result: Any, sizes: Mapping[str, int], first: "numpy.dtype[Any]") -> Iterator[str]:
        gives = self.shapes.gives
        results = [result] if len(gives) == 1 else result
        if not isinstance(results, list | tuple) or len(results) != len(gives):
            found = f"{len(result)} results" if isinstance(result, list | tuple) else f"a {type(result).__name__}"
            yield f"{found}, not {len(gives)} results"
            return
        known = dict(sizes)  # a dimension that only results have gets its size from the first of them
        for each, wanted in zip(results, gives, strict=True):
            yield from self._fault_of(each, wanted, known, first)

    def _fault_of(
        self, result: Any, wanted: tuple[Dimension, ...], known: dict[str, int], first: "numpy.dtype[Any]"
    ) -> Iterator[str]:
        import numpy

        shape = shape_of(wanted, known)
        if not isinstance(result, numpy.ndarray | numpy.generic) and (
            shape or not isinstance(result, bool | int | float | complex)
        ):
            yield f"a {type(result).__name__}, not an array"
            return
        array = numpy.asarray(result)
        if array.ndim != len(shape) or any(
            size is not None and size != found for size, found in zip(shape, array.shape, strict=True)
        ):
            yield f"shape {array.shape}, not {_told(shape)}"
        else:
            named = (each for each in wanted if each.name in known or not each.optional)
            known.update((each.name, found) for each, found in zip(named, array.shape, strict=True))
        if self.gives is not ANY and not _is_of(array.dtype, first if self.gives == "same" else self.gives):
            asked = first if self.gives == "same" else getattr(self.gives, "__name__", self.gives)
            yield f"{array.dtype}, not {asked}"


def small(shape: tuple[int, ...], dtype: "numpy.dtype[Any]", number: int) -> "numpy.ndarray[Any, Any]":
    """An array of small positive values, the same ones each time: between 0 and 1 where they need not be integers.

    Args:
        shape: Of the array.
        dtype: Of the array.
        number: That of the argument: the arrays of different arguments differ.
    """
    import numpy

    count = int(numpy.prod(shape, dtype=int))
    steps = (numpy.arange(count) * 5 + number * 2 + 3) % 7 + 1  # in no order
    if numpy.issubdtype(dtype, numpy.bool_):
        values: Any = steps % 2 == 0
    else:
        values = steps if numpy.issubdtype(dtype, numpy.integer) else steps / 8
    made: numpy.ndarray[Any, Any] = numpy.asarray(values).astype(dtype).reshape(shape)
    return made


def _is_of(found: "numpy.dtype[Any]", wanted: Any) -> bool:
    import numpy

    if isinstance(wanted, type) and issubclass(wanted, numpy.generic):
        return bool(numpy.issubdtype(found, wanted))  # an abstract one has more than one below it
    return bool(found == numpy.dtype(wanted))


def _told(shape: tuple[int | None, ...]) -> str:
    sizes = ", ".join("any" if size is None else str(size) for size in shape)
    return f"({sizes},)" if len(shape) == 1 else f"({sizes})"
