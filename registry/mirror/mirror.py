"""One namespace of a store as a dict in memory."""

import threading
from collections.abc import Callable
from hashlib import blake2b
from operator import attrgetter
from typing import Any, final

from registry.revisions import Digest, Frame, Snapshot, Token


@final
class Mirror:
    """The records of one namespace, kept up to date by a `Follower`; read from any thread without a lock.

    Args:
        namespace: Which.
        revision_of: Gives the revision of what `entries` holds, where its user puts something else there than what
            was stored.

    Attributes:
        entries: What is stored under each name, `Stored` or what the user of the mirror made of it. Replaced when the
            mirror is loaded; a submission shows in it all at once. Only its follower writes to it, and `replace`.
        revision: Everything up to it is in `entries`.
        epoch: Of the store; "" as long as nothing was loaded.
        version: Of the names in `entries`: another after each change of them, and odd during one.
    """

    __slots__ = (
        "_changing",
        "_digest",
        "_replaced",
        "_revision_of",
        "entries",
        "epoch",
        "namespace",
        "revision",
        "version",
    )

    def __init__(self, namespace: str, *, revision_of: Callable[[Any], int] = attrgetter("revision")) -> None:
        self.namespace = namespace
        self.entries: dict[str, Any] = {}
        self.revision = -1
        self.epoch = ""
        self.version = 0
        self._digest = 0
        self._revision_of = revision_of
        self.revive()

    def revive(self) -> None:
        """Go on in a forked child, where whoever held the lock is not."""
        # Its holder may take it again: what is replaced may end here, and run a finalizer.
        self._changing = threading.RLock()
        self._replaced: dict[str, Any] | None = None

    @property
    def digest(self) -> Digest:
        """What a follower can compare with what it has."""
        return Digest(len(self.entries), self._digest)

    def load(self, snapshot: Snapshot) -> None:
        """Take a snapshot in. What is held of the same revision stays the object that it is."""
        replaced: dict[str, Any] = {}
        self._replaced = replaced
        held = self.entries if self.epoch == snapshot.token.epoch else {}
        loaded: dict[str, Any] = {}
        digest = 0
        revision_of = self._revision_of
        for stored in snapshot:
            digest ^= fingerprint(stored.name, stored.revision)
            known = held.get(stored.name)
            kept = known is not None and revision_of(known) == stored.revision
            loaded[stored.name] = known if kept else stored
        with self._changing:
            if self.epoch == snapshot.token.epoch:
                for name, other in replaced.items():  # while this was loading
                    if name in loaded and revision_of(loaded[name]) == revision_of(other):
                        loaded[name] = other
            self._replaced = None
            self.version |= 1
            self.epoch, self.revision, self._digest = snapshot.token.epoch, snapshot.token.revision, digest
            self.entries, held = loaded, self.entries
            self.version += 1

    def apply(self, frame: Frame) -> bool:
        """Take a submission in, unless it is there already; whether it was not.

        Raises:
            ValueError: It is of another epoch.
        """
        if frame.token.epoch != self.epoch:
            raise ValueError(f"a frame of the epoch {frame.token.epoch}, and the mirror is of {self.epoch}")
        if frame.token.revision <= self.revision:
            return False
        held = self.entries
        written: dict[str, Any] = {}
        removed: list[str] = []
        revision_of = self._revision_of
        for stored in frame.changes:
            before = held.get(stored.name)
            if before is not None:
                self._digest ^= fingerprint(stored.name, revision_of(before))
            if stored.record is None:
                removed.append(stored.name)
            else:
                self._digest ^= fingerprint(stored.name, stored.revision)
                written[stored.name] = stored
        self._show(held, written, removed, frame.token.revision)
        return True

    def replace(self, name: str, held: Any, other: Any) -> bool:
        """Hold something else for the same revision, if `held` is what is there; whether it was. From any thread."""
        with self._changing:
            if self.entries.get(name) is not held:
                return False
            self.entries[name] = other
            if self._replaced is not None:
                self._replaced[name] = other
            return True

    def moment(self) -> tuple[Token, list[Any]]:
        """All that it holds, and the moment at which it did. From any thread."""
        with self._changing:
            return Token(self.epoch, self.revision), list(self.entries.values())

    def _show(self, held: dict[str, Any], written: dict[str, Any], removed: list[str], revision: int) -> None:
        """Let readers see all of it at once: no step here can be interrupted by another thread half-way."""
        with self._changing:
            before: Any = [held.get(name) for name in (*written, *removed)]
            self.version |= 1
            if len(before) == 1 or not removed:
                held.update(written)
                for name in removed:
                    held.pop(name, None)
            else:
                changed = {**held, **written}
                for name in removed:
                    changed.pop(name, None)
                self.entries, before = changed, held
            self.revision = revision
            self.version += 1
        del before  # what goes may have a finalizer


def fingerprint(name: str, revision: int) -> int:
    """What one name adds to a digest: 64 bits of BLAKE2b (RFC 7693)."""
    return int.from_bytes(blake2b(b"%s\0%d" % (name.encode(), revision), digest_size=8).digest())
