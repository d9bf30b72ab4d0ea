"""Stands between the follower of a store and those who show its mirrors."""

import os
import threading
import weakref
from typing import final

from registry.backends.staleness import Freshness
from registry.errors import DiagnosticError
from registry.mirror import Follower, Mirror
from registry.revisions import Seen

LONGEST = 3600.0
"""Seconds after which the clock is looked at in any case: threads cannot wait for ever."""


@final
class Keeper:
    """Stands between a follower and those who show its mirrors, and looks at the clock for them in a thread.

    Whoever is forgotten is left out; when nobody is left, the thread ends.
    """

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self._kept: dict[int, tuple[weakref.ref[Freshness], Mirror]] = {}
        self._begin()
        follower.listeners = (*follower.listeners, self._tell)
        _KEEPERS.add(self)

    def _begin(self) -> None:
        """Make what belongs to one process."""
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def after_fork_in_child(self) -> None:
        """Go on without the thread, until somebody needs it."""
        self._begin()

    def keep(self, freshness: Freshness) -> None:
        """Follow a mirror, and look after its age."""
        with self._changed:
            self._kept[id(freshness)] = (weakref.ref(freshness), freshness.mirror)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="registry-staleness", daemon=True)
                self._thread.start()
        self.follower.follow(freshness.mirror)

    def drop(self, freshness: Freshness) -> None:
        """Follow a mirror no longer."""
        with self._changed:
            self._kept.pop(id(freshness), None)
            self._changed.notify_all()
        self.follower.leave(freshness.mirror)

    def look(self) -> None:
        """Look at the clock soon."""
        with self._changed:
            self._changed.notify_all()

    def _tell(self, seen: Seen | DiagnosticError) -> None:
        for known in self._present():
            known.tell(seen)

    def _present(self) -> list[Freshness]:
        """Those that somebody still has; the others are let go."""
        found: list[Freshness] = []
        for key, (known, mirror) in list(self._kept.items()):
            freshness = known()
            if freshness is not None:
                found.append(freshness)
                continue
            with self._changed:
                if key in self._kept and self._kept[key][0] is known:
                    del self._kept[key]
            self.follower.leave(mirror)
        return found

    def _run(self) -> None:
        while True:
            pause = min((known.check() for known in self._present()), default=0.0)
            with self._changed:
                if not self._kept:
                    self._thread = None
                    return
                self._changed.wait(min(pause, LONGEST))


_KEEPERS: "weakref.WeakSet[Keeper]" = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for keeper in list(_KEEPERS):
        keeper.after_fork_in_child()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_after_fork_in_child)
