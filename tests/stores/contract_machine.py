"""A machine that does the same to a store and to a model of one, and compares all that can be seen."""

import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from registry.errors import EntryNotFoundError, OperationReusedError, RevisionConflictError
from registry.revisions import ANYTHING, NOTHING_THERE, Beat, Change, Frame, Operation, Seen, Token
from registry.store_protocol import Store


def beside(name: str) -> Any:
    """A helper module that stands beside this file."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


contract = beside("contract")
frames, seen, told, write = contract.frames, contract.seen, contract.told, contract.write


@attrs.define
class Model:
    """A store, as simple as can be."""

    here: dict[tuple[str, str], tuple[int, bytes]] = attrs.field(factory=dict)
    log: list[tuple[int, str, dict[str, bytes | None]]] = attrs.field(factory=list)
    operations: dict[str, tuple[Any, int]] = attrs.field(factory=dict)

    def answer(self, epoch: str, namespace: str, changes: Sequence[Change], operation: str) -> int | type[Exception]:
        """The revision that a submission gets, or why it is refused."""
        body = (namespace, [(change.name, change.record, str(change.expect)) for change in changes])
        if operation in self.operations:
            known, revision = self.operations[operation]
            return revision if known == body else OperationReusedError
        for change in changes:
            held = self.here.get((namespace, change.name))
            if change.expect is NOTHING_THERE and held is not None:
                return RevisionConflictError
            if isinstance(change.expect, Token) and (held is None or change.expect != Token(epoch, held[0])):
                return RevisionConflictError
            if change.record is None and held is None:
                return EntryNotFoundError
        revision = len(self.log) + 1
        self.operations[operation] = body, revision
        self.log.append((revision, namespace, {change.name: change.record for change in changes}))
        for change in changes:
            self.here.pop((namespace, change.name), None)
            if change.record is not None:
                self.here[namespace, change.name] = revision, change.record
        return revision


SPACES = st.sampled_from(["a", "a.b", "größe"])
FOUR = ("x", "y", "Z", "é")
NAMES = st.sampled_from(FOUR)
CHANGES = st.lists(
    st.tuples(NAMES, st.none() | st.binary(max_size=3), st.sampled_from(["anything", "nothing", "current", "old"])),
    min_size=1,
    max_size=4,
    unique_by=lambda change: change[0],
)


def machine_for(make: Callable[[], Store]) -> type[RuleBasedStateMachine]:
    """A machine that does the same to a store and to the model, and compares all that can be seen."""

    class AgainstTheModel(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.store = make()
            self.model = Model()
            self.epoch = self.store.token().epoch
            self.watch = self.store.watch(since=Token(self.epoch, 0))

        def _changes(self, namespace: str, drawn: Sequence[tuple[str, bytes | None, str]]) -> list[Change]:
            expects = {"anything": ANYTHING, "nothing": NOTHING_THERE, "old": Token(self.epoch, 1)}
            changes = []
            for name, record, expect in drawn:
                revision, _ = self.model.here.get((namespace, name), (0, b""))
                changes.append(Change(name, record, expects.get(expect, Token(self.epoch, revision))))
            return changes

        @rule(namespace=SPACES, drawn=CHANGES, operation=st.none() | st.integers(0, 5))
        def submit(self, namespace: str, drawn: Sequence[tuple[str, bytes | None, str]], operation: int | None) -> None:
            changes = self._changes(namespace, drawn)
            identity = uuid4().hex if operation is None else f"operation-{operation}"
            expected = self.model.answer(self.epoch, namespace, changes, identity)
            if isinstance(expected, int):
                assert write(self.store, namespace, *changes, operation=identity) == Token(self.epoch, expected)
            else:
                with pytest.raises(expected):
                    write(self.store, namespace, *changes, operation=identity)

        @precondition(lambda self: self.model.operations)
        @rule(data=st.data())
        def ask_for_an_operation(self, data: st.DataObject) -> None:
            operation = data.draw(st.sampled_from(sorted(self.model.operations)))
            (namespace, _), revision = self.model.operations[operation]
            assert self.store.operation(operation) == Operation(namespace, Token(self.epoch, revision))

        @rule(namespace=SPACES)
        def get_each(self, namespace: str) -> None:
            for name in FOUR:
                stored = self.store.get(namespace, name)
                found = None if stored is None else (stored.revision, stored.record)
                assert found == self.model.here.get((namespace, name))

        @rule(namespace=SPACES)
        def list_all(self, namespace: str) -> None:
            with self.store.snapshot(namespace) as snapshot:
                assert snapshot.token == Token(self.epoch, len(self.model.log))
                found = [(one.name, one.revision, one.record) for one in snapshot]
            held = [(name, *value) for (space, name), value in self.model.here.items() if space == namespace]
            assert found == held
            assert self.store.namespaces() == sorted({space for space, _ in self.model.here})

        @rule(namespace=SPACES, name=NAMES)
        def look_back(self, namespace: str, name: str) -> None:
            found = [(stored.revision, stored.record) for stored in self.store.history(namespace, name)]
            assert found == [
                (revision, changed[name])
                for revision, space, changed in reversed(self.model.log)
                if space == namespace and name in changed
            ]

        @precondition(lambda self: self.model.log)
        @rule(data=st.data(), namespaces=st.none() | st.sets(SPACES, min_size=1))
        def watch_from_some_moment(self, data: st.DataObject, namespaces: set[str] | None) -> None:
            since = data.draw(st.integers(0, len(self.model.log) - 1))
            if data.draw(st.booleans()):  # the widest look for what does not belong there, since the last one does
                since, namespaces = 0, {self.model.log[-1][1]}
            expected = [entry for entry in self.model.log[since:] if namespaces is None or entry[1] in namespaces]
            watch = self.store.watch(since=Token(self.epoch, since), namespaces=namespaces)
            upto = len(self.model.log)

            def is_enough(given: list[Seen]) -> bool:
                told_of = sum(isinstance(one, Frame) for one in given)
                return told_of >= len(expected) or (isinstance(given[-1], Beat) and given[-1].token.revision >= upto)

            given = seen(watch, is_enough) if expected else []
            assert [told(frame) for frame in given if isinstance(frame, Frame)] == expected
            watch.close()

        def teardown(self) -> None:
            if not hasattr(self, "store"):
                return
            try:
                if self.model.log:
                    given = frames(self.watch, Token(self.epoch, len(self.model.log)))
                    assert [told(frame) for frame in given] == self.model.log
            finally:
                self.watch.close()
                self.store.close()

    return AgainstTheModel
