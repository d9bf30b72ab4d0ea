"""What the watches of a store in this process share: they wait together, and each reads the log by itself.

A watch is a place in the log. Nothing is queued for it, so one that nobody reads costs nothing.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, final
from weakref import WeakSet

import attrs

from registry.revisions import Beat, Frame, Reset, Seen, Token

BEAT = 1.0
"""Seconds between two signs of life of a watch."""


class Log(Protocol):
    """What watches read."""

    def after(self, revision: int, /) -> tuple[Sequence[Frame | Reset], bool]:
        """The next frames after a revision, as many as are worth taking at once, and whether these were all.

        A `Reset` alone, when they are no longer all there.
        """
        ...


def gap(since: Token, newest: Token, oldest: int) -> Reset | None:
    """Why a watch cannot begin there, None if it can.

    Args:
        since: Where it is to begin.
        newest: Where the store is.
        oldest: The revision after which its log is whole.
    """
    if since.epoch != newest.epoch:
        return Reset("the token is of another epoch: the store was recreated, or restored from a backup")
    if since.revision > newest.revision:
        return Reset(f"the token is in the future: the store is at revision {newest.revision}")
    return too_old(since.revision) if since.revision < oldest else None


def too_old(revision: int) -> Reset:
    """The end of a watch that the log has left behind."""
    return Reset(f"the log no longer reaches back to revision {revision}")


@final
class Feed:
    """Wakes the watches of a store."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watches: WeakSet[LogWatch] = WeakSet()
        self._ended = False
        self.signals = 0

    def add(self, watch: "LogWatch") -> None:
        """Have a watch woken from now on."""
        with self._changed:
            self._watches.add(watch)

    def drop(self, watch: "LogWatch") -> None:
        """Forget a watch, and wake whoever waits in it."""
        with self._changed:
            self._watches.discard(watch)
            self._changed.notify_all()

    @property
    def is_watched(self) -> bool:
        """Whether there is anybody to wake."""
        return len(self._watches) > 0

    @property
    def has_ended(self) -> bool:
        """Whether the store was closed."""
        return self._ended

    def signal(self) -> None:
        """Wake every watch: something may have happened."""
        with self._changed:
            self.signals += 1
            self._changed.notify_all()

    def end(self) -> None:
        """End every watch, since the store was closed."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait(self, seen: int, until: float, watch: "LogWatch") -> None:
        """Return when there was another signal than the ones seen, the watch ended, or the monotonic clock says so."""
        with self._changed:
            while self.signals == seen and not self._ended and not watch.is_closed:
                remaining = until - time.monotonic()
                if remaining <= 0:
                    return
                self._changed.wait(remaining)

    def revive(self) -> None:
        """Go on in a forked child, where whoever held the lock is not."""
        self._changed = threading.Condition()


@final
@attrs.define(eq=False, weakref_slot=True)
class LogWatch:
    """A watch: the last revision that it gave, and the log to go on from there.

    Args:
        log: What happened.
        feed: Wakes it.
        epoch: The epoch of its tokens.
        revision: Where it begins.
        namespaces: The only ones to tell of; None for all.
        first: A `Reset` that ends it at once.
        released: Called when it was closed.
    """

    _log: Log
    _feed: Feed
    _epoch: str
    _revision: int
    _namespaces: frozenset[str] | None
    _first: Reset | None = None
    _released: Callable[[], None] = lambda: None
    _ready: deque[Frame | Reset] = attrs.field(factory=deque, init=False)
    _beaten: float = attrs.field(factory=time.monotonic, init=False)
    _seen: int = attrs.field(default=-1, init=False)  # no signal yet, so that the log is read before the first wait
    _closed: bool = attrs.field(default=False, init=False)

    @property
    def is_closed(self) -> bool:
        """Whether it gives nothing more."""
        return self._closed

    def __iter__(self) -> Iterator[Seen]:
        return self

    def __next__(self) -> Seen:
        while not (self._closed or self._feed.has_ended):
            if self._first is not None:
                return self._finish(self._first)
            if self._ready:
                frame = self._ready.popleft()
                if isinstance(frame, Reset):
                    return self._finish(frame)
                self._revision = frame.token.revision
                if self._namespaces is None or frame.namespace in self._namespaces:
                    return frame
            elif self._seen != (signals := self._feed.signals):
                frames, all_of_them = self._log.after(self._revision)
                self._ready.extend(frames)
                if all_of_them:
                    self._seen = signals
                continue
            else:
                self._feed.wait(signals, self._beaten + BEAT, self)
            # After what there is to tell: whoever reads less often than once a second would get nothing but beats.
            if time.monotonic() - self._beaten >= BEAT:
                self._beaten = time.monotonic()
                return Beat(Token(self._epoch, self._revision))
        self.close()
        raise StopIteration

    def _finish(self, reset: Reset) -> Reset:
        self.close()
        return reset

    def close(self) -> None:
        """End it, also a `next` that another thread waits in."""
        if not self._closed:
            self._closed = True
            self._feed.drop(self)
            self._released()
