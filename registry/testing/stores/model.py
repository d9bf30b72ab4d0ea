"""A store, as simply as can be said."""

from collections.abc import Collection, Sequence
from typing import Any

import attrs

from registry.errors import EntryNotFoundError, OperationReusedError, RevisionConflictError
from registry.revisions import NOTHING_THERE, Change, Frame, Stored, Token

Key = tuple[str, str]


@attrs.frozen
class Written:
    """What was written under one name.

    Attributes:
        name: The name.
        revision: At which.
        record: The bytes; None for a removal.
        author: Who the store was told it was.
    """

    name: str
    revision: int
    record: bytes | None
    author: str


@attrs.frozen
class Submitted:
    """A submission that was made: its moment, and what it changed."""

    revision: int
    namespace: str
    changes: tuple[Written, ...]

    def difference(self, frame: Frame, epoch: str) -> str | None:
        """How a frame of a watch tells of something else than this, as a clause."""
        if frame.token != Token(epoch, self.revision) or frame.namespace != self.namespace:
            return f"gave what happened at {frame.token.revision} in {frame.namespace!r}"
        found = {change.name: (change.revision, change.record) for change in frame.changes}
        if found != {change.name: (self.revision, change.record) for change in self.changes}:
            return f"gave the changes {found}"
        return None if len(found) == len(frame.changes) else "gave a name twice"


@attrs.define
class StoreModel:
    """What a store holds and remembers.

    Attributes:
        epoch: Of its tokens.
        newest: The greatest revision that was heard of.
        start: The one with which it began.
        here: The newest record of each name.
        log: Everything that was made.
        operations: By id: what was asked, and the revision that it got.
        told: Whether the store keeps the authors that it is told; None while that is not known.
        owner: Who the store says it was where it does not.
    """

    epoch: str
    newest: int
    start: int
    here: dict[Key, Written] = attrs.field(factory=dict)
    log: list[Submitted] = attrs.field(factory=list)
    operations: dict[str, tuple[Any, int]] = attrs.field(factory=dict)
    told: bool | None = None
    owner: str | None = None

    def answer(self, namespace: str, changes: Sequence[Change], operation: str) -> int | type[Exception] | None:
        """The revision that a submission got before, or why it is refused; None if it is to be made."""
        if operation in self.operations:
            known, revision = self.operations[operation]
            return revision if known == _body(namespace, changes) else OperationReusedError
        for change in changes:
            held = self.here.get((namespace, change.name))
            if change.expect is NOTHING_THERE and held is not None:
                return RevisionConflictError
            if isinstance(change.expect, Token) and (held is None or change.expect != Token(self.epoch, held.revision)):
                return RevisionConflictError
            if change.record is None and held is None:
                return EntryNotFoundError
        return None

    def make(self, namespace: str, changes: Sequence[Change], operation: str, author: str, revision: int) -> None:
        """The store has made a submission."""
        written = tuple(Written(change.name, revision, change.record, author) for change in changes)
        self.newest = revision
        self.operations[operation] = _body(namespace, changes), revision
        self.log.append(Submitted(revision, namespace, written))
        for one in written:
            self.here.pop((namespace, one.name), None)
            if one.record is not None:
                self.here[namespace, one.name] = one

    def namespaces(self) -> list[str]:
        """Those that have names, sorted."""
        return sorted({namespace for namespace, _ in self.here})

    def records(self, namespace: str) -> list[Written]:
        """What a namespace holds, oldest revision first."""
        return [one for (space, _), one in self.here.items() if space == namespace]

    def history(self, namespace: str, name: str) -> list[Written]:
        """What a name held, newest first."""
        made = [one for one in reversed(self.log) if one.namespace == namespace]
        return [change for one in made for change in one.changes if change.name == name]

    def since(self, revision: int, namespaces: Collection[str] | None) -> list[Submitted]:
        """What a watch from a moment has to tell."""
        return [
            one for one in self.log if one.revision > revision and (namespaces is None or one.namespace in namespaces)
        ]

    def difference(self, wanted: Written, found: Stored) -> str | None:
        """How what a store gave is something else than what was written, as a clause."""
        if (found.name, found.revision, found.record) != (wanted.name, wanted.revision, wanted.record):
            return f"gave {found.name!r} of revision {found.revision} with {found.record!r}"
        if not 0 < found.time < 1e11:  # about the year 5138; milliseconds are more
            return f"gave the time {found.time}, which is not in seconds since 1970"
        return self._author(wanted.author, found.author)

    def _author(self, told: str, found: str) -> str | None:
        """Authors are those that the store was told, or, where it knows better, always the same one: who asks it."""
        if self.told is None and told:
            self.told = found == told
        if self.told:
            return None if found == told else f"gave the author {found!r}"
        if self.owner is None:
            self.owner = found
        return None if found == self.owner or not told else f"gave the author {found!r}"


def _body(namespace: str, changes: Sequence[Change]) -> Any:
    return namespace, [(change.name, change.record, str(change.expect)) for change in changes]
