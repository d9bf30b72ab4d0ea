"""Fixtures for pytest: write `pytest_plugins = ["registry.testing.pytest_plugin"]` into the conftest.py at the root."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from registry.core import Registry
from registry.testing.distributions import fake_distribution as _fake_distribution
from registry.testing.servers import serving


@pytest.fixture
def registry_overlay() -> Iterator[Callable[[Registry[Any, Any, Any], Mapping[Any, Any]], None]]:
    """Puts other artifacts in the place of registered ones until the test ends: `registry_overlay(losses, {...})`."""
    with ExitStack() as stack:

        def lay(registry: Registry[Any, Any, Any], artifacts: Mapping[Any, Any]) -> None:
            stack.enter_context(registry.overlay(artifacts))

        yield lay


@pytest.fixture
def namespace_server() -> Iterator[str]:
    """The URL of a namespace server with an empty store in memory, which stops when the test ends."""
    with serving() as url:
        yield url


@pytest.fixture
def fake_distribution(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Installs distributions until the test ends: `fake_distribution("acme", {"plugins": {"acme": "acme_plugin"}})`.

    It takes what `registry.testing.fake_distribution` takes after its first argument.
    """
    with ExitStack() as stack:

        def install(name: str, offers: Mapping[str, Mapping[str, str]], **about: Any) -> Path:
            folder = tmp_path / f"installed-{name}"
            folder.mkdir()
            return stack.enter_context(_fake_distribution(folder, name, offers, **about))

        yield install
