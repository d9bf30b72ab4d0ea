"""Annotations as JSON and back, without importing anything.

A text names a type that every machine has (`"int"`), a list is a generic with its arguments (`["list", "int"]`,
`["|", "int", "None"]`, `["Literal", "a", 1]`, `["Annotated", "int", {"gt": 0}]`), and an object stands for a class by
its address (`{"class": "acme.models:Model"}`), which becomes a `ForeignType`.
"""

import collections.abc
import enum
import types
import typing
from collections.abc import Iterable
from typing import Any, ForwardRef, Literal, TypeVar, Union, get_args, get_origin

import typing_extensions

from registry.errors import ValidationError
from registry.known import running_module
from registry.model import MISSING
from registry.names import quote
from registry.records.bounds import decode_bounds, encode_bounds
from registry.records.plain import canonical, fault_of
from registry.records.type_names import ARITY, NAMED, NAMES
from registry.schema import ForeignType
from registry.signatures.annotations import constraints_in
from registry.signatures.openness import shown

Json = Any

MAX_DEPTH = 12
"""How deeply types may be nested; what is deeper, or recursive, is any type."""

MAX_MEMBERS = 100
"""The largest enum whose members are listed."""

_WRAPPERS = (
    typing.ClassVar,
    typing.Final,
    typing_extensions.Required,
    typing_extensions.NotRequired,
    typing_extensions.ReadOnly,
)


def encode_type(annotation: Any, depth: int = 0) -> Json:
    """An annotation as JSON; None for MISSING. Nothing in it is called, so that its `repr` is never asked."""
    if annotation is MISSING:
        return None
    if depth > MAX_DEPTH:
        return "Any"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is typing.Annotated:
        inner = encode_type(arguments[0], depth + 1)
        bounds = encode_bounds(constraints_in(arguments[1:]))
        return ["Annotated", inner, bounds] if bounds else inner
    if origin in _WRAPPERS:
        return encode_type(arguments[0], depth)
    if isinstance(annotation, typing.NewType):
        return encode_type(annotation.__supertype__, depth + 1)
    if isinstance(annotation, typing_extensions.TypeAliasType):
        return encode_type(annotation.__value__, depth + 1)
    if isinstance(annotation, TypeVar):
        return _encode_variable(annotation, depth)
    if origin in (Union, types.UnionType):
        return ["|", *(encode_type(member, depth + 1) for member in arguments)]
    if origin is Literal:
        return _encode_literal(arguments)
    if origin is not None:
        return _encode_generic(annotation, origin, arguments, depth)
    if isinstance(annotation, ForeignType):
        return _encode_foreign(annotation, depth)
    if isinstance(annotation, str | ForwardRef):
        return {"class": annotation if isinstance(annotation, str) else annotation.__forward_arg__}
    return _encode_plain(annotation)


def _encode_plain(annotation: Any) -> Json:
    if annotation is None:
        return "None"
    try:
        name = NAMES.get(annotation)
    except TypeError:  # what stands in annotations need not be hashable
        name = None
    if name is not None:
        return name
    if isinstance(annotation, enum.EnumMeta):
        values = _values_of(annotation)
        return {"class": type_address(annotation)} if values is None else _with_values(type_address(annotation), values)
    return {"class": type_address(annotation)}


def _encode_foreign(annotation: ForeignType, depth: int) -> Json:
    found: Json = {"class": annotation.name}
    if annotation.arguments:
        found["of"] = [encode_type(item, depth + 1) for item in annotation.arguments]
    if annotation.values is not None:
        found["values"] = list(annotation.values)
    return found


def _encode_variable(variable: TypeVar, depth: int) -> Json:
    if variable.__constraints__:
        return ["|", *(encode_type(member, depth + 1) for member in variable.__constraints__)]
    return "Any" if variable.__bound__ is None else encode_type(variable.__bound__, depth + 1)


def _encode_literal(values: tuple[Any, ...]) -> Json:
    if all(value is None or type(value) in (str, int, bool) for value in values) and fault_of(list(values)) is None:
        return ["Literal", *values]
    named = next((type_address(type(value)) for value in values if isinstance(value, enum.Enum)), "Literal")
    written = [value.value if isinstance(value, enum.Enum) else value for value in values]
    return _with_values(named, written)


def _with_values(name: str, values: list[Any]) -> Json:
    plain = all(type(value) in (str, int, bool, float) or value is None for value in values)
    return {"class": name, "values": values} if plain and fault_of(values) is None else {"class": name}


def _values_of(cls: enum.EnumMeta) -> list[Any] | None:
    """What a config may write for a member of an enum: its value or its name. None where that is not all."""
    members: dict[str, Any] = dict(cls.__members__)
    if issubclass(cls, enum.Flag) or not 0 < len(members) <= MAX_MEMBERS:
        return None
    values: list[Any] = []
    for value in [*(member.value for member in members.values()), *members]:
        if not any(type(other) is type(value) and other == value for other in values):
            values.append(value)
    return values


def _encode_generic(annotation: Any, origin: Any, arguments: tuple[Any, ...], depth: int) -> Json:
    name = NAMES.get(origin) if isinstance(origin, type) or origin is collections.abc.Callable else None
    if origin is collections.abc.Callable:
        return _encode_callable(arguments, depth)
    if name is not None and not arguments:  # `typing.List` says no more than `list`, but `tuple[()]` is empty
        return ["tuple"] if origin is tuple and hasattr(annotation, "__args__") else name
    if name == "tuple":
        if any(get_origin(item) is typing_extensions.Unpack for item in arguments):
            return "tuple"
        return ["tuple", *("..." if item is Ellipsis else encode_type(item, depth + 1) for item in arguments)]
    if name is not None:
        return [name, *(encode_type(item, depth + 1) for item in arguments)]
    found = {"class": type_address(origin)}
    inner = [_encode_argument(item, depth + 1) for item in arguments]
    return {**found, "of": inner} if inner else found


def _encode_argument(item: Any, depth: int) -> Json:
    if isinstance(item, type) or get_origin(item) is not None or isinstance(item, TypeVar):
        return encode_type(item, depth)
    return _encode_plain(item) if item is None or item is Any else {"class": shown(item)}


def _encode_callable(arguments: tuple[Any, ...], depth: int) -> Json:
    if len(arguments) != 2:
        return "Callable"
    asked, returns = arguments
    passed = [encode_type(item, depth + 1) for item in asked] if isinstance(asked, list) else "..."
    return ["Callable", passed, encode_type(returns, depth + 1)]


def type_address(annotation: Any) -> str:
    """The address of a class or of anything else that has one; otherwise what is known of its name."""
    module, qualname = getattr(annotation, "__module__", None), getattr(annotation, "__qualname__", None)
    if isinstance(module, str) and isinstance(qualname, str):
        if module in ("__main__", "__mp_main__"):
            module = running_module() or "__main__"
        return f"{module}:{qualname}"
    name = getattr(annotation, "__name__", None)
    return name if isinstance(name, str) else type(annotation).__qualname__


# ---------------------------------------------------------------------------------------------- reading


def decode_type(value: Json) -> Any:
    """The annotation that `encode_type` wrote; MISSING for None. A name that is not known here is a `ForeignType`.

    Raises:
        ValidationError: It is nothing of the kind.
    """
    if value is None:
        return MISSING
    if type(value) is str:
        return NAMED[value] if value in NAMED else ForeignType(value)
    if type(value) is list and value and type(value[0]) is str:
        return _decode_generic(value[0], value[1:])
    if type(value) is dict:
        return _decode_class(value)
    raise _refused(value)


def _decode_generic(head: str, arguments: list[Json]) -> Any:
    if head == "Literal":
        if not arguments or any(item is not None and type(item) not in (str, int, bool) for item in arguments):
            raise _refused(arguments)
        return Literal[tuple(arguments)]
    if head == "Annotated":
        if len(arguments) != 2:
            raise _refused(arguments)
        inner, bounds = decode_type(arguments[0]), decode_bounds(arguments[1])
        return typing.Annotated[(inner, *bounds)] if bounds else inner
    if head == "|":
        members = tuple(map(_decode_member, arguments))
        return Union[members] if members else Any  # noqa: UP007  # members are only known at run time
    if head == "Callable":
        return _decode_callable(arguments)
    if head == "tuple":
        kinds: Any = tuple
        return kinds[tuple(Ellipsis if item == "..." else _decode_member(item) for item in arguments)]
    decoded = tuple(map(_decode_member, arguments))
    if head not in NAMED:
        return ForeignType(head, decoded)
    kind = NAMED[head]
    return kind[decoded] if ARITY.get(head) == len(decoded) else kind


def _decode_callable(arguments: list[Json]) -> Any:
    kind: Any = collections.abc.Callable
    if len(arguments) != 2:
        return kind
    passed, returns = arguments
    if type(passed) is list:
        return kind[list(map(_decode_member, passed)), _decode_member(returns)]
    return kind[..., _decode_member(returns)]


def _decode_class(value: dict[str, Json]) -> Any:
    name, inner, values = value.get("class"), value.get("of", []), value.get("values")
    if type(name) is not str or type(inner) is not list:
        raise _refused(value)
    if values is not None:
        if type(values) is not list or any(type(item) in (list, dict) for item in values):
            raise _refused(value)
        values = tuple(values)
    return ForeignType(name, tuple(map(_decode_member, inner)), values)


def _decode_member(value: Json) -> Any:
    found = decode_type(value)
    return Any if found is MISSING else found


def _refused(value: Json) -> ValidationError:
    return ValidationError(
        f"The schema cannot be used: {quote(value)} is no type.",
        context={"reason": f"{quote(value)} is no type"},
    )


def normal_type(value: Json) -> Json:
    """The one form that equal types have in JSON, whatever way they were written: without what checks add to them."""
    if type(value) is dict:
        inner = value.get("of")
        return {"class": value["class"], "of": list(map(normal_type, inner))} if inner else {"class": value["class"]}
    if type(value) is not list:
        return value
    head, arguments = value[0], value[1:]
    if head == "Annotated":
        return normal_type(arguments[0])
    if head == "Literal":
        return ["Literal", *_sorted(arguments)]
    if head == "|":
        members = _sorted(_flat(arguments))
        return members[0] if len(members) == 1 else ["|", *members]
    if head == "Callable" and type(arguments[0]) is list:
        return ["Callable", list(map(normal_type, arguments[0])), normal_type(arguments[1])]
    return [head, *map(normal_type, arguments)]


def _flat(members: Iterable[Json]) -> Iterable[Json]:
    for member in map(normal_type, members):
        if type(member) is list and member[0] == "|":
            yield from member[1:]
        else:
            yield member


def _sorted(values: Iterable[Json]) -> list[Json]:
    return [value for _, value in sorted({canonical(value): value for value in values}.items())]
