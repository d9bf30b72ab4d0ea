"""Calls to a part, written down as they are made, and the shortest history of them that shows a broken promise."""

import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import PurePath
from typing import Generic, TypeVar, final

import attrs
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis.strategies import SearchStrategy

from registry.names import quote

Step = TypeVar("Step")
T = TypeVar("T")

SHORTENING = 8.0
"""Seconds for which a shorter history is looked for once there is one."""


class _Found(BaseException):
    """Ends the drawing of programs: no Exception, which Hypothesis would take for a failure to be looked into."""


class BrokenPromise(Exception):
    """A promise that the call made last has broken; the message is a sentence that says which."""


@final
class History:
    """The calls that were made to a part, each as a line of Python, and what came of the last one."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, line: str) -> None:
        """Write down what is done to the part without asking it anything."""
        self.lines.append(line)

    def call(
        self, line: str, function: Callable[[], T], promise: str = "A call raised what nothing allows it to."
    ) -> T:
        """What a call returns. An exception breaks the promise."""
        self.lines.append(line)
        try:
            return function()
        except Exception as error:  # whatever a part lets through is reported as its answer
            raise self.broken(promise, _raised(error)) from error

    def refused(
        self,
        line: str,
        function: Callable[[], object],
        kinds: type[Exception] | tuple[type[Exception], ...],
        promise: str,
    ) -> Exception:
        """The exception of a call that has to raise one of these kinds. Anything else breaks the promise."""
        self.lines.append(line)
        try:
            answer = function()
        except kinds as error:
            self.lines[-1] += f"  # raised {type(error).__name__}"
            return error
        except Exception as error:  # likewise
            raise self.broken(promise, _raised(error)) from error
        raise self.broken(promise, f"returned {quote(answer, 200)}")

    def check(self, kept: bool, promise: str, answer: str) -> None:
        """Stop if the promise was not kept; `answer` says what the last call did, as "returned 3"."""
        if not kept:
            raise self.broken(promise, answer)

    def broken(self, promise: str, answer: str) -> BrokenPromise:
        """The end of this history, with what the last call did beside it."""
        if self.lines:
            self.lines[-1] += f"  # {answer}"
        return BrokenPromise(promise)


def _raised(error: Exception) -> str:
    """What was raised, and where, without the folders of this machine."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    place = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    text = " ".join(str(error).split())
    return f"raised {type(error).__name__}{f': {text[:200]}' if text else ''}{place}"


@attrs.frozen
class Failure:
    """A broken promise, with the history that shows it.

    Attributes:
        promise: One sentence.
        lines: The calls.
        steps: How many steps of the program were begun.
    """

    promise: str
    lines: tuple[str, ...]
    steps: int

    def __str__(self) -> str:
        return "\n".join([self.promise, "", *self.lines])


def failure_of(history: History, take: Callable[[], Iterator[object]]) -> Failure | None:
    """What goes wrong in a program.

    Args:
        history: Where its calls are written down.
        take: Takes the steps of the program, and yields after each.
    """
    steps = 0
    try:
        for _ in take():
            steps += 1
    except BrokenPromise as broken:
        return Failure(str(broken), tuple(history.lines), steps + 1)
    return None


def fail(failure: Failure | None) -> None:
    """Raise what a check found, if it found something.

    Raises:
        AssertionError: With the promise, and the calls, one a line.
    """
    if failure is not None:
        raise AssertionError(str(failure)) from None


@attrs.frozen
class Search(Generic[Step]):
    """Looks for a program, a sequence of steps, in which a promise is broken.

    Attributes:
        play: Makes a new part, takes the steps, and gives what went wrong.
        directed: The programs to be tried first: each shows a mistake that is easily made.
        drawn: Makes more of them.
        simpler: Gives programs that mean the same and are easier to read, best first.
    """

    play: Callable[[Sequence[Step]], Failure | None]
    directed: Iterable[Sequence[Step]]
    drawn: SearchStrategy[Sequence[Step]]
    simpler: Callable[[Sequence[Step]], Iterable[Sequence[Step]]] = lambda program: ()

    def run(self, max_examples: int) -> None:
        """Try the directed programs, and then so many drawn ones.

        Raises:
            AssertionError: A promise was broken.
        """
        for program in self.directed:
            failure = self.play(program)
            if failure is not None:
                fail(self._shortest(program, failure))
        found: list[tuple[Sequence[Step], Failure]] = []

        # Hypothesis draws and knows of no failure: nothing of it is in the message, and a part that does not do the
        # same each time cannot confuse it.
        @settings(
            max_examples=max(1, max_examples),
            phases=[Phase.generate],
            database=None,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType]  # all, as documented
            verbosity=Verbosity.quiet,
        )
        @given(self.drawn)
        def draw(program: Sequence[Step]) -> None:
            failure = self.play(program)
            if failure is not None:
                found.append((program, failure))
                raise _Found

        if max_examples > 0:
            with suppress(_Found):
                draw()
        for program, failure in found:
            fail(self._shortest(program, failure))

    def _shortest(self, program: Sequence[Step], failure: Failure) -> Failure:
        """The failure of the shortest program that breaks the same promise, as far as there is time to look for it."""
        until = time.monotonic() + SHORTENING
        program = program[: failure.steps]
        length = max(1, len(program) // 2)
        while time.monotonic() < until:
            dropped = False
            position = 0
            while position < len(program) and time.monotonic() < until:
                shorter = [*program[:position], *program[position + length :]]
                again = self._same(shorter, failure)
                if again is None:
                    position += length
                else:
                    program, failure, dropped = shorter[: again.steps], again, True
            if length > 1:
                length //= 2
            elif not dropped:
                break
        return self._simplest(program, failure, until)

    def _simplest(self, program: Sequence[Step], failure: Failure, until: float) -> Failure:
        improved = True
        while improved:
            improved = False
            for other in self.simpler(program):
                if time.monotonic() >= until:
                    return failure
                again = self._same(other, failure)
                if again is not None:
                    program, failure, improved = other, again, True
                    break
        return failure

    def _same(self, program: Sequence[Step], failure: Failure) -> Failure | None:
        again = self.play(program)
        return again if again is not None and again.promise == failure.promise else None
