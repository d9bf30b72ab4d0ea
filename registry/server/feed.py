"""What the follower's thread tells, taken over into the event loop: woken once for all that came together."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, final

from registry.errors import AccessDeniedError, DiagnosticError, StoreError
from registry.mirror import Follower, Mirror
from registry.revisions import Digest, Frame, Reset, Seen, Token
from registry.server.asking import not_let_in
from registry.server.limits import Limits
from registry.server.log import Entry, RecentLog
from registry.server.names_index import NamesIndex

_log = logging.getLogger("registry.server")

LOST_TOUCH = 3.0
"""Seconds without a word from the store after which heartbeats stop."""


EMPTIED = 1000
"""Of how many namespaces that became empty the digest is kept."""

_EMPTY = Digest(0, 0)


@final
class Feed:
    """The loop's view of the store: a moment, and what led to it.

    Everything but `heard` is called in the loop.

    Args:
        follower: Follows the store, in its own thread.
        limits: How much is kept for watchers.

    Attributes:
        reached: Everything up to this moment was taken over; None as long as the mirrors are being loaded.
        generation: Grows when the mirrors were loaded anew: what watchers were sent before does not lead on to it.
        log: What came since.
        digests: What each namespace looks like at the moment reached.
        names: The keys of each namespace in their order.
        listeners: Called with the new entries once for all that came together; with none when the mirrors were loaded.
    """

    def __init__(self, follower: Follower, limits: Limits) -> None:
        self.follower = follower
        self.reached: Token | None = None
        self.generation = 0
        self.log = RecentLog(limits.log_frames, limits.log_bytes)
        self.digests: dict[str, Digest] = {}
        self.names = NamesIndex(self.mirror)
        self.listeners: list[Callable[[list[Entry]], None]] = []
        self._limits = limits
        self._pending: deque[Callable[[], None]] = deque()
        self._scheduled = False
        self._loads = -1
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loaded: dict[str, int] = {}
        """The revision of each namespace when it was loaded; what the watch repeats of before is left out."""
        self._emptied: dict[str, None] = {}
        self._entries: list[Entry] = []
        self._waiting: set[asyncio.Future[None]] = set()
        self._is_lost = False  # and the log says so
        self._awaited: list[tuple[Token, asyncio.Future[None]]] = []
        """Who waits for the moment of a write."""

    def start(self) -> None:
        """Begin to listen, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self.follower.listeners = (*self.follower.listeners, self.heard)
        self.follower.start()

    def stop(self) -> None:
        """Stop listening."""
        self.follower.listeners = tuple(one for one in self.follower.listeners if one != self.heard)

    def mirror(self, namespace: str) -> Mirror | None:
        """The mirror of a namespace, if there is one."""
        mirrors = self.follower.mirrors.get(namespace)
        return mirrors[0] if mirrors else None

    @property
    def is_settled(self) -> bool:
        """Whether the mirrors are loaded, as far as their follower knows by now."""
        token = self.follower.token
        return self.reached is not None and token is not None and token.epoch == self.reached.epoch

    @property
    def is_in_touch(self) -> bool:
        """Whether the store was heard just now."""
        return (
            self.reached is not None
            and self.follower.error is None
            and time.monotonic() - self.follower.heard < LOST_TOUCH
        )

    @property
    def is_fresh(self) -> bool:
        """Whether the store was heard lately enough to answer reads."""
        return self.reached is not None and time.monotonic() - self.follower.heard < self._limits.stale_seconds

    # ------------------------------------------------------------------------------------------ from other threads

    def heard(self, seen: Seen | DiagnosticError) -> None:
        """Take over what the follower tells, in its thread."""
        if isinstance(seen, Reset):
            self._put(self._lose)
            return
        if isinstance(seen, DiagnosticError):
            if not self._is_lost and time.monotonic() - self.follower.heard >= LOST_TOUCH:
                self._is_lost = True
                _log.warning("not in touch with the store: %s", " ".join([seen.message, *seen.suggestions]))
            return
        if self._is_lost:
            self._is_lost = False
            _log.warning("in touch with the store again")
        if self.follower.loads != self._loads:
            self._loads = self.follower.loads
            states = {name: (held[0].revision, held[0].digest) for name, held in self.follower.mirrors.items()}
            self._put(lambda: self._load(seen.token, states))
        if isinstance(seen, Frame):
            mirror = self.mirror(seen.namespace)
            digest = _EMPTY if mirror is None else mirror.digest
            self._put(lambda: self._take(seen, digest))
        else:
            self._put(lambda: self._move(seen.token))

    async def outcome(self, future: "Future[Token]", seconds: float) -> Token:
        """The result of a submission, once it is durable and, if the time suffices, the loop has reached it.

        Raises:
            DiagnosticError: Whatever the store said.
            TimeoutError: It said nothing in time.
        """
        if not future.done():
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            future.add_done_callback(lambda _: self._put(lambda: self._answered(future, waiter)))
            await _at_most(seconds, waiter)
            if not future.done():
                raise TimeoutError
        try:
            return future.result()
        except AccessDeniedError as error:
            raise not_let_in(error) from error

    def _put(self, happened: Callable[[], Any]) -> None:
        self._pending.append(happened)
        if not self._scheduled and self._loop is not None:
            self._scheduled = True
            try:
                self._loop.call_soon_threadsafe(self._flush)
            except RuntimeError:  # the loop has ended, and nobody waits for it any more
                self._scheduled = False

    # ------------------------------------------------------------------------------------------ in the loop

    def _flush(self) -> None:
        self._scheduled = False
        for _ in range(len(self._pending)):
            self._pending.popleft()()
        self._tell()
        if self._awaited:
            self._awaited = [(token, waiter) for token, waiter in self._awaited if not self._is_over(token, waiter)]
        for waiter in list(self._waiting):
            _finish(waiter)

    def _answered(self, future: "Future[Token]", waiter: asyncio.Future[None]) -> None:
        """Wake who waits for the store's answer, once the reads show it."""
        if future.cancelled() or future.exception() is not None:
            _finish(waiter)
        elif not waiter.done():
            self._awaited.append((future.result(), waiter))  # looked at when all that came with it was taken over

    def _is_over(self, token: Token, waiter: asyncio.Future[None]) -> bool:
        """Whether there is nothing more to wait for; who waits is told."""
        if self._has(token) or (self.reached is not None and self.reached.epoch != token.epoch):
            _finish(waiter)
        return waiter.done()

    def _tell(self) -> None:
        if self._entries:
            entries, self._entries = self._entries, []
            for listener in self.listeners:
                listener(entries)

    def _lose(self) -> None:
        self._tell()
        self.reached = None
        self.names.clear()

    def _load(self, token: Token, states: dict[str, tuple[int, Digest]]) -> None:
        self._tell()
        self._loaded = {name: revision for name, (revision, _) in states.items()}
        self.digests = {name: digest for name, (_, digest) in states.items()}
        self._emptied.clear()
        self.log.clear(max([token.revision, *self._loaded.values()]))
        self.names.clear()
        self.generation += 1
        self.reached = token
        for listener in self.listeners:
            listener([])

    def _take(self, frame: Frame, digest: Digest) -> None:
        revision = frame.token.revision
        if self.reached is None:  # told before a reset, which makes it worthless
            return
        if revision > self._loaded.get(frame.namespace, -1):
            self.digests[frame.namespace] = digest
            self.names.take(frame)
            if digest.count == 0:
                self._note_empty(frame.namespace)
            entry = Entry(frame)
            self.log.append(entry)
            self._entries.append(entry)
        self.reached = frame.token

    def _note_empty(self, namespace: str) -> None:
        """Remember of the namespaces that became empty only the last ones, so that heartbeats tell of these too."""
        self.names.forget(namespace)
        self._emptied.pop(namespace, None)
        self._emptied[namespace] = None
        if len(self._emptied) > EMPTIED:
            oldest = next(iter(self._emptied))
            del self._emptied[oldest]
            if self.digests.get(oldest) == _EMPTY:
                del self.digests[oldest]

    def _move(self, token: Token) -> None:
        if self.reached is not None:
            self.reached = token

    def next_change(self) -> asyncio.Future[None]:
        """Is done when something else was taken over."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        waiter.add_done_callback(self._waiting.discard)
        return waiter

    async def reach(self, token: Token, seconds: float) -> bool:
        """Wait for a moment; whether it came in time. One of another epoch does not come."""
        if not self._has(token):
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            if not self._is_over(token, waiter):
                self._awaited.append((token, waiter))
            await _at_most(seconds, waiter)
        return self._has(token)

    def _has(self, token: Token) -> bool:
        reached = self.reached
        return reached is not None and reached.epoch == token.epoch and reached.revision >= token.revision

    def check_fresh(self) -> Token:
        """The moment that reads are answered from.

        Raises:
            StoreError: The mirrors are not loaded yet, or the store was not heard for too long.
        """
        reached = self.reached
        if reached is None or not self.is_fresh:
            error = self.follower.error
            raise StoreError(
                "The server is not in touch with its store."
                if reached is not None
                else "The server has not loaded its store yet.",
                suggestions=["Try again in a moment."],
                context={} if error is None else {"reason": error.message},
            )
        return reached


async def _at_most(seconds: float, waiter: asyncio.Future[None]) -> None:
    """Wait until a future is done or the time is up, for a third of what `asyncio.timeout` takes."""
    timer = asyncio.get_running_loop().call_later(seconds, _finish, waiter)
    try:
        await waiter
    finally:
        timer.cancel()


def _finish(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
