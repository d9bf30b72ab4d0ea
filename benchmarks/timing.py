"""Times contenders in interleaved rounds, so that a slow phase of the machine hits all of them alike."""

import gc
import random
from collections.abc import Callable, Mapping
from math import nan
from time import perf_counter
from typing import Any

import attrs

Run = Callable[[int], object]
"""Does the measured operation that many times."""

Samples = dict[str, list[float]]
"""Seconds per operation, by contender: one figure for each round, NaN in a round that a slow one sat out."""

FEWEST = 7
"""Rounds that a slow contender takes part in: fewer would give no interval of 95 %."""
PATIENCE = 10
"""A contender whose turn lasts more than so many times as long as it should sits rounds out."""


@attrs.frozen
class Effort:
    """How much is measured.

    Attributes:
        rounds: In each of them every contender has its turn, in shuffled order.
        seconds: How long a turn lasts, about.
        largest: No registry or config gets more entries or nodes than this.
    """

    rounds: int = 41
    seconds: float = 0.01
    largest: int = 1_000_000

    def sizes(self, *wanted: int) -> list[int]:
        """The sizes that are wanted, each at most the largest."""
        return sorted({min(size, self.largest) for size in wanted})


def interleave(
    contenders: Mapping[str, Run], effort: Effort, prepare: Mapping[str, Callable[[int], object]] | None = None
) -> Samples:
    """Time the contenders. The garbage collector rests meanwhile, as in `timeit`.

    Args:
        contenders: What is timed, by name.
        effort: For how long.
        prepare: What is called before a contender's turn, with the same number of times, and is not timed.
    """
    samples: Samples = {name: [] for name in contenders}
    order = random.Random(0)
    was_enabled = gc.isenabled()
    gc.disable()
    gc.collect()
    gc.freeze()  # what is there already is not looked at between rounds: that takes seconds with a million entries
    try:
        turns = {name: Turn(run, (prepare or {}).get(name), effort) for name, run in contenders.items()}
        for number in range(effort.rounds):
            gc.collect()
            for name in order.sample(list(contenders), len(contenders)):
                samples[name].append(turns[name].take() if turns[name].due(number) else nan)
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()
    return samples


class Turn:
    """A contender's turns: how many times it does its operation in one, and in which rounds it has one."""

    def __init__(self, run: Run, prepare: Callable[[int], object] | None, effort: Effort) -> None:
        self._run = run
        self._prepare = prepare
        self._rounds = effort.rounds
        self._seconds(1)  # whatever is made on first use is not measured
        times = 1
        while (taken := self._seconds(times)) < effort.seconds / 2:
            times *= max(2, min(10, int(effort.seconds / max(taken, 1e-9))))
        self._times = max(1, round(times * effort.seconds / taken))
        patience = effort.rounds * PATIENCE * effort.seconds
        self._turns = min(effort.rounds, max(FEWEST, int(patience / (self._times / times * taken))))

    def due(self, number: int) -> bool:
        """Whether it has a turn in this round; its turns are spread evenly over all."""
        return number * self._turns // self._rounds != (number - 1) * self._turns // self._rounds

    def take(self) -> float:
        """Seconds per operation."""
        return self._seconds(self._times) / self._times

    def _seconds(self, times: int) -> float:
        if self._prepare is not None:
            self._prepare(times)
        start = perf_counter()
        self._run(times)
        return perf_counter() - start


def repeated(call: Callable[[], Any]) -> Run:
    """Call a function again and again."""

    def run(times: int) -> None:
        for _ in range(times):
            call()

    return run
