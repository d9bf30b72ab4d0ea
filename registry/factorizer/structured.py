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
    """What a structured object was made with, by the names its constructor takes; None for any other object."""
    cls = type(value)
    if attrs.has(cls):
        return {field.alias: getattr(value, field.name) for field in attrs.fields(cls) if field.init}
    if dataclasses.is_dataclass(cls):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(cls) if field.init}
    if isinstance(value, tuple) and hasattr(cls, "_fields"):
        return dict(zip(cls._fields, value, strict=True))
    if hasattr(cls, "__pydantic_fields__"):
        return {_alias(name, field): getattr(value, name) for name, field in cls.__pydantic_fields__.items()}
    return None


def _alias(name: str, field: Any) -> str:
    """The name by which a pydantic model takes a field."""
    alias = field.validation_alias if field.validation_alias is not None else field.alias
    return alias if isinstance(alias, str) else name
