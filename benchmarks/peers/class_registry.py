"""class-registry (phx-class-registry)."""

from collections.abc import Mapping
from typing import Any

from benchmarks.peers import peer
from benchmarks.peers.abilities import Build, Builder, Names
from benchmarks.plain import EVERY

MODULES: tuple[str, ...] = ("class_registry",)
IMPORTS: Mapping[str, str] = {"import class_registry": "import class_registry"}


def _empty() -> Any:
    return peer("class_registry").ClassRegistry()


NAMES: Mapping[str, Names] = {
    # `found[name]` would make an instance
    "class-registry": Names(_empty, "found.get_class(name)", "found.register(name)(artifact)", "name in found", "found")
}


def _build(config: dict[str, Any]) -> Build:
    registry = _empty()
    for cls in EVERY:
        registry.register(cls.__name__)(cls)
    name, arguments = config["_type"], {key: value for key, value in config.items() if key != "_type"}
    return lambda: registry.get(name, **arguments)


BUILDERS: Mapping[str, Builder] = {"class-registry get(name, **arguments)": Builder(_build, nested=False)}
