"""A cluster of etcd with servers over it, and what is done with them."""

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import attrs

from benchmarks.cluster.usage import Used, cpu_of, used
from benchmarks.sharing.processes import HOST, ROOT, Child, python, serving
from benchmarks.sharing.records import change_of, changes, name_of, operation
from benchmarks.sharing.wire import http, load
from registry.stores.etcd import EtcdStore
from registry.wire.routes import GET, SET, namespace_path

if TYPE_CHECKING:
    from clusters.members import Cluster  # pyright: ignore[reportMissingImports]  # on sys.path as it runs

SIZE = 1000
"""Bytes of a record, as in the figures for many entries beside these."""

SETTLED = 0.2
"""Seconds after which nothing goes on any more of what was asked for."""

WRITERS = READERS = 8
"""Connections that are kept busy."""


@contextmanager
def cluster_of(folder: Path, size: int) -> Iterator["Cluster"]:
    """A cluster of so many members, with nothing in it, until the end of the block."""
    tests = str(ROOT / "tests")
    if tests not in sys.path:
        sys.path.append(tests)  # what starts members is made for tests, and is no part of a package
    from clusters.members import running_cluster  # pyright: ignore[reportMissingImports]  # on sys.path as it runs

    # one member waits as long before it elects itself as it would for others
    options = ("--heartbeat-interval", "20", "--election-timeout", "200") if size == 1 else ()
    with running_cluster(folder, size, *options) as cluster:
        yield cluster


@final
@attrs.define
class Setting:
    """A cluster with servers over it.

    Attributes:
        cluster: The cluster.
        servers: The servers.
    """

    cluster: "Cluster"
    servers: list[Child]

    @property
    def processes(self) -> dict[str, int]:
        """Members are called 'etcd 1' and on, servers 'server 1' and on."""
        members = [member.process for member in self.cluster.members if member.process is not None]
        found = {f"etcd {number}": process.pid for number, process in enumerate(members, 1)}
        return found | {f"server {number}": child.process.pid for number, child in enumerate(self.servers, 1)}

    def idle(self, seconds: float) -> Used:
        """What all of them use when nobody asks for anything."""
        time.sleep(SETTLED)  # what was asked for just now is done
        return used(self.processes, lambda: time.sleep(seconds))

    def writes(self, namespace: str, times: int, *, count: int = 1000, writers: int = WRITERS) -> Used:
        """What so many writes through the first server take, over and over the same names."""
        path = namespace_path(namespace, SET)
        records = cycle([change_of(number, SIZE) for number in range(min(count, 1000))])
        requests = (
            http("POST", path, body=b'{"key":"%b","value":%b,"operation":"%b"}' % (name, value, operation().encode()))
            for name, value in ((change.name.encode(), change.record or b"") for change in records)
        )
        with load(self.servers[0].port, requests, writers) as run:
            return used(self.processes, lambda: run(times))

    def reads(self, namespace: str, times: int) -> Used:
        """What so many reads through the first server take."""
        paths = [namespace_path(namespace, GET, name_of(number)) for number in range(100)]
        with load(self.servers[0].port, cycle([http("GET", path) for path in paths]), READERS) as run:
            return used(self.processes, lambda: run(times))


@attrs.frozen
class Start:
    """What it took until a server was ready. Seconds are those of processors.

    Attributes:
        server: Of the server.
        etcd: Of all members meanwhile.
        wall: Seconds that went by meanwhile.
        requests: To all members meanwhile.
    """

    server: float
    etcd: float
    wall: float
    requests: int


@contextmanager
def started(cluster: "Cluster") -> Iterator[tuple[Setting, Start]]:
    """One server over a cluster, until the end of the block, and what its start took."""
    pids = [member.process.pid for member in cluster.members if member.process is not None]
    before, requests = sum(map(cpu_of, pids)), asked(cluster)
    start = time.monotonic()
    with setting(cluster, 1) as made:
        wall = time.monotonic() - start
        server, etcd = cpu_of(made.servers[0].process.pid), sum(map(cpu_of, pids)) - before
        yield made, Start(server, etcd, wall, asked(cluster) - requests)


@contextmanager
def setting(cluster: "Cluster", servers: int) -> Iterator[Setting]:
    """So many servers over a cluster, until the end of the block; all are ready when it begins."""
    with ExitStack() as stack:
        children = [stack.enter_context(serving(_command(cluster), is_ready=is_ready)) for _ in range(servers)]
        yield Setting(cluster, children)


def fill(store: EtcdStore, namespace: str, first: int, last: int) -> None:
    """Write records, as many at once as a submission may hold."""
    wanted = changes(first, last, SIZE)
    while part := list(islice(wanted, store.limits.changes)):
        store.submit(namespace, part, operation=operation()).result()


def database(cluster: "Cluster") -> tuple[int, int]:
    """Bytes of a member's file, and those of them that hold something."""
    status = cluster.leader().status() or {}
    return int(status.get("dbSize", 0)), int(status.get("dbSizeInUse", status.get("dbSize", 0)))


def asked(cluster: "Cluster") -> int:
    """How many requests all members were sent so far by clients of keys and watches."""
    return sum(_started(member.url) for member in cluster.members)


def _started(url: str) -> int:
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    services = ('grpc_service="etcdserverpb.KV"', 'grpc_service="etcdserverpb.Watch"')
    wanted = (
        line for line in lines if line.startswith("grpc_server_started_total{") and any(s in line for s in services)
    )
    return sum(int(float(line.rpartition(" ")[2])) for line in wanted)


def _command(cluster: "Cluster") -> Any:
    options = ["--no-auth", "--log-level", "error", "--limit", "watchers=20000", "--limit", "connections=20000"]
    return lambda port: python("registry", "serve", "--port", str(port), "--store", cluster.url, *options)


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/ready", timeout=5) as answer:
            return bool(json.load(answer)["status"] == "ready")
    except urllib.error.HTTPError:  # 503: it has not caught up yet
        return False
