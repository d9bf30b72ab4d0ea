"""Processes that tests start, stop, and kill: clients and servers."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, final

from faults.calls import Call
from faults.histories import read_journal

TESTS = Path(__file__).parents[1]

PATIENCE = 60.0
"""Seconds that a process may take to begin or to end, on a machine that is busy."""


def environment() -> dict[str, str]:
    """What a process needs to find the helpers, and nothing that would lead it elsewhere."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("REGISTRY_")}
    return {**kept, "PYTHONPATH": str(TESTS), "PYTHONUNBUFFERED": "1"}


def spawn(
    arguments: Sequence[str],
    *,
    stdout: int | IO[bytes] = subprocess.PIPE,
    stderr: int | IO[bytes] | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a Python process that can import the helpers."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        env=environment(),
        cwd=TESTS,
    )


@contextmanager
def spawned(arguments: Sequence[str]) -> "Iterator[subprocess.Popen[bytes]]":
    """A process that does not outlive the block."""
    process = spawn(arguments)
    try:
        yield process
    finally:
        finish(process)


def finish(process: "subprocess.Popen[bytes]") -> int:
    """Kill a process that still runs, and give back what it held; its exit code."""
    if process.poll() is None:
        process.kill()
    code = process.wait(PATIENCE)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()
    return code


@final
class Workers:
    """Processes of clients; see `worker`.

    Args:
        address: Of the store; of several, for one process each in turn.
        folder: For their journals.
        processes: How many.
        clients: Threads in each.
        names: What they work on.
        calls: How many calls each client makes at most.
        pause: Seconds between two calls.
        twin: A broken store that stands between the clients and theirs.
        seed: Of what they do.
        timeout: Seconds for each call.
    """

    def __init__(
        self,
        address: str | Sequence[str],
        folder: Path,
        *,
        processes: int = 2,
        clients: int = 4,
        names: Sequence[str] = ("a", "b", "c", "d"),
        calls: int = 1_000_000,
        pause: float = 0.0,
        twin: str = "",
        seed: int = 0,
        timeout: float = 8.0,
    ) -> None:
        self._options = [*("--clients", str(clients), "--names", ",".join(names), "--calls", str(calls))]
        self._options += [*("--timeout", str(timeout), "--pause", str(pause), *(("--twin", twin) if twin else ()))]
        self._addresses = [address] if isinstance(address, str) else list(address)
        self._folder = folder
        self._seed = seed
        self._counted: list[tuple[int, int]] = []
        """For each journal how far it was read, and how many calls had succeeded."""
        self.journals: list[Path] = []
        self.processes: list[subprocess.Popen[bytes]] = []
        for _ in range(processes):
            self.start()

    def start(self) -> None:
        """Start one more."""
        number = len(self.journals)
        journal = self._folder / f"journal-{self._seed}-{number}"
        journal.touch()
        address = self._addresses[number % len(self._addresses)]
        arguments = ["-m", "faults.worker", address, str(journal), "--label", f"p{number}-"]
        self.processes.append(spawn([*arguments, *self._options, "--seed", str(self._seed + number)]))
        self.journals.append(journal)
        self._counted.append((0, 0))

    def kill(self, number: int) -> None:
        """SIGKILL one, once it has begun to work."""
        self.until(lambda: self.journals[number].stat().st_size > 0)
        self.processes[number].kill()
        self.processes[number].wait(PATIENCE)

    def alive(self) -> list[int]:
        """Those that were not killed."""
        return [number for number, process in enumerate(self.processes) if process.poll() is None]

    def until(self, happened: Callable[[], bool]) -> None:
        """Wait for something that the clients bring about."""
        deadline = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < deadline, "the clients do nothing"
            time.sleep(0.01)

    def succeeded(self) -> int:
        """How many calls have succeeded so far."""
        for number, (position, count) in enumerate(self._counted):
            with self.journals[number].open("rb") as journal:
                journal.seek(position)
                whole = journal.read().rpartition(b"\n")[0]
            more = whole.count(b'"outcome": "done"')
            self._counted[number] = (position + len(whole), count + more)
        return sum(count for _, count in self._counted)

    def progress(self, calls: int) -> None:
        """Wait until so many more calls have succeeded."""
        target = self.succeeded() + calls
        self.until(lambda: self.succeeded() >= target)

    def calls(self) -> list[Call]:
        """All calls so far."""
        return [call for journal in self.journals for call in read_journal(journal)]

    def finish(self) -> list[Call]:
        """Let them come to an end, and give all calls."""
        for process in self.processes:
            if process.stdin is not None and process.poll() is None:
                process.stdin.close()
                process.stdin = None
        for process in self.processes:
            code = process.wait(2 * PATIENCE)
            assert code in (0, -signal.SIGKILL), f"a process of clients ended with {code}"
        return self.calls()

    def wait(self) -> list[Call]:
        """Let them make all their calls, and give these."""
        for process in self.processes:
            assert process.wait(5 * PATIENCE) == 0
        return self.calls()

    def __enter__(self) -> "Workers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes:
            finish(process)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@final
class Server:
    """A namespace server in a process of its own, which is started anew on the same port.

    Args:
        folder: For the log, and for the file if there is one.
        store: The URL of what it serves; by default a SQLite file.
        twin: A broken store that is served in place of the file's.
        options: More of the command line.
    """

    def __init__(self, folder: Path, *, store: str = "", twin: str = "", options: Sequence[str] = ()) -> None:
        self.path = folder / "registry.db"
        self._store = store if store else f"sqlite:///{self.path}"
        self.port = free_port()
        self.log = folder / "server.log"
        self.kills = 0
        self.recoveries: list[float] = []
        """Seconds from each start to the first answer that it is ready."""
        self._twin = twin
        self._options = list(options)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the process that runs."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> "Server":
        """Start it, and wait until it is ready."""
        began = time.monotonic()
        with self.log.open("ab") as log:
            self._process = spawn(
                ["-m", "faults.serving" if self._twin else "registry", *self.arguments()], stdout=log, stderr=log
            )
        while not self.is_ready():
            assert self._process.poll() is None, self.log.read_text()[-4000:]
            assert time.monotonic() - began < PATIENCE, "the server is not ready in time"
            time.sleep(0.005)
        self.recoveries.append(time.monotonic() - began)
        return self

    def arguments(self) -> list[str]:
        """Those of the command `registry`, or of `serving` where the store is a broken one."""
        port = ["--port", str(self.port), *self._options]
        if self._twin:
            return [str(self.path), "--twin", self._twin, *port]
        return ["serve", "--store", self._store, *port]

    def is_ready(self) -> bool:
        """Whether it says so."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def kill(self) -> None:
        """SIGKILL."""
        self._end(signal.SIGKILL)
        self.kills += 1

    def terminate(self) -> tuple[int, float]:
        """SIGTERM; gives the exit code and the seconds that it took."""
        began = time.monotonic()
        return self._end(signal.SIGTERM), time.monotonic() - began

    def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(signal.SIGCONT)
        process.send_signal(number)
        try:
            return process.wait(PATIENCE)
        finally:
            finish(process)

    def pause(self, seconds: float) -> None:
        """SIGSTOP, and SIGCONT later."""
        os.kill(self.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(self.pid, signal.SIGCONT)

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(signal.SIGKILL)
