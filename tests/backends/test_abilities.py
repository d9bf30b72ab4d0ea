"""Which abilities backends have, and what their pickles hold."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from registry.backends import LayeredBackend, MemoryBackend, StoredBackend, TransactionalLayeredBackend, layered
from registry.model import Entry, Reference
from registry.protocols import Backend, InMemory, Transactional
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
    arrived["new"] = Entry("new", Reference("acme.losses:new"))
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
