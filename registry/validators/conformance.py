"""A validator that an artifact can be called as a signature says."""

from functools import cached_property
from typing import Any, ClassVar

import attrs

from registry.model import ValidationContext
from registry.protocols import Validator
from registry.schema import Schema
from registry.signatures.openness import artifact_schema, called_as, check_signature, signature_name
from registry.validators.calls import call_mismatches
from registry.validators.mismatch import Mismatch, refusal
from registry.validators.sameness import strict_mismatches


def conforms_to(signature: Any, *, strict: bool = False) -> Validator:
    """A validator that the artifact can be called as the signature says.

    Every mismatch is reported at once. A class is called when it is constructed; a callable whose signature cannot be
    read passes, unless strict.

    Args:
        signature: A function, a type such as `Callable[[float, float], float]`, or a Protocol with `__call__`, which
            may be subscripted. Of overloads, all are asked for.
        strict: Ask for the same names, kinds, annotations, and presence of defaults, and for no further parameters.
            Otherwise it is enough that every call that the signature allows is accepted: positional parameters passed
            by position, whatever they are called, keyword-only ones by name, and no known type refused (PEP 484:
            parameters may take more, a return may be less).

    Raises:
        ValidationError: The signature is none.
    """
    check_signature(signature)
    return _ConformsTo(signature, strict)


@attrs.frozen(slots=False)
class _ConformsTo:
    kind: ClassVar = "function"
    signature: Any
    strict: bool

    def __call__(self, artifact: Any, context: ValidationContext, /) -> None:
        wanted = signature_name(self.signature)
        if not callable(artifact):
            name = f"a {type(artifact).__name__} cannot be called"
            mismatch = Mismatch("wrong-kind", "call", name, "Register a function or a class.")
            raise refusal(artifact, "conform to", wanted, [mismatch], context)
        found = schema_mismatches(
            self.asked, artifact_schema(artifact), strict=self.strict, is_class=isinstance(artifact, type)
        )
        if found:
            raise refusal(artifact, "conform to", wanted, found, context)

    @cached_property
    def asked(self) -> list[Schema]:
        # Read when first used: what annotations name may be defined below the registry.
        return called_as(self.signature)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.signature, self.strict)

    def __repr__(self) -> str:
        return f"conforms_to({signature_name(self.signature)}{', strict=True' if self.strict else ''})"


def schema_mismatches(asked: list[Schema], given: Schema, *, strict: bool, is_class: bool = False) -> list[Mismatch]:
    """Every mismatch, each once, of a schema with those that are asked for, all of them."""
    found: list[Mismatch] = []
    for each in asked:
        found += strict_mismatches(each, given, is_class=is_class) if strict else call_mismatches(each, given)
    return list(dict.fromkeys(found))
