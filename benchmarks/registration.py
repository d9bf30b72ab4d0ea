"""Registering, as time and as memory for each entry."""

import gc
import tracemalloc
from typing import Any

from benchmarks import artifacts
from benchmarks.lookup import peers_of
from benchmarks.peers import catalogue, hand, ours
from benchmarks.peers.abilities import Names
from benchmarks.peers.all import names as all_names
from benchmarks.ratios import Row, compare, each, without
from benchmarks.stores import compiled
from benchmarks.timing import Effort, Run, interleave

GROUP = "Register functions by a decorator: time for each"
MEMORY = "Register functions by a decorator: memory for each"
LOOP = "an empty loop"
COUNT = 1000


class Registration:
    """Fills what keeps names again and again; making it empty is not timed."""

    def __init__(self, names: Names, entries: dict[str, Any]) -> None:
        self._names = names
        self._entries = entries
        self._empty: list[Any] = []
        self.run: Run = compiled(
            f"""
def run(times, empty=empty, entries=entries):
    for _ in range(times):
        found = empty.pop()
        for name, artifact in entries:
            {names.register}
""",
            empty=self._empty,
            entries=list(entries.items()),
        )

    def prepare(self, times: int) -> None:
        """Forget what was registered before, and make as many that are empty."""
        self._names.forget()
        self._empty[:] = [self._names.empty() for _ in range(times)]

    def memory(self) -> float:
        """Bytes that are held after one has been filled, for each entry."""
        self.prepare(1)
        kept = self._empty[0]
        gc.collect()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        self.run(1)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        del kept
        return (after - before) / len(self._entries)


def measure(effort: Effort) -> list[Row]:
    """The rows of this group. What the loop costs is taken off, round by round."""
    entries = artifacts.make(min(COUNT, effort.largest))
    keepers = {title: names for title, names in all_names().items() if names is None or names.register is not None}
    contenders = {title: Registration(names, entries) for title, names in keepers.items() if names is not None}
    nothing = Registration(Names(dict, "", "pass", "", None), entries)
    measured = {**contenders, LOOP: nothing}
    samples = interleave(
        {title: contender.run for title, contender in measured.items()},
        effort,
        {title: contender.prepare for title, contender in measured.items()},
    )
    samples = each(without(samples, LOOP), len(entries))
    memory = {title: [contender.memory()] for title, contender in contenders.items()}
    beside = [hand.BARE, *peers_of(keepers)]
    targets = {catalogue.REGISTERED: 4.0}
    return [
        *(compare(GROUP, ours.MEMORY, title, samples, target=targets.get(title)) for title in beside),
        *(compare(GROUP, subject, catalogue.REGISTERED, samples, target=4) for subject in (ours.DICT,)),
        *(compare(MEMORY, ours.MEMORY, title, memory, unit="B") for title in beside),
    ]
