"""Forty configs of real object detectors, and modules of classes that record how they were made.

The configs mark nodes with `type`; here that is `_type`. What a config must build is worked out here from the config
alone, in terms that compare by value and type, and hold the order of keys.
"""

import gzip
import importlib
import json
import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs

from registry import Registry

Steps = tuple[Any, ...]

RECORDING = '''
"""Classes that record how they were made; written by a test."""

import pickle

made = []


class Recorded:
    def __init__(self, **parameters):
        self.parameters = parameters
        made.append((type(self).__name__, parameters))


def shape(value):
    if isinstance(value, Recorded):
        return (type(value).__name__, [(key, shape(item)) for key, item in value.parameters.items()])
    if type(value) is dict:
        return ("{}", [(key, shape(item)) for key, item in value.items()])
    if type(value) is list:
        return ("[]", [shape(item) for item in value])
    return (type(value).__name__, value)


def rebuilt(pickled):
    made.clear()
    value = pickle.loads(pickled).build()
    return [name for name, _ in made], shape(value)
'''


def load() -> dict[str, Any]:
    """The configs by the names of their files, new ones each time."""
    file = Path(__file__).parent / "data" / "detection_configs.json.gz"
    return {name: _as_nodes(config) for name, config in json.loads(gzip.decompress(file.read_bytes())).items()}


def _as_nodes(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_nodes(item) for item in value]
    if not isinstance(value, dict):
        return value
    is_node = isinstance(value.get("type"), str)
    return {"_type" if is_node and key == "type" else key: _as_nodes(item) for key, item in value.items()}


def nodes_of(value: Any, path: Steps = ()) -> Iterator[tuple[Steps, dict[str, Any]]]:
    """Every node with its path, children before parents, in document order."""
    if isinstance(value, dict | list):
        items: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
        for step, item in items:
            yield from nodes_of(item, (*path, step))
    if isinstance(value, dict) and "_type" in value:
        yield path, value


def construction_order(config: Any) -> list[str]:
    """The names of the classes in the order in which their objects have to be made."""
    return [node["_type"] for _, node in nodes_of(config)]


def shape_of(config: Any) -> Any:
    """What `shape` of a recording module says of the objects of a config."""
    if isinstance(config, list):
        return ("[]", [shape_of(item) for item in config])
    if isinstance(config, dict):
        items = [(key, shape_of(item)) for key, item in config.items() if key != "_type"]
        return (config.get("_type", "{}"), items)
    return (type(config).__name__, config)


@attrs.frozen
class Parameter:
    """What the uses of a class say about one of its parameters; `kind` is "" where they differ or hold mappings."""

    kind: str
    required: bool


def parameters_of(configs: Mapping[str, Any]) -> dict[str, dict[str, Parameter]]:
    """The parameters of every class: required if every use gives them, of a type that every use fits."""
    uses: dict[str, list[dict[str, Any]]] = {}
    for _, node in nodes_of(list(configs.values())):
        uses.setdefault(node["_type"], []).append(node)
    found: dict[str, dict[str, Parameter]] = {}
    for name, nodes in uses.items():
        keys = dict.fromkeys(key for node in nodes for key in node if key != "_type")
        found[name] = {
            key: Parameter(_kind([node[key] for node in nodes if key in node]), all(key in node for node in nodes))
            for key in keys
        }
    return found


def _kind(values: list[Any]) -> str:
    if all(isinstance(value, dict) and "_type" in value for value in values):
        return "Recorded"
    if all(isinstance(value, list) for value in values):
        inner = _kind([item for value in values for item in value]) if any(values) else ""
        return f"list[{inner}]" if inner in ("int", "float", "str", "bool") else ""
    kinds = {type(value).__name__ for value in values}
    if kinds == {"int", "float"}:
        return "float"
    return kinds.pop() if len(kinds) == 1 and kinds <= {"int", "float", "str", "bool"} else ""


def lenient_source(names: Iterable[str]) -> str:
    """A module of classes that take anything."""
    return RECORDING + "".join(f"\n\nclass {name}(Recorded):\n    pass\n" for name in names)


def strict_source(classes: Mapping[str, Mapping[str, Parameter]]) -> str:
    """A module of classes that take their own parameters only, annotated where their uses show a type."""
    return RECORDING + "".join(_strict_class(name, parameters) for name, parameters in classes.items())


def _strict_class(name: str, parameters: Mapping[str, Parameter]) -> str:
    if not parameters:
        return f"\n\nclass {name}(Recorded):\n    def __init__(self):\n        super().__init__()\n"
    declared = ", ".join(_declaration(key, parameter) for key, parameter in parameters.items())
    passed = ", ".join(f"{key}={key}" for key in parameters)
    return f"\n\nclass {name}(Recorded):\n    def __init__(self, *, {declared}):\n        super().__init__({passed})\n"


def _declaration(key: str, parameter: Parameter) -> str:
    if parameter.required:
        return f"{key}: {parameter.kind}" if parameter.kind else key
    return f"{key}: {parameter.kind} | None = None" if parameter.kind else f"{key}=None"


def import_module(name: str, source: str, folder: Path) -> ModuleType:
    """Write a module and import it. The folder has to be on the path, so that other processes find it too."""
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    sys.modules.pop(name, None)
    importlib.invalidate_caches()
    return importlib.import_module(name)


def registry_of(module: ModuleType, names: Iterable[str], name: str = "detectors") -> "Registry[Any, Any, str]":
    """A registry of recording classes."""
    registry: Registry[Any, Any, str] = Registry(name)
    registry.register_many({name: getattr(module, name) for name in names})
    return registry


def dealt(names: Iterable[str], parts: int) -> list[list[str]]:
    """The names in several hands, the same ones every time."""
    shuffled = sorted(names)
    random.Random(7).shuffle(shuffled)
    return [shuffled[part::parts] for part in range(parts)]
