"""Other processes: scripts that tests run, and a server that can be stopped like a machine."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
PATIENCE = 180.0
"""Seconds that a process may take on a machine that is busy."""


def environment(*folders: Path) -> dict[str, str]:
    """What a process finds: this checkout's helpers, those folders, and nothing of a server."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("REGISTRY_", "PYTHONPATH"))}
    path = os.pathsep.join(map(str, (*folders, TESTS)))
    return {**kept, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def start(code: str, *arguments: object, folders: Sequence[Path] = ()) -> "subprocess.Popen[str]":
    """A process that runs a script, with pipes to talk to it."""
    return subprocess.Popen(
        # what a process has open when it ends, the system closes
        [sys.executable, "-W", "error", "-W", "ignore::ResourceWarning", "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(*folders),
    )


def run(code: str, *arguments: object, folders: Sequence[Path] = ()) -> Any:
    """What a script prints as JSON in its last line."""
    process = start(code, *arguments, folders=folders)
    try:
        output, errors = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        output, errors = process.communicate()
        raise AssertionError(f"the script hangs:\n{output}\n{errors}") from None
    assert process.returncode == 0, f"{output}\n{errors}"
    return json.loads(output.splitlines()[-1])


SERVER = """
import sys
from registry.stores import MemoryStore, SQLiteStore
from server.running import running
file, port = sys.argv[1:]
with SQLiteStore(file) if file else MemoryStore() as store, running(store, port=int(port)) as server:
    print(server.url, flush=True)
    sys.stdin.readline()
"""


class Server:
    """A server in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process = process
        self.url = url

    @property
    def port(self) -> int:
        """Its port."""
        return int(self.url.rpartition(":")[2])

    def freeze(self) -> None:
        """Stop it as it is: its connections stay open, and nothing comes."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it without a word."""
        self.process.kill()
        self.process.wait(PATIENCE)


@contextlib.contextmanager
def served(file: Path | str = "", port: int = 0) -> Iterator[Server]:
    """A server over a file, or over an empty store in memory, until the block ends."""
    process = start(SERVER, file, port)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url, process.stderr and process.stderr.read()
        yield Server(process, url)
    finally:
        process.send_signal(signal.SIGCONT)
        with contextlib.suppress(BrokenPipeError):
            process.communicate("\n", timeout=PATIENCE)
