"""Several threads call one backend, and what they are told has to have an order."""

import time
from collections.abc import Callable
from random import Random
from typing import Any, final

from registry.errors import OperationalError, ValidationError
from registry.testing.concurrency.linearizability import BOUND, NEVER, Verdict, check
from registry.testing.concurrency.programs import Method, Program, draw
from registry.testing.concurrency.report import Failure, failure_of
from registry.testing.concurrency.rounds import Bench, Played, play
from registry.testing.concurrency.stirring import Stirring, often, seldom

ROUNDS = 1000
"""After so many rounds a backend that is quick has been called enough, whatever time is left."""

FEWEST = 10
"""In so many rounds calls must have overlapped, or nothing was shown."""

PATIENCE = 3.0
"""How many times `seconds` it may take until that many have."""

BUSY = 2.0
"""How many times `seconds` it may take to have worked for so long."""

FREE = 8
"""One of so many rounds is left to the interpreter, for what no trace function sees."""

SELDOM = 0.35
"""How many of the stirred rounds have few hand-overs, which are enough for a window that is wide open to one."""

GUESS = 20.0
"""Opcodes of a call, as long as nothing is known of it."""

BORDERS = (0.05, 0.15, 0.4)
"""How often threads hand over where a call begins or ends, in one round or another."""

SHRINKING = 0.4
"""Seconds in which a shorter history is looked for, once there is one."""

TRIES = 15
"""How many schedules are tried of a program that may be smaller."""

DOUBTS = 0.1
"""The share of calls that may fail for reasons of the backend's own before nothing can be said."""


class UndecidedError(OperationalError):
    """Nobody can say whether the part keeps its promise: this is no pass, and no failure that was shown either.

    It is no AssertionError, so that a test which expects a broken part to be refused is not content with it.
    """

    code = "undecided"


def check_concurrent(
    make: Callable[..., Any],
    *,
    seconds: float = 3.0,
    threads: int = 3,
    seed: int | None = None,
    bound: int = BOUND,
) -> None:
    """Call one backend from several threads, and see whether each call took effect at one moment.

    Threads run short programs drawn at random; in most rounds one runs at a time, and they hand over to one another
    between opcodes of the backend's code, in the others the interpreter switches between them as often as it can. What
    they were told is then searched for an order that explains it: for each name, and for all names of a batch at once
    where the backend is `Transactional`. A backend takes a lock, or does each thing in one step, and passes.

        def test_threads_may_share_my_backend():
            check_concurrent(lambda folder: MyBackend(folder / "db"))

    While a round is stirred, the trace functions of its threads (not of the thread that calls this) are set aside.

    Args:
        make: Makes an empty backend. With a required parameter it is given a new temporary folder.
        seconds: How long to look for a mistake, in time of the processor. A quick backend passes sooner. It takes at
            most twice as long by the clock, or three times where too few calls have overlapped by then.
        threads: How many threads at most, at least 2.
        seed: Draws the same programs again, and, as far as the machine does, the same schedules.
        bound: How many configurations are looked at for each name, or batch, of a round.

    Raises:
        AssertionError: A promise is broken; the message has a history that shows it.
        UndecidedError: It could not be found out.
        ValidationError: `threads` is less than 2.
    """
    __tracebackhide__ = True
    if threads < 2:
        raise ValidationError(
            f"threads={threads} is not enough: calls of one thread never meet.", suggestions=["Use at least 2."]
        )
    drawn = Random().getrandbits(32) if seed is None else seed
    failure = _Search(make, Random(drawn), seconds, threads, bound).failure()
    if failure is not None:
        raise AssertionError(f"{failure}\n(seed={drawn})") from None


@final
class _Search:
    def __init__(self, make: Callable[..., Any], random: Random, seconds: float, threads: int, bound: int) -> None:
        self._bench = Bench(make)
        self._random = random
        self._seconds = seconds
        self._threads = threads
        self._bound = bound
        self._lengths: dict[frozenset[Method], float] = {}  # opcodes of one call, where these methods met
        self._rounds = self._overlapped = self._unknown = self._calls = self._doubtful = 0

    def failure(self) -> Failure | None:
        """What is wrong, if anything is.

        Raises:
            UndecidedError: That is not known.
        """
        begun, worked = time.monotonic(), time.process_time()
        try:
            while not self._enough(time.monotonic() - begun, time.process_time() - worked):
                stirred = self._rounds % FREE != FREE - 1
                steps = 2 + min(self._rounds // 50, 2) if stirred else 8
                backend, names = self._bench.backend()
                program = draw(self._random, backend, threads=self._threads, steps=steps)
                self._rounds += 1
                failure = self._judged(self._played(backend, program, names, stirred))
                if failure is not None:
                    return self._smallest(program, failure)
        finally:
            self._bench.close()
        self._decide()
        return None

    def _enough(self, elapsed: float, worked: float) -> bool:
        if self._overlapped < FEWEST:
            return elapsed > PATIENCE * self._seconds
        # On a machine that is busy with other things, the work counts, not the clock.
        return max(worked, elapsed / BUSY) > self._seconds or self._rounds >= ROUNDS

    def _played(self, backend: Any, program: Program, names: dict[str, str], stirred: bool) -> Played:
        if not stirred:
            return play(backend, program, names, None)
        # A source of its own, since threads that are held up draw more: what is drawn next stays the same.
        random, calls = Random(self._random.getrandbits(64)), sum(map(len, program.threads))
        known = self._lengths.get(program.methods)
        length = GUESS if known is None else known
        if program.uncut or random.random() < SELDOM:
            times = 1 if program.uncut else random.choice((1, 1, 2, 3))
            gaps, borders = seldom(random, length * calls, times), 0.0
        else:
            # From a few opcodes to two calls; but not so often, where calls are long, that it takes for ever.
            shortest, longest = max(1.5, length / 40), max(8.0, 2 * length)
            gap = shortest * (longest / shortest) ** random.random()
            gaps, borders = often(random, gap), random.choice(BORDERS)
        stirring = Stirring(random, gaps, borders, len(program.threads))
        played = play(backend, program, names, stirring)
        per_call = stirring.steps / max(1, calls)
        self._lengths[program.methods] = per_call if known is None else known + (per_call - known) / 4
        return played

    def _judged(self, played: Played) -> Failure | None:
        self._overlapped += played.overlapped
        self._calls += len(played.calls)
        self._doubtful += sum(call.ended == NEVER for call in played.calls)
        if played.hung:
            self._bench.abandon()
        finding = check(played.calls, bound=self._bound)
        self._unknown += finding.verdict is Verdict.UNKNOWN
        return failure_of(played, finding)

    def _smallest(self, program: Program, failure: Failure) -> Failure:
        """The shortest history that is found in a little time, with programs that have less and less in them."""
        deadline = time.monotonic() + SHRINKING
        found = True
        while found and not failure.hung:
            found = False
            for smaller in program.smaller():
                for _ in range(TRIES):
                    if time.monotonic() > deadline:
                        return failure
                    backend, names = self._bench.backend()
                    other = self._judged(self._played(backend, smaller, names, stirred=True))
                    if other is not None and not other.hung:
                        failure = min(failure, other, key=lambda each: len(each.calls))
                        found = True
                        break
                if found:
                    program = smaller
                    break
        return failure

    def _decide(self) -> None:
        if self._unknown:
            what = f"{self._unknown} of {self._rounds} histories have more than {self._bound} configurations"
            advice = "Raise 'bound', or use fewer threads."
        elif self._overlapped < FEWEST:
            what = f"calls overlapped in only {self._overlapped} of {self._rounds} rounds"
            advice = "Raise 'seconds'."
        elif self._doubtful > DOUBTS * self._calls:
            what = f"{self._doubtful} of {self._calls} calls failed for reasons of the backend's own"
            advice = "See that what the backend needs is there."
        else:
            return
        raise UndecidedError(f"It is not known whether threads may share the backend: {what}.", suggestions=[advice])
