"""What a server says instead of an answer, and what follows from it."""

import attrs

from registry.errors import (
    DiagnosticError,
    OperationalError,
    OverloadedError,
    RemoteError,
    StoreError,
    UnknownOutcomeError,
)
from registry.names import quote
from registry.stores.transport.address import Address
from registry.stores.transport.answers import Head
from registry.stores.transport.failures import unusable
from registry.wire.errors import read_error

_LASTING = frozenset(("FULL", "IOERR", "READONLY", "PERM", "AUTH", "CORRUPT", "FORMAT", "NOTADB"))
"""What SQLite says of a file or disk that does not get well by itself (https://sqlite.org/rescode.html)."""


@attrs.frozen
class Refusal:
    """An answer that is not one of success.

    Attributes:
        error: What it says.
        is_ours: Whether a namespace server said it, and not something in front of it.
        status: Its status.
        after: Seconds after which the server wants to be asked again; None if it did not say.
    """

    error: DiagnosticError
    is_ours: bool
    status: int
    after: float | None

    @property
    def wants_credentials(self) -> bool:
        """Whether the server wants a token, or another one."""
        return self.status == 401

    @property
    def is_busy(self) -> bool:
        """Whether the request was put off, and nothing done about it."""
        return isinstance(self.error, OverloadedError)

    @property
    def leaves_doubt(self) -> bool:
        """Whether a write that was answered like this may have been made."""
        if not self.is_ours:  # a proxy may have passed it on
            return self.status >= 500 or self.status < 300
        return type(self.error) is OperationalError or isinstance(self.error, UnknownOutcomeError)

    @property
    def is_lasting(self) -> bool:
        """Whether the store did nothing, and somebody has to see to it first: its disk is full, its file damaged."""
        if not self.is_ours or not isinstance(self.error, StoreError):
            return False
        said = self.error.context.get("sqlite")  # SQLITE_IOERR_WRITE is one of SQLITE_IOERR
        kind = said.removeprefix("SQLITE_").partition("_")[0] if isinstance(said, str) else ""
        return kind in _LASTING or "damage" in self.error.context

    @property
    def may_pass(self) -> bool:
        """Whether the same may be answered soon, or by another server."""
        return self.status >= 500 and (not self.is_ours or isinstance(self.error, StoreError | RemoteError))


def refusal_of(address: Address, head: Head, body: bytes) -> Refusal:
    """What an answer says that is not one of success."""
    error = read_error(head.status, body)
    is_ours = not (type(error) is RemoteError and error.context == {"status": head.status})
    if not is_ours:
        kind = head.media_type
        what = f"answered {head.status}{f' with {quote(kind)}' if kind else ''} and no reason"
        if 300 <= head.status < 400:
            what = f"redirects to {quote(head.field(b'location'), 200)}, and redirects are not followed"
        error = unusable(address, what, head.status)
    after = head.field(b"retry-after")
    seconds = float(after) if after.isascii() and after.isdigit() and len(after) < 7 else None
    if not is_ours and head.status in (429, 503) and seconds is not None:
        error = OverloadedError(error.message, suggestions=["Try again later."], context=error.context)
    return Refusal(error, is_ours, head.status, seconds)
