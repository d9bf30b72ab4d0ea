"""The benchmarks run, and their figures are what they say. How fast anything is, is no matter here."""

import importlib
import json
import math
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from time import sleep
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[1]

LARGEST = 20
REDIS = {"redis GET", "redis-py get(name)", "redis SET, appendfsync always"}
"""Measured only where there is a server."""
RAPIDFUZZ = {"rapidfuzz.process.extract", "rapidfuzz.process.extract with our distance and its limit"}
FIRST_BUILD = {
    "cattrs structure": 1.3,
    "confection registry.resolve": 1,
    "hydra instantiate": 1,
    "jsonargparse parse_object and instantiate": 1,
    "pydantic model_validate": 1,
}
BUILD = {
    "calls written by hand, values from the config": 2.5,
    "calls written by hand": 1.2,
    "hydra instantiate": 1 / 200,
    "pydantic model_validate": 1,
}
SCHEMA = {"inspect.signature and get_type_hints": 1.5}
TARGETS = {
    "Look up a name among 20": {
        "a class with __getitem__ over a dict": 1.15,
        "a class with __getitem__ over that Backend": 1.15,
        "catalogue": 1,
        "class-registry": 1,
        "confection": 1,
        "fvcore": 1,
        "gin": 1,
        "hydra ConfigStore": 1,
        "hydra-zen store": 1,
        "mmengine": 1,
        "stevedore": 1,
    },
    "Miss a name among 20": {"a dict: a miss, raised and caught": 2, "rapidfuzz.process.extract": 2},
    "Register functions by a decorator: time for each": {"catalogue": 4},
    "Start a process: CPU time": {"import attrs": 1.4},
    "Start a process: wall time": {"import attrs": 1.4},
    "Start a process: CPU time beyond that of a bare interpreter": {"import attrs": 1.4},
    "Import, register and build ten nested objects in a new process: CPU time": FIRST_BUILD,
    "Import, register and build ten nested objects in a new process: wall time": FIRST_BUILD,
    "Import, register and build ten nested objects in a new process:"
    " CPU time beyond that of calls written by hand": FIRST_BUILD,
    "Build ten nested objects": BUILD,
    "Build 20 objects: time for each": BUILD,
    "Check forty real configs": {"a walk written by hand: names, keys, classes": 2},
    "Load YAML of 40 lines": {"PyYAML CSafeLoader, no locations": 1.2},
    "Load YAML of 22 lines": {"PyYAML CSafeLoader, no locations": 0.8, "ruamel.yaml round-trip loader": 1 / 15},
    "Read what a class takes: scikit-learn": SCHEMA,
    "Read what a class takes: the standard library": SCHEMA,
    "Read what a class takes: annotated libraries": SCHEMA,
    "Grow: how many times what a dict of the same size takes": {
        "registry[name], 20 entries": 1.2,
        "registry.build(config), 20 entries": 1.2,
        "registry[name] of a live mirror, 20 entries": 1.2,
    },
    "Start a process with plugins: CPU time": {"import, 0 plugins installed": 1},
    "Look up a name that is shared": {"registry[name], MemoryBackend": 1.3},
    "Read from a server: 32 connections": {"aiohttp Application, one handler, the same bytes": 1},
    "Read from a server: one blocking call": {"http.client from the bare aiohttp Application": 1.2},
    "Read from a server: 1,000 records at once": {"GET of one record, as bytes": 18},
    "Write durably: 1,000 records at once": {"POST set": 70},
    "Watch a server": {"until the writer has the answer": 1.1, "until the only watcher has it": 25},
}
WRITES = [
    ("SQLiteStore.submit, 32 tasks", "sqlite3, log and table, a commit each", 1 / 5),
    ("POST set, 32 connections", "sqlite3, log and table, a commit each", 1 / 1.5),
    ("POST set, 32 connections", "the same server over a MemoryStore", 1 / 0.6),
]
"""Beside one peer there are two targets."""
SCALE_TARGETS = {
    "Share many entries: time for each": [1] * 5,
    "Share many entries: memory for each, beside its record": [1] * 6,
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what a very short run writes."""
    folder = tmp_path_factory.mktemp("benchmarks")
    command = [sys.executable, "-m", "benchmarks", "--rounds", "1", "--seconds", "0.0001"]
    files = ["--markdown", str(folder / "results.md"), "--json", str(folder / "results.json"), "--plots", str(folder)]
    result = subprocess.run([*command, "--largest", str(LARGEST), *files], cwd=ROOT, capture_output=True, text=True)
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
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if row["target"] is not None and row["group"] != "Write durably: 32 writers":
            found.setdefault(row["group"], {})[row["peer"]] = row["target"]
    assert found == TARGETS
    writes = [row for row in rows if row["group"] == "Write durably: 32 writers" and row["target"] is not None]
    assert [(row["subject"], row["peer"], row["target"]) for row in writes] == WRITES


@pytest.mark.parametrize("title", ["calls written by hand", "calls written by hand, values from the config"])
@pytest.mark.parametrize("shape", ["flat", "nested", "many"])
def test_the_floors_build_what_the_registry_builds(title: str, shape: str) -> None:
    nested, building = benchmark("nested"), benchmark("building")
    config = {"flat": nested.FLAT, "nested": nested.CONFIG, "many": nested.bag(LARGEST)}[shape]
    builders = {**benchmark("peers.hand").BUILDERS, **benchmark("peers.ours").BUILDERS}
    by_hand, ours = (building.checked(name, builders[name], config) for name in (title, "registry.build(config)"))
    assert nested.described(by_hand()) == nested.described(ours()) == config


def test_a_builder_that_builds_something_else_is_not_timed() -> None:
    nested, building = benchmark("nested"), benchmark("building")
    shortened = {**nested.CONFIG, "callbacks": nested.CONFIG["callbacks"][1:]}
    builder = benchmark("peers.hand").BUILDERS["calls written by hand, values from the config"]
    cheat = builder._replace(prepare=lambda config: builder.prepare(shortened))
    with pytest.raises(AssertionError, match="cheat built something else"):
        building.checked("cheat", cheat, nested.CONFIG)


@pytest.mark.parametrize("spoil", ["_unknown_name", "_unknown_key", "_wrong_class"])
def test_a_check_that_overlooks_mistakes_is_not_timed(spoil: str, monkeypatch: pytest.MonkeyPatch) -> None:
    checking, detectors = benchmark("checking"), benchmark("detectors")
    name, config = next(iter(detectors.load().items()))
    walk = detectors.Walk(detectors.classes_of({name: config}))
    checking.prove(walk.check, {name: config})
    monkeypatch.setattr(checking, spoil, lambda nodes: None)  # a mistake that is none is overlooked by every check
    with pytest.raises(AssertionError, match="is not found"):
        checking.prove(walk.check, {name: config})


def test_a_registry_that_gives_back_something_else_is_not_timed() -> None:
    stores, names = benchmark("stores"), benchmark("peers.hand").NAMES["a dict"]
    entries = benchmark("artifacts").make(3)
    assert stores.fill({"a dict": names}, entries)["a dict"].found == entries
    with pytest.raises(AssertionError, match="a dict does not give back what was registered"):
        stores.fill({"a dict": names._replace(register="found[name] = print")}, entries)


def test_every_name_is_another_and_a_misspelt_one_is_none() -> None:
    artifacts = benchmark("artifacts")
    names = {artifacts.name_of(number) for number in range(300_000)}
    assert len(names) == 300_000
    assert not names & {artifacts.misspelt(name) for name in list(names)[:1000]}


def test_a_slow_contender_sits_rounds_out_and_leaves_a_ratio() -> None:
    timing, compare = benchmark("timing"), benchmark("ratios").compare
    effort = timing.Effort(rounds=15, seconds=0.00002)
    contenders = {"slow": timing.repeated(lambda: sleep(0.02)), "quick": timing.repeated(int)}
    samples = timing.interleave(contenders, effort)
    assert sum(not math.isnan(seconds) for seconds in samples["slow"]) == timing.FEWEST
    assert not any(map(math.isnan, samples["quick"]))
    assert compare("group", "slow", "quick", samples, target=1).verdict == "missed"


def test_a_picture_is_drawn_of_each_group(written: Path) -> None:
    drawn = {file.stem for file in written.glob("*.svg")}
    assert {"build", "cold-start", "import", "memory", "registration", "schema"} <= drawn
    for file in written.glob("*.svg"):
        ElementTree.parse(file)


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
    peers = benchmark("peers.all")
    offers = (peers.importable(), peers.names(), peers.builders(), peers.loaders(), peers.schemas())
    missing = {title for offered in offers for title, offer in offered.items() if offer is None}
    if find_spec("rapidfuzz") is None:
        missing |= RAPIDFUZZ
    if which("redis-server") is None or find_spec("redis") is None:
        missing |= REDIS
    assert {row["peer"] for row in rows if row["verdict"] == "not installed"} == missing & {row["peer"] for row in rows}
    assert all(row["ratio"] is None for row in rows if row["peer"] in missing)


def test_a_peer_is_installed_exactly_when_all_that_it_needs_is_there() -> None:
    peers, hydra = benchmark("peers.all"), benchmark("peers.hydra")
    gone = ModuleType("gone")
    gone.__dict__.update(MODULES=("json", "not_to_be_found"), NAMES={})
    assert peers.is_installed(benchmark("peers.hand"))
    assert not peers.is_installed(gone)
    assert peers.is_installed(hydra) == all(find_spec(module) is not None for module in hydra.MODULES)


def test_the_table_shows_every_row(written: Path, rows: list[dict[str, Any]]) -> None:
    shown = (written / "results.md").read_text()
    assert all(f"| `{row['subject']}` | {row['peer']}" in shown for row in rows)


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
