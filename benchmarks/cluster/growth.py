"""What one server over three members uses as entries and watching clients become more: what the model is made of."""

import json
import selectors
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, final
from urllib.request import urlopen

import attrs

from benchmarks.cluster.setting import SETTLED, Setting, Start, cluster_of, database, fill, started
from benchmarks.cluster.usage import files_of, memory_of, middle, peak_of, used
from benchmarks.sharing.processes import HOST, many_files
from benchmarks.sharing.records import NAMESPACE
from benchmarks.sharing.wire import RECEIVED, connected, http
from registry.stores.etcd import EtcdStore
from registry.stores.etcd.endpoints import DEFAULT_PREFIX
from registry.stores.etcd.gateway import TXN, fetch_range, read_outcome, transaction
from registry.stores.etcd.layout import Layout, after

WALKED = 1_000_000
"""About so many keys are walked over to find what one takes."""


@attrs.frozen
class Size:
    """A number of entries, without clients. Seconds are those of processors.

    Attributes:
        entries: How many.
        in_use: Bytes of a member's database that hold something.
        memory_etcd: Bytes of the member that holds most.
        memory_server: Bytes of a server when it is ready.
        peak_server: The most that it held until then.
        start_server: Seconds of a server until it is ready.
        start_etcd: Of all members meanwhile.
        start_wall: Seconds that went by meanwhile.
        page_etcd: Seconds of the members for a page of one key, with all keys behind it.
        snapshot_server: Seconds of the server for the snapshot that a new client is sent.
        snapshot_bytes: How long it is.
    """

    entries: int
    in_use: int
    memory_etcd: int
    memory_server: int
    peak_server: int
    start_server: float
    start_etcd: float
    start_wall: float
    page_etcd: float
    snapshot_server: float
    snapshot_bytes: int


@attrs.frozen
class Crowd:
    """A number of clients that watch everything. Seconds are those of processors.

    Attributes:
        entries: How many entries there were.
        watchers: How many clients.
        memory_server: Bytes of the server.
        idle_server: Seconds of the server in a second when nothing happens.
        write_server: Seconds of the server for a write, all watchers told.
        write_etcd: Of all members.
        write_bytes: By which a member's database grows with a write.
        files: That the server has open.
    """

    entries: int
    watchers: int
    memory_server: int
    idle_server: float
    write_server: float
    write_etcd: float
    write_bytes: float
    files: int


def measured(
    folder: Path,
    members: int,
    sizes: Sequence[int],
    crowds: Sequence[Sequence[int]],
    times: int,
    rounds: int,
    seconds: float,
) -> tuple[list[Size], list[Crowd]]:
    """The figures of growing numbers of entries in one cluster.

    Args:
        folder: For data.
        members: Of the cluster.
        sizes: The numbers of entries.
        crowds: The numbers of watching clients, for each of them.
        times: How many writes at once.
        rounds: Of each figure; the median counts.
        seconds: For which nothing is asked.
    """
    many_files(2 * max([0, *(watchers for crowd in crowds for watchers in crowd)]) + 200)
    found: list[Size] = []
    gathered: list[Crowd] = []
    with cluster_of(folder / "cluster", members) as cluster, EtcdStore(cluster.endpoints, timeout=60) as store:
        there = 0
        for size, crowd in zip(sizes, crowds, strict=True):
            fill(store, NAMESPACE, there, size)
            there = size
            in_use = database(cluster)[1]  # before anything is written a second time
            tries = []
            for left in reversed(range(rounds)):
                with started(cluster) as (made, start):
                    tries.append(_size(made, start, size, in_use))
                    for watchers in () if left else crowd:
                        gathered.append(_crowd(made, size, watchers, times, rounds, seconds))
            found.append(_median(tries))
    return found, gathered


def _size(made: Setting, start: Start, size: int, in_use: int) -> Size:
    server = made.servers[0]
    peak, memory = peak_of(server.process.pid), memory_of(server.process.pid)
    received: list[int] = []
    snapshot = used(made.processes, lambda: received.append(_snapshot(server.port)))
    return Size(
        entries=size,
        in_use=in_use,
        memory_etcd=max(memory_of(pid) for name, pid in made.processes.items() if name.startswith("etcd")),
        memory_server=memory,
        peak_server=peak,
        start_server=start.server,
        start_etcd=start.etcd,
        start_wall=start.wall,
        page_etcd=_page(made, size),
        snapshot_server=snapshot.cpu["server 1"],
        snapshot_bytes=received[0],
    )


def _median(tries: list[Size]) -> Size:
    names = [field.name for field in attrs.fields(Size)]
    return Size(**{name: median(getattr(one, name) for one in tries) for name in names})


def _page(made: Setting, size: int) -> float:
    """What etcd takes to find the first key of a range: it walks over all keys of the range, in order to count them."""
    records = Layout(DEFAULT_PREFIX).records
    body = transaction((), [fetch_range(records, after(records), limit=1, keys_only=True)])
    member = made.cluster.members[0]
    times = min(100, max(20, WALKED // size))

    (page,) = read_outcome(_post(member.url, body)).pages
    if page.count < size:
        raise RuntimeError(f"Of {size} entries the page walks over {page.count}.")

    def ask() -> None:
        for _ in range(times):
            _post(member.url, body)

    members = {name: pid for name, pid in made.processes.items() if name.startswith("etcd")}
    return used(members, ask).total("etcd") / times


def _post(url: str, body: bytes) -> bytes:
    with urlopen(f"{url}{TXN}", body, timeout=60) as answer:
        return bytes(answer.read())


def _snapshot(port: int) -> int:
    """Take what a client takes that knows nothing yet; how many bytes that are."""
    size, tail = 0, b""
    with connected(port) as opened:
        opened.sendall(http("GET", f"/watch?namespace={NAMESPACE}"))
        while b"event: beat" not in tail:
            received = opened.recv(RECEIVED)
            if not received:
                raise ConnectionError("The server closed the connection.")
            size += len(received)
            tail = tail[-20:] + received
    return size


def _crowd(made: Setting, size: int, watchers: int, times: int, rounds: int, seconds: float) -> Crowd:
    pid = made.servers[0].process.pid
    with _watching(made.servers[0].port, watchers) as crowd:
        memory, files = memory_of(pid), files_of(pid)
        idle = used(made.processes, lambda: crowd.read(seconds))
        found = []
        before = database(made.cluster)[1]
        for _ in range(rounds):
            found.append(used(made.processes, lambda: crowd.during(made, times)).beyond(idle))
        grown = database(made.cluster)[1] - before
    writes = middle(found)
    return Crowd(
        entries=size,
        watchers=watchers,
        memory_server=memory,
        idle_server=idle.rate("server 1"),
        write_server=writes.cpu["server 1"] / times,
        write_etcd=writes.total("etcd") / times,
        write_bytes=grown / times / rounds,
        files=files,
    )


@final
class _Watching:
    """Connections that are read from, and what comes thrown away."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()

    def read(self, seconds: float) -> int:
        """Read for so long; gives how many bytes came."""
        end, size = time.monotonic() + seconds, 0
        while (left := end - time.monotonic()) > 0:
            for key, _ in self.selector.select(min(left, 0.05)):
                opened: Any = key.fileobj
                received = opened.recv(RECEIVED)
                if not received:
                    raise ConnectionError("The server closed a connection.")
                size += len(received)
        return size

    def during(self, made: Setting, times: int) -> None:
        """Read while something is written, and until nothing comes any more but heartbeats."""
        failed: list[BaseException] = []

        def write() -> None:
            try:
                made.writes(NAMESPACE, times, writers=1)
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=write)
        thread.start()
        while thread.is_alive():
            self.read(0.02)
        thread.join()
        if failed:
            raise failed[0]
        self.read(SETTLED)


@contextmanager
def _watching(port: int, count: int) -> Iterator[_Watching]:
    """So many clients that have seen everything and watch what happens next."""
    crowd = _Watching()
    opened = []
    try:
        token = _token(port)
        for _ in range(count):
            one = connected(port)
            opened.append(one)
            one.sendall(http("GET", f"/watch?namespace={NAMESPACE}&since={token}"))
            crowd.selector.register(one, selectors.EVENT_READ)
        crowd.read(SETTLED * 2)
        yield crowd
    finally:
        crowd.selector.close()
        for one in opened:
            one.close()


def _token(port: int) -> str:
    with urlopen(f"http://{HOST}:{port}/registry/{NAMESPACE}/keys?limit=1", timeout=60) as answer:
        return str(json.load(answer)["token"])
