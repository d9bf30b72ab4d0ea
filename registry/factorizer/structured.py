"""Classes that show their fields."""

import dataclasses
from typing import Any

import attrs


def is_structured(cls: Any) -> bool:
    """Whether a class is built from a mapping of its fields: attrs, dataclass, NamedTuple or pydantic."""
    return isinstance(cls, type) and (
        attrs.has(cls)
        or dataclasses.is_dataclass(cls)
        or (issubclass(cls, tuple) and hasattr(cls, "_fields"))
        or hasattr(cls, "__pydantic_fields__")
    )


def parameters_of(value: Any) -> dict[str, Any] | None:
    """What a structured object was made with, by the names its constructor takes; None for any other object.

    Raises:
        ValueError: A field that the constructor does not take differs from its default, so it would be lost.
    """
    cls = type(value)
    if attrs.has(cls):
        return {field.alias: getattr(value, field.name) for field in attrs.fields(cls) if field.init}
    if dataclasses.is_dataclass(cls):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(cls) if field.init}
    if isinstance(value, tuple) and hasattr(cls, "_fields"):
        return dict(zip(cls._fields, value, strict=True))
    if hasattr(cls, "__pydantic_fields__"):
        return {name: getattr(value, name) for name in cls.__pydantic_fields__}
    return None
