"""What a plain YAML scalar means: the core schema (YAML 1.2.2, section 10.3.2)."""

import re
from typing import Any

WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}

MEANINGFUL = frozenset(["", *"0123456789+-.~nNtTfF"])
"""How a plain scalar begins that may be something else than a string."""

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASES = {"0o": 8, "0x": 16}

_INT, _FLOATING, _BOOL, _NULL, _STR = (f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null", "str"))


def plain_scalar(text: str) -> Any:
    """The value of a plain scalar without a tag.

    Raises:
        ValueError: An integer of more digits than Python converts.
    """
    if text in WORDS:
        return WORDS[text]
    if text[0] not in MEANINGFUL:
        return text
    if _INTEGER.fullmatch(text):
        base = _BASES.get(text[:2])
        return int(text) if base is None else int(text[2:], base)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def tagged_scalar(text: str, tag: str) -> Any:
    """The value of a scalar with a tag, quoted or not.

    Raises:
        LookupError: The tag is not one of plain data.
        ValueError: The text does not fit the tag.
    """
    if tag in (_STR, "!"):
        return text
    if tag not in (_INT, _FLOATING, _BOOL, _NULL):
        raise LookupError(tag)
    value = plain_scalar(text)
    if tag == _FLOATING and type(value) is int:
        return float(text)
    wanted = {_INT: int, _FLOATING: float, _BOOL: bool, _NULL: type(None)}[tag]
    if type(value) is not wanted:
        raise ValueError(text)
    return value
