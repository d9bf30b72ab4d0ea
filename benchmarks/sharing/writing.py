"""Writing so that what is acknowledged has reached the disk: 32 writers at once, and a thousand records at once."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count, cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import attrs

from benchmarks.peers import peer
from benchmarks.ratios import Row, compare
from benchmarks.sharing.raw_sqlite import RawSQLite
from benchmarks.sharing.records import NAMESPACE, changes, operation
from benchmarks.sharing.redis_server import DURABLE, redis_server
from benchmarks.sharing.served import MEMORY, served
from benchmarks.sharing.wire import Connection, http, load, redis, redis_complete
from benchmarks.timing import Effort, Run, interleave, repeated
from registry.revisions import Change
from registry.store_protocol import Store
from registry.wire.json import changes_body
from registry.wire.routes import APPLY, SET, namespace_path

if TYPE_CHECKING:
    from registry.stores import SQLiteStore

MANY = "Write durably: 32 writers"
TASKS, THREADS = "SQLiteStore.submit, 32 tasks", "SQLiteStore.submit, 32 threads"
RAW, BARE = "sqlite3, log and table, a commit each", "sqlite3, one table, a commit each"
SERVED, FLEETING = "POST set, 32 connections", "the same server over a MemoryStore"
REDIS = "redis SET, appendfsync always"

BATCH = "Write durably: 1,000 records at once"
ALL, SINGLE = "POST apply", "POST set"
RAW_ALL = "sqlite3, 1,000 records in a transaction"

WRITERS = 32
COUNT = 1000
TURN = 20
"""A turn of these is so many times as long as usual, since each operation is."""


def measure(effort: Effort) -> list[Row]:
    """The rows of this group."""
    longer = attrs.evolve(effort, seconds=effort.seconds * TURN)
    written = list(changes(0, COUNT))
    with TemporaryDirectory() as name:
        with _one_by_one(Path(name), written) as contenders:
            many = interleave(contenders, longer)
        with _batches(Path(name), written) as contenders:
            batch = interleave(contenders, longer)
    return [
        compare(MANY, TASKS, RAW, many, target=1 / 5),
        compare(MANY, TASKS, BARE, many),
        compare(MANY, THREADS, RAW, many),
        compare(MANY, SERVED, RAW, many, target=1 / 1.5),
        compare(MANY, SERVED, BARE, many),
        compare(MANY, SERVED, FLEETING, many, target=1 / 0.6),
        compare(MANY, SERVED, REDIS, many),
        compare(BATCH, ALL, SINGLE, batch, target=70),
        compare(BATCH, ALL, RAW_ALL, batch),
    ]


@contextmanager
def _one_by_one(folder: Path, written: Sequence[Change]) -> Iterator[dict[str, Run]]:
    """Everybody writes into a file of its own."""
    from registry.stores import SQLiteStore

    with ExitStack() as stack:
        contenders = {
            TASKS: stack.enter_context(_tasks(stack.enter_context(SQLiteStore(folder / "tasks.db")), written)),
            THREADS: _threads(stack.enter_context(SQLiteStore(folder / "threads.db")), written),
            RAW: _in_turn(stack.enter_context(RawSQLite(folder / "raw.db")), written),
            BARE: _in_turn(stack.enter_context(RawSQLite(folder / "bare.db", log=False)), written),
        }
        if peer("aiohttp") is not None:
            for name, store in ((SERVED, str(folder / "served.db")), (FLEETING, MEMORY)):
                server = stack.enter_context(served(folder, store))
                contenders[name] = stack.enter_context(load(server.port, _sets(server.token, written), WRITERS))
        database = stack.enter_context(redis_server(folder, DURABLE))
        if database is not None:
            asked = cycle([redis(b"SET", change.name.encode(), change.record or b"") for change in written])
            contenders[REDIS] = stack.enter_context(load(database, asked, WRITERS, redis_complete))
        yield contenders


@contextmanager
def _batches(folder: Path, written: Sequence[Change]) -> Iterator[dict[str, Run]]:
    with ExitStack() as stack:
        database = stack.enter_context(RawSQLite(folder / "batches.raw"))
        contenders = {RAW_ALL: repeated(lambda: database.write(written))}
        if peer("aiohttp") is not None:
            server = stack.enter_context(served(folder, str(folder / "batches.db")))
            connection, sets, applies = (
                Connection(server.port),
                _sets(server.token, written),
                _applies(server.token, written),
            )
            contenders[ALL] = repeated(lambda: connection.ask(next(applies)))
            contenders[SINGLE] = repeated(lambda: connection.ask(next(sets)))
        yield contenders


def _sets(token: str, written: Sequence[Change]) -> Iterator[bytes]:
    path = namespace_path(NAMESPACE, SET)
    for change in cycle(written):
        body = b'{"key":"%b","value":%b,"operation":"%b"}' % (
            change.name.encode(),
            change.record or b"",
            operation().encode(),
        )
        yield http("POST", path, token, body)


def _applies(token: str, written: Sequence[Change]) -> Iterator[bytes]:
    while True:
        yield http("POST", namespace_path(NAMESPACE, APPLY), token, changes_body(written, operation()))


def _in_turn(database: RawSQLite, written: Sequence[Change]) -> Run:
    turn = cycle(written)
    return repeated(lambda: database.write([next(turn)]))


@contextmanager
def _tasks(store: "SQLiteStore", written: Sequence[Change]) -> Iterator[Run]:
    """Writers as a server has them: tasks of one event loop."""

    async def write(times: int) -> None:
        numbers = count()

        async def writer() -> None:
            while (number := next(numbers)) < times:
                change = written[number % COUNT]
                await store.submit(NAMESPACE, [change], operation=operation())

        await asyncio.gather(*(writer() for _ in range(WRITERS)))

    with asyncio.Runner() as runner:
        yield lambda times: runner.run(write(times))


def _threads(store: Store, written: Sequence[Change]) -> Run:
    """Writers as a program has them: threads that wait."""

    def run(times: int) -> None:
        numbers = count()

        def write() -> None:
            while (number := next(numbers)) < times:
                store.submit(NAMESPACE, [written[number % COUNT]], operation=operation()).result()

        threads = [threading.Thread(target=write) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return run
