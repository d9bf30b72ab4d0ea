"""What a config would build: objects, and which is given to which."""

from collections.abc import Iterator
from typing import Any

import attrs

from registry.cli.output import shown
from registry.paths import Path, format_path, parse_path

WORDS = frozenset({"_type", "_registry", "_ref", "_partial"})
"""Keys that say what a node is; what it is given stands beside them."""

LONGEST = 40
"""Characters of a value that are shown."""


@attrs.frozen
class Node:
    """An object that would be built.

    Attributes:
        path: Where it stands in the config.
        type: What it is built by; for a config that is no node, what it was said to be called.
        registry: Whose name that is, where the config says so.
        values: What it is given that is no object: parameters, and values as text.
    """

    path: Path
    type: str
    registry: str = ""
    values: tuple[tuple[str, str], ...] = ()


@attrs.frozen
class Edge:
    """An object is given to another one; both are numbers of nodes.

    Attributes:
        source: The one that gets it.
        target: The one that is given.
        name: As what.
        is_shared: Whether it is owned by another one, and referred to.
    """

    source: int
    target: int
    name: str
    is_shared: bool = False


@attrs.define
class Graph:
    """Objects in the order of the config, of which the first has all the others in it; and what is given to what."""

    nodes: list[Node] = attrs.field(factory=list)
    edges: list[Edge] = attrs.field(factory=list)

    def owned(self, number: int) -> list[int]:
        """The numbers of what an object owns."""
        return [edge.target for edge in self.edges if edge.source == number and not edge.is_shared]


def graph_of(config: Any, root: str) -> Graph:
    """The graph of a config that was checked.

    Args:
        config: The config.
        root: What a config is called that is no node itself.
    """
    graph = Graph()
    references: list[tuple[int, Path, Path]] = []
    _visit(graph, references, config, (), None, root)
    numbers = {node.path: number for number, node in enumerate(graph.nodes)}
    targets = {place: target for _, place, target in references}
    for source, place, target in references:
        for _ in references:  # what is referred to may refer on
            target = targets.get(target, target)
        found = next((numbers[path] for path in _upwards(target) if path in numbers), None)
        if found is not None:  # else it is a value, or comes from the caller
            name = format_path(place[len(graph.nodes[source].path) :])
            graph.edges.append(Edge(source, found, name, is_shared=True))
    return graph


def _visit(
    graph: Graph, references: list[tuple[int, Path, Path]], value: Any, path: Path, owner: int | None, root: str
) -> None:
    is_object = isinstance(value, dict) and "_type" in value
    if isinstance(value, dict) and "_ref" in value and owner is not None:
        references.append((owner, path, parse_path(str(value["_ref"]))))
        return
    if _is_data(value):
        return
    if owner is None or is_object:
        number = len(graph.nodes)
        about = (str(value["_type"]), str(value.get("_registry", ""))) if is_object else (root, "")
        graph.nodes.append(Node(path, *about, tuple(_values(value))))
        if owner is not None:
            graph.edges.append(Edge(owner, number, format_path(path[len(graph.nodes[owner].path) :])))
        owner = number
    for key, inner in _inside(value):
        _visit(graph, references, inner, (*path, key), owner, root)


def _values(value: Any) -> Iterator[tuple[str, str]]:
    for key, inner in _inside(value):
        if not _holds_objects(inner):
            text = shown(inner["_raw"] if _is_data(inner) else inner)
            yield format_path((key,)), text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _inside(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from ((key, inner) for key, inner in value.items() if key not in WORDS)
    elif isinstance(value, list):
        yield from enumerate(value)


def _is_data(value: Any) -> bool:
    return isinstance(value, dict) and "_raw" in value


def _holds_objects(value: Any) -> bool:
    if _is_data(value):
        return False
    if isinstance(value, dict) and ("_type" in value or "_ref" in value):
        return True
    return any(_holds_objects(inner) for _, inner in _inside(value))


def _upwards(path: Path) -> Iterator[Path]:
    while path:
        yield path
        path = path[:-1]
