"""The access token: had when it is first needed, and never shown."""

import os
from collections.abc import Callable
from typing import final

from registry.environment import TOKEN
from registry.errors import AccessDeniedError, RemoteError, ValidationError
from registry.names import WHOLE, quote
from registry.stores.transport.address import Address

Source = str | Callable[[], str] | None


@final
class Credentials:
    """Gives the `Authorization` header of requests.

    Args:
        source: The token, a function that gives it, or None for the environment variable.
        allow_plain: Whether it may go to other machines without TLS.
    """

    __slots__ = ("_allow_plain", "_line", "_source")

    def __init__(self, source: Source, allow_plain: bool) -> None:
        if source is not None and not isinstance(source, str) and not callable(source):
            raise ValidationError(
                f"'token' has to be text or a function that gives it, not a {type(source).__name__}.",
                suggestions=[f"Leave it out, and set {TOKEN}."],
            )
        if isinstance(source, str) and not source.strip():
            raise ValidationError(
                "'token' is empty.", suggestions=[f"Leave it out where no token is needed or {TOKEN} has it."]
            )
        self._source = source
        self._allow_plain = allow_plain
        self._line: bytes | None = None

    def line(self, address: Address) -> bytes:
        """The header line for requests to a server; b"" when there is no token.

        Raises:
            AccessDeniedError: The token must not be sent there, or cannot be sent at all.
            RemoteError: The function that was given failed.
        """
        line = self._line
        if line is None:
            line = self._line = self._read()
        if line and not address.secure and not self._allow_plain and not address.is_loopback:
            raise AccessDeniedError(
                f"The token is not sent to {quote(address.url, WHOLE)}, which everyone on the way could read.",
                suggestions=[
                    "Use an https:// URL.",
                    "Pass 'allow_plain=True' if something else encrypts what is sent, such as a service mesh.",
                ],
                context={"url": address.url},
            )
        return line

    def renewed(self, refused: bytes) -> bool:
        """Have the token anew, unless another thread had it since this line was refused; whether it is another one."""
        if self._line == refused and not isinstance(self._source, str):
            self._line = self._read()
        return self._line != refused

    def _read(self) -> bytes:
        if self._source is None:
            token = os.environ.get(TOKEN, "")
        elif isinstance(self._source, str):
            token = self._source
        else:
            token = self._called(self._source)
        token = token.strip()  # a file that holds one ends with a line end
        if not token:
            return b""
        if not (token.isascii() and token.isprintable()) or " " in token:  # RFC 6750, section 2.1
            raise AccessDeniedError(
                "The token cannot be sent: it holds characters that no token has.",
                suggestions=["Pass it on as 'registry token create' printed it."],
            )
        return b"Authorization: Bearer %s\r\n" % token.encode()

    @staticmethod
    def _called(source: Callable[[], str]) -> str:
        try:
            token = source()
        except Exception as error:  # its text is not repeated, since it may hold what is secret
            raise RemoteError(
                f"The function that was given as 'token' failed with {type(error).__name__}.",
                suggestions=["See the exception above."],
            ) from error
        if not isinstance(token, str):
            raise AccessDeniedError(
                f"The function that was given as 'token' gave a {type(token).__name__}.",
                suggestions=["Have it return the token as text."],
            )
        return token

    def __repr__(self) -> str:
        return "Credentials(…)"
