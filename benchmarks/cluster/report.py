"""What was measured, and what follows from it, as Markdown."""

import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version

import attrs

from benchmarks.cluster import prose
from benchmarks.cluster.breaking import Break, Fan, Room, breaks, fans, gigabytes, rooms, seconds
from benchmarks.cluster.growth import Crowd, Size
from benchmarks.cluster.instructions import Compared
from benchmarks.cluster.model import Checked, Line, Model
from benchmarks.cluster.namespaces import Namespaces
from benchmarks.cluster.servers import Servers
from registry.distribution import __version__

NOT_MEASURED = "not measured"


@attrs.frozen
class Figures:
    """All that one run measured.

    Attributes:
        setting: With what.
        instructions: For a read; empty where callgrind is not installed.
        servers: By numbers of servers.
        namespaces: By numbers of namespaces.
        sizes: By numbers of entries; the last one is not in the model.
        crowds: By numbers of clients; the last one is not in the model.
        model: What was made of them.
        checked: The model beside what it was not made of.
    """

    setting: dict[str, str]
    instructions: Sequence[Compared]
    servers: Sequence[Servers]
    namespaces: Sequence[Namespaces]
    sizes: Sequence[Size]
    crowds: Sequence[Crowd]
    model: Model
    checked: Sequence[Checked]


def setting() -> dict[str, str]:
    """With what is measured."""
    from clusters.binary import etcd_version  # pyright: ignore[reportMissingImports]  # on sys.path as it runs

    return {
        "registry": __version__,
        "Python": platform.python_version(),
        "etcd": ".".join(map(str, etcd_version())),
        "aiohttp": version("aiohttp"),
        "system": f"{platform.system()} {platform.machine()}",
    }


def markdown(figures: Figures) -> str:
    """All tables, with what they say."""
    told = ", ".join(f"{name} {value}" for name, value in figures.setting.items())
    parts = [
        ["# Several servers over one cluster of etcd", "", prose.INTRODUCTION, "", f"Measured with {told}.", ""],
        ["## What breaks first", "", *_first(breaks(figures.model)), ""],
        [prose.BREAKS, "", *_breaks(breaks(figures.model)), ""],
        [prose.WRITES, "", *_fans(fans(figures.model)), "", prose.ROOM, "", *_rooms(rooms(figures.model)), ""],
        ["## The model, and a run that it does not know", "", prose.MODEL, "", *_model(figures.model), ""],
        [prose.checked(figures.sizes[-1], figures.crowds[-1]), "", *_checked(figures.checked), ""],
        ["## Reads over SQLite and over etcd", "", prose.READS, "", *_instructions(figures.instructions), ""],
        ["## Servers", "", prose.SERVERS, "", *_servers(figures.servers), ""],
        ["## Namespaces", "", prose.namespaces(figures.namespaces), "", *_namespaces(figures.namespaces), ""],
        ["## Entries and clients", "", prose.GROWTH, "", *_sizes(figures.sizes), "", *_crowds(figures.crowds), ""],
    ]
    return "\n".join(line for part in parts for line in part)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1) -> list[str]:
    """A table of which the first columns are texts."""
    lines = ["---" if number < texts else "--:" for number in range(len(heads))]
    return [f"| {' | '.join(cells)} |" for cells in (heads, lines, *rows)]


def _first(found: Sequence[Break]) -> list[str]:
    """What breaks first, in a list."""
    ways = (
        ("Of what etcd and this library fix, entries", False, "entries"),
        ("Of what etcd and this library fix, clients", False, "clients"),
        ("Of what was chosen here, entries", True, "entries"),
        ("Of what was chosen here, clients", True, "clients"),
    )
    lines = []
    for told, is_chosen, unit in ways:
        one = next(one for one in found if one.is_chosen is is_chosen and one.unit == unit)
        lines.append(f"- {told}: {one.what}, {one.limit}: at {rounded(one.figure)} {unit}.")
    return lines


def _breaks(found: Sequence[Break]) -> list[str]:
    heads = ("what", "limit", "at 10 million entries, 1,000 clients", "breaks at", "of the aim", "then")
    rows = [
        (one.what, one.limit, one.aim, f"{rounded(one.figure)} {one.unit}", f"{one.share:.2g}", one.then)
        for one in found
    ]
    return _table(heads, rows, len(heads))


def _fans(found: Sequence[Fan]) -> list[str]:
    heads = ("watching clients of one server", "processor of the server for a write", "writes a second", "sent")
    return _table(heads, [(f"{f.clients:,}", short(f.cpu), rounded(f.writes), gigabytes(f.bytes)) for f in found], 0)


def _rooms(found: Sequence[Room]) -> list[str]:
    heads = ("entries", "quota", "writes a second, all day")
    return _table(
        heads, [(f"{r.entries:,}", gigabytes(r.quota), rounded(r.writes) if r.writes else "none") for r in found], 0
    )


def _model(model: Model) -> list[str]:
    def line(what: str, of: Line, show: object, each: str) -> tuple[str, str, str]:
        shown = size if show is size else short
        return what, shown(of.fixed), f"{shown(of.each)} for each {each}"

    return _table(
        ("what", "fixed", "grows by"),
        [
            line("database of a member", model.database, size, "entry"),
            line("memory of the member that holds most", model.memory_etcd, size, "entry"),
            line("memory of a server", model.memory_server, size, "entry"),
            ("", "", f"{size(model.memory_watcher)} for each watching client"),
            line("memory of a server at most, while it starts", model.peak_server, size, "entry"),
            line("a server until it is ready: server", model.start_server, short, "entry"),
            line("a server until it is ready: etcd", model.start_etcd, short, "entry"),
            (
                "",
                "",
                f"{short(model.walk)} for each key that a page, of {model.page:,} entries, walks over",
            ),
            line("the snapshot of a new client: server", model.snapshot_server, short, "entry"),
            line("the snapshot of a new client: length", model.snapshot_bytes, size, "entry"),
            line("a write: server", model.write_server, short, "watching client"),
            ("a write: etcd, all members", short(model.write_etcd), "-"),
            ("a write: database, until it may be forgotten", size(model.write_bytes), "-"),
            line("heartbeats, each second: server", model.idle_server, short, "watching client"),
        ],
    )


def _checked(found: Sequence[Checked]) -> list[str]:
    heads = ("what", "predicted", "measured", "error")
    shown = {"B": size, "s": short, "s/s": short}
    return _table(
        heads,
        [(c.what, shown[c.unit](c.predicted), shown[c.unit](c.measured), f"{c.error:+.0%}") for c in found],
    )


def _instructions(found: Sequence[Compared]) -> list[str]:
    heads = ("read", "over SQLite", "over etcd", "difference", "all threads, over SQLite", "all threads, over etcd")
    rows = [
        (
            one.what,
            f"{one.sqlite.loop:,.0f}",
            f"{one.etcd.loop:,.0f}",
            f"{one.difference:+.2%}",
            f"{one.sqlite.process:,.0f}",
            f"{one.etcd.process:,.0f}",
        )
        for one in found
    ]
    return _table(heads, rows or [("any", *[NOT_MEASURED] * 5)])


def _servers(found: Sequence[Servers]) -> list[str]:
    heads = ("", *(f"{one.servers} server{'s' * (one.servers > 1)}" for one in found))

    def row(what: str, name: str, show: object = None) -> tuple[str, ...]:
        shown = size if show is size else short if show is None else f"{{:{show}}}".format
        values = [getattr(one, name) for one in found]
        return what, *("-" if value is None else shown(value) for value in values)

    return _table(
        heads,
        [
            row("1,000 writes: etcd, all members", "write_etcd"),
            row("1,000 writes: the server that is asked", "write_server"),
            row("1,000 writes: each other server", "write_others"),
            row("1,000 writes by 8 clients at once: time that goes by", "writes_wall"),
            row("1,000 reads: etcd, all members", "read_etcd"),
            row("1,000 reads: the server that is asked", "read_server"),
            row("nothing, for a second: etcd, all members", "idle_etcd"),
            row("nothing, for a second: each server", "idle_server"),
            row("nothing, for a second: requests to etcd", "requests", ".2f"),
            row("memory of a server", "memory_server", size),
            row("memory of a member", "memory_etcd", size),
        ],
    )


def _namespaces(found: Sequence[Namespaces]) -> list[str]:
    heads = ("", *(f"{one.namespaces:,} namespace{'s' * (one.namespaces > 1)}" for one in found))

    def row(what: str, name: str, show: object = None) -> tuple[str, ...]:
        shown = size if show is size else short if show is None else f"{{:{show}}}".format
        return what, *(shown(getattr(one, name)) for one in found)

    return _table(
        heads,
        [
            row("a server until it is ready: server", "start_server"),
            row("a server until it is ready: etcd, all members", "start_etcd"),
            row("a server until it is ready: time that goes by", "start_wall"),
            row("a server until it is ready: requests to etcd", "start_requests", ",.0f"),
            row("memory of the server", "memory_server", size),
            row("memory of a member", "memory_etcd", size),
            row("database of a member: file", "file", size),
            row("database of a member: in use", "in_use", size),
            row("1,000 writes: server", "write_server"),
            row("1,000 writes: etcd, all members", "write_etcd"),
            row("`store.namespaces()`: etcd, all members", "listed_etcd"),
            row("`store.namespaces()`: time that goes by", "listed_wall"),
        ],
    )


def _sizes(found: Sequence[Size]) -> list[str]:
    heads = ("entries", "database", "a member", "a server", "at most", "start: server", "etcd", "goes by")
    rows = [
        (
            f"{one.entries:,}",
            *(size(value) for value in (one.in_use, one.memory_etcd, one.memory_server, one.peak_server)),
            *(seconds(value) for value in (one.start_server, one.start_etcd, one.start_wall)),
            short(one.page_etcd),
            short(one.snapshot_server),
            size(one.snapshot_bytes),
        )
        for one in found
    ]
    return _table((*heads, "a page of one key", "snapshot: server", "snapshot"), rows, 0)


def _crowds(found: Sequence[Crowd]) -> list[str]:
    heads = (
        "entries",
        "clients",
        "memory",
        "heartbeats, each second",
        "a write: server",
        "a write: etcd",
        "open files",
    )
    rows = [
        (
            f"{one.entries:,}",
            f"{one.watchers:,}",
            size(one.memory_server),
            short(one.idle_server),
            short(one.write_server),
            short(one.write_etcd),
            f"{one.files:,}",
        )
        for one in found
    ]
    return _table(heads, rows, 0)


def short(taken: float) -> str:
    """Seconds in the unit that suits them."""
    for unit, name in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if abs(taken) >= unit:
            return f"{taken / unit:.3g} {name}" if abs(taken) < 1000 else f"{taken:,.0f} s"
    return f"{taken / 1e-9:.3g} ns" if taken else "0"


def size(count: float) -> str:
    """Bytes in the unit that suits them."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if abs(count) >= unit:
            return f"{count / unit:,.1f} {name}"
    return f"{count:.0f} B"


def rounded(number: float) -> str:
    """A number of which only two digits count."""
    if number == float("inf"):
        return "any number of"
    if number < 100:
        return f"{number:.2g}"
    digits = len(str(int(number))) - 2
    return f"{round(number, -digits):,.0f}"
