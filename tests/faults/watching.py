"""A witness of a watch: it writes down all that it is given, resumes where it was, and is compared with the history."""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import final

import attrs
from faults.histories import value_of

from registry.errors import DiagnosticError
from registry.revisions import Frame, Reset, Stored
from registry.store_protocol import Store, Watch

PATIENCE = 60.0
"""Seconds for what was written to arrive."""

Written = Mapping[int, frozenset[tuple[str, str | None]]]
"""What each revision changed: names, and the values they hold from then on."""


@attrs.define
class Span:
    """A stretch of a watch without a gap, over as many connections as it took.

    Attributes:
        since: The revision from which it went on.
        frames: What was seen, in that order.
        reached: The revision up to which everything was said to be delivered.
        start: What the snapshot showed from which it went on, if there was one.
    """

    since: int
    frames: list[Frame] = attrs.field(factory=list)
    reached: int = -1
    start: dict[str, str | None] | None = None


@final
class Witness:
    """Watches one namespace in a thread of its own, and goes on after every error from the last token it saw.

    Args:
        store: What to watch.
        namespace: Where.
    """

    def __init__(self, store: Store, namespace: str) -> None:
        self._store = store
        self._namespace = namespace
        self._ended = threading.Event()
        self._watch: Watch | None = None
        self._token = store.token()
        self.spans = [Span(self._token.revision, reached=self._token.revision)]
        self.breaks = 0
        """How often the watch ended with an error."""
        self.resets = 0
        self.alien: list[BaseException] = []
        """What was raised that is none of our errors."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self, revision: int) -> bool:
        """Whether everything up to a revision arrives."""
        deadline = time.monotonic() + PATIENCE
        while self.spans[-1].reached < revision and time.monotonic() < deadline and not self.alien:
            time.sleep(0.005)
        return self.spans[-1].reached >= revision

    def close(self) -> None:
        """Stop watching."""
        self._ended.set()
        deadline = time.monotonic() + PATIENCE
        while self._thread.is_alive() and time.monotonic() < deadline:
            if self._watch is not None:
                self._watch.close()
            self._thread.join(0.05)
        assert not self._thread.is_alive(), "closing a watch did not end it"

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                try:
                    self._follow()
                except DiagnosticError:
                    self.breaks += 1
                    self._ended.wait(0.05)
        except BaseException as error:  # the test looks at it
            self.alien.append(error)

    def _follow(self) -> None:
        self._watch = self._store.watch(since=self._token, namespaces=[self._namespace])
        for seen in self._watch:
            if isinstance(seen, Reset):
                self.resets += 1
                self._begin_anew()
                return
            if isinstance(seen, Frame):
                self.spans[-1].frames.append(seen)
            self._token = seen.token
            self.spans[-1].reached = seen.token.revision

    def _begin_anew(self) -> None:
        with self._store.snapshot(self._namespace) as snapshot:
            held = {stored.name: value_of(stored.record) for stored in snapshot}
            self._token = snapshot.token
        self.spans.append(Span(self._token.revision, [], self._token.revision, held))


def written_in(store: Store, namespace: str, names: Iterable[str]) -> Written:
    """What the store says was ever written to these names."""
    found: dict[int, set[tuple[str, str | None]]] = {}
    for name in names:
        for version in store.history(namespace, name):
            found.setdefault(version.revision, set()).add((name, value_of(version.record)))
    return {revision: frozenset(changes) for revision, changes in found.items()}


def gaps(spans: Sequence[Span], written: Written) -> list[str]:
    """Everything that is wrong with what a witness saw, as sentences: order, repeats, gaps, contents, beginnings."""
    found = []
    for span in spans:
        last = span.since
        for frame in span.frames:
            revision = frame.token.revision
            if revision == last:
                found.append(f"revision {revision} came twice")
            elif revision < last:
                found.append(f"revision {revision} came after {last}")
            if _values(frame.changes) != written.get(revision):
                found.append(f"revision {revision} is {written.get(revision)} and was told as {frame.changes}")
            last = max(last, revision)
        told = {frame.token.revision for frame in span.frames}
        due = {revision for revision in written if span.since < revision <= span.reached}
        found += [f"revision {revision} was passed over" for revision in sorted(due - told)]
        if span.start is not None and span.start != state_at(written, span.since):
            found.append(f"the snapshot at {span.since} is not what was there")
    return found


def state_at(written: Written, revision: int) -> dict[str, str | None]:
    """What the names hold at a revision."""
    held: dict[str, str | None] = {}
    for moment in sorted(moment for moment in written if moment <= revision):
        held.update(written[moment])
    return {name: value for name, value in held.items() if value is not None}


def _values(changes: Iterable[Stored]) -> frozenset[tuple[str, str | None]]:
    return frozenset((stored.name, value_of(stored.record)) for stored in changes)
