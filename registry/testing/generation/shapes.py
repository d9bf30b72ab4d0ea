"""What annotations take, by the shape of what is written."""

import collections
import collections.abc
import enum
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

from typing_extensions import is_protocol, is_typeddict

from registry.factorizer.assignable import bare, class_of, union_members
from registry.model import MISSING
from registry.schema import ForeignType

Shapes = frozenset[str] | None

SHAPES: dict[type, str] = {
    type(None): "none",
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    list: "list",
    tuple: "list",
    dict: "dict",
    bytes: "bytes",
    complex: "complex",
}

_SCALARS: dict[Any, frozenset[str]] = {
    type(None): frozenset({"none"}),
    bool: frozenset({"bool"}),
    int: frozenset({"int"}),
    float: frozenset({"float", "int"}),
    complex: frozenset({"complex", "float", "int"}),
    str: frozenset({"str"}),
    bytes: frozenset({"bytes"}),
}

_LISTS = frozenset(
    {
        list,
        tuple,
        set,
        frozenset,
        collections.deque,
        collections.abc.Sequence,
        collections.abc.MutableSequence,
        collections.abc.Iterable,
        collections.abc.Collection,
        collections.abc.Reversible,
        collections.abc.Set,
        collections.abc.MutableSet,
    }
)
_DICTS = frozenset(
    {
        dict,
        collections.abc.Mapping,
        collections.abc.MutableMapping,
        collections.OrderedDict,
        collections.Counter,
        collections.defaultdict,
    }
)


def shape_of(value: Any) -> str | None:
    """The shape of a config value; "node" for a mapping that builds something, None for a live object."""
    if type(value) is dict and "_type" in value:
        return "node"
    return SHAPES.get(type(value))


def stripped(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """The annotation without what says nothing about values, and the constraints that it had."""
    constraints: tuple[Any, ...] = ()
    while typing.get_origin(annotation) is typing.Annotated:
        inner, *metadata = typing.get_args(annotation)
        annotation, constraints = inner, (*constraints, *(each for each in metadata if not isinstance(each, str)))
    return bare(annotation), constraints


def says_nothing(annotation: Any) -> bool:
    """Whether an annotation takes anything."""
    return (
        annotation is MISSING
        or annotation is Any
        or annotation is object
        or isinstance(annotation, str | TypeVar)
        or (isinstance(annotation, ForeignType) and annotation.values is None)
    )


def is_container(found: Any) -> bool:
    """Whether something is a class of containers that a config writes as a list or a mapping."""
    try:
        return found in _LISTS or found in _DICTS or is_typeddict(found)
    except TypeError:  # what cannot be hashed
        return False


def shapes_of(annotation: Any, converted: Mapping[Any, Any], takes_mapping: Callable[[type], bool]) -> Shapes:
    """The shapes of what an annotation takes; None where there may be more than is known here.

    Args:
        annotation: Without constraints.
        converted: The types that are written as text or numbers, with examples.
        takes_mapping: Whether a mapping without `_type` is built to an object of a class.
    """
    annotation, _ = stripped(annotation)
    if says_nothing(annotation) or isinstance(annotation, ForeignType):
        return None
    if parts := union_members(annotation):
        found: frozenset[str] = frozenset()
        for part in parts:
            shapes = shapes_of(part, converted, takes_mapping)
            if shapes is None:
                return None
            found |= shapes
        return found
    if typing.get_origin(annotation) is Literal:
        return _shapes_of_values(typing.get_args(annotation))
    kind = class_of(annotation)
    if kind is None:
        return None
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    if kind in converted:
        return frozenset(shape for written, _ in converted[kind] for shape in _all_numbers(written))
    if issubclass(kind, enum.Enum):
        extra = {"str", "int"} if issubclass(kind, enum.Flag) else {"str"}
        return (_shapes_of_values(list(kind)) or frozenset()) | extra
    if kind in _LISTS:
        return frozenset({"list"})
    if kind in _DICTS or is_typeddict(kind):
        return frozenset({"dict"})
    return _shapes_of_objects(kind, takes_mapping)


def _shapes_of_objects(kind: Any, takes_mapping: Callable[[type], bool]) -> Shapes:
    if kind is collections.abc.Callable:
        return frozenset({"node"})
    if is_protocol(kind) or type(kind) is not type:  # whatever has its members, or its metaclass says so
        return frozenset({"node", "dict"}) if takes_mapping(kind) and not is_protocol(kind) else None
    if any(issubclass(plain, kind) or issubclass(kind, plain) for plain in SHAPES if plain is not tuple):
        return None
    if issubclass(tuple, kind):
        return None
    return frozenset({"node", "dict"}) if takes_mapping(kind) else frozenset({"node"})


def _shapes_of_values(values: Iterable[Any]) -> Shapes:
    plain = (value.value if isinstance(value, enum.Enum) else value for value in values)
    return frozenset(shape for shape in map(shape_of, plain) if shape is not None)


def _all_numbers(written: Any) -> tuple[str, ...]:
    return ("int", "float") if type(written) in (int, float) else ("str",)
