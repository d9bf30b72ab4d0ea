"""Twins of the sound store whose watches or ends break a promise, each a line or two away."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import attrs
from testing.broken_stores import Sound

from registry.revisions import Beat, Frame, Reset, Seen, Token
from registry.store_protocol import Watch


class Watching:
    """A watch whose frames go through a function."""

    def __init__(self, watch: Watch, told: Callable[[Seen], Sequence[Seen]]) -> None:
        self.watch = watch
        self.told = told
        self.waiting: list[Seen] = []

    def __iter__(self) -> Iterator[Seen]:
        return self

    def __next__(self) -> Seen:
        while not self.waiting:
            self.waiting += self.told(next(self.watch))
        return self.waiting.pop(0)

    def close(self) -> None:
        self.watch.close()


class WatchesFromNow(Sound):
    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> Watch:
        return self.store.watch(since=self.store.token(), namespaces=namespaces)


class WatchesTwice(Sound):
    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> Watch:
        back = attrs.evolve(since, revision=max(0, since.revision - 1))
        return self.store.watch(since=back, namespaces=namespaces)


class WatchesEverything(Sound):
    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> Watch:
        watch = self.store.watch(since=since, namespaces=namespaces)
        watch.close()
        return self.store.watch(since=since)


class SpoilsWatches(Sound):
    def told(self, seen: Seen) -> Sequence[Seen]:
        return [seen]

    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> Any:
        return Watching(self.store.watch(since=since, namespaces=namespaces), self.told)


class DropsFrames(SpoilsWatches):
    def told(self, seen: Seen) -> Sequence[Seen]:
        return [] if isinstance(seen, Frame) and len(seen.changes) > 1 else [seen]


class RepeatsFrames(SpoilsWatches):
    def told(self, seen: Seen) -> Sequence[Seen]:
        return [seen, seen] if isinstance(seen, Frame) else [seen]


class TellsHalfOfAFrame(SpoilsWatches):
    def told(self, seen: Seen) -> Sequence[Seen]:
        return [attrs.evolve(seen, changes=seen.changes[:1])] if isinstance(seen, Frame) else [seen]


class SplitsFrames(SpoilsWatches):
    def told(self, seen: Seen) -> Sequence[Seen]:
        if isinstance(seen, Frame):
            return [attrs.evolve(seen, changes=(change,)) for change in seen.changes]
        return [seen]


class CutsTheFrameInTwoThatIsAtTheEndOfAPage(SpoilsWatches):
    def __init__(self) -> None:
        super().__init__()
        self.rows = 0

    def told(self, seen: Seen) -> Sequence[Seen]:
        if not isinstance(seen, Frame):
            return [seen]
        left, self.rows = 256 - self.rows % 256, self.rows + len(seen.changes)
        parts = seen.changes[:left], seen.changes[left:]
        return [attrs.evolve(seen, changes=part) for part in parts if part]


class SwapsFrames(SpoilsWatches):
    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> Any:
        held: list[Seen] = []

        def told(seen: Seen) -> Sequence[Seen]:
            if isinstance(seen, Frame) and len(seen.changes) > 1 and not held:
                held.append(seen)
                return []
            return [seen, *(held.pop() for _ in range(len(held)))]

        return Watching(self.store.watch(since=since, namespaces=namespaces), told)


class PromisesTooMuch(SpoilsWatches):
    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> Any:
        watch = self.store.watch(since=since, namespaces=namespaces)
        newest = self.store.token()
        begun: list[bool] = []

        def told(seen: Seen) -> Sequence[Seen]:
            if begun or isinstance(seen, Reset) or newest.epoch != since.epoch:
                return [seen]
            begun.append(True)
            return [Beat(attrs.evolve(newest, revision=newest.revision + 1)), seen]

        return Watching(watch, told)


class HasNoBeat(SpoilsWatches):
    def told(self, seen: Seen) -> Sequence[Seen]:
        return [] if isinstance(seen, Beat) else [seen]


class NeverResets(SpoilsWatches):
    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> Any:
        newest = self.store.token()
        wrong = since.epoch != newest.epoch or since.revision > newest.revision
        return self.store.watch(since=newest if wrong else since, namespaces=namespaces)


class AnswersWhenClosed(Sound):
    def namespaces(self) -> Sequence[str]:
        try:
            return self.store.namespaces()
        except Exception:
            return []


class ClosesOnce(Sound):
    def close(self) -> None:
        self.store.token()
        self.store.close()


class LeavesWatchesOpen(Sound):
    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def close(self) -> None:
        self.closed = True


WATCH = "A watch has to tell of each submission once, in order, as a whole, and of no others."
MISSING = "A watch has to tell of everything that happened since its moment, none missing."

BROKEN: dict[type[Any], str] = {
    WatchesFromNow: WATCH,
    WatchesTwice: WATCH,
    WatchesEverything: WATCH,
    DropsFrames: WATCH,
    RepeatsFrames: WATCH,
    TellsHalfOfAFrame: WATCH,
    SplitsFrames: WATCH,
    CutsTheFrameInTwoThatIsAtTheEndOfAPage: WATCH,
    SwapsFrames: WATCH,
    PromisesTooMuch: MISSING,
    HasNoBeat: "A watch has to give a Beat at least every second",
    NeverResets: "A watch from a moment of another epoch, or in the future, has to give a Reset",
    AnswersWhenClosed: "Every call to a store that was closed has to raise a StoreError.",
    ClosesOnce: "A second close() of a store has to do nothing.",
    LeavesWatchesOpen: "close() has to end the watches of a store.",
}
"""Each broken twin, with how the sentence begins that has to say so."""
