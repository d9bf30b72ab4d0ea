"""What one server uses for the same number of entries in few namespaces and in many."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import attrs

from benchmarks.cluster.setting import Start, cluster_of, database, fill, started
from benchmarks.cluster.usage import memory_of, middle, used
from registry.stores.etcd import EtcdStore

if TYPE_CHECKING:
    from clusters.members import Cluster  # pyright: ignore[reportMissingImports]  # on sys.path as it runs

LOADERS = 6
"""Threads that fill namespaces."""

LISTS = 10


@attrs.frozen
class Namespaces:
    """A number of namespaces over one cluster, with the same entries in all. Seconds are those of processors.

    Attributes:
        namespaces: How many.
        entries: In all of them together.
        start_server: Seconds of a server until it is ready.
        start_etcd: Of all members meanwhile.
        start_wall: Seconds that went by meanwhile.
        start_requests: Requests to all members meanwhile.
        memory_server: Bytes of the server.
        memory_etcd: Bytes of each member.
        file: Bytes of a member's database.
        in_use: Those of them that hold something.
        write_server: Seconds of the server for 1,000 writes.
        write_etcd: Of all members.
        listed_etcd: Of all members for one `store.namespaces()`.
        listed_wall: Seconds that went by meanwhile.
    """

    namespaces: int
    entries: int
    start_server: float
    start_etcd: float
    start_wall: float
    start_requests: float
    memory_server: float
    memory_etcd: float
    file: int
    in_use: int
    write_server: float
    write_etcd: float
    listed_etcd: float
    listed_wall: float


def measured(
    folder: Path, members: int, counts: Sequence[int], entries: int, times: int, rounds: int, seconds: float
) -> list[Namespaces]:
    """The figures for numbers of namespaces, each over a cluster of its own.

    Args:
        folder: For data.
        members: Of each cluster.
        counts: The numbers of namespaces.
        entries: In all of them together.
        times: How many writes at once.
        rounds: Of each figure; the median counts.
        seconds: For which nothing is asked.
    """
    found = []
    for count in counts:
        with cluster_of(folder / f"cluster-{count}", members) as cluster:
            found.append(_of(cluster, count, entries // count, times, rounds, seconds))
    return found


def _of(cluster: "Cluster", count: int, each: int, times: int, rounds: int, seconds: float) -> Namespaces:
    names = [f"team.n{number:05d}" for number in range(count)]
    starts: list[Start] = []
    with EtcdStore(cluster.endpoints) as store:
        with ThreadPoolExecutor(LOADERS) as pool:
            list(pool.map(lambda name: fill(store, name, 0, each), names))
        file, in_use = database(cluster)
        for _ in range(rounds - 1):
            with started(cluster) as (_made, start):
                starts.append(start)
        with started(cluster) as (made, start):
            starts.append(start)
            members = {name: pid for name, pid in made.processes.items() if name.startswith("etcd")}
            if len(store.namespaces()) != count:
                raise RuntimeError(f"There are not {count} namespaces.")
            lists = middle([used(members, lambda: _list(store)) for _ in range(rounds)])
            memory = {name: memory_of(pid) for name, pid in made.processes.items()}
            idle = made.idle(seconds)
            made.writes(names[0], max(times // 10, 10), count=each)
            writes = middle([made.writes(names[0], times, count=each).beyond(idle) for _ in range(rounds)])
    return Namespaces(
        namespaces=count,
        entries=each * count,
        start_server=median(start.server for start in starts),
        start_etcd=median(start.etcd for start in starts),
        start_wall=median(start.wall for start in starts),
        start_requests=median(start.requests for start in starts),
        memory_server=memory["server 1"],
        memory_etcd=sum(memory[name] for name in members) / len(members),
        file=file,
        in_use=in_use,
        write_server=writes.cpu["server 1"] * 1000 / times,
        write_etcd=writes.total("etcd") * 1000 / times,
        listed_etcd=lists.total("etcd") / LISTS,
        listed_wall=lists.wall / LISTS,
    )


def _list(store: EtcdStore) -> None:
    for _ in range(LISTS):
        store.namespaces()
