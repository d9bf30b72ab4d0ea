"""Those who watch and have seen everything so far: each event is encoded once and written to all of them directly."""

import asyncio
from collections.abc import Callable, Iterable
from typing import final

from registry.revisions import Digest
from registry.server.access import Access
from registry.server.feed import Feed
from registry.server.limits import Limits
from registry.server.log import Entry, as_chunk, without_frame
from registry.wire.events import beat_event

AT_A_BEAT = 100
"""The most namespaces that one heartbeat tells of; if there are more, the next ones go on from there."""


@final
class Interest:
    """What a watcher wants to see and may see.

    Args:
        access: What it may do.
        namespaces: What it asked for; None for all that it may see.
    """

    __slots__ = ("access", "namespaces")

    def __init__(self, access: Access, namespaces: frozenset[str] | None) -> None:
        self.access = access
        self.namespaces = namespaces

    def covers(self, namespace: str) -> bool:
        """Whether an event in a namespace goes to it."""
        return (self.namespaces is None or namespace in self.namespaces) and self.access.may_read(namespace)


@final
class Watcher:
    """One stream.

    Args:
        transport: Where its bytes go.
        interest: What it sees.
        chunked: Whether its client knows chunks.

    Attributes:
        place: How far it is in the log, while it is not among those that have seen everything.
        generation: The loading of the mirrors that its place belongs to.
        ended: Why the server ends it, if it does.
    """

    __slots__ = ("_woken", "chunked", "ended", "generation", "interest", "place", "transport")

    def __init__(self, transport: asyncio.Transport, interest: Interest, *, chunked: bool) -> None:
        self.transport = transport
        self.interest = interest
        self.chunked = chunked
        self.place = 0
        self.generation = -1
        self.ended: str | None = None
        self._woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def wake(self) -> None:
        """Let whoever drives it look what is the matter."""
        if not self._woken.done():
            self._woken.set_result(None)

    def waker(self) -> asyncio.Future[None]:
        """Is done when it was woken after this call."""
        if self._woken.done():
            self._woken = asyncio.get_running_loop().create_future()
        return self._woken


@final
class _Group:
    """Watchers that see the same."""

    __slots__ = ("chunked", "interest", "next", "watchers")

    def __init__(self, interest: Interest, chunked: bool) -> None:
        self.interest = interest
        self.chunked = chunked
        self.watchers: set[Watcher] = set()
        self.next = 0
        """Where the next heartbeat begins, if there are too many namespaces for one."""


@final
class Watchers:
    """All watchers of a server.

    Args:
        feed: Tells what happens.
        limits: How much may wait for one of them.

    Attributes:
        count: How many there are, those that are behind included.
        resets: How many were told to begin anew, so far.
    """

    def __init__(self, feed: Feed, limits: Limits) -> None:
        self.count = 0
        self.resets = 0
        self._feed = feed
        self._limits = limits
        self._all: set[Watcher] = set()
        self._groups: dict[tuple[object, ...], _Group] = {}
        feed.listeners.append(self._fan_out)

    def add(self, watcher: Watcher) -> None:
        """Count a watcher."""
        self._all.add(watcher)
        self.count = len(self._all)

    def drop(self, watcher: Watcher) -> None:
        """Forget a watcher."""
        self._all.discard(watcher)
        self.count = len(self._all)
        self.leave(watcher)

    def join(self, watcher: Watcher) -> None:
        """From now on a watcher gets everything at once: it has seen what there is in the log."""
        key = self._key(watcher)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(watcher.interest, watcher.chunked)
        group.watchers.add(watcher)

    def leave(self, watcher: Watcher) -> None:
        """No longer."""
        key = self._key(watcher)
        group = self._groups.get(key)
        if group is not None:
            group.watchers.discard(watcher)
            if not group.watchers:
                del self._groups[key]

    def beat(self) -> None:
        """Tell everybody what the namespaces should look like now."""
        reached = self._feed.reached
        if reached is None or not self._feed.is_in_touch:
            return
        for group in list(self._groups.values()):
            digests = self._digests(group)
            chunk = as_chunk(beat_event(reached, digests))
            self._send(group, chunk if group.chunked else without_frame(chunk), self._feed.log.end)

    def end(self, reason: str, watchers: Iterable[Watcher] | None = None) -> None:
        """Have watchers end, all of them if none are named."""
        for watcher in list(self._all if watchers is None else watchers):
            watcher.ended = reason
            watcher.wake()

    def end_those(self, holds: Callable[[Access], bool], reason: str) -> None:
        """Have those end whose access does not hold any more."""
        self.end(reason, [watcher for watcher in self._all if not holds(watcher.interest.access)])

    def wake_lost(self) -> None:
        """Let those end whose client is gone, also where nobody tells of that."""
        for watcher in self._all:
            if watcher.transport.is_closing():
                watcher.wake()

    def _key(self, watcher: Watcher) -> tuple[object, ...]:
        interest = watcher.interest
        return (id(interest.access), interest.namespaces, watcher.chunked)

    def _fan_out(self, entries: list[Entry]) -> None:
        end = self._feed.log.end
        for group in list(self._groups.values()):
            if not entries:  # the mirrors were loaded anew
                for watcher in group.watchers:
                    watcher.wake()
                group.watchers.clear()
                continue
            covers = group.interest.covers
            wanted = [entry.chunk for entry in entries if covers(entry.namespace)]
            if not wanted:
                continue
            payload = b"".join(wanted if group.chunked else map(without_frame, wanted))
            if len(payload) > self._limits.watcher_buffer:  # too much for all at once: each takes it at its own pace
                for watcher in group.watchers:
                    watcher.place = end - len(entries)
                    watcher.wake()
                group.watchers.clear()
            else:
                self._send(group, payload, end)
        if self._groups and not all(group.watchers for group in self._groups.values()):
            self._groups = {key: group for key, group in self._groups.items() if group.watchers}

    def _send(self, group: _Group, payload: bytes, place: int) -> None:
        most = self._limits.watcher_buffer
        slow: list[Watcher] = []
        for watcher in group.watchers:
            transport = watcher.transport
            if transport.is_closing():
                slow.append(watcher)
                continue
            transport.write(payload)
            if transport.get_write_buffer_size() > most:
                watcher.place = place
                slow.append(watcher)
        for watcher in slow:
            group.watchers.discard(watcher)
            watcher.wake()

    def _digests(self, group: _Group) -> dict[str, Digest]:
        digests = self._feed.digests
        asked = group.interest.namespaces
        names = sorted(digests) if asked is None else sorted(asked)
        names = [name for name in names if name in digests and group.interest.access.may_read(name)]
        if len(names) > AT_A_BEAT:
            if group.next >= len(names):
                group.next = 0
            names = names[group.next : group.next + AT_A_BEAT]
            group.next += AT_A_BEAT
        return {name: digests[name] for name in names}
