"""Values that meet constraints, and values that break them."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

import attrs
from hypothesis import strategies as st

from registry.factorizer.assignable import union_members
from registry.model import MISSING
from registry.testing.generation.case import Strategy, Value
from registry.testing.generation.shapes import says_nothing

_SAMPLES: tuple[Any, ...] = (
    *(0, 1, 2, 3, 5, 10, 100, -1, 0.0, 0.1, 0.5, 1.0, 2.0, 1e-3, True, False, None),
    *("", "a", "abc", "auto", "none", "linear", "Abc", "a-b", "a@b.c", "1", "2026-01-31", "http://localhost/"),
)
"""What constraints of which nothing is known are tried with."""


def constrained(
    annotation: Any, constraints: tuple[Any, ...], values: Strategy | None, default: Any = MISSING
) -> Strategy | None:
    """Values that meet the constraints, or None where none is known that does.

    Args:
        annotation: Without the constraints.
        constraints: Those of annotated-types, and callables that raise ValueError.
        values: Those that fit the annotation.
        default: The parameter's own, which will meet them.
    """
    if values is None:
        return None
    flat = list(_flat(constraints))
    if all(map(_is_bound, flat)) and annotation in (int, float):
        bounded = _bounded(annotation, flat)
        return None if bounded is None else bounded.filter(_Meets(constraints))
    if all(map(_is_length, flat)) and all((getattr(each, "min_length", 0) or 0) <= 2 for each in flat):
        return values.filter(_Meets(constraints))
    members = union_members(annotation) or (annotation,)
    anything = says_nothing(annotation)
    meeting = [
        Value.plain(sample)
        for sample in (default, *_SAMPLES)
        if sample is not MISSING and (anything or type(sample) in members) and meets(sample, constraints)
    ]
    return st.sampled_from(meeting) if meeting else None


def breaking(annotation: Any, constraints: Iterable[Any]) -> list[Any]:
    """Numbers and texts of the annotation's type that break one of the constraints, as a config writes them."""
    flat = list(_flat(constraints))
    candidates: list[Any] = []
    for constraint in flat:
        for bound in _numbers(constraint, ("gt", "ge", "lt", "le", "multiple_of")):
            candidates += [bound, bound - 1, bound + 1]
    numbers = [*candidates, -1, 0, 1, 10**9]
    if annotation is int:
        tried: list[Any] = [int(number) for number in numbers if math.isfinite(number)]
    elif annotation is float:
        tried = [float(number) for number in numbers]
    elif annotation is str:
        tried = ["", "x" * 1000]
    else:
        tried = []
    return [value for value in tried if not meets(value, constraints)]


def meets(value: Any, constraints: Iterable[Any]) -> bool:
    """Whether a value meets all of the constraints."""
    return all(_met(value, constraint) for constraint in _flat(constraints))


def _met(value: Any, constraint: Any) -> bool:
    known = False
    try:
        for attribute, holds in _HOLDS.items():
            bound = getattr(constraint, attribute, None)
            if bound is not None:
                known = True
                if not holds(value, bound):
                    return False
        predicate = getattr(constraint, "func", None)
        if not known and callable(predicate):
            return bool(predicate(value))
        if not known and callable(constraint) and not isinstance(constraint, type):
            constraint(value)
    except Exception:  # a constraint may raise anything for what it does not expect
        return False
    return True


_HOLDS: dict[str, Any] = {
    "gt": lambda value, bound: value > bound,
    "ge": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "le": lambda value, bound: value <= bound,
    "multiple_of": lambda value, bound: value % bound == 0,
    "min_length": lambda value, bound: len(value) >= bound,
    "max_length": lambda value, bound: len(value) <= bound,
}


@attrs.frozen
class _Meets:
    constraints: tuple[Any, ...]

    def __call__(self, value: Value) -> bool:
        return value.written is None or meets(value.arrives, self.constraints)


def _is_bound(constraint: Any) -> bool:
    return any(True for _ in _numbers(constraint, ("gt", "ge", "lt", "le", "multiple_of")))


def _is_length(constraint: Any) -> bool:
    return any(getattr(constraint, name, None) is not None for name in ("min_length", "max_length"))


def _flat(constraints: Iterable[Any]) -> Iterator[Any]:
    for constraint in constraints:
        if getattr(constraint, "__is_annotated_types_grouped_metadata__", False) is True:
            yield from _flat(constraint)
        else:
            yield constraint


def _numbers(constraint: Any, attributes: Iterable[str]) -> Iterator[int | float]:
    for attribute in attributes:
        bound: Any = getattr(constraint, attribute, None)
        if type(bound) in (int, float) and math.isfinite(bound):
            yield bound


def _bounded(annotation: Any, constraints: Iterable[Any]) -> Strategy | None:
    """Numbers between the bounds, where chance alone would seldom meet them."""
    if annotation not in (int, float):
        return None
    low, high, step = -(2**31), 2**31, 1
    for constraint in constraints:
        for bound in _numbers(constraint, ("gt", "ge")):
            low = math.floor(bound)
        for bound in _numbers(constraint, ("lt", "le")):
            high = math.ceil(bound)
        for bound in _numbers(constraint, ("multiple_of",)):
            step = bound if type(bound) is int and bound > 0 else step
    if low > high:
        return None
    whole = st.integers(-(-low // step), high // step).map(lambda number: number * step)
    if annotation is int:
        return whole.map(Value.plain)
    between = st.floats(low, high, allow_nan=False).map(Value.plain)
    return (
        whole.map(lambda number: Value(number, float(number))) | between
        if step == 1
        else whole.map(lambda number: Value(number, float(number)))
    )
