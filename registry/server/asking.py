"""Questions to the store itself, outside the event loop."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, final

from registry.errors import AccessDeniedError, OverloadedError, StoreError

Answer = TypeVar("Answer")

_THREADS = 8

_log = logging.getLogger("registry.server")


def not_let_in(error: AccessDeniedError) -> StoreError:
    """What clients are told where the store denies the server something: it is not for them to mend.

    Another server may be let in; and what the store said, with where it is, is for whoever runs this one.
    """
    _log.error("the store does not let the server in: %s", " ".join([error.message, *error.suggestions]))
    return StoreError(
        "The store does not let the server in.", suggestions=["Tell whoever runs the server, whose log has the reason."]
    )


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
            StoreError: The store lets nobody in like this; or whatever else the function raises.
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
        except AccessDeniedError as error:
            raise not_let_in(error) from error
        finally:
            self.asked -= 1

    def close(self) -> None:
        """End the threads, those that still wait excepted."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
