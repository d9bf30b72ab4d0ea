"""Follows a server's stream of events."""

import time
from collections import deque
from collections.abc import Collection, Iterator
from typing import final
from urllib.parse import quote as percent_encoded

import attrs

from registry.errors import ValidationError
from registry.revisions import Beat, Frame, Seen, Token
from registry.stores.http.failures import stopping
from registry.stores.transport import failures
from registry.stores.transport.calls import Caller
from registry.stores.transport.lifetime import Lifetime
from registry.stores.transport.requests import EVENTS, Answer, Request
from registry.stores.transport.streams import blocks_of
from registry.wire.events import EventParser, ServerEvent, read_event
from registry.wire.json import read

LONGEST_QUERY = 6000
"""Bytes of the names of namespaces in one request; where there are more, all are watched and the others passed over."""


@final
class HTTPWatch:
    """What happens in a served store after a moment. It connects when it is first read.

    Args:
        caller: Sends the request.
        since: The moment.
        namespaces: Which ones; None for all.
        silence: Seconds without a byte after which the server is given up.
        patience: Seconds within which an event that began has to be whole.
    """

    def __init__(
        self, caller: Caller, since: Token, namespaces: Collection[str] | None, silence: float, patience: float
    ) -> None:
        self._caller = caller
        self._token = since
        self._namespaces = None if namespaces is None else frozenset(namespaces)
        self._silence = silence
        self._patience = patience
        self._life = Lifetime()
        self._answer: Answer | None = None
        self._blocks: Iterator[bytes] = iter(())
        self._parser = EventParser()
        self._events: deque[ServerEvent] = deque()

    def __iter__(self) -> "HTTPWatch":
        return self

    def __next__(self) -> Seen:
        """What happened next."""
        return self._life.read(self._next)

    def close(self) -> None:
        """End it, also a `next` that another thread waits in."""
        self._life.end()

    # ----------------------------------------------------------------------------------- in the thread that reads

    def _next(self) -> Seen | None:
        """What happened next; None when the watch was closed."""
        if self._answer is None and not self._life.is_ended:
            self._answer = self._connected()
            self._life.held = self._answer.connection
            address, silence = self._answer.address, self._silence  # a circle with itself would keep its socket open
            self._blocks = blocks_of(self._answer, lambda: failures.silent(address, silence))
        deadline = time.monotonic() + max(self._patience, self._silence)
        while not self._life.is_ended:
            while self._events:
                seen = self._seen(self._events.popleft())
                if seen is not None:
                    return seen
            self._events.extend(self._parser.feed(self._block(deadline)))
        return None

    def _connected(self) -> Answer:
        query = f"since={percent_encoded(str(self._token))}"
        names = () if self._namespaces is None else sorted(self._namespaces)
        asked = "".join(f"&namespace={percent_encoded(name, safe='')}" for name in names)
        if len(asked) <= LONGEST_QUERY:
            query += asked
        return self._caller.watch(Request(f"/watch?{query}", accept=EVENTS, is_streamed=True), self._life.opened)

    def _block(self, deadline: float) -> bytes:
        assert self._answer is not None
        connection = self._answer.connection
        connection.line.deadline = deadline
        for block in self._blocks:
            connection.line.silence = (
                self._silence
            )  # from now on: what came before the moment may have to be looked for
            return block
        raise failures.broken(self._answer.address, ConnectionResetError("the server ended the stream"))

    def _seen(self, event: ServerEvent) -> Seen | None:
        """What an event says; None for what is of no interest here."""
        assert self._answer is not None
        address = self._answer.address
        try:
            if event.kind == "end":
                reason = str(read(event.data, "event")["reason"])
                self._caller.avoid(address, reason)
                raise stopping(address, reason)
            seen = read_event(event)
        except (ValidationError, KeyError, TypeError) as error:
            raise failures.unusable(address, "sent an event that cannot be read") from error
        if isinstance(seen, Frame):
            self._check(seen.token, seen.token.revision > self._token.revision)
            return seen if self._namespaces is None or seen.namespace in self._namespaces else None
        if isinstance(seen, Beat):
            self._check(seen.token, seen.token.revision >= self._token.revision)
            if self._namespaces is not None and not seen.digests.keys() <= self._namespaces:
                wanted = {name: digest for name, digest in seen.digests.items() if name in self._namespaces}
                return attrs.evolve(seen, digests=wanted)
        return seen

    def _check(self, token: Token, is_next: bool) -> None:
        assert self._answer is not None
        if not is_next or token.epoch != self._token.epoch:
            raise failures.unusable(self._answer.address, f"sent an event of {token} after {self._token}")
        self._token = token

    def __repr__(self) -> str:
        return f"HTTPWatch(since={str(self._token)!r})"
