"""Schedules: threads of which one goes on at a time, and which hand over to one another between opcodes.

A thread switches where the interpreter happens to let it, which is hardly ever inside a window of a few opcodes. Here a
trace function of each thread counts the opcodes of the code under test and hands over to another thread after a random
number of them (of lines, in CPython 3.12). A thread that waits for another (for a lock, a disk, a background thread)
cannot hand over: when it has made no progress for a moment, the next one goes on without it, and it queues when it
comes back.

Trace functions belong to one thread each, so a debugger or a coverage run of the main thread keeps its own; a thread
that was given one (`threading.settrace`) has it back at the end.
"""

import math
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from random import Random
from types import CodeType, FrameType
from typing import Any, final

PATIENCE = 0.0003
"""Seconds without progress after which the thread that should go on is taken to wait for something."""

STANDARD = {"_collections_abc", "collections", "dbm", "shelve", "weakref"}
"""Modules of the standard library whose code is stirred, too: mappings on which backends are built."""

PLUMBING = {
    "attr",
    "attrs",
    "cattr",
    "cattrs",
    "coverage",
    "hypothesis",
    "_pytest",
    "pluggy",
    "pytest",
    "typing_extensions",
}
"""Packages in which no backend keeps what it holds."""

STEP = "line" if sys.version_info[:2] == (3, 12) else "opcode"
"""The event after which threads may hand over: CPython 3.12 crashes where several threads are told of their opcodes."""

KIT = "registry.testing"


def is_stirred(module: str) -> bool:
    """Whether the code of a module may be what is tested: no plumbing, and nothing of this kit."""
    top = module.partition(".")[0]
    if top in STANDARD:
        return True
    return not (top in sys.stdlib_module_names or top in PLUMBING or module == KIT or module.startswith(KIT + "."))


# Neither is a generator: one that is dropped before its end confuses a coverage run of the thread that drops it, which
# is told that a frame returned of whose call it was not told.
def often(random: Random, gap: float) -> Callable[[], float]:
    """Gaps of so many opcodes on average, without end: for windows that take several hand-overs."""
    return partial(random.expovariate, 1 / gap)


def seldom(random: Random, length: float, times: int) -> Callable[[], float]:
    """A few hand-overs anywhere in a round of this length, then none: for windows that one interruption shows."""
    moments = sorted(random.uniform(0, length) for _ in range(times))
    gaps = [after - before for before, after in zip([0.0, *moments], moments, strict=False)]
    gaps.reverse()
    return lambda: gaps.pop() if gaps else math.inf


@final
class Stirring:
    """The schedule of one round.

    Args:
        random: Decides who goes on, and for how long.
        gaps: Gives the number of opcodes until the next hand-over.
        borders: How often threads hand over at the begin and at the end of a call, where no code under test is seen.
        threads: How many take part, numbered from 0.

    Attributes:
        steps: How many opcodes of the code under test were counted.
    """

    def __init__(self, random: Random, gaps: Callable[[], float], borders: float, threads: int) -> None:
        self._random = random
        self._gaps = gaps
        self._borders = borders
        self._lock = threading.Lock()  # never held while anybody waits
        self._gates = [threading.Lock() for _ in range(threads)]  # held, but for the moment in which one may go on
        for gate in self._gates:
            gate.acquire()
        self._waiting: list[int] = []
        self._running: int | None = None
        self._left = gaps()
        self._progress = 0
        self._over = False
        self._missing = threads
        self._calling = [False] * threads
        self._stirred: dict[CodeType, bool] = {}
        self.steps = 0

    @contextmanager
    def turn(self, thread: int) -> Iterator[None]:
        """Take part, as this thread: what is called in the block is stirred."""
        before = sys.gettrace()
        self._arrive(thread)
        sys.settrace(self._tracer(thread))
        try:
            yield
        finally:
            sys.settrace(before)
            self._leave(thread)

    def border(self, thread: int) -> None:
        """Hand over, perhaps, where a call begins or ends; between the two the code under test is looked at."""
        self._progress += 1
        # Not while this hands over: the collector may run a finalizer here, which would have to hand over, too.
        called, self._calling[thread] = self._calling[thread], False
        if self._running != thread or self._random.random() < self._borders:
            self._hand_over(thread)
        self._calling[thread] = not called

    def end(self) -> None:
        """Let every thread go on as it likes, since one did not come back."""
        self._over = True

    def _tracer(self, thread: int) -> Callable[[FrameType, str, Any], Any]:
        stirred, calling = self._stirred, self._calling

        def inside(frame: FrameType, event: str, argument: Any) -> Any:
            if event == STEP:
                self.steps += 1
                self._progress += 1
                self._left -= 1
                if self._left <= 0 or self._running != thread:
                    self._hand_over(thread)
            return inside

        def entered(frame: FrameType, event: str, argument: Any) -> Any:
            if not calling[thread]:
                return None
            code = frame.f_code
            wanted = stirred.get(code)
            if wanted is None:
                wanted = stirred[code] = is_stirred(str(frame.f_globals.get("__name__", "")))
            if not wanted:
                return None
            frame.f_trace_opcodes = STEP == "opcode"
            frame.f_trace_lines = STEP == "line"
            return inside

        return entered

    def _arrive(self, thread: int) -> None:
        """Wait until all are there, and it is this one's turn."""
        with self._lock:
            self._missing -= 1
            self._waiting.append(thread)
            if not self._missing:
                self._wake_one()
        self._wait(thread, -1)

    def _hand_over(self, thread: int) -> None:
        """Let another one go on, and wait until it is this one's turn."""
        with self._lock:
            if self._over:
                return
            if self._running in (thread, None):
                if not self._waiting:
                    self._choose(thread)
                    return
                self._wake_one()
            self._waiting.append(thread)
            seen = self._progress
        self._wait(thread, seen)

    def _wait(self, thread: int, seen: int) -> None:
        gate = self._gates[thread]
        while not gate.acquire(timeout=PATIENCE):
            with self._lock:
                if thread not in self._waiting:
                    continue  # its turn has just come
                if self._missing:
                    continue
                if self._over or self._progress == seen:
                    self._waiting.remove(thread)
                    self._choose(thread)
                    return
                seen = self._progress

    def _leave(self, thread: int) -> None:
        with self._lock:
            if self._running == thread:
                self._running = None
                if self._waiting:
                    self._wake_one()

    def _wake_one(self) -> None:
        chosen = self._waiting.pop(self._random.randrange(len(self._waiting)))
        self._choose(chosen)
        self._gates[chosen].release()

    def _choose(self, thread: int) -> None:
        self._running = thread
        if self._left <= 0:
            self._left = self._gaps()
