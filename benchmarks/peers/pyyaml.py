"""PyYAML."""

from collections.abc import Mapping
from typing import Any

from benchmarks.peers import peer
from benchmarks.peers.abilities import Load

MODULES: tuple[str, ...] = ("yaml",)
IMPORTS: Mapping[str, str] = {"import yaml": "import yaml"}

PLAIN = "PyYAML CSafeLoader, no locations"
MARKED = "PyYAML CSafeLoader, nodes with marks and values"


def _plain(file: str) -> Any:
    yaml = peer("yaml")
    with open(file, "rb") as opened:
        return yaml.load(opened.read(), yaml.CSafeLoader)


def _marked(file: str) -> tuple[Any, Any]:
    with open(file, "rb") as opened:
        loader = peer("yaml").CSafeLoader(opened.read())
    try:
        node = loader.get_single_node()
        return node, loader.construct_document(node)
    finally:
        loader.dispose()


LOADERS: Mapping[str, Load] = {PLAIN: _plain, MARKED: _marked}
