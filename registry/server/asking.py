"""Questions to the store itself, outside the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, final

from registry.errors import OverloadedError

Answer = TypeVar("Answer")

_THREADS = 8


@final
class Asking:
    """A few threads that wait for the store.

    Args:
        most: The most questions at once; more are refused.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._executor: ThreadPoolExecutor | None = None
        self.asked = 0
        """Questions that are not answered yet."""

    async def run(self, question: Callable[[], Answer], *, bounded: bool = True) -> Answer:
        """What a function returns that may block.

        Args:
            question: The function.
            bounded: Whether it may be refused as overload; False for what was counted elsewhere already.

        Raises:
            OverloadedError: Too many wait already.
        """
        if bounded and self.asked >= self._most:
            raise OverloadedError(
                "The server has as many questions to its store as it takes at once.", context={"limit": self._most}
            )
        if self._executor is None:
            self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="registry-server")
        self.asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, question)
        finally:
            self.asked -= 1

    def close(self) -> None:
        """End the threads, those that still wait excepted."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
