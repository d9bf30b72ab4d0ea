"""How many machine instructions a server executes for a read, over SQLite and over etcd, counted by callgrind."""

import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import final

import attrs

from benchmarks.cluster.setting import SIZE, cluster_of, fill, is_ready
from benchmarks.sharing.processes import HOST, python, serving
from benchmarks.sharing.records import NAMESPACE, changes, name_of, operation
from benchmarks.sharing.wire import Connection, http, http_complete
from registry.stores.etcd import EtcdStore
from registry.stores.sqlite import SQLiteStore
from registry.wire.routes import GET, KEYS, namespace_path

RECORDS = 100
FIRST = 50
"""Reads before the first one that counts, which make whatever is made on first use."""

SINGLE, UNCHANGED, LISTED = "a record", "a record that the client has (304)", "100 keys"


@attrs.frozen
class Count:
    """Instructions for one read.

    Attributes:
        loop: Those of the thread that answers.
        process: Those of the whole server, less what it executes in the same time when nobody asks.
    """

    loop: float
    process: float


@attrs.frozen
class Compared:
    """One kind of read over both stores.

    Attributes:
        what: What is read.
        sqlite: Over SQLite.
        etcd: Over etcd.
    """

    what: str
    sqlite: Count
    etcd: Count

    @property
    def difference(self) -> float:
        """By which part the thread that answers executes more over etcd."""
        return self.etcd.loop / self.sqlite.loop - 1


def compared(folder: Path, reads: int) -> list[Compared]:
    """Each kind of read over both stores with the same records; none where callgrind is not installed."""
    if not reads or shutil.which("valgrind") is None or shutil.which("callgrind_control") is None:
        return []
    with SQLiteStore(folder / "registry.db") as store:
        store.submit(NAMESPACE, list(changes(0, RECORDS, SIZE)), operation=operation()).result()
    sqlite = _counts(f"sqlite:///{folder / 'registry.db'}", folder / "sqlite", reads)
    with cluster_of(folder / "cluster", 1) as cluster:
        with EtcdStore(cluster.endpoints) as etcd:
            fill(etcd, NAMESPACE, 0, RECORDS)
        over_etcd = _counts(cluster.url, folder / "etcd", reads)
    return [Compared(what, sqlite[what], over_etcd[what]) for what in sqlite]


def _counts(store: str, output: Path, reads: int) -> dict[str, Count]:
    with _counted(store, output) as (port, counter):
        found = {}
        for what, requests, complete in _kinds(port):
            connection = Connection(port, complete)
            wanted = cycle(requests)
            _ask(connection, wanted, FIRST)
            start = time.monotonic()
            loop, process = counter.during(partial(_ask, connection, wanted, reads))
            _, idle = counter.during(partial(time.sleep, time.monotonic() - start))
            found[what] = Count(loop / reads, (process - idle) / reads)
            connection.socket.close()
        return found


def _kinds(port: int) -> Iterator[tuple[str, Sequence[bytes], Callable[[bytes | bytearray], bool]]]:
    paths = [namespace_path(NAMESPACE, GET, name_of(number)) for number in range(RECORDS)]
    yield SINGLE, [http("GET", path) for path in paths], http_complete
    yield UNCHANGED, [_with_tag(http("GET", path), _tag(port, path)) for path in paths], _is_unchanged
    yield LISTED, [http("GET", f"{namespace_path(NAMESPACE, KEYS)}?limit=100")], http_complete


def _ask(connection: Connection, requests: Iterator[bytes], times: int) -> None:
    for request in islice(requests, times):
        connection.ask(request)


def _tag(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=60) as answer:
        return str(answer.headers["ETag"])


def _with_tag(request: bytes, tag: str) -> bytes:
    return request[:-2] + f"If-None-Match: {tag}\r\n\r\n".encode()


def _is_unchanged(answer: bytes | bytearray) -> bool:
    if answer and not b"HTTP/1.1 304".startswith(answer[:12]):
        raise ValueError(bytes(answer[:2000]).decode(errors="replace"))
    return answer.endswith(b"\r\n\r\n")


@contextmanager
def _counted(store: str, output: Path) -> Iterator[tuple[int, "_Counter"]]:
    """A server that callgrind runs; nothing is counted, and it is fast, until it is told to."""
    tool = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--separate-threads=yes"]
    server = ["registry", "serve", "--no-auth", "--log-level", "error", "--store", store]

    def command(port: int) -> list[str]:
        return [*tool, f"--callgrind-out-file={output}", *python(*server, "--port", str(port))]

    # Hashes of text decide the order in sets and how often dicts collide.
    with serving(command, is_ready=is_ready, environment={"PYTHONHASHSEED": "0"}) as child:
        counter = _Counter(child.process.pid, output)
        counter.tell("-i", "on")
        yield child.port, counter


@final
class _Counter:
    """Asks callgrind what was executed.

    Args:
        pid: The process.
        output: What its files begin with: `<output>.<dump>-<thread>`.
    """

    def __init__(self, pid: int, output: Path) -> None:
        self._pid = pid
        self._output = output
        self._dumps = 0

    def during(self, act: Callable[[], object]) -> tuple[int, int]:
        """The instructions of the first thread, and those of all threads, while something is done."""
        self.tell("-z")
        act()
        self._dumps += 1
        self.tell("-d")
        totals = {}
        for file in self._output.parent.glob(f"{self._output.name}.{self._dumps}-*"):
            totals[int(file.name.rpartition("-")[2])] = _total(file)
        return totals[1], sum(totals.values())

    def tell(self, *what: str) -> None:
        """Tell it to do something; returns when that is done."""
        subprocess.run(["callgrind_control", *what, str(self._pid)], check=True, capture_output=True, timeout=60)


def _total(file: Path) -> int:
    for line in file.read_text().splitlines():
        if line.startswith("totals:"):
            return int(line.split()[1])
    raise ValueError(f"{file.name} tells no total.")
