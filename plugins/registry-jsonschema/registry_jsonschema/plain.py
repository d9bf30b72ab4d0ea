"""From objects to the values that JSON has."""

import dataclasses
import datetime
import enum
import pathlib
from collections.abc import Mapping
from typing import Any

import attrs

_SCALARS = frozenset({str, int, float, bool, type(None)})


def plain(value: Any) -> Any:
    """The value as JSON would have it: mappings for objects that show their fields, lists for other containers.

    What JSON has nothing for stays as it is, and matches no type of a schema.
    """
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: item if type(item) in _SCALARS else plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [item if type(item) in _SCALARS else plain(item) for item in value]
    if isinstance(value, datetime.date | datetime.time):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, pathlib.PurePath):
        return str(value)
    if isinstance(value, type):
        return value
    if attrs.has(type(value)):
        return {field.name: plain(getattr(value, field.name)) for field in attrs.fields(type(value))}
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    dump = getattr(type(value), "model_dump", None)  # a pydantic model
    return plain(dump(value)) if callable(dump) else value
