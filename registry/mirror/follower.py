"""Keeps mirrors up to date: one thread that loads snapshots and watches."""

import logging
import random
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any, final

from registry.errors import DiagnosticError, RemoteError
from registry.mirror.mirror import Mirror
from registry.revisions import Beat, Frame, Reset, Seen, Token
from registry.store_protocol import Store, Watch

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
"""Seconds before a store is asked again after a failure: doubled each time, and half of it at random."""

_log = logging.getLogger(__name__)


@final
class Follower:
    """Follows a store for any number of mirrors, over one watch.

    Nothing is asked of the store before the first mirror is to be followed, or `start` is called. The thread is a
    daemon: a follower that was forgotten does not hold up the end of a process.

    Args:
        store: The store.
        every: Follow all namespaces, in mirrors of its own, rather than those that are asked for.

    Attributes:
        mirrors: The mirrors of each namespace; exactly one if `every`, and none for a namespace that became empty.
        token: Everything up to this moment is in every mirror; None before the first was loaded.
        heard: When the store was last heard, by `time.monotonic()`.
        loads: How often all mirrors were loaded anew, so that what was seen before does not lead on to what they hold.
        error: Why the store cannot be reached now; None when it can, or was not asked yet.
        listeners: Called in the follower's thread with all that the watch gives, once the mirrors have it, and with
            the error when the store cannot be reached; if `every`, also with a `Beat` when all mirrors were loaded.
            They return soon and do not raise. Never changed, but replaced.
    """

    def __init__(self, store: Store, *, every: bool = False) -> None:
        self.store = store
        self.mirrors: dict[str, list[Mirror]] = {}
        self.token: Token | None = None
        self.heard = float("-inf")
        self.error: DiagnosticError | None = None
        self.listeners: tuple[Callable[[Seen | DiagnosticError], None], ...] = ()
        self.loads = 0
        self._every = every
        self._loading: set[str] = set()
        """Namespaces with a mirror that has to be loaded."""
        self._begin()
        _FOLLOWERS.add(self)

    def _begin(self) -> None:
        """Make what belongs to one process: a forked child must not touch the locks and threads of its parent."""
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._watch: Watch | None = None
        self._closed = False

    # ------------------------------------------------------------------------------------------ from any thread

    def start(self) -> None:
        """Begin to follow."""
        with self._changed:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="registry-follower", daemon=True)
                self._thread.start()

    def follow(self, mirror: Mirror) -> None:
        """Keep a mirror up to date from now on; it is loaded first. A second call changes nothing."""
        with self._changed:
            mirrors = self.mirrors.get(mirror.namespace, [])
            if mirror not in mirrors:
                self.mirrors = {**self.mirrors, mirror.namespace: [*mirrors, mirror]}
                self._loading.add(mirror.namespace)
                if self._watch is not None:
                    self._watch.close()
        self.start()

    def leave(self, mirror: Mirror) -> None:
        """Let a mirror be as it is. The last one ends the watch."""
        with self._changed:
            left = [other for other in self.mirrors.get(mirror.namespace, []) if other is not mirror]
            mirrors = {**self.mirrors, mirror.namespace: left}
            self.mirrors = {namespace: held for namespace, held in mirrors.items() if held}
            if not self.mirrors and not self._every and self._watch is not None:
                self._watch.close()

    def wait(self, ready: Callable[[], bool], deadline: float, *, patient: bool = False) -> bool:
        """Wait until something holds that the follower brings about; whether it does.

        Args:
            ready: Says whether it holds.
            deadline: When to give up, as a time of `time.monotonic()`.
            patient: Go on waiting while the store cannot be reached, since it may come back before the deadline.

        Raises:
            DiagnosticError: The store cannot be reached.
        """
        with self._changed:
            while not ready():
                if self.error is not None and not patient:
                    raise self.error.with_traceback(None)
                left = deadline - time.monotonic()
                if left <= 0 or self._closed:
                    return False
                self._changed.wait(left)
        return True

    def close(self) -> None:
        """Stop following. The store is left open. A second call does nothing."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            watch, thread = self._watch, self._thread
        if watch is not None:
            watch.close()
        if thread is not None and thread is not threading.current_thread():
            thread.join(1.0)

    # ------------------------------------------------------------------------------------------ in its own thread

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._closed:
            try:
                self._follow()
                pause = FIRST_PAUSE
            except DiagnosticError as error:
                self._fail(error)
            except Exception as error:  # an engine's own exception must not end the thread without a word
                _log.exception("following a store failed")
                failure = RemoteError(f"Following the store failed: {type(error).__name__}: {error}")
                failure.__cause__ = error
                self._fail(failure)
            else:
                if self._idle():
                    return
                if self.token is not None:
                    continue
            with self._changed:
                if not self._closed:
                    self._changed.wait(pause * random.SystemRandom().uniform(0.5, 1.0))
            pause = min(pause * 2, LONGEST_PAUSE)

    def _idle(self) -> bool:
        """Whether there is nothing left to follow: the thread ends then, and `start` makes another."""
        with self._changed:
            if self._closed or (not self.mirrors and not self._every):
                self._thread = None
                return True
        return False

    def _follow(self) -> None:
        """Load what has to be loaded, and watch until something ends the watch."""
        loads = self.loads
        since = self._load()
        if since is None:
            return
        if self._every and self.loads != loads:
            for listener in self.listeners:
                listener(Beat(since))
        namespaces = None if self._every else list(self.mirrors)
        watch = self.store.watch(since=since, namespaces=namespaces)
        with self._changed:
            if self._closed or self._loading:
                watch.close()
                return
            self._watch = watch
        try:
            for seen in watch:
                if not self._take(seen):
                    return
        finally:
            with self._changed:
                self._watch = None
            watch.close()

    def _load(self) -> Token | None:
        """Load the mirrors that have to be; gives the moment from which a watch completes them all."""
        before, started = self.token, time.monotonic()
        if self._every and before is None:
            before = self.store.token()
            found = {namespace: [Mirror(namespace)] for namespace in self.store.namespaces()}
            with self._changed:
                self.mirrors = {**found, **self.mirrors}
                self._loading.update(self.mirrors)
        moments = [] if before is None else [before]
        while True:
            with self._changed:
                if not self._loading:
                    break
                namespace = self._loading.pop()
                mirrors = self.mirrors.get(namespace, [])
            try:
                for mirror in mirrors:
                    with self.store.snapshot(namespace) as snapshot:
                        mirror.load(snapshot)
                        moments.append(snapshot.token)
            except BaseException:
                with self._changed:
                    self._loading.add(namespace)
                raise
        if not moments:
            return None
        if len({moment.epoch for moment in moments}) > 1:  # the store began anew while it was read
            self._reload()
            return None
        since = min(moments, key=lambda moment: moment.revision)
        if self.token is None:
            self.loads += 1
            self._reached(since, started)
        elif len(moments) > 1:  # the mirrors that were there before are as old as they were
            with self._changed:
                self.error = None
                self._changed.notify_all()
        return since

    def _take(self, seen: Seen) -> bool:
        """Take in what a watch gave; whether the watch goes on."""
        if isinstance(seen, Frame):
            for mirror in self._mirrors_of(seen):
                mirror.apply(seen)
            if self._every:
                self._drop_if_empty(seen.namespace)
            self._reached(seen.token)
        elif isinstance(seen, Beat):
            self._reached(seen.token)
            if any(self._differs(namespace, seen) for namespace in seen.digests):
                seen = Reset("what was seen of the store does not add up to what it holds")
                _log.error("an event of a watch was lost: taking a snapshot")
        if isinstance(seen, Reset):
            self._reload()
        for listener in self.listeners:
            listener(seen)
        return not isinstance(seen, Reset)

    def _mirrors_of(self, frame: Frame) -> list[Mirror]:
        mirrors = self.mirrors.get(frame.namespace, [])
        if self._every and not mirrors:
            mirror = Mirror(frame.namespace)
            mirror.epoch = frame.token.epoch
            mirrors = [mirror]
            self.mirrors = {**self.mirrors, frame.namespace: mirrors}
        return mirrors

    def _drop_if_empty(self, namespace: str) -> None:
        """Keep nothing of a namespace that has gone: whoever makes and removes many must not fill the memory."""
        mirrors = self.mirrors.get(namespace)
        if mirrors and not mirrors[0].entries:
            self.mirrors = {name: held for name, held in self.mirrors.items() if name != namespace}

    def _differs(self, namespace: str, beat: Beat) -> bool:
        """Whether a mirror is not what it should be; one that was loaded later than that is ahead, and may be."""
        mirrors, digest = self.mirrors.get(namespace), beat.digests[namespace]
        if mirrors is None:  # nothing is there, as far as was seen
            return self._every and digest.count > 0
        return any(mirror.digest != digest for mirror in mirrors if mirror.revision <= beat.token.revision)

    def _reload(self) -> None:
        with self._changed:
            self.token = None
            self._loading.update(self.mirrors)

    def _reached(self, token: Token, heard: float | None = None) -> None:
        with self._changed:
            self.token = token
            self.heard = time.monotonic() if heard is None else heard
            self.error = None
            self._changed.notify_all()

    def _fail(self, error: DiagnosticError) -> None:
        with self._changed:
            if self._closed:
                return
            self.error = error
            self._changed.notify_all()
        for listener in self.listeners:
            listener(error)


_FOLLOWERS: "weakref.WeakSet[Follower]" = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for follower in list(_FOLLOWERS):
        follower._begin()
        for namespace, mirrors in follower.mirrors.items():
            for mirror in mirrors:
                mirror.revive()
            # What was being loaded when the process forked is loaded again; the others go on from the token.
            if follower.token is None or not all(mirror.epoch for mirror in mirrors):
                follower._loading.add(namespace)


def _register_fork_handler() -> None:
    import os

    register: Any = getattr(os, "register_at_fork", None)  # not on Windows, which has no fork
    if register is not None:
        register(after_in_child=_after_fork_in_child)


_register_fork_handler()
