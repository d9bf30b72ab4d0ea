"""The rows as pictures: python -m benchmarks.plots benchmarks/results.json benchmarks/plots."""

import json
import math
import sys
from collections.abc import Collection, Iterable, Sequence
from html import escape
from pathlib import Path

from benchmarks.peers import hand, ours
from benchmarks.ratios import Row
from benchmarks.report import amount

WIDTH, BAR, GAP, TOP, LEFT, RIGHT = 960, 18, 8, 64, 430, 90
"""Of a picture and its parts, in pixels."""

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-size: 16px; font-weight: 600 }
.quiet { fill: #57606a }
.grid { stroke: #d0d7de }
.paper { fill: #ffffff }
.ours { fill: #0969da }
.floor { fill: #8c959f }
.peer { fill: #d4a72c }
.line { fill: none; stroke-width: 2.5 }
.ours.line { stroke: #0969da }
.floor.line { stroke: #8c959f }
.peer.line { stroke: #d4a72c }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .quiet { fill: #9198a1 }
  .grid { stroke: #3d444d }
  .paper { fill: #0d1117 }
  .ours { fill: #4493f8 }
  .floor { fill: #7d8590 }
  .peer { fill: #bb8009 }
}
"""
FLOORS = {hand.DICT, hand.BARE, hand.NAMED, hand.OVER, hand.CALLS, hand.CALLS_FROM, hand.SIGNATURE, "import attrs"}

PICTURES = {
    "lookup": "Look up a name among 1,000",
    "miss": "Miss a name among 1,000 and read the message",
    "registration": "Register functions by a decorator: time for each",
    "memory": "Register functions by a decorator: memory for each",
    "build": "Build ten nested objects",
    "import": "Import a library: CPU time beyond that of a bare interpreter",
    "cold-start": "Import, register and build ten nested objects in a new process: wall time",
    "yaml": "Load YAML of 10,002 lines",
    "schema": "Read what a class takes: scikit-learn",
}
"""Groups that are drawn as bars, by the name of the file."""


def draw(rows: Sequence[Row], folder: Path) -> None:
    """Write a picture for each group that was measured."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, group in PICTURES.items():
        members = [row for row in rows if row.group == group]
        amounts, unit = _amounts(members)
        if len(amounts) > 1:
            folder.joinpath(f"{name}.svg").write_text(
                bars(group, amounts, unit, {row.subject for row in members}), encoding="utf-8"
            )
    growth = lines(rows)
    if growth is not None:
        folder.joinpath("growth.svg").write_text(growth, encoding="utf-8")


GROWTH = "Look up a name among "
LINES = {
    ours.MEMORY: "ours",
    hand.DICT: "floor",
    hand.BARE: "floor",
    "fvcore": "peer",
    "catalogue": "peer",
    "gin": "peer",
}
"""Whose time is drawn as a line over the number of entries."""


def lines(rows: Iterable[Row]) -> str | None:
    """Time over number of entries, both logarithmic; None where there is but one size."""
    points: dict[str, dict[int, float]] = {}
    for row in rows:
        written = row.group.removeprefix(GROWTH).replace(",", "")
        if row.group.startswith(GROWTH) and written.isdigit() and not row.note:
            for title, seconds in ((row.subject, row.seconds), (row.peer, row.peer_seconds)):
                if title in LINES and seconds is not None:
                    points.setdefault(title, {})[int(written)] = seconds
    sizes = sorted({size for line in points.values() for size in line})
    if len(sizes) < 2:
        return None
    values = [seconds for line in points.values() for seconds in line.values()]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    height, left, right, bottom = 420, 90, 300, 40

    def place(size: int, seconds: float) -> tuple[float, float]:
        across = (math.log10(size) - math.log10(sizes[0])) / (math.log10(sizes[-1]) - math.log10(sizes[0]))
        up = (math.log10(seconds) - low) / (high - low)
        return left + across * (WIDTH - left - right), height - bottom - up * (height - bottom - TOP)

    drawn = _frame("Look up a name: time over the number of entries", height)
    for power in range(low, high + 1):
        x, y = place(sizes[0], 10.0**power)
        drawn.append(f'<line class="grid" x1="{x}" x2="{WIDTH - right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(
            f'<text class="quiet" x="{x - 8}" y="{y + 4:.1f}" text-anchor="end">{amount(10.0**power, "s")}</text>'
        )
    for size in sizes:
        x, _ = place(size, 10.0**low)
        drawn.append(f'<text class="quiet" x="{x:.1f}" y="{height - 14}" text-anchor="middle">{size:,}</text>')
    label = math.inf
    for title, line in sorted(points.items(), key=lambda item: item[1][max(item[1])]):
        places = [place(size, seconds) for size, seconds in sorted(line.items())]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        x, y = places[-1]
        label = min(y + 4, label - 17)  # labels keep their distance
        drawn.append(f'<polyline class="{LINES[title]} line" points="{path}"/>')
        drawn.append(f'<text x="{x + 10:.1f}" y="{label:.1f}">{escape(title)}</text>')
    return "\n".join([*drawn, "</svg>", ""])


def _frame(title: str, height: int) -> list[str]:
    """A picture with its title, and nothing on it yet."""
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        f'<text class="title" x="16" y="26">{escape(title)}</text>',
        '<text class="quiet" x="16" y="46">logarithmic, less is better; blue: this library, grey: by hand</text>',
    ]


def _amounts(rows: Iterable[Row]) -> tuple[dict[str, float], str]:
    """What everybody in a group took, in the best round."""
    amounts: dict[str, float] = {}
    unit = "s"
    for row in rows:
        unit = row.unit
        for title, seconds in ((row.subject, row.seconds), (row.peer, row.peer_seconds)):
            if seconds is not None:
                amounts[title] = min(seconds, amounts.get(title, math.inf))
    return amounts, unit


def bars(title: str, amounts: dict[str, float], unit: str, subjects: Collection[str]) -> str:
    """Horizontal bars on a logarithmic scale, the shortest first."""
    ordered = sorted(amounts.items(), key=lambda item: item[1])
    low = math.floor(math.log10(ordered[0][1]) - 0.3)
    high = math.ceil(math.log10(ordered[-1][1]))

    def place(power: float) -> float:
        return LEFT + (power - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    height = TOP + len(ordered) * (BAR + GAP) + 24
    drawn = _frame(title, height)
    for power in range(low, high + 1):
        x = place(power)
        drawn.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{height - 22}"/>')
        drawn.append(
            f'<text class="quiet" x="{x:.1f}" y="{height - 6}" text-anchor="middle">{amount(10.0**power, unit)}</text>'
        )
    for number, (name, value) in enumerate(ordered):
        y = TOP + number * (BAR + GAP)
        kind = "floor" if name in FLOORS else "ours" if name in subjects else "peer"
        end = place(math.log10(value))
        drawn += [
            f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(_short(name))}</text>',
            f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{end - LEFT:.1f}" height="{BAR}" rx="2"/>',
            f'<text x="{end + 6:.1f}" y="{y + 14}">{amount(value, unit)}</text>',
        ]
    return "\n".join([*drawn, "</svg>", ""])


def _short(name: str, most: int = 62) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def main() -> None:
    """Draw what was measured before."""
    figures, folder = sys.argv[1:]
    draw([Row(**row) for row in json.loads(Path(figures).read_text(encoding="utf-8"))["rows"]], Path(folder))


if __name__ == "__main__":
    main()
