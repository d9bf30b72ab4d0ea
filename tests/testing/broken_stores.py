"""A store that keeps every promise, and twins of it that break one, each a line or two away."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from uuid import uuid4

import attrs

from registry.errors import ValidationError
from registry.revisions import ANYTHING, Change, Operation, Snapshot, Stored, Token
from registry.store_protocol import Store
from registry.stores import MemoryStore, SQLiteStore


class Sound:
    """A store of memory, through which every call goes."""

    def __init__(self) -> None:
        self.store: Store = MemoryStore()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        return self.store.submit(namespace, changes, operation=operation, author=author)


def answered(token: Token) -> "Future[Token]":
    answer: Future[Token] = Future()
    answer.set_result(token)
    return answer


class ForgetsExpectations(Sound):
    def submit(self, namespace: str, changes: Sequence[Change], /, **options: Any) -> "Future[Token]":
        return self.store.submit(namespace, [attrs.evolve(one, expect=ANYTHING) for one in changes], **options)


class ForgetsOperations(Sound):
    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, **options: Any
    ) -> "Future[Token]":
        return self.store.submit(namespace, changes, operation=uuid4().hex, **options)


class WritesPartOfARefusedSubmission(Sound):
    def submit(self, namespace: str, changes: Sequence[Change], /, **options: Any) -> "Future[Token]":
        if len(changes) > 1:
            self.store.submit(namespace, changes[:1], operation=uuid4().hex).exception()
        return self.store.submit(namespace, changes, **options)


class LosesTheLastChange(Sound):
    def submit(self, namespace: str, changes: Sequence[Change], /, **options: Any) -> "Future[Token]":
        return self.store.submit(namespace, changes[:-1] or changes, **options)


class LosesAuthors(Sound):
    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        return self.store.submit(namespace, changes, operation=operation, author="ben" if author == "ben" else "")


class ReusesOperations(Sound):
    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, **options: Any
    ) -> "Future[Token]":
        known = self.store.operation(operation)
        if known is not None:
            return answered(known.token)
        return self.store.submit(namespace, changes, operation=operation, **options)


class GoesBack(Sound):
    def submit(self, namespace: str, changes: Sequence[Change], /, **options: Any) -> "Future[Token]":
        token = self.store.submit(namespace, changes, **options).result()
        return answered(attrs.evolve(token, revision=token.revision - (token.revision % 3 == 0)))


class ChangesItsEpoch(Sound):
    def token(self) -> Token:
        token = self.store.token()
        return attrs.evolve(token, epoch=f"{token.epoch}{token.revision}")


class TellsAnOldMoment(Sound):
    def token(self) -> Token:
        token = self.store.token()
        return attrs.evolve(token, revision=max(0, token.revision - 1))


class ReadsWhatWas(Sound):
    def __init__(self) -> None:
        super().__init__()
        self.old: dict[tuple[str, str], Stored | None] = {}

    def get(self, namespace: str, name: str, /) -> Stored | None:
        return self.old.setdefault((namespace, name), self.store.get(namespace, name))


class FoldsCase(Sound):
    def get(self, namespace: str, name: str, /) -> Stored | None:
        with self.store.snapshot(namespace) as snapshot:
            found = {stored.name.lower(): stored for stored in snapshot}
        return found.get(name.lower()) if self.store.get(namespace, name) is None else self.store.get(namespace, name)


class GivesRemovals(Sound):
    def get(self, namespace: str, name: str, /) -> Stored | None:
        return next(iter(self.store.history(namespace, name)), None)


class MixesNamespaces(Sound):
    def snapshot(self, namespace: str, /) -> Snapshot:
        spaces = [space for space in self.store.namespaces() if space.startswith(namespace)] or [namespace]
        found = {stored.name: stored for space in spaces for stored in self.store.snapshot(space)}
        with self.store.snapshot(namespace) as snapshot:
            return Snapshot(snapshot.token, len(found), sorted(found.values(), key=lambda stored: stored.revision))


class OrdersByName(Sound):
    def snapshot(self, namespace: str, /) -> Snapshot:
        with self.store.snapshot(namespace) as snapshot:
            return Snapshot(snapshot.token, snapshot.count, sorted(snapshot, key=lambda stored: stored.name))


class SnapshotsOfBefore(Sound):
    def snapshot(self, namespace: str, /) -> Snapshot:
        snapshot = self.store.snapshot(namespace)
        token = attrs.evolve(snapshot.token, revision=max(0, snapshot.token.revision - 1))
        return Snapshot(token, snapshot.count, snapshot)


class SnapshotsOfLater(Sound):
    def snapshot(self, namespace: str, /) -> Snapshot:
        snapshot = self.store.snapshot(namespace)
        return Snapshot(attrs.evolve(snapshot.token, revision=snapshot.token.revision + 1), snapshot.count, snapshot)


class LateSnapshots(Sound):
    def snapshot(self, namespace: str, /) -> Snapshot:
        snapshot = self.store.snapshot(namespace)

        def records() -> Iterator[Stored]:
            yield from self.store.snapshot(namespace)

        return Snapshot(snapshot.token, snapshot.count, records())


class StopsAfterThreeHundred(Sound):
    def snapshot(self, namespace: str, /) -> Snapshot:
        with self.store.snapshot(namespace) as snapshot:
            found = list(snapshot)[:300]
            return Snapshot(snapshot.token, len(found), found)


class CountsWrongly(Sound):
    def snapshot(self, namespace: str, /) -> Snapshot:
        snapshot = self.store.snapshot(namespace)
        return Snapshot(snapshot.token, max(1, snapshot.count), snapshot)


class ForgetsHistory(Sound):
    def history(self, namespace: str, name: str, /) -> Sequence[Stored]:
        return self.store.history(namespace, name)[:2]


class HidesRemovals(Sound):
    def history(self, namespace: str, name: str, /) -> Sequence[Stored]:
        return [stored for stored in self.store.history(namespace, name) if stored.record is not None]


class TellsHistoryFromTheBeginning(Sound):
    def history(self, namespace: str, name: str, /) -> Sequence[Stored]:
        return self.store.history(namespace, name)[::-1]


class ShowsItsList(Sound):
    def __init__(self) -> None:
        super().__init__()
        self.listed: tuple[Token | None, list[str]] = (None, [])

    def namespaces(self) -> Sequence[str]:
        if self.listed[0] != self.store.token():
            self.listed = (self.store.token(), list(self.store.namespaces()))
        return self.listed[1]


class KeepsEmptyNamespaces(Sound):
    def __init__(self) -> None:
        super().__init__()
        self.known: set[str] = set()

    def namespaces(self) -> Sequence[str]:
        self.known |= set(self.store.namespaces())
        return sorted(self.known)


class TellsTheWrongNamespace(Sound):
    def operation(self, operation: str, /) -> Operation | None:
        known = self.store.operation(operation)
        return None if known is None else attrs.evolve(known, namespace="a")


class RemembersRefused(Sound):
    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, Any] = {}

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        answer = self.answers.get(operation)
        if answer is None or answer.exception() is None:
            answer = self.answers[operation] = super().submit(namespace, changes, operation=operation, author=author)
        return answer


class TellsOfNoTime(Sound):
    def get(self, namespace: str, name: str, /) -> Stored | None:
        stored = self.store.get(namespace, name)
        return None if stored is None else attrs.evolve(stored, time=time.time() * 1000)


class TakesTooMuch(Sound):
    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        answer = self.store.submit(namespace, changes[:5000], operation=operation, author=author)
        for first in range(5000, len(changes), 5000):
            part = changes[first : first + 5000]
            answer = self.store.submit(namespace, part, operation=f"{operation}{first}", author=author)
        return answer


class RefusesTheMost(Sound):
    def submit(self, namespace: str, changes: Sequence[Change], /, **options: Any) -> "Future[Token]":
        most = self.store.limits.changes
        given = [*changes, Change("one more", None)] if len(changes) == most else changes
        return self.store.submit(namespace, given, **options)


class TakesNamesWithSpaces(Sound):
    def get(self, namespace: str, name: Any, /) -> Stored | None:
        return self.store.get(namespace, name.strip() if isinstance(name, str) else name)


class RaisesWhatItLikes(Sound):
    def history(self, namespace: str, name: str, /) -> Sequence[Stored]:
        try:
            return self.store.history(namespace, name)
        except ValidationError as error:
            raise ValueError(str(error)) from error


_SHARED = MemoryStore()


class SharesState(Sound):
    def __init__(self) -> None:
        self.store = _SHARED


class Kept(Sound):
    """A store in a file."""

    def __init__(self, folder: Path) -> None:
        self.store = SQLiteStore(folder / "registry.db")


class BeginsAnew(Kept):
    def __init__(self, folder: Path) -> None:
        self.store = SQLiteStore(folder / f"{uuid4().hex}.db")


class ForgetsOperationsAtTheEnd(Kept):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.known: set[str] = set()

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        self.known.add(operation)
        return self.store.submit(namespace, changes, operation=operation, author=author)

    def operation(self, operation: str, /) -> Operation | None:
        return self.store.operation(operation) if operation in self.known else None


class ForgetsItsLogAtTheEnd(Kept):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.begun = self.store.token().revision

    def history(self, namespace: str, name: str, /) -> Sequence[Stored]:
        return [stored for stored in self.store.history(namespace, name) if stored.revision > self.begun]


SNAPSHOT = "The token of a snapshot has to be its moment"
HISTORY = "history() has to give all that a name held, newest first"
GET = "get() has to give what was acknowledged last under the name"

BROKEN: dict[type[Any], str] = {
    ForgetsExpectations: "This submission has to be refused by a RevisionConflictError",
    ForgetsOperations: "An operation that is asked again has to be answered again",
    WritesPartOfARefusedSubmission: HISTORY,
    LosesTheLastChange: "A snapshot has to hold all records of its namespace",
    LosesAuthors: "A snapshot has to hold all records of its namespace",
    ReusesOperations: "This submission has to be refused by a OperationReusedError",
    GoesBack: "Revisions must strictly increase, under one epoch",
    ChangesItsEpoch: SNAPSHOT,
    TellsAnOldMoment: "A moment that was given must not be before one that was given earlier.",
    ReadsWhatWas: GET,
    FoldsCase: GET,
    GivesRemovals: GET,
    MixesNamespaces: "A snapshot has to hold all records of its namespace",
    OrdersByName: "A snapshot has to give the oldest revision first.",
    SnapshotsOfBefore: SNAPSHOT,
    SnapshotsOfLater: SNAPSHOT,
    LateSnapshots: "A snapshot has to be of one moment",
    StopsAfterThreeHundred: "A snapshot has to hold all records of its namespace",
    CountsWrongly: "The count of a snapshot has to be the number of its records.",
    ForgetsHistory: HISTORY,
    HidesRemovals: HISTORY,
    TellsHistoryFromTheBeginning: HISTORY,
    ShowsItsList: "namespaces() has to give those that have names",
    KeepsEmptyNamespaces: "namespaces() has to give those that have names",
    TellsTheWrongNamespace: "operation() has to give the namespace and the moment",
    RemembersRefused: "A submission that meets every expectation must not fail.",
    TellsOfNoTime: GET,
    TakesTooMuch: "More than `limits` allows has to be refused by a TooLargeError",
    RefusesTheMost: "As many changes as `limits` allows must not be refused.",
    TakesNamesWithSpaces: "What cannot be a name or a namespace has to be refused by an InvalidNameError.",
    RaisesWhatItLikes: "What cannot be a name or a namespace has to be refused by an InvalidNameError.",
    SharesState: "Two stores that were made one after the other must not share",
    BeginsAnew: "Revisions must strictly increase, under one epoch",
    ForgetsOperationsAtTheEnd: "operation() has to give the namespace and the moment",
    ForgetsItsLogAtTheEnd: HISTORY,
}
"""Each broken twin, with how the sentence begins that has to say so."""
