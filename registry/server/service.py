"""What the endpoints of one server share."""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Any, final

from registry.errors import DiagnosticError, StoreError
from registry.mirror import Follower
from registry.revisions import Token
from registry.server.access import EVERYTHING, Access, Level
from registry.server.asking import Asking
from registry.server.bodies import Bodies
from registry.server.feed import Feed
from registry.server.guard import Guard
from registry.server.hosts import Hosts
from registry.server.limits import Limits
from registry.server.metrics import Requests
from registry.server.records import ReadyRecords, ReadySnapshots
from registry.server.tokens import TokenFile
from registry.server.watchers import Watchers
from registry.store_protocol import Grouping, Store

_log = logging.getLogger("registry.server")


@final
class Service:
    """One served store: its mirror, its watchers, its limits and its numbers.

    Args:
        store: The store. It is left open.
        tokens: Who is let in; None for everybody.
        read_only: Whether nothing may be written.
        hosts: The names that it answers to.
        limits: How much it takes.
        sole: Whether nobody else writes to the store. What was acknowledged is then in the mirror, and the store need
            not be asked to know the newest.
    """

    def __init__(
        self,
        store: Store,
        *,
        tokens: TokenFile | None,
        read_only: bool,
        hosts: Iterable[str],
        limits: Limits,
        sole: bool,
    ) -> None:
        most = Level.READ if read_only else Level.ADMIN
        self.store = store
        self.tokens = tokens
        self.read_only = read_only
        self.sole = sole
        self.groups = isinstance(store, Grouping)
        """Whether its `submit` never blocks."""
        self.hosts = Hosts(hosts)
        self.limits = limits
        self.anybody = Access("", EVERYTHING, most=most)
        self.feed = Feed(Follower(store, every=True), limits)
        self.watchers = Watchers(self.feed, limits)
        self.asking = Asking(limits.store_reads)
        self.bodies = Bodies(limits)
        self.requests = Requests()
        self.records = ReadyRecords()
        self.ready_snapshots = ReadySnapshots()
        self.writes = 0
        """Writes that wait for the store."""
        self.snapshots = 0
        """Snapshots that are being sent."""
        self.running = 0
        """Requests that are not answered yet, watchers excepted."""
        self.cleared: dict[str, int] = {}
        """How much the last operations of `clear` removed, for who asks again."""
        self.turns = asyncio.Semaphore(limits.snapshots)
        """Watchers that are sent a snapshot, or read the store's log, at the same time; others wait for their turn."""
        self.guards: dict[Any, Guard] | None = None
        """What watches over each connection, by aiohttp's protocol, where the server has them watched."""
        self.started = time.time()
        self.is_stopping = False
        self._ticking: asyncio.Task[None] | None = None

    @property
    def connections(self) -> int:
        """How many there are, as far as they are watched over."""
        return 0 if self.guards is None else len(self.guards)

    def start(self) -> None:
        """Begin to follow the store, in the running loop. A second call does nothing."""
        if self._ticking is None:
            self.refresh_tokens()
            self.feed.start()
            self._ticking = asyncio.get_running_loop().create_task(self._tick())

    async def _tick(self) -> None:
        """Do what is to be done each second."""
        while True:
            await asyncio.sleep(1.0)
            try:
                self.watchers.wake_lost()
                self.watchers.beat()
                self.refresh_tokens()
                if self.tokens is not None:
                    self.watchers.end_those(self.tokens.still_holds, "the token is no longer valid")
            except Exception:  # or nothing of this would be done ever again
                _log.exception("what is done each second failed")

    def refresh_tokens(self) -> None:
        """Notice changes of the file of tokens."""
        if self.tokens is not None:
            try:
                self.tokens.refresh()
            except DiagnosticError as error:  # what was read before stays valid
                _log.error("the tokens cannot be read: %s", error.message)

    def access(self, authorization: str | None) -> Access | None:
        """What a request may do, None if it has to have a token and has none."""
        return self.anybody if self.tokens is None else self.tokens.find(authorization)

    async def show(self, token: Token) -> None:
        """Let nobody be told of what reads do not show yet: wait until they do.

        Raises:
            StoreError: That takes too long.
        """
        if not await self.feed.reach(token, self.limits.revision_seconds):
            raise StoreError("The server has not seen the newest of its store in time.", suggestions=["Try again."])

    async def catch_up(self, *, bounded: bool = True) -> None:
        """Wait until reads show all that the store has now.

        Args:
            bounded: Whether that may be refused as overload.

        Raises:
            StoreError: It takes too long.
        """
        await self.show(await self.asking.run(self.store.token, bounded=bounded))

    def end_watches(self) -> None:
        """Have all watches end, with where to resume; no new ones begin."""
        self.is_stopping = True
        self.watchers.end("the server stops")

    async def close(self) -> None:
        """End what belongs to the service. The store is left open."""
        self.end_watches()
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        self.feed.stop()
        await asyncio.get_running_loop().run_in_executor(None, self.feed.follower.close)
        self.asking.close()
