"""Acknowledged means durable: a server that is killed at any moment loses nothing that it acknowledged."""

import random
import time
from pathlib import Path

import attrs
import pytest
from faults.calls import Call, Outcome
from faults.figures import Figure
from faults.histories import NAMESPACE
from faults.judging import breaches, lies, lost, resolved
from faults.processes import Server, Workers

from registry.errors import DiagnosticError
from registry.stores import SQLiteStore

NAMES = tuple(f"n{number}" for number in range(60))


@attrs.define
class Killing:
    """What came of it."""

    calls: list[Call]
    kills: int
    recoveries: list[float]
    unreadable: list[str]
    lost: list[str]
    found: list[str]
    """What else is wrong."""


def killing(folder: Path, *, kills: int, seed: int = 0, twin: str = "") -> Killing:
    """Kill a server again and again while 16 clients write, and look after each time whether its file can be read."""
    chance = random.Random(seed)
    unreadable: list[str] = []
    epochs = set()
    limit = 2.0 if twin else 8.0
    with (
        Server(folder, twin=twin) as server,
        Workers(server.url, folder, clients=8, names=NAMES, pause=0.002, seed=seed, timeout=limit) as workers,
    ):
        for _ in range(kills):
            workers.progress(16)
            time.sleep(chance.uniform(0, 0.15))
            server.kill()
            try:
                with SQLiteStore(server.path) as store:
                    unreadable += store.check()
                    epochs.add(store.token().epoch)
            except DiagnosticError as error:
                unreadable.append(str(error))
            server.start()
        workers.progress(16)
        calls = workers.finish()
        assert server.terminate()[0] == 0
    with SQLiteStore(server.path) as store:
        found = breaches(calls) + breaches(resolved(calls, store)) + lies(calls, store)
        found += [] if len(epochs) == 1 else [f"the epoch changed: {epochs}"]
        return Killing(calls, kills, server.recoveries, unreadable, lost(calls, store, NAMESPACE), found)


def judge(result: Killing, figure: Figure) -> None:
    """Nothing is lost, nothing is damaged, and nobody was told what is not so."""
    acknowledged = sum(call.is_write and call.outcome is Outcome.DONE for call in result.calls)
    figure("SIGKILLs of a writing server", result.kills)
    figure("writes acknowledged to 16 clients meanwhile", acknowledged)
    figure("acknowledged writes lost", len(result.lost))
    figure("stores unreadable or damaged afterwards", len(result.unreadable))
    figure("slowest recovery of a server after SIGKILL, with the start of Python", max(result.recoveries))
    assert result.unreadable == []
    assert result.lost == []
    assert result.found == []
    assert acknowledged > 10 * result.kills


def test_a_write_that_is_acknowledged_survives_a_kill_of_the_server(tmp_path: Path, figure: Figure) -> None:
    judge(killing(tmp_path, kills=6), figure)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(6))
def test_writes_that_are_acknowledged_survive_50_kills_of_the_server(seed: int, tmp_path: Path, figure: Figure) -> None:
    judge(killing(tmp_path, kills=50, seed=seed), figure)


def test_a_server_that_acknowledges_before_it_is_durable_is_noticed(tmp_path: Path) -> None:
    assert killing(tmp_path, kills=1, twin="Hasty:3.0").lost != []
