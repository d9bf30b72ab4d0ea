"""Importing in a fresh process."""

import random
import resource
import subprocess
import sys
import sysconfig
from pathlib import Path
from time import perf_counter

from benchmarks.ratios import Row, compare, without
from benchmarks.timing import Effort, Samples

ATTRS = "import attrs"
OURS = 'from registry import Registry; Registry("x")'
BARE = "pass"
PATHS = [sysconfig.get_path("purelib"), str(Path(__file__).parents[1])]


def measure(effort: Effort) -> list[Row]:
    """The rows of this group: as many processes of each as there are rounds, besides two that warm caches."""
    wall: Samples = {statement: [] for statement in (OURS, ATTRS, BARE)}
    cpu: Samples = {statement: [] for statement in wall}
    order = random.Random(0)
    for statement in (*wall, *wall):
        process(statement)
    for _ in range(effort.rounds):
        for statement in order.sample(list(wall), len(wall)):
            wall_seconds, cpu_seconds = process(statement)
            wall[statement].append(wall_seconds)
            cpu[statement].append(cpu_seconds)
    measured = {"CPU time": cpu, "wall time": wall, "CPU time beyond that of a bare interpreter": without(cpu, BARE)}
    return [compare(f"Start a process: {what}", OURS, ATTRS, samples, target=1.5) for what, samples in measured.items()]


def process(statement: str, *folders: str) -> tuple[float, float]:
    """Wall time and CPU time (user and system) of a process of its own, in seconds; it imports from folders, too."""
    # Without `site`: an editable installation imports much of what both statements need before they begin.
    code = f"import sys; sys.path += {[*PATHS, *folders]!r}; {statement}"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = perf_counter()
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)
    wall = perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
