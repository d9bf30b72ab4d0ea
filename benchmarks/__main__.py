"""python -m benchmarks: measure, print the tables, and write them where --markdown and --json say."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import building, loading, lookup, starting
from benchmarks.ratios import Row
from benchmarks.report import as_json, markdown
from benchmarks.timing import Effort

GROUPS: dict[str, Callable[[Effort], list[Row]]] = {
    "building": building.measure,
    "lookup": lookup.measure,
    "loading": loading.measure,
    "starting": starting.measure,
}


def main() -> None:
    """Measure what the command line asks for."""
    usual = Effort()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the library beside its peers.")
    parser.add_argument("groups", nargs="*", metavar="group", help=f"of {', '.join(GROUPS)}; all by default")
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="turns of every contender (%(default)s)")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="length of a turn (%(default)s)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    asked = parser.parse_args()
    unknown = [group for group in asked.groups if group not in GROUPS]
    if unknown:
        parser.error(f"There is no group {', '.join(unknown)}. Choose from {', '.join(GROUPS)}.")

    effort = Effort(asked.rounds, asked.seconds)
    rows: list[Row] = []
    for name, measure in GROUPS.items():
        if not asked.groups or name in asked.groups:
            print(f"Measuring {name}…", file=sys.stderr)
            rows += measure(effort)
    print(markdown(rows))
    if asked.markdown is not None:
        asked.markdown.write_text(markdown(rows), encoding="utf-8")
    if asked.json is not None:
        asked.json.write_text(as_json(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
