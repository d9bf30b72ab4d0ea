"""Reading what real classes take."""

import contextlib
import importlib
import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from inspect import Parameter
from typing import Any

from benchmarks.peers import hand, ours, peer
from benchmarks.peers.all import schemas
from benchmarks.ratios import Row, compare, each
from benchmarks.timing import Effort, Run, interleave

STANDARD = """
    argparse asyncio collections concurrent.futures configparser csv datetime decimal email.message
    fractions functools http.client http.cookiejar io json logging logging.handlers multiprocessing.pool
    pathlib pickle queue random sched selectors shelve socketserver sqlite3 ssl statistics string
    subprocess tempfile threading tokenize unittest unittest.mock urllib.request uuid weakref
    xml.etree.ElementTree zipfile
""".split()  # noqa: SIM905 - a line for each otherwise
ANNOTATED = """
    attrs cattrs click pluggy rich.console rich.table rich.progress rich.layout rich.panel rich.syntax
    rich.text ruamel.yaml aiohttp aiohttp.web pydantic msgspec networkx
""".split()  # noqa: SIM905 - a line for each otherwise
VAR_POSITIONAL, VAR_KEYWORD = Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD
MOST = 60
"""Classes of a collection that are read."""


def measure(effort: Effort) -> list[Row]:
    """The rows of this group."""
    most = min(MOST, effort.largest)
    collections = {
        "scikit-learn": (_estimators, peer("sklearn") is not None),
        "the standard library": (lambda: list(_public(STANDARD)), True),
        "annotated libraries": (lambda: list(_public(ANNOTATED)), True),
    }
    rows: list[Row] = []
    for name, (find, here) in collections.items():
        rows += _rows(f"Read what a class takes: {name}", _readable(find())[:most] if here else [], effort)
    return rows


def _rows(group: str, classes: list[type], effort: Effort) -> list[Row]:
    extractors = schemas()
    here = {title: extract for title, extract in extractors.items() if extract is not None and classes}
    failed = {title: sum(not _reads(extract, cls) for cls in classes) for title, extract in here.items()}
    notes = {title: f"fails with {count} of {len(classes)}" for title, count in failed.items() if count}
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        samples = interleave({title: _reading(extract, classes) for title, extract in here.items()}, effort)
    samples = each(samples, max(1, len(classes)))
    peers = [title for title in extractors if title not in (ours.SCHEMA, ours.DESCRIBED, hand.SIGNATURE)]
    return [
        compare(group, ours.SCHEMA, hand.SIGNATURE, samples, target=1.5),
        compare(group, ours.DESCRIBED, hand.SIGNATURE, samples),
        *(compare(group, ours.SCHEMA, title, samples, note=notes.get(title, "")) for title in peers),
    ]


def _reading(extract: Callable[[Any], Any], classes: list[type]) -> Run:
    def run(times: int) -> None:
        for _ in range(times):
            for cls in classes:
                with contextlib.suppress(Exception):  # what it cannot read costs it time, too
                    extract(cls)

    return run


def _reads(extract: Callable[[Any], Any], cls: type) -> bool:
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            extract(cls)
        except Exception:
            return False
    return True


def _readable(found: list[type]) -> list[type]:
    """Classes that the floor can read, and in which the library finds every parameter that the floor finds.

    Enums are left out: their signature is that of what makes a new enum.
    """
    read = [cls for cls in found if not issubclass(cls, Enum) and _reads(hand.signature, cls)]
    alike = [cls for cls in read if _named(cls) <= ours.SCHEMAS[ours.SCHEMA](cls).parameters.keys()]
    if len(alike) < 0.9 * len(read):
        raise AssertionError(f"Schemas lack parameters of {set(read) - set(alike)}")
    return alike


def _named(cls: type) -> set[str]:
    return {name for name, kind, *_ in hand.signature(cls) if kind not in (VAR_POSITIONAL, VAR_KEYWORD)}


def _estimators() -> list[type]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [cls for _, cls in peer("sklearn.utils").all_estimators()]


def _public(modules: Sequence[str]) -> Iterator[type]:
    """The classes that modules show, each once."""
    seen: set[type] = set()
    for name in filter(peer, modules):
        module = importlib.import_module(name)
        for shown in sorted(key for key in dir(module) if not key.startswith("_")):
            value = getattr(module, shown, None)
            if isinstance(value, type) and value not in seen:
                seen.add(value)
                yield value
