"""Up to a million entries: loaded, served again after a restart, mirrored, listed; seconds and bytes for each entry."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import attrs

from benchmarks.peers import peer
from benchmarks.ratios import Row, compare
from benchmarks.sharing.processes import ROOT, python
from benchmarks.sharing.records import NAMESPACE, changes
from benchmarks.sharing.served import served
from benchmarks.timing import Effort, Samples
from registry.cli.transfer.writing import JsonLines
from registry.revisions import Stored, Token

SIZES = (10_000, 100_000, 1_000_000)

ROUNDS = 3
"""At most, since one of them takes minutes. The interval of so few goes from the least to the greatest."""

FEW, AGAIN, RESTARTS = 10_000, 5, 15
"""So many take little beside the start of a process: the median of several counts, no more than these."""

BYTES = 400
"""What an entry may take in memory beside its record."""

TIME, MEMORY = "Share many entries: time for each", "Share many entries: memory for each, beside its record"
LOADED, RESTARTED, MIRRORED, LISTED, PAGED = (
    "registry import",
    "registry serve, until it is ready",
    "the first look-up of a client",
    "registry.keys()",
    "GET keys, all pages",
)
STARTS = (LOADED, RESTARTED)
"""Steps that start a process, which takes longer than a few entries do."""

STEPS = (LOADED, RESTARTED, MIRRORED, LISTED, PAGED)
HOLDERS = SERVER, CLIENT, LISTER = "the server", "a client", "a client that listed them"
BOUND = f"{BYTES} bytes"


@attrs.frozen
class Figures:
    """What a number of entries took.

    Attributes:
        seconds: By step, in all.
        memory: By process, in bytes.
        records: Bytes of the records.
    """

    seconds: dict[str, float]
    memory: dict[str, int]
    records: int


def measure(effort: Effort, sizes: Sequence[int] = SIZES) -> list[Row]:
    """The rows of this group: what an entry takes beside the same among the fewest, and beside what is allowed."""
    samples: Samples = {}
    if peer("aiohttp") is not None:
        with TemporaryDirectory() as name:
            exports = {size: _export(Path(name), size) for size in (0, *sizes)}
            for _ in range(min(effort.rounds, ROUNDS)):
                again = min(effort.rounds, AGAIN)
                empty = _figures(exports[0], 0, again)
                for size in sizes:
                    _add(samples, _figures(exports[size], size, again if size <= FEW else 1), empty, size)
    few, *others = sizes
    return [
        *(compare(TIME, _title(step, size), _title(step, few), samples, target=1) for step in STEPS for size in others),
        *(
            compare(MEMORY, _title(holder, size), BOUND, _bounded(samples, _title(holder, size)), target=1, unit="B")
            for holder in HOLDERS
            for size in sizes
        ),
    ]


def _bounded(samples: Samples, title: str) -> Samples:
    return {title: samples[title], BOUND: [BYTES] * len(samples[title])} if title in samples else {}


def _title(what: str, size: int) -> str:
    return f"{what}, {size:,} entries"


def _add(samples: Samples, found: Figures, empty: Figures, size: int) -> None:
    """The figures of one round, for each entry; without what a process of an empty store takes to start and to hold."""
    for step in STEPS:
        taken = found.seconds[step]
        beyond = max(taken - empty.seconds[step], taken / 100) if step in STARTS else taken
        samples.setdefault(_title(step, size), []).append(beyond / size)
    for holder in HOLDERS:
        beyond = max(found.memory[holder] - empty.memory[holder] - found.records, 1)
        samples.setdefault(_title(holder, size), []).append(beyond / size)


def _export(folder: Path, size: int) -> Path:
    """A file that `registry import` reads."""
    file = folder / f"{size}.jsonl"
    form = JsonLines()
    with file.open("wb") as stream:
        stream.write(form.opening([NAMESPACE]))
        stream.write(form.section(NAMESPACE, Token("export", 1), size))
        for change in changes(0, size):
            stream.write(form.record(Stored(change.name, 1, change.record), "export"))
    return file


def _figures(export: Path, size: int, again: int) -> Figures:
    with TemporaryDirectory(dir=export.parent) as name:
        folder = Path(name)
        stores = [folder / f"{number}.db" for number in range(again)]
        loaded = median([_imported(export, store) for store in stores])
        restarts = RESTARTS if again == AGAIN else again
        restarted = median([_restarted(folder, stores[number % again]) for number in range(restarts)])
        with served(folder, str(stores[0])) as server:
            command = python("benchmarks.sharing.client", server.url, server.token, str(size), str(again))
            answer = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
            client = json.loads(answer)
            memory = {SERVER: server.child.memory, CLIENT: client["memory"], LISTER: client["after_listing"]}
    told = {MIRRORED: client["mirrored"], LISTED: client["listed"], PAGED: client["paged"]}
    records = sum(len(change.record or b"") for change in changes(0, min(size, 1))) * size
    return Figures({LOADED: loaded, RESTARTED: restarted, **told}, memory, records)


def _imported(export: Path, store: Path) -> float:
    start = perf_counter()
    command = python("registry", "import", str(export), "--store", f"sqlite:///{store}")
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return perf_counter() - start


def _restarted(folder: Path, store: Path) -> float:
    start = perf_counter()
    with served(folder, str(store)):
        return perf_counter() - start
