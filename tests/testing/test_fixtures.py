"""The fixtures of registry.testing.pytest_plugin."""

import importlib.metadata
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from registry import Reference, Registry, RemoteBackend, RemoteError, load_files, open_store
from registry.testing import fake_distribution as installed
from registry.testing import serving

rules: Registry[Any] = Registry("rules")
rules.register("root", math.sqrt)


def test_an_overlay_lasts_for_a_test(registry_overlay: Callable[..., None]) -> None:
    registry_overlay(rules, {"root": math.cbrt})
    assert rules["root"] is math.cbrt


def test_the_next_test_sees_nothing_of_it() -> None:
    assert rules["root"] is math.sqrt


def test_a_server_is_there_and_empty(namespace_server: str) -> None:
    with RemoteBackend(namespace_server, namespace="research.rules") as backend:
        shared: Registry[Any] = Registry("rules", backend=backend)
        assert list(shared) == []
        shared.register("root", Reference("math:sqrt"))
        assert shared["root"] is math.sqrt


def test_a_server_ends_with_its_block_and_serves_what_it_is_told(tmp_path: Path) -> None:
    with serving(f"sqlite:///{tmp_path}/registry.db") as url, open_store(url) as store:
        assert store.namespaces() == []
    assert tmp_path.joinpath("registry.db").exists()
    with pytest.raises(RemoteError), open_store(url, timeout=2.0) as store:
        store.namespaces()
    with pytest.raises(RuntimeError, match="'nothing://' is not the URL of a store"), serving("nothing://"):
        pass


def test_a_distribution_is_installed_until_its_block_ends(tmp_path: Path) -> None:
    reader = "from registry import Document\ndef read(data, name, limits): return Document({'read': 'acme'}, name)\n"
    config = tmp_path / "config.acme"
    config.touch()
    folder = tmp_path / "installed"
    folder.mkdir()
    offers = {"readers": {"acme": "acme_tools.reader:read"}}
    with installed(folder, "acme-tools", offers, modules={"acme_tools.reader": reader}, version="3.1"):
        assert importlib.metadata.version("acme-tools") == "3.1"
        assert load_files([config]).value == {"read": "acme"}
        assert "acme_tools.reader" in sys.modules
    assert "acme_tools.reader" not in sys.modules
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        importlib.metadata.version("acme-tools")
    assert "has no reader" in load_files([config]).problems[0].message
