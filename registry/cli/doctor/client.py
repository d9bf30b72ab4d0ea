"""A client of its own for the doctor: it shows each answer as it is, and tries nothing twice."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import attrs

from registry.errors import RemoteError, ValidationError
from registry.names import WHOLE, quote

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPResponse
    from ssl import SSLContext

    from registry.stores.transport.address import Address

TIMEOUT = 5.0
"""Seconds for one answer as a whole."""

MAX_BODY = 16 << 20
"""Longest answer, in bytes."""


@attrs.frozen
class Answer:
    """What came.

    Attributes:
        status: The status code.
        value: The JSON value; None where there is none.
        date: When the server says that it was.
    """

    status: int
    value: Any
    date: str


class Client:
    """One connection to a server, opened when it is needed.

    Args:
        address: Of the server.
        context: What TLS needs; None where it is not spoken.

    Attributes:
        headers: Sent with each request.
    """

    def __init__(self, address: "Address", context: "SSLContext | None") -> None:
        self.address = address
        self.headers: dict[str, str] = {}
        self._context = context
        self._connection: HTTPConnection | None = None

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *raised: object) -> None:
        self._close()

    def ask(self, path: str, body: bytes | None = None) -> Answer:
        """The answer to a GET, or to a POST of a body.

        Raises:
            RemoteError: There is none.
        """
        from registry.wire.json import read

        with self._translated():
            response = self._sent(path, body)
            content = response.read(MAX_BODY)
            if response.will_close or not response.isclosed():
                self._close()
        try:
            value = read(content)
        except ValidationError:
            value = None
        return Answer(response.status, value, response.getheader("Date", ""))

    def stream(self, path: str) -> Iterator[bytes]:
        """What comes after a GET, until it ends or the time is over.

        Raises:
            RemoteError: Nothing comes any more.
        """
        self._close()
        with self._translated():
            response = self._sent(path, None)
            if response.status != 200:
                raise RemoteError(f"it answers with the status {response.status}")
            while block := response.read1(1 << 16):
                yield block

    def _sent(self, path: str, body: bytes | None) -> "HTTPResponse":
        from http.client import HTTPConnection, HTTPSConnection

        address = self.address
        if self._connection is None and self._context is not None:
            self._connection = HTTPSConnection(address.host, address.port, timeout=TIMEOUT, context=self._context)
        elif self._connection is None:
            self._connection = HTTPConnection(address.host, address.port, timeout=TIMEOUT)
        headers = self.headers if body is None else {**self.headers, "Content-Type": "application/json"}
        self._connection.request("GET" if body is None else "POST", f"{address.prefix}{path}", body, headers)
        return self._connection.getresponse()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Cut the connection when the time is over, since a timeout counts for each byte anew; say what went wrong."""
        from http.client import HTTPException
        from threading import Timer

        url = quote(self.address.url, WHOLE)
        began = time.monotonic()
        timer = Timer(TIMEOUT, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except RemoteError:
            self._close()
            raise
        except (OSError, HTTPException, ValueError) as error:  # ValueError: what http.client makes of some garbage
            self._close()
            if isinstance(error, TimeoutError) or time.monotonic() - began >= TIMEOUT:
                raise RemoteError(
                    f"{url} did not answer within {TIMEOUT:g} seconds.",
                    suggestions=["Look whether the server is overloaded or stopped, and for what is in between."],
                ) from error
            raise RemoteError(
                f"{url} does not answer as HTTP: {str(error) or type(error).__name__}.",
                suggestions=[
                    "Make sure that the URL is that of a namespace server, and of nothing in front of it.",
                    *([] if self.address.secure else ["Use an https:// URL if the server speaks TLS."]),
                ],
            ) from error
        finally:
            timer.cancel()

    def _cut(self) -> None:
        import socket

        connection = self._connection
        opened = None if connection is None else connection.sock
        if opened is not None:
            with suppress(OSError):
                # That of an SSLSocket would also forget the keys, while the other thread reads with them.
                socket.socket.shutdown(opened, socket.SHUT_RDWR)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
