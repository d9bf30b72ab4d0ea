"""The rows as Markdown and as JSON."""

import json
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby

import attrs

from benchmarks.ratios import Row
from registry.distribution import __version__

PACKAGES = (
    "attrs",
    "cattrs",
    "ruamel.yaml",
    "PyYAML",
    "catalogue",
    "confection",
    "fvcore",
    "gin-config",
    "hydra-core",
    "hydra-zen",
    "jsonargparse",
    "mmengine-lite",
    "msgspec",
    "phx-class-registry",
    "pydantic",
    "rapidfuzz",
    "scikit-learn",
    "stevedore",
    "aiohttp",
    "uvloop",
    "redis",
)
MISSING = "-"
UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def markdown(rows: Sequence[Row]) -> str:
    """A table for each group."""
    setting = ", ".join(f"{name} {number}" for name, number in _setting().items())
    lines = ["# Results", "", "How to read and repeat them: README.md.", "", f"Measured with {setting}.", ""]
    for group, members in groupby(rows, lambda row: row.group):
        lines += [f"## {group}", "", *_table(members), ""]
    return "\n".join(lines)


def as_json(rows: Iterable[Row]) -> str:
    """Every figure, in seconds and ratios."""
    return json.dumps({"setting": _setting(), "rows": [attrs.asdict(row) for row in rows]}, indent=2) + "\n"


def _table(rows: Iterable[Row]) -> list[str]:
    return [
        "| subject | beside | ratio (95 %) | best by best | target | verdict | subject | beside |",
        "|---|---|--:|--:|--:|---|--:|--:|",
        *(f"| {' | '.join(_cells(row))} |" for row in rows),
    ]


def _cells(row: Row) -> list[str]:
    measured = MISSING if row.low is None else f"{ratio(row.ratio)} ({ratio(row.low)} to {ratio(row.high)})"
    target = MISSING if row.target is None else f"≤ {row.target:.3g}"
    return [
        f"`{row.subject}`",
        f"{row.peer} ({row.note})" if row.note else row.peer,
        measured,
        ratio(row.best),
        target,
        row.verdict,
        amount(row.seconds, row.unit),
        amount(row.peer_seconds, row.unit),
    ]


def ratio(measured: float | None) -> str:
    """A ratio as it is shown: a small one as a fraction."""
    if measured is None:
        return MISSING
    if measured < 0.1:
        return f"1/{1 / measured:,.0f}"
    return f"{measured:,.0f}" if measured >= 100 else f"{measured:.2f}"


def amount(value: float | None, unit: str) -> str:
    """A figure with three digits and the unit that suits it."""
    if value is None:
        return MISSING
    if unit != "s":
        return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"
    size, unit = next((pair for pair in UNITS if value >= pair[0]), UNITS[-1])
    return f"{value / size:.3g} {unit}"


def _setting() -> dict[str, str]:
    found = {platform.python_implementation(): platform.python_version(), "registry": __version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
