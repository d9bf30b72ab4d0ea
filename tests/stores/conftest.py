"""Servers for tests of clients."""

import ssl
from collections.abc import Callable, Iterator

import pytest
from faults.scripted import Script, Scripted
from stores.etcd_fixtures import (
    etcd,  # noqa: F401  # a fixture
    hasty,  # noqa: F401  # a fixture
    open_etcd,  # noqa: F401  # a fixture
    own_etcd,  # noqa: F401  # a fixture
    prefix,  # noqa: F401  # a fixture
    quiet_environment,  # noqa: F401  # a fixture
)

from registry.stores.memory import MemoryStore
from registry.stores.transport import reach


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
