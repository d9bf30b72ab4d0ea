"""A server whose file cannot grow: typed errors, reads that go on, and writes that succeed when there is room again.

The limit is one on the size of files (RLIMIT_FSIZE), set from outside while the server runs, which needs no rights. To
a program it is what a full disk is: a write that fails.
"""

import resource
import subprocess
from pathlib import Path
from typing import Any

from faults.calls import Outcome
from faults.figures import Figure
from faults.histories import NAMESPACE, Client, Journal
from faults.judging import breaches, lies, lost, resolved
from faults.processes import Server, finish, spawn
from faults.proxy import wait_until

from registry.errors import StoreError, UnknownOutcomeError
from registry.store_protocol import Store
from registry.stores import HTTPStore, SQLiteStore


def allow(process: int, size: int) -> None:
    """Let a process make no file longer than this."""
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_server_with_a_full_disk_answers_and_recovers(tmp_path: Path, figure: Figure) -> None:
    journal = Journal()
    with (
        Server(tmp_path) as server,
        HTTPStore(server.url) as store,
        HTTPStore(server.url, timeout=1.0) as hurried,
    ):
        client = Client("c", store, journal)
        for number in range(20):
            client.write(f"n{number % 5}")
        allow(server.pid, 8192)
        writer = Client("d", hurried, journal)
        full = [writer.write(f"n{number % 5}") for number in range(4)]
        reads = [client.read(f"n{number}") for number in range(5)]
        assert server.is_ready()
        allow(server.pid, resource.RLIM_INFINITY)
        wait_until(lambda: client.write("n0").outcome is Outcome.DONE)
        after = [client.write(f"n{number}") for number in range(5)]
        after += [client.read(f"n{number}") for number in range(5)]
        assert server.terminate()[0] == 0
    assert {call.error for call in full} <= {StoreError.__name__, UnknownOutcomeError.__name__}
    assert {call.outcome for call in [*reads, *after]} == {Outcome.DONE}
    with SQLiteStore(server.path) as written:
        assert written.check() == []
        calls = journal.calls
        assert breaches(calls) + breaches(resolved(calls, written)) == []
        assert lies(calls, written) + lost(calls, written, NAMESPACE) == []
    figure("writes refused by a full disk, with nothing lost", len(full))


def test_a_server_that_starts_with_a_full_disk_says_why(tmp_path: Path) -> None:
    with Server(tmp_path) as server, HTTPStore(server.url) as store:
        Client("c", store, Journal()).write("a")
    program = "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (0, -1));"
    program += "runpy.run_module('registry', run_name='__main__')"
    process = spawn(["-c", program, *server.arguments()], stderr=subprocess.PIPE)
    try:
        with HTTPStore(server.url, timeout=1.0) as store:
            client = Client("d", store, Journal())
            wait_until(lambda: process.poll() is not None or client.write("a").error == StoreError.__name__, 30)
        process.terminate()
        _, told = process.communicate(timeout=30)
        assert process.returncode in (0, 2)
        assert b"Traceback" not in told
    finally:
        finish(process)
    with SQLiteStore(server.path) as written:
        assert written.check() == []
        assert Client("e", written, Journal()).read("a").seen == "c-1"


def test_a_store_that_acknowledges_what_the_disk_refused_is_noticed(tmp_path: Path) -> None:
    class Optimist:
        def __init__(self, store: Store) -> None:
            self._store = store

        def submit(self, *submission: Any, **how: Any) -> Any:
            answer = self._store.submit(*submission, **how)
            if isinstance(answer.exception(), StoreError | UnknownOutcomeError):
                answer = type(answer)()
                answer.set_result(self._store.token())
            return answer

        def __getattr__(self, name: str) -> Any:
            return getattr(self._store, name)

    with Server(tmp_path) as server, HTTPStore(server.url) as store:
        optimist: Any = Optimist(store)
        journal = Journal()
        client = Client("c", optimist, journal)
        client.write("a")
        allow(server.pid, 8192)
        client.write("a")
        allow(server.pid, resource.RLIM_INFINITY)
        assert lost(journal.calls, store, NAMESPACE) != []
