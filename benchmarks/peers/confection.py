"""confection: configs of blocks that name functions of catalogue's registries."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from benchmarks.peers import peer
from benchmarks.peers.abilities import Build, Builder, Extract, Names
from benchmarks.peers.catalogue import forget
from benchmarks.plain import EVERY

MODULES: tuple[str, ...] = ("confection", "catalogue")
IMPORTS: Mapping[str, str] = {"import confection": "import confection"}

_NUMBERS = count()


def _empty() -> Any:
    catalogue, confection = peer("catalogue"), peer("confection")
    things = catalogue.create("benchmarks", f"confection{next(_NUMBERS)}")
    return type("registry", (confection.registry,), {"things": things})


NAMES: Mapping[str, Names] = {
    "confection": Names(
        _empty,
        "found.get('things', name)",
        "found.things.register(name)(artifact)",
        "found.has('things', name)",
        None,  # it is catalogue that iterates, over what all registries hold
        forget=forget,
        miss_limit=0,  # likewise
    )
}


def _listed(*items: Any) -> list[Any]:
    return list(items)


def _build(config: dict[str, Any]) -> Build:
    registry = _empty()
    for cls in EVERY:
        registry.things.register(cls.__name__, func=cls)
    registry.things.register("list", func=_listed)
    blocks = {"root": _blocks(config)}
    return lambda: registry.resolve(blocks)["root"]


def _blocks(node: Any) -> Any:
    """Lists of blocks are made by a function, since blocks inside of lists are not looked for."""
    if isinstance(node, list):
        return {"@things": "list", "*": {str(number): _blocks(item) for number, item in enumerate(node)}}
    if not isinstance(node, dict):
        return node
    return {"@things" if key == "_type" else key: _blocks(item) for key, item in node.items()}


BUILDERS: Mapping[str, Builder] = {"confection registry.resolve": Builder(_build)}


def _schema(cls: Any) -> Any:
    return peer("confection.validation").Schema.from_function(cls)


SCHEMAS: Mapping[str, Extract] = {"confection Schema.from_function": _schema}
