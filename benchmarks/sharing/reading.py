"""Reading from a server: many connections at once, one call that blocks, and a thousand records in one answer."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs

from benchmarks.peers import peer
from benchmarks.ratios import Row, compare
from benchmarks.sharing import bare
from benchmarks.sharing.processes import HOST, serving
from benchmarks.sharing.records import NAMESPACE, SMALL, changes, name_of
from benchmarks.sharing.redis_server import redis_server
from benchmarks.sharing.served import Served, put, served
from benchmarks.sharing.wire import Connection, http, load, redis, redis_complete
from benchmarks.timing import Effort, Run, Samples, interleave, repeated
from registry.wire.routes import GET, SNAPSHOT, namespace_path

MANY = "Read from a server: 32 connections"
OURS, BARE, REDIS = "GET: auth, metrics, ETag", "aiohttp Application, one handler, the same bytes", "redis GET"

ONE = "Read from a server: one blocking call"
STORE, MIRRORLESS = "HTTPStore.get(namespace, name)", "GET of the mirror over http.client"
CLIENT, REDIS_PY = "http.client from the bare aiohttp Application", "redis-py get(name)"

BATCH = "Read from a server: 1,000 records at once"
ALL, SINGLE = "GET snapshot, as bytes", "GET of one record, as bytes"
ITERATED, GOT = "HTTPStore.snapshot, iterated", "HTTPStore.get(namespace, name)"

COUNT = 1000
TURN = 20
"""A turn of these is so many times as long as usual, since each operation is."""

SMALL_ONES = "research.small"
NAME = name_of(0)
PATH = namespace_path(SMALL_ONES, GET, NAME)


def measure(effort: Effort) -> list[Row]:
    """The rows of this group."""
    longer = attrs.evolve(effort, seconds=effort.seconds * TURN)
    many: Samples = {}
    one: Samples = {}
    batch: Samples = {}
    if peer("aiohttp") is not None:
        with TemporaryDirectory() as name, _running(Path(name)) as places:
            with _busy(places) as contenders:
                many = interleave(contenders, longer)
            one = interleave(_calls(places), longer)
            batch = interleave(_batches(places), longer)
    return [
        compare(MANY, OURS, BARE, many, target=1),
        compare(MANY, OURS, REDIS, many),
        compare(ONE, STORE, CLIENT, one, target=1.2),
        compare(ONE, STORE, MIRRORLESS, one),
        compare(ONE, STORE, REDIS_PY, one),
        compare(BATCH, ALL, SINGLE, batch, target=18),
        compare(BATCH, ITERATED, GOT, batch),
    ]


@attrs.frozen
class _Places:
    server: Served
    bare: int
    redis: int | None
    body: bytes


@contextmanager
def _running(folder: Path) -> Iterator[_Places]:
    from registry.stores import HTTPStore

    with ExitStack() as stack:
        server = stack.enter_context(served(folder, str(folder / "registry.db")))
        store = stack.enter_context(HTTPStore(server.url, token=server.token))
        put(store, NAMESPACE, list(changes(0, COUNT)))
        put(store, SMALL_ONES, list(changes(0, COUNT, SMALL)))
        head, _, body = bytes(Connection(server.port).ask(http("GET", PATH, server.token))).partition(b"\r\n\r\n")
        (etag,) = [line for line in head.decode().split("\r\n") if line.lower().startswith("etag: ")]
        command = bare.command(PATH, body, etag[6:])
        plain = stack.enter_context(serving(lambda port: [*command, str(port)]))
        database = stack.enter_context(redis_server(folder))
        if database is not None:
            Connection(database, redis_complete).ask(redis(b"SET", NAME.encode(), body))
        yield _Places(server, plain.port, database, body)


@contextmanager
def _busy(places: _Places) -> Iterator[dict[str, Run]]:
    token = places.server.token
    # Each of a thousand in turn, so that none is at hand because it was asked for just now.
    requests = [http("GET", namespace_path(SMALL_ONES, GET, name_of(number)), token) for number in range(COUNT)]
    with ExitStack() as stack:
        contenders = {
            OURS: stack.enter_context(load(places.server.port, cycle(requests))),
            BARE: stack.enter_context(load(places.bare, cycle(requests[:1]))),
        }
        if places.redis is not None:
            asked = cycle([redis(b"GET", NAME.encode())])
            contenders[REDIS] = stack.enter_context(load(places.redis, asked, complete=redis_complete))
        yield contenders


def _calls(places: _Places) -> dict[str, Run]:
    from registry.stores import HTTPStore

    store = HTTPStore(places.server.url, token=places.server.token)
    contenders = {
        STORE: repeated(lambda: store.get(SMALL_ONES, NAME)),
        MIRRORLESS: repeated(_over_http_client(places.server.port, places.server.token)),
        CLIENT: repeated(_over_http_client(places.bare, places.server.token)),
    }
    redis_py: Any = peer("redis")
    if redis_py is not None and places.redis is not None:
        database = redis_py.Redis(host=HOST, port=places.redis)
        contenders[REDIS_PY] = repeated(lambda: database.get(NAME))
    return contenders


def _over_http_client(port: int, token: str) -> Callable[[], bytes]:
    connection = HTTPConnection(HOST, port)
    headers = {"Authorization": f"Bearer {token}"}

    def get() -> bytes:
        connection.request("GET", PATH, headers=headers)
        return connection.getresponse().read()

    return get


def _batches(places: _Places) -> dict[str, Run]:
    from registry.stores import HTTPStore

    server = places.server
    store = HTTPStore(server.url, token=server.token)
    connection = Connection(server.port)
    all_of_it = http("GET", namespace_path(NAMESPACE, SNAPSHOT), server.token)
    # One as long as the others: what is compared is a thousand of them with one of them.
    one_of_it = http("GET", namespace_path(NAMESPACE, GET, name_of(0)), server.token)
    assert connection.ask(all_of_it).count(b'"key":') == COUNT

    def iterated() -> None:
        with store.snapshot(NAMESPACE) as snapshot:
            assert sum(1 for _ in snapshot) == COUNT

    return {
        ALL: repeated(lambda: connection.ask(all_of_it)),
        SINGLE: repeated(lambda: connection.ask(one_of_it)),
        ITERATED: repeated(iterated),
        GOT: repeated(lambda: store.get(NAMESPACE, name_of(0))),
    }
