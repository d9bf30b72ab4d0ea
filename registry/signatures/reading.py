"""From anything that can be called to its schema."""

import functools
import inspect
import types
from functools import partial
from typing import Any, get_args, get_origin

import attrs

from registry.model import MISSING
from registry.names import quote
from registry.schema import Parameter, Schema, changed
from registry.signatures.classes import read_class
from registry.signatures.docstrings import read_descriptions
from registry.signatures.functions import function_name, read_function, unwrapped

_PLACEHOLDER = getattr(functools, "Placeholder", MISSING)  # new in Python 3.14


def read_schema(artifact: object) -> Schema:
    """What a callable takes and gives.

    Annotations are resolved one by one; one that cannot be is MISSING. `x: int = None` is read as `int | None`. A
    default that a factory makes stays the value that its signature shows for it (`attrs.NOTHING`, `<factory>`), so
    it can be passed on; what a TypedDict may leave out has the default `NotRequired`. `**kwargs` that go nowhere but
    to `super().__init__` stand for the parameters of the next class.

    Args:
        artifact: A function, a class, a generic alias, a partial or any other callable; also a classmethod object,
            which is read as what it becomes.

    Returns:
        The schema, an opaque one if the signature cannot be read. Its descriptions are read when they are asked for.

    Raises:
        TypeError: This cannot be called.
    """
    if not callable(artifact) and not isinstance(artifact, classmethod):
        raise TypeError(f"{quote(artifact)} has no schema: it cannot be called.")
    try:
        schema = _read(artifact)
    except Exception:  # wild objects raise anything when they are looked at
        schema = Schema(_name(artifact), returns=artifact if issubclass(type(artifact), type) else MISSING, opaque=True)
    known = schema.read_descriptions
    return changed(schema, read_descriptions=partial(read_descriptions, artifact, schema.parameters, known))


def _read(artifact: Any) -> Schema:
    if isinstance(artifact, types.FunctionType) and not hasattr(artifact, "__wrapped__"):
        return read_function(artifact)
    if isinstance(artifact, type):
        return read_class(artifact)
    if isinstance(artifact, partial):
        return _read_partial(artifact)
    if isinstance(artifact, types.MethodType | classmethod):
        return _without_first(_read(artifact.__func__))
    if isinstance(artifact, staticmethod):
        return _read(artifact.__func__)
    origin = get_origin(artifact)
    if origin is not None:
        if not isinstance(origin, type):
            raise TypeError(artifact)
        return changed(read_class(origin, get_args(artifact)), returns=artifact, plain=False)
    innermost = unwrapped(artifact)
    if innermost is not artifact:
        return changed(_read(innermost), plain=False)
    call = type(artifact).__call__
    if isinstance(unwrapped(call), types.FunctionType) and not hasattr(artifact, "__signature__"):
        return changed(read_function(call, skip=1), name=_name(artifact), plain=False)
    return read_function(artifact)


def _without_first(schema: Schema) -> Schema:
    """The schema of a bound method."""
    first = next(iter(schema.parameters.values()), None)
    parameters = dict(schema.parameters)
    if first is not None and first.kind is not inspect.Parameter.KEYWORD_ONLY:
        del parameters[first.name]
    return changed(schema, parameters=parameters, plain=False)


def _read_partial(artifact: "partial[Any]") -> Schema:
    """What is left to give: positional arguments are gone, those fixed by name have a default."""
    schema = _read(artifact.func)
    if schema.opaque:
        return schema
    fixed = list(artifact.args)
    by_name = False
    left: dict[str, Parameter] = {}
    for parameter in schema.parameters.values():
        if fixed and parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            if fixed.pop(0) is _PLACEHOLDER:
                left[parameter.name] = attrs.evolve(parameter, kind=inspect.Parameter.POSITIONAL_ONLY)
            continue
        if parameter.kind is not inspect.Parameter.POSITIONAL_ONLY:
            # What follows a parameter that is fixed by name can no longer be given by position.
            by_name = by_name or parameter.name in artifact.keywords
            kind = inspect.Parameter.KEYWORD_ONLY if by_name else parameter.kind
            default = artifact.keywords.get(parameter.name, parameter.default)
            parameter = attrs.evolve(parameter, kind=kind, default=default)
        left[parameter.name] = parameter
    if fixed and schema.rest is None:
        raise ValueError("more positional arguments are fixed than there are parameters")
    return changed(schema, parameters=left, rest=None if by_name else schema.rest, plain=False)


def _name(artifact: Any) -> str:
    try:
        return function_name(artifact)
    except Exception:  # an attribute access of a wild object may raise anything
        return type(artifact).__name__
