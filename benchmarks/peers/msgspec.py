"""msgspec: structs that are declared for it."""

from collections.abc import Mapping
from typing import Any

from benchmarks.peers import peer
from benchmarks.peers.abilities import Build, Builder, Extract, Load

MODULES: tuple[str, ...] = ("msgspec",)
IMPORTS: Mapping[str, str] = {"import msgspec": "import msgspec"}


def _build(config: dict[str, Any]) -> Build:
    convert = peer("msgspec").convert
    struct = getattr(peer("benchmarks.declared.msgspec_structs"), config["_type"])
    return lambda: convert(config, struct)


BUILDERS: Mapping[str, Builder] = {"msgspec convert": Builder(_build)}


def _load(file: str) -> Any:
    with open(file, "rb") as opened:
        return peer("msgspec").yaml.decode(opened.read())


LOADERS: Mapping[str, Load] = {"msgspec yaml.decode": _load}


def _schema(cls: Any) -> Any:
    import inspect

    msgspec = peer("msgspec")
    fields: list[Any] = []
    for parameter in inspect.signature(cls).parameters.values():
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            annotation = Any if parameter.annotation is parameter.empty else parameter.annotation
            default = parameter.default
            if isinstance(default, list | dict | set):
                default = msgspec.field(default_factory=type(default))
            has_default = parameter.default is not parameter.empty
            fields.append((parameter.name, annotation, default) if has_default else (parameter.name, annotation))
    struct = msgspec.defstruct(cls.__name__, fields, module=cls.__module__, kw_only=True)
    msgspec.inspect.type_info(struct)
    return struct


SCHEMAS: Mapping[str, Extract] = {"msgspec defstruct": _schema}
