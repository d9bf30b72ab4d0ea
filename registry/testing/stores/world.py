"""A store, what it should hold, and what was done to it; and what a step of a program is."""

from collections.abc import Callable
from typing import Any, Protocol

import attrs

from registry.revisions import ANYTHING, NOTHING_THERE, Change, Stored, Token
from registry.store_protocol import Store
from registry.testing.histories import History
from registry.testing.stores.model import StoreModel, Written

ELSEWHERE = "elsewhere"
"""The epoch of no store."""

SAME_MOMENT = "Revisions must strictly increase, under one epoch: one for each submission."


@attrs.define
class StoreWorld:
    """A store, what it should hold, and what was done to it.

    Attributes:
        store: The store.
        again: Makes one in the same place; None where that is not asked for.
        made: How that is written.
        patience: Seconds after which something that has to happen has not.
    """

    store: Store
    history: History
    again: Callable[[], Store] | None
    made: str
    patience: float
    model: StoreModel = attrs.field(init=False)
    _operations: int = 0

    def begin(self) -> None:
        """Ask where the store stands; it has to be empty."""
        token = self.history.call("store.token()", self.store.token)
        self.model = StoreModel(token.epoch, token.revision, token.revision)

    def operation(self) -> str:
        """An id that was not used yet."""
        self._operations += 1
        return f"operation-{self._operations}"

    def heard(self, token: Token) -> None:
        """A moment that the store says is now."""
        told = f"gave {token}"
        self.history.check(token.epoch == self.model.epoch, SAME_MOMENT, f"{told}, of another epoch")
        promise = "A moment that was given must not be before one that was given earlier."
        self.history.check(token.revision >= self.model.newest, promise, told)
        self.model.newest = token.revision

    def submit(self, namespace: str, changes: list[Change], operation: str, author: str = "") -> None:
        """Submit, and compare the answer."""
        expected = self.model.answer(namespace, changes, operation)
        given = f", author={author!r}" if author else ""
        line = f"store.submit({namespace!r}, {spelled(changes)}, operation={operation!r}{given}).result()"

        def ask() -> Token:
            return self.store.submit(namespace, changes, operation=operation, author=author).result(self.patience)

        if isinstance(expected, type):
            promise = f"This submission has to be refused by a {expected.__name__}, as a whole."
            self.history.refused(line, ask, expected, promise)
            return
        token = self.history.call(line, ask, "A submission that meets every expectation must not fail.")
        if expected is not None:
            promise = "An operation that is asked again has to be answered again, and not made again."
            self.history.check(token == Token(self.model.epoch, expected), promise, f"gave {token}")
            return
        told = f"gave {token}, after revision {self.model.newest}"
        self.history.check(token.epoch == self.model.epoch, SAME_MOMENT, told)
        self.history.check(self.model.newest < token.revision < 1 << 63, SAME_MOMENT, told)
        self.model.make(namespace, changes, operation, author, token.revision)

    def expect(self, wanted: Written, found: Stored, promise: str) -> None:
        """Compare what the store gave."""
        difference = self.model.difference(wanted, found)
        if difference is not None:
            raise self.history.broken(promise, difference)


class StoreStep(Protocol):
    """Something that is done to a store, or asked of it."""

    def take(self, world: StoreWorld, /) -> None:
        """Do it to the store and to the model. Raises BrokenPromise when they differ."""
        ...


def spelled(changes: list[Change]) -> str:
    """How Python writes changes."""
    written = []
    for change in changes:
        expect = change.expect
        said = "" if expect is ANYTHING else ", NOTHING_THERE" if expect is NOTHING_THERE else f", {_token(expect)}"
        written.append(f"Change({change.name!r}, {change.record!r}{said})")
    return f"[{', '.join(written)}]"


def _token(expect: Any) -> str:
    return f"Token({repr(ELSEWHERE) if expect.epoch == ELSEWHERE else 'epoch'}, {expect.revision})"
