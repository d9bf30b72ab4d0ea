"""A validator that an entry is named as a registry wants it."""

import re
from typing import Any

import attrs

from registry.errors import ValidationError
from registry.model import ValidationContext
from registry.names import quote
from registry.protocols import Validator
from registry.validators.mismatch import place


def named(pattern: str | re.Pattern[str]) -> Validator:
    """A validator that the entry's whole name matches a regular expression.

    Raises:
        ValidationError: The pattern is none.
    """
    try:
        return _Named(re.compile(pattern))
    except re.error as fault:
        raise ValidationError(
            f"{quote(pattern)} is not a regular expression: {fault}.", suggestions=["Correct the pattern."]
        ) from fault


@attrs.frozen
class _Named:
    pattern: re.Pattern[str]

    def __call__(self, artifact: Any, context: ValidationContext, /) -> None:
        name = context.entry
        if isinstance(name, str) and self.pattern.fullmatch(name):
            return
        wanted = quote(self.pattern.pattern)
        raise ValidationError(
            f"The name {quote(name)} does not match {wanted}."
            if isinstance(name, str)
            else f"The name {quote(name)} is not text, and cannot match {wanted}.",
            suggestions=[f"Choose a name that matches {wanted} from its first to its last character."],
            context={**place(context), "pattern": self.pattern.pattern},
        )

    def __repr__(self) -> str:
        return f"named({self.pattern.pattern!r})"
