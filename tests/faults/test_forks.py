"""A process with active mirrors, writers and watches forks, and nobody hangs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faults.figures import Figure
from faults.processes import PATIENCE, Server, spawned


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Server(tmp_path_factory.mktemp("forks")) as server:
        yield server.url


def forked(address: str, forks: int, *options: str) -> dict[str, Any]:
    """What became of the children of a program that forks so often."""
    with spawned(["-m", "faults.forking", address, str(forks), *options]) as process:
        output, _ = process.communicate(timeout=(2 + forks / 5) * PATIENCE)
        result: dict[str, Any] = json.loads(output.splitlines()[-1])
        return result


def judge(result: dict[str, Any], forks: int, figure: Figure) -> None:
    """No child hung or failed, and the parent noticed nothing of them."""
    assert result["hung"] == 0
    assert result["failed"] == 0
    assert result["went_on"]
    assert result["complete"]
    assert result["breaches"] == []
    assert result["registered"] == forks + 1
    figure("forks beside active mirrors, writers and watches", forks)
    figure("forked children that hung", result["hung"])
    figure("slowest forked child, from fork to exit", result["slowest"])


@pytest.mark.parametrize("kind", ["sqlite", "http"])
def test_40_forked_children_work_and_end(kind: str, url: str, tmp_path: Path, figure: Figure) -> None:
    address = url if kind == "http" else str(tmp_path / "registry.db")
    judge(forked(address, 40), 40, figure)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["sqlite", "http"])
def test_200_forked_children_work_and_end(kind: str, tmp_path: Path, figure: Figure) -> None:
    if kind == "sqlite":
        judge(forked(str(tmp_path / "registry.db"), 200), 200, figure)
    else:
        with Server(tmp_path) as server:
            judge(forked(server.url, 200), 200, figure)


def test_a_lock_that_does_not_survive_a_fork_is_noticed(tmp_path: Path) -> None:
    assert forked(str(tmp_path / "registry.db"), 5, "--twin", "Locked", "--patience", "3")["hung"] > 0
