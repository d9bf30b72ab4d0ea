"""python -m benchmarks.instructions.counted MODULE NAME...: what callgrind counts; `counting` starts it."""

import gc
import json
import os
import subprocess
import sys
import time
import traceback
from importlib import import_module

from benchmarks.instructions.contender import Contender

MARK = "getloadavg"
"""A function of the C library that nobody else calls: before each call of it callgrind writes down what it counted."""

SETTING, ONCE, TWICE = 1, 2, 3
"""The dumps of a process: what comes before the first mark, and between it and the next ones."""


def main() -> None:
    """Do each of them in a child of its own, so that none finds the interpreter adapted to another."""
    module, prefix, *names = sys.argv[1:]
    contenders: dict[str, Contender] = import_module(module).CONTENDERS
    gc.disable()
    _begin_counting(prefix)
    print(json.dumps({name: _counted(contenders[name]) for name in names}))


def _begin_counting(prefix: str) -> None:
    """Starting and importing was fast, for callgrind did not count; from here on it does."""
    command = ["vgdb", f"--vgdb-prefix={prefix}", f"--pid={os.getpid()}", "instrumentation", "on"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as told:
        while told.poll() is None:
            time.sleep(0.01)  # it is between system calls that callgrind listens
        if told.returncode:
            raise OSError(f"callgrind was not reached: {told.stderr.read() if told.stderr else ''}")


def _counted(contender: Contender) -> int:
    """The process in which it was done."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        if status:
            raise ChildProcessError("What was to be counted failed.")
        return child
    done = 1
    try:
        run = contender.make()
        run(contender.repeats)
        for times in (contender.repeats, 2 * contender.repeats):
            os.getloadavg()
            run(times)
        os.getloadavg()
        done = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(done)  # a child has nothing to end, and its parent's threads are not there


if __name__ == "__main__":
    main()
