"""Objects as data and back, through cattrs."""

import enum
import json
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from registry.errors import NotShareableError, ResolutionError
from registry.names import quote
from registry.paths import format_path
from registry.records.addresses import shared_reference
from registry.records.plain import MAX_DEPTH, canonical, fault_of
from registry.references import describe

if TYPE_CHECKING:
    from cattrs import BaseConverter

_PLAIN = (dict, list, str, int, float, bool, type(None))
_SCALARS = (int, float, str, bool)


def data_of(value: Any, subject: str, converter: "BaseConverter | None") -> tuple[Any, str | None]:
    """A value as plain JSON, and the address of its class; None for what is plain itself.

    Raises:
        NotShareableError: It does not come back as it was.
    """
    if type(value) in _PLAIN:
        _refuse_if_not_plain(value, subject, "it", _PLAIN_VALUES)
        return value, None
    if type(value) in (tuple, set, frozenset, bytes, bytearray, complex, range):
        raise _refused(
            subject,
            f"it is a {quote(type(value).__name__)}, which JSON does not have",
            "Register a list or a dict of plain values, or an object of an attrs class that holds it.",
        )
    kind = type(value)
    used = default_converter() if converter is None else converter
    try:
        made = _as_json(used.unstructure(value))
    except Exception as error:  # a converter raises what its hooks raise
        raise _refused(subject, f"cattrs cannot take it apart: {describe(error)}", _CONVERTER) from error
    _refuse_if_not_plain(made, subject, f"what cattrs makes of an object of {quote(kind.__qualname__)}", _CONVERTER)
    reference = shared_reference(kind, f"{subject}, an object of {quote(kind.__qualname__)},").target
    try:
        again = used.structure(json.loads(canonical(made)), kind)
        same = type(again) is kind and bool(again == value)
    except Exception as error:  # the same, and what `==` of a user raises
        raise _refused(subject, f"it cannot be made again from its data: {describe(error)}", _CONVERTER) from error
    if not same:
        raise _refused(subject, f"what is made again from its data is not equal to it ({quote(again)})", _CONVERTER)
    return made, reference


def made_of(data: Any, cls: Any, subject: str, converter: "BaseConverter | None") -> Any:
    """The object that `data_of` took apart.

    Raises:
        ResolutionError: The class does not take this data.
    """
    if not isinstance(cls, type):
        raise ResolutionError(f"{subject} is data of {quote(cls)}, which is no class here.")
    try:
        return (default_converter() if converter is None else converter).structure(data, cls)
    except Exception as error:  # a converter raises what its hooks raise, and the class what it likes
        raise ResolutionError(
            f"{subject} cannot become an object of {quote(cls.__qualname__)} here: {describe(_innermost(error))}.",
            suggestions=[
                "Install the version of the class that it was registered with, or let it be registered again."
            ],
        ) from error


_PLAIN_VALUES = (
    "Register plain values (dict with texts for keys, list, str, int, float, bool, None), or an attrs class."
)
_CONVERTER = "Pass a cattrs converter that knows the type: converter=…; or register a function that makes the object."


@cache
def default_converter() -> "BaseConverter":
    """A converter to JSON that refuses unknown keys, and makes no number of a text."""
    from cattrs.preconf.json import make_converter

    converter, plain = make_converter(forbid_extra_keys=True), make_converter(forbid_extra_keys=True)
    for kind in _SCALARS:  # cattrs' own hooks for these count for their subclasses too, and coerce
        converter.register_structure_hook(kind, _strictly(kind, plain.structure))
    return converter


def _strictly(kind: type, otherwise: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def structure(value: Any, wanted: Any) -> Any:
        if wanted is not kind:
            return otherwise(value, wanted)
        if type(value) is kind:
            return value
        if kind is float and type(value) is int:
            return float(value)
        raise TypeError(f"it has to be of type {kind.__name__}, not {type(value).__name__}")

    return structure


def _as_json(value: Any, depth: int = 0) -> Any:
    """What JSON has for it: lists for tuples, the values of enums, plain texts and numbers for what extends them.

    Whether that was right is told by the law that the object comes back equal.
    """
    if depth > MAX_DEPTH:
        return value
    if type(value) in (list, tuple):
        return [_as_json(item, depth + 1) for item in value]
    if type(value) is dict:
        return {key: _as_json(item, depth + 1) for key, item in value.items()}
    if isinstance(value, enum.Enum):
        return _as_json(value.value, depth + 1)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and type(value) is not bool:
        return int(value)
    return float(value) if isinstance(value, float) else value


def _innermost(error: BaseException) -> BaseException:
    """The first reason inside the groups that cattrs raises."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _refuse_if_not_plain(value: Any, subject: str, what: str, advice: str) -> None:
    fault = fault_of(value)
    if fault is not None:
        where = f"{quote(format_path(fault[0]))} in " if fault[0] else ""
        raise _refused(subject, f"{where}{what} {fault[1]}", advice)


def _refused(subject: str, why: str, advice: str) -> NotShareableError:
    return NotShareableError(
        f"{subject} cannot be shared with other processes: {why}.", suggestions=[advice], context={"reason": why}
    )
