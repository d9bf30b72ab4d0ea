"""Disks of members that fill up."""

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from clusters.members import Member


class Disk(Protocol):
    """What one member writes to."""

    @property
    def kind(self) -> str:
        """How it fills up, for reports."""
        ...

    def fill(self, member: Member) -> None:
        """Have nothing more fit on it."""
        ...

    def free(self) -> None:
        """Have room again, for a member that is started anew."""
        ...


class SmallDisk:
    """A file system of its own, in memory."""

    kind = "a file system without room"

    def __init__(self, folder: Path) -> None:
        self._filler = folder / "filler"

    def fill(self, member: Member) -> None:
        """Write until nothing more fits."""
        with contextlib.suppress(OSError), self._filler.open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(1 << 16))

    def free(self) -> None:
        """Delete what was written."""
        self._filler.unlink()


class ShortFiles:
    """A limit on the length of files, for who may not mount anything."""

    kind = "a limit on the length of files"

    def fill(self, member: Member) -> None:
        """Let the member write no longer files than a few bytes."""
        assert member.process is not None
        resource.prlimit(member.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))

    def free(self) -> None:
        """The limit ended with the member."""


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int = 256) -> Iterator[Disk]:
    """A disk for a folder, which is made."""
    folder.mkdir(parents=True)
    mounted = os.geteuid() == 0 and shutil.which("mount") is not None
    if mounted:
        options = f"size={megabytes}m"
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield SmallDisk(folder) if mounted else ShortFiles()
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=True)
