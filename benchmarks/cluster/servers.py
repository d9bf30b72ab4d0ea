"""What one, two and four servers over the same cluster use."""

from collections.abc import Sequence
from pathlib import Path

import attrs

from benchmarks.cluster.setting import SETTLED, asked, cluster_of, fill, setting
from benchmarks.cluster.usage import memory_of, middle
from benchmarks.sharing.records import NAMESPACE
from registry.stores.etcd import EtcdStore

ENTRIES = 1000


@attrs.frozen
class Servers:
    """A number of servers over one cluster. Seconds are those of processors; none has in it what goes on anyway.

    Attributes:
        servers: How many.
        write_etcd: Seconds of all members for 1,000 writes.
        write_server: Of the server that was asked.
        write_others: Of each of the others; None if there are none.
        writes_wall: Seconds that went by meanwhile.
        read_etcd: Seconds of all members for 1,000 reads.
        read_server: Of the server that was asked.
        idle_etcd: Of all members in a second when nothing is asked for.
        idle_server: Of each server.
        requests: To all members in such a second.
        memory_server: Bytes of each server.
        memory_etcd: Bytes of each member.
    """

    servers: int
    write_etcd: float
    write_server: float
    write_others: float | None
    writes_wall: float
    read_etcd: float
    read_server: float
    idle_etcd: float
    idle_server: float
    requests: float
    memory_server: float
    memory_etcd: float


def measured(
    folder: Path, members: int, counts: Sequence[int], times: int, rounds: int, seconds: float
) -> list[Servers]:
    """The figures for numbers of servers, all over one cluster.

    Args:
        folder: For data.
        members: Of the cluster.
        counts: The numbers of servers.
        times: How many writes at once; ten times as many reads.
        rounds: Of writes and of reads; the median counts.
        seconds: For which nothing is asked.
    """
    with cluster_of(folder / "cluster", members) as cluster:
        with EtcdStore(cluster.endpoints) as store:
            fill(store, NAMESPACE, 0, ENTRIES)
        found = []
        for count in counts:
            with setting(cluster, count) as made:
                made.writes(NAMESPACE, max(times // 10, 10))  # what is made on first use
                before = asked(cluster)
                idle = made.idle(seconds)
                requests = (asked(cluster) - before) / (idle.wall + SETTLED)
                writes = middle([made.writes(NAMESPACE, times).beyond(idle) for _ in range(rounds)])
                reads = middle([made.reads(NAMESPACE, 10 * times).beyond(idle) for _ in range(rounds)])
                memory = {name: memory_of(pid) for name, pid in made.processes.items()}
            others = [writes.cpu[name] for name in writes.cpu if name.startswith("server") and name != "server 1"]
            found.append(
                Servers(
                    servers=count,
                    write_etcd=writes.total("etcd") * 1000 / times,
                    write_server=writes.cpu["server 1"] * 1000 / times,
                    write_others=sum(others) / len(others) * 1000 / times if others else None,
                    writes_wall=writes.wall * 1000 / times,
                    read_etcd=reads.total("etcd") * 100 / times,
                    read_server=reads.cpu["server 1"] * 100 / times,
                    idle_etcd=idle.total("etcd") / idle.wall,
                    idle_server=idle.total("server") / idle.wall / count,
                    requests=requests,
                    memory_server=sum(memory[name] for name in memory if name.startswith("server")) / count,
                    memory_etcd=sum(memory[name] for name in memory if name.startswith("etcd")) / members,
                )
            )
    return found
