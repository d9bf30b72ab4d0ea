"""Text and numbers that stand for other values: paths, dates, enum members, and what a user adds."""

import datetime
import decimal
import enum
import fractions
import ipaddress
import pathlib
import re
import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cattrs import Converter


def _decimal(text: str) -> decimal.Decimal:
    try:
        return decimal.Decimal(text)
    except decimal.InvalidOperation:  # which says no more than its own name
        raise ValueError("it is not a number") from None


_FROM_TEXT: dict[type, Callable[[str], Any]] = {
    pathlib.PurePath: pathlib.PurePath,
    pathlib.PurePosixPath: pathlib.PurePosixPath,
    pathlib.PureWindowsPath: pathlib.PureWindowsPath,
    pathlib.Path: pathlib.Path,
    datetime.datetime: datetime.datetime.fromisoformat,
    datetime.date: datetime.date.fromisoformat,
    datetime.time: datetime.time.fromisoformat,
    decimal.Decimal: _decimal,
    fractions.Fraction: fractions.Fraction,
    uuid.UUID: uuid.UUID,
    re.Pattern: re.compile,
    ipaddress.IPv4Address: ipaddress.IPv4Address,
    ipaddress.IPv6Address: ipaddress.IPv6Address,
}
"""ISO 8601 for dates and times, each type's own notation for the rest."""

_FROM_NUMBER: dict[type, Callable[[Any], Any]] = {
    decimal.Decimal: lambda number: decimal.Decimal(str(number)),  # 0.1 as it was written, not its binary neighbour
    fractions.Fraction: lambda number: fractions.Fraction(str(number)),
    datetime.timedelta: lambda seconds: datetime.timedelta(seconds=seconds),
}

TEXT_TYPES = frozenset(_FROM_TEXT)

_SCALARS = (str, int, float, bytes)


def value_converter() -> "Converter":
    """A cattrs converter that knows the values above, to which hooks for more types can be added.

    >>> converter = value_converter()
    >>> converter.structure("2026-01-31", datetime.date)
    datetime.date(2026, 1, 31)

    A structure hook that is registered on it counts as a conversion of values: it runs when a config is checked, so it
    must not have effects. Types that are strict in a config (str, int, float, bool) do not ask it.
    """
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True)
    plain = Converter(forbid_extra_keys=True)
    # every type that nobody added a hook for ends here; inside a hook it still means what cattrs means by it
    converter.register_structure_hook_func(lambda wanted: True, _Unhooked(plain))
    for scalar in _SCALARS:  # cattrs' own hooks for these count for their subclasses too, and coerce
        converter.register_structure_hook(scalar, _Unhooked(plain))
    converter.register_structure_hook_func(_is_known, _structure_known)
    return converter


def hook_for(converter: "Converter", wanted: Any) -> Callable[[Any, Any], Any] | None:
    """The hook that turns a plain value into a type, if the converter has one for it."""
    try:
        hook = converter.get_structure_hook(wanted)
    except Exception:  # cattrs raises errors of several kinds for types it cannot handle
        return None
    if isinstance(hook, _Unhooked):
        return _structure_known if _is_known(wanted) else _structure_scalar if _is_scalar(wanted) else None
    return hook


class _Unhooked:
    def __init__(self, plain: "Converter") -> None:
        self._plain = plain

    def __call__(self, value: Any, wanted: Any) -> Any:
        return self._plain.structure(value, wanted)


@lru_cache(maxsize=1024)
def _is_known(wanted: Any) -> bool:
    return isinstance(wanted, type) and (
        wanted in _FROM_TEXT or wanted in _FROM_NUMBER or issubclass(wanted, enum.Enum)
    )


def _structure_known(value: Any, wanted: Any) -> Any:
    if isinstance(value, wanted):
        return value
    if issubclass(wanted, enum.Enum):
        return _member(value, wanted)
    if type(value) is str and wanted in _FROM_TEXT:
        return _FROM_TEXT[wanted](value)
    if type(value) in (int, float) and wanted in _FROM_NUMBER:
        return _FROM_NUMBER[wanted](value)
    written = [kind for kind, table in (("text", _FROM_TEXT), ("a number", _FROM_NUMBER)) if wanted in table]
    raise TypeError(f"it is written as {' or '.join(written)}")


def _is_scalar(wanted: Any) -> bool:
    return isinstance(wanted, type) and wanted not in _SCALARS and issubclass(wanted, _SCALARS)


def _structure_scalar(value: Any, wanted: Any) -> Any:
    """An object of a class that extends a scalar, from a value that is strictly of that scalar's type."""
    base = next(kind for kind in wanted.__mro__ if kind in _SCALARS)
    if type(value) is base or (base is float and type(value) is int):
        return wanted(value)
    raise TypeError(f"it is made of {base.__name__}")


def _member(value: Any, wanted: type[enum.Enum]) -> enum.Enum:
    """The member with this value, or else with this name."""
    for member in wanted:
        if type(member.value) is type(value) and member.value == value:
            return member
    if isinstance(value, str) and value in wanted.__members__:
        return wanted[value]
    if issubclass(wanted, enum.Flag) and type(value) is int:
        return wanted(value)
    allowed = ", ".join(repr(member.value) for member in wanted)
    raise ValueError(f"it is one of {allowed}")
