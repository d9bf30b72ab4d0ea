"""Reads what a cluster tells of a range of keys, line by line, and waits no longer than it is told to."""

import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import final

from registry.stores.etcd.engine import Engine
from registry.stores.etcd.failures import ended
from registry.stores.etcd.gateway import NONSENSE, WATCH, Happened, News, follow, read_news
from registry.stores.transport import failures
from registry.stores.transport.address import Address
from registry.stores.transport.calls import Caller
from registry.stores.transport.chunks import ChunkDecoder
from registry.stores.transport.garbled import GarbledError
from registry.stores.transport.requests import Answer, Request

_LONGEST_LINE = 64 << 20


@final
class Stream:
    """What happens to a range of keys, from a revision on. It connects at once.

    Args:
        caller: Sends the request.
        body: That of the request.
        opened: Told of each socket before anything is waited for, and may raise.
        patience: Seconds without a byte after which a line that began is given up, and for which it counts as news.
    """

    def __init__(self, caller: Caller, body: bytes, opened: Callable[[socket.socket], None], patience: float) -> None:
        self._answer: Answer = caller.watch(Request(WATCH, body, is_streamed=True), opened)
        self._patience = patience
        self._decoder = ChunkDecoder()
        self._parts: list[bytes] = []
        self._size = 0
        self._ready: deque[bytes] = deque()
        self._rest: list[Happened] = []
        self._told = self._began = time.monotonic()
        if not self._answer.head.is_chunked:
            self._answer.connection.close()
            raise failures.unusable(self.address, "sent a watch that has an end")
        try:
            self._take(self._answer.connection.reader.rest())
        except BaseException:
            self.close()
            raise

    @property
    def address(self) -> Address:
        """Whom it was opened with."""
        return self._answer.address

    @property
    def heard(self) -> float:
        """When something was last told, by `time.monotonic()`: now, as long as a line on its way may be."""
        now = time.monotonic()
        return now if self._size and now - self._began < self._patience else self._told

    def next(self, until: float) -> News | None:
        """What is told next, of whole revisions; None when nothing is by then, by `time.monotonic()`.

        Raises:
            RemoteError: It broke.
        """
        line = self._answer.connection.line
        while not self._ready:
            if not line.wait(until - time.monotonic()):
                return None
            line.deadline = time.monotonic() + self._patience
            try:
                data = line.more()
            except OSError as error:
                raise failures.broken(self.address, error) from error
            if not data:
                raise failures.broken(self.address, ConnectionResetError("etcd ended the stream"))
            self._take(data)
            if self._decoder.is_done and not self._ready:
                raise failures.broken(self.address, ConnectionResetError("etcd ended the stream"))
        told, self._told = self._ready.popleft(), time.monotonic()
        try:
            return self._whole(read_news(told))
        except NONSENSE as error:
            raise failures.unusable(self.address, "sent an event that cannot be read") from error

    def _whole(self, news: News) -> News:
        """The same without its last revision, which the next line goes on with, if that is cut off."""
        happened = self._rest + news.happened
        last = happened[-1].revision if news.is_cut and happened else None
        self._rest = [one for one in happened if one.revision == last]
        news.happened = [one for one in happened if one.revision != last]
        return news

    def _take(self, data: bytes) -> None:
        try:
            pieces = self._decoder.feed(data)
        except GarbledError as error:
            raise failures.unusable(self.address, f"sent {error}") from error
        for piece in pieces:
            first, *others = piece.split(b"\n")
            if not self._size:
                self._began = time.monotonic()
            self._parts.append(first)
            self._size += len(first)
            if others:
                self._ready.append(b"".join(self._parts))
                self._ready.extend(line for line in others[:-1])
                self._parts, self._size, self._began = [others[-1]], len(others[-1]), time.monotonic()
            if self._size > _LONGEST_LINE:
                raise failures.unusable(self.address, f"sent a line of more than {_LONGEST_LINE} bytes")
        while self._ready and not self._ready[0].strip():
            self._ready.popleft()

    def close(self) -> None:
        """Close it. No other thread may be reading."""
        self._answer.connection.close()


def replayed(engine: Engine, key: bytes, since: int, until: int, timeout: float) -> Iterator[Happened]:
    """What happened to one key between two revisions, as far back as the log reaches.

    Args:
        engine: The store.
        key: The key.
        since: The first revision.
        until: The last one, at which something happened to the key.
        timeout: Seconds for all of it.

    Raises:
        StoreError, RemoteError: It does not come.
    """
    deadline = time.monotonic() + timeout
    while since <= until:
        stream = Stream(engine.caller, follow(key, key + b"\0", since), lambda _: None, timeout)
        try:
            while since <= until:
                news = stream.next(deadline)
                if news is None:
                    raise failures.late(stream.address, timeout)
                for one in news.happened:
                    if one.revision <= until:
                        yield one
                    since = one.revision + 1
                if news.compacted:
                    since = max(since, news.compacted + 1)
                    break
                if news.is_ended:
                    raise ended(stream.address, news.reason)
        finally:
            stream.close()
