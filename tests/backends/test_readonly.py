"""Reads pass through, writes are refused with a reason."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from registry.backends import LayeredBackend, MemoryBackend, ReadOnlyBackend, read_only
from registry.errors import DiagnosticError, FrozenRegistryError
from registry.model import Entry, Reference
from registry.protocols import Backend, InMemory, Transactional

HUBER = Entry("huber", Reference("math:sqrt"))

INNER: dict[str, Callable[[], Backend[str, Any]]] = {
    "dict": lambda: {"huber": HUBER},
    "memory": lambda: MemoryBackend({"huber": HUBER}),
    "layered": lambda: LayeredBackend({"huber": HUBER}),
}


@pytest.fixture(params=INNER.values(), ids=INNER.keys())
def inner(request: pytest.FixtureRequest) -> Backend[str, Any]:
    made: Backend[str, Any] = request.param()
    return made


WRITES: dict[str, Callable[[Any], object]] = {
    "set": lambda backend: backend.__setitem__("new", Entry("new", target=1)),
    "replace": lambda backend: backend.__setitem__("huber", HUBER),
    "remove": lambda backend: backend.__delitem__("huber"),
    "claim": lambda backend: backend.setdefault("new", Entry("new", target=1)),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_every_write_is_refused_and_changes_nothing(inner: Backend[str, Any], write: Callable[[Any], object]) -> None:
    with pytest.raises(FrozenRegistryError, match="its backend is read-only") as caught:
        write(read_only(inner))
    assert isinstance(caught.value, DiagnosticError)
    assert caught.value.suggestions == (
        "Put a backend that can be written to in front: layered(MemoryBackend(), backend).",
    )
    assert list(inner) == ["huber"]


def test_reads_pass_through(inner: Backend[str, Any]) -> None:
    backend = read_only(inner)
    assert backend["huber"] is HUBER
    assert "huber" in backend
    assert "mse" not in backend
    assert [] not in backend
    assert list(backend) == ["huber"]
    assert len(backend) == 1
    with pytest.raises(KeyError):
        backend["mse"]
    with pytest.raises(KeyError):
        del backend["mse"]


def test_what_others_write_beneath_shows(inner: Backend[str, Any]) -> None:
    backend = read_only(inner)
    inner["mse"] = Entry("mse", target=1)
    assert list(backend) == ["huber", "mse"]


def test_claiming_a_name_that_is_there_gives_its_entry(inner: Backend[str, Any]) -> None:
    assert read_only(inner).setdefault("huber", Entry("huber", target=1)) is HUBER


def test_it_is_in_memory_exactly_when_the_backend_beneath_is() -> None:
    able = {name: isinstance(read_only(make()), InMemory) for name, make in INNER.items()}
    assert able == {"dict": True, "memory": True, "layered": False}


def test_the_entries_are_those_of_the_backend_beneath() -> None:
    memory = MemoryBackend({"huber": HUBER})
    backend: Any = read_only(memory)
    assert backend.entries is memory.entries
    memory.apply({"huber": None})
    assert backend.entries == {}
    plain: dict[str, Entry[Any]] = {}
    backend = read_only(plain)
    assert backend.entries is plain


def test_it_is_never_transactional(inner: Backend[str, Any]) -> None:
    assert not isinstance(read_only(inner), Transactional)


def test_closing_closes_the_backend_beneath() -> None:
    class Closing(dict[str, Entry[Any]]):
        closed = 0

        def close(self) -> None:
            self.closed += 1

    beneath = Closing()
    read_only(beneath).close()
    assert beneath.closed == 1
    read_only({}).close()
    assert read_only({})._backend == {}


def test_it_pickles_with_the_backend_beneath(inner: Backend[str, Any]) -> None:
    arrived = pickle.loads(pickle.dumps(read_only(inner)))
    assert arrived["huber"].target == Reference("math:sqrt")
    with pytest.raises(FrozenRegistryError):
        del arrived["huber"]


def test_its_repr_shows_the_backend_beneath() -> None:
    assert repr(read_only({})) == "InMemoryReadOnlyBackend(a dict of 0)"
    assert repr(ReadOnlyBackend(MemoryBackend())) == "ReadOnlyBackend(MemoryBackend(0 entries))"
