"""pydantic: models that are declared for it."""

from collections.abc import Mapping
from typing import Any

from benchmarks.nested import renamed
from benchmarks.peers import peer
from benchmarks.peers.abilities import Build, Builder, Extract

MODULES: tuple[str, ...] = ("pydantic",)
IMPORTS: Mapping[str, str] = {"from pydantic import BaseModel": "from pydantic import BaseModel"}

VALIDATE = "pydantic model_validate"


def _build(config: dict[str, Any]) -> Build:
    validate = getattr(peer("benchmarks.declared.pydantic_models"), config["_type"]).model_validate
    written = renamed(config, "type")  # no field of a model begins with an underscore
    return lambda: validate(written)


BUILDERS: Mapping[str, Builder] = {VALIDATE: Builder(_build)}


def _schema(cls: Any) -> Any:
    import inspect

    pydantic = peer("pydantic")
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(cls).parameters.values():
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            annotation = Any if parameter.annotation is parameter.empty else parameter.annotation
            fields[parameter.name] = (annotation, ... if parameter.default is parameter.empty else parameter.default)
    settings = pydantic.ConfigDict(arbitrary_types_allowed=True, protected_namespaces=())
    model = pydantic.create_model(cls.__name__, __config__=settings, __module__=cls.__module__, **fields)
    if not model.__pydantic_complete__:
        model.model_rebuild(raise_errors=True)
    return model


SCHEMAS: Mapping[str, Extract] = {"pydantic create_model": _schema}
