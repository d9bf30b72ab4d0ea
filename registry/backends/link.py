"""One backend at work: its connection, its mirror, and the entries that were made of what it holds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, final

import attrs

from registry.backends.connections import Address, Connection, connect, disconnect
from registry.backends.snapshots import SnapshotFile
from registry.backends.staleness import ASIDE, Freshness, Showing
from registry.mirror import Mirror
from registry.model import Entry
from registry.records import ReceivedRecord, Receiver
from registry.revisions import Stored, Token
from registry.store_protocol import Store


def stored_of(held: Any) -> Stored:
    """What is stored, of what a mirror holds: that itself, or the entry that was made of it."""
    if type(held) is Stored:
        return held
    stored: Stored = held.received.stored
    return stored


def revision_of(held: Any) -> int:
    """The revision of what a mirror holds."""
    return stored_of(held).revision


def mirror_of(namespace: str) -> Mirror:
    """A mirror that may hold entries in place of what is stored."""
    return Mirror(namespace, revision_of=revision_of)


@final
class Link:
    """What a backend has from its first use on.

    Attributes:
        store: The store.
        mirror: Its namespace there.
        freshness: Decides what is read.
        asked: Entries made of what the store answered while the mirror was not shown.
    """

    __slots__ = ("_connection", "_listed", "_namespace", "asked", "freshness", "mirror", "receiver", "store")

    def __init__(
        self,
        user: Showing,
        address: Address,
        receiver: Receiver,
        *,
        max_staleness: float,
        timeout: float,
        snapshot: Path | None,
    ) -> None:
        namespace = receiver.namespace
        self.receiver = receiver
        self.mirror = mirror_of(namespace)
        self.asked: dict[str, Entry[Any]] = {}
        self._namespace = namespace
        self._listed: tuple[int, list[str]] = (-1, [])
        """The names that are no aliases, as of a version of the mirror."""
        self._connection: Connection = connect(address, user)
        self.store: Store = self._connection.store
        file = None
        if snapshot is not None:
            file = SnapshotFile(snapshot, namespace, mirror_of=mirror_of, stored_of=stored_of)
        self.freshness = Freshness(user, self.mirror, self._connection.keeper, max_staleness, timeout, file)

    @property
    def address(self) -> Address:
        """Where the store is."""
        return self._connection.address

    def close(self, user: object) -> None:
        """Follow nothing any more, and let go of the store."""
        self.freshness.leave()
        disconnect(self._connection, user)

    # ------------------------------------------------------------------------------------------ reading

    def read(self, mirrored: "Callable[[dict[str, Any]], Any]", asked: "Callable[[Link], Any]") -> Any:
        """What the mirror says, or where it must not be read, what the store says when it is asked."""
        while True:
            entries = self.freshness.entries()
            if entries is not None:
                if self.asked:
                    self._settle()
                return mirrored(entries)
            generation = self.freshness.begin_asking()
            if generation is None:
                continue
            answer = asked(self)
            if self.freshness.still_asking(generation):
                return answer

    def names(self) -> list[str]:
        """Every name, asked of the store."""
        with self.store.snapshot(self._namespace) as snapshot:
            return [stored.name for stored in snapshot]

    def primary_names(self) -> list[str]:
        """Every name that is no alias, asked of the store."""
        with self.store.snapshot(self._namespace) as snapshot:
            return [stored.name for stored in snapshot if not self._is_alias(stored, self._decoded)]

    def primary(self, entries: dict[str, Any]) -> list[str]:
        """Every name that is no alias, of what a mirror holds."""
        mirror = self.mirror
        version, (of, listed) = mirror.version, self._listed
        if entries is not mirror.entries:
            return self._primary(entries)
        if of != version:
            listed = self._primary(entries)
            if not version & 1:
                self._listed = (version, listed)
        return list(listed)

    def _primary(self, entries: dict[str, Any]) -> list[str]:
        # A copy is made at once, for all that others may write, and without a tuple for each name.
        return [name for name, held in entries.copy().items() if not self._is_alias(held, self.entry)]

    def count(self) -> int:
        """The number of names, asked of the store."""
        with self.store.snapshot(self._namespace) as snapshot:
            return snapshot.count

    def ask(self, name: str) -> Entry[Any] | None:
        """The entry of a name, asked of the store."""
        stored = self.store.get(self._namespace, name)
        if stored is None:
            self.asked.pop(name, None)
            return None
        known = self.mirror.entries.get(name)
        if known is not None and type(known) is not Stored and _same(stored_of(known), stored):
            entry: Entry[Any] = known
            return entry
        asked = self.asked[name] = self._decoded(stored)
        return asked

    def entry(self, held: Any) -> Entry[Any]:
        """The entry of what a mirror holds, made once and put in its place."""
        if type(held) is not Stored:
            known: Entry[Any] = held
            return known
        entry = self._decoded(held)
        filed = self.freshness.filed
        for mirror in (self.mirror,) if filed is None else (self.mirror, filed):
            if mirror.replace(held.name, held, entry):
                break
            now = mirror.entries.get(held.name)
            if now is not None and type(now) is not Stored and stored_of(now) is held:
                entry = now  # another thread was quicker
                break
        return entry

    def _is_alias(self, held: Any, entry: Callable[[Any], Entry[Any]]) -> bool:
        # Most records do not have the word, nor an escape that may spell it: those need not be made entries for this.
        if type(held) is Stored:
            record = held.record or b""
            if b"alias" not in record and (b"\\" not in record or b"\\u" not in record):
                return False
            held = entry(held)
        return bool(held.is_alias)

    def _decoded(self, stored: Stored) -> Entry[Any]:
        known = self.asked.get(stored.name)
        if known is not None and _same(stored_of(known), stored):
            return known
        return self.receiver.entry_of(stored)

    def _settle(self) -> None:
        """Move what was made of the store's answers into the mirror that is shown again."""
        asked, self.asked = self.asked, {}
        for name, entry in asked.items():
            held = self.mirror.entries.get(name)
            if type(held) is Stored and _same(held, stored_of(entry)):
                self.mirror.replace(name, held, entry)

    # ------------------------------------------------------------------------------------------ own entries

    def stands(self, before: Entry[Any] | None, name: str) -> bool:
        """Whether a mirror that is shown has what somebody read there before."""
        held = self.mirror.entries.get(name)
        if before is None or held is None:
            return before is None and held is None
        return stored_of(held) is stored_of(before)

    def epoch(self) -> str | None:
        """The epoch of what was read from a mirror that is shown; None where the store was asked."""
        return None if self.freshness.shown is ASIDE or self.freshness.stale else self.mirror.epoch

    def put(self, entry: Entry[Any], record: bytes, token: Token) -> None:
        """Hand out what was written here just now, rather than what would be made of its record."""
        live: Entry[Any] | None = None
        while True:
            held = self.mirror.entries.get(entry.name)
            if self.mirror.epoch != token.epoch or held is None or revision_of(held) != token.revision:
                if held is None or self.mirror.epoch != token.epoch or revision_of(held) < token.revision:
                    self.asked[entry.name] = self._live(entry, Stored(entry.name, token.revision, record))
                return
            if live is None:
                live = self._live(entry, stored_of(held))
            if self.mirror.replace(entry.name, held, live):
                return

    def hand_out(self, held: Entry[Any], entry: Entry[Any]) -> bool:
        """Hand out an entry of this process in place of that of an equal record; False if it is no longer there."""
        mine = entry.received is None
        done = self.keep(held, self._live(entry, stored_of(held)))
        if mine and not done:
            entry.received = None
        return done

    def keep(self, held: Entry[Any], entry: Entry[Any]) -> bool:
        """Hand out another entry of the same record for as long as `held` stands; False if it does no longer."""
        filed = self.freshness.filed
        if self.mirror.replace(held.name, held, entry) or (filed is not None and filed.replace(held.name, held, entry)):
            return True
        if self.asked.get(held.name) is held:
            self.asked[held.name] = entry
            return True
        return False

    def _live(self, entry: Entry[Any], stored: Stored) -> Entry[Any]:
        """An entry of this process that has become the entry of a record."""
        received = ReceivedRecord(stored, self.receiver)
        if entry.received is None:
            # The one thing that is not known when an entry is made, and nobody has seen it yet.
            entry.received = received
            return entry
        return attrs.evolve(entry, received=received)


def _same(first: Stored, second: Stored) -> bool:
    return first is second or (first.revision == second.revision and first.record == second.record)
