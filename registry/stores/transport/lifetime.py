"""The life of a watch over a connection: one thread reads it at a time, and any thread ends it."""

import os
import socket
import threading
from collections.abc import Callable
from typing import final

from registry.errors import DiagnosticError, RemoteError
from registry.protocols import Closeable
from registry.revisions import Reset, Seen
from registry.stores.transport.connections import shut


class EndedError(Exception):
    """The watch was ended while it connected."""


@final
class Lifetime:
    """Whether a watch goes on, and what it holds until it does not.

    Attributes:
        is_ended: Whether it was ended.
        held: Its connection, which is closed in the end. It must not refer to the watch: a circle would keep a
            connection open that nobody reads.
    """

    __slots__ = ("_process", "_socket", "_turn", "held", "is_ended")

    def __init__(self) -> None:
        self.held: Closeable | None = None
        self._process = os.getpid()
        self._turn = threading.Lock()
        self._socket: socket.socket | None = None
        self.is_ended = False

    def opened(self, opened: socket.socket) -> None:
        """Take note of a socket that is about to be waited for.

        Raises:
            EndedError: Nobody waits any more.
        """
        self._socket = opened
        if self.is_ended:
            raise EndedError

    def read(self, next_one: Callable[[], Seen | None]) -> Seen:
        """What comes next, as `Watch.__next__` gives it.

        Args:
            next_one: Waits for it; gives None when the watch was ended.
        """
        if self._process != os.getpid():
            raise RemoteError(
                "A watch that another process began cannot be read on.",
                suggestions=["Watch from the last token that was seen."],
            )
        try:
            with self._turn:
                seen = next_one()
        except EndedError:
            seen = None
        except BaseException as error:
            if self.is_ended and isinstance(error, DiagnosticError):  # what was waited for was cut off on purpose
                raise StopIteration from None
            self.is_ended = True
            raise
        finally:
            if self.is_ended:
                self._tidy()
        if seen is None or isinstance(seen, Reset):
            self.end()
        if seen is None:
            raise StopIteration
        return seen

    def end(self) -> None:
        """End it, also while another thread reads."""
        self.is_ended = True
        if self._process != os.getpid():  # the connection is the parent's, and only this side of it is closed
            self._release()
            return
        waited_for = self._socket
        if waited_for is not None:
            shut(waited_for)
        self._tidy()

    def _release(self) -> None:
        if self.held is not None:
            self.held.close()

    def _tidy(self) -> None:
        """Give the connection back, unless another thread is reading it: that one does it then."""
        if self._turn.acquire(blocking=False):
            try:
                self._socket = None
                self._release()
            finally:
                self._turn.release()
