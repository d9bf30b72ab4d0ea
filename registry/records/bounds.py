"""What an annotation demands of a value, as numbers: the constraints of annotated-types that JSON can hold."""

from collections.abc import Iterable
from typing import Any

import attrs

from registry.errors import ValidationError
from registry.names import quote
from registry.records.plain import fault_of

_NUMBERS = ("gt", "ge", "lt", "le", "multiple_of")
_LENGTHS = ("min_length", "max_length")


@attrs.frozen(repr=False)
class Bound:
    """One constraint, with the attribute by which those of annotated-types are known."""

    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None
    multiple_of: float | None = None
    min_length: int | None = None
    max_length: int | None = None

    def __repr__(self) -> str:
        said = attrs.asdict(self, filter=lambda _, value: value is not None)
        return ", ".join(f"{name}={value!r}" for name, value in said.items())


def encode_bounds(constraints: Iterable[Any]) -> dict[str, list[Any]]:
    """The bounds among some constraints, sorted: by attribute, each with its numbers. Others are left out."""
    found: dict[str, list[Any]] = {}
    for constraint in constraints:
        for name in (*_NUMBERS, *_LENGTHS):
            bound = getattr(constraint, name, None)
            if _is_bound(name, bound) and bound not in found.setdefault(name, []):
                found[name].append(bound)
    return {name: sorted(numbers) for name, numbers in sorted(found.items()) if numbers}


def decode_bounds(value: Any) -> tuple[Bound, ...]:
    """The constraints that `encode_bounds` wrote; those that are not known here are left out.

    Raises:
        ValidationError: It is nothing of the kind.
    """
    if type(value) is not dict:
        raise _refused(value)
    found: list[Bound] = []
    for name in (*_NUMBERS, *_LENGTHS):
        numbers = value.get(name, [])
        if type(numbers) is not list:
            raise _refused(numbers)
        for number in numbers:
            if not _is_bound(name, number):
                raise _refused(number)
            found.append(Bound(**{name: number}))
    return tuple(found)


def _is_bound(name: str, value: Any) -> bool:
    if type(value) not in ((int,) if name in _LENGTHS else (int, float)) or fault_of(value) is not None:
        return False
    return bool(value > 0 if name == "multiple_of" else name not in _LENGTHS or value >= 0)


def _refused(value: Any) -> ValidationError:
    return ValidationError(
        f"The schema cannot be used: {quote(value)} is no bound.", context={"reason": f"{quote(value)} is no bound"}
    )
