"""One way in which an artifact does not fit, and the error that tells all of them."""

import re
from collections.abc import Sequence
from typing import Any, Literal

import attrs

from registry.errors import ConformanceError
from registry.model import ValidationContext
from registry.names import quote

Kind = Literal[
    "missing-parameter",
    "missing-default",
    "unexpected-parameter",
    "wrong-kind",
    "wrong-order",
    "wrong-default",
    "wrong-annotation",
    "wrong-return",
    "opaque",
    "missing-member",
    "wrong-member",
]

SHOWN = 3
"""How many mismatches the message itself spells out; all are in the suggestions and in the context."""


@attrs.frozen
class Mismatch:
    """One way in which an artifact does not fit.

    Attributes:
        kind: What is wrong, as a word for programs.
        subject: The parameter or member; "return" for what a call gives.
        message: What is wrong, as a part of a sentence.
        suggestion: What to do about it, as an imperative.
    """

    kind: Kind
    subject: str
    message: str
    suggestion: str

    def inside(self, member: str) -> "Mismatch":
        """The same, of a member of the artifact."""
        advice = f"In {quote(member)}, {self.suggestion[:1].lower()}{self.suggestion[1:]}"
        return Mismatch(self.kind, f"{member}.{self.subject}", f"in {quote(member)}, {self.message}", advice)


def refusal(
    artifact: Any, verb: str, wanted: str, mismatches: Sequence[Mismatch], context: ValidationContext
) -> ConformanceError:
    """The error for an artifact that does not fit; `verb` says what it fails to do to what is `wanted`."""
    spelt = "; ".join(mismatch.message for mismatch in mismatches[:SHOWN])
    more = len(mismatches) - SHOWN
    if more > 0:
        spelt += f"; and {more} more {'mismatch' if more == 1 else 'mismatches'}"
    return ConformanceError(
        f"{artifact_name(artifact, context)} does not {verb} {quote(wanted)}: {spelt}.",
        suggestions=list(dict.fromkeys(mismatch.suggestion for mismatch in mismatches)),
        context={**place(context), "mismatches": [attrs.asdict(mismatch) for mismatch in mismatches]},
    )


def place(context: ValidationContext) -> dict[str, Any]:
    """Where it was refused, as JSON-able values."""
    entry = context.entry
    return {"registry": context.registry, "entry": entry if isinstance(entry, str) or entry is None else repr(entry)}


def artifact_name(artifact: Any, context: ValidationContext) -> str:
    """What a message calls an artifact, in quotes: its own name, or else the one that it is registered under."""
    name = getattr(artifact, "__qualname__", None)
    if not isinstance(name, str):
        name = getattr(artifact, "__name__", None)
    if not isinstance(name, str):
        name = context.entry if context.entry is not None else artifact
    return quote(re.sub(r"^.*<locals>\.", "", name) if isinstance(name, str) else name)
