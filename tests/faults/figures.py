"""What the tests of faults counted, as one table at the end of a long run.

A pytest plugin: figures travel as properties of a test's report, so also from the workers of pytest-xdist.
"""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

PREFIX = "figure: "

WRITE_TO = "REGISTRY_RELIABILITY"
"""A folder for `reliability.json`, where a long run writes its figures."""

Figure = Callable[..., None]

SLOWEST = ("slowest", "longest")
"""A figure whose name begins like this is the largest of all tests, any other one their sum."""


def recorder(record_property: Callable[[str, object], None]) -> Figure:
    """A function that notes figures of the running test: `figure("SIGKILLs of a server", 8)`."""

    def figure(name: str, value: float) -> None:
        record_property(PREFIX + name, value)

    return figure


def collected(reports: Iterable[Any]) -> dict[str, float]:
    """The figures of all reports, in the order in which they first came."""
    found: dict[str, float] = {}
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name.startswith(PREFIX):
                key = name.removeprefix(PREFIX)
                held = found.get(key, 0)
                found[key] = max(held, value) if key.startswith(SLOWEST) else held + value
    return found


def table(figures: dict[str, float]) -> str:
    """The figures in Markdown."""
    rows = [f"| {name} | {_shown(value)} |" for name, value in figures.items()]
    return "\n".join(["| measured | |", "|---|---:|", *rows])


def _shown(value: float) -> str:
    return f"{value:,.2f} s" if isinstance(value, float) else f"{value:,}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table after a long run, and write it where the environment says."""
    reports = [report for name in ("passed", "failed") for report in terminalreporter.stats.get(name, ())]
    figures = collected(reports)
    if not figures or "soak" not in (config.option.markexpr or "").replace("not soak", ""):
        return
    terminalreporter.section("reliability")
    terminalreporter.write_line(table(figures))
    folder = os.environ.get(WRITE_TO)
    if folder:
        Path(folder, "reliability.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
