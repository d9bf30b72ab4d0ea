"""The benchmarks run, and their figures are what they say. How fast anything is, is no matter here."""

import importlib
import json
import math
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[1]

PEERS = {
    "pydantic model_validate": "pydantic",
    "hydra instantiate": "hydra",
    "fvcore registry.get(name)": "fvcore",
    "class-registry get_class(name)": "class_registry",
    "PyYAML CSafeLoader, no locations": "yaml",
    "PyYAML CSafeLoader, nodes with marks and values": "yaml",
    "redis-py get(name)": "redis",
}
REDIS = {"redis GET", "redis-py get(name)", "redis SET, appendfsync always"}
"""Measured only where there is a server."""
TARGETS = {
    "Build ten nested objects": [3, None, 1.2, 0.01, 1.5, None],
    "Look up a name": [1.3, 1.3, 1, 1, 1, 1],
    "Load YAML of 40 lines": [1.2, None, None, None],
    "Load YAML of 10,002 lines": [1.2, None, None, None],
    "Start a process: CPU time": [1.5],
    "Start a process: wall time": [1.5],
    "Start a process: CPU time beyond that of a bare interpreter": [1.5],
    "Start a process with plugins: CPU time": [1, 1, None, None, None, None, None],
    "Look up a name that is shared": [1.3, None],
    "Read from a server: 32 connections": [1, None],
    "Read from a server: one blocking call": [1.2, None, None],
    "Read from a server: 1,000 records at once": [18, None],
    "Write durably: 32 writers": [1 / 5, None, None, 1 / 1.5, None, 1 / 0.6, None],
    "Write durably: 1,000 records at once": [70, None],
    "Watch a server": [1.1, 25],
}
SCALE_TARGETS = {
    "Share many entries: time for each": [1] * 5,
    "Share many entries: memory for each, beside its record": [1] * 6,
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what a very short run writes."""
    folder = tmp_path_factory.mktemp("benchmarks")
    command = [sys.executable, "-m", "benchmarks", "--rounds", "3", "--seconds", "0.0001"]
    files = ["--markdown", str(folder / "results.md"), "--json", str(folder / "results.json")]
    result = subprocess.run([*command, *files], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture(scope="module")
def scaled(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The rows of many entries, with a thousand of them and ten thousand."""
    file = tmp_path_factory.mktemp("scale") / "scale.json"
    command = [
        sys.executable,
        "-m",
        "benchmarks",
        "scale",
        "--sizes",
        "1000,10000",
        "--rounds",
        "1",
        "--json",
        str(file),
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(file.read_text())["rows"]
    return found


@pytest.fixture(scope="module")
def rows(written: Path) -> list[dict[str, Any]]:
    """The rows of that run."""
    found: list[dict[str, Any]] = json.loads((written / "results.json").read_text())["rows"]
    return found


def benchmark(module: str) -> ModuleType:
    """A module of the benchmarks, which are no part of the installed library."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        return importlib.import_module(f"benchmarks.{module}")


def test_every_target_has_its_row(rows: list[dict[str, Any]]) -> None:
    found: dict[str, list[float | None]] = {}
    for row in rows:
        found.setdefault(row["group"], []).append(row["target"])
    assert found == TARGETS


def test_what_many_entries_take_has_a_row_for_each_step_and_each_process(scaled: list[dict[str, Any]]) -> None:
    found: dict[str, list[float | None]] = {}
    for row in scaled:
        found.setdefault(row["group"], []).append(row["target"])
    assert found == SCALE_TARGETS
    assert all(row["verdict"] in ("met", "missed", "within noise") for row in scaled)
    memory = [row for row in scaled if row["unit"] == "B"]
    assert all(row["peer_seconds"] == 400 for row in memory)


@pytest.mark.parametrize(
    ("slower", "fatter", "verdicts"),
    [(1, 0, ["met", "met"]), (1.5, 0, ["missed", "met"]), (1, 200, ["met", "missed"])],
)
def test_what_grows_with_the_number_of_entries_misses_its_target(
    slower: float, fatter: int, verdicts: list[str]
) -> None:
    scale, compare = benchmark("sharing.scale"), benchmark("ratios").compare

    def figures(size: int, slower: float = 1) -> Any:
        seconds = dict.fromkeys(scale.STEPS, 0.5 + 2e-6 * size * slower)
        held = dict.fromkeys(scale.HOLDERS, 40_000_000 + (1000 + 300 + fatter) * size)
        return scale.Figures(seconds, held, 1000 * size)

    samples: dict[str, list[float]] = {}
    scale._add(samples, figures(10_000), figures(0), 10_000)
    scale._add(samples, figures(1_000_000, slower), figures(0), 1_000_000)
    few, many = (scale._title(scale.LOADED, size) for size in (10_000, 1_000_000))
    held = scale._title(scale.CLIENT, 1_000_000)
    time = compare("time", many, few, {name: [round(value, 12) for value in samples[name]] for name in (many, few)}, 1)
    memory = compare("memory", held, scale.BOUND, scale._bounded(samples, held), 1, unit="B")
    assert [time.verdict, memory.verdict] == verdicts


def test_every_row_of_what_is_installed_is_a_ratio_inside_its_interval(rows: list[dict[str, Any]]) -> None:
    measured = [row for row in rows if row["verdict"] != "not installed"]
    assert measured
    for row in measured:
        assert row["seconds"] > 0
        assert row["best"] == row["seconds"] / row["peer_seconds"]
        assert 0 < row["low"] <= row["ratio"] <= row["high"] < math.inf
        assert row["verdict"] in (["met", "missed", "within noise"] if row["target"] else ["no target"])


def test_a_row_is_left_empty_exactly_when_its_peer_is_missing(rows: list[dict[str, Any]]) -> None:
    missing = {peer for peer, module in PEERS.items() if find_spec(module) is None}
    if which("redis-server") is None:
        missing |= REDIS
    assert {row["peer"] for row in rows if row["verdict"] == "not installed"} == missing
    assert all(row["ratio"] is None for row in rows if row["peer"] in missing)


def test_the_table_shows_every_row(written: Path, rows: list[dict[str, Any]]) -> None:
    shown = (written / "results.md").read_text()
    assert all(f"| `{row['subject']}` | {row['peer']} |" in shown for row in rows)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=60))
def test_the_interval_holds_the_median_and_is_made_of_observed_values(values: list[float]) -> None:
    low, high = benchmark("ratios").interval(values)
    ordered = sorted(values)
    assert low in values
    assert high in values
    assert low <= ordered[(len(values) - 1) // 2] <= ordered[len(values) // 2] <= high


def test_the_interval_is_that_of_the_binomial_distribution() -> None:
    # the tables of the sign test: of 25 observations the 8th and the 18th, of 41 the 14th and the 28th
    interval = benchmark("ratios").interval
    assert interval([float(n) for n in range(1, 26)]) == (8, 18)
    assert interval([float(n) for n in range(1, 42)]) == (14, 28)


@pytest.mark.parametrize(
    ("low", "high", "target", "verdict"),
    [
        (0.9, 1.2, 1.2, "met"),
        (1.1, 1.3, 1.2, "within noise"),
        (1.3, 1.4, 1.2, "missed"),
        (1.3, 1.4, None, "no target"),
    ],
)
def test_a_verdict_compares_the_whole_interval(low: float, high: float, target: float | None, verdict: str) -> None:
    assert benchmark("ratios").verdict(low, high, target) == verdict


def test_a_peer_that_was_not_measured_leaves_a_row() -> None:
    row = benchmark("ratios").compare("group", "ours", "theirs", {"ours": [1.0]}, target=2)
    assert (row.verdict, row.ratio, row.target) == ("not installed", None, 2)


def test_a_group_that_is_not_there_is_refused() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks", "speed"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "There is no group speed." in result.stderr
