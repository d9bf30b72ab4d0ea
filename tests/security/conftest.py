"""Programs that may crash, hang or eat the memory run in a process of their own, with limits."""

import subprocess
import sys
from collections.abc import Callable

import pytest

Isolated = Callable[..., "subprocess.CompletedProcess[str]"]

LIMITS = """
import resource
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
resource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
"""


@pytest.fixture(scope="session")
def isolated() -> Isolated:
    """Run a program with arguments; `memory` in bytes, `seconds` of processor time."""

    def run(
        program: str, *arguments: object, memory: int = 1_500_000_000, seconds: int = 60
    ) -> "subprocess.CompletedProcess[str]":
        limits = LIMITS.format(memory=memory, seconds=seconds)
        return subprocess.run(
            [sys.executable, "-X", "utf8", "-c", limits + program, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=10 * seconds,  # other programs may want the processor, too
        )

    return run
