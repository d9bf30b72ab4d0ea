"""Calls of servers: within one deadline, over several servers, sent again where that is safe."""

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, final

from registry.errors import DiagnosticError
from registry.stores.transport.address import Address
from registry.stores.transport.attempts import AgainError, Attempts
from registry.stores.transport.connections import Pool
from registry.stores.transport.dialect import Dialect
from registry.stores.transport.reach import Reach
from registry.stores.transport.requests import Answer, Request
from registry.stores.transport.tls import Trust

if TYPE_CHECKING:
    import socket

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 1.0
"""Seconds before a request is sent again: doubled each time, and half of it at random."""


@final
class Caller:
    """Sends requests to whichever server answers.

    Args:
        dialect: Says who asks, and what refusals mean.
        reach: Knows which servers can be reached.
        trust: Gives what TLS needs.
        timeout: Seconds for one call.
        patience: Seconds for the first server of several, see `Attempts`.
    """

    __slots__ = ("_dialect", "_patience", "_reach", "_trust", "pool", "timeout")

    def __init__(
        self, dialect: Dialect, reach: Reach, trust: Trust, timeout: float, patience: float | None = None
    ) -> None:
        self._dialect = dialect
        self._reach = reach
        self._trust = trust
        self.pool = Pool()
        self.timeout = timeout
        self._patience = patience

    def ask(self, request: Request) -> Answer:
        """The answer to a request, if it is one of success.

        Raises:
            DiagnosticError: What the server said instead.
            UnknownOutcomeError: It was a write, and may have been made.
            RemoteError: There is no answer.
        """
        attempts = self._attempts(request)
        number, pause = 0, FIRST_PAUSE
        while True:
            number += 1
            try:
                return attempts.once()
            except AgainError as again:
                wait = pause * random.SystemRandom().uniform(0.5, 1.0) if again.after is None else again.after
                if number >= again.most or wait >= attempts.deadline - time.monotonic():
                    raise attempts.failure(again.error) from again.error.__cause__
            except DiagnosticError as error:
                raise attempts.failure(error) from error.__cause__
            time.sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE)

    def watch(self, request: Request, opened: "Callable[[socket.socket], None]") -> Answer:
        """The beginning of a stream, over a connection of its own. Nothing is waited for between two attempts.

        Args:
            request: What is asked.
            opened: Told of each socket before anything is waited for, and may raise.

        Raises:
            DiagnosticError: As `ask`.
        """
        attempts = self._attempts(request, opened)
        while True:
            try:
                return attempts.once()
            except AgainError as again:
                if again.after != 0.0 or attempts.deadline <= time.monotonic():
                    raise again.error from again.error.__cause__

    def avoid(self, address: Address, why: str) -> None:
        """Ask others first for a while, if there are others."""
        if not self._reach.is_single:
            self._reach.failed(address, why)

    def _attempts(self, request: Request, opened: "Callable[[socket.socket], None] | None" = None) -> Attempts:
        trust, timeout, patience = self._trust, self.timeout, self._patience
        return Attempts(request, self._dialect, self._reach, self.pool, trust, timeout, opened, patience)
