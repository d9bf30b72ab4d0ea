"""MMEngine."""

from collections.abc import Mapping
from typing import Any

from benchmarks.nested import renamed
from benchmarks.peers import peer
from benchmarks.peers.abilities import Build, Builder, Load, Names
from benchmarks.plain import EVERY

MODULES: tuple[str, ...] = ("mmengine",)
IMPORTS: Mapping[str, str] = {"import mmengine.registry": "import mmengine.registry"}


def _empty() -> Any:
    return peer("mmengine.registry").Registry("benchmarks", scope="benchmarks")


NAMES: Mapping[str, Names] = {
    "mmengine": Names(
        _empty,
        "found.get(name)",
        "found.register_module(name=name)(artifact)",
        "name in found",
        "found.module_dict",
        miss="found.build({'type': name})",  # `get` gives None
    )
}


def _build(config: dict[str, Any]) -> Build:
    registry = peer("mmengine.registry").Registry("benchmarks", scope="benchmarks", build_func=_recursive)
    for cls in EVERY:
        registry.register_module(module=cls)
    written = renamed(config, "type")
    return lambda: registry.build(written)


def _recursive(config: Any, registry: Any, default_args: Any = None) -> Any:
    """Its own function leaves the parts of an object to the object; this one builds them with it."""
    build = peer("mmengine.registry").build_from_cfg

    def built(node: Any) -> Any:
        if type(node) is dict:
            arguments = {key: built(item) for key, item in node.items()}
            return build(arguments, registry) if "type" in node else arguments
        return [built(item) for item in node] if type(node) is list else node

    return built(config)


BUILDERS: Mapping[str, Builder] = {"mmengine registry.build": Builder(_build)}


def _load(file: str) -> Any:
    return peer("mmengine.config").Config.fromfile(file)


LOADERS: Mapping[str, Load] = {"mmengine Config.fromfile": _load}
