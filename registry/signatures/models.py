"""The schema of a pydantic model, recognised by what it has: pydantic itself is never imported here."""

import inspect
from functools import partial
from typing import Any

from registry.model import MISSING
from registry.schema import Parameter, Schema
from registry.signatures.annotations import constraints_in, take_apart, with_implicit_none

_KEYWORD = inspect.Parameter.KEYWORD_ONLY


def is_pydantic(cls: type) -> bool:
    """Whether this is a model whose constructor is pydantic's own."""
    if not all(isinstance(getattr(cls, name, None), dict) for name in ("__pydantic_fields__", "model_config")):
        return False
    return str(getattr(getattr(cls, "__init__", None), "__module__", "")).startswith("pydantic.")


def read_pydantic(cls: Any) -> Schema:
    """The fields of a pydantic model (version 2) under the names that its validation looks for."""
    parameters: dict[str, Parameter] = {}
    documented: dict[str, str] = {}
    shown = cls.__signature__.parameters
    for field_name, field in cls.__pydantic_fields__.items():
        name = _pydantic_name(field.validation_alias, field.alias or field_name)
        default = MISSING
        if not field.is_required():
            listed = shown.get(name) or shown.get(field_name)
            default = field.default if listed is None else listed.default
        hint = take_apart(field.annotation)
        constraints = (*hint.constraints, *constraints_in(field.metadata))
        annotation = with_implicit_none(hint.annotation, default)
        parameters[name] = Parameter(name, _KEYWORD, annotation, default, constraints)
        if field.description:
            documented[name] = field.description
    extra = Parameter("extra", inspect.Parameter.VAR_KEYWORD) if cls.model_config.get("extra") == "allow" else None
    return Schema(cls.__name__, parameters, extra=extra, returns=cls, read_descriptions=partial(dict, documented))


def _pydantic_name(alias: Any, otherwise: str) -> str:
    choices = getattr(alias, "choices", None) or getattr(alias, "path", None) or [alias]
    return next((choice for choice in choices if isinstance(choice, str)), otherwise)
