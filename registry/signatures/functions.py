"""The schema of a function: from its code object, or from what `inspect` can find out about it."""

import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, TypeVar, get_origin

import typing_extensions

from registry.model import MISSING, NOTHING
from registry.schema import Parameter, Schema, changed
from registry.signatures.annotations import (
    NO_HINT,
    Hint,
    Scope,
    class_scope,
    function_scope,
    raw_annotations,
    resolve,
    with_implicit_none,
)

_POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_REST = inspect.Parameter.VAR_POSITIONAL
_EXTRA = inspect.Parameter.VAR_KEYWORD
_LATE = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR | inspect.CO_ITERABLE_COROUTINE
_UNKNOWN_RETURNS = (typing_extensions.Self, typing_extensions.Never, typing_extensions.NoReturn)
_PARTIAL_METHOD = frozenset({"_partialmethod", "__partialmethod__"})


def read_function(
    function: Any, *, skip: int = 0, owners: Mapping[str, type] = NOTHING, fallback: type | None = None
) -> Schema:
    """The schema of a function, a wrapper of one, or anything else that `inspect.signature` reads.

    Args:
        function: What is called.
        skip: How many leading parameters are filled already: 1 for `self`. (`plain` is then said of the rest.)
        owners: The classes in which single annotations were written.
        fallback: The class whose names count where those of the function do not do.

    Raises:
        ValueError: The signature cannot be read.
        TypeError: The same.
    """
    innermost = unwrapped(function)
    signature = getattr(innermost, "__signature__", None)
    if isinstance(signature, inspect.Signature):
        return read_signature(signature, innermost, skip=skip, owners=owners, fallback=fallback)
    if isinstance(innermost, types.FunctionType) and not _PARTIAL_METHOD & vars(innermost).keys():
        return _read_code(innermost, skip, owners, fallback, plain=innermost is function)
    return read_signature(inspect.signature(innermost), innermost, skip=skip, owners=owners, fallback=fallback)


def unwrapped(function: Any) -> Any:
    """What a chain of `functools.wraps` leads to, or the first in it that says its signature itself."""
    if not hasattr(function, "__wrapped__"):
        return function
    return inspect.unwrap(
        function, stop=lambda step: isinstance(getattr(step, "__signature__", None), inspect.Signature)
    )


def read_signature(
    signature: inspect.Signature,
    source: Any,
    *,
    skip: int = 0,
    owners: Mapping[str, type] = NOTHING,
    fallback: type | None = None,
) -> Schema:
    """The schema that a signature describes; `source` is what it belongs to."""
    function = inspect.unwrap(source) if hasattr(source, "__wrapped__") else source
    listed = list(signature.parameters.values())
    if skip and listed and listed[0].kind in (_POSITIONAL_ONLY, _POSITIONAL):
        del listed[0]
    raw = {item.name: item.annotation for item in listed if item.annotation is not inspect.Parameter.empty}
    if signature.return_annotation is not inspect.Signature.empty:
        raw["return"] = signature.return_annotation
    hints = resolve(raw, partial(_scope_of, function), owners=owners, fallback=fallback)
    given = [
        (item.name, item.kind, MISSING if item.default is inspect.Parameter.empty else item.default) for item in listed
    ]
    late = isinstance(function, types.FunctionType) and function.__code__.co_flags & _LATE
    return _schema(function_name(source), given, hints, late=bool(late), plain=False)


def _scope_of(source: Any) -> Scope:
    if isinstance(source, types.FunctionType):
        return function_scope(source)
    return Scope(getattr(inspect.getmodule(source), "__dict__", {}))


def _read_code(
    function: types.FunctionType,
    skip: int,
    owners: Mapping[str, type],
    fallback: type | None,
    *,
    plain: bool,
) -> Schema:
    code = function.__code__
    names = code.co_varnames
    positional = code.co_argcount
    named = positional + code.co_kwonlyargcount
    defaults = function.__defaults__ or ()
    optional = positional - len(defaults)
    given: list[tuple[str, Any, Any]] = [
        (
            names[index],
            _POSITIONAL_ONLY if index < code.co_posonlyargcount else _POSITIONAL,
            defaults[index - optional] if index >= optional else MISSING,
        )
        for index in range(min(skip, positional), positional)
    ]
    keyword_defaults = function.__kwdefaults__ or NOTHING
    rest = code.co_flags & inspect.CO_VARARGS
    if rest:
        given.append((names[named], _REST, MISSING))
    given += [(name, _KEYWORD, keyword_defaults.get(name, MISSING)) for name in names[positional:named]]
    if code.co_flags & inspect.CO_VARKEYWORDS:
        given.append((names[named + (1 if rest else 0)], _EXTRA, MISSING))
    raw = raw_annotations(function)
    hints = resolve(raw, partial(function_scope, function), owners=owners, fallback=fallback) if raw else {}
    return _schema(function.__name__, given, hints, late=bool(code.co_flags & _LATE), plain=plain)


def _schema(
    name: str, given: Sequence[tuple[str, Any, Any]], hints: Mapping[str, Hint], *, late: bool, plain: bool
) -> Schema:
    parameters: dict[str, Parameter] = {}
    rest = extra = None
    documented: dict[str, str] = {}
    for key, kind, default in given:
        hint = hints.get(key, NO_HINT)
        annotation = with_implicit_none(hint.annotation, default) if default is None else hint.annotation
        parameter = Parameter(key, kind, annotation, default, hint.constraints)
        if kind is _REST:
            rest = parameter
        elif kind is _EXTRA:
            extra = parameter
        else:
            parameters[key] = parameter
        if hint.documentation is not None:
            documented[key] = hint.documentation
    returns = MISSING if late else _known_return(hints.get("return", NO_HINT).annotation)
    schema = Schema(
        name, parameters, rest, extra, returns, plain=plain, read_descriptions=partial(dict[str, str], documented)
    )
    return schema if extra is None else _unpacked(schema, extra)


def _known_return(annotation: Any) -> Any:
    return MISSING if isinstance(annotation, TypeVar) or annotation in _UNKNOWN_RETURNS else annotation


def _unpacked(schema: Schema, extra: Parameter) -> Schema:
    """`**kwargs: Unpack[SomeTypedDict]` names its parameters (PEP 692)."""
    if get_origin(extra.annotation) not in (typing.Unpack, typing_extensions.Unpack):
        return schema
    shape = typing.get_args(extra.annotation)[0]
    parameters = {**schema.parameters, **typed_dict_parameters(shape)}
    return changed(schema, parameters=parameters, extra=None, plain=False)


def typed_dict_parameters(shape: Any) -> dict[str, Parameter]:
    """The keys of a TypedDict as keyword-only parameters. The default of one that may be left out is `NotRequired`."""
    parameters: dict[str, Parameter] = {}
    for key, hint in resolve(raw_annotations(shape), partial(class_scope, shape)).items():
        # Under `from __future__ import annotations` the class cannot know what its strings say, so the hint goes first.
        required = key in shape.__required_keys__ if hint.required is None else hint.required
        default = MISSING if required else typing_extensions.NotRequired
        parameters[key] = Parameter(key, _KEYWORD, hint.annotation, default, hint.constraints)
    return parameters


def function_name(function: Any) -> str:
    """What it is called where it is defined; the class of what has no name."""
    name = getattr(function, "__name__", None)
    return name if isinstance(name, str) else type(function).__name__
