"""The address that a server listens on, bound before there is anything to serve: its port may be known only then."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, final

from registry.errors import OperationalError
from registry.names import WHOLE, quote
from registry.server.startup import Settings, Start


@final
class Listening:
    """An address: bound first, so that it is known what to call it, and listened on once somebody answers.

    Whoever connects in between is refused, as if nothing were there.

    Args:
        settings: Where.
        start: What `plan_start` said.

    Attributes:
        url: Where the server can be reached; "" as long as nothing is bound.
    """

    def __init__(self, settings: Settings, start: Start) -> None:
        self.url = ""
        self._settings = settings
        self._start = start
        self._server: asyncio.Server | None = None
        self._protocol: Callable[[], asyncio.BaseProtocol] | None = None

    async def bind(self) -> None:
        """Take the address, in the running loop.

        Raises:
            OperationalError: The address or the certificate cannot be used.
        """
        settings, tls = self._settings, self._tls()
        try:
            self._server = await asyncio.get_running_loop().create_server(
                self._connected,
                settings.host or None,
                settings.port,
                ssl=tls,
                backlog=1024,
                family=socket.AF_UNSPEC,
                ssl_handshake_timeout=None if tls is None else settings.limits.header_seconds,
                start_serving=False,
            )
        except (OSError, OverflowError) as error:
            raise self._taken(error) from error
        port = self._server.sockets[0].getsockname()[1]
        host = settings.host or "0.0.0.0"
        self.url = f"{'https' if tls is not None else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"

    async def serve(self, protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        """Take connections.

        Args:
            protocol: Makes what answers one.

        Raises:
            OperationalError: Somebody else listens there since it was bound.
        """
        assert self._server is not None
        self._protocol = protocol
        try:
            await self._server.start_serving()
        except OSError as error:
            raise self._taken(error) from error

    async def end(self) -> None:
        """Take no more connections, and close once those that were taken have begun.

        A connection that was taken makes its transport a turn of the loop later, and begins another turn later. If the
        server is closed in between, asyncio forgets its socket (python/cpython#109564).
        """
        if self._server is not None:
            loop = asyncio.get_running_loop()
            for one in self._server.sockets:
                with contextlib.suppress(NotImplementedError):  # a loop that has no readers begins a connection at once
                    loop.remove_reader(one)
            for _ in range(2):
                await asyncio.sleep(0)
        self.close()

    def close(self) -> None:
        """Take no more connections. A second call does nothing."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def __enter__(self) -> "Listening":
        return self

    def __exit__(self, *raised: Any) -> None:
        self.close()

    def _connected(self) -> asyncio.BaseProtocol:
        assert self._protocol is not None
        return self._protocol()

    def _taken(self, error: Exception) -> OperationalError:
        settings = self._settings
        return OperationalError(
            f"The server cannot be bound to {quote(settings.host, WHOLE)}, port {settings.port}: {error}.",
            suggestions=["Choose another --port, or end what is bound to this one."],
        )

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
