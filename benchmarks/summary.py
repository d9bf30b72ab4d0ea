"""The figures in the README, out of results.json: `python -m benchmarks.summary` writes them there anew."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.report import ratio

ROOT = Path(__file__).parents[1]
README, RESULTS = ROOT / "README.md", ROOT / "benchmarks" / "results.json"
BEGIN, END = "<!-- speed -->\n", "<!-- /speed -->\n"

TOLD: Mapping[str, str] = {
    "Look up a name among 1,000": "`registry[name]`, 1,000 entries",
    "Miss a name among 100,000": "a name that 100,000 others are not",
    "Register functions by a decorator: time for each": "`@registry.register`",
    "Build ten nested objects": "ten nested objects, checked",
    "Build 10,000 objects: time for each": "10,000 objects, checked",
    "Check forty real configs": "`registry.check` of forty real configs",
    "Load YAML of 10,000 lines": "10,000 lines of YAML, with locations",
    "Start a process: CPU time beyond that of a bare interpreter": "import, and the first registry",
    "Import, register and build ten nested objects in a new process: CPU time": "the first build of a new process",
    "Look up a name that is shared": "`registry[name]`, shared through a server",
    "Read from a server: 32 connections": "a read from a server, 32 connections",
    "Write durably: 32 writers": "durable writes of 32 writers",
    "Watch a server": "a write, until its watchers have it",
}
"""What the README calls the groups of which it tells every row that has a target."""


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows that have a target, of the groups that are told."""
    lines = ["| | | beside | ratio (95 %) | target | |", "|---|---|---|--:|--:|---|"]
    for row in rows:
        if row["group"] in TOLD and row["target"] is not None and row["ratio"] is not None:
            measured = f"{ratio(row['ratio'])} ({ratio(row['low'])} to {ratio(row['high'])})"
            target = f"≤ {row['target']:.3g}"
            cells = [TOLD[row["group"]], row["subject"], row["peer"], measured, target, row["verdict"]]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Put the table into the README."""
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))["rows"]
    text = README.read_text(encoding="utf-8")
    pattern = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    README.write_text(pattern.sub(lambda _: f"{BEGIN}\n{table(rows)}\n{END}", text), encoding="utf-8")


if __name__ == "__main__":
    main()
