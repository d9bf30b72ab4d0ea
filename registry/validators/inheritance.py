"""A validator that an artifact is a class with the required bases."""

import typing
from typing import Any, ClassVar

import attrs
from typing_extensions import is_protocol

from registry.errors import InheritanceError, ValidationError
from registry.model import ValidationContext
from registry.names import quote
from registry.protocols import Validator
from registry.validators.mismatch import artifact_name, place


def inherits_from(base: type, *more: type) -> Validator:
    """A validator that the artifact is a class that inherits from every base, virtual subclasses of an ABC included.

    Raises:
        ValidationError: A base is not a class, or is a Protocol, which is implemented rather than inherited.
    """
    return _InheritsFrom(tuple(_checked(each) for each in (base, *more)))


def _checked(base: Any) -> type:
    cls = typing.get_origin(base) or base
    if not isinstance(cls, type):
        raise ValidationError(
            f"{quote(base)} cannot be inherited from: it is not a class.", suggestions=["Give a class."]
        )
    if is_protocol(cls):
        raise ValidationError(
            f"{quote(cls.__qualname__)} is a Protocol, which a class implements without inheriting from it.",
            suggestions=[f"Use implements({cls.__qualname__})."],
        )
    return cls


@attrs.frozen
class _InheritsFrom:
    kind: ClassVar = "type"
    bases: tuple[type, ...]

    def __call__(self, artifact: Any, context: ValidationContext, /) -> None:
        name = artifact_name(artifact, context)
        if not isinstance(artifact, type):
            raise _not_a_class(artifact, name, self.bases, context)
        missing = [base for base in self.bases if not issubclass(artifact, base)]
        if not missing:
            return
        listed = " and ".join(quote(base.__qualname__) for base in missing)
        raise InheritanceError(
            f"{name} does not inherit from {listed}: its bases are {_bases(artifact)}.",
            suggestions=[_advice(artifact, base) for base in missing],
            context={
                **place(context),
                "missing": [_address(base) for base in missing],
                "mro": [_address(base) for base in artifact.__mro__],
            },
        )

    def __repr__(self) -> str:
        return f"inherits_from({', '.join(base.__qualname__ for base in self.bases)})"


def _not_a_class(artifact: Any, name: str, bases: tuple[type, ...], context: ValidationContext) -> InheritanceError:
    own = type(artifact)
    fits = issubclass(own, bases)
    advice = f"Register the class {quote(own.__qualname__)} instead." if fits else "Register a class."
    wanted = " and ".join(quote(base.__qualname__) for base in bases)
    return InheritanceError(
        f"{name} cannot inherit from {wanted}: it is an object of {quote(own.__qualname__)}, not a class.",
        suggestions=[advice],
        context={**place(context), "missing": [_address(base) for base in bases]},
    )


def _bases(cls: type) -> str:
    listed = [quote(base.__qualname__) for base in cls.__mro__[1:-1]]
    return ", ".join(listed) if listed else "none but 'object'"


def _advice(cls: type, base: type) -> str:
    twin = next((each for each in cls.__mro__ if _address(each) == _address(base)), None)
    if twin is not None:
        name = quote(base.__qualname__)
        return f"Is the module {quote(base.__module__)} imported twice? There are two classes {name}."
    if cls in base.__mro__:  # issubclass would ask the class that was registered, which may not like it
        return f"Did you mean {quote(base.__qualname__)} or a subclass of it? {quote(cls.__qualname__)} is its base."
    return f"Write {quote(base.__qualname__)} among the bases of {quote(cls.__qualname__)}."


def _address(cls: type) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"
