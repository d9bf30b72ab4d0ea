"""Looking names up: hits, `in`, and all names, of few entries and of many."""

from collections.abc import Mapping

from benchmarks import artifacts
from benchmarks.peers import hand, ours
from benchmarks.peers.abilities import Names
from benchmarks.peers.all import names as all_names
from benchmarks.ratios import Row, compare, each, without
from benchmarks.stores import Filled, compiled, fill, forget, loop
from benchmarks.timing import Effort, Run, Samples, interleave

LOOP = "an empty loop"
FLOORS = (hand.DICT, hand.BARE, hand.NAMED)
OURS = (ours.MEMORY, ours.DICT, ours.MIRROR, ours.OTHER)


def measure(effort: Effort) -> list[Row]:
    """The rows of this group. What the loop costs is taken off, round by round."""
    keepers = all_names()
    rows: list[Row] = []
    for size in effort.sizes(1000, 100_000, 1_000_000):
        entries = artifacts.make(size)
        forget(keepers)
        iterated = {title: names for title, names in keepers.items() if names is None or names.iterate is not None}
        stores = fill(iterated, entries)
        listed = _iteration(size, stores, keepers, effort)
        rest = fill({title: names for title, names in keepers.items() if title not in iterated}, entries)
        rows += [*_hits(size, {**stores, **rest}, keepers, effort), *listed]
    return rows


def peers_of(keepers: Mapping[str, Names | None]) -> list[str]:
    """The titles of all that is neither ours nor a floor."""
    return [title for title in keepers if title not in (*OURS, *FLOORS)]


def _hits(size: int, stores: dict[str, Filled], keepers: Mapping[str, Names | None], effort: Effort) -> list[Row]:
    hits = {title: loop(store.names.get, store.found, store.sample()) for title, store in stores.items()}
    other = stores[ours.OTHER]
    hits[hand.OVER] = loop("found[name]", hand.Over(other.found._entries.backend), other.sample())
    samples = _timed(hits, stores, effort)
    group = f"Look up a name among {size:,}"
    inside = {title: loop(store.names.contains, store.found, store.sample()) for title, store in stores.items()}
    contained = _timed(inside, stores, effort)
    return [
        *(compare(group, subject, hand.BARE, samples, target=1.15) for subject in (ours.MEMORY, ours.DICT)),
        compare(group, ours.MIRROR, hand.BARE, samples, target=1.15),
        compare(group, ours.OTHER, hand.OVER, samples, target=1.15),
        compare(group, ours.MEMORY, hand.NAMED, samples),
        compare(group, ours.MEMORY, hand.DICT, samples),
        *(_beside(group, title, samples, stores, 1) for title in peers_of(keepers)),
        *(
            _beside(f"Ask whether a name is there, among {size:,}", title, contained, stores)
            for title in (hand.BARE, *peers_of(keepers))
        ),
    ]


def _iteration(size: int, stores: dict[str, Filled], keepers: Mapping[str, Names | None], effort: Effort) -> list[Row]:
    contenders = {
        title: compiled(
            f"""
def run(times, found=found):
    for _ in range(times):
        for _name in {store.names.iterate}:
            pass
""",
            found=store.found,
        )
        for title, store in stores.items()
    }
    samples = each(interleave(contenders, effort), {title: len(store.held) for title, store in stores.items()})
    wanted = [title for title in peers_of(keepers) if (names := keepers[title]) is None or names.iterate is not None]
    group = f"Go through all names, {size:,} of them: time for each"
    return [_beside(group, title, samples, stores) for title in (hand.DICT, *wanted)]


def _timed(contenders: dict[str, Run], stores: Mapping[str, Filled], effort: Effort) -> Samples:
    names = stores[hand.DICT].sample()
    return each(without(interleave({**contenders, LOOP: loop("pass", None, names)}, effort), LOOP), len(names))


def _beside(group: str, title: str, samples: Samples, stores: Mapping[str, Filled], target: float | None = None) -> Row:
    note = stores[title].note if title in stores else ""
    return compare(group, ours.MEMORY, title, samples, target=target, note=note)
