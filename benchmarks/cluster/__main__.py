"""python -m benchmarks.cluster: measure, print the tables, and write them where --markdown and --json say."""

import argparse
import json
import sys
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs

from benchmarks.cluster import breaking, growth, instructions, namespaces, report, servers
from benchmarks.cluster.model import checked, fitted
from benchmarks.cluster.setting import SIZE
from benchmarks.sharing.records import NAMESPACE, change_of
from registry.stores.etcd.endpoints import DEFAULT_PREFIX
from registry.stores.etcd.layout import Layout, record_value
from registry.stores.etcd.reading import LONGEST_PAGE, PAGE_BYTES


@attrs.frozen
class Effort:
    """How much is measured.

    Attributes:
        members: Of each cluster.
        reads: Of each kind that callgrind counts; 0 for none.
        servers: Numbers of servers.
        namespaces: Numbers of namespaces.
        shared: Entries in all of them together.
        entries: Numbers of entries; the last one is what the model is checked against.
        crowds: Numbers of clients, for each of these.
        times: Writes at once, and a tenth of the reads.
        told: Writes at once that clients are told of.
        rounds: Of each figure.
        seconds: For which nothing is asked.
    """

    members: int = 3
    reads: int = 1000
    servers: Sequence[int] = (1, 2, 4)
    namespaces: Sequence[int] = (1, 100, 10_000)
    shared: int = 20_000
    entries: Sequence[int] = (10_000, 50_000, 100_000, 300_000)
    crowds: Sequence[Sequence[int]] = ((0, 50, 200), (), (0, 50, 200), (500,))
    times: int = 1000
    told: int = 200
    rounds: int = 3
    seconds: float = 10.0


QUICK = Effort(
    reads=0,
    servers=(1, 2),
    namespaces=(1, 5),
    shared=500,
    entries=(200, 1000, 2000),
    crowds=((0, 5), (), (10,)),
    times=20,
    told=10,
    rounds=1,
    seconds=0.5,
)


def measured(effort: Effort, folder: Path) -> report.Figures:
    """Measure everything, and make the model of it."""
    _say("servers")
    by_servers = servers.measured(
        folder / "servers", effort.members, effort.servers, effort.times, effort.rounds, effort.seconds
    )
    _say("namespaces")
    by_namespaces = namespaces.measured(
        folder / "namespaces",
        effort.members,
        effort.namespaces,
        effort.shared,
        effort.times,
        effort.rounds,
        effort.seconds / 3,
    )
    _say("entries and clients")
    sizes, crowds = growth.measured(
        folder / "growth", effort.members, effort.entries, effort.crowds, effort.told, effort.rounds, effort.seconds / 3
    )
    _say("instructions")
    counted = instructions.compared(folder, effort.reads)
    model = fitted(sizes[:-1], crowds[:-1], by_namespaces[0], entries_on_a_page())
    return report.Figures(
        setting=report.setting(),
        instructions=counted,
        servers=by_servers,
        namespaces=by_namespaces,
        sizes=sizes,
        crowds=crowds,
        model=model,
        checked=checked(model, sizes[-1], crowds[-1], by_namespaces[1:]),
    )


def entries_on_a_page() -> int:
    """How many entries of the usual length the store asks for at once."""
    change = change_of(0, SIZE)
    key, value = Layout(DEFAULT_PREFIX).record(NAMESPACE, change.name), record_value(change.record or b"", 1e9, "")
    return min(LONGEST_PAGE, PAGE_BYTES // (len(key) + len(value)))


def as_json(figures: report.Figures) -> str:
    """Every figure."""
    made = attrs.asdict(figures)
    made["breaks"] = [
        attrs.asdict(one) | ({"share": one.share} if isfinite(one.figure) else {"figure": None, "share": None})
        for one in breaking.breaks(figures.model)
    ]
    return json.dumps(made, indent=2, allow_nan=False) + "\n"


def main() -> None:
    """Measure what the command line asks for."""
    usual = Effort()
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cluster", description="Measure servers over a cluster of etcd."
    )
    parser.add_argument("--entries", type=_numbers, metavar="N,…", help="numbers of entries; the last one is a check")
    parser.add_argument("--reads", type=int, metavar="N", help="reads that callgrind counts; 0 for none")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each figure")
    parser.add_argument("--quick", action="store_true", help="a small form, whose figures say little")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure there")
    asked = parser.parse_args()
    effort = QUICK if asked.quick else usual
    given = {name: getattr(asked, name) for name in ("entries", "reads", "rounds") if getattr(asked, name) is not None}
    if "entries" in given:
        if len(given["entries"]) < 3:
            parser.error("--entries needs three numbers: two for the model, and one to check it.")
        given["crowds"] = (effort.crowds[0], *[()] * (len(given["entries"]) - 2), effort.crowds[-1])
    with TemporaryDirectory() as folder:
        figures = measured(attrs.evolve(effort, **given), Path(folder))
    text = report.markdown(figures)
    print(text)
    if asked.markdown is not None:
        asked.markdown.write_text(text, encoding="utf-8")
    if asked.json is not None:
        asked.json.write_text(as_json(figures), encoding="utf-8")


def _numbers(text: str) -> list[int]:
    return sorted(int(number) for number in text.split(","))


def _say(what: str) -> None:
    print(f"Measuring {what}…", file=sys.stderr)


if __name__ == "__main__":
    main()
