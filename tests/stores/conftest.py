"""Makes the helpers among the tests importable as `faults.…`, and servers for tests of clients."""

import ssl
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from registry.stores.http import reach
from registry.stores.memory import MemoryStore

TESTS = str(Path(__file__).parents[1])

if TESTS not in sys.path:
    sys.path.append(TESTS)  # last, so that no folder of tests hides a package

from faults.scripted import Script, Scripted  # noqa: E402  # found by what is above


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports come again: what an earlier test learnt of one must not count."""
    monkeypatch.setattr(reach, "_known", {})
    monkeypatch.delenv("REGISTRY_TOKEN", raising=False)


@pytest.fixture
def memory() -> Iterator[MemoryStore]:
    with MemoryStore() as store:
        yield store


@pytest.fixture
def serve() -> Iterator[Callable[..., Scripted]]:
    servers: list[Scripted] = []

    def started(script: Script, **options: ssl.SSLContext) -> Scripted:
        servers.append(Scripted(script, **options))
        return servers[-1]

    yield started
    for server in servers:
        server.__exit__(None, None, None)
