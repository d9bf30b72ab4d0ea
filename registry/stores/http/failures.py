"""What is said when a namespace server does not do what was asked, besides what every server may do."""

from registry.environment import TOKEN
from registry.errors import AccessDeniedError, DiagnosticError, RemoteError
from registry.names import WHOLE, quote
from registry.stores.transport.address import Address


def stopping(address: Address, reason: str) -> RemoteError:
    """The server ended a watch in good order."""
    return RemoteError(
        f"{quote(address.url, WHOLE)} ended the watch: {quote(reason, 200)}.",
        suggestions=["Watch again from the last token that was seen, elsewhere or later."],
        context={"url": address.url, "reason": reason[:1000]},
    )


def denied(address: Address, had_token: bool, said: DiagnosticError) -> AccessDeniedError:
    """The server wants a token, or another one."""
    url = quote(address.url, WHOLE)
    message = f"{url} does not accept the token." if had_token else f"{url} wants a token, and none was given."
    return AccessDeniedError(
        message,
        suggestions=[f"Set {TOKEN}, or pass 'token=': 'registry token create' makes one.", *said.suggestions],
        context={**said.context, "url": address.url},
    )
