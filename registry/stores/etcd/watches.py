"""Follows a store in etcd."""

import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import final

from registry.revisions import Beat, Frame, Reset, Seen, Stored, Token
from registry.stores.etcd.engine import Engine
from registry.stores.etcd.failures import ended, lagging
from registry.stores.etcd.gateway import Happened, follow
from registry.stores.etcd.layout import Layout, after, read_if_ours, read_removal
from registry.stores.etcd.streams import Stream
from registry.stores.feed import BEAT, gap, too_old
from registry.stores.transport.calls import Caller
from registry.stores.transport.lifetime import Lifetime


@final
class EtcdWatch:
    """What happens in a store after a moment. It connects when it is first read.

    Each second the cluster is asked how far it is, by a read that most of its members confirm. Once the watch has told
    all of that, a `Beat` says so. A member that was cut off from the others, and would be silent for ever, is left.

    Args:
        engine: The store.
        pulse: Asks the cluster how far it is, and opens the stream.
        since: The moment.
        namespaces: Which ones; None for all.
        silence: Seconds within which a member has to tell what the others know.
        patience: Seconds within which a line that began has to be whole.
    """

    def __init__(
        self,
        engine: Engine,
        pulse: Caller,
        since: Token,
        namespaces: Collection[str] | None,
        silence: float,
        patience: float,
    ) -> None:
        self._engine = engine
        self._pulse = pulse
        self._token = since
        self._namespaces = None if namespaces is None else frozenset(namespaces)
        self._silence = silence
        self._patience = patience
        self._life = Lifetime()
        self._stream: Stream | None = None
        self._ready: deque[Frame | Reset] = deque()
        self._due = 0.0  # when the next beat is, by the monotonic clock
        self._goal = 0  # what it has to be told before it
        self._late = 0.0  # when that has taken too long
        self._compacted = 0  # up to which revision the log was gone when the stream was refused

    def __iter__(self) -> "EtcdWatch":
        return self

    def __next__(self) -> Seen:
        """What happened next."""
        return self._life.read(self._next)

    def close(self) -> None:
        """End it, also a `next` that another thread waits in."""
        self._life.end()

    # ----------------------------------------------------------------------------------- in the thread that reads

    def _next(self) -> Seen | None:
        """What happened next; None when the watch was closed."""
        while not self._life.is_ended:
            if self._ready:
                seen = self._ready.popleft()
                if isinstance(seen, Reset):
                    return seen
                self._token = seen.token
                if self._namespaces is None or seen.namespace in self._namespaces:
                    return seen
            elif self._stream is None:
                self._begin()
            elif self._goal and self._token.revision >= self._goal:
                self._goal, self._due = 0, time.monotonic() + BEAT
                return Beat(self._token)
            elif not self._goal and time.monotonic() >= self._due:
                self._ask()
            else:
                self._listen(self._stream)
        return None

    def _begin(self) -> None:
        """Open the stream, if the log reaches back to the moment."""
        reading = self._engine.read(caller=self._pulse)
        reset = gap(self._token, reading.token, reading.epoch.revision)
        if reset is not None:
            self._ready.append(reset)
            return
        layout = self._engine.layout
        # From the moment itself on, which is passed over then: of a revision at which the log was compacted etcd tells
        # without what was removed there.
        since = max(1, self._token.revision)
        if since < self._compacted:
            if reading.token != self._token:
                self._ready.append(too_old(self._token.revision))
                return
            since = reading.revision  # others wrote and compacted; of this store nothing is gone but what was told
        body = follow(layout.records, after(layout.removals), since)
        self._stream = Stream(self._pulse, body, self._life.opened, self._patience)
        self._life.held = self._stream
        self._due = time.monotonic() + BEAT

    def _ask(self) -> None:
        """Ask how far the cluster is."""
        token = self._engine.read(caller=self._pulse).token
        if token.epoch != self._token.epoch:
            reset = gap(self._token, token, 0)
            assert reset is not None
            self._ready.append(reset)
        self._goal = token.revision
        self._late = time.monotonic() + self._silence

    def _listen(self, stream: Stream) -> None:
        news = stream.next(self._late if self._goal else self._due)
        if news is None:
            self._late = max(self._late, stream.heard + self._silence)  # who is telling more is behind, and not lost
            if self._goal and time.monotonic() >= self._late:
                self._pulse.avoid(stream.address, "it does not tell what other members know")
                raise lagging(stream.address, self._silence)
            return
        happened = (one for one in news.happened if one.revision > self._token.revision)
        self._ready.extend(frames(self._engine.layout, self._token.epoch, happened, self._namespaces))
        if news.compacted:
            self._compacted, self._stream = news.compacted, None
            stream.close()
        elif news.is_ended:
            raise ended(stream.address, news.reason)

    def __repr__(self) -> str:
        return f"EtcdWatch(since={str(self._token)!r})"


def frames(
    layout: Layout, epoch: str, happened: Iterable[Happened], wanted: Collection[str] | None = None
) -> list[Frame]:
    """What submissions changed, each as one frame; one of a namespace that is not wanted is empty.

    What no store wrote in the place of a record counts as its removal.
    """
    together: dict[int, list[Happened]] = {}
    for one in happened:
        together.setdefault(one.revision, []).append(one)
    return [
        frame
        for revision, changes in together.items()
        for frame in _frames(layout, Token(epoch, revision), changes, wanted)
    ]


def _frames(
    layout: Layout, token: Token, happened: Sequence[Happened], wanted: Collection[str] | None
) -> Iterator[Frame]:
    """One, as a rule: none where the account of removals was swept away, and several where others wrote."""
    namespaces: dict[str, list[tuple[str, Happened]]] = {}
    when, author = 0.0, ""
    for one in happened:
        place = layout.place(one.key) if one.key.startswith(layout.records) else None
        if place is not None:
            namespaces.setdefault(place[0], []).append((place[1], one))
        elif one.key.startswith(layout.removals) and one.value is not None:
            when, author, _ = read_removal(one.key, one.value)
    for namespace, records in namespaces.items():
        if wanted is not None and namespace not in wanted:
            yield Frame(token, namespace, ())
            continue
        found = []
        for name, one in records:
            stored = None if one.value is None else read_if_ours(name, one.key, one.value, token.revision)
            found.append(Stored(name, token.revision, None, when, author) if stored is None else stored)
        yield Frame(token, namespace, tuple(found))
