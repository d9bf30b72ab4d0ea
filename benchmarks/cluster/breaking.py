"""Where 10 million entries and 1,000 clients come to an end: what breaks first, and the figure at which it does."""

from collections.abc import Sequence

import attrs

from benchmarks.cluster.model import Model
from registry.server.limits import Limits
from registry.stores.etcd.store import PATIENCE
from registry.stores.submission import RETENTION

ENTRIES, CLIENTS = 10_000_000, 1000
NAMESPACES = 10_000
"""In one of the two ways to have so many entries; in the other all are in one namespace."""

SHIPPED, MOST = 2 << 30, 8 << 30
"""Bytes of etcd's quota: as shipped, and the most that its documentation advises."""

MACHINE = 16 << 30
TIMEOUT = 10.0
"""Seconds of one call, as shipped."""

READY = COMEBACK = 600.0
WRITES = 100.0
FILES = 1024
"""Chosen: main memory of a machine, seconds until a server is ready and until all clients are back, and writes per
second. Files are what one process may have open where nobody has said anything else."""


@attrs.frozen
class Break:
    """Something that comes to an end.

    Attributes:
        what: Which.
        limit: The number that ends it.
        aim: What 10 million entries and 1,000 clients come to.
        figure: How many entries or clients take all of it.
        unit: Of what: "entries" or "clients".
        then: What happens, and what helps.
    """

    what: str
    limit: str
    aim: str
    figure: float
    unit: str
    then: str

    @property
    def share(self) -> float:
        """Which part of the aim that is; what has the least breaks first."""
        return self.figure / (ENTRIES if self.unit == "entries" else CLIENTS)

    @property
    def is_chosen(self) -> bool:
        """Whether the limit is neither etcd's nor this library's."""
        return self.limit.endswith("(chosen)")


def breaks(model: Model) -> list[Break]:
    """All of them, the first one first."""
    return sorted([*_of_etcd(model), *_of_servers(model), *_of_clients(model)], key=lambda one: one.share)


def _of_etcd(model: Model) -> list[Break]:
    held = gigabytes(model.database.at(ENTRIES))
    page = seconds(model.page_etcd.at(ENTRIES))
    full = "etcd refuses every write (NOSPACE) until space is made and the alarm is disarmed"
    kept = RETENTION.seconds
    return [
        Break(
            "etcd's database",
            f"{gigabytes(SHIPPED)}, the quota as shipped",
            held,
            model.database.reaches(SHIPPED),
            "entries",
            f"{full}; `--quota-backend-bytes`",
        ),
        Break(
            "etcd's database",
            f"{gigabytes(MOST)}, the most that etcd advises",
            held,
            model.database.reaches(MOST),
            "entries",
            f"{full}; shorter records, or another cluster for some namespaces",
        ),
        Break(
            "memory of the leading member",
            f"{gigabytes(MACHINE)} (chosen)",
            gigabytes(model.memory_etcd.at(ENTRIES)),
            model.memory_etcd.reaches(MACHINE),
            "entries",
            "the kernel ends it, and another one leads",
        ),
        Break(
            "one page of a range, in a server's first snapshot",
            f"{seconds(PATIENCE)}, after which another member is asked too",
            page,
            model.page_etcd.reaches(PATIENCE),
            "entries",
            "two members, then three, walk over all keys behind the page; the start takes several times as long",
        ),
        Break(
            "one page of a range, in a server's first snapshot",
            f"{seconds(TIMEOUT)}, the deadline of a call",
            page,
            model.page_etcd.reaches(TIMEOUT),
            "entries",
            "no server can load the namespace any more; `timeout`, or more namespaces",
        ),
        Break(
            f"the list of {NAMESPACES:,} namespaces, which a server asks for first",
            f"{seconds(kept)}, after which the log may be compacted",
            seconds(model.listing(ENTRIES, NAMESPACES)),
            model.lists_within(kept, NAMESPACES),
            "entries",
            "the moment that is read may be gone: it begins anew, three times, and fails",
        ),
    ]


def _of_servers(model: Model) -> list[Break]:
    start = seconds(model.starting(ENTRIES))
    kept = RETENTION.seconds
    return [
        Break(
            "start of a server, one namespace",
            f"{seconds(READY)} (chosen)",
            start,
            model.starts_within(READY),
            "entries",
            "it is not ready for longer; other servers have to serve meanwhile",
        ),
        Break(
            "start of a server, one namespace",
            f"{seconds(kept)}, after which the log may be compacted",
            start,
            model.starts_within(kept),
            "entries",
            "what it reads may be gone, and it begins anew",
        ),
        Break(
            "memory of a server while it starts",
            f"{gigabytes(MACHINE)} (chosen)",
            gigabytes(model.peak_server.at(ENTRIES)),
            model.peak_server.reaches(MACHINE),
            "entries",
            "the kernel ends it",
        ),
        Break(
            "memory of a server, and of each client that mirrors all",
            f"{gigabytes(MACHINE)} (chosen)",
            gigabytes(model.memory(ENTRIES, CLIENTS)),
            model.memory_server.reaches(MACHINE - model.memory_watcher * CLIENTS),
            "entries",
            "clients watch only the namespaces that they use",
        ),
        Break(
            f"snapshots for {CLIENTS:,} clients that begin at once, one server",
            f"{seconds(COMEBACK)} (chosen)",
            seconds(CLIENTS * model.snapshot_server.at(ENTRIES)),
            model.snapshot_server.reaches(COMEBACK / CLIENTS),
            "entries",
            "they wait for their turn; clients that come back with a token are sent only what is new",
        ),
    ]


def _of_clients(model: Model) -> list[Break]:
    limits = Limits()
    return [
        Break(
            "open files of a server",
            f"{FILES:,}, the usual soft limit of Linux",
            f"{CLIENTS + model.files:,.0f}",
            FILES - model.files,
            "clients",
            "it takes no more connections; `LimitNOFILE=` of systemd, `ulimit -n`",
        ),
        Break(
            "connections of a server that are no watch",
            f"{limits.connections:,} (`connections`)",
            f"{CLIENTS:,} when each client has one for its calls",
            limits.connections,
            "clients",
            "more are answered 503; `--limit connections=`",
        ),
        Break(
            "watching clients of a server",
            f"{limits.watchers:,} (`watchers`)",
            f"{CLIENTS:,}",
            limits.watchers,
            "clients",
            "more are answered 503; `--limit watchers=`, or more servers",
        ),
        Break(
            f"{WRITES:.0f} writes a second told to all clients of one server",
            "1 processor (chosen)",
            f"{WRITES * model.write_server.at(CLIENTS):.2f} processors",
            model.write_server.reaches(1 / WRITES),
            "clients",
            "clients are told later and later; more servers share the clients",
        ),
        Break(
            "heartbeats to all clients of one server",
            "1 processor (chosen)",
            f"{model.idle_server.at(CLIENTS):.3f} processors",
            model.idle_server.reaches(1.0),
            "clients",
            "heartbeats come late, and clients look for another server",
        ),
    ]


@attrs.frozen
class Fan:
    """What writes cost a server that has to tell clients of them.

    Attributes:
        clients: How many.
        cpu: Seconds of the server's processor for a write.
        writes: That one processor makes in a second, all told.
        bytes: That leave the server for each write.
    """

    clients: int
    cpu: float
    writes: float
    bytes: float


def fans(model: Model, clients: Sequence[int] = (0, 100, 250, 500, 1000, 2000)) -> list[Fan]:
    """The same for numbers of clients."""
    each = model.snapshot_bytes.each
    found = [(count, model.write_server.at(count)) for count in clients]
    return [Fan(count, cpu, 1 / cpu if cpu > 0 else 0.0, count * each) for count, cpu in found]


@attrs.frozen
class Room:
    """How many writes a second the quota holds until they may be forgotten.

    Attributes:
        entries: How many there are.
        quota: Bytes.
        writes: A second, for as long as the log is kept; 0 where the entries alone are too many.
    """

    entries: int
    quota: int
    writes: float


def rooms(model: Model, entries: Sequence[int] = (10_000, 100_000, 1_000_000, ENTRIES)) -> list[Room]:
    """The same for numbers of entries and both quotas."""
    found = []
    for quota in (SHIPPED, MOST):
        for count in entries:
            left = (quota - model.database.at(count)) / model.write_bytes if model.write_bytes else 0.0
            enough = left >= RETENTION.operations  # so many are kept, however old they are
            found.append(Room(count, quota, left / RETENTION.seconds if enough else 0.0))
    return found


def gigabytes(size: float) -> str:
    """Bytes in plain text."""
    return f"{size / (1 << 30):,.1f} GiB" if size >= 1 << 30 else f"{size / (1 << 20):,.1f} MiB"


def seconds(taken: float) -> str:
    """Seconds in plain text."""
    if taken >= 7200:
        return f"{taken / 3600:,.1f} h"
    if taken >= 300:
        return f"{taken / 60:,.0f} min"
    return f"{taken:,.0f} s" if taken >= 10 else f"{taken:.1f} s"
