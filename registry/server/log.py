"""The newest events of a watch, as bytes that are ready to be sent."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import final

from registry.revisions import Frame, Token
from registry.wire.events import change_event


@final
class Entry:
    """One submission, encoded once for all watchers, and not before there is one that wants it.

    Args:
        frame: What happened.

    Attributes:
        revision: Its revision.
        namespace: Where it was.
        size: About how many bytes it takes.
    """

    __slots__ = ("_chunk", "_frame", "namespace", "revision", "size")

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._chunk: bytes | None = None
        self.revision = frame.token.revision
        self.namespace = frame.namespace
        self.size = 100 + sum(100 + len(stored.name) + len(stored.record or b"") for stored in frame.changes)

    @property
    def chunk(self) -> bytes:
        """The event as a chunk (RFC 9112, 7.1)."""
        if self._chunk is None:
            self._chunk = as_chunk(change_event(self._frame))
        return self._chunk


def as_chunk(event: bytes) -> bytes:
    """An event as a chunk."""
    return b"%x\r\n%b\r\n" % (len(event), event)


def without_frame(chunk: bytes) -> bytes:
    """The event in a chunk, for clients of HTTP/1.0, which know no chunks."""
    return chunk[chunk.index(b"\r\n") + 2 : -2]


@final
class RecentLog:
    """The newest entries, as far as they fit. Places in it are counted from its beginning and stay the same.

    Args:
        most_frames: The most entries.
        most_bytes: About the most bytes that they take.

    Attributes:
        floor: Everything after this revision is in it.
        size: About the bytes that its entries take.
    """

    def __init__(self, most_frames: int, most_bytes: int) -> None:
        self._most_frames = most_frames
        self._most_bytes = most_bytes
        self._entries: list[Entry] = []
        self._cut = 0
        """How many at the head of the list have gone and only wait to be cut off."""
        self._first = 0
        """The place of the first entry of the list."""
        self.floor = 0
        self.size = 0

    @property
    def end(self) -> int:
        """The place after the newest entry."""
        return self._first + len(self._entries)

    @property
    def start(self) -> int:
        """The place of the oldest entry."""
        return self._first + self._cut

    def clear(self, floor: int) -> None:
        """Forget everything; what follows comes after this revision. Places before are gone."""
        self._first = self.end + 1
        self._entries, self._cut, self.size = [], 0, 0
        self.floor = floor

    def append(self, entry: Entry) -> None:
        """Take an entry up, and forget old ones if there are too many."""
        self._entries.append(entry)
        self.size += entry.size
        while self._cut < len(self._entries) - 1 and (
            self.size > self._most_bytes or len(self._entries) - self._cut > self._most_frames
        ):
            gone = self._entries[self._cut]
            self.size -= gone.size
            self.floor = gone.revision
            self._entries[self._cut] = _GONE
            self._cut += 1
        if self._cut > 1024 and self._cut * 2 > len(self._entries):
            del self._entries[: self._cut]
            self._first += self._cut
            self._cut = 0

    def place_after(self, revision: int) -> int:
        """The place of what follows a revision, which must not be before `floor`."""
        return self._first + bisect_right(self._entries, revision, lo=self._cut, key=lambda entry: entry.revision)

    def read(self, place: int, most: int = 256) -> Sequence[Entry] | None:
        """The entries from a place on; None if they have gone."""
        if place < self.start:
            return None
        index = place - self._first
        return self._entries[index : index + most]


_GONE = Entry(Frame(Token("", -1), "", ()))
