"""Records as the bytes that an answer sends, kept for those that are read again and again."""

from typing import final

from registry.revisions import Stored
from registry.server.answers import JSON, lines_of
from registry.wire.json import envelope


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
