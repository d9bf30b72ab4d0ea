"""Whether what a node makes can stand where a parameter wants it."""

import collections.abc
import inspect
import numbers
import types
import typing
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar, Union

from typing_extensions import get_protocol_members, is_protocol, is_typeddict

from registry.model import MISSING

_TOWER: dict[type, tuple[type, ...]] = {float: (int,), complex: (int, float)}
"""What PEP 484 lets stand for a number type without inheriting from it."""

_UNKNOWN: tuple[Any, ...] = (MISSING, Any, object)


def assignable(made: Any, wanted: Any) -> bool:
    """Whether a value of type `made` may be given for a parameter of type `wanted`.

    Arguments of generic types are not compared, and whatever is not known passes: only a certain mismatch counts.
    """
    made, wanted = bare(made), bare(wanted)
    if any(made is unknown or wanted is unknown for unknown in _UNKNOWN):
        return True
    if members := union_members(wanted):
        return any(assignable(made, member) for member in members)
    if members := union_members(made):
        return any(assignable(member, wanted) for member in members)
    if typing.get_origin(wanted) is Literal:
        return any(assignable(made, type(value)) for value in typing.get_args(wanted))
    if typing.get_origin(made) is Literal:
        return any(assignable(type(value), wanted) for value in typing.get_args(made))
    made_class, wanted_class = class_of(made), class_of(wanted)
    if made_class is None or wanted_class is None:
        return True
    return _class_fits(made_class, wanted_class)


def bare(annotation: Any) -> Any:
    """The annotation without what says nothing about the class: Annotated, NewType, None for NoneType."""
    while True:
        if annotation is None:
            return type(None)
        if typing.get_origin(annotation) is Annotated:
            annotation = typing.get_args(annotation)[0]
        elif isinstance(annotation, typing.NewType):
            annotation = annotation.__supertype__
        elif isinstance(annotation, TypeVar):
            annotation = _type_variable(annotation)
        elif type(annotation).__name__ == "TypeAliasType" and hasattr(annotation, "__value__"):
            annotation = annotation.__value__  # `type X = ...`: typing's class from 3.12, or the backport's
        else:
            return annotation


def _type_variable(variable: TypeVar) -> Any:
    if variable.__constraints__:
        return Union[variable.__constraints__]  # noqa: UP007 - members are only known at run time
    return Any if variable.__bound__ is None else variable.__bound__


def union_members(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, and nothing for what is none."""
    if typing.get_origin(annotation) in (Union, types.UnionType):
        return typing.get_args(annotation)
    return ()


def class_of(annotation: Any) -> type | None:
    """The class behind an annotation, without type arguments; None when there is none to compare."""
    origin = typing.get_origin(annotation)
    found = annotation if origin is None else origin
    if found is Callable or found is collections.abc.Callable:
        return collections.abc.Callable  # type: ignore[return-value]  # an ABC at run time
    return found if isinstance(found, type) else None


def _class_fits(made: type, wanted: type) -> bool:
    if made in _TOWER.get(wanted, ()):
        return True
    if is_typeddict(wanted):
        return is_typeddict(made) or issubclass(made, collections.abc.Mapping)
    if is_typeddict(made):
        made = dict
    if is_protocol(made):
        return True  # its members are known, its class is not
    if is_protocol(wanted):
        return not _missing_methods(made, wanted)
    if issubclass(wanted, numbers.Number) and made in (int, float, complex):
        return issubclass(made, wanted)
    try:
        return issubclass(made, wanted)
    except TypeError:  # a metaclass that answers issubclass in its own way
        return True


def _missing_methods(made: type, protocol: type) -> list[str]:
    """The methods of a protocol that instances of a class cannot have.

    Data members may be set by `__init__`, and a class with `__getattr__` may answer for anything: only methods count.
    """
    if inspect.getattr_static(made, "__getattr__", None) is not None:
        return []
    annotated = {name for base in made.__mro__ for name in getattr(base, "__annotations__", ())}
    return [
        name
        for name in get_protocol_members(protocol)
        if callable(inspect.getattr_static(protocol, name, None))
        and inspect.getattr_static(made, name, None) is None
        and name not in annotated
    ]


def type_name(annotation: Any) -> str:
    """The annotation as a message says it.

    >>> type_name(list[int] | None)
    'list[int] | None'
    """
    if annotation is None or annotation is type(None):
        return "None"
    if annotation is MISSING:
        return "anything"
    if typing.get_origin(annotation) is Annotated:
        return type_name(typing.get_args(annotation)[0])
    if members := union_members(annotation):
        return " | ".join(type_name(member) for member in members)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return "one of " + ", ".join(repr(value) for value in arguments)
    if origin is not None and arguments and origin is not collections.abc.Callable:
        named = ", ".join("..." if argument is Ellipsis else type_name(argument) for argument in arguments)
        return f"{getattr(origin, '__qualname__', origin)}[{named}]"
    if isinstance(annotation, type):
        return annotation.__qualname__
    return str(getattr(annotation, "__name__", annotation)).replace("typing.", "").replace("collections.abc.", "")
