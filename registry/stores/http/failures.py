"""What is said when a call of a namespace server fails."""

from collections.abc import Iterable
from typing import Any

from registry.environment import TOKEN
from registry.errors import AccessDeniedError, DiagnosticError, RemoteError, UnknownOutcomeError
from registry.names import WHOLE, quote
from registry.stores.http.addresses import Address

_TLS_RECORDS = ("what is not HTTP: b'\\x15\\x03", "what is not HTTP: b'\\x16\\x03")


def reason_of(error: BaseException) -> str:
    """Why something failed, in half a sentence."""
    verify = getattr(error, "verify_message", None)  # of an SSLCertVerificationError
    if verify:
        return f"its certificate is refused: {verify}"
    if isinstance(error, TimeoutError) and not error.errno:
        return "there was no connection in time"
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(reason).rstrip(".")


def unreachable(failures: Iterable[tuple[Address, str]], again: bool) -> RemoteError:
    """Nothing was sent, since there was no connection.

    Args:
        failures: Each server with the reason.
        again: Whether they were asked now, or a moment ago by another call.
    """
    listed = list(failures)
    reasons = "; ".join(f"{quote(address.url, WHOLE)}: {reason}" for address, reason in listed)
    suggestions = ["Make sure that the URL is right, and that 'registry serve' is running there."]
    if any("certificate" in reason for _, reason in listed):
        suggestions = [
            "If you trust the authority which signed the certificate, name the file of its own in SSL_CERT_FILE,"
            " or pass HTTPStore 'tls=' with an ssl.SSLContext that trusts it; commands take --ca-file."
        ]
    elif any("WRONG_VERSION_NUMBER" in reason or "wrong version number" in reason for _, reason in listed):
        suggestions = ["Use an http:// URL if the server speaks no TLS."]
    moment = "" if again else " a moment ago, and is not asked again for a second"
    return RemoteError(
        f"The namespace server could not be reached{moment}, so nothing was sent: {reasons}.",
        suggestions=suggestions,
        context={"urls": [address.url for address, _ in listed], "reasons": [reason for _, reason in listed]},
    )


def late(address: Address, seconds: float) -> RemoteError:
    """The answer did not come in time."""
    return RemoteError(
        f"{quote(address.url, WHOLE)} did not answer within {seconds:g} seconds.",
        suggestions=["Raise 'timeout' if the server is known to be slow."],
        context={"url": address.url},
    )


def silent(address: Address, seconds: float) -> RemoteError:
    """A watch heard nothing any more."""
    return RemoteError(
        f"The watch of {quote(address.url, WHOLE)} heard nothing for {seconds:g} seconds.",
        suggestions=["Watch again from the last token that was seen."],
        context={"url": address.url},
    )


def stopping(address: Address, reason: str) -> RemoteError:
    """The server ended a watch in good order."""
    return RemoteError(
        f"{quote(address.url, WHOLE)} ended the watch: {quote(reason, 200)}.",
        suggestions=["Watch again from the last token that was seen, elsewhere or later."],
        context={"url": address.url, "reason": reason[:1000]},
    )


def broken(address: Address, error: Exception) -> RemoteError:
    """The connection ended before the answer did."""
    return RemoteError(
        f"The connection to {quote(address.url, WHOLE)} broke: {reason_of(error)}.",
        suggestions=["Try again: the server was perhaps restarted."],
        context={"url": address.url},
    )


def kind_of(media_type: str) -> str:
    """A media type in a message."""
    return quote(media_type) if media_type else "no content type"


def unusable(address: Address, what: str, status: int | None = None) -> RemoteError:
    """An answer that no namespace server gives.

    Args:
        address: Of the server.
        what: What it did, as the rest of a sentence that begins with its URL.
        status: That of the answer.
    """
    secure = any(record in what for record in _TLS_RECORDS)
    context: dict[str, Any] = {"url": address.url}
    return RemoteError(
        f"{quote(address.url, WHOLE)} {what}.",
        suggestions=[
            "Use an https:// URL: the server speaks TLS."
            if secure
            else "Make sure that the URL is that of a namespace server, and of nothing in front of it."
        ],
        context=context if status is None else {**context, "status": status},
    )


def unknown(operation: str, address: Address, cause: DiagnosticError) -> UnknownOutcomeError:
    """A write was sent, and nobody knows whether it was made."""
    return UnknownOutcomeError(
        f"The write {quote(operation)} was sent to {quote(address.url, WHOLE)}, and may have been made: "
        f"{cause.message}",
        suggestions=[
            f"Ask for the operation {quote(operation)}, or submit the same changes with the same id: "
            "they are not made twice."
        ],
        context={
            "operation": operation,
            "url": address.url,
            "cause": {"code": cause.code, "message": cause.message, "context": cause.context},
        },
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
