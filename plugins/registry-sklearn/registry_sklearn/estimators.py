"""A validator that an artifact is an estimator."""

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

import attrs

from registry import ValidationContext, ValidationError

_METHODS = {
    "fit": "Write fit(self, X, y=None), which returns self.",
    "get_params": "Inherit from sklearn.base.BaseEstimator, which has it.",
    "set_params": "Inherit from sklearn.base.BaseEstimator, which has it.",
}
"""What every estimator has, and what to do where it is missing."""


def is_estimator() -> Callable[[Any, ValidationContext], None]:
    """A validator that the artifact is the class of a scikit-learn estimator.

    It needs no particular base: what scikit-learn asks of an estimator is that it has `fit`, `get_params` and
    `set_params`, and that each parameter of its constructor is named there ("Developing scikit-learn estimators").
    Nothing is constructed.
    """
    return _IsEstimator()


@attrs.frozen
class _IsEstimator:
    kind: ClassVar = "type"

    def __call__(self, artifact: Any, context: ValidationContext, /) -> None:
        try:
            name, faults = _name(artifact), _faults(artifact)
        except Exception as error:  # an artifact may be any object, and raise whatever is asked of it
            reason = f"looking at it raises {type(error).__name__}"
            name, faults = None, {reason: "Register the class of an estimator."}
        if not faults:
            return
        shown = repr(str(context.entry) if name is None else name)
        raise ValidationError(
            f"{shown} is not the class of an estimator: {'; '.join(faults)}.",
            suggestions=list(dict.fromkeys(faults.values())),
            context={"registry": context.registry, "entry": str(context.entry), "faults": list(faults)},
        )

    def __repr__(self) -> str:
        return "is_estimator()"


def _name(artifact: Any) -> str | None:
    name = getattr(artifact, "__qualname__", None)
    return name if isinstance(name, str) else None


def _faults(artifact: Any) -> dict[str, str]:
    """What is wrong, as clauses, each with what to do about it."""
    if not isinstance(artifact, type):
        cls = type(artifact)
        if callable(artifact) or _missing(cls):
            return {"it is not a class": "Register a class."}
        return {f"it is an object of {cls.__qualname__!r}": f"Register the class {cls.__qualname__!r} itself."}
    faults = {f"it has no method {name!r}": _METHODS[name] for name in _missing(artifact)}
    return {**faults, **_faults_of_constructor(artifact)}


def _missing(cls: type) -> list[str]:
    return [name for name in _METHODS if not callable(getattr(cls, name, None))]


def _faults_of_constructor(cls: type) -> dict[str, str]:
    """Parameters without a name cannot be read by `get_params`, nor set."""
    constructor = inspect.getattr_static(cls, "__init__")
    if constructor is object.__init__:
        return {}
    try:
        parameters = list(inspect.signature(constructor).parameters.values())[1:]
    except (TypeError, ValueError):
        return {"the parameters of its constructor cannot be read": "Write its __init__ in Python."}
    return {
        f"its constructor takes '{parameter}'": "Name every parameter of __init__."
        for parameter in parameters
        if parameter.kind is parameter.VAR_POSITIONAL
    }
