"""A validator that makes structured data into what it describes."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_args, get_origin

import attrs
from typing_extensions import is_typeddict

from registry.closeness import did_you_mean
from registry.errors import CoercionError
from registry.model import ValidationContext
from registry.names import quote
from registry.paths import Path, format_path
from registry.protocols import Validator
from registry.signatures.openness import shown
from registry.validators.mismatch import artifact_name, place
from registry.validators.structure import is_structured

if TYPE_CHECKING:
    from cattrs import BaseConverter

SHOWN = 3
"""How many problems the message itself spells out; all are in the suggestions and in the context."""


def coerces_to(type: Any, *, converter: "BaseConverter | None" = None) -> Validator:
    """A validator that makes the artifact an object of a type, or reports everything that keeps it from being one.

    Types are strict: an int is a float's value, a bool is not an int, `"3"` is not 3, and an unknown key is a problem.
    A pydantic model validates in its own strict mode. An object of the type stays as it is.

    Args:
        type: A class of structured data, or any annotation that cattrs structures.
        converter: A cattrs converter to use instead of the strict one.
    """
    return _CoercesTo(type, converter)


@attrs.frozen(slots=False)
class _CoercesTo:
    wanted: Any
    converter: "BaseConverter | None"

    def __call__(self, artifact: Any, context: ValidationContext, /) -> Any:
        if _is_already(artifact, self.wanted):
            return artifact
        try:
            return self._structuring.structure(artifact, self.wanted)
        except Exception as fault:  # a converter raises what its hooks raise
            problems = list(dict.fromkeys(_problems(fault, ())))
            raise _refusal(artifact, self.wanted, problems, context) from fault

    @cached_property
    def _structuring(self) -> "BaseConverter":
        from registry.validators.strict import strict_converter

        return strict_converter() if self.converter is None else self.converter

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.wanted, self.converter)

    def __repr__(self) -> str:
        return f"coerces_to({shown(self.wanted)})"


@attrs.frozen
class _Found:
    """One problem: where, what as a part of a sentence, and what to do about it."""

    path: str
    message: str
    suggestion: str


def _is_already(artifact: Any, wanted: Any) -> bool:
    return is_structured(wanted) and not is_typeddict(wanted) and isinstance(artifact, wanted)


def _problems(fault: Any, path: Path) -> Iterator[_Found]:
    from cattrs import AttributeValidationNote, ClassValidationError, ForbiddenExtraKeysError, IterableValidationError

    if isinstance(fault, IterableValidationError | ClassValidationError):
        located, others = fault.group_exceptions()
        for inner, note in located:
            step = note.name if isinstance(note, AttributeValidationNote) else note.index
            if isinstance(inner, KeyError) and isinstance(fault, ClassValidationError) and inner.args == (step,):
                yield _at((*path, step), "is missing", "Add {}.")
            else:
                yield from _problems(inner, (*path, step))
        for other in others:
            yield from _problems(other, path)
    elif isinstance(fault, ForbiddenExtraKeysError):
        fields = list(getattr(fault.cl, "__annotations__", ()))
        for key in sorted(fault.extra_fields):
            advice = did_you_mean(key, fields) or ["Remove {}."]
            yield _at((*path, key), f"is not a field of {quote(fault.cl.__qualname__)}", advice[0])
    elif hasattr(fault, "errors") and type(fault).__module__.startswith("pydantic"):
        for error in fault.errors():
            yield _at((*path, *error["loc"]), f"is refused: {error['msg']}", "Correct {}.")
    else:
        from registry.validators.strict import NotThatError

        if isinstance(fault, NotThatError):
            yield _at(path, str(fault), f"Make {{}} {fault.wanted}.")
        else:
            text = " ".join(str(fault).split()).rstrip(".")
            yield _at(path, f"is refused: {text or type(fault).__qualname__}", "Correct {}.")


def _at(path: Path, message: str, suggestion: str) -> _Found:
    where = format_path(path)
    name = quote(where) if where else "it"
    return _Found(where, f"{name} {message}", suggestion.replace("{}", name))


def _refusal(artifact: Any, wanted: Any, problems: list[_Found], context: ValidationContext) -> CoercionError:
    spelt = "; ".join(problem.message for problem in problems[:SHOWN])
    more = len(problems) - SHOWN
    if more > 0:
        spelt += f"; and {more} more {'problem' if more == 1 else 'problems'}"
    name = shown(get_origin(wanted) or wanted) if get_args(wanted) else getattr(wanted, "__qualname__", shown(wanted))
    return CoercionError(
        f"{artifact_name(artifact, context)} cannot become {quote(name)}: {spelt}.",
        suggestions=list(dict.fromkeys(problem.suggestion for problem in problems)),
        context={**place(context), "problems": [attrs.asdict(problem) for problem in problems]},
    )
