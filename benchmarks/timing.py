"""Times contenders in interleaved rounds, so that a slow phase of the machine hits all of them alike."""

import gc
import random
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import attrs

Run = Callable[[int], object]
"""Does the measured operation that many times."""

Samples = dict[str, list[float]]
"""Seconds per operation, by contender: one figure for each round."""


@attrs.frozen
class Effort:
    """How much is measured.

    Attributes:
        rounds: In each of them every contender has its turn, in shuffled order.
        seconds: How long a turn lasts, about.
    """

    rounds: int = 41
    seconds: float = 0.01


def interleave(contenders: Mapping[str, Run], effort: Effort) -> Samples:
    """Time the contenders. The garbage collector rests meanwhile, as in `timeit`."""
    samples: Samples = {name: [] for name in contenders}
    order = random.Random(0)
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        times = {name: _calibrated(run, effort.seconds) for name, run in contenders.items()}
        for _ in range(effort.rounds):
            gc.collect()
            for name in order.sample(list(contenders), len(contenders)):
                samples[name].append(_seconds(contenders[name], times[name]) / times[name])
    finally:
        if was_enabled:
            gc.enable()
    return samples


def repeated(call: Callable[[], Any]) -> Run:
    """Call a function again and again."""

    def run(times: int) -> None:
        for _ in range(times):
            call()

    return run


def _seconds(run: Run, times: int) -> float:
    start = perf_counter()
    run(times)
    return perf_counter() - start


def _calibrated(run: Run, seconds: float) -> int:
    run(1)  # whatever is made on first use is not measured
    times = 1
    while (taken := _seconds(run, times)) < seconds / 2:
        times *= max(2, min(10, int(seconds / max(taken, 1e-9))))
    return max(1, round(times * seconds / taken))
