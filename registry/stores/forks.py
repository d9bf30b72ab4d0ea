"""What has to be done around a fork, for everything here that holds locks, threads or connections."""

import os
import threading
from typing import Protocol
from weakref import WeakKeyDictionary


class Forkable(Protocol):
    """A part that survives a fork on both sides. It is asked in the thread that forks."""

    def before_fork(self) -> None:
        """Come to rest: no thread may be in the middle of anything. Must end within seconds."""
        ...

    def after_fork_in_parent(self) -> None:
        """Go on."""
        ...

    def after_fork_in_child(self) -> None:
        """Go on without the parent's threads, locks and connections; none of them may be touched."""
        ...


_parts: "WeakKeyDictionary[Forkable, None]" = WeakKeyDictionary()
"""In the order in which they asked to be told."""
_lock = threading.Lock()
_resting: list[Forkable] = []
_watching = False


def tell_of_forks(part: Forkable) -> None:
    """Have a part told of every fork, for as long as somebody else refers to it.

    Those that came later come to rest first, since they may need the earlier ones until then, and go on last.
    """
    global _watching
    with _lock:
        if not _watching and hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
            os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
        _watching = True
        _parts.setdefault(part, None)


def _before() -> None:
    _lock.acquire()
    for part in reversed(list(_parts)):
        part.before_fork()
        _resting.append(part)


def _in_parent() -> None:
    resting = _resting[:]
    _resting.clear()
    _lock.release()
    for part in reversed(resting):
        part.after_fork_in_parent()


def _in_child() -> None:
    global _lock
    _lock = threading.Lock()
    resting = _resting[:]
    _resting.clear()
    for part in reversed(resting):
        part.after_fork_in_child()
