"""Loading YAML so that every value can be located."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.nested import CONFIG
from benchmarks.peers import pyyaml, ruamel
from benchmarks.peers.abilities import Load
from benchmarks.peers.all import loaders
from benchmarks.ratios import Row, compare
from benchmarks.timing import Effort, Run, interleave, repeated
from registry.config import load_file
from registry.document import Document

LOAD = "load_file(file)"
ONE = "load_file(file), one location asked for"
ALL = "load_file(file), every location asked for"

LINES = 10_000


def measure(effort: Effort) -> list[Row]:
    """The rows of this group."""
    rows: list[Row] = []
    with TemporaryDirectory() as folder:
        large = Path(folder, "large.yaml")
        items = min(LINES, effort.largest) // 4
        large.write_text("_type: Bag\nitems:\n" + "".join(map(_item, range(items))), encoding="utf-8")
        rows += _rows(Path(__file__).with_name("nested.yaml"), effort)
        rows += _rows(large, effort, plain=0.8, round_trip=1 / 15)
    return rows


def _rows(file: Path, effort: Effort, plain: float | None = None, round_trip: float | None = None) -> list[Row]:
    offered = loaders()
    contenders = _contenders(str(file), {title: load for title, load in offered.items() if load is not None})
    samples = interleave(contenders, effort)
    lines = file.read_text(encoding="utf-8").count("\n")
    group = f"Load YAML of {lines:,} lines"
    others = [title for title in offered if title not in (pyyaml.PLAIN, pyyaml.MARKED, ruamel.ROUND_TRIP)]
    return [
        compare(group, LOAD, pyyaml.PLAIN, samples, target=plain or 1.2),
        compare(group, ONE, pyyaml.PLAIN, samples, target=plain),
        compare(group, ALL, pyyaml.PLAIN, samples),
        compare(group, ALL, pyyaml.MARKED, samples),
        compare(group, LOAD, ruamel.ROUND_TRIP, samples, target=round_trip),
        compare(group, ONE, ruamel.ROUND_TRIP, samples, target=round_trip),
        compare(group, ALL, ruamel.ROUND_TRIP, samples),
        *(compare(group, LOAD, title, samples) for title in others),
    ]


def _contenders(file: str, peers: Mapping[str, Load]) -> dict[str, Run]:
    value = load_file(file).value
    everything = list(_paths(value, ()))
    if file.endswith("nested.yaml") and value != CONFIG:
        raise AssertionError(f"{file} and the config differ")
    for title, load in peers.items():
        read = load(file)
        if title != pyyaml.MARKED and (read.to_dict() if hasattr(read, "to_dict") else read) != value:
            raise AssertionError(f"{title} reads {file} otherwise")

    def located(paths: list[tuple[Any, ...]]) -> Document:
        document = load_file(file)
        for path in paths:
            if document.locate(path, False) is None:
                raise AssertionError(f"{path} has no location")
        return document

    return {
        LOAD: repeated(lambda: load_file(file)),
        ONE: repeated(lambda: located(everything[-1:])),
        ALL: repeated(lambda: located(everything)),
        **{title: repeated(partial(load, file)) for title, load in peers.items()},
    }


def _paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _paths(item, (*path, step))


def _item(number: int) -> str:
    if number % 2:
        return f"- _type: Flag\n  size: {number}\n  flag: {'true' if number % 3 else 'false'}\n  label: l{number}\n"
    return f"- _type: Point\n  size: {number}\n  height: {number / 2}\n  label: n{number}\n"
