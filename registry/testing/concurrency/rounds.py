"""Plays one program: a backend, several threads, and what each was told."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any, final

import attrs

from registry.testing.concurrency.calls import Caller
from registry.testing.concurrency.linearizability import NEVER, Call
from registry.testing.concurrency.programs import Method, Program, Step
from registry.testing.concurrency.stirring import Stirring
from registry.testing.making import part_of

DEADLINE = 20.0
"""Seconds after which a call that has not returned is taken for one that never will."""

SWITCHING = 1e-6
"""Seconds after which the interpreter may switch between threads that are not stirred; 0.005 otherwise."""

_WORTH = 4.0
"""A backend is used for so many times as long as it took to make one, with new names in each round."""


@attrs.frozen
class Played:
    """What a round showed.

    Attributes:
        calls: Every call, those that ended.
        wrong: What is wrong apart from the answers of single calls, as a sentence.
        overlapped: Whether calls of several threads were under way at one moment.
        hung: Whether a call never came back.
    """

    calls: Sequence[Call]
    wrong: str = ""
    overlapped: bool = False
    hung: bool = False


def play(backend: Any, program: Program, names: Mapping[str, str], stirring: Stirring | None) -> Played:
    """Do what a program says.

    Args:
        backend: What is called.
        program: What each thread does.
        names: What its letters stand for; nothing is under these names yet.
        stirring: The schedule; None for the interpreter's own.
    """
    caller = Caller(backend, names)
    calls: list[Call] = []
    for step in program.before:
        calls += caller.call(step, 0, _nothing)
    ready = threading.Barrier(len(program.threads))
    made: list[list[Call]] = [[] for _ in program.threads]
    failed: list[BaseException] = []

    def work(thread: int) -> None:
        border: Callable[[], None] = _nothing if stirring is None else partial(stirring.border, thread)
        try:
            with _started_with(ready) if stirring is None else stirring.turn(thread):
                for step in program.threads[thread]:
                    made[thread] += caller.call(step, thread + 1, border)
        except BaseException as error:  # of ours: those of the backend are answers
            failed.append(error)

    workers = [threading.Thread(target=work, args=(index,), daemon=True) for index in range(len(program.threads))]
    with _quick_switches() if stirring is None else nullcontext():
        for worker in workers:
            worker.start()
        if not _joined(workers):
            if stirring is not None:
                stirring.end()
            calls += [call for thread in made for call in thread]
            wrong = f"A call did not return within {DEADLINE:g} s while other threads called, too."
            return Played(calls, wrong, hung=True)
    if failed:
        raise failed[0]
    beside = [call for thread in made for call in thread]
    calls += beside
    for letter in program.names:
        calls += caller.call(Step(Method.GET, letter), 0, _nothing)
    return Played(calls, _miscounted(backend), _overlap(beside))


def _nothing() -> None:
    pass


@contextmanager
def _started_with(others: threading.Barrier) -> Iterator[None]:
    others.wait()
    yield


def _joined(workers: Sequence[threading.Thread]) -> bool:
    deadline = time.monotonic() + DEADLINE
    for worker in workers:
        worker.join(max(0.0, deadline - time.monotonic()))
    return not any(worker.is_alive() for worker in workers)


def _miscounted(backend: Any) -> str:
    try:
        counted, listed = len(backend), len(list(backend))
    except Exception as error:
        return f"list(backend) raised {type(error).__name__} after several threads had called."
    if counted == listed:
        return ""
    return f"After several threads had called, len(backend) is {counted}, and list(backend) has {listed} names."


def _overlap(calls: Sequence[Call]) -> bool:
    latest: dict[int, float] = {}
    for call in sorted(calls, key=lambda call: call.begun):
        if any(ended > call.begun for thread, ended in latest.items() if thread != call.thread):
            return True
        latest[call.thread] = call.ended if call.ended != NEVER else call.begun
    return False


@contextmanager
def _quick_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCHING)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@final
class Bench:
    """Backends, one after the other: a new one whenever that costs little beside what is done with it.

    Args:
        make: Makes an empty backend, in a folder if it has a required parameter.
    """

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make
        self._stack = ExitStack()
        self._current: Any = None
        self._serial = 0
        self._cost = 0.0
        self._since = 0.0

    def backend(self) -> tuple[Any, dict[str, str]]:
        """A backend, and names under which there is nothing in it.

        Raises:
            AssertionError: A new one is not empty.
        """
        begun = time.perf_counter()
        if self._serial == 0 or begun - self._since > _WORTH * self._cost:
            self.close()
            self._current = self._stack.enter_context(part_of(self._make))
            names = list(self._current)
            self._since = time.perf_counter()
            self._cost = self._since - begun
            if names:
                raise AssertionError(f"make() did not give an empty backend: list(backend) is {names[:5]!r}.")
        self._serial += 1
        ending = "" if self._serial == 1 else str(self._serial)
        return self._current, {letter: letter + ending for letter in "abc"}

    def close(self) -> None:
        """Let go of the backend that is used now; the next one will be new."""
        self._serial = 0
        self._current = None
        self._stack.close()

    def abandon(self) -> None:
        """Leave the backend that is used now as it is, since calls of it are still under way."""
        self._serial = 0
        self._stack.pop_all()
