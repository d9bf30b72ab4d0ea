"""The benchmark of servers over a cluster runs, and its model is arithmetic that holds. How fast anything is, is no
matter here.
"""

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[1]
PAGE = 4000
TABLES = (
    "What breaks first",
    "The model, and a run that it does not know",
    "Reads over SQLite and over etcd",
    "Servers",
    "Namespaces",
    "Entries and clients",
)


def benchmark(module: str) -> ModuleType:
    """A module of the benchmarks, which are no part of the installed library."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        return importlib.import_module(f"benchmarks.cluster.{module}")


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a run measures that is as short as it can be, over one member."""
    main = benchmark("__main__")
    short = main.Effort(
        members=1,
        reads=0,
        servers=(1,),
        namespaces=(3,),
        shared=60,
        entries=(50, 100, 200),
        crowds=((0, 3), (), (6,)),
        times=10,
        told=5,
        rounds=1,
        seconds=0.3,
    )
    return main.measured(short, tmp_path_factory.mktemp("cluster"))


def test_every_table_comes_out_with_a_row_for_each_measurement(figures: Any) -> None:
    text = benchmark("report").markdown(figures)
    sections = {part.partition("\n")[0]: part for part in text.split("\n## ")[1:]}
    assert tuple(sections) == TABLES
    assert all(section.count("| --") for section in sections.values())
    assert "| any | not measured |" in sections["Reads over SQLite and over etcd"]
    assert all(f"\n| {entries} | " in sections["Entries and clients"] for entries in (50, 100, 200))
    assert "| 1 server |" in sections["Servers"]
    assert "| 3 namespaces |" in sections["Namespaces"]


def test_what_is_measured_is_what_happened(figures: Any) -> None:
    (one,), (listed,) = figures.servers, figures.namespaces
    assert min(one.write_etcd, one.write_server, one.read_server, one.memory_server, one.memory_etcd) > 0
    assert (listed.namespaces, listed.entries) == (3, 60)
    assert listed.start_requests >= 3  # one for each namespace at least
    assert [crowd.files - crowd.watchers for crowd in figures.crowds] == [figures.crowds[0].files] * 3
    assert all(1000 < size.snapshot_bytes / size.entries < 1300 for size in figures.sizes)


def test_the_figures_are_written_as_json(figures: Any) -> None:
    written = json.loads(benchmark("__main__").as_json(figures))
    assert {row["what"] for row in written["breaks"]} >= {"etcd's database", "open files of a server"}
    assert len(written["checked"]) == len(figures.checked)


def sizes(*entries: int, walk: float = 2e-7, square: float = 0.0) -> list[Any]:
    """Measurements of what costs just what the model says, or more by a square of its own."""
    made = benchmark("growth").Size
    return [
        made(
            entries=count,
            in_use=1000 + 1200 * count,
            memory_etcd=50_000_000 + 3000 * count,
            memory_server=40_000_000 + 1400 * count,
            peak_server=40_000_000 + 2500 * count,
            start_server=0.5 + 2e-5 * count,
            start_etcd=0.1 + 1e-5 * count + walk * count * (count + PAGE) / (2 * PAGE) + square * count**2,
            start_wall=1.0,
            page_etcd=1e-3 + walk * count,
            snapshot_server=3e-6 * count,
            snapshot_bytes=1100 * count,
        )
        for count in entries
    ]


def crowds(*watchers: int, entries: int = 10_000) -> list[Any]:
    """Measurements of clients, likewise."""
    made = benchmark("growth").Crowd
    return [
        made(
            entries=entries,
            watchers=count,
            memory_server=40_000_000 + 1400 * entries + 20_000 * count,
            idle_server=1e-3 + 1e-5 * count,
            write_server=1e-3 + 8e-6 * count,
            write_etcd=3e-3,
            write_bytes=1500,
            files=20 + count,
        )
        for count in watchers
    ]


def lists(namespaces: int, entries: int) -> Any:
    """The measurement of a list of namespaces, likewise."""
    told = max(1.0, 1000 * namespaces / entries)  # by a page of 1,000 keys
    pages = max(1.0, namespaces / told)
    taken = pages * 2e-3 + 2e-7 * entries * (pages + 1) / 2
    made = benchmark("namespaces").Namespaces
    return made(namespaces, entries, *[1.0] * 10, taken, 1.0)


def model(**given: Any) -> Any:
    """The model of such measurements."""
    grown = sizes(10_000, 50_000, 100_000, **given)
    return benchmark("model").fitted(grown, crowds(0, 50, 200), lists(1, 20_000), PAGE)


def checked(made: Any, **given: Any) -> dict[str, float]:
    """How far a prediction is off, by what is predicted."""
    (size,), (crowd,) = sizes(300_000, **given), crowds(500, entries=300_000)
    found = benchmark("model").checked(made, size, crowd, [lists(100, 20_000)])
    return {one.what: one.error for one in found}


def test_what_grows_as_the_model_says_is_predicted() -> None:
    assert checked(model()) == pytest.approx(dict.fromkeys(checked(model()), 0.0), abs=1e-6)


def test_what_grows_otherwise_is_not_predicted() -> None:
    start = "a server until it is ready: etcd"
    errors = checked(model(square=1e-10), square=1e-10)
    assert errors[start] < -0.2
    assert {what for what, error in errors.items() if abs(error) > 1e-6} == {start}


@given(st.floats(2, 1e5), st.sampled_from([0.0, 2e-7]))
def test_a_server_with_that_many_entries_starts_within_these_seconds(seconds: float, walk: float) -> None:
    made = model(walk=walk)
    assert made.starting(made.starts_within(seconds)) == pytest.approx(seconds, rel=1e-6)


@given(st.floats(100, 1e6), st.sampled_from([1, 100, 10_000]))
def test_that_many_entries_are_listed_within_these_seconds(seconds: float, namespaces: int) -> None:
    made = model()
    assert made.listing(made.lists_within(seconds, namespaces), namespaces) == pytest.approx(seconds, rel=1e-2)


def test_what_does_not_grow_never_ends_and_what_is_full_already_ends_at_nothing() -> None:
    line = benchmark("model").Line
    assert line(5.0, 0.0).reaches(10.0) == float("inf")
    assert line(5.0, 1.0).reaches(4.0) == 0.0
    assert line(5.0, 2.0).reaches(10.0) == 2.5


def test_a_run_in_which_noise_hides_all_growth_makes_a_model_in_which_nothing_breaks_of_it() -> None:
    grown = sizes(100, 100, 100)
    flat = [attrs.evolve(size, entries=count) for size, count in zip(grown, (100, 200, 300), strict=True)]
    quiet = [attrs.evolve(crowd, watchers=count) for crowd, count in zip(crowds(5, 5), (0, 9), strict=True)]
    made = benchmark("model").fitted(flat, quiet, lists(1, 100), PAGE)
    found = benchmark("breaking").breaks(made)
    assert {one.figure for one in found if one.unit == "entries"} == {float("inf")}
    assert all("any number" in row for row in benchmark("report")._breaks(found) if " entries |" in row)


def test_what_breaks_is_told_in_the_order_in_which_it_does() -> None:
    found = benchmark("breaking").breaks(model())
    assert [one.share for one in found] == sorted(one.share for one in found)
    quota = next(one for one in found if one.limit.startswith("2.0 GiB"))
    assert quota.figure == pytest.approx(((2 << 30) - 1000) / 1200)
    assert quota.share == quota.figure / 10_000_000
    clients = {one.what: one.figure for one in found if one.unit == "clients"}
    assert clients["open files of a server"] == 1024 - 20
    assert clients["100 writes a second told to all clients of one server"] == pytest.approx((0.01 - 1e-3) / 8e-6)


def test_the_quota_holds_as_many_writes_as_are_kept_for_an_hour() -> None:
    rooms = {(room.entries, room.quota): room.writes for room in benchmark("breaking").rooms(model())}
    left = (2 << 30) - 1000 - 1200 * 100_000
    assert rooms[100_000, 2 << 30] == pytest.approx(left / 1500 / 3600)
    assert rooms[10_000_000, 8 << 30] == 0.0
