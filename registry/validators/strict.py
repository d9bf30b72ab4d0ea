"""A cattrs converter that takes a value for what it is: `"3"` is no int, a bool neither, and no key is ignored."""

import collections
import datetime
import enum
import threading
import types
import typing
from collections.abc import Callable, Mapping, Set
from typing import TYPE_CHECKING, Any, Literal

from typing_extensions import is_typeddict

from registry.names import quote
from registry.signatures.openness import shown
from registry.validators.structure import is_pydantic_model, is_structured

if TYPE_CHECKING:
    from cattrs import Converter

Hook = Callable[[Any, Any], Any]


class NotThatError(ValueError):
    """A value is not of the type that is asked for."""

    def __init__(self, value: Any, wanted: Any) -> None:
        self.wanted = shown(wanted)
        super().__init__(f"is {quote(value)}, not {self.wanted}")


def strict_converter() -> "Converter":
    """A converter for structured data that converts as little as possible.

    An int becomes a float where one is asked for, a list a tuple or a set, a string a date, a path or the enum member
    with that value, a mapping an attrs class, a dataclass, a TypedDict, a NamedTuple or a pydantic model. What is an
    object of the type already stays as it is.
    """
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True, structure_fallback_factory=_instance_hook)
    for scalar, accepted in _SCALARS.items():
        converter.register_structure_hook(scalar, _scalar_hook(accepted))
    for moment in (datetime.datetime, datetime.date, datetime.time):
        converter.register_structure_hook(moment, _moment)
    converter.register_structure_hook_func(_is_nothing, _nothing)
    converter.register_structure_hook_func(lambda cls: isinstance(cls, type) and issubclass(cls, enum.Enum), _member)
    converter.register_structure_hook_func(_is_literal, _literal)
    converter.register_structure_hook_func(is_pydantic_model, _model)
    converter.register_structure_hook_factory(_is_union, lambda union: _union_hook(union, converter))
    _guard(converter)
    return converter


_SCALARS: dict[type, tuple[type, ...]] = {
    bool: (bool,),
    int: (int,),
    float: (float, int),
    complex: (complex, float, int),
    str: (str,),
    bytes: (bytes,),
}


def _scalar_hook(accepted: tuple[type, ...]) -> Hook:
    def structure(value: Any, cls: Any) -> Any:
        if issubclass(cls, enum.Enum):  # an IntEnum is an int, and comes here
            return _member(value, cls)
        if not isinstance(value, accepted) or (isinstance(value, bool) and cls is not bool):
            raise NotThatError(value, cls)
        return value if isinstance(value, cls) else cls(value)

    return structure


def _moment(value: Any, cls: Any) -> Any:
    # a datetime is a date to Python, and not the same thing
    if isinstance(value, cls) and (cls is not datetime.date or not isinstance(value, datetime.datetime)):
        return value
    if not isinstance(value, str):
        raise NotThatError(value, cls)
    try:
        return cls.fromisoformat(value)
    except ValueError:
        raise NotThatError(value, cls) from None


def _is_nothing(annotation: object) -> bool:
    return annotation in (None, type(None))


def _nothing(value: Any, cls: Any) -> None:
    if value is not None:
        raise NotThatError(value, cls)


def _member(value: Any, cls: type[enum.Enum]) -> enum.Enum:
    if isinstance(value, cls):
        return value
    for member in cls:
        if type(member.value) is type(value) and member.value == value:
            return member
    raise NotThatError(value, Literal[tuple(member.value for member in cls)])


def _is_literal(annotation: Any) -> bool:
    return typing.get_origin(annotation) is Literal


def _literal(value: Any, literal: Any) -> Any:
    for choice in typing.get_args(literal):
        written = choice.value if isinstance(choice, enum.Enum) and not isinstance(value, enum.Enum) else choice
        if type(written) is type(value) and written == value:
            return choice
    raise NotThatError(value, literal)


def _model(value: Any, cls: Any) -> Any:
    return cls.model_validate(value, strict=True)


def _is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (typing.Union, types.UnionType)


def _union_hook(union: Any, converter: "Converter") -> Hook:
    members = typing.get_args(union)
    others = [member for member in members if member is not type(None)]
    if len(others) == 1 < len(members):
        # one choice only, so that its own problems are told

        def optional(value: Any, _: Any) -> Any:
            return None if value is None else converter.structure(value, others[0])

        return optional

    def structure(value: Any, _: Any) -> Any:
        # the member that the value is already goes first, so that 3 stays an int under `float | int`
        for member in sorted(members, key=lambda member: type(value) is not member):
            try:
                return converter.structure(value, member)
            except Exception:  # cattrs collects whatever a hook raises; here the next member may take it
                continue
        raise NotThatError(value, union)

    return structure


def _instance_hook(cls: Any) -> Hook:
    origin = typing.get_origin(cls) or cls

    def structure(value: Any, _: Any) -> Any:
        if isinstance(origin, type) and not isinstance(value, origin):
            raise NotThatError(value, cls)
        return value

    return structure


def _guard(converter: "Converter") -> None:
    """Let containers and classes be made only of what looks like them: cattrs makes a list of any iterable."""
    passing = threading.local()  # the type whose own hook is being asked for, in this thread

    def is_guarded(annotation: Any) -> bool:
        return getattr(passing, "annotation", None) is not annotation and _source(annotation) is not None

    def guarded(annotation: Any) -> Hook:
        before = getattr(passing, "annotation", None)
        passing.annotation = annotation
        try:
            inner = _named_tuple_hook(annotation, converter) or converter.get_structure_hook(
                annotation, cache_result=False
            )
        finally:
            passing.annotation = before
        accepted = _source(annotation)
        cls = typing.get_origin(annotation) or annotation
        keeps = is_structured(cls) and not is_typeddict(cls)

        def structure(value: Any, _: Any) -> Any:
            if keeps and isinstance(value, cls):
                return value
            if accepted is None or not isinstance(value, accepted):
                raise NotThatError(value, annotation)
            return inner(value, annotation)

        return structure

    converter.register_structure_hook_factory(is_guarded, guarded)


def _named_tuple_hook(annotation: Any, converter: "Converter") -> Hook | None:
    from cattrs.cols import is_namedtuple, namedtuple_dict_structure_factory

    return namedtuple_dict_structure_factory(annotation, converter) if is_namedtuple(annotation) else None


def _source(annotation: Any) -> tuple[type, ...] | None:
    """What a value has to be to become this; None where that is not decided here."""
    cls = typing.get_origin(annotation) or annotation
    if not isinstance(cls, type) or issubclass(cls, str | bytes | bytearray) or is_pydantic_model(cls):
        return None
    if is_structured(cls) or issubclass(cls, Mapping):
        return (Mapping,)
    if issubclass(cls, Set):
        return (list, tuple, Set)
    if issubclass(cls, list | tuple | collections.deque) or cls.__module__ == "collections.abc":
        return (list, tuple, collections.deque)
    return None
