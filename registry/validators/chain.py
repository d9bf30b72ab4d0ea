"""Several validators, one after the other, and one error for all that they refuse."""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from registry.errors import ValidationError
from registry.model import ValidationContext
from registry.names import quote
from registry.protocols import Validator
from registry.validators.mismatch import artifact_name, place


def run_validators(validators: Iterable[Validator], artifact: Any, context: ValidationContext) -> Any:
    """The artifact after every validator has seen it, each given what the one before returned.

    After a refusal the rest run on the last artifact that was accepted, so that one run tells everything.

    Raises:
        ValidationError: A single refusal as it was raised; several as one, which keeps their class where they have the
            same one, and has each of them in `context["refusals"]`. A validator that crashed is named, and what it
            raised is the cause.
    """
    refusals: list[ValidationError] = []
    for validator in validators:
        try:
            answer = validator(artifact, context)
        except ValidationError as refused:
            refusals.append(refused)
        except Exception as crash:  # whatever a user's validator raises refuses the artifact
            refusal = _crashed(validator, artifact, context, crash)
            refusal.__cause__ = crash
            refusals.append(refusal)
        else:
            if inspect.iscoroutine(answer) and answer is not artifact:
                answer.close()
                refusals.append(_asynchronous(validator, artifact, context))
            elif answer is not None:
                artifact = answer
    if not refusals:
        return artifact
    error = refusals[0] if len(refusals) == 1 else _combined(refusals, artifact, context)
    cause = error.__cause__
    del refusals  # their tracebacks hold this frame
    try:
        raise error from cause
    finally:
        del error, cause


def chain(*validators: Validator) -> Validator:
    """One validator that runs several, as `run_validators` does."""
    return _Chain(validators)


@attrs.frozen
class _Chain:
    validators: tuple[Validator, ...]

    def __call__(self, artifact: Any, context: ValidationContext, /) -> Any:
        return run_validators(self.validators, artifact, context)

    def __repr__(self) -> str:
        return f"chain({', '.join(map(validator_name, self.validators))})"


def validator_name(validator: Any) -> str:
    """What a message calls a validator: a function's name, or how it was made."""
    name = getattr(validator, "__qualname__", None)
    return name if isinstance(name, str) else repr(validator)


def _crashed(validator: Any, artifact: Any, context: ValidationContext, crash: Exception) -> ValidationError:
    name = validator_name(validator)
    return ValidationError(
        f"{artifact_name(artifact, context)} is refused, because the validator {quote(name)} crashed with"
        f" {_spelt(crash)}.",
        suggestions=[f"Correct {quote(name)}: a validator raises ValidationError, and nothing else."],
        context={**place(context), "validator": name, "exception": type(crash).__qualname__},
    )


def _spelt(crash: Exception) -> str:
    try:
        text = " ".join(str(crash).split()).rstrip(".")
    except Exception:  # a user's __str__ must not hide what it describes
        text = ""
    kind = type(crash).__qualname__
    return f"{kind} ({text[:200]})" if text else kind


def _asynchronous(validator: Any, artifact: Any, context: ValidationContext) -> ValidationError:
    name = validator_name(validator)
    return ValidationError(
        f"{artifact_name(artifact, context)} is refused, because the validator {quote(name)} is async and nobody awaits"
        " it.",
        suggestions=[f"Make {quote(name)} a plain function."],
        context={**place(context), "validator": name},
    )


def _combined(refusals: Sequence[ValidationError], artifact: Any, context: ValidationContext) -> ValidationError:
    kinds = {type(refusal) for refusal in refusals}
    kind = kinds.pop() if len(kinds) == 1 else ValidationError
    spelt = "; ".join(refusal.message.rstrip(".") for refusal in refusals)
    error = kind(
        f"{artifact_name(artifact, context)} is refused for {len(refusals)} reasons: {spelt}.",
        suggestions=list(dict.fromkeys(text for refusal in refusals for text in refusal.suggestions)),
        context={
            **_merged([refusal.context for refusal in refusals]),
            **place(context),
            "refusals": [_as_dict(refusal) for refusal in refusals],
        },
    )
    crashes = [refusal.__cause__ for refusal in refusals if isinstance(refusal.__cause__, Exception)]
    if crashes:
        error.__cause__ = crashes[0] if len(crashes) == 1 else ExceptionGroup("Several validators crashed", crashes)
    return error


def _merged(contexts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the contexts say together: lists are joined, of other values the first counts."""
    merged: dict[str, Any] = {}
    for facts in contexts:
        for key, value in facts.items():
            if isinstance(value, list) and isinstance(merged.get(key), list):
                merged[key] = [*merged[key], *value]
            else:
                merged.setdefault(key, value)
    return merged


def _as_dict(refusal: ValidationError) -> dict[str, Any]:
    return {
        "code": refusal.code,
        "message": refusal.message,
        "suggestions": list(refusal.suggestions),
        "context": refusal.context,
    }
