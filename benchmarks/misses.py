"""Looking up names that are not there, and reading what is said about it."""

from typing import Any

from benchmarks import artifacts
from benchmarks.lookup import peers_of
from benchmarks.peers import hand, ours, peer
from benchmarks.peers.abilities import Names
from benchmarks.peers.all import names as all_names
from benchmarks.ratios import Row, compare, each
from benchmarks.stores import Filled, fill, forget, loop
from benchmarks.timing import Effort, Run, interleave

RAISE = "a miss, raised and caught"
READ = "a miss, raised, caught and read"
READ_NEW = "a miss after a registration, raised, caught and read"
DICT = "a dict: a miss, raised and caught"
PASS = "rapidfuzz.process.extract"
OSA = "rapidfuzz.process.extract with our distance and its limit"

CAUGHT = "try:\n    {get}\nexcept Exception:\n    pass"
READ_OUT = "try:\n    {get}\nexcept Exception as error:\n    str(error)"


def measure(effort: Effort) -> list[Row]:
    """The rows of this group."""
    keepers = all_names()
    rows: list[Row] = []
    for size in effort.sizes(1000, 100_000):
        entries = artifacts.make(size)
        absent = [artifacts.misspelt(artifacts.name_of(number)) for number in range(0, size, size // 10)]
        forget(keepers)
        rows += _ours(size, fill({ours.MEMORY: keepers[ours.MEMORY]}, entries)[ours.MEMORY], absent, effort)
        able = {title: names for title, names in keepers.items() if names is None or names.miss_limit >= size}
        rows += _peers(size, able, entries, absent[:1], effort)
    return rows


def _ours(size: int, store: Filled, absent: list[str], effort: Effort) -> list[Row]:
    """Ten misses in turn, in a registry that nobody changed and in one that gets an entry before each."""
    entries = dict.fromkeys(store.held)
    changing: Any = ours.NAMES[ours.MEMORY].empty()
    changing.register_many({name: store.found[name] for name in store.held})
    artifact = store.found[store.held[0]]
    fresh = "found.unregister('new')\nfound.register('new', artifact)\n"
    changing.register("new", artifact)
    contenders: dict[str, Run] = {
        RAISE: loop(CAUGHT.format(get="found[name]"), store.found, absent),
        READ: loop(READ_OUT.format(get="found[name]"), store.found, absent),
        READ_NEW: loop(fresh + READ_OUT.format(get="found[name]"), changing, absent, artifact=artifact),
        DICT: loop(CAUGHT.format(get="found[name]"), entries, absent),
    }
    process = peer("rapidfuzz.process")
    if process is not None:
        distance = peer("rapidfuzz.distance").OSA.distance
        limit = max(map(len, absent)) // 3
        scored = f"process.extract(name, found, limit=3, scorer=distance, score_cutoff={limit})"
        contenders[PASS] = loop("process.extract(name, found, limit=3)", store.held, absent, process=process)
        contenders[OSA] = loop(scored, store.held, absent, process=process, distance=distance)
    for name in absent:
        _check(store.found, name)
    samples = each(interleave(contenders, effort), len(absent))
    group = f"Miss a name among {size:,}"
    return [
        compare(group, RAISE, DICT, samples, target=2),
        compare(group, READ, PASS, samples, target=2),
        compare(group, READ_NEW, PASS, samples, target=2),
        compare(group, READ, OSA, samples),
    ]


def _check(registry: Any, name: str) -> None:
    try:
        registry[name]
    except KeyError as error:
        if "did you mean" not in str(error):
            raise AssertionError(f"The message of a miss names nothing that is close: {error}") from error
    else:
        raise AssertionError(f"{name} is there")


def _peers(
    size: int, keepers: dict[str, Names | None], entries: dict[str, Any], absent: list[str], effort: Effort
) -> list[Row]:
    """A message with suggestions beside what others say, which suggest nothing or list every name."""
    stores = fill(keepers, entries)
    contenders = {
        title: loop(READ_OUT.format(get=store.names.miss or store.names.get), store.found, absent)
        for title, store in stores.items()
    }
    samples = interleave(contenders, effort)
    group = f"Miss a name among {size:,} and read the message"
    wanted = [hand.NAMED, *peers_of(keepers)]
    return [
        compare(group, ours.MEMORY, title, samples, note=stores[title].note if title in stores else "")
        for title in wanted
    ]
