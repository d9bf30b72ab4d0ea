"""Defaults of parameters: as a text to show, and as something that is the same on every machine."""

import datetime
import decimal
import enum
import fractions
import pathlib
import types
import uuid
from collections.abc import Mapping
from typing import Any

import attrs

from registry.records.plain import canonical, fault_of
from registry.records.types import type_address

MAX_SHOWN = 200
"""The longest text that stands for a default, in characters."""

MAX_DEFAULT = 2000
"""The longest default that is kept as a value, in bytes of JSON."""

_REPR = (
    bytes,
    complex,
    range,
    decimal.Decimal,
    fractions.Fraction,
    datetime.datetime,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    uuid.UUID,
)
"""Types whose `repr` is Python's own, short, and the same everywhere."""

_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, type)


@attrs.frozen(repr=False)
class Shown:
    """Stands for a default that JSON does not have; its `repr` is what is known of it."""

    text: str

    def __repr__(self) -> str:
        return self.text


def is_kept(value: Any) -> bool:
    """Whether a default is kept as the value that it is."""
    return fault_of(value) is None and len(canonical(value)) <= MAX_DEFAULT


def text_of(value: Any) -> str:
    """What is shown for a default. A user's `repr` is never asked: it may be long, slow, or hold an address."""
    text = _text_of(value, 0)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def _text_of(value: Any, depth: int) -> str:
    kind = type(value)
    if value is None or kind in (str, float, bool):
        return repr(value)
    if kind is int:
        return repr(value) if value.bit_length() < 1000 else f"<an integer of {value.bit_length()} bits>"
    if kind in _REPR:
        return repr(value)
    if isinstance(value, pathlib.PurePath):
        return f"{kind.__name__}({value.as_posix()!r})"
    if isinstance(value, enum.Enum):
        return f"{kind.__qualname__}.{value.name}"
    if isinstance(value, _FUNCTIONS):
        return value.__qualname__
    if depth < 3 and kind in (list, tuple, set, frozenset, dict):
        return _container(value, kind, depth + 1)
    return f"<{kind.__qualname__}>"


def _container(value: Any, kind: type, depth: int) -> str:
    if kind is dict:
        return "{" + ", ".join(f"{_text_of(k, depth)}: {_text_of(v, depth)}" for k, v in value.items()) + "}"
    items = [_text_of(item, depth) for item in value]
    if kind is list:
        return f"[{', '.join(items)}]"
    if kind is tuple:
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    inner = "{" + ", ".join(sorted(items)) + "}" if items else ""
    return (inner or "set()") if kind is set else f"frozenset({inner})"


def identity_of(value: Any, depth: int = 0) -> Any:
    """A default as plain JSON that is equal for equal defaults on every machine, and never holds an address in memory.

    What has no such form stands there by its type alone.
    """
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int or kind is float:
        return ["number", repr(value) if kind is float else hex(value)]
    if depth < 20:
        if kind is list or kind is tuple:
            return [kind.__name__, *(identity_of(item, depth + 1) for item in value)]
        if kind is set or kind is frozenset:
            return [kind.__name__, *_sorted(identity_of(item, depth + 1) for item in value)]
        if isinstance(value, Mapping) and kind in (dict, types.MappingProxyType):
            pairs = ([identity_of(key, depth + 1), identity_of(item, depth + 1)] for key, item in value.items())
            return ["mapping", *_sorted(pairs)]
    if kind in _REPR:
        return [kind.__name__, repr(value)]
    if isinstance(value, pathlib.PurePath):
        return ["path", value.as_posix()]
    if isinstance(value, enum.Enum):
        return ["member", type_address(kind), value.name]
    if isinstance(value, _FUNCTIONS):
        return ["named", type_address(value)]
    return ["object", type_address(kind)]


def _sorted(values: Any) -> list[Any]:
    import json

    return [value for _, value in sorted((json.dumps(value), value) for value in values)]
