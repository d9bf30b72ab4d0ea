"""Sends one request, to one server after another if need be, and judges what became of it."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, final

from registry.errors import DiagnosticError, UnknownOutcomeError
from registry.stores.transport import failures
from registry.stores.transport.address import Address
from registry.stores.transport.answers import Head
from registry.stores.transport.connections import Connection, Pool, dial
from registry.stores.transport.dialect import Dialect, is_final
from registry.stores.transport.garbled import GarbledError
from registry.stores.transport.reach import Reach
from registry.stores.transport.requests import Answer, Request
from registry.stores.transport.tls import Trust

if TYPE_CHECKING:
    import socket

MAX_ERROR = 1 << 20
"""The longest body of a refusal, in bytes."""

SENT_AT_MOST = 4
"""How often a request is sent whose failure leaves no doubt."""

GARBLED_AT_MOST = 2
"""How often a write is sent whose answers make no sense."""

WITHOUT_END = float("inf")


class AgainError(Exception):
    """An attempt failed, and another one may succeed.

    Attributes:
        error: What is raised when there is no other one.
        after: Seconds to wait before; None for the usual pause.
        most: How many attempts there may be for that.
    """

    def __init__(self, error: DiagnosticError, after: float | None = None, most: float = SENT_AT_MOST) -> None:
        super().__init__()
        self.error = error
        self.after = after
        self.most = most


@final
class Attempts:
    """One call, with what happened to it so far.

    Args:
        request: What is asked.
        dialect: Says who asks, and what refusals mean.
        reach: Knows which servers can be reached.
        pool: Has connections.
        trust: Gives what TLS needs.
        timeout: Seconds for all attempts.
        opened: Told of each socket before anything is waited for, and may raise. The connection is a new one then.
        patience: Seconds for the first server that is asked, where there are others; the next one has twice as many.
            None gives each of them half of what is left.

    Attributes:
        deadline: When the call ends, by `time.monotonic()`.
    """

    __slots__ = (
        "_authorization",
        "_dialect",
        "_doubtful",
        "_failed",
        "_is_renewed",
        "_opened",
        "_patience",
        "_pool",
        "_reach",
        "_request",
        "_said",
        "_timeout",
        "_trust",
        "deadline",
    )

    def __init__(
        self,
        request: Request,
        dialect: Dialect,
        reach: Reach,
        pool: Pool,
        trust: Trust,
        timeout: float,
        opened: "Callable[[socket.socket], None] | None" = None,
        patience: float | None = None,
    ) -> None:
        self._patience = patience
        self._request = request
        self._dialect = dialect
        self._reach = reach
        self._pool = pool
        self._trust = trust
        self._timeout = timeout
        self._opened = opened
        self._doubtful: Address | None = None  # where a write was sent that may have been made
        self._failed: Address | None = None
        self._authorization = b""  # what was shown last
        self._is_renewed = False
        self._said: DiagnosticError | None = None  # by the last server that answered
        self.deadline = time.monotonic() + timeout

    def once(self) -> Answer:
        """The answer of one attempt, if it is one of success.

        Raises:
            AgainError: Another attempt may succeed.
            DiagnosticError: None will.
        """
        connection = self._connected()
        address, began = connection.address, time.monotonic()
        share = self._share(began)
        try:
            connection.line.deadline = share
            answer = self._exchange(connection)
        except DiagnosticError:  # some of which are an OSError too
            connection.close()
            raise
        except TimeoutError as error:
            connection.close()
            is_over = share >= self.deadline
            seconds = self._timeout if is_over else round(share - began, 1)
            self._reach.failed(address, f"it did not answer within {seconds:g} seconds", since=began)
            # Where there is no time left, what a server has said before tells more.
            said = self._said if is_over else None
            raise self._lost(connection, said or failures.late(address, seconds), error, after=0.0) from None
        except OSError as error:
            connection.close()
            # A server may close a connection that waits, just before it is used.
            after = 0.0 if connection.is_seasoned else None
            raise self._lost(connection, failures.broken(address, error), error, after=after) from None
        except GarbledError as error:
            connection.close()
            raise self._garbled(address, failures.unusable(address, f"sent {error}"), error) from None
        except BaseException:
            connection.close()
            raise
        self._reach.answered(address)
        if answer.head.status != 200:
            raise self._refused(answer)
        answer.is_repeated = self._doubtful is not None
        return answer

    def failure(self, error: DiagnosticError) -> DiagnosticError:
        """What is raised in the end: that nobody knows, if a write may have been made."""
        if self._doubtful is None or self._request.operation is None:
            return error
        if isinstance(error, UnknownOutcomeError) or not is_final(error, self._request.pinned):
            return failures.unknown(self._request.operation, self._doubtful, error)
        return error

    # ------------------------------------------------------------------------------------------------ connecting

    def _connected(self) -> Connection:
        """A connection to the best server that there is.

        Raises:
            AgainError: There is none, and a write is in doubt.
            RemoteError: There is none.
        """
        known: list[tuple[Address, str]] = []
        is_asked, cause = False, None
        addresses = self._order()
        for position, address in enumerate(addresses):
            why = None if self._doubtful is not None else self._reach.away(address)
            if why is not None:
                known.append((address, why))
                continue
            connection = self._pool.take(address) if self._opened is None else None
            if connection is not None:
                return connection
            context = self._trust.context() if address.secure else None
            is_asked, now = True, time.monotonic()
            try:
                share = (self.deadline - now) / (len(addresses) - position)
                return dial(address, now + share, context, self._opened)
            except OSError as error:
                cause, why = error, failures.reason_of(error)
                self._reach.failed(address, why)
                known.append((address, why))
        failure = failures.unreachable(known, is_asked, is_sent=self._doubtful is not None)
        failure.__cause__ = cause
        if self._doubtful is not None:
            raise AgainError(failure, most=WITHOUT_END)
        raise failure

    def _order(self) -> Sequence[Address]:
        addresses = self._reach.order()
        if self._failed is None or len(addresses) == 1:
            return addresses
        return sorted(addresses, key=lambda address: address is self._failed)

    def _share(self, now: float) -> float:
        """Until when one server may take: where there are others, they get some of the time."""
        if self._reach.is_single:
            return self.deadline
        patience = self._patience
        if patience is None or self._request.is_slow:
            return min(self.deadline, now + max((self.deadline - now) / 2, self._timeout / 8))
        self._patience = 2 * patience
        return min(self.deadline, now + patience)

    # ----------------------------------------------------------------------------------------- sending and reading

    def _exchange(self, connection: Connection) -> Answer:
        request = self._request
        self._authorization = self._dialect.authorization(connection.address)
        written = request.written(connection.address, self._authorization)
        try:
            connection.line.send(written)
        except ConnectionError as error:
            return self._said_early(connection, error)
        head = connection.reader.head()
        if head.status == 200:
            if head.media_type != request.accept:
                raise GarbledError(failures.kind_of(head.media_type))
            if request.is_streamed:
                return Answer(connection.address, head, b"", connection)
        return Answer(connection.address, head, self._body(connection, head), connection)

    def _said_early(self, connection: Connection, error: ConnectionError) -> Answer:
        """What a server said that refuses a request before it has all of it, and hangs up."""
        try:
            head = connection.reader.head()
            body = self._body(connection, head)
        except (OSError, GarbledError):
            raise error from None
        return Answer(connection.address, head, body, connection)

    def _body(self, connection: Connection, head: Head) -> bytes:
        body = connection.reader.body(head, self._request.limit if head.status == 200 else MAX_ERROR)
        if head.is_lasting and not connection.reader.is_ahead:
            connection.is_seasoned = True
            self._pool.give(connection)
        else:
            connection.close()
        return body

    # --------------------------------------------------------------------------------------------------- judging

    def _lost(
        self, connection: Connection, error: DiagnosticError, cause: Exception, after: float | None
    ) -> AgainError:
        """A request was sent, in whole or in part, and its answer did not come."""
        error.__cause__ = cause
        self._failed = connection.address
        if self._request.operation is not None and connection.line.has_sent:
            self._doubtful = connection.address
        return AgainError(error, after, SENT_AT_MOST if self._doubtful is None else WITHOUT_END)

    def _garbled(self, address: Address, error: DiagnosticError, cause: Exception) -> Exception:
        error.__cause__ = cause
        if self._request.operation is None:
            return error
        self._doubtful = address
        return AgainError(error, None, GARBLED_AT_MOST)

    def _refused(self, answer: Answer) -> Exception:
        refusal = self._dialect.refusal(answer)
        error = self._said = refusal.error
        if refusal.wants_credentials and not self._is_renewed and self._dialect.renewed(self._authorization):
            self._is_renewed = True
            return AgainError(error, 0.0)
        self._failed = answer.address
        if self._request.operation is not None and refusal.leaves_doubt:
            self._doubtful = answer.address
            return AgainError(error, None, WITHOUT_END)
        if refusal.is_busy:
            return AgainError(error, refusal.after if refusal.after else None, WITHOUT_END)
        if refusal.may_pass:
            elsewhere = not self._reach.is_single
            if refusal.is_lasting and not elsewhere and self._doubtful is None:
                return error
            if elsewhere or not refusal.is_ours or refusal.after is not None:
                return AgainError(error, None if elsewhere else refusal.after)
        return error
