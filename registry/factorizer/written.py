"""Types of the standard library that are written as text or as a number, and how they are read."""

import datetime
import decimal
import fractions
import ipaddress
import pathlib
import re
import uuid
from collections.abc import Callable
from typing import Any


def _decimal(text: str) -> decimal.Decimal:
    try:
        return decimal.Decimal(text)
    except decimal.InvalidOperation:  # which says no more than its own name
        raise ValueError("it is not a number") from None


FROM_TEXT: dict[type, Callable[[str], Any]] = {
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

FROM_NUMBER: dict[type, Callable[[Any], Any]] = {
    decimal.Decimal: lambda number: decimal.Decimal(str(number)),  # 0.1 as it was written, not its binary neighbour
    fractions.Fraction: lambda number: fractions.Fraction(str(number)),
    datetime.timedelta: lambda seconds: datetime.timedelta(seconds=seconds),
}


def read_text_of(wanted: type) -> Callable[[str], Any] | None:
    """How text becomes a value of a type; also of one that extends a path."""
    read = FROM_TEXT.get(wanted)
    return wanted if read is None and issubclass(wanted, pathlib.Path) else read
