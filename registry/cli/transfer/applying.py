"""What an import has to change in a store, and how it is done in parts."""

import time
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import Literal
from uuid import uuid4

import attrs

from registry.cli.transfer.shape import Item
from registry.errors import OverloadedError, RemoteError, RevisionConflictError, ValidationError
from registry.names import quote
from registry.revisions import NOTHING_THERE, Change, Stored, StoreLimits, Token
from registry.store_protocol import Store

Conflict = Literal["error", "replace", "keep"]
Verdict = Literal["new", "same", "replace", "keep", "conflict"]

PATIENCE = 60.0
"""Seconds within which a store has to answer a submission."""

TRIES, PAUSE = 5, 0.2
"""How often a submission is sent whose answer did not come, and seconds in between at first, doubled each time."""


class Target:
    """A namespace as it is before an import.

    Holds of each record only what is needed to know it again, since there may be a million.

    Args:
        store: Where it is.
        namespace: Its name.
        on_conflict: What to do about a name that is there with another record.
    """

    def __init__(self, store: Store, namespace: str, on_conflict: Conflict) -> None:
        self.namespace = namespace
        self._store = store
        self._on_conflict: Conflict = on_conflict
        with store.snapshot(namespace) as snapshot:
            self._epoch = snapshot.token.epoch
            self._held = {stored.name: (stored.revision, _digest(stored.record)) for stored in snapshot}

    def verdict(self, item: Item) -> Verdict:
        """What is to be done about a record."""
        held = self._held.get(item.name)
        if held is None:
            return "new"
        if held[1] == _digest(item.record):
            return "same"
        if self._on_conflict != "error":
            return self._on_conflict
        self.look_again(item.name)  # it may be the same in other words: not every client writes the canonical form
        held = self._held.get(item.name)
        if held is None:
            return "new"
        return "same" if held[1] == _digest(item.record) else "conflict"

    def change(self, item: Item) -> Change | None:
        """What has to be changed for a record; None for nothing.

        Raises:
            RevisionConflictError: Another record came there meanwhile.
        """
        verdict = self.verdict(item)
        if verdict in ("same", "keep"):
            return None
        if verdict == "conflict":
            raise RevisionConflictError(
                f"{quote(item.name)} in {quote(self.namespace)} was written by somebody else meanwhile.",
                suggestions=["Import again with --on-conflict replace or keep."],
                context={"namespace": self.namespace, "name": item.name},
            )
        held = self._held.get(item.name)
        return Change(item.name, item.record, NOTHING_THERE if held is None else Token(self._epoch, held[0]))

    def look_again(self, name: str) -> None:
        """Take note of what is under a name now."""
        self._take(name, self._store.get(self.namespace, name))

    def _take(self, name: str, stored: Stored | None) -> None:
        if stored is None:
            self._held.pop(name, None)
        else:
            self._held[name] = (stored.revision, _digest(_canonical(stored.record)))


@attrs.define
class Done:
    """How far an import came: records by namespace."""

    written: dict[str, int] = attrs.Factory(dict)
    skipped: int = 0
    parts: int = 0

    def add(self, namespace: str, number: int) -> None:
        """Count a part that was written."""
        self.written[namespace] = self.written.get(namespace, 0) + number
        self.parts += 1


@attrs.define
class Parts:
    """Counts the parts that records make, of as much as one submission holds."""

    limits: StoreLimits
    number: int = 0
    _changes: int = 0
    _room: int = 0

    def begins(self, item: Item) -> bool:
        """Take up a record; whether another part begins with it."""
        size = len(item.name.encode()) + len(item.record)
        begins = not self.number or self._changes >= self.limits.changes or size > self._room
        if begins:
            self.number += 1
            self._changes, self._room = 0, self.limits.size
        self._changes += 1
        self._room -= size
        return begins


def write_items(
    store: Store, target: Target, items: Iterable[Item], done: Done, advance: Callable[[int], None]
) -> None:
    """Write what has to be written, aliases after what they stand for, in as few parts as the store takes.

    What became equal meanwhile is left out. A part whose answer is lost is sent again as the same operation, which
    happens once however often it is sent.

    Raises:
        RevisionConflictError: Somebody else wrote one of the names, and conflicts are errors.
        DiagnosticError: The store failed. `done` says what was written before.
    """
    aliases: list[Item] = []

    def wanted() -> Iterator[Item]:
        for item in items:
            if target.verdict(item) in ("same", "keep"):
                done.skipped += 1
            elif item.is_alias:
                aliases.append(item)
            else:
                yield item
        yield from aliases

    for part in _parts_of(wanted(), store.limits):
        written = _write_part(store, target, part)
        done.skipped += len(part) - written
        if written:
            done.add(target.namespace, written)
        advance(len(part))


def _parts_of(items: Iterable[Item], limits: StoreLimits) -> Iterator[list[Item]]:
    counter = Parts(limits)
    part: list[Item] = []
    for item in items:
        if counter.begins(item) and part:
            yield part
            part = []
        part.append(item)
    if part:
        yield part


def _write_part(store: Store, target: Target, part: list[Item]) -> int:
    """Write one part, however often others come in between; the number of changes that it made."""
    for _ in range(len(part) + 1):
        changes = [change for item in part if (change := target.change(item)) is not None]
        if not changes:
            return 0
        try:
            _submit(store, target.namespace, changes)
        except RevisionConflictError as error:
            name = error.context.get("name")
            if not isinstance(name, str):
                raise
            target.look_again(name)
        else:
            return len(changes)
    raise ValidationError(
        f"The names in {quote(target.namespace)} change faster than they can be imported.",
        suggestions=["Import again when nobody else writes there."],
    )


def _submit(store: Store, namespace: str, changes: list[Change]) -> Token:
    operation, pause = uuid4().hex, PAUSE
    for attempt in range(1, TRIES + 1):
        try:
            return store.submit(namespace, changes, operation=operation).result(PATIENCE)
        except (RemoteError, OverloadedError):
            if attempt == TRIES:
                raise
        except TimeoutError as error:
            if attempt == TRIES:
                raise RemoteError(
                    f"The store did not answer within {PATIENCE:.0f} seconds, {TRIES} times.",
                    context={"operation": operation},
                ) from error
        time.sleep(pause)
        pause *= 2
    raise AssertionError("the last attempt returns or raises")


def _canonical(record: bytes | None) -> bytes | None:
    from registry.records.plain import canonical
    from registry.wire.json import read

    try:
        return None if record is None else canonical(read(record))
    except ValidationError:  # a store takes any bytes
        return record


def _digest(record: bytes | None) -> bytes:
    return blake2b(record or b"", digest_size=16).digest()
