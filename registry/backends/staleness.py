"""How old what look-ups read may be: a mirror is shown while its store is heard, and put aside when it is not."""

import os
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Protocol, final

from registry.announcing import announce
from registry.errors import DiagnosticError, OperationalError, ValidationError
from registry.mirror import Mirror
from registry.names import quote
from registry.revisions import Beat, Frame, Seen, Token

if TYPE_CHECKING:
    from registry.backends.keeper import Keeper
    from registry.backends.snapshots import SnapshotFile

LEAST = 2.0
"""The shortest time, in seconds, that a mirror can be told from one that is too old: stores are heard once a second."""

SOON = 1.0
"""Seconds for which a read waits for a mirror that is coming back, before it asks the store again."""

ASIDE: dict[str, Any] = {}
"""Shown in place of a mirror that must not be read now. Nothing is ever put into it."""


class StaleWarning(RuntimeWarning):
    """Entries of a shared namespace are older than was allowed, since the store cannot be reached."""


class Showing(Protocol):
    """Has the dict that look-ups read."""

    entries: dict[str, Any]


def check_max_staleness(seconds: float) -> None:
    """Refuse a limit that cannot be kept.

    Raises:
        ValidationError: It is neither 0 nor at least `LEAST`.
    """
    if seconds != 0 and not seconds >= LEAST:
        raise ValidationError(
            f"max_staleness={quote(seconds)} cannot be kept: a store gives a sign of life each second.",
            suggestions=[f"Pass at least {LEAST:g} seconds, or 0 to have every read ask the store."],
            context={"max_staleness": seconds},
        )


@final
class Freshness:
    """Decides what the look-ups of one backend read: its mirror, or nothing.

    Reads never go back: after the store itself was asked, the mirror is shown again only when it has reached a moment
    that is not older than any answer.

    Args:
        showing: Whose `entries` it replaces.
        mirror: What is shown.
        keeper: Follows the mirror and looks at the clock.
        max_staleness: The age in seconds at which the mirror is put aside; 0: it is never shown.
        timeout: For how many seconds a read waits for the mirror before it asks the store.
        file: What is shown, marked as stale, when the store cannot be reached.
    """

    __slots__ = (
        "__weakref__",
        "_asked",
        "_catching",
        "_floor",
        "_generation",
        "_joined",
        "_keeper",
        "_left",
        "_lock",
        "_looked",
        "_patient",
        "_showing",
        "_warned",
        "file",
        "filed",
        "max_staleness",
        "mirror",
        "stale",
        "timeout",
    )

    def __init__(
        self,
        showing: Showing,
        mirror: Mirror,
        keeper: "Keeper",
        max_staleness: float,
        timeout: float,
        file: "SnapshotFile | None",
    ) -> None:
        self.mirror = mirror
        self.max_staleness = max_staleness
        self.timeout = timeout
        self.file = file
        self.filed: Mirror | None = None
        self.stale = False
        self._showing = weakref.ref(showing)
        self._keeper = keeper
        self._asked = False
        """Whether the store gave answers that the mirror may not have yet."""
        self._floor: Token | None = None
        self._generation = 0
        self._warned = self._looked = False
        self._left = False
        self._begin()
        _FRESHNESS.add(self)

    def _begin(self) -> None:
        """Make what belongs to one process."""
        # Its holder may take it again: the collector may run a finalizer that looks something up.
        self._lock = threading.RLock()
        self._joined = False
        self._catching = 0
        self._patient = True

    def after_fork_in_child(self) -> None:
        """Keep the mirror as data: the first look-up follows it again."""
        self._begin()
        self.stale = False
        showing = self._showing()
        if showing is not None:
            showing.entries = ASIDE

    # ------------------------------------------------------------------------------------------ reading

    @property
    def shown(self) -> dict[str, Any]:
        """What look-ups read at this moment; `ASIDE` when it is nothing."""
        showing = self._showing()
        return ASIDE if showing is None else showing.entries

    def entries(self) -> dict[str, Any] | None:
        """The dict to read; None where the store has to be asked."""
        if self.max_staleness == 0:
            return None
        self._join()
        follower = self._keeper.follower
        try:
            if self._asked and self._in_contact():
                self._catch_up()
            shown = self.show()
            if shown is None and (self._patient or self._in_contact()):
                seconds = self.timeout if self._patient else min(SOON, self.timeout)
                follower.wait(self._may_show, time.monotonic() + seconds)
                shown = self.show()
                self._patient = shown is not None  # or the next read would wait as long again
            if shown is not None:
                return shown
            gone = not self._in_contact()
        except DiagnosticError as error:
            gone = isinstance(error, OperationalError)
        return self._show_stale() if gone and self.file is not None else None

    def begin_asking(self) -> int | None:
        """Note that the store is about to be asked; None when the mirror can be read after all."""
        with self._lock:
            showing = self._showing()
            if showing is not None and showing.entries is not ASIDE:
                return None
            self._asked = True
            return self._generation

    def still_asking(self, generation: int) -> bool:
        """Whether what the store answered may be told, or the mirror is about to be shown and be a little older."""
        with self._lock:
            return self._generation == generation

    def _catch_up(self) -> None:
        """Work out which moment the mirror has to reach, so that nothing that was answered goes away again."""
        with self._lock:
            if not self._asked:
                return
            self._asked = False
            self._generation += 1
            self._catching += 1
        try:
            token = self._keeper.follower.store.token()
        except BaseException:
            self._asked = True
            raise
        else:
            self.not_before(token)
        finally:
            with self._lock:
                self._catching -= 1

    # ------------------------------------------------------------------------------------------ writing

    def not_before(self, token: Token) -> None:
        """Show the mirror only when it has reached a moment."""
        with self._lock:
            floor = self._floor
            if floor is None or floor.epoch != token.epoch or floor.revision < token.revision:
                self._floor = token

    def reach(self, token: Token, deadline: float) -> None:
        """Return when the mirror has reached a moment; put it aside if it does not by the deadline.

        Args:
            token: The moment.
            deadline: By `time.monotonic()`.
        """
        self.not_before(token)
        if self.max_staleness == 0:
            return
        self._join()
        try:
            if self._keeper.follower.wait(self._has_reached, deadline):
                self.show()
                return
        except DiagnosticError:
            pass
        self.put_aside()

    def put_aside(self) -> None:
        """Have reads ask the store until the mirror has caught up."""
        with self._lock:
            showing = self._showing()
            if showing is not None and showing.entries is not ASIDE:
                showing.entries = ASIDE
                self._patient = False  # it may be long until it comes back
            self.stale = False

    # ------------------------------------------------------------------------------------------ showing

    def _may_show(self) -> bool:
        token = self._keeper.follower.token
        return (
            self._in_contact()
            and token is not None
            and self.mirror.epoch == token.epoch
            and not self._asked
            and not self._catching
            and self._has_reached()
        )

    def _in_contact(self) -> bool:
        return time.monotonic() - self._keeper.follower.heard < self.max_staleness

    def _has_reached(self) -> bool:
        token, floor = self._keeper.follower.token, self._floor
        if token is None or self.mirror.epoch != token.epoch:
            return False
        return floor is None or floor.epoch != token.epoch or floor.revision <= token.revision

    def show(self) -> dict[str, Any] | None:
        """Show the mirror, if it may be; gives what is shown."""
        with self._lock:
            showing = self._showing()
            if showing is None or not self._joined or not self._may_show():
                return None
            begins = showing.entries is ASIDE
            entries = showing.entries = self.mirror.entries
            self.stale = self._warned = self._looked = False
            self._patient = True
            self._floor = None
        if begins:
            self._keeper.look()
        return entries

    def check(self) -> float:
        """Put the mirror aside if it is too old; gives the seconds after which to look again."""
        with self._lock:
            age = time.monotonic() - self._keeper.follower.heard
            if age < self.max_staleness:
                return self.max_staleness - age
            if not self.stale:
                self.put_aside()
            return self.max_staleness

    def tell(self, seen: Seen | DiagnosticError) -> None:
        """Take note of what the follower heard, which the mirror has already."""
        if not isinstance(seen, Frame | Beat):
            return
        showing = self._showing()
        if showing is not None and (self.stale or showing.entries is not self.mirror.entries):
            self.show()
        if self.file is not None:
            self.file.follow(self.mirror)

    def _show_stale(self) -> dict[str, Any] | None:
        """Show what was last known, though it is too old; None when nothing is."""
        if not (self.mirror.epoch or self._looked or self.file is None):
            self._looked = True  # once, until the store is there again
            self.filed = self.file.load()
        with self._lock:
            showing, mirror = self._showing(), self.mirror if self.mirror.epoch else self.filed
            if showing is None or mirror is None or not self._joined:
                return None
            self.stale = True
            entries = showing.entries = mirror.entries
            warned, self._warned = self._warned, True
        if not warned:
            self._warn(mirror)
        return entries

    def _warn(self, mirror: Mirror) -> None:
        error = self._keeper.follower.error
        reason = "." if error is None else f": {error.message}"
        announce(
            f"What is known of {quote(mirror.namespace)} is stale, since its store cannot be reached{reason}",
            StaleWarning,
        )

    # ------------------------------------------------------------------------------------------ beginning, ending

    def _join(self) -> None:
        if not (self._joined or self._left):
            self._joined = True
            self._keeper.keep(self)

    def leave(self) -> None:
        """Follow the mirror no longer. A second call does nothing."""
        with self._lock:
            self._joined, self._left = False, True
            self.put_aside()
        self._keeper.drop(self)
        if self.file is not None:
            self.file.finish(self.mirror)


_FRESHNESS: "weakref.WeakSet[Freshness]" = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for freshness in list(_FRESHNESS):
        freshness.after_fork_in_child()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_after_fork_in_child)
