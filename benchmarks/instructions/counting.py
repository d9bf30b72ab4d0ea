"""Instructions per operation, as callgrind counts them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Collection
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.instructions.contender import Contender
from benchmarks.instructions.counted import MARK, ONCE, TWICE

ROOT = Path(__file__).parents[2]

TOOLS = ("valgrind", "vgdb")
"""The Debian package `valgrind` has both."""

ENVIRONMENT = {
    # Hashes of text decide the order in sets and how often dicts collide.
    "PYTHONHASHSEED": "0",
    # The C library has memcpy and its like in forms for several CPUs; with this it takes the same one anywhere.
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-AVX,-ERMS,-FSRM,-AVX512F,-EVEX,-SSE4_2,-SSSE3,-BMI2",
}


def missing() -> list[str]:
    """The tools that are not installed."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


def count(module: str, names: Collection[str] = ()) -> dict[str, float]:
    """How many instructions one operation takes in the thread that does it.

    What counts is the difference between doing it often and doing it twice as often, so neither the start of Python nor
    what is made on first use counts.

    Args:
        module: Its `CONTENDERS` can be counted.
        names: Which of them; all by default.

    Raises:
        OSError: It could not be done; the message has what was printed.
    """
    contenders: dict[str, Contender] = import_module(module).CONTENDERS
    names = names or list(contenders)
    with TemporaryDirectory() as name:
        folder = Path(name)
        pids = _run(folder, module, names)
        return {name: _per_operation(folder, pids[name], contenders[name]) for name in names}


def _run(folder: Path, module: str, names: Collection[str]) -> dict[str, int]:
    prefix = str(folder / "vgdb")
    tool = [
        "valgrind",
        "--quiet",
        "--tool=callgrind",
        "--instr-atstart=no",
        "--separate-threads=yes",
        f"--dump-before={MARK}",
        f"--callgrind-out-file={folder}/%p",
        f"--vgdb-prefix={prefix}",
    ]
    # Without `site`: an editable installation imports much that nobody counts.
    command = [*tool, sys.executable, "-S", "-m", "benchmarks.instructions.counted", module, prefix, *names]
    path = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    environment = {**ENVIRONMENT, "PATH": os.environ["PATH"], "PYTHONPATH": path}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"Nothing was counted.\n{done.stdout}{done.stderr}")
    pids: dict[str, int] = json.loads(done.stdout)
    return pids


def _per_operation(folder: Path, pid: int, contender: Contender) -> float:
    once, twice = (_total(folder / f"{pid}.{dump}-01") for dump in (ONCE, TWICE))
    return (twice - once) / (contender.repeats * contender.operations)


def _total(file: Path) -> int:
    for line in file.read_text().splitlines():
        if line.startswith("totals:"):
            return int(line.split()[1])
    raise OSError(f"{file.name} tells no total.")
