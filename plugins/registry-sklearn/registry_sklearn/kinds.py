"""Classes that stand in annotations for kinds of objects, told by what an object has and not by what it inherits."""

import inspect
from abc import ABCMeta
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

_SCALARS = (str, bytes)


@cache
def array_like() -> type:
    """What scikit-learn takes for an array: it has a length, a shape or `__array__`, and is no scalar."""
    import numpy

    scalars = (*_SCALARS, numpy.generic)
    return _kind(
        "array-like",
        lambda cls: not issubclass(cls, scalars) and any(_has(cls, name) for name in ("__len__", "shape", "__array__")),
    )


@cache
def iterable() -> type:
    """What can be iterated over and is no text."""
    return _kind("iterable", lambda cls: not issubclass(cls, str) and issubclass(cls, Iterable))


@cache
def with_methods(methods: Sequence[str]) -> type:
    """What has these methods."""
    names = list(methods)
    told = " and ".join(
        [*names[:-2], " and ".join(names[-2:])] if len(names) < 3 else [", ".join(names[:-1]), names[-1]]
    )
    return _kind(f"object with {told}", lambda cls: all(_has(cls, name) for name in methods))


def _has(cls: type, name: str) -> bool:
    """Whether objects of a class may have an attribute; one with `__getattr__` may have any."""
    return any(inspect.getattr_static(cls, each, None) is not None for each in (name, "__getattr__"))


def _kind(name: str, fits: Callable[[type], bool]) -> type:
    def hook(cls: type, other: type) -> Any:
        return fits(other)

    return ABCMeta(name, (), {"__subclasshook__": classmethod(hook), "__module__": __name__})
