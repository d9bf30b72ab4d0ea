"""A graph as an SVG picture, dark where the screen is: owners on the left, what they are given on the right."""

import unicodedata
from html import escape

import attrs

from registry.cli.graph.model import Graph, Node

_STYLE = """
text { font: 13px ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; fill: #17202b; }
.quiet { fill: #56616f; font-size: 11px; }
.type { font-weight: bold; }
rect { fill: #f4f5f7; stroke: #8a95a3; }
path { fill: none; stroke: #56616f; }
.shared { stroke-dasharray: 4 3; stroke: #0b5cad; }
.name { fill: #56616f; font-size: 11px; text-anchor: end; paint-order: stroke; stroke: #ffffff; stroke-width: 4px; }
.ground { fill: #ffffff; stroke: none; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6eaef; } .quiet, .name { fill: #a3aebb; } rect { fill: #1d232b; stroke: #56616f; }
  path { stroke: #a3aebb; } .shared { stroke: #7fb8f5; } .ground { fill: #14181d; } .name { stroke: #14181d; }
}
"""
_CHARACTER, _SMALL = 7.9, 6.7
"""The width of a character, in pixels, of the two sizes."""

_LINE, _GAP, _PAD, _MARGIN = 16, 14, 8, 16
"""Heights and distances, in pixels."""

_MOST_VALUES = 6
"""So many values of an object are shown, and the others counted."""


@attrs.define
class _Box:
    """Where an object is drawn, in pixels."""

    lines: list[tuple[str, str]]
    depth: int
    x: float = 0
    y: float = 0

    @property
    def width(self) -> float:
        sizes = {"quiet": _SMALL}
        return max(_cells(text) * sizes.get(kind, _CHARACTER) for text, kind in self.lines) + 2 * _PAD

    @property
    def height(self) -> float:
        return len(self.lines) * _LINE + _PAD

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def svg(graph: Graph) -> str:
    """The picture, as a document of its own."""
    boxes = _placed(graph)
    width = max(box.x + box.width for box in boxes) + _MARGIN
    height = max(box.y + box.height for box in boxes) + _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img">',
        f"<title>{escape(_printable(graph.nodes[0].type))}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" width="{width:.0f}" height="{height:.0f}"/>',
    ]
    for edge in graph.edges:
        start, end = boxes[edge.source], boxes[edge.target]
        parts.append(_arrow(start, end, edge.name, edge.is_shared))
    for box in boxes:
        parts.append(_drawn(box))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _placed(graph: Graph) -> list[_Box]:
    """Columns by depth; what an object owns is stacked, and it stands in the middle of that."""
    boxes = [_Box(_lines(node), 0) for node in graph.nodes]
    names = {(edge.source, edge.target): edge.name for edge in graph.edges if not edge.is_shared}
    bottom = float(_MARGIN)

    def stack(number: int, depth: int) -> None:
        nonlocal bottom
        box, below = boxes[number], graph.owned(number)
        box.depth = depth
        top = bottom
        for child in below:
            stack(child, depth + 1)
        middle = (boxes[below[0]].middle + boxes[below[-1]].middle) / 2 if below else top + box.height / 2
        box.y = max(top, middle - box.height / 2)
        bottom = max(bottom, box.y + box.height + _GAP)

    stack(0, 0)
    x = float(_MARGIN)
    for depth in range(max(box.depth for box in boxes) + 1):
        column = [box for box in boxes if box.depth == depth]
        for box in column:
            box.x = x
        told = [_cells(name) for (_, target), name in names.items() if boxes[target].depth == depth + 1]
        x += max(box.width for box in column) + 2 * _GAP + _SMALL * max(told, default=0)
    return boxes


def _lines(node: Node) -> list[tuple[str, str]]:
    """What stands in a box: texts, and their classes."""
    lines = [(node.type, "type")]
    if node.registry:
        lines.append((f"of {node.registry}", "quiet"))
    lines += [(f"{name}: {value}", "quiet") for name, value in node.values[:_MOST_VALUES]]
    if len(node.values) > _MOST_VALUES:
        lines.append((f"and {len(node.values) - _MOST_VALUES} more", "quiet"))
    return [(_printable(text), kind) for text, kind in lines]


def _drawn(box: _Box) -> str:
    texts = "".join(
        f'<text class="{kind}" x="{box.x + _PAD:.0f}" y="{box.y + (number + 1) * _LINE - 1:.0f}">{escape(text)}</text>'
        for number, (text, kind) in enumerate(box.lines)
    )
    place = f'x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}" height="{box.height:.0f}"'
    return f'<g><rect {place} rx="5"/>{texts}</g>'


def _arrow(start: _Box, end: _Box, name: str, is_shared: bool) -> str:
    kind = ' class="shared"' if is_shared else ""
    if end.depth > start.depth:
        from_x, from_y, to_x, to_y = start.x + start.width, start.middle, end.x, end.middle
        bend = _GAP
    else:  # to something that is not further on, which is gone around on the right
        from_x, from_y, to_x, to_y = start.x + start.width, start.middle + 4, end.x + end.width, end.middle + 4
        bend = 2 * _GAP
    turn = to_x - bend if end.depth > start.depth else max(from_x, to_x) + bend
    curve = f"C{from_x + bend:.0f} {from_y:.0f} {turn:.0f} {to_y:.0f} {to_x:.0f} {to_y:.0f}"
    line = f'<path{kind} d="M{from_x:.0f} {from_y:.0f} {curve}"/>'
    at = to_x - 4 if end.depth > start.depth else to_x
    told = "" if is_shared else f'<text class="name" x="{at:.0f}" y="{to_y - 4:.0f}">{escape(_printable(name))}</text>'
    return line + told


def _printable(text: str) -> str:
    """What XML may hold, and what a reader can see."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _cells(text: str) -> int:
    """How many characters wide a text is; those of East Asia are two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
