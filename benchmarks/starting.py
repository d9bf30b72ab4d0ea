"""Importing in a fresh process, and building there for the first time."""

import random
import resource
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

from benchmarks.peers import cattrs, hand, jsonargparse, ours, pydantic
from benchmarks.peers.abilities import Builds, Importable
from benchmarks.peers.all import ADAPTERS, is_installed
from benchmarks.ratios import Row, compare, without
from benchmarks.timing import Effort, Samples

ATTRS = "import attrs"
OURS = ours.START
BARE = "pass"
HAND = hand.CALLS
FASTER = "confection registry.resolve", "hydra instantiate", jsonargparse.PARSE, pydantic.VALIDATE
"""What the first build has to be faster than."""
PATHS = [sysconfig.get_path("purelib"), str(Path(__file__).parents[1])]


def measure(effort: Effort) -> list[Row]:
    """The rows of this group: as many processes of each as there are rounds, besides two that warm caches."""
    statements = {BARE: BARE}
    peers: list[str] = []
    for adapter in ADAPTERS:
        if isinstance(adapter, Importable):
            peers += adapter.IMPORTS
            statements.update(adapter.IMPORTS if is_installed(adapter) else {})
    wall, cpu = _processes(statements, effort)
    alone = without(cpu, BARE)
    return [
        compare("Start a process: CPU time", OURS, ATTRS, cpu, target=1.4),
        compare("Start a process: wall time", OURS, ATTRS, wall, target=1.4),
        compare("Start a process: CPU time beyond that of a bare interpreter", OURS, ATTRS, alone, target=1.4),
        *(
            compare("Import a library: CPU time beyond that of a bare interpreter", OURS, peer, alone)
            for peer in peers
            if peer not in (OURS, ATTRS)
        ),
        *_first_builds(effort),
    ]


def _first_builds(effort: Effort) -> list[Row]:
    """Import, register or declare, and build ten nested objects once."""
    statements: dict[str, str] = {}
    titles: list[str] = []
    for adapter in ADAPTERS:
        if isinstance(adapter, Builds):
            offered = [title for title, builder in adapter.BUILDERS.items() if builder.nested]
            titles += offered
            if is_installed(adapter):
                statements.update({title: _first_build(adapter.__name__, title) for title in offered})
    wall, cpu = _processes(statements, effort)
    group = "Import, register and build ten nested objects in a new process"
    targets = {cattrs.STRUCTURE: 1.3, **dict.fromkeys(FASTER, 1.0)}
    skipped = (ours.BUILD, ours.PLAN, ours.DECLARED, *hand.BUILDERS)
    peers = [title for title in titles if title not in skipped]
    rows: list[Row] = []
    for measured, samples in (
        ("CPU time", cpu),
        ("wall time", wall),
        ("CPU time beyond that of calls written by hand", without(cpu, HAND)),
    ):
        rows += [compare(f"{group}: {measured}", ours.BUILD, title, samples, targets.get(title)) for title in peers]
        rows.append(compare(f"{group}: {measured}", ours.DECLARED, cattrs.STRUCTURE, samples, target=1.3))
    return rows


def _first_build(module: str, title: str) -> str:
    """All contenders import the config, the module of the peer and the plain classes."""
    return f"import {module} as m; from benchmarks.nested import CONFIG; m.BUILDERS[{title!r}].prepare(CONFIG)()"


def _processes(statements: Mapping[str, str], effort: Effort) -> tuple[Samples, Samples]:
    """Wall time and CPU time of processes that do these."""
    wall: Samples = {title: [] for title in statements}
    cpu: Samples = {title: [] for title in statements}
    order = random.Random(0)
    for _ in range(min(2, effort.rounds)):
        for statement in statements.values():
            process(statement)
    for _ in range(effort.rounds):
        for title in order.sample(list(statements), len(statements)):
            wall_seconds, cpu_seconds = process(statements[title])
            wall[title].append(wall_seconds)
            cpu[title].append(cpu_seconds)
    return wall, cpu


def process(statement: str, *folders: str) -> tuple[float, float]:
    """Wall time and CPU time (user and system) of a process of its own, in seconds; it imports from folders, too."""
    # Without `site`: an editable installation imports much of what both statements need before they begin.
    code = f"import sys; sys.path += {[*PATHS, *folders]!r}; {statement}"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = perf_counter()
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True, stderr=subprocess.DEVNULL)
    wall = perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
