"""Whether a registry of a million entries is as quick, beside a dict of as many, as one of a thousand."""

from typing import Any

from benchmarks import artifacts
from benchmarks.peers import ours
from benchmarks.ratios import Row, compare, each
from benchmarks.stores import Filled, compiled, loop
from benchmarks.timing import Effort, Run, Samples, interleave

GROUP = "Grow: how many times what a dict of the same size takes"
LOOK_UP, BUILD, MIRROR = "registry[name]", "registry.build(config)", "registry[name] of a live mirror"
DICT, CALL = "entries[name]", 'entries[config["_type"]](first=…)'
SIZES = (1000, 1_000_000)

BUILDS = """
def run(times, build=build, configs=configs):
    for _ in range(times):
        for config in configs:
            build(config)
"""
CALLS = """
def run(times, entries=entries, configs=configs):
    for _ in range(times):
        for config in configs:
            entries[config["_type"]](first=config["first"])
"""


def measure(effort: Effort) -> list[Row]:
    """The rows of this group: ratios of ratios, each of the same rounds."""
    sizes = effort.sizes(*SIZES)
    contenders: dict[str, Run] = {}
    counts: dict[str, int] = {}
    for size in sizes:
        added = _contenders(size)
        contenders.update(added)
        counts.update(dict.fromkeys(added, min(size, 1000)))
    samples = each(interleave(contenders, effort), counts)
    ratios: Samples = {}
    for size in sizes:
        for ours_, floor in ((LOOK_UP, DICT), (BUILD, CALL), (MIRROR, DICT)):
            pairs = zip(samples[_title(ours_, size)], samples[_title(floor, size)], strict=True)
            ratios[_title(ours_, size)] = [subject / beside for subject, beside in pairs]
    return [
        compare(GROUP, _title(what, size), _title(what, sizes[0]), ratios, target=1.2, unit="x")
        for what in (LOOK_UP, BUILD, MIRROR)
        for size in sizes[1:] or sizes
    ]


def _title(what: str, size: int) -> str:
    return f"{what}, {size:,} entries"


def _contenders(size: int) -> dict[str, Run]:
    entries: dict[str, Any] = artifacts.make(size)
    memory = Filled(ours.NAMES[ours.MEMORY], entries)
    mirror = Filled(ours.NAMES[ours.MIRROR], entries)
    names = memory.sample()
    if any(not memory.get(name) is entries[name] is mirror.get(name) for name in names):
        raise AssertionError("a registry does not give back what was registered")
    configs: list[dict[str, Any]] = [{"_type": name, "first": number} for number, name in enumerate(names)]
    build = memory.found.build
    if any(build(config) != entries[config["_type"]](first=config["first"]) for config in configs):
        raise AssertionError("the registry builds something else")
    return {
        _title(LOOK_UP, size): loop("found[name]", memory.found, names),
        _title(MIRROR, size): loop("found[name]", mirror.found, names),
        _title(DICT, size): loop("found[name]", dict(entries), names),
        _title(BUILD, size): compiled(BUILDS, build=build, configs=configs),
        _title(CALL, size): compiled(CALLS, entries=dict(entries), configs=configs),
    }
