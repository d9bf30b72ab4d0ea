"""The tests of hostile input would notice a crash, a memory overrun and a loop: three programs that have one each."""

import signal
from typing import Any


def test_a_crash_of_the_interpreter_is_noticed(isolated: Any) -> None:
    done = isolated("import ctypes; ctypes.string_at(0); print('alive')")
    assert done.returncode == -signal.SIGSEGV
    assert "alive" not in done.stdout


def test_a_memory_overrun_is_noticed(isolated: Any) -> None:
    done = isolated("x = b'x' * 400_000_000; print('alive')", memory=300_000_000)
    assert done.returncode == 1
    assert "MemoryError" in done.stderr
    assert "alive" not in done.stdout


def test_an_endless_loop_is_noticed(isolated: Any) -> None:
    done = isolated("while True: pass", seconds=1)
    assert done.returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def test_a_program_that_behaves_is_left_alone(isolated: Any) -> None:
    done = isolated("import sys; print(*sys.argv[1:])", "a", 1)
    assert (done.returncode, done.stdout, done.stderr) == (0, "a 1\n", "")
