"""A validator that an artifact has the members of a Protocol."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar, get_origin

import attrs
from typing_extensions import is_protocol

from registry.closeness import close_matches
from registry.errors import ValidationError
from registry.model import ValidationContext
from registry.names import quote
from registry.protocols import Validator
from registry.signatures.openness import shown, signature_name
from registry.validators.annotations import fits
from registry.validators.conformance import schema_mismatches
from registry.validators.members import Member, class_member, object_member, protocol_members
from registry.validators.mismatch import Mismatch, refusal


def implements(protocol: Any, *, strict: bool = False) -> Validator:
    """A validator that the artifact has every member of a Protocol, and that its methods can be called in the same way.

    Everything that is missing or does not match is reported at once. Of a class it is asked what its objects have, as
    far as the class says it: a data member that only `__init__` sets has to be annotated. Of anything else, an
    object or a module, it is asked what it has itself.

    Args:
        protocol: The Protocol, which may be subscripted.
        strict: Ask for the same names, kinds and annotations of the methods' parameters; see `conforms_to`.

    Raises:
        ValidationError: It is not a Protocol.
    """
    cls = get_origin(protocol) or protocol
    if not (isinstance(cls, type) and is_protocol(cls)):
        advice = f"Use inherits_from({cls.__qualname__})." if isinstance(cls, type) else "Give a Protocol class."
        raise ValidationError(f"{quote(signature_name(protocol))} is not a Protocol.", suggestions=[advice])
    return _Implements(protocol, strict)


@attrs.frozen(slots=False)
class _Implements:
    kind: ClassVar = "type"
    protocol: Any
    strict: bool

    def __call__(self, artifact: Any, context: ValidationContext, /) -> None:
        found: list[Mismatch] = []
        look = class_member if isinstance(artifact, type) else object_member
        for name, wanted in self.members.items():
            found += _compare(name, wanted, look(artifact, name), artifact, strict=self.strict)
        if found:
            raise refusal(artifact, "implement", signature_name(self.protocol), found, context)

    @cached_property
    def members(self) -> dict[str, Member]:
        # Read when first used: what annotations name may be defined below the registry.
        return protocol_members(self.protocol)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.protocol, self.strict)

    def __repr__(self) -> str:
        return f"implements({signature_name(self.protocol)}{', strict=True' if self.strict else ''})"


def _compare(name: str, wanted: Member, found: Member, artifact: Any, *, strict: bool) -> Iterator[Mismatch]:
    if found.kind == "absent":
        yield _missing(name, wanted, artifact)
    elif wanted.kind == "method":
        if found.kind == "method":
            yield from _compare_methods(name, wanted, found, strict)
        elif not _may_be_called(found):
            yield Mismatch("wrong-member", name, f"{quote(name)} cannot be called", f"Make {quote(name)} a method.")
    elif found.kind == "attribute" and not fits(found.annotation, wanted.annotation):
        yield Mismatch(
            "wrong-member",
            name,
            f"{quote(name)} is {quote(shown(found.annotation))}, not {quote(shown(wanted.annotation))}",
            f"Let {quote(name)} be {shown(wanted.annotation)}.",
        )


def _compare_methods(name: str, wanted: Member, found: Member, strict: bool) -> Iterator[Mismatch]:
    asked = list(wanted.schemas)
    answers = [schema_mismatches(asked, given, strict=strict) for given in found.schemas]
    if all(answers):  # of the overloads that there are, one that takes every call is enough
        yield from (mismatch.inside(name) for mismatch in answers[0])


def _may_be_called(member: Member) -> bool:
    """Whether nothing certain is known against it."""
    cls = get_origin(member.annotation) or member.annotation
    return cls is Any or cls is object or not isinstance(cls, type) or "__call__" in dir(cls)


def _missing(name: str, wanted: Member, artifact: Any) -> Mismatch:
    what = "method" if wanted.kind == "method" else "attribute"
    similar = close_matches(name, [other for other in dir(artifact) if not other.startswith("_")], limit=1)
    if similar:
        advice = f"Rename {quote(similar[0])} to {quote(name)}."
    elif wanted.kind == "method":
        advice = f"Add a method {quote(name)}."
    elif isinstance(artifact, type):
        advice = f"Annotate {quote(name)} in the class body."
    else:
        advice = f"Add an attribute {quote(name)}."
    return Mismatch("missing-member", name, f"it has no {what} {quote(name)}", advice)
