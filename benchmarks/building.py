"""Building one object, ten that are nested, and ten thousand."""

from typing import Any

from benchmarks.nested import CONFIG, FLAT, bag, described
from benchmarks.peers import hand, hydra, ours, pydantic
from benchmarks.peers.abilities import Builder
from benchmarks.peers.all import builders
from benchmarks.ratios import Row, compare, each
from benchmarks.timing import Effort, interleave, repeated

OURS = (ours.BUILD, ours.PLAN, ours.DECLARED)
FLOORS = (hand.CALLS, hand.CALLS_FROM)


def measure(effort: Effort) -> list[Row]:
    """The rows of this group."""
    many = min(10_000, effort.largest)
    return [
        *_rows("Build one object", FLAT, 1, effort),
        *_rows("Build ten nested objects", CONFIG, 10, effort, targets=True),
        *_rows(f"Build {many:,} objects: time for each", bag(many), many, effort, targets=True),
    ]


def _rows(group: str, config: dict[str, Any], nodes: int, effort: Effort, targets: bool = False) -> list[Row]:
    wanted = {
        title: builder
        for title, builder in builders().items()
        if builder is None or nodes == 1 or (builder.nested and (builder.limit >= nodes or "items" in config))
    }
    counts = {title: min(builder.limit, nodes) for title, builder in wanted.items() if builder is not None}
    samples = interleave(
        {
            title: repeated(checked(title, builder, config if counts[title] == nodes else bag(counts[title])))
            for title, builder in wanted.items()
            if builder is not None
        },
        effort,
    )
    if nodes > 10:
        samples = each(samples, counts)
    asked = {pydantic.VALIDATE: 1.0, hydra.INSTANTIATE: 1 / 200} if targets else {}
    peers = [title for title in wanted if title not in (*OURS, *FLOORS)]
    return [
        compare(group, ours.BUILD, hand.CALLS_FROM, samples, target=2.5 if targets else None),
        compare(group, ours.BUILD, hand.CALLS, samples),
        compare(group, ours.PLAN, hand.CALLS, samples, target=1.2 if targets else None),
        compare(group, ours.PLAN, hand.CALLS_FROM, samples),
        compare(group, ours.DECLARED, hand.CALLS_FROM, samples),
        *(
            compare(group, ours.BUILD, title, samples, target=asked.get(title), note=_note(counts, title, nodes))
            for title in peers
        ),
    ]


def checked(title: str, builder: Builder, config: dict[str, Any]) -> Any:
    """What builds a config, after it was seen to build what the config says."""
    build = builder.prepare(config)
    if described(build()) != config:
        raise AssertionError(f"{title} built something else: {str(described(build()))[:1000]}")
    return build


def _note(counts: dict[str, int], title: str, nodes: int) -> str:
    count = counts.get(title, nodes)
    return "" if count == nodes else f"{count:,} objects"
