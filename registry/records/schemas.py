"""Schemas as JSON, so that configs can be checked where the code is not."""

import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any

from registry.errors import ValidationError
from registry.model import MISSING
from registry.names import quote
from registry.records.bounds import decode_bounds, encode_bounds
from registry.records.types import decode_type, encode_type
from registry.records.values import Shown, is_kept, text_of
from registry.schema import Parameter, Schema

Json = dict[str, Any]

MAX_DESCRIPTION = 1000
"""The longest description, in characters."""

_KINDS = {
    "positional": inspect.Parameter.POSITIONAL_ONLY,
    "any": inspect.Parameter.POSITIONAL_OR_KEYWORD,
    "keyword": inspect.Parameter.KEYWORD_ONLY,
    "rest": inspect.Parameter.VAR_POSITIONAL,
    "extra": inspect.Parameter.VAR_KEYWORD,
}
_KIND_NAMES = {kind: name for name, kind in _KINDS.items()}
_FLAGS = ("opaque", "makes_function")


def encode_schema(schema: Schema, *, documented: bool = True) -> Json:
    """A schema as plain JSON; `documented`: with what the docstring says, which takes longest to read."""
    descriptions = schema.descriptions if documented else {}
    listed = [_encode(parameter, descriptions) for parameter in schema.parameters.values()]
    found: Json = {"name": schema.name, "parameters": listed}
    for key, parameter in (("rest", schema.rest), ("extra", schema.extra)):
        if parameter is not None:
            found[key] = _encode(parameter, {})
    if (returns := encode_type(schema.returns)) is not None:
        found["returns"] = returns
    found.update((flag, True) for flag in _FLAGS if getattr(schema, flag))
    return {**found, **_description(descriptions.get(""))}


def _encode(parameter: Parameter, descriptions: Mapping[str, str]) -> Json:
    found: Json = {"name": parameter.name, "kind": _KIND_NAMES[parameter.kind]}
    if (kind := encode_type(parameter.annotation)) is not None:
        found["type"] = kind
    if parameter.default is not MISSING:
        if isinstance(parameter.default, Shown):
            found["shown"] = parameter.default.text
        elif is_kept(parameter.default):
            found["default"] = parameter.default
        else:
            found["shown"] = text_of(parameter.default)
    if bounds := encode_bounds(parameter.constraints):
        found["bounds"] = bounds
    if parameter.open:
        found["open"] = True
    return {**found, **_description(descriptions.get(parameter.name))}


def _description(text: str | None) -> Json:
    if not text:
        return {}
    text = text.encode(errors="replace").decode()  # half of a surrogate pair may stand in a docstring, never in UTF-8
    return {"description": text if len(text) <= MAX_DESCRIPTION else text[: MAX_DESCRIPTION - 2] + " …"}


# ---------------------------------------------------------------------------------------------- reading


def decode_schema(values: Any) -> Schema:
    """The schema that `encode_schema` wrote. Nothing that it names is imported.

    Types whose code is not part of Python are `ForeignType`, and defaults that JSON does not have are `Shown`.

    Raises:
        ValidationError: It is nothing of the kind.
    """
    found = _object(values)
    parameters: dict[str, Parameter] = {}
    descriptions: dict[str, str] = {}
    for item in _list(found.get("parameters", [])):
        parameter = _decode(item, ("positional", "any", "keyword"))
        if not parameter.name or parameter.name in parameters:
            raise _refused(f"the parameter {quote(parameter.name)} has no name, or stands there twice")
        parameters[parameter.name] = parameter
        _describe(descriptions, parameter.name, item)
    _describe(descriptions, "", found)
    return Schema(
        _text(found.get("name", ""), "name"),
        parameters,
        rest=_decode(found["rest"], ("rest",)) if "rest" in found else None,
        extra=_decode(found["extra"], ("extra",)) if "extra" in found else None,
        returns=decode_type(found.get("returns")),
        opaque=_flag(found, "opaque"),
        makes_function=_flag(found, "makes_function"),
        read_descriptions=partial(dict[str, str], descriptions),
    )


def _decode(values: Any, kinds: tuple[str, ...]) -> Parameter:
    found = _object(values)
    kind = _text(found.get("kind"), "kind")
    if kind not in kinds:
        raise _refused(f"{quote(kind)} is no kind of parameter, or not one of these")
    default: Any = MISSING
    if "default" in found:
        default = found["default"]
    elif "shown" in found:
        default = Shown(_text(found["shown"], "shown"))
    return Parameter(
        _text(found.get("name"), "name"),
        _KINDS[kind],
        decode_type(found.get("type")),
        default,
        decode_bounds(found.get("bounds", {})),
        open=_flag(found, "open"),
    )


def _describe(descriptions: dict[str, str], name: str, values: Json) -> None:
    if "description" in values:
        descriptions[name] = _text(values["description"], "description")


def _object(value: Any) -> Json:
    if type(value) is not dict:
        raise _refused(f"{quote(value)} is no object")
    return value


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise _refused(f"{quote(value)} is no list")
    return value


def _text(value: Any, key: str) -> str:
    if type(value) is not str:
        raise _refused(f"its {quote(key)} is no text")
    return value


def _flag(values: Json, key: str) -> bool:
    value = values.get(key, False)
    if type(value) is not bool:
        raise _refused(f"its {quote(key)} is neither true nor false")
    return value


def _refused(why: str) -> ValidationError:
    return ValidationError(f"The schema cannot be used: {why}.", context={"reason": why})
