"""Only what a test installs takes part in it: the distributions of this repository are installed beside."""

import pytest


@pytest.fixture(autouse=True)
def _nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_NO_PLUGINS", "registry-*")
