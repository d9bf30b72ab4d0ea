"""Registries over a real server: what is asked of it, what its absence costs, and what a token to read can do."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from server.running import Running, least, running
from sharing import acme
from sharing.faulty import FaultyStore
from sharing.processes import served

from registry import AccessDeniedError, MemoryStore, Registry, RemoteBackend, RemoteError, StoredBackend
from registry.backends import writing
from registry.backends.staleness import ASIDE, Freshness
from registry.server.tokens import create_token

NAMESPACE = "research.losses"
PATIENCE = 30.0


@pytest.fixture
def store() -> Iterator[FaultyStore]:
    made = FaultyStore(MemoryStore())
    yield made
    made.close()


@pytest.fixture
def server(store: FaultyStore) -> Iterator[Running]:
    with running(store) as found:
        yield found


def backend_at(url: Any, **options: Any) -> StoredBackend[Any]:
    return RemoteBackend(url, namespace=NAMESPACE, **options)


def registry_over(backend: Any) -> Registry[Any, Any, Any]:
    return Registry("losses", backend=backend)


def eventually(holds: Callable[[], object], seconds: float = PATIENCE) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


# ---------------------------------------------------------------------------------------------- what it costs


def check_that_what_is_there_costs_nothing(store: FaultyStore, server: Running) -> None:
    losses = acme.numbered(1000)
    with backend_at(server.url) as backend:
        registry_over(backend).register_many(losses)
    with backend_at(server.url, max_staleness=60.0) as backend:
        registry = registry_over(backend)
        before = store.calls["submit"]
        for name, loss in losses.items():
            registry.register(name, loss)
        registry.register_many(losses)
        assert store.calls["submit"] == before
        assert store.calls["get"] == 0
        assert all(registry[name] is loss for name, loss in losses.items())
        assert store.calls["get"] == 0


def test_a_thousand_registrations_that_are_there_already_write_nothing(store: FaultyStore, server: Running) -> None:
    check_that_what_is_there_costs_nothing(store, server)


def test_the_check_of_what_registrations_cost_catches_one_that_always_writes(
    store: FaultyStore, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "same_record", lambda mine, there: False)
    with pytest.raises(AssertionError):
        check_that_what_is_there_costs_nothing(store, server)


def test_backends_at_one_server_share_one_watch(store: FaultyStore, server: Running) -> None:
    backends = [RemoteBackend(server.url, namespace=f"research.n{number}") for number in range(10)]
    for backend in backends:
        assert len(backend) == 0
    assert len({id(backend._link.store) for backend in backends}) == 1  # type: ignore[union-attr]  # each was used
    for backend in backends:
        backend.close()


# ---------------------------------------------------------------------------------------------- absence


@pytest.fixture(params=["nobody listens", "nobody answers"])
def nowhere(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a server that does not answer."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        if request.param == "nobody answers":
            listening.listen(100)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_two_hundred_decorators_wait_for_one_timeout_when_the_server_is_away(nowhere: str) -> None:
    with backend_at(nowhere, timeout=1.0) as backend:
        registry = registry_over(backend)
        began = time.monotonic()
        for name, loss in acme.numbered(200).items():
            with pytest.raises(RemoteError):
                registry.register(name, loss)
        assert time.monotonic() - began < 30.0, "a timeout of 1 second, and what a busy machine adds"


def seconds_that_a_frozen_server_is_read_from_memory() -> float:
    with served() as server, backend_at(server.url, max_staleness=2.0, timeout=1.0) as backend:
        registry = registry_over(backend)
        registry.register("huber", acme.huber)
        assert registry["huber"] is acme.huber
        server.freeze()
        frozen = time.monotonic()
        if not eventually(lambda: backend.entries is ASIDE, 6.0):
            return float("inf")
        took = time.monotonic() - frozen
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(RemoteError):
                registry["huber"]
        assert time.monotonic() - began < 15.0, "not 20 timeouts of 1 second"
        server.thaw()
        assert eventually(lambda: "huber" in backend.entries or _reads(registry))
        assert eventually(lambda: backend.entries is not ASIDE or not _reads(registry))
        assert registry["huber"] is acme.huber
        return took


def _registers(registry: Registry[Any, Any, Any], name: str, artifact: Any) -> bool:
    try:
        registry.register(name, artifact)
    except RemoteError:
        return False
    return True


def _reads(registry: Registry[Any, Any, Any]) -> bool:
    try:
        return registry["huber"] is acme.huber
    except RemoteError:
        return False


def test_a_server_that_was_stopped_is_not_read_from_memory_for_longer_than_allowed() -> None:
    assert least(seconds_that_a_frozen_server_is_read_from_memory, 3.5) < 3.5


def test_the_check_of_a_stopped_server_catches_one_that_never_looks_at_the_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Freshness, "check", lambda self: 3600.0)
    assert seconds_that_a_frozen_server_is_read_from_memory() == float("inf")


def test_a_server_that_comes_back_with_the_same_store_is_followed_from_where_it_was(tmp_path: Path) -> None:
    with served(tmp_path / "registry.db") as server:
        backend = backend_at(server.url, timeout=2.0)
        registry = registry_over(backend)
        registry.register("huber", acme.huber)
        entry = backend["huber"]
        server.kill()
    with served(tmp_path / "registry.db", server.port), backend:
        assert eventually(lambda: _registers(registry, "mse", acme.mse)), "a second after the last refusal"
        assert eventually(lambda: "mse" in backend and "mse" in backend.entries), "a read brings the mirror back"
        assert backend["huber"] is entry


def test_a_server_that_comes_back_with_another_store_is_loaded_anew() -> None:
    with served() as server:
        backend = backend_at(server.url, timeout=2.0)
        registry = registry_over(backend)
        registry.register("huber", acme.huber)
        server.kill()
    with served(port=server.port), backend, backend_at([server.url], timeout=2.0) as other:
        assert eventually(lambda: backend.entries == {} and backend.entries is not ASIDE)
        assert len(registry) == 0
        assert eventually(lambda: _registers(registry, "huber", acme.huber))
        assert eventually(lambda: "huber" in other)


# ---------------------------------------------------------------------------------------------- tokens


def test_a_token_that_may_only_read_is_enough_to_import_code_that_is_registered(
    store: FaultyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "tokens.json"
    _, writer = create_token(file, "ci", ["research.*:write"])
    _, reader = create_token(file, "training", ["research.*:read"])
    with running(store, token_file=file) as server:
        with backend_at(server.url, token=lambda: writer) as backend:
            registry_over(backend).register("huber", acme.huber)
        monkeypatch.setenv("REGISTRY_TOKEN", reader)
        monkeypatch.setenv("REGISTRY_SERVER_HOST", "127.0.0.1")
        monkeypatch.setenv("REGISTRY_SERVER_PORT", str(server.port))
        with backend_at(None) as backend:
            registry = registry_over(backend)
            registry.register("huber", acme.huber)
            assert registry["huber"] is acme.huber
            with pytest.raises(AccessDeniedError):
                registry.register("mse", acme.mse)
            assert "mse" not in registry
            assert repr(backend).startswith(f"<StoredBackend research.losses at http://127.0.0.1:{server.port}: 1 ")
        monkeypatch.delenv("REGISTRY_TOKEN")
        with backend_at(server.url) as backend, pytest.raises(AccessDeniedError):
            registry_over(backend)["huber"]
