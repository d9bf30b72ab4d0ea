"""A future that is quick to wait for."""

import contextlib
import threading
from collections.abc import Generator, Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar, final

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


@final
class Answer(Future[T]):
    """A `Future` whose `result` waits at a lock of its own.

    The standard one waits at a condition, which takes more than twice as long when many threads wait for many of them
    (measured with 32 threads: 15 against 35 microseconds for each).

    It can be awaited too. Those that `answer_all` answers together wake an event loop once, where `asyncio.wrap_future`
    has it woken for each, which takes longer than all else that is done for a write.
    """

    def __init__(self) -> None:
        super().__init__()
        self._turnstile = threading.Lock()
        self._turnstile.acquire()
        self._awaited: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self.add_done_callback(_open)  # the first one, so that nobody waits for what the others do

    def result(self, timeout: float | None = None) -> T:
        """What was answered; see `concurrent.futures.Future.result`."""
        if self._turnstile.acquire(timeout=-1 if timeout is None else max(0.0, timeout)):
            self._turnstile.release()  # for the next one who waits
        return super().result(0)

    def __await__(self) -> Generator[Any, None, T]:
        """Wait in the running event loop."""
        if not self.done():
            import asyncio

            loop = asyncio.get_running_loop()
            waiter: asyncio.Future[None] = loop.create_future()
            with self._condition:  # it is answered before or after this
                is_done = self.done()
                if not is_done:
                    self._awaited.append((loop, waiter))
            if not is_done:
                yield from waiter
        return self.result()

    def cancel(self) -> bool:
        """Give up before it was begun; see `concurrent.futures.Future.cancel`."""
        is_cancelled = super().cancel()
        if is_cancelled:
            _wake_all([self])
        return is_cancelled

    def disown(self, exception: BaseException) -> None:
        """Answer in a forked child, where the threads that may hold the locks are not; nobody else is told."""
        self._condition = threading.Condition()
        self._turnstile = threading.Lock()
        self.__dict__["_done_callbacks"] = []
        if not self.done():
            self.set_exception(exception)


def answer_all(answers: Iterable[tuple[Answer[T], T | BaseException]]) -> None:
    """Give answers their results or exceptions, and wake each event loop in which some are awaited once."""
    answered = []
    for answer, outcome in answers:
        if isinstance(outcome, BaseException):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)
        answered.append(answer)
    _wake_all(answered)


def _wake_all(answers: Iterable[Answer[Any]]) -> None:
    waiting: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for answer in answers:
        for loop, waiter in answer._awaited:
            waiting.setdefault(loop, []).append(waiter)
    for loop, waiters in waiting.items():
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits in it any more
            loop.call_soon_threadsafe(_wake, waiters)


def _wake(waiters: "list[asyncio.Future[None]]") -> None:
    for waiter in waiters:
        if not waiter.done():  # or who waited was cancelled
            waiter.set_result(None)


def _open(answer: "Future[Any]") -> None:
    if isinstance(answer, Answer):
        answer._turnstile.release()
