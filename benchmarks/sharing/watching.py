"""From a write to those who watch: one of them, and a thousand."""

import selectors
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, final

import attrs

from benchmarks.peers import peer
from benchmarks.ratios import Row, compare
from benchmarks.sharing.processes import many_files
from benchmarks.sharing.records import NAMESPACE, change_of, operation
from benchmarks.sharing.served import Served, served
from benchmarks.sharing.wire import RECEIVED, connected, http, http_complete
from benchmarks.timing import Effort, Samples
from registry.wire.routes import SET, namespace_path

GROUP = "Watch a server"
SEEN, ANSWERED = "a durable write, until its watcher has it", "until the writer has the answer"
ALL, ONLY = "a durable write, until the last of 1,000 watchers has it", "until the only watcher has it"

WATCHERS = 1000
WRITES = 5
"""In a round; the median counts."""

CONNECTED = 60.0
"""Seconds in which all watchers have to be connected, and each write to arrive."""


def measure(effort: Effort) -> list[Row]:
    """The rows of this group. What is compared is measured of the same writes, or in turns."""
    one: Samples = {}
    many: Samples = {}
    if peer("aiohttp") is not None:
        many_files(WATCHERS + 200)
        one, many = {SEEN: [], ANSWERED: []}, {ALL: [], ONLY: []}
        with TemporaryDirectory() as name, _audiences(Path(name)) as (alone, crowd):
            for _ in range(effort.rounds):
                times = [alone.write() for _ in range(WRITES)]
                one[SEEN].append(median(seen for seen, _ in times))
                one[ANSWERED].append(median(answered for _, answered in times))
                many[ONLY].append(one[SEEN][-1])
                many[ALL].append(median(crowd.write()[0] for _ in range(WRITES)))
    return [compare(GROUP, SEEN, ANSWERED, one, target=1.1), compare(GROUP, ALL, ONLY, many, target=25)]


@contextmanager
def _audiences(folder: Path) -> Iterator[tuple["_Audience", "_Audience"]]:
    with ExitStack() as stack:
        audiences = []
        for count in (1, WATCHERS):
            # all of them are connections for a moment, before they are watchers
            options = ["--limit", f"connections={2 * WATCHERS}"]
            server = stack.enter_context(served(folder, str(folder / f"{count}.db"), options))
            audience = _Audience(server, count)
            stack.callback(audience.close)
            audience.write()
            audiences.append(audience)
        yield audiences[0], audiences[1]


@attrs.define
class _Watcher:
    """A connection that something is looked for in.

    Attributes:
        tail: The end of what came, since what is looked for may be cut in two.
        seen: When it was there.
    """

    socket: Any
    tail: bytes = b""
    seen: float | None = None


@final
class _Audience:
    """A writer and its watchers, in one thread, so that neither waits for the other."""

    def __init__(self, server: Served, count: int) -> None:
        self._token = server.token
        self._selector = selectors.DefaultSelector()
        self._writer = connected(server.port)
        self._selector.register(self._writer, selectors.EVENT_READ)
        self._watchers: list[_Watcher] = []
        for _ in range(count):
            watcher = _Watcher(connected(server.port))
            self._watchers.append(watcher)
            self._selector.register(watcher.socket, selectors.EVENT_READ, watcher)
            watcher.socket.sendall(http("GET", f"/watch?namespace={NAMESPACE}", server.token))
        self._until(b"event: ", b"")

    def write(self) -> tuple[float, float]:
        """Seconds from a write until the last watcher has it, and until the writer has its answer."""
        mark = operation().encode()
        record = (change_of(0).record or b"")[:-1] + b',"mark":"%b"}' % mark  # at its end: all of it has arrived then
        body = b'{"key":"loss","value":%b,"operation":"%b"}' % (record, operation().encode())
        request = http("POST", namespace_path(NAMESPACE, SET), self._token, body)
        start = perf_counter()
        answered = self._until(mark, request)
        last = max(watcher.seen or 0.0 for watcher in self._watchers)
        return last - start, answered - start

    def close(self) -> None:
        """Close the connections."""
        self._selector.close()
        for opened in (self._writer, *(watcher.socket for watcher in self._watchers)):
            opened.close()

    def _until(self, sought: bytes, request: bytes) -> float:
        """Send a request, and wait for its answer and until every watcher has seen something; when the answer came."""
        for watcher in self._watchers:
            watcher.tail, watcher.seen = b"", None
        left = len(self._watchers)
        answer = bytearray()
        answered = 0.0 if request else perf_counter()
        end = perf_counter() + CONNECTED
        if request:
            self._writer.sendall(request)
        while left or not answered:
            if perf_counter() > end:
                raise TimeoutError(f"{left} watchers have not seen what was written.")
            for key, _ in self._selector.select(1):
                opened: Any = key.fileobj
                received = opened.recv(RECEIVED)
                now = perf_counter()
                if not received:
                    raise ConnectionError("The server closed a connection.")
                reader: _Watcher | None = key.data
                if reader is None:
                    answer += received
                    if http_complete(answer):
                        answered = now
                elif reader.seen is None:
                    if sought in reader.tail + received:
                        reader.seen = now
                        left -= 1
                    reader.tail = received[-len(sought) :]
        return answered
