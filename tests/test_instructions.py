"""The hot paths take as many machine instructions beside their floors as was recorded. Times are no matter here."""

import importlib
import json
import warnings
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]

SUPPORTED = ("3.11", "3.12", "3.13")
RENEW = "Renew the record with python -m benchmarks.instructions --update"

Counts = dict[str, float]


def imported(module: str) -> Any:
    """A module of the benchmarks, which are no part of the installed library, or one that needs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        return importlib.import_module(module)


counting, paths, record = (imported(f"benchmarks.instructions.{name}") for name in ("counting", "paths", "record"))
slower = imported("slower_registry")
LOOK_UP = paths.PATHS[0]


@pytest.fixture(scope="module")
def counts() -> Counts:
    """What callgrind counts of every contender and of every twin that does needlessly more."""
    if counting.missing():
        pytest.skip(f"{' and '.join(counting.missing())} not found: apt-get install valgrind")
    found: Counts = counting.count("slower_registry")
    return found


@pytest.mark.filterwarnings(f"default:{RENEW}")  # that something has become cheaper is good news, and no failure
@pytest.mark.parametrize("path", paths.PATHS, ids=lambda path: path.subject)
def test_a_hot_path_has_not_become_longer(path: Any, counts: Counts) -> None:
    (row,) = (row for row in record.compared(counts, record.read()) if row.path is path)
    if row.verdict in ("fallen", "not recorded"):
        warnings.warn(f"{RENEW}: {row}", stacklevel=1)
    assert row.verdict != "risen", f"{row}. {RENEW} if that has to be."


@pytest.mark.parametrize("twin", slower.TWINS)
def test_what_is_needlessly_done_is_noticed(twin: str, counts: Counts) -> None:
    subject = slower.TWINS[twin][0]
    before = {row.path.subject: row.ratio for row in record.compared(counts, {})}
    recorded = {record.version(): {"build": record.build(), "ratios": before}}
    rows = record.compared({**counts, subject: counts[twin]}, recorded)
    assert [row.path.subject for row in rows if row.verdict == "risen"] == [subject]


def test_every_path_is_recorded_for_every_python() -> None:
    recorded = record.read()
    for version in SUPPORTED:
        assert list(recorded[version]["ratios"]) == [path.subject for path in paths.PATHS]


def test_every_path_and_every_floor_can_be_counted() -> None:
    named = {name for path in paths.PATHS for name in (path.subject, path.floor)}
    assert named == set(paths.CONTENDERS)


def compared(ratio: float, build: str = "this one", before: float | None = 2.0) -> Any:
    """The row of a path that was counted, beside what one Python recorded of it."""
    ratios = {} if before is None else {LOOK_UP.subject: before}
    recorded = {record.version(): {"build": "this one", "ratios": ratios}}
    (row,) = record.compared({LOOK_UP.subject: 100 * ratio, LOOK_UP.floor: 100}, recorded, build)
    return row


@pytest.mark.parametrize(
    ("ratio", "verdict"), [(2.0, "as recorded"), (2.05, "as recorded"), (2.07, "risen"), (1.9, "fallen")]
)
def test_a_ratio_may_be_a_little_off(ratio: float, verdict: str) -> None:
    assert compared(ratio).verdict == verdict


@pytest.mark.parametrize(("ratio", "verdict"), [(2.3, "as recorded"), (2.5, "risen"), (1.6, "fallen")])
def test_it_may_be_off_further_where_python_was_built_otherwise(ratio: float, verdict: str) -> None:
    assert compared(ratio, build="another one").verdict == verdict


def test_what_was_never_recorded_is_not_judged() -> None:
    assert compared(2.0, before=None).verdict == "not recorded"
    assert record.compared({}, record.read()) == []


def test_what_is_recorded_for_one_python_leaves_the_others(tmp_path: Path) -> None:
    file = tmp_path / "instructions.json"
    file.write_text('{"3.10": {"build": "old", "ratios": {}}}')
    record.write([compared(2.5)], file)
    written = {"build": record.build(), "ratios": {LOOK_UP.subject: 2.5}}
    assert json.loads(file.read_text()) == {"3.10": {"build": "old", "ratios": {}}, record.version(): written}


def test_a_verdict_says_what_was_counted() -> None:
    counted = f"risen: 250 instructions, 2.500 times those of {LOOK_UP.floor}, 2.000 before (it may rise by 3%)"
    assert str(compared(2.5)) == f"{LOOK_UP.subject}: {counted}"


def test_what_fails_while_it_is_counted_says_why() -> None:
    if counting.missing():
        pytest.skip(f"{' and '.join(counting.missing())} not found: apt-get install valgrind")
    with pytest.raises(OSError, match="ZeroDivisionError"):
        counting.count(imported("failing_contender").__name__)
