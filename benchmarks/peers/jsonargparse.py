"""jsonargparse: command lines and configs from signatures."""

import warnings
from collections.abc import Mapping
from typing import Any

from benchmarks.peers import peer
from benchmarks.peers.abilities import Build, Builder, Extract
from benchmarks.plain import EVERY

MODULES: tuple[str, ...] = ("jsonargparse",)
IMPORTS: Mapping[str, str] = {"import jsonargparse": "import jsonargparse"}

PARSE = "jsonargparse parse_object and instantiate"


def _build(config: dict[str, Any]) -> Build:
    warnings.filterwarnings("ignore", module="jsonargparse")
    parser = peer("jsonargparse").ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(next(cls for cls in EVERY if cls.__name__ == config["_type"]), "root")
    asked = {"root": _paths(config)["init_args"]}
    instantiate = getattr(parser, "instantiate", None) or parser.instantiate_classes  # as it was called before
    return lambda: instantiate(parser.parse_object(asked)).root


def _paths(node: Any) -> Any:
    if isinstance(node, list):
        return [_paths(item) for item in node]
    if not isinstance(node, dict):
        return node
    arguments = {key: _paths(item) for key, item in node.items() if key != "_type"}
    return {"class_path": f"benchmarks.plain.{node['_type']}", "init_args": arguments}


BUILDERS: Mapping[str, Builder] = {
    PARSE: Builder(_build, limit=100)  # its time grows with the square
}


def _schema(cls: Any) -> Any:
    parser = peer("jsonargparse").ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(cls, "x", fail_untyped=False)
    return parser


SCHEMAS: Mapping[str, Extract] = {"jsonargparse add_class_arguments": _schema}
