"""What plain YAML scalars mean to the tools that are converted from: YAML 1.1, of which each has its own numbers."""

import re
from collections.abc import Callable, Mapping
from typing import Any

_WORDS: Mapping[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **{form: word in ("yes", "true", "on") for word in ("yes", "no", "true", "false", "on", "off")
       for form in (word, word.capitalize(), word.upper())},
}  # fmt: skip

_INTEGER = re.compile(
    r"[-+]?(?:0b[0-1_]+ | 0[0-7_]+ | 0 | [1-9][0-9_]* | 0x[0-9a-fA-F_]+ | [1-9][0-9_]*(?::[0-5]?[0-9])+)", re.VERBOSE
)

_FLOAT_1_1 = r"""
    [-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)? | \.[0-9][0-9_]*(?:[eE][-+][0-9]+)?
    | [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]* | [-+]?\.(?:inf|Inf|INF) | \.(?:nan|NaN|NAN)
"""
"""PyYAML's: an exponent has a sign and follows a point."""

_FLOAT_LOOSE = r"""
    [-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)? | [-+]?[0-9][0-9_]*[eE][-+]?[0-9]+
    | \.[0-9_]+(?:[eE][-+][0-9]+)?
    | [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]* | [-+]?\.(?:inf|Inf|INF) | \.(?:nan|NaN|NAN)
"""
"""jsonargparse's."""

_FLOAT_OMEGACONF = (
    _FLOAT_1_1
    + r"""
    | [-+]?[0-9]+(?:_[0-9]+)*\.[0-9_]*(?:[eE][-+]?[0-9]+)? | [-+]?[0-9]+(?:_[0-9]+)*[eE][-+]?[0-9]+
    | \.[0-9]+(?:_[0-9]+)*(?:[eE][-+][0-9]+)? | [-+]?[0-9]+(?:_[0-9]+)*(?::[0-5]?[0-9])+\.[0-9_]*
"""
)

MOST_DIGITS = 1000

_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2} | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}"
    r"(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?",
    re.VERBOSE,
)

Scalar = Callable[[str], Any]
"""Gives the value of a plain scalar. It raises ValueError, with the reason, where a config has no such value."""


def _scalar(floats: str, timestamps: bool = False) -> Scalar:
    """How a tool reads plain scalars."""
    is_float = re.compile(floats, re.VERBOSE)

    def scalar(text: str) -> Any:
        if text in _WORDS:
            return _WORDS[text]
        if is_float.fullmatch(text):
            return _float(text.replace("_", "").lower())
        if _INTEGER.fullmatch(text):
            return _integer(text.replace("_", ""))
        if timestamps and _TIMESTAMP.fullmatch(text):
            raise ValueError(f"{text} is a date, which a config has not")
        if text in ("=", "<<"):
            raise ValueError(f"{text} has a meaning of its own here")
        return text

    return scalar


def _float(text: str) -> float:
    sign, digits = _signed(text)
    if digits == ".inf":
        return sign * float("inf")
    if digits == ".nan":
        return float("nan")
    if ":" in digits:
        return sign * float(_sexagesimal([float(part) for part in digits.split(":")]))
    return sign * float(digits)


def _integer(text: str) -> int:
    sign, digits = _signed(text)
    if len(digits) > MOST_DIGITS:
        raise ValueError("a number of so many digits is none of a config")
    if ":" in digits:
        return sign * int(_sexagesimal([int(part) for part in digits.split(":")]))
    for prefix, base in (("0b", 2), ("0x", 16), ("0", 8)):
        if digits.startswith(prefix) and digits != "0":
            return sign * int(digits.removeprefix(prefix), base)
    return sign * int(digits)


def _signed(text: str) -> tuple[int, str]:
    return (-1 if text.startswith("-") else 1), text.removeprefix("-") if text.startswith("-") else text.removeprefix(
        "+"
    )


def _sexagesimal(parts: list[Any]) -> Any:
    """Hours, minutes and seconds, as YAML 1.1 reads `1:30:00`."""
    total = 0
    for part in parts:
        total = total * 60 + part
    return total


SCALARS: Mapping[str, Scalar] = {
    "mmengine": _scalar(_FLOAT_1_1, timestamps=True),
    "hydra": _scalar(_FLOAT_OMEGACONF),
    "jsonargparse": _scalar(_FLOAT_LOOSE),
}
