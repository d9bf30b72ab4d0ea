"""Records as a registry writes them, for any number of names."""

from collections.abc import Iterator
from itertools import count
from uuid import uuid4

import attrs

from registry import Entry
from registry.records import Record, record_of
from registry.revisions import Change

NAMESPACE = "research.losses"
MODULE = "benchmarks.sharing.records"

SMALL, USUAL = 500, 1000
"""Bytes of a record that is asked for by itself, and of one in a batch."""


def loss(
    prediction: list[float],
    target: list[float],
    delta: float = 1.0,
    weights: list[float] | None = None,
    reduction: str = "mean",
) -> float:
    """The distance of a prediction from its target.

    Args:
        delta: Where it goes over from a square to a line.
        weights: What each value counts.
        reduction: "mean" or "sum".
    """
    return delta * sum(abs(p - t) for p, t in zip(prediction, target, strict=True))


def name_of(number: int) -> str:
    """The name of a record."""
    return f"loss_{number:07d}"


def change_of(number: int, size: int = USUAL) -> Change:
    """What puts a record of about this many bytes under its name."""
    return next(changes(number, number + 1, size))


def changes(first: int, last: int, size: int = USUAL) -> Iterator[Change]:
    """What puts records of about this many bytes under their names."""
    model = attrs.evolve(_MODEL, description="")
    short = size - len(attrs.evolve(model, description="x", reference=f"{MODULE}:{name_of(0)}").to_bytes())
    if short < 0:
        model = attrs.evolve(model, schema=None)
        short = size - len(attrs.evolve(model, description="x", reference=f"{MODULE}:{name_of(0)}").to_bytes())
    marked = attrs.evolve(model, description="x" * max(1, short + 1), reference=f"{MODULE}:NAME").to_bytes()
    before, after = marked.split(b"NAME")
    for number in range(first, last):
        name = name_of(number)
        yield Change(name, before + name.encode() + after)


def operation() -> str:
    """An id that was not used before, at a hundredth of the price of one that is random."""
    return f"{_RUN}-{next(_OPERATIONS):08}"


_RUN = uuid4().hex
_OPERATIONS = count()


_MODEL: Record = record_of(Entry("loss", loss))
