"""What is particular to one kind of server: who asks, and what its refusals mean."""

from collections.abc import Collection
from typing import Protocol

from registry.errors import (
    AccessDeniedError,
    DiagnosticError,
    EntryNotFoundError,
    RegistryNotFoundError,
    RevisionConflictError,
    ValidationError,
)
from registry.stores.transport.address import Address
from registry.stores.transport.requests import Answer

_LATER = (EntryNotFoundError, RegistryNotFoundError, AccessDeniedError)


class Refusal(Protocol):
    """An answer that is not one of success."""

    @property
    def error(self) -> DiagnosticError:
        """What it says."""
        ...

    @property
    def after(self) -> float | None:
        """Seconds after which the server wants to be asked again; None if it did not say."""
        ...

    @property
    def is_ours(self) -> bool:
        """Whether such a server said it, and not something in front of it."""
        ...

    @property
    def wants_credentials(self) -> bool:
        """Whether the server wants to know who asks, and was told nobody, or somebody it does not know."""
        ...

    @property
    def is_busy(self) -> bool:
        """Whether the request was put off, and nothing done about it."""
        ...

    @property
    def leaves_doubt(self) -> bool:
        """Whether a write that was answered like this may have been made."""
        ...

    @property
    def is_lasting(self) -> bool:
        """Whether the store did nothing, and somebody has to see to it first: its disk is full, its file damaged."""
        ...

    @property
    def may_pass(self) -> bool:
        """Whether the same may be answered soon, or by another server."""
        ...


class Dialect(Protocol):
    """How the servers of one kind are spoken to. It may be asked by several threads at once."""

    def authorization(self, address: Address, /) -> bytes:
        """The header line that says who asks; b"" for nobody.

        Raises:
            DiagnosticError: It cannot be had, or must not be sent there.
        """
        ...

    def renewed(self, refused: bytes, /) -> bool:
        """Have the credentials anew, after this header line was refused; whether they are others."""
        ...

    def refusal(self, answer: Answer, /) -> Refusal:
        """What an answer says that is not one of success."""
        ...


def is_final(error: DiagnosticError, pinned: Collection[str]) -> bool:
    """Whether a write that is refused so will not be made by the same request, sent before and still on its way.

    An expectation of one revision that is not met will never be. A name that is taken or missing now may be free or
    there when the lost request arrives; and what refuses before it asks the store says nothing of that request.

    Args:
        error: The refusal.
        pinned: The names of which one revision was expected.
    """
    if isinstance(error, RevisionConflictError):
        return error.context.get("name") in pinned
    return isinstance(error, ValidationError) and not isinstance(error, _LATER)
