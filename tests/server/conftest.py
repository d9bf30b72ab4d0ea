"""Makes the helpers beside the tests importable as `server.…`."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = str(Path(__file__).parents[1])

if TESTS not in sys.path:
    sys.path.append(TESTS)  # last, so that no folder of tests hides a package

from server.running import Running, running  # noqa: E402  # found by what stands above

from registry.stores import MemoryStore  # noqa: E402  # likewise


@pytest.fixture
def store() -> Iterator[MemoryStore]:
    with MemoryStore() as made:
        yield made


@pytest.fixture
def served(store: MemoryStore) -> Iterator[Running]:
    """A server on loopback that asks for no tokens."""
    with running(store) as found:
        yield found
