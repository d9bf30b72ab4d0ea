"""What Python configs are made of, and how large that may be."""

import copy
from collections.abc import Mapping
from typing import Any

from registry.problems import Location

MOST = 300_000
"""Largest value that is worked out: values in it, each counted in every place, or characters."""

BITS = 4096
"""Longest whole number."""


class Settings(dict[Any, Any]):
    """A mapping of a config file, and where it was written."""

    where: Location | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> "Settings":
        copied: Settings = tree_of(self)
        return copied


def tree_of(value: Any) -> Any:
    """A copy in which nothing is in two places."""
    if isinstance(value, Mapping):
        copied = Settings((key, tree_of(held)) for key, held in value.items())
        copied.where = getattr(value, "where", None)
        return copied
    if isinstance(value, list | tuple):
        return type(value)([tree_of(held) for held in value])
    return copy.copy(value)


def size_of(value: Any) -> int:
    """How many values there are in one, each in every place, and its texts by their length; counted to `MOST` or so."""
    size, pending = 0, [value]
    while pending and size <= MOST:
        here = pending.pop()
        size += 1
        if isinstance(here, str):
            size += len(here) // 16
        elif isinstance(here, Mapping):
            size += len(here)
            pending += here.values()
        elif isinstance(here, list | tuple):
            if len(here) > MOST:
                return MOST + 1
            pending += here
    return size


def fits(value: Any) -> bool:
    """Whether a value is no larger than is worked out."""
    if isinstance(value, str):
        return len(value) <= MOST
    if isinstance(value, int):
        return value.bit_length() <= BITS
    return size_of(value) <= MOST
