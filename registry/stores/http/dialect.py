"""How namespace servers are spoken to."""

from typing import final

import attrs

from registry.stores.http.credentials import Credentials
from registry.stores.http.failures import denied
from registry.stores.http.refusals import Refusal, refusal_of
from registry.stores.transport.address import Address
from registry.stores.transport.requests import Answer


@final
class NamespaceDialect:
    """What namespace servers want to be told, and what they mean.

    Args:
        credentials: Gives the token.
    """

    __slots__ = ("_credentials",)

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def authorization(self, address: Address, /) -> bytes:
        """The header line with the token; b"" when there is none."""
        return self._credentials.line(address)

    def renewed(self, refused: bytes, /) -> bool:
        """Have the token anew, after this line was refused; whether it is another one."""
        return self._credentials.renewed(refused)

    def refusal(self, answer: Answer, /) -> Refusal:
        """What an answer says that is not one of success."""
        refusal = refusal_of(answer.address, answer.head, answer.body)
        if not refusal.wants_credentials:
            return refusal
        had_token = bool(self._credentials.line(answer.address))
        return attrs.evolve(refusal, error=denied(answer.address, had_token, refusal.error))
