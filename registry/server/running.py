"""A server that runs in an event loop: from binding its address to the last answer."""

import asyncio
import contextlib
import logging
import socket
from pathlib import Path
from typing import Any, final

from registry.errors import OperationalError
from registry.names import WHOLE, quote
from registry.server.guard import Guards
from registry.server.handler import NamespaceHandler
from registry.server.hosts import machine_names
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
    """

    def __init__(self, store: Store, settings: Settings, start: Start, *, sole: bool = False) -> None:
        self._settings = settings
        self._start = start
        self.handler = NamespaceHandler(
            store,
            tokens=settings.token_file if start.auth else None,
            read_only=settings.read_only,
            hosts=[*machine_names(settings.host), *settings.allow_hosts],
            limits=settings.limits,
            sole=sole,
        )
        self._listening: asyncio.Server | None = None
        self._web: Any = None
        self.guards: Guards | None = None
        self._sweeping: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it can be reached."""
        assert self._listening is not None
        port = self._listening.sockets[0].getsockname()[1]
        host = self._settings.host or "0.0.0.0"
        return f"{'https' if self._start.tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"

    async def open(self) -> None:
        """Bind the address and take requests.

        Raises:
            OperationalError: The address or the certificate cannot be used.
        """
        from aiohttp import web

        limits, settings = self._settings.limits, self._settings
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
        tls = self._tls()
        self.handler.service.start()
        loop = asyncio.get_running_loop()
        try:
            self._listening = await loop.create_server(
                guards,
                settings.host or None,
                settings.port,
                ssl=tls,
                backlog=1024,
                family=socket.AF_UNSPEC,
                ssl_handshake_timeout=None if tls is None else limits.header_seconds,
            )
        except (OSError, OverflowError) as error:
            await self.handler.close()
            raise OperationalError(
                f"The server cannot be bound to {quote(settings.host, WHOLE)}, port {settings.port}: {error}.",
                suggestions=["Choose another --port, or end what is bound to this one."],
            ) from error
        self._sweeping = loop.create_task(self._sweep())

    async def close(self) -> None:
        """Stop: take no more connections, finish what was asked, end the watches, close everything but the store."""
        service, guards = self.handler.service, self.guards
        loop = asyncio.get_running_loop()
        if self._listening is not None:
            self._listening.close()
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

    def _tls(self) -> Any:
        cert: Path | None = self._settings.tls_cert
        if not self._start.tls or cert is None:
            return None
        import ssl

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(cert, self._settings.tls_key)
        except OSError as error:  # ssl.SSLError is one
            raise OperationalError(
                f"The certificate {quote(str(cert), WHOLE)} cannot be used: {error}.",
                suggestions=["Give --tls-cert and --tls-key the files of one pair, in PEM, without a password."],
            ) from error
        return context
