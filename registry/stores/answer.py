"""A future that is quick to wait for."""

import threading
from concurrent.futures import Future
from typing import Any, TypeVar, final

T = TypeVar("T")


@final
class Answer(Future[T]):
    """A `Future` whose `result` waits at a lock of its own.

    The standard one waits at a condition, which takes more than twice as long when many threads wait for many of them
    (measured with 32 threads: 15 against 35 microseconds for each). All else is as it was.
    """

    def __init__(self) -> None:
        super().__init__()
        self._turnstile = threading.Lock()
        self._turnstile.acquire()
        self.add_done_callback(_open)  # the first one, so that nobody waits for what the others do

    def result(self, timeout: float | None = None) -> T:
        """What was answered; see `concurrent.futures.Future.result`."""
        if self._turnstile.acquire(timeout=-1 if timeout is None else max(0.0, timeout)):
            self._turnstile.release()  # for the next one who waits
        return super().result(0)

    def disown(self, exception: BaseException) -> None:
        """Answer in a forked child, where the threads that may hold the locks are not; nobody else is told."""
        self._condition = threading.Condition()
        self._turnstile = threading.Lock()
        self.__dict__["_done_callbacks"] = []
        if not self.done():
            self.set_exception(exception)


def _open(answer: "Future[Any]") -> None:
    if isinstance(answer, Answer):
        answer._turnstile.release()
