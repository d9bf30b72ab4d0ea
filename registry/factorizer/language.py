"""The words of the config language, and what plain values are."""

import array
import enum
from collections import deque
from collections.abc import Mapping, MutableSequence
from functools import lru_cache
from keyword import iskeyword
from typing import Any

from registry.closeness import edit_distance

TYPE = "_type"
REGISTRY = "_registry"
ARGS = "_args"
PARTIAL = "_partial"
REF = "_ref"
RAW = "_raw"

RESERVED = (TYPE, REGISTRY, ARGS, PARTIAL, REF, RAW)
GIVEN = "given"

FOREIGN_KEYS = ("_target_", "class_path", "type")
"""What other config languages write for `_type`."""

SCALARS = frozenset({str, int, float, bool, type(None)})

_NOT_LISTS = (bytearray, array.array, deque)


def misspelt(key: str) -> str | None:
    """The reserved key that is one edit away from this one, if there is one.

    Another letter in place of the underscore is a word of its own: `dtype`, `href`.

    >>> misspelt("_tpye")
    '_type'
    >>> misspelt("delta")
    """
    return None if len(key) > 10 else _misspelt(key)  # a long key is not worth remembering


@lru_cache(maxsize=4096)
def _misspelt(key: str) -> str | None:
    if key in RESERVED:
        return None
    return next((word for word in RESERVED if key[1:] != word[1:] and edit_distance(key, word) == 1), None)


def is_plain_name(name: str) -> bool:
    """Whether a parameter's name may stand in generated code: an identifier that Python reads as it is written."""
    return name.isascii() and name.isidentifier() and not iskeyword(name) and name != "__debug__"


def plain_type(value: Any) -> type:
    """How a value counts in a config: `dict`, `list`, a scalar type, or its own class for a live object.

    Subclasses count as what they extend, so that a reader's own containers and strings never reach an artifact; enum
    members and named tuples are live objects.
    """
    kind = type(value)
    if kind in SCALARS or kind is dict or kind is list or kind is tuple:
        return kind
    if isinstance(value, enum.Enum):
        return kind
    if isinstance(value, Mapping):
        return dict
    if isinstance(value, MutableSequence) and not isinstance(value, _NOT_LISTS):
        return list
    for scalar in (str, bool, int, float):
        if isinstance(value, scalar):
            return scalar
    return kind
