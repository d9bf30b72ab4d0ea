"""Reads cost the same over etcd as over SQLite: both are answered from the mirror, by the same instructions."""

import contextlib
import http.client
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from aiohttp import web
from clusters.members import running_cluster
from server.running import Running, running

from registry.revisions import Change
from registry.server import handler, reads
from registry.server.call import Call
from registry.server.handler import Endpoint, NamespaceHandler
from registry.server.service import Service
from registry.store_protocol import Store
from registry.stores import SQLiteStore
from registry.stores.etcd import EtcdStore

NAMESPACE = "research.losses"
RECORDS = 50
READS = 60
"""Of each kind."""

WITHIN = 0.02

Read = tuple[str, dict[str, str]]
"""The path and the headers of a request."""

Kind = Callable[[Running], Iterator[Read]]
"""Makes the reads of one kind, without an end."""

QUICK = ("--heartbeat-interval", "20", "--election-timeout", "200")
"""With these a single member is there in a fifth of a second."""


class Counter:
    """Counts the instructions of Python (bytecodes) that one thread executes while it is on."""

    def __init__(self) -> None:
        self.count = 0
        self._thread = 0
        self._before: Any = None

    def begin(self) -> None:
        """Count what this thread does, from its next function call on."""
        self.count = 0
        self._thread = threading.get_ident()
        if sys.version_info >= (3, 12):
            monitoring = sys.monitoring
            monitoring.use_tool_id(TOOL, "instructions")
            monitoring.register_callback(TOOL, monitoring.events.INSTRUCTION, self._executed)
            monitoring.set_events(TOOL, monitoring.events.INSTRUCTION)
        else:
            self._before = sys.gettrace()  # coverage may be measured
            sys.settrace(self._trace)

    def end(self) -> None:
        """Stop, in the same thread."""
        if sys.version_info >= (3, 12):
            monitoring = sys.monitoring
            monitoring.set_events(TOOL, 0)
            monitoring.register_callback(TOOL, monitoring.events.INSTRUCTION, None)
            monitoring.free_tool_id(TOOL)
        else:
            sys.settrace(self._before)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        if event == "opcode":
            self.count += 1
        return self._trace

    def _executed(self, code: CodeType, offset: int) -> None:
        if threading.get_ident() == self._thread:
            self.count += 1


TOOL = 4
"""One of the ids of `sys.monitoring` that nothing has by custom."""


@contextlib.contextmanager
def stores(folder: Path) -> Iterator[tuple[SQLiteStore, EtcdStore]]:
    """A store of each kind, with the same records."""
    with (
        running_cluster(folder / "etcd", 1, *QUICK) as cluster,
        EtcdStore(cluster.endpoints) as etcd,
        SQLiteStore(folder / "registry.db") as sqlite,
    ):
        for store in (sqlite, etcd):
            for number in range(RECORDS):
                change = Change(name_of(number), b'{"kind":"data","data":{"weight":%d}}' % (1000 + number))
                store.submit(NAMESPACE, [change], operation=f"write-{number}").result()
        yield sqlite, etcd


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SQLiteStore, EtcdStore]]:
    with stores(tmp_path_factory.mktemp("same path")) as made:
        yield made


def name_of(number: int) -> str:
    """The key of a record."""
    return f"loss_{number % RECORDS:03d}"


def gets(server: Running) -> Iterator[Read]:
    """Every record in turn."""
    number = 0
    while True:
        yield f"/registry/{NAMESPACE}/get/{name_of(number)}", {}
        number += 1


def unchanged(server: Running) -> Iterator[Read]:
    """The same by a client that has them already."""
    with ask(server) as asked:
        tags = {path: asked(path, {})[1] for path, _ in islice(gets(server), RECORDS)}
    for path, _ in gets(server):
        yield path, {"If-None-Match": tags[path]}


def keys(server: Running) -> Iterator[Read]:
    """The keys, a page after the other."""
    while True:
        yield f"/registry/{NAMESPACE}/keys?limit=20", {}
        yield f"/registry/{NAMESPACE}/keys?limit=20&after={name_of(20)}", {}


KINDS = (gets, unchanged, keys)


@contextlib.contextmanager
def ask(server: Running) -> Iterator[Callable[[str, dict[str, str]], tuple[int, str]]]:
    """A connection: gives the status of an answer, and its ETag."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)

    def asked(path: str, headers: dict[str, str]) -> tuple[int, str]:
        connection.request("GET", path, headers=headers)
        with connection.getresponse() as answer:
            answer.read()
            return answer.status, answer.headers.get("ETag", "")

    try:
        yield asked
    finally:
        connection.close()


def executed(store: Store, kind: Kind, *, sole: bool) -> int:
    """How many instructions the thread of a server's loop executes while it answers a read; the median of many."""
    counter = Counter()
    found: list[int] = []
    handle = NamespaceHandler.handle

    async def counted(self: NamespaceHandler, request: web.BaseRequest) -> web.StreamResponse:
        counter.begin()  # here rather than around it: how many turns the loop takes for a request is chance
        try:
            return await handle(self, request)
        finally:
            counter.end()
            found.append(counter.count)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(NamespaceHandler, "handle", counted)
        with running(store, sole=sole) as server, ask(server) as asked:
            wanted = kind(server)
            for path, headers in islice(wanted, RECORDS):  # what is made on first use
                asked(path, headers)
            found.clear()
            statuses = {asked(path, headers)[0] for path, headers in islice(wanted, READS)}
    assert statuses == {304 if kind is unchanged else 200}
    return sorted(found)[READS // 2]


@pytest.fixture(scope="module")
def plain(filled: tuple[SQLiteStore, EtcdStore]) -> dict[Kind, int]:
    """What each kind of read takes over SQLite, served as `serve` does, which knows that nobody else writes to it."""
    found = {kind: executed(filled[0], kind, sole=True) for kind in KINDS}
    assert min(found.values()) > 200, "an answer takes more than that: nothing was counted"
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_read_takes_the_same_instructions_over_etcd_as_over_sqlite(
    filled: tuple[SQLiteStore, EtcdStore], plain: dict[Kind, int], kind: Kind
) -> None:
    assert executed(filled[1], kind, sole=False) == pytest.approx(plain[kind], rel=WITHIN)


@pytest.mark.parametrize("kind", [gets, keys])
def test_a_server_that_asks_a_store_that_others_write_to_at_each_read_would_be_noticed(
    filled: tuple[SQLiteStore, EtcdStore],
    plain: dict[Kind, int],
    monkeypatch: pytest.MonkeyPatch,
    kind: Kind,
) -> None:
    def asking(read: Endpoint) -> Endpoint:
        async def asked(service: Service, call: Call) -> web.StreamResponse:
            if not service.sole:
                await service.catch_up()
            return await read(service, call)

        return asked

    broken = {"get": asking(reads.get), "keys": asking(reads.keys)}
    monkeypatch.setattr(handler, "ENDPOINTS", {**handler.ENDPOINTS, **broken})
    assert executed(filled[1], kind, sole=False) != pytest.approx(plain[kind], rel=WITHIN)
