"""A validator that an artifact is documented."""

import dataclasses
import inspect
from typing import Any

import attrs

from registry.errors import ValidationError
from registry.model import ValidationContext
from registry.protocols import Validator
from registry.validators.mismatch import artifact_name, place


def documented() -> Validator:
    """A validator that the artifact has a docstring of its own, neither inherited nor generated."""
    return _Documented()


@attrs.frozen
class _Documented:
    def __call__(self, artifact: Any, context: ValidationContext, /) -> None:
        if not own_docstring(artifact):
            raise ValidationError(
                f"{artifact_name(artifact, context)} has no docstring of its own.",
                suggestions=["Write in one sentence what it does, as its docstring."],
                context=place(context),
            )

    def __repr__(self) -> str:
        return "documented()"


def own_docstring(artifact: Any) -> str:
    """The docstring that was written for this artifact, and not for its class or a base; empty when there is none."""
    if isinstance(artifact, type):
        text = _of_class(artifact)
    elif inspect.isroutine(artifact) or inspect.ismodule(artifact):
        text = artifact.__doc__
    else:
        text = getattr(artifact, "__dict__", {}).get("__doc__")
    return text.strip() if isinstance(text, str) else ""


def _of_class(cls: type) -> Any:
    text = vars(cls).get("__doc__")
    if not isinstance(text, str):
        return None
    # dataclasses and named tuples write their signature where nothing was written
    generated = dataclasses.is_dataclass(cls) or hasattr(cls, "_fields")
    return None if generated and text.startswith(f"{cls.__name__}(") and text.endswith(")") else text
