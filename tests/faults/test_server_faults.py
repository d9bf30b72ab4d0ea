"""A server that is killed, stopped and cut off, and 16 clients in threads and processes that keep at it."""

import random
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import attrs
import pytest
from faults.calls import Call, Outcome
from faults.figures import Figure
from faults.histories import NAMESPACE
from faults.judging import breaches, lies, lost, resolved
from faults.processes import Server, Workers
from faults.proxy import NONE, Fault, Proxy, seeded

from registry.stores import SQLiteStore

NAMES = tuple(f"n{number}" for number in range(24))
"""So many that the history of each stays small enough to be searched."""

NETWORK = (
    Fault(refused=True),
    Fault(answer_bytes=0),
    Fault(answer_bytes=0, reset=True),
    Fault(answer_bytes=900),
    Fault(request_bytes=60),
    Fault(request_bytes=5000, reset=True),
    Fault(request_bytes=700, late=1.5),
    Fault(answer_bytes=4000),
    Fault(request_delay=0.03, answer_delay=0.03),
    Fault(trickle=0.0005),
)


@attrs.define
class Ordeal:
    """What came of it."""

    calls: list[Call]
    found: list[str]
    kills: int
    faults: int
    recoveries: list[float]


def ordeal(folder: Path, *, kinds: str, faults: int, between: int = 60, seed: int = 0, twin: str = "") -> Ordeal:
    """Let 16 clients work while this many things go wrong, and judge all that they were told.

    Args:
        folder: For the files.
        kinds: What goes wrong, in turn.
        faults: How often.
        between: So many calls succeed between two times.
        seed: Of all choices.
        twin: A broken store for the server.
    """
    chance = random.Random(seed)
    drawn = seeded(seed, NETWORK, rate=0.4 if "network" in kinds else 0.0)
    harmed: list[Fault] = []

    def plan(number: int) -> Fault:
        fault = drawn(number)
        if fault is not NONE:
            harmed.append(fault)
        return fault

    with (
        Server(folder, twin=twin) as server,
        Proxy(("127.0.0.1", server.port), plan) as proxy,
        Workers(proxy.url, folder, clients=8, names=NAMES, pause=0.03, seed=seed) as workers,
    ):
        wrong: dict[str, Callable[[], object]] = {
            "kill": partial(_each, server.kill, server.start),
            "pause": lambda: server.pause(chance.uniform(0.05, 0.6)),
            "network": proxy.cut,
            "client": lambda: _each(partial(workers.kill, chance.choice(workers.alive())), workers.start),
            "hole": lambda: _each(proxy.pause, partial(time.sleep, chance.uniform(0.05, 0.6)), proxy.resume),
        }
        for number in range(faults):
            workers.progress(between)
            time.sleep(chance.uniform(0, 0.1))
            chosen = kinds.split("+")
            wrong[chosen[number % len(chosen)]]()
        workers.progress(between)
        proxy.plan = lambda number: NONE
        calls = workers.finish()
        code, _ = server.terminate()
        assert code == 0
    store = SQLiteStore(server.path)
    found = breaches(calls) + breaches(resolved(calls, store))
    found += lies(calls, store) + lost(calls, store, NAMESPACE) + store.check()
    store.close()
    return Ordeal(calls, found, server.kills, faults + len(harmed), server.recoveries)


def _each(*steps: Callable[[], object]) -> None:
    for step in steps:
        step()


def tell(figure: Figure, result: Ordeal) -> None:
    """Note what was counted."""
    figure("operations of 16 clients checked for linearizability", len(result.calls))
    figure("faults injected (kills, stops, holes, connections cut, delayed or trickled)", result.faults)
    figure("calls that ended in doubt, and said so", sum(call.outcome is Outcome.UNKNOWN for call in result.calls))
    figure("slowest recovery of a server after SIGKILL, with the start of Python", max(result.recoveries))
    figure("slowest call under faults", max(call.seconds for call in result.calls))


@pytest.mark.parametrize("kinds", ["kill+client", "pause+hole", "network"])
def test_histories_of_16_clients_stay_linearizable(kinds: str, tmp_path: Path, figure: Figure) -> None:
    result = ordeal(tmp_path, kinds=kinds, faults=3)
    assert result.found == []
    outcomes = Counter(call.outcome for call in result.calls)
    assert outcomes[Outcome.DONE] > 100
    tell(figure, result)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(6))
def test_histories_of_16_clients_stay_linearizable_for_long(seed: int, tmp_path: Path, figure: Figure) -> None:
    result = ordeal(tmp_path, kinds="kill+network+client+pause+hole", faults=16, seed=seed)
    assert result.found == []
    tell(figure, result)


def test_a_server_that_does_not_keep_its_word_is_noticed(tmp_path: Path) -> None:
    assert ordeal(tmp_path, kinds="pause", faults=0, between=300, twin="Careless").found != []
