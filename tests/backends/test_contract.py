"""One suite for everything that is a Backend, a plain dict included."""

import itertools
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from registry.backends import LayeredBackend, MemoryBackend, StoredBackend, TransactionalLayeredBackend, layered
from registry.model import Entry, Reference
from registry.protocols import Backend, Closeable, InMemory, Transactional
from registry.stores import MemoryStore

MAKERS: dict[str, Callable[[], Backend[str, Any]]] = {
    "dict": dict,
    "memory": MemoryBackend,
    "layered memory": lambda: LayeredBackend(MemoryBackend()),
    "layered over an empty dict": lambda: layered(MemoryBackend(), {}),
    "layered dict": lambda: layered({}, MemoryBackend()),
}

SHARED_MAKERS: dict[str, Callable[[], Backend[str, Any]]] = {
    "stored": lambda: StoredBackend(MemoryStore(), namespace="research.losses"),
    "stored, every read asks": lambda: StoredBackend(MemoryStore(), namespace="research.losses", max_staleness=0),
    "layered over stored": lambda: layered(MemoryBackend(), SHARED_MAKERS["stored"]()),
}
"""Those whose entries other processes have, too: a pickle has the address, and not the entries."""

names = st.sampled_from(["huber", "mse", "Huber", "größe", "a.b", ""])
numbers = itertools.count()


def entry(name: str) -> Entry[Any]:
    """One that is unlike any other, and that every backend takes."""
    return Entry(name, Reference(f"acme.losses:number_{next(numbers)}"))


def finish(backend: Backend[str, Any]) -> None:
    if isinstance(backend, Closeable):
        backend.close()


@pytest.fixture(params=[*MAKERS.values(), *SHARED_MAKERS.values()], ids=[*MAKERS, *SHARED_MAKERS])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend[str, Any]]:
    made: Backend[str, Any] = request.param()
    yield made
    finish(made)


class AgainstAModel(RuleBasedStateMachine):
    """Does the same to a backend and to a list of pairs, and compares what can be seen."""

    make: Callable[[], Backend[str, Any]]
    empty = ""
    """Stands for the empty name, which stores refuse."""

    @initialize()
    def begin(self) -> None:
        self.backend = type(self).make()
        self.pairs: list[tuple[str, Entry[Any]]] = []

    def teardown(self) -> None:
        finish(self.backend)

    def known(self, name: str) -> Entry[Any] | None:
        return next((held for key, held in self.pairs if key == name), None)

    def put(self, name: str, new: Entry[Any]) -> None:
        if self.known(name) is None:
            self.pairs.append((name, new))
        else:
            self.pairs = [(key, new if key == name else held) for key, held in self.pairs]

    @rule(name=names)
    def set_entry(self, name: str) -> None:
        name = name or self.empty
        new = entry(name)
        self.backend[name] = new
        self.put(name, new)

    @rule(name=names)
    def claim(self, name: str) -> None:
        name = name or self.empty
        new = entry(name)
        held = self.known(name)
        answer = self.backend.setdefault(name, new)
        assert answer is (new if held is None else held)
        self.put(name, answer)

    @rule(name=names)
    def remove(self, name: str) -> None:
        name = name or self.empty
        if self.known(name) is None:
            with pytest.raises(KeyError):
                del self.backend[name]
        else:
            del self.backend[name]
            self.pairs = [(key, held) for key, held in self.pairs if key != name]

    @precondition(lambda self: isinstance(self.backend, Transactional))
    @rule(changes=st.dictionaries(names, st.booleans()))
    def apply(self, changes: dict[str, bool]) -> None:
        named = {name or self.empty: put for name, put in changes.items()}
        batch = {name: entry(name) if put else None for name, put in named.items()}
        assert isinstance(self.backend, Transactional)
        if any(new is None and self.known(name) is None for name, new in batch.items()):
            with pytest.raises(KeyError):
                self.backend.apply(batch)
            return
        self.backend.apply(batch)
        for name, new in batch.items():
            if new is None:
                self.pairs = [(key, held) for key, held in self.pairs if key != name]
            else:
                self.put(name, new)

    @rule(name=names)
    def look_up(self, name: str) -> None:
        name = name or self.empty
        held = self.known(name)
        assert (name in self.backend) is (held is not None)
        if held is None:
            with pytest.raises(KeyError):
                self.backend[name]
        else:
            assert self.backend[name] is held

    @invariant()
    def the_names_are_the_same_in_the_same_order(self) -> None:
        assert list(self.backend) == [name for name, _ in self.pairs]
        assert len(self.backend) == len(self.pairs)

    @invariant()
    def entries_are_an_exact_dict_of_the_same(self) -> None:
        if isinstance(self.backend, InMemory):
            assert type(self.backend.entries) is dict
            assert list(self.backend.entries.items()) == self.pairs


class DictMachine(AgainstAModel):
    make = staticmethod(MAKERS["dict"])


class MemoryMachine(AgainstAModel):
    make = staticmethod(MAKERS["memory"])


class LayeredMachine(AgainstAModel):
    make = staticmethod(MAKERS["layered memory"])


class LayeredOverEmptyMachine(AgainstAModel):
    make = staticmethod(MAKERS["layered over an empty dict"])


class LayeredDictMachine(AgainstAModel):
    make = staticmethod(MAKERS["layered dict"])


class StoredMachine(AgainstAModel):
    make = staticmethod(SHARED_MAKERS["stored"])
    empty = "a/b c"


class AskingMachine(AgainstAModel):
    make = staticmethod(SHARED_MAKERS["stored, every read asks"])
    empty = "a/b c"

    def put(self, name: str, new: Entry[Any]) -> None:
        """As a store: what was written last stands last."""
        if self.known(name) is not new:
            self.pairs = [*((key, held) for key, held in self.pairs if key != name), (name, new)]

    @invariant()
    def entries_are_an_exact_dict_of_the_same(self) -> None:
        assert self.backend.entries == {}  # type: ignore[attr-defined]  # a Backend need not have them


for machine in (
    DictMachine,
    MemoryMachine,
    LayeredMachine,
    LayeredOverEmptyMachine,
    LayeredDictMachine,
    StoredMachine,
    AskingMachine,
):
    machine.TestCase.settings = settings(max_examples=40, stateful_step_count=30)

TestADictBehavesLikeTheModel = DictMachine.TestCase
TestMemoryBehavesLikeTheModel = MemoryMachine.TestCase
TestLayeredMemoryBehavesLikeTheModel = LayeredMachine.TestCase
TestLayeredOverAnEmptyDictBehavesLikeTheModel = LayeredOverEmptyMachine.TestCase
TestALayeredDictBehavesLikeTheModel = LayeredDictMachine.TestCase
TestStoredBehavesLikeTheModel = StoredMachine.TestCase
TestStoredThatAsksBehavesLikeTheModel = AskingMachine.TestCase


def test_a_new_backend_is_empty(backend: Backend[str, Any]) -> None:
    assert list(backend) == []
    assert len(backend) == 0
    assert "huber" not in backend


def test_setdefault_gives_back_its_own_entry_only_when_it_put_it(backend: Backend[str, Any]) -> None:
    first, second = entry("huber"), entry("huber")
    assert backend.setdefault("huber", first) is first
    assert backend.setdefault("huber", second) is first
    assert backend["huber"] is first


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_a_backend_pickles_with_its_entries(make: Callable[[], Backend[str, Any]]) -> None:
    backend = make()
    backend["mse"] = Entry("mse", Reference("math:sqrt"), tags=frozenset({"loss"}), metadata={"year": 1805})
    backend["l2"] = Entry("l2", None, alias_of="mse")
    arrived = pickle.loads(pickle.dumps(backend))
    assert type(arrived) is type(backend)
    assert list(arrived) == ["mse", "l2"]
    assert arrived["mse"].target == Reference("math:sqrt")
    assert arrived["mse"].metadata == {"year": 1805}
    assert arrived["mse"].tags == {"loss"}
    assert arrived["l2"].alias_of == "mse"
    arrived["new"] = entry("new")
    assert "new" in arrived
    assert "new" not in backend


def test_what_was_made_by_the_makers_has_the_abilities_it_should_have() -> None:
    able = {name: isinstance(make(), Transactional) for name, make in {**MAKERS, **SHARED_MAKERS}.items()}
    assert able == {
        "dict": False,
        "memory": True,
        "layered memory": False,
        "layered over an empty dict": True,
        "layered dict": False,
        "stored": True,
        "stored, every read asks": True,
        "layered over stored": True,
    }
    assert isinstance(layered(MemoryBackend()), TransactionalLayeredBackend)
    assert isinstance(MemoryBackend(), InMemory)
    assert not isinstance(layered(MemoryBackend()), InMemory)
