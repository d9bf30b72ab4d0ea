"""Plain values: what JSON holds exactly, so that another machine reads what was written here."""

import json
import math
from typing import Any

from registry.names import quote
from registry.paths import Path

MAX_DEPTH = 60
"""How deeply the values of a record may be nested: with the body around it, that is the 64 of the wire."""

MAX_BITS = 2000
"""The longest integer: about 600 digits, which every Python reads under every setting."""

# Made once, since `json.dumps` makes a new one each time that it is not called with its defaults.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)


def fault_of(value: Any, path: Path = ()) -> tuple[Path, str] | None:
    """What keeps a value from being plain: where, and why as a clause that follows "it"; None when it is plain.

    Only exact types are plain. What extends them, and tuples, would come back as something else.
    """
    kind = type(value)
    if value is None or kind is bool:
        return None
    if kind is str:
        return (path, "holds half of a surrogate pair") if _is_torn(value) else None
    if kind is int:
        return (path, f"is {quote(value)}, and {MAX_BITS} are allowed") if value.bit_length() > MAX_BITS else None
    if kind is float:
        return None if math.isfinite(value) else (path, f"is {value}, which JSON does not have")
    if kind is not list and kind is not dict:
        return path, f"is a {quote(kind.__qualname__)}, which JSON does not have"
    if len(path) >= MAX_DEPTH:
        return path, f"is nested more than {MAX_DEPTH} deep"
    if kind is list:
        for index, item in enumerate(value):
            if (found := fault_of(item, (*path, index))) is not None:
                return found
        return None
    for key, item in value.items():
        if type(key) is not str:
            return path, f"has a key {quote(key)} that is no text"
        if _is_torn(key):
            return path, "has a key that holds half of a surrogate pair"
        if (found := fault_of(item, (*path, key))) is not None:
            return found
    return None


def _is_torn(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def canonical(value: Any) -> bytes:
    """A plain value as JSON of which there is only one form: compact, keys sorted, UTF-8."""
    return _ENCODER.encode(value).encode()
