"""Looking up and building in several threads at once.

With a global interpreter lock threads take turns, so the best that can be had is what one thread does; what a lock of
the library's own would add shows.
"""

import threading
from collections.abc import Callable

import attrs

from benchmarks import artifacts
from benchmarks.nested import CONFIG
from benchmarks.peers import hand, ours
from benchmarks.ratios import Row, compare, each
from benchmarks.stores import Filled, loop
from benchmarks.timing import Effort, Run, interleave, repeated

THREADS = (1, 2, 4)
LOOK_UP, BUILD = "registry[name]", ours.BUILD
COUNT = 1000
LONGER = 10
"""How many times as long a turn is: the interpreter lets a thread run for 5 ms before another has its turn."""


def measure(effort: Effort) -> list[Row]:
    """The rows of this group."""
    entries = artifacts.make(COUNT)
    memory = Filled(ours.NAMES[ours.MEMORY], entries)
    build = ours.BUILDERS[ours.BUILD].prepare(CONFIG)
    by_hand = hand.BUILDERS[hand.CALLS_FROM].prepare(CONFIG)
    work: dict[str, Callable[[], Run]] = {
        LOOK_UP: lambda: loop("found[name]", memory.found, memory.sample()),
        hand.BARE: lambda: loop("found[name]", hand.Bare(dict(entries)), memory.sample()),
        BUILD: lambda: repeated(build),
        hand.CALLS_FROM: lambda: repeated(by_hand),
    }
    contenders = {
        _title(what, count): shared([make() for _ in range(count)]) for what, make in work.items() for count in THREADS
    }
    passes = {LOOK_UP: COUNT, hand.BARE: COUNT, BUILD: 1, hand.CALLS_FROM: 1}
    counts = {_title(what, count): passes[what] * count for what in work for count in THREADS}
    samples = each(interleave(contenders, attrs.evolve(effort, seconds=effort.seconds * LONGER)), counts)
    rows: list[Row] = []
    for group, subject, floor in (
        ("Look up a name in several threads", LOOK_UP, hand.BARE),
        ("Build ten nested objects in several threads", BUILD, hand.CALLS_FROM),
    ):
        rows += [compare(group, _title(subject, count), _title(floor, count), samples) for count in THREADS]
        rows += [compare(group, _title(subject, count), _title(subject, 1), samples) for count in THREADS[1:]]
        rows += [compare(group, _title(floor, count), _title(floor, 1), samples) for count in THREADS[1:]]
    return rows


def shared(runs: list[Run]) -> Run:
    """All at once, each in a thread of its own and as many times."""

    def run(times: int) -> None:
        threads = [threading.Thread(target=mine, args=(times,)) for mine in runs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return run


def _title(what: str, count: int) -> str:
    return f"{what}, {count} {'thread' if count == 1 else 'threads'}"
