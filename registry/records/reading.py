"""Reads what is in a record: strictly, key by key, without importing anything."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

import attrs

from registry.errors import ValidationError
from registry.model import NOTHING, Reference
from registry.names import check_name, quote
from registry.records.origins import RecordOrigin

MAX_REFERENCE = 1000
"""The longest reference, in characters."""

Kind = Literal["reference", "data", "alias"]
T = TypeVar("T")


def fields_of(values: Mapping[str, Any], known: int) -> dict[str, Any]:
    """The attributes of the record that plain values hold.

    Args:
        values: What was read from JSON.
        known: The newest format that can be read.

    Raises:
        ValidationError: They are no record, with the reason.
    """
    return _Reader(values).fields(known)


def refused(why: str, suggestions: Iterable[str] = ()) -> ValidationError:
    """The error for a record that cannot be used; `why` is a clause."""
    return ValidationError(f"The record cannot be used: {why}.", suggestions=suggestions, context={"reason": why})


_OF_KIND = {"reference": "reference", "data": "data", "alias": "alias_of"}
_ONLY_IN = {
    "reference": ("reference",),
    "schema": ("reference",),
    "fingerprint": ("reference",),
    "data": ("data",),
    "type": ("data",),
    "alias_of": ("alias",),
}


@attrs.frozen
class _Reader:
    """Reads one record, checking what is where."""

    values: Mapping[str, Any]

    def fields(self, known: int) -> dict[str, Any]:
        form = self.values.get("format")
        if type(form) is not int or form < 1:
            raise refused(
                "its 'format' has to be a number from 1 on" if "format" in self.values else _missing("format")
            )
        if form > known:
            raise refused(
                f"its format is {quote(form)}, and this version reads up to {known}", ["Install a newer version."]
            )
        kind: Any = self.values.get("kind")
        if type(kind) is not str or kind not in _OF_KIND:
            listed = ", ".join(map(quote, _OF_KIND))
            raise refused(
                f"its 'kind' is {quote(kind)}, not one of {listed}" if "kind" in self.values else _missing("kind")
            )
        if _OF_KIND[kind] not in self.values:
            raise refused(_missing(_OF_KIND[kind]))
        for key, kinds in _ONLY_IN.items():
            if key in self.values and kind not in kinds:
                raise refused(f"its kind is {quote(kind)}, which has no {quote(key)}")
        return {
            "kind": kind,
            "reference": self._optional("reference", _reference),
            "data": self.values.get("data"),
            "type": self._optional("type", _reference),
            "alias_of": self._optional("alias_of", _name),
            "aliases": self._list("aliases", _name),
            "tags": self._list("tags", _text),
            "description": self._optional("description", _text) or "",
            "deprecated": self._optional("deprecated", _text),
            "metadata": self._optional("metadata", _object) or NOTHING,
            "origin": self._optional("origin", _origin),
            "schema": self._optional("schema", _object),
            "fingerprint": self._optional("fingerprint", _fingerprint),
        }

    def _optional(self, key: str, convert: Callable[[Any, str], T]) -> T | None:
        return convert(self.values[key], key) if key in self.values else None

    def _list(self, key: str, convert: Callable[[Any, str], str]) -> tuple[str, ...]:
        items = self.values.get(key, [])
        if type(items) is not list:
            raise _wrong(key, "a list")
        found = tuple(convert(item, f"{key}[{index}]") for index, item in enumerate(items))
        if len(set(found)) < len(found):
            raise refused(f"its {quote(key)} hold a value twice")
        return found


def _text(value: Any, key: str) -> str:
    if type(value) is not str:
        raise _wrong(key, "a text")
    return value


def _object(value: Any, key: str) -> Mapping[str, Any]:
    if type(value) is not dict:
        raise _wrong(key, "an object")
    return value


def _name(value: Any, key: str) -> str:
    check_name(_text(value, key), "name")
    return str(value)


def _reference(value: Any, key: str) -> str:
    """A reference of the right form; whether it may be followed is decided when somebody wants to."""
    text = _text(value, key)
    if len(text) > MAX_REFERENCE:
        raise refused(f"its {quote(key)} has {len(text)} characters, and {MAX_REFERENCE} are allowed")
    try:
        Reference(text)
    except ValueError as error:
        raise refused(f"its {quote(key)} is {quote(text)}, which is not of the form 'package.module:Name'") from error
    return text


def _fingerprint(value: Any, key: str) -> str:
    text = _text(value, key)
    if len(text) != 32 or not set(text) <= set("0123456789abcdef"):
        raise refused(f"its {quote(key)} is not 32 hexadecimal digits")
    return text


def _origin(value: Any, key: str) -> RecordOrigin:
    found = _object(value, key)
    texts = {
        name: _text(found.get(name, ""), f"{key}.{name}") for name in ("distribution", "version", "module", "file")
    }
    line = found.get("line", 0)
    if type(line) is not int or not 0 <= line < 1 << 31:
        raise _wrong(f"{key}.line", "a line number")
    return RecordOrigin(**texts, line=line)


def _missing(key: str) -> str:
    return f"its {quote(key)} is missing"


def _wrong(key: str, wanted: str) -> ValidationError:
    return refused(f"its {quote(key)} has to be {wanted}")
