"""Builds forty configs of real object detectors, with classes that only remember what they were given.

The configs are those of a framework that marks nodes with `type`; here that is `_type`. The classes of the framework
are not here, so each gets a stand-in that takes the parameters which the forty configs give it: nodes in nodes and in
lists, up to thirteen levels deep, in which a misspelt name or parameter would still be found.
"""

import gzip
import inspect
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from registry import Registry

CONFIGS = Path(__file__).parents[2] / "tests" / "data" / "detection_configs.json.gz"


class Recorded:
    """Stands for a class of the framework: its instances keep what they were made with."""

    made: ClassVar[int] = 0

    def __init__(self, **parameters: Any) -> None:
        self.parameters = parameters
        Recorded.made += 1


def recorder(name: str, parameters: Iterable[str]) -> type[Recorded]:
    """A class of this name that takes these parameters and no others, none of them required."""
    taken = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in parameters]
    return type(name, (Recorded,), {"__signature__": inspect.Signature(taken)})


def as_nodes(value: Any) -> Any:
    """The config with `_type` where the framework writes `type`."""
    if isinstance(value, list):
        return [as_nodes(item) for item in value]
    if not isinstance(value, dict):
        return value
    is_node = isinstance(value.get("type"), str)
    return {"_type" if key == "type" and is_node else key: as_nodes(item) for key, item in value.items()}


def nodes_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every node of a config."""
    if isinstance(value, dict):
        if "_type" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from nodes_in(item)


def main() -> None:
    """Register a recorder for every type there is, then build every config."""
    configs = as_nodes(json.loads(gzip.decompress(CONFIGS.read_bytes())))
    parameters: dict[str, dict[str, None]] = {}
    for node in nodes_in(list(configs.values())):
        parameters.setdefault(node["_type"], {}).update(dict.fromkeys(node.keys() - {"_type"}))
    detectors: Registry[type[Recorded], Recorded] = Registry("detectors")
    detectors.register_many({name: recorder(name, taken) for name, taken in parameters.items()})

    for file, config in configs.items():
        before = Recorded.made
        detectors.build(config)
        nodes = sum(1 for _ in nodes_in(config))
        assert Recorded.made - before == nodes
        print(f"{file}: {nodes} nodes, each built once")
    print(f"{len(configs)} configs, {len(detectors)} types, {Recorded.made} objects")


if __name__ == "__main__":
    main()
