"""Strategies for configs: valid ones, and broken ones with the problems that they must have."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from registry.catalog import Catalog
from registry.testing.generation.case import Strategy, Value
from registry.testing.generation.mistakes import BrokenConfig, broken
from registry.testing.generation.nodes import Nodes, Style
from registry.testing.generation.worlds import AnyRegistry, Known, World

__all__ = ["BrokenConfig", "broken_cases", "broken_configs", "cases", "configs"]


def configs(registry: AnyRegistry | Catalog) -> st.SearchStrategy[Any]:
    """Valid configs for the entries of a registry or catalog, made from their schemas.

    Values fit the annotations, nodes stand where objects are asked for, and the keys of the config language are all
    used. What is required and has no values that are known to fit is left out of a partial.

    Args:
        registry: Its entries are read when the first config is drawn.
    """
    return st.deferred(lambda: _of_all(registry)).map(lambda case: case.written)


def broken_configs(registry: AnyRegistry | Catalog) -> st.SearchStrategy[BrokenConfig]:
    """Configs with a mistake, each with the problems that it must have.

    Unknown names, parameters and registries, missing and fixed open parameters, wrong types, broken constraints, bad
    references, misspelt and misused reserved keys, arguments that are given twice or too many, ambiguous names.

    Args:
        registry: Its entries are read when the first config is drawn.
    """

    def made() -> st.SearchStrategy[BrokenConfig]:
        nodes = Nodes(_world(registry))
        return broken(nodes, cases(nodes, nodes.world.callable_entries))

    return st.deferred(made)


def cases(nodes: Nodes, among: Sequence[Known], style: Style = "some") -> Strategy:
    """Valid configs whose first node is one of some entries, with what has to arrive."""
    node = st.sampled_from(among).flatmap(lambda known: nodes.of(known, style))
    return node if style == "all" else node.flatmap(_rooted)


def broken_cases(nodes: Nodes, among: Sequence[Known]) -> st.SearchStrategy[BrokenConfig]:
    """Configs with a mistake at or below a node of one of some entries."""
    return broken(nodes, cases(nodes, among))


def _of_all(registry: AnyRegistry | Catalog) -> Strategy:
    nodes = Nodes(_world(registry))
    return cases(nodes, nodes.world.callable_entries)


def _world(registry: AnyRegistry | Catalog) -> World:
    world = World.of(registry)
    if not world.callable_entries:
        raise ValueError(f"There are no configs for {registry!r}: it has no entry that can be built.")
    return world


def _rooted(node: Value) -> Strategy:
    """The node as a config, alone or among other things."""
    written, arrives = node.written, node.arrives
    raw = {"_type": "not interpreted", "_tpye": 1}
    return st.sampled_from(
        [
            node,
            node,
            node,
            Value({"main": written}, {"main": arrives}),
            Value([1, written], [1, arrives]),
            Value({"main": written, "again": [{"_ref": "main"}]}, {"main": arrives, "again": [arrives]}),
            Value({"first": {"_ref": "main"}, "main": written}, {"first": arrives, "main": arrives}),
            Value({"data": {"_raw": raw}, "main": written}, {"data": raw, "main": arrives}),
        ]
    )
