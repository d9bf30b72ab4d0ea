"""What a Protocol asks for, and what an artifact has, member by member."""

import inspect
import types
import typing
from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any, Literal

import attrs
import typing_extensions

from registry.model import MISSING, NOTHING
from registry.schema import Schema
from registry.signatures.annotations import class_scope, raw_annotations, resolve, substitute, type_arguments
from registry.signatures.functions import read_function
from registry.signatures.openness import artifact_schema, made_by, substituted


@attrs.frozen
class Member:
    """One member of a Protocol or of an artifact.

    Attributes:
        kind: A "method" is called, an "attribute" is read; "absent" where there is none.
        schemas: How a method is called, `self` left out, one for each overload.
        annotation: The type of an attribute.
        value: What was found, MISSING for an annotation without a value.
    """

    kind: Literal["method", "attribute", "absent"]
    schemas: tuple[Schema, ...] = ()
    annotation: Any = MISSING
    value: Any = MISSING


ABSENT = Member("absent")


def protocol_members(protocol: Any) -> dict[str, Member]:
    """What a Protocol asks for, type arguments filled in, in the order in which it is written."""
    cls = typing.get_origin(protocol) or protocol
    names = typing_extensions.get_protocol_members(cls)
    written = [name for base in reversed(cls.__mro__) for name in [*raw_annotations(base), *vars(base)]]
    arguments = typing.get_args(protocol)
    return {name: class_member(cls, name, arguments) for name in dict.fromkeys(written) if name in names}


def class_member(cls: type, name: str, arguments: tuple[Any, ...] = ()) -> Member:
    """What objects of a class have under a name, as far as the class says it.

    Args:
        cls: The class.
        name: The name.
        arguments: What is written in brackets behind the class.
    """
    for base in cls.__mro__:
        if name in vars(base):
            found = _described(vars(base)[name], base, name)
        elif name in raw_annotations(base):
            found = Member("attribute", annotation=_annotation(base, name))
        else:
            continue
        return _filled(found, type_arguments(cls, arguments).get(base, NOTHING))
    answers_anything = any("__getattr__" in vars(base) for base in cls.__mro__)
    return Member("attribute") if answers_anything else ABSENT


def object_member(artifact: Any, name: str) -> Member:
    """What an object or a module has under a name."""
    own = getattr(artifact, "__dict__", {})
    if name in own and not (name.startswith("__") and name.endswith("__")):
        return _value(own[name])
    found = class_member(type(artifact), name)
    if found.value is MISSING:
        # Only an annotation or `__getattr__` speaks for it: asking the object itself is certain.
        return _value(getattr(artifact, name)) if hasattr(artifact, name) else ABSENT
    return found


def _value(value: Any) -> Member:
    if callable(value):
        return Member("method", (artifact_schema(value),), value=value)
    return Member("attribute", annotation=type(value), value=value)


def _described(raw: Any, owner: type, name: str) -> Member:
    if isinstance(raw, property | cached_property):
        getter = raw.fget if isinstance(raw, property) else raw.func
        annotation = read_function(getter, skip=1).returns if isinstance(getter, types.FunctionType) else MISSING
        return Member("attribute", annotation=annotation, value=raw)
    if isinstance(raw, staticmethod):
        return _method(raw.__func__, raw, skip=0)
    if isinstance(raw, classmethod):
        return _method(raw.__func__, raw, skip=1)
    if isinstance(raw, types.FunctionType):
        return _method(raw, raw, skip=1)
    if name in raw_annotations(owner):
        return Member("attribute", annotation=_annotation(owner, name), value=raw)
    if raw is None and name.startswith("__") and name.endswith("__"):
        return ABSENT  # how a class says that it does not have a special method (data model, 3.3.1)
    if inspect.ismethoddescriptor(raw):
        return Member("method", (Schema(name, opaque=True),), value=raw)
    if callable(raw):
        return Member("method", (artifact_schema(raw),), value=raw)
    described = hasattr(type(raw), "__get__")
    return Member("attribute", annotation=MISSING if described else type(raw), value=raw)


def _method(function: Any, raw: Any, *, skip: int) -> Member:
    if not isinstance(function, types.FunctionType):
        return Member("method", (Schema(getattr(function, "__name__", ""), opaque=True),), value=raw)
    overloads = typing.get_overloads(function)
    schemas = tuple(made_by(each, read_function(each, skip=skip)) for each in overloads or [function])
    return Member("method", schemas, value=raw)


def _annotation(owner: type, name: str) -> Any:
    raw = {name: raw_annotations(owner)[name]}
    return resolve(raw, partial(class_scope, owner))[name].annotation


def _filled(member: Member, known: Mapping[Any, Any]) -> Member:
    if not known:
        return member
    return attrs.evolve(
        member,
        schemas=tuple(substituted(schema, known) for schema in member.schemas),
        annotation=substitute(member.annotation, known),
    )
