"""Loading YAML so that every value can be located."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.nested import CONFIG
from benchmarks.peers import peer
from benchmarks.ratios import Row, compare
from benchmarks.timing import Effort, interleave, repeated
from registry.config import load_file
from registry.document import Document

LOAD = "load_file(file)"
ONE = "load_file(file), one location asked for"
ALL = "load_file(file), every location asked for"
PYYAML = "PyYAML CSafeLoader, no locations"
MARKED = "PyYAML CSafeLoader, nodes with marks and values"

ITEMS = 2500


def measure(effort: Effort) -> list[Row]:
    """The rows of this group."""
    rows: list[Row] = []
    with TemporaryDirectory() as folder:
        large = Path(folder, "large.yaml")
        large.write_text("_type: Bag\nitems:\n" + "".join(map(_item, range(ITEMS))), encoding="utf-8")
        for file in (Path(__file__).with_name("nested.yaml"), large):
            loaders = _loaders(str(file))
            samples = interleave({name: repeated(load) for name, load in loaders.items()}, effort)
            lines = file.read_text(encoding="utf-8").count("\n")
            group = f"Load YAML of {lines:,} lines"
            rows += [
                compare(group, LOAD, PYYAML, samples, target=1.2),
                compare(group, ONE, PYYAML, samples),
                compare(group, ALL, PYYAML, samples),
                compare(group, ALL, MARKED, samples),
            ]
    return rows


def _loaders(file: str) -> dict[str, Callable[[], Any]]:
    value = load_file(file).value
    everything = list(_paths(value, ()))
    if file.endswith("nested.yaml") and value != CONFIG:
        raise AssertionError(f"{file} and the config differ")

    def located(paths: list[tuple[Any, ...]]) -> Document:
        document = load_file(file)
        for path in paths:
            if document.locate(path, False) is None:
                raise AssertionError(f"{path} has no location")
        return document

    loaders: dict[str, Callable[[], Any]] = {
        LOAD: lambda: load_file(file),
        ONE: lambda: located(everything[-1:]),
        ALL: lambda: located(everything),
    }
    yaml = peer("yaml")
    if hasattr(yaml, "CSafeLoader"):
        loaders[PYYAML] = lambda: yaml.load(_bytes(file), yaml.CSafeLoader)
        loaders[MARKED] = lambda: _marked(yaml, file)
        if loaders[PYYAML]() != value:
            raise AssertionError(f"PyYAML reads {file} otherwise")
    return loaders


def _marked(yaml: Any, file: str) -> tuple[Any, Any]:
    loader = yaml.CSafeLoader(_bytes(file))
    try:
        node = loader.get_single_node()
        return node, loader.construct_document(node)
    finally:
        loader.dispose()


def _bytes(file: str) -> bytes:
    with open(file, "rb") as opened:
        return opened.read()


def _paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _paths(item, (*path, step))


def _item(number: int) -> str:
    if number % 2:
        return f"- _type: Flag\n  size: {number}\n  flag: {'true' if number % 3 else 'false'}\n  label: l{number}\n"
    return f"- _type: Point\n  size: {number}\n  height: {number / 2}\n  label: n{number}\n"
