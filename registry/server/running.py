"""A server that runs in an event loop: from its first connection to the last answer."""

import asyncio
import contextlib
import logging
from typing import Any, final

from registry.names import quote
from registry.server.guard import Guards
from registry.server.handler import NamespaceHandler
from registry.server.hosts import machine_names
from registry.server.listening import Listening
from registry.server.startup import Settings, Start
from registry.store_protocol import Store

_log = logging.getLogger("registry.server")

_SWEEP = 0.5
"""Seconds between two looks for connections that take too long; less where a limit is shorter."""

_LINGER = 2.0
"""Seconds for which the rest of a body is read that nobody wants, so that its sender gets the answer."""


class _Quoted(logging.Filter):
    """Tells of a request that cannot be read in one quoted line, without a traceback that says nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if error is not None and record.msg == "Error handling request from %s":
            record.msg, record.args, record.exc_info = "a request could not be read: %s", (quote(str(error)),), None
            record.levelno, record.levelname = logging.INFO, "INFO"
        return True


@final
class RunningServer:
    """One server in the running loop.

    Args:
        store: The store. It is left open.
        settings: Where, and how much it takes.
        start: What `plan_start` said.
        sole: Whether nobody else writes to the store.
        listening: The address, if it is bound already.
    """

    def __init__(
        self, store: Store, settings: Settings, start: Start, *, sole: bool = False, listening: Listening | None = None
    ) -> None:
        self._settings = settings
        self._listening = Listening(settings, start) if listening is None else listening
        self.handler = NamespaceHandler(
            store,
            tokens=settings.token_file if start.auth else None,
            read_only=settings.read_only,
            hosts=[*machine_names(settings.host), *settings.allow_hosts],
            limits=settings.limits,
            sole=sole,
        )
        self._web: Any = None
        self.guards: Guards | None = None
        self._sweeping: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it can be reached."""
        return self._listening.url

    async def open(self) -> None:
        """Take requests, at the address that was bound or is bound now.

        Raises:
            OperationalError: The address or the certificate cannot be used.
        """
        from aiohttp import web

        limits = self._settings.limits
        logger = logging.getLogger("registry.server.http")
        if not any(isinstance(one, _Quoted) for one in logger.filters):
            logger.addFilter(_Quoted())
        service = self.handler.service
        self._web = web.Server(
            self.handler.handle,
            access_log=None,
            logger=logger,
            keepalive_timeout=limits.idle_seconds,
            lingering_time=_LINGER,
            max_line_size=limits.header_line,
            max_field_size=limits.header_line,
            max_headers=limits.headers,
            auto_decompress=False,
        )
        guards = self.guards = Guards(self._web, limits, lambda: service.watchers.count)
        service.guards = guards.open
        try:
            if not self._listening.url:
                await self._listening.bind()
            service.start()
            await self._listening.serve(guards)
        except BaseException:
            self._listening.close()
            await self.handler.close()
            raise
        self._sweeping = asyncio.get_running_loop().create_task(self._sweep())

    async def close(self) -> None:
        """Stop: take no more connections, finish what was asked, end the watches, close everything but the store."""
        service, guards = self.handler.service, self.guards
        loop = asyncio.get_running_loop()
        await self._listening.end()
        service.end_watches()
        if guards is not None:
            guards.close_idle()
            until = loop.time() + self._settings.limits.grace_seconds
            while (service.running or service.watchers.count or guards.open) and loop.time() < until:
                await asyncio.sleep(0.01)
                guards.close_idle()
            left = len(guards.open)
            if left:
                _log.warning("%d connections did not end in time and are cut", left)
        if self._web is not None:
            with contextlib.suppress(TimeoutError):
                await self._web.shutdown(0.1)
        if guards is not None:
            guards.cut()
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)
        await self.handler.close()

    async def _sweep(self) -> None:
        limits = self._settings.limits
        pause = min(_SWEEP, limits.header_seconds / 4, limits.stall_seconds / 4)
        guards = self.guards
        while guards is not None:
            await asyncio.sleep(pause)
            guards.sweep()
