"""gin-config: bindings of parameters, written in a language of its own."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from benchmarks.peers import peer
from benchmarks.peers.abilities import Build, Builder, Names
from benchmarks.plain import EVERY

MODULES: tuple[str, ...] = ("gin",)
IMPORTS: Mapping[str, str] = {"import gin": "import gin"}


def _empty() -> Any:
    gin = peer("gin.config")
    gin.clear_config()
    for held in (gin._REGISTRY, gin._INVERSE_REGISTRY):  # there is no other way to forget what was registered
        held.clear()
    gin._REGISTRY.__init__()
    return gin


NAMES: Mapping[str, Names] = {
    "gin": Names(
        _empty,
        "found.get_configurable('benchmarks.' + name)",
        "found.register(name, module='benchmarks')(artifact)",
        "('benchmarks.' + name) in found._REGISTRY",
        "found._REGISTRY._selector_map",
        limit=100_000,
        own=True,
    )
}


def _build(config: dict[str, Any]) -> Build:
    _empty()
    gin = peer("gin")
    for cls in EVERY:
        gin.register(cls)
    text = "\n".join(_bindings(config)) + "\n"
    top = gin.get_configurable(next(cls for cls in EVERY if cls.__name__ == config["_type"]))

    def build() -> Any:
        gin.clear_config()
        gin.parse_config(text)
        return top()

    return build


def _bindings(config: dict[str, Any]) -> list[str]:
    """Every object but the first has a scope, since there are several of some classes."""
    lines: list[str] = []
    scopes = count(1)

    def written(value: Any) -> str:
        if isinstance(value, list):
            return f"[{', '.join(map(written, value))}]"
        if not isinstance(value, dict):
            return repr(value)
        place = f"scope{next(scopes)}/{value['_type']}"
        lines.extend(f"{place}.{key} = {written(item)}" for key, item in value.items() if key != "_type")
        return f"@{place}()"

    top = [f"{config['_type']}.{key} = {written(item)}" for key, item in config.items() if key != "_type"]
    return [*lines, *top]


BUILDERS: Mapping[str, Builder] = {"gin parse_config and call": Builder(_build)}
