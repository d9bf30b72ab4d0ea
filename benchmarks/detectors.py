"""Forty configs of real object detectors, classes that take what these configs give, and a walk written by hand.

The configs mark nodes with `type`; here that is `_type`. The framework of the configs is not needed: each of its
classes gets a stand-in, whose annotations say what all uses of a parameter have in common.
"""

import gzip
import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "tests" / "data" / "detection_configs.json.gz"


class Part:
    """What every stand-in is."""


def load() -> dict[str, Any]:
    """The configs, by the names of their files."""
    loaded = json.loads(gzip.decompress(FILE.read_bytes()))
    return {name: _as_nodes(config) for name, config in loaded.items()}


def _as_nodes(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_nodes(item) for item in value]
    if not isinstance(value, dict):
        return value
    is_node = isinstance(value.get("type"), str)
    return {"_type" if is_node and key == "type" else key: _as_nodes(item) for key, item in value.items()}


def nodes_of(value: Any) -> Iterator[dict[str, Any]]:
    """Every node of a config."""
    if isinstance(value, dict):
        if "_type" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from nodes_of(item)


def classes_of(configs: Mapping[str, Any]) -> dict[str, type[Part]]:
    """A class for each name in the configs."""
    uses: dict[str, list[dict[str, Any]]] = {}
    for node in nodes_of(list(configs.values())):
        uses.setdefault(node["_type"], []).append(node)
    return {name: _class(name, nodes) for name, nodes in uses.items()}


def _class(name: str, uses: list[dict[str, Any]]) -> type[Part]:
    """A class whose `__init__` requires what every use gives, of the type that every use gives."""
    keys = dict.fromkeys(key for node in uses for key in node if key != "_type")
    required = [key for key in keys if all(key in node for node in uses)]
    declared = [f"{key}: {_kind(uses, key)}" for key in required]
    declared += [f"{key}: {_kind(uses, key)} | None = None" for key in keys if key not in required]
    taken = f", *, {', '.join(declared)}" if declared else ""
    body = "".join(f"        self.{key} = {key}\n" for key in keys) or "        pass\n"
    scope: dict[str, Any] = {"Part": Part, "Any": Any}
    exec(f"class {name}(Part):\n    def __init__(self{taken}) -> None:\n{body}", scope)
    made: type[Part] = scope[name]
    return made


def _kind(uses: list[dict[str, Any]], key: str) -> str:
    values = [node[key] for node in uses if key in node]
    if all(isinstance(value, dict) and "_type" in value for value in values):
        return "Part"
    kinds = {type(value).__name__ for value in values}
    if kinds == {"int", "float"}:
        return "float"
    return kinds.pop() if len(kinds) == 1 and kinds <= {"int", "float", "str", "bool", "list"} else "Any"


class Walk:
    """A check as a project writes it for itself: are all names, keys and classes right?"""

    def __init__(self, classes: Mapping[str, type[Part]]) -> None:
        self._classes = classes
        self._takes: dict[str, dict[str, tuple[type, ...]]] = {}
        self._requires: dict[str, list[str]] = {}
        for name, cls in classes.items():
            parameters = inspect.signature(cls).parameters
            self._takes[name] = {key: _expected(parameter.annotation) for key, parameter in parameters.items()}
            self._requires[name] = [key for key, each in parameters.items() if each.default is each.empty]

    def check(self, config: Any) -> list[str]:
        """What is wrong, in words."""
        problems: list[str] = []
        self._value(config, "", problems)
        return problems

    def _value(self, value: Any, path: str, problems: list[str]) -> None:
        if isinstance(value, dict):
            if "_type" in value:
                self._node(value, path, problems)
                return
            for key, item in value.items():
                self._value(item, f"{path}.{key}", problems)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                self._value(item, f"{path}[{number}]", problems)

    def _node(self, node: dict[str, Any], path: str, problems: list[str]) -> None:
        name = node["_type"]
        if name not in self._classes:
            problems.append(f"{path}: there is no {name!r}")
            return
        takes = self._takes[name]
        for key, value in node.items():
            if key == "_type":
                continue
            if key not in takes:
                problems.append(f"{path}.{key}: {name} takes no {key!r}")
                continue
            expected = takes[key]
            if isinstance(value, dict) and "_type" in value:
                given = self._classes.get(value["_type"])
                if given is not None and not issubclass(given, expected):
                    problems.append(f"{path}.{key}: {given.__name__} does not fit")
            elif not isinstance(value, expected):
                problems.append(f"{path}.{key}: {value!r} does not fit")
            if isinstance(value, dict | list):
                self._value(value, f"{path}.{key}", problems)
        problems.extend(f"{path}: {name} needs {key!r}" for key in self._requires[name] if key not in node)


def _expected(annotation: Any) -> tuple[type, ...]:
    kinds = getattr(annotation, "__args__", (annotation,))
    if Any in kinds:
        return (object,)
    return (*kinds, int) if float in kinds else tuple(kinds)
