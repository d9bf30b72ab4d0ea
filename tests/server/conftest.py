"""Makes the helpers beside the tests importable as `server.…`."""

from collections.abc import Iterator

import pytest
from server.running import Running, running

from registry.stores import MemoryStore


@pytest.fixture
def store() -> Iterator[MemoryStore]:
    with MemoryStore() as made:
        yield made


@pytest.fixture
def served(store: MemoryStore) -> Iterator[Running]:
    """A server on loopback that asks for no tokens."""
    with running(store) as found:
        yield found
