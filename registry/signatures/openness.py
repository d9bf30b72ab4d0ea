"""What a signature passes: the calls it allows, and so which parameters of an artifact stay open."""

import collections.abc
import inspect
import re
import types
import typing
from collections.abc import Callable, Coroutine, Iterator, Mapping
from functools import partial
from typing import Any

import attrs
import typing_extensions

from registry.errors import ValidationError
from registry.model import MISSING
from registry.names import quote
from registry.schema import Parameter, Schema, changed
from registry.signatures import read_schema
from registry.signatures.annotations import (
    NO_HINT,
    Scope,
    function_scope,
    raw_annotations,
    resolve,
    substitute,
    type_arguments,
)
from registry.signatures.functions import read_function

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
"""The kinds of parameters that a call can fill by position."""


def open_parameters(signature: Any, schema: Schema) -> frozenset[str]:
    """The parameters of an artifact that callers of the signature fill, and that a config can therefore not fix.

    Positional parameters of the signature stand for the artifact's by position, its keyword-only ones by name. `*args`
    opens every further position; `**kwargs` opens nothing, since a caller may override by name what a config fixed.

    Args:
        signature: A function, a Callable type, or a Protocol with `__call__`.
        schema: The artifact's.
    """
    places = [parameter.name for parameter in schema.parameters.values() if parameter.kind in POSITIONAL]
    names: set[str] = set()
    for asked in called_as(signature):
        passed = list(asked.parameters.values())
        by_position = sum(parameter.kind in POSITIONAL for parameter in passed)
        names.update(places if asked.rest is not None else places[:by_position])
        names.update(
            parameter.name
            for parameter in passed
            if parameter.kind not in POSITIONAL and parameter.name in schema.parameters
        )
    return frozenset(names)


def called_as(signature: Any) -> list[Schema]:
    """The calls that a signature allows, one schema for each overload.

    Parameters of a Callable type have no names and are numbered, `"1"` first; `Callable[..., R]` is opaque.

    Raises:
        ValidationError: It is not a signature.
    """
    signature = _without_aliases(signature)
    origin = typing.get_origin(signature)
    if signature is Callable or signature is typing.Callable:
        return [Schema("Callable", opaque=True)]
    if origin is collections.abc.Callable:
        return [_callable_type(signature)]
    cls = signature if origin is None else origin
    if not isinstance(cls, type):
        if not callable(signature):
            raise not_a_signature(signature)
        overloads = typing.get_overloads(signature) if isinstance(signature, types.FunctionType) else ()
        return [made_by(overload, read_schema(overload)) for overload in overloads or [signature]]
    owner = _owner_of_call(cls)
    if owner is None:
        raise not_a_signature(signature)
    call = vars(owner)["__call__"]
    known = type_arguments(cls, typing.get_args(signature)).get(owner, {})
    overloads = typing.get_overloads(call) if isinstance(call, types.FunctionType) else ()
    schemas = [made_by(each, read_function(each, skip=1)) for each in overloads or [call]]
    return [substituted(changed(schema, name=cls.__qualname__), known) for schema in schemas]


def check_signature(signature: Any) -> None:
    """Refuse what is not a signature, without reading annotations that may not be ready yet.

    Raises:
        ValidationError: It is not a signature.
    """
    signature = _without_aliases(signature)
    origin = typing.get_origin(signature)
    if signature in (Callable, typing.Callable) or origin is collections.abc.Callable:
        return
    cls = signature if origin is None else origin
    if not (callable(cls) if not isinstance(cls, type) else _owner_of_call(cls) is not None):
        raise not_a_signature(signature)


def not_a_signature(signature: Any) -> ValidationError:
    """The error for what cannot say how something is called."""
    return ValidationError(
        f"{quote(signature_name(signature))} is not a signature: it does not say how something is called.",
        suggestions=["Give a function, a type such as Callable[[float], float], or a Protocol with '__call__'."],
    )


def signature_name(signature: Any) -> str:
    """What a message calls a signature."""
    name = getattr(signature, "__qualname__", None)
    return name if isinstance(name, str) and typing.get_origin(signature) is None else shown(signature)


def shown(annotation: Any) -> str:
    """The annotation as it is written, without modules.

    >>> shown(list[int] | None)
    'list[int] | None'
    """
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is MISSING:
        return "anything"
    if annotation is None or annotation is type(None):
        return "None"
    if annotation is ...:
        return "..."
    if isinstance(annotation, list):
        return f"[{', '.join(map(shown, annotation))}]"
    if origin in (typing.Union, types.UnionType):
        return " | ".join(map(shown, arguments))
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if origin is not None and origin is not typing.Annotated and arguments:
        return f"{shown(origin)}[{', '.join(map(shown, arguments))}]"
    name = getattr(annotation, "__qualname__", None)
    if isinstance(name, str):
        return name
    return re.sub(r"\b(typing|typing_extensions|collections\.abc)\.", "", str(annotation))


def artifact_schema(artifact: Any) -> Schema:
    """The schema of an artifact, which says of an async function that it returns a coroutine."""
    return made_by(artifact, read_schema(artifact))


def made_by(artifact: Any, schema: Schema) -> Schema:
    """The schema with what a call really gives: a coroutine of an async function, the iterator of a generator."""
    function = _function_behind(artifact)
    if function is None:
        return schema
    returns = schema.returns
    if returns is MISSING and not hasattr(function, "__wrapped__"):
        # A schema knows what is made without running anything more; a signature says what the caller receives.
        written = {name: text for name, text in raw_annotations(function).items() if name == "return"}
        returns = resolve(written, partial(function_scope, function)).get("return", NO_HINT).annotation
    return changed(schema, returns=_coroutine(returns) if inspect.iscoroutinefunction(function) else returns)


def _coroutine(result: Any) -> Any:
    generic: Any = Coroutine
    return generic[Any, Any, Any if result is MISSING else result]


def _function_behind(artifact: Any) -> types.FunctionType | None:
    """The Python function that a call of the artifact runs, if it is one."""
    while isinstance(artifact, partial):
        artifact = artifact.func
    if isinstance(artifact, type):
        return None
    if not isinstance(artifact, types.FunctionType | types.MethodType):
        artifact = inspect.getattr_static(type(artifact), "__call__", None)
    function = artifact.__func__ if isinstance(artifact, types.MethodType) else artifact
    return function if isinstance(function, types.FunctionType) else None


def _owner_of_call(cls: type) -> type | None:
    """The class that defines `__call__` for the instances of this one, never the metaclass."""
    return next((base for base in cls.__mro__ if "__call__" in vars(base)), None)


def _callable_type(signature: Any) -> Schema:
    asked, returns = typing.get_args(signature)
    returns = _resolved(type(None) if returns is None else returns)
    if isinstance(asked, list):
        return Schema("Callable", dict(_numbered(asked)), returns=returns)
    if typing.get_origin(asked) is typing_extensions.Concatenate:
        asked = [item for item in typing.get_args(asked) if not isinstance(item, typing.ParamSpec) and item is not ...]
        rest = Parameter("args", inspect.Parameter.VAR_POSITIONAL)
        extra = Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)
        return Schema("Callable", dict(_numbered(asked)), rest, extra, returns)
    return Schema("Callable", returns=returns, opaque=True)


def _numbered(asked: list[Any]) -> Iterator[tuple[str, Parameter]]:
    for number, annotation in enumerate(asked, 1):
        yield str(number), Parameter(str(number), inspect.Parameter.POSITIONAL_ONLY, _resolved(annotation))


def _resolved(annotation: Any) -> Any:
    return resolve({"": annotation}, partial(Scope, {}))[""].annotation


def substituted(schema: Schema, known: Mapping[Any, Any]) -> Schema:
    """The schema with the type variables replaced that are known."""

    def fill(parameter: Parameter) -> Parameter:
        return attrs.evolve(parameter, annotation=substitute(parameter.annotation, known))

    return changed(
        schema,
        parameters={name: fill(parameter) for name, parameter in schema.parameters.items()},
        rest=None if schema.rest is None else fill(schema.rest),
        extra=None if schema.extra is None else fill(schema.extra),
        returns=substitute(schema.returns, known),
    )


def _without_aliases(annotation: Any) -> Any:
    while True:
        if typing.get_origin(annotation) is typing.Annotated:
            annotation = annotation.__origin__
        elif isinstance(annotation, typing_extensions.TypeAliasType):
            annotation = annotation.__value__
        else:
            return annotation
