"""hydra-zen: configs for Hydra, made of classes."""

from collections.abc import Mapping
from typing import Any

from benchmarks.nested import renamed
from benchmarks.peers import peer
from benchmarks.peers.abilities import Build, Builder, Extract, Names
from benchmarks.plain import EVERY

MODULES: tuple[str, ...] = ("hydra_zen",)
IMPORTS: Mapping[str, str] = {"import hydra_zen": "import hydra_zen"}


def _empty() -> Any:
    return peer("hydra_zen").ZenStore("benchmarks", deferred_hydra_store=True)


NAMES: Mapping[str, Names] = {
    # it holds configs that it makes of the artifacts
    "hydra-zen store": Names(
        _empty,
        "found['group', name]",
        "found(artifact, name=name, group='group')",
        "('group', name) in found",
        "found",
        limit=1000,
        own=True,
    )
}


def _build(config: dict[str, Any]) -> Build:
    instantiate = peer("hydra_zen").instantiate
    targets = renamed(config, "_target_", "benchmarks.plain.")
    return lambda: instantiate(targets)


def _build_declared(config: dict[str, Any]) -> Build:
    hydra_zen = peer("hydra_zen")
    classes = {cls.__name__: cls for cls in EVERY}

    def declared(node: Any) -> Any:
        if isinstance(node, list):
            return [declared(item) for item in node]
        if not isinstance(node, dict):
            return node
        arguments = {key: declared(item) for key, item in node.items() if key != "_type"}
        return hydra_zen.builds(classes[node["_type"]], **arguments, populate_full_signature=True)

    ready = declared(config)
    return lambda: hydra_zen.instantiate(ready)


BUILDERS: Mapping[str, Builder] = {
    "hydra-zen instantiate": Builder(_build),
    "hydra-zen instantiate(builds(…))": Builder(_build_declared, limit=10),
}


def _schema(cls: Any) -> Any:
    return peer("hydra_zen").builds(cls, populate_full_signature=True)


SCHEMAS: Mapping[str, Extract] = {"hydra-zen builds": _schema}
