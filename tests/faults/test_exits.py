"""A program ends within 2 seconds, whatever it was in the midst of."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.exiting import STATES
from faults.figures import Figure
from faults.processes import PATIENCE, Server, spawned

LONGEST = 2.0
"""Seconds from the last statement to the end of the process."""

TRIES = 3
"""A machine that is busy only adds, so the least time counts."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("exits")) as server:
        yield server


def seconds_to_end(state: str, address: str, server: Server | None) -> float:
    """How long a program in this state takes to end; infinite if it does not."""
    stopped = False
    try:
        with spawned(["-m", "faults.exiting", state, address]) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            line = process.stdout.readline()
            if line == b"stop\n":
                if server is not None:
                    os.kill(server.pid, signal.SIGSTOP)
                    stopped = True
                process.stdin.write(b"\n")
                process.stdin.flush()
                line = process.stdout.readline()
            assert line == b"ending\n"
            began = time.monotonic()
            try:
                code = process.wait(2 * LONGEST)
            except subprocess.TimeoutExpired:
                return float("inf")
            assert code == 0
            return time.monotonic() - began
    finally:
        if server is not None and stopped:
            os.kill(server.pid, signal.SIGCONT)


@pytest.mark.parametrize("kind", ["sqlite", "http"])
@pytest.mark.parametrize("state", [state for state in STATES if state != "blocked"])
def test_a_program_ends_soon(kind: str, state: str, server: Server, tmp_path: Path, figure: Figure) -> None:
    address = server.url if kind == "http" else str(tmp_path / "registry.db")
    took = float("inf")
    for _ in range(TRIES):
        took = min(took, seconds_to_end(state, address, server if kind == "http" else None))
        if took < LONGEST:
            break
    assert took < LONGEST
    figure("slowest end of a program in the midst of something", took)
    figure("programs ended in the midst of something", 1)


def test_a_program_that_is_held_up_is_noticed(tmp_path: Path) -> None:
    assert seconds_to_end("blocked", str(tmp_path / "registry.db"), None) > LONGEST


@pytest.mark.parametrize("watched", [False, True])
def test_a_server_ends_soon_and_well(watched: bool, tmp_path: Path, figure: Figure) -> None:
    with Server(tmp_path) as server:
        if watched:
            with spawned(["-m", "faults.exiting", "left", server.url]) as process:
                assert process.stdout is not None
                assert process.stdout.readline() == b"stop\n"
                code, took = server.terminate()
        else:
            code, took = server.terminate()
    assert code == 0
    assert took < PATIENCE
    figure("slowest end of a server after SIGTERM", took)
