"""Fingerprints of signatures: equal exactly where callers cannot tell two definitions apart."""

import json
from hashlib import blake2b
from typing import Any

from registry.model import MISSING
from registry.records.bounds import encode_bounds
from registry.records.types import encode_type, normal_type
from registry.records.values import identity_of
from registry.schema import Parameter, Schema

_RULES = 1
"""Is part of every fingerprint, so that those of other rules never equal it by accident."""


def fingerprint(schema: Schema) -> str:
    """The fingerprint of a signature: 128 bits of BLAKE2b (RFC 7693), in hexadecimal.

    What counts is what callers see: the names of parameters, their order, kinds, types, bounds and defaults, and which
    are open. What a docstring says does not, nor how a type is written (`Optional[int]`, `int | None`), nor what is
    returned. A default that JSON does not have counts by what it is named, or by its type.
    """
    told = {
        "rules": _RULES,
        "opaque": schema.opaque,
        "parameters": [_parameter(parameter) for parameter in _in_order(schema)],
        "rest": None if schema.rest is None else _parameter(schema.rest),
        "extra": None if schema.extra is None else _parameter(schema.extra),
    }
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))  # in ASCII, which any text can be written in
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _in_order(schema: Schema) -> list[Parameter]:
    """Those that may be given by position in their order, the others by name: theirs means nothing."""
    listed = list(schema.parameters.values())
    by_name = [parameter for parameter in listed if parameter.kind is parameter.kind.KEYWORD_ONLY]
    by_place = [parameter for parameter in listed if parameter.kind is not parameter.kind.KEYWORD_ONLY]
    return [*by_place, *sorted(by_name, key=lambda parameter: parameter.name)]


def _parameter(parameter: Parameter) -> list[Any]:
    default = ["none"] if parameter.default is MISSING else ["is", identity_of(parameter.default)]
    return [
        parameter.name,
        parameter.kind.name,
        default,
        normal_type(encode_type(parameter.annotation)),
        {name: [identity_of(number) for number in numbers] for name, numbers in _bounds(parameter).items()},
        parameter.open,
    ]


def _bounds(parameter: Parameter) -> dict[str, list[Any]]:
    return encode_bounds(parameter.constraints)
