"""A validator that an artifact is a type of structured data."""

import dataclasses
import sys
from typing import Any, ClassVar

import attrs
from typing_extensions import is_typeddict

from registry.errors import ValidationError
from registry.model import ValidationContext
from registry.names import quote
from registry.protocols import Validator
from registry.signatures.annotations import raw_annotations
from registry.validators.mismatch import artifact_name, place


def structured() -> Validator:
    """A validator that the artifact is a type of structured data.

    That is an attrs class, a dataclass, a TypedDict, a NamedTuple, or, where it is installed, a pydantic model.
    """
    return _Structured()


def is_structured(artifact: Any) -> bool:
    """Whether this is a type of structured data, as `structured` asks for it."""
    if not isinstance(artifact, type):
        return False
    return (
        attrs.has(artifact)
        or dataclasses.is_dataclass(artifact)
        or is_typeddict(artifact)
        or _is_typed_named_tuple(artifact)
        or is_pydantic_model(artifact)
    )


def _is_typed_named_tuple(cls: type) -> bool:
    if not (issubclass(cls, tuple) and hasattr(cls, "_fields")):
        return False
    return any("_fields" in vars(base) and raw_annotations(base) for base in cls.__mro__)


def is_pydantic_model(cls: Any) -> bool:
    """Whether this is a pydantic model, without importing pydantic: a model exists only where that was done."""
    pydantic = sys.modules.get("pydantic")
    base = getattr(pydantic, "BaseModel", None)
    return isinstance(base, type) and isinstance(cls, type) and issubclass(cls, base)


@attrs.frozen
class _Structured:
    kind: ClassVar = "schema"

    def __call__(self, artifact: Any, context: ValidationContext, /) -> None:
        if is_structured(artifact):
            return
        name = artifact_name(artifact, context)
        if not isinstance(artifact, type) and is_structured(type(artifact)):
            own = quote(type(artifact).__qualname__)
            message, advice = f"{name} is an object of {own}, not a type of structured data.", f"Register {own} itself."
        else:
            message = f"{name} is not a type of structured data."
            advice = "Make it an attrs class, a dataclass, a TypedDict, a NamedTuple or a pydantic model."
        raise ValidationError(message, suggestions=[advice], context=place(context))

    def __repr__(self) -> str:
        return "structured()"
