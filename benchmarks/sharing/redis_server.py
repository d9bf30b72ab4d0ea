"""A Redis of this run alone, where the machine has one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import which

from benchmarks.sharing.processes import HOST, serving

DURABLE = ("--appendonly", "yes", "--appendfsync", "always")
"""Whatever is acknowledged has reached the disk."""


@contextmanager
def redis_server(folder: Path, options: Sequence[str] = ()) -> Iterator[int | None]:
    """The port of a server that keeps its files in a folder; None where `redis-server` is not installed."""
    program = which("redis-server")
    if program is None:
        yield None
        return

    def command(port: int) -> Sequence[str]:
        return [program, "--bind", HOST, "--port", str(port), "--dir", str(folder), "--save", "", *options]

    with serving(command) as child:
        yield child.port
