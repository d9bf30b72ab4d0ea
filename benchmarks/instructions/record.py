"""The ratios that were counted before, and what they say about those that are counted now."""

import json
import platform
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import attrs

from benchmarks.instructions.paths import PATHS, HotPath

FILE = Path(__file__).parents[1] / "instructions.json"

ELSEWHERE = 0.2
"""The least tolerance where Python was built otherwise than where the record was made. A compiler that was told to
optimize more makes subjects and floors cheaper by different parts: 14 % apart at most, for CPython 3.11."""

Verdict = Literal["risen", "fallen", "as recorded", "not recorded"]


@attrs.frozen
class Row:
    """One hot path as it was counted now, beside what was counted before.

    Attributes:
        path: The hot path.
        instructions: Of one operation.
        floor: Of one operation of its floor.
        recorded: The ratio of both as it was; None if none was recorded.
        tolerance: By which part the ratio may rise.
    """

    path: HotPath
    instructions: float
    floor: float
    recorded: float | None
    tolerance: float

    @property
    def ratio(self) -> float:
        """How many times as many instructions as the floor it takes."""
        return self.instructions / self.floor

    @property
    def verdict(self) -> Verdict:
        """What is to be said of it."""
        if self.recorded is None:
            return "not recorded"
        if self.ratio > self.recorded * (1 + self.tolerance):
            return "risen"
        return "fallen" if self.ratio < self.recorded / (1 + self.tolerance) else "as recorded"

    def __str__(self) -> str:
        before = "" if self.recorded is None else f", {self.recorded:.3f} before (it may rise by {self.tolerance:.0%})"
        count = f"{self.instructions:,.0f} instructions, {self.ratio:.3f} times those of {self.path.floor}"
        return f"{self.path.subject}: {self.verdict}: {count}{before}"


def version() -> str:
    """The version of Python for which is recorded; all its releases have much the same interpreter."""
    return ".".join(platform.python_version_tuple()[:2])


def build() -> str:
    """How this Python was made, as far as it changes how many instructions it executes."""
    given = str(sysconfig.get_config_var("CONFIG_ARGS"))
    options = [option for option in ("--enable-optimizations", "--with-lto", "--with-pydebug") if option in given]
    made = f"{platform.python_implementation()} {platform.python_version()}", platform.python_compiler()
    return ", ".join([*made, platform.machine(), *options])


def read(file: Path = FILE) -> dict[str, Any]:
    """What was recorded, by versions of Python."""
    recorded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return recorded


def compared(counts: Mapping[str, float], recorded: Mapping[str, Any], here: str | None = None) -> list[Row]:
    """Each hot path that was counted beside what was recorded for this version of Python.

    Args:
        counts: Instructions per operation.
        recorded: As `read` gives it.
        here: How this Python was made, if it is another one.
    """
    mine = recorded.get(version(), {"build": None, "ratios": {}})
    elsewhere = mine["build"] != (build() if here is None else here)
    return [
        Row(
            path,
            counts[path.subject],
            counts[path.floor],
            mine["ratios"].get(path.subject),
            max(path.tolerance, ELSEWHERE) if elsewhere else path.tolerance,
        )
        for path in PATHS
        if path.subject in counts and path.floor in counts
    ]


def write(rows: list[Row], file: Path = FILE) -> None:
    """Record what was counted, for this version of Python."""
    ratios = {row.path.subject: round(row.ratio, 4) for row in rows}
    recorded = {**read(file), version(): {"build": build(), "ratios": ratios}}
    file.write_text(json.dumps(dict(sorted(recorded.items())), indent=2) + "\n", encoding="utf-8")
