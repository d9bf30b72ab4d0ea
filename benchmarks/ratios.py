"""From samples to rows: a ratio, how certain it is, and what that says about its target."""

from collections.abc import Mapping
from math import comb, isnan
from statistics import median

import attrs

from benchmarks.timing import Samples

CONFIDENCE = 0.95


@attrs.frozen
class Row:
    """One subject beside one peer. A ratio is the subject's time divided by the peer's.

    Attributes:
        target: The ratio may be as large as this. None for a row that is there to compare only.
        seconds: The subject's best round; `peer_seconds` is the peer's.
        best: The subject's best round by the peer's best.
        ratio: The median of the ratios of the same rounds, between `low` and `high` with 95 % confidence.
        verdict: "met", "missed", "within noise", "no target" or "not installed".
        unit: What `seconds` and `peer_seconds` are counted in: "s", "B" where bytes are compared, or "x" where ratios
            are.
        note: What else has to be known about the peer, such as a size that it was cut to.
    """

    group: str
    subject: str
    peer: str
    target: float | None
    seconds: float | None = None
    peer_seconds: float | None = None
    best: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    verdict: str = "not installed"
    unit: str = "s"
    note: str = ""


def compare(
    group: str,
    subject: str,
    peer: str,
    samples: Samples,
    target: float | None = None,
    unit: str = "s",
    note: str = "",
) -> Row:
    """The row of two contenders. One that was not measured is not installed."""
    if subject not in samples or peer not in samples:
        return Row(group, subject, peer, target, unit=unit, note=note)
    pairs = [pair for pair in zip(samples[subject], samples[peer], strict=True) if not any(map(isnan, pair))]
    ours, theirs = zip(*pairs, strict=True)
    ratios = [our / their for our, their in pairs]
    low, high = interval(ratios)
    return Row(
        group,
        subject,
        peer,
        target,
        seconds=min(ours),
        peer_seconds=min(theirs),
        best=min(ours) / min(theirs),
        ratio=median(ratios),
        low=low,
        high=high,
        verdict=verdict(low, high, target),
        unit=unit,
        note=note,
    )


def without(samples: Samples, overhead: str) -> Samples:
    """The samples of the others, less those of one contender: a loop that does nothing, or a bare interpreter."""
    rest: Samples = {}
    for name, seconds in samples.items():
        if name != overhead:
            pairs = zip(seconds, samples[overhead], strict=True)
            rest[name] = [taken if isnan(taken) else max(taken - nothing, 1e-12) for taken, nothing in pairs]
    return rest


def each(samples: Samples, count: int | Mapping[str, int]) -> Samples:
    """What one of so many took, the same number for all or one by contender."""
    return {
        name: [taken / (count if isinstance(count, int) else count[name]) for taken in seconds]
        for name, seconds in samples.items()
    }


def interval(values: list[float]) -> tuple[float, float]:
    """Where the median lies with 95 % confidence, whatever the distribution: between two of the values themselves."""
    ordered = sorted(values)
    count = len(ordered)
    outside = 0.0
    rank = 0
    while rank < count // 2:
        outside += 2 * comb(count, rank) / 2**count
        if outside > 1 - CONFIDENCE:
            break
        rank += 1
    rank = max(rank - 1, 0)
    return ordered[rank], ordered[-1 - rank]


def verdict(low: float, high: float, target: float | None) -> str:
    """What an interval says about a target."""
    if target is None:
        return "no target"
    if high <= target:
        return "met"
    return "missed" if low > target else "within noise"
