"""python -m benchmarks: measure, print the tables, and write them where --markdown and --json say."""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import (
    building,
    checking,
    growth,
    loading,
    lookup,
    misses,
    plots,
    plugging,
    registration,
    schemas,
    starting,
    threads,
)
from benchmarks.ratios import Row
from benchmarks.report import as_json, markdown
from benchmarks.sharing import lookup as shared_lookup
from benchmarks.sharing import reading, scale, watching, writing
from benchmarks.timing import Effort

GROUPS: dict[str, Callable[[Effort], list[Row]]] = {
    "lookup": lookup.measure,
    "misses": misses.measure,
    "registration": registration.measure,
    "starting": starting.measure,
    "building": building.measure,
    "checking": checking.measure,
    "loading": loading.measure,
    "schemas": schemas.measure,
    "threads": threads.measure,
    "growth": growth.measure,
    "plugging": plugging.measure,
    "shared-lookup": shared_lookup.measure,
    "reading": reading.measure,
    "writing": writing.measure,
    "watching": watching.measure,
}
SCALE = "scale"
"""A group that takes so long that it has to be asked for."""


def main() -> None:
    """Measure what the command line asks for."""
    usual = Effort()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the library beside its peers.")
    parser.add_argument(
        "groups",
        nargs="*",
        metavar="group",
        help=f"of {', '.join(GROUPS)}, which are all measured by default; and {SCALE}",
    )
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="turns of every contender (%(default)s)")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="length of a turn (%(default)s)")
    parser.add_argument(
        "--largest", type=int, default=usual.largest, metavar="N", help="most entries or nodes (%(default)s)"
    )
    parser.add_argument(
        "--sizes", type=_numbers, default=scale.SIZES, metavar="N,…", help=f"numbers of entries, for {SCALE}"
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="draw the figures there")
    asked = parser.parse_args()
    groups: dict[str, Callable[[Effort], list[Row]]] = {**GROUPS, SCALE: partial(scale.measure, sizes=asked.sizes)}
    unknown = [group for group in asked.groups if group not in groups]
    if unknown:
        parser.error(f"There is no group {', '.join(unknown)}. Choose from {', '.join(groups)}.")

    effort = Effort(asked.rounds, asked.seconds, asked.largest)
    rows: list[Row] = []
    for name, measure in groups.items():
        if name in (asked.groups or GROUPS):
            print(f"Measuring {name}…", file=sys.stderr)
            rows += measure(effort)
    print(markdown(rows))
    if asked.markdown is not None:
        asked.markdown.write_text(markdown(rows), encoding="utf-8")
    if asked.json is not None:
        asked.json.write_text(as_json(rows), encoding="utf-8")
    if asked.plots is not None:
        plots.draw(rows, asked.plots)


def _numbers(text: str) -> list[int]:
    return sorted(int(number) for number in text.split(","))


if __name__ == "__main__":
    main()
