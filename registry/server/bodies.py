"""Bodies of requests, within their limits."""

import asyncio
from typing import Any, final

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from registry.errors import OperationalError, OverloadedError, TooLargeError, ValidationError
from registry.names import quote
from registry.server.answers import RefusedError
from registry.server.limits import Limits

# A form is what curl says when it is told nothing; a page of another site that sends one is refused by its Origin.
_KINDS = ("application/json", "application/x-www-form-urlencoded")


@final
class Bodies:
    """Reads bodies, and counts what all of them hold together.

    Args:
        limits: How long one may be, how long it may take, and how much all may hold.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.held = 0
        """Bytes of the bodies that are in use now."""

    async def read(self, request: web.BaseRequest, most: int) -> bytes:
        """The body of a request. Give it back with `release`.

        Raises:
            RefusedError: It is too long or too slow, is compressed, or is not JSON.
            OverloadedError: All bodies together hold too much.
            ConnectionError: The client went away.
        """
        self._check_headers(request, most)
        content = request.content
        if content.is_eof():  # it came with the head, as nearly all do
            body = content.read_nowait(-1)
            if len(body) > most:
                raise _too_long(most)
            self._hold(len(body))
            return body
        if request.transport is None:  # it was lost before the request began, and then reading fails as by a defect
            raise ConnectionResetError("the client has gone")
        await _tell_to_continue(request)
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                while part := await content.readany():
                    size += len(part)
                    if size > most:
                        raise _too_long(most)
                    self._hold(len(part))
                    parts.append(part)
        except BaseException as error:
            self.held -= sum(map(len, parts))
            if isinstance(error, TimeoutError):
                raise RefusedError(
                    OperationalError(f"The body took more than {self._limits.body_seconds:g} seconds."), 408, close=True
                ) from error
            if isinstance(error, RequestPayloadError):
                raise RefusedError(ValidationError("The body is not what its head says."), 400, close=True) from error
            raise
        return b"".join(parts)

    def release(self, body: bytes) -> None:
        """The body is not in use any more."""
        self.held -= len(body)

    def _hold(self, size: int) -> None:
        if self.held + size > self._limits.bodies:
            raise RefusedError(
                OverloadedError(
                    "The server holds as many bytes of requests as it takes at once.",
                    context={"limit": self._limits.bodies},
                ),
                503,
                close=True,
            )
        self.held += size

    def _check_headers(self, request: web.BaseRequest, most: int) -> None:
        headers = request.headers
        expected = headers.get("Expect")
        if expected is not None and expected.lower() != "100-continue":
            raise RefusedError(ValidationError(f"{quote(expected)} cannot be expected."), 417, close=True)
        coding = headers.get("Content-Encoding")
        if coding is not None and coding.lower() != "identity":
            raise RefusedError(
                ValidationError(
                    f"A body in the coding {quote(coding)} is not taken.",
                    suggestions=["Send it as it is, without Content-Encoding."],
                ),
                415,
                {"Accept-Encoding": "identity"},
                close=True,
            )
        kind = headers.get("Content-Type", "application/json").partition(";")[0].strip().lower()
        if kind not in _KINDS:
            raise RefusedError(
                ValidationError(
                    f"A body of the type {quote(kind)} is not taken.",
                    suggestions=["Send JSON, with Content-Type: application/json."],
                ),
                415,
                {"Accept": "application/json"},
                close=True,
            )
        length: Any = request.content_length
        if length is not None and length > most:
            raise _too_long(most)


async def _tell_to_continue(request: web.BaseRequest) -> None:
    """Answer `Expect: 100-continue` (RFC 9110, 10.1.1); an aiohttp Application has done so already."""
    if "Expect" not in request.headers or isinstance(request, web.Request):
        return
    transport = request.transport
    if transport is not None:
        transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _too_long(most: int) -> RefusedError:
    return RefusedError(
        TooLargeError(
            f"The body has more than {most} bytes.",
            suggestions=["Send it in parts, or a batch to apply, which takes more."],
            context={"limit": most},
        ),
        413,
        close=True,
    )
