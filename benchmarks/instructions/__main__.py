"""python -m benchmarks.instructions: count, and compare with what was recorded; exits with 1 if something has risen."""

import argparse
import sys
from collections.abc import Sequence

from benchmarks.instructions.counting import count, missing
from benchmarks.instructions.record import FILE, Row, build, compared, read, write

MODULE = "benchmarks.instructions.paths"


def main(arguments: Sequence[str] | None = None) -> int:
    """Count, print, and record if that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.instructions", description=__doc__)
    parser.add_argument("--update", action="store_true", help=f"record the ratios of this Python in {FILE.name}")
    options = parser.parse_args(arguments)
    if missing():
        parser.error(f"{' and '.join(missing())} not found: apt-get install valgrind")
    rows = compared(count(MODULE), read())
    print(f"{build()}\n\n{table(rows)}")
    if options.update:
        write(rows)
        return 0
    return 1 if any(row.verdict == "risen" for row in rows) else 0


def table(rows: Sequence[Row]) -> str:
    """The rows as a table of Markdown."""
    lines = [
        "| path | instructions | beside | instructions | ratio | recorded | verdict |",
        "|---|---:|---|---:|---:|---:|---|",
    ]
    for row in rows:
        before = "" if row.recorded is None else f"{row.recorded:.3f}"
        lines.append(
            f"| {row.path.subject} | {row.instructions:,.0f} | {row.path.floor} | {row.floor:,.0f}"
            f" | {row.ratio:.3f} | {before} | {row.verdict} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
