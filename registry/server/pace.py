"""Long answers are written as fast as their clients read, and not to those who hardly do."""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator
from typing import final

from registry.revisions import Stored
from registry.server.limits import Limits

PART = 64 * 1024
"""Bytes that are written before the client has to have taken most of what came before."""

SLOWEST = 64 * 1024
"""Bytes that a client has to take each second of a long answer, once `stall_seconds` are over."""


@final
class Pace:
    """Watches over how one long answer is taken.

    Args:
        limits: How long a client may take nothing.
    """

    def __init__(self, limits: Limits) -> None:
        self._stall = limits.stall_seconds
        self._began = asyncio.get_running_loop().time()
        self._sent = 0

    async def taken(self, writing: Awaitable[None], transport: asyncio.Transport, size: int) -> None:
        """Wait until the client has taken most of what was written.

        Args:
            writing: Ends when it has.
            transport: The connection. It is aborted when the client is too slow.
            size: How many bytes were written.

        Raises:
            ConnectionError: The client is gone, or too slow.
        """
        self._sent += size
        try:
            async with asyncio.timeout(self._stall):
                await writing
        except TimeoutError:
            transport.abort()
        if asyncio.get_running_loop().time() - self._began > self._stall + self._sent / SLOWEST:
            transport.abort()
        if transport.is_closing():
            raise ConnectionResetError("the client has gone, or takes nothing")


def pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of no more than `PART`."""
    whole = b"".join(parts)
    if len(whole) <= PART:
        yield whole
        return
    view = memoryview(whole)
    for start in range(0, len(whole), PART):
        yield bytes(view[start : start + PART])


def portions(records: Iterable[Stored]) -> Iterator[list[Stored]]:
    """Records in portions that make about `PART` each when they are written."""
    portion: list[Stored] = []
    size = 0
    for stored in records:
        portion.append(stored)
        size += 100 + (0 if stored.record is None else len(stored.record))
        if size >= PART:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
