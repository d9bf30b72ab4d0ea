"""What processes used: processor time and main memory, as the kernel counts them."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

import attrs

from benchmarks.sharing.processes import resident

Processes = Mapping[str, int]
"""The numbers of processes, by what they are called here."""


@attrs.frozen
class Used:
    """What was used while something was done.

    Attributes:
        cpu: Seconds of processor time, by process.
        wall: Seconds that went by.
    """

    cpu: Mapping[str, float]
    wall: float

    def beyond(self, idle: "Used") -> "Used":
        """The same without what goes on anyway."""
        rest = {name: max(0.0, cpu - idle.rate(name) * self.wall) for name, cpu in self.cpu.items()}
        return Used(rest, self.wall)

    def rate(self, name: str) -> float:
        """Seconds of processor time in a second."""
        return self.cpu.get(name, 0.0) / self.wall if self.wall else 0.0

    def total(self, beginning: str) -> float:
        """Seconds of processor time of all processes whose names begin like this."""
        return sum(cpu for name, cpu in self.cpu.items() if name.startswith(beginning))


def used(processes: Processes, act: Callable[[], object]) -> Used:
    """What the processes use while something is done."""
    before = {name: cpu_of(pid) for name, pid in processes.items()}
    start = time.monotonic()
    act()
    wall = time.monotonic() - start
    return Used({name: cpu_of(pid) - before[name] for name, pid in processes.items()}, wall)


def middle(found: list[Used]) -> Used:
    """Of each figure the median."""
    names = found[0].cpu
    return Used(
        {name: median(one.cpu.get(name, 0.0) for one in found) for name in names}, median(one.wall for one in found)
    )


def cpu_of(pid: int) -> float:
    """Seconds of processor time that a process used so far, in its own code and in the kernel, ended threads included.

    It is its clock of Linux (clock_getcpuclockid(3)), in nanoseconds; /proc tells hundredths of a second.
    """
    return time.clock_gettime((~pid << 3) | 2)


def memory_of(pid: int) -> int:
    """Bytes of main memory that a process holds."""
    return resident(pid)


def peak_of(pid: int) -> int:
    """Bytes of main memory that a process held at most."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def files_of(pid: int) -> int:
    """How many files and connections a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
