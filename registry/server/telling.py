"""Tells plugins what changes in the namespaces, in a thread of its own: a slow one holds up nobody."""

import logging
import threading
from collections.abc import Callable
from queue import Empty, Full, Queue
from typing import Any, final

from registry.mirror import Follower
from registry.model import Event
from registry.revisions import Frame

WAITING = 10_000
"""So many submissions may wait to be told; more are left out, and the log says so."""

_log = logging.getLogger("registry.server")


@final
class Telling:
    """Events for what a follower sees: "registered" and "unregistered", with the namespace as the registry.

    They are told after the commit, in its order, of all writers. Nothing is told of what was there before.

    Args:
        follower: Sees the changes.
        emit: Is given each event. It does not raise.
    """

    def __init__(self, follower: Follower, emit: Callable[[Event], None]) -> None:
        self._follower = follower
        self._emit = emit
        self._frames: Queue[Frame] = Queue(WAITING)
        self._left_out = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="registry server plugins", daemon=True)
        follower.listeners = (*follower.listeners, self._heard)
        self._thread.start()

    def close(self) -> None:
        """Tell what waits, for a second at most, and stop."""
        self._follower.listeners = tuple(one for one in self._follower.listeners if one != self._heard)
        self._stopped.set()
        self._thread.join(1.0)

    def _heard(self, seen: Any) -> None:
        if isinstance(seen, Frame):
            try:
                self._frames.put_nowait(seen)
            except Full:
                self._left_out += 1

    def _run(self) -> None:
        while True:
            try:
                frame = self._frames.get(timeout=0.1)
            except Empty:
                if self._stopped.is_set():
                    return
                continue
            if self._left_out:
                _log.warning("plugins are too slow: %d submissions were not told to them", self._left_out)
                self._left_out = 0
            for change in frame.changes:
                self._emit(
                    Event("unregistered" if change.record is None else "registered", frame.namespace, change.name)
                )
