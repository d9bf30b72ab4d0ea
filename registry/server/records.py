"""Records as the bytes that an answer sends, kept for those that are read again and again."""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import final

import attrs

from registry.mirror import Mirror
from registry.revisions import Stored, Token
from registry.server.answers import JSON, lines_of
from registry.server.pace import portions
from registry.wire.json import envelope, envelopes


@final
class ReadyRecord:
    """One record, ready to be sent.

    Args:
        stored: What it was made from.
        epoch: Of its store.
    """

    __slots__ = ("body", "epoch", "head", "stored", "tag")

    def __init__(self, stored: Stored, epoch: str) -> None:
        self.stored = stored
        self.epoch = epoch
        self.tag = f'"{epoch}.{stored.revision}"'
        self.body = envelope(stored, epoch)
        self.head = lines_of(JSON, {"ETag": self.tag}, 200, len(self.body))


@final
class ReadyRecords:
    """The newest of them, no more than some bytes.

    Args:
        most: The most bytes.
    """

    def __init__(self, most: int = 8 * 1024 * 1024) -> None:
        self._most = most
        self._size = 0
        self._held: dict[tuple[str, str], ReadyRecord] = {}

    def of(self, namespace: str, stored: Stored, epoch: str) -> ReadyRecord:
        """A record, ready. What was made from the same `stored` is used again."""
        key = (namespace, stored.name)
        found = self._held.get(key)
        if found is not None and found.stored is stored and found.epoch == epoch:
            return found
        if found is not None:
            self._size -= len(found.body)
        found = self._held[key] = ReadyRecord(stored, epoch)
        self._size += len(found.body)
        while self._size > self._most and len(self._held) > 1:
            self._size -= len(self._held.pop(next(iter(self._held))).body)
        return found


@attrs.frozen
class _Snapshot:
    token: Token
    count: int
    parts: Sequence[bytes]
    size: int


@final
class ReadySnapshots:
    """The snapshots that were sent last, for all the clients that load the same namespace at the same time.

    Args:
        most: The most bytes. One that has more than a quarter of them is made anew each time.
    """

    def __init__(self, most: int = 16 * 1024 * 1024) -> None:
        self._most = most
        self._size = 0
        self._held: dict[str, _Snapshot] = {}

    def of(self, mirror: Mirror) -> tuple[Token, int, Iterator[bytes]]:
        """The moment of a mirror, how many records there are, and these, a line each, in parts."""
        held = self._held.get(mirror.namespace)
        if held is not None and (held.token.epoch, held.token.revision) == (mirror.epoch, mirror.revision):
            return held.token, held.count, iter(held.parts)
        token, records = mirror.moment()
        records.sort(key=attrgetter("revision"))  # what was written again keeps its place in a mirror
        return token, len(records), self._made(mirror.namespace, token, records)

    def _made(self, namespace: str, token: Token, records: Sequence[Stored]) -> Iterator[bytes]:
        parts: list[bytes] = []
        size = 0
        for portion in portions(records):
            part = envelopes(portion, token.epoch, b"\n") + b"\n"
            size += len(part)
            if size <= self._most // 4:
                parts.append(part)
            else:
                parts.clear()
            yield part
        if size <= self._most // 4:
            self._keep(namespace, _Snapshot(token, len(records), parts, size))

    def _keep(self, namespace: str, snapshot: _Snapshot) -> None:
        before = self._held.pop(namespace, None)
        self._size += snapshot.size - (0 if before is None else before.size)
        self._held[namespace] = snapshot
        while self._size > self._most:
            self._size -= self._held.pop(next(iter(self._held))).size
