"""Child processes that serve something, each in a folder of its own, ended by whoever started it."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

import attrs

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[2]
PATIENCE = 600.0
"""Seconds that a child may take to be ready: it may have a million entries to read."""


@attrs.frozen
class Child:
    """A process that listens, or did something and waits.

    Attributes:
        port: Where.
        process: The process.
    """

    port: int
    process: subprocess.Popen[bytes]

    @property
    def memory(self) -> int:
        """Bytes of main memory that it holds now."""
        return resident(self.process.pid)


@contextmanager
def serving(
    command: Callable[[int], Sequence[str]],
    *,
    is_ready: Callable[[int], bool] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Child]:
    """Run a command that serves at the port that it is given, from when it is ready to the end of the block.

    Args:
        command: Makes the command line.
        is_ready: Says whether it is ready, by default whether it accepts connections. May raise OSError for no.
        environment: Variables beside those of this process.
    """
    port = free_port()
    ready = _accepts if is_ready is None else is_ready
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command(port), cwd=ROOT, stdout=output, stderr=output, env={**os.environ, **(environment or {})}
        )
        try:
            end = monotonic() + PATIENCE
            while not _true(ready, port):
                if process.poll() is not None or monotonic() > end:
                    output.seek(0)
                    text = output.read().decode(errors="replace")
                    raise RuntimeError(f"{process.args!r} does not serve (exit code {process.poll()}):\n{text}")
                sleep(0.002)
            yield Child(port, process)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def python(*arguments: str) -> list[str]:
    """The command line of a module in this Python."""
    return [sys.executable, "-m", *arguments]


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def resident(pid: int) -> int:
    """Bytes of main memory that a process holds now."""
    with suppress(FileNotFoundError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():  # Linux, where `ps` may be missing
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    listed = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(listed.stdout) * 1024


def many_files(count: int) -> None:
    """Let this process, and those that it starts, have so many files open."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count if hard < 0 else min(count, hard), hard))


def _true(ready: Callable[[int], bool], port: int) -> bool:
    with suppress(OSError):
        return ready(port)
    return False


def _accepts(port: int) -> bool:
    socket.create_connection((HOST, port), 1).close()
    return True
