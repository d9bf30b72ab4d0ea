"""What is said when a call of a server fails."""

from collections.abc import Iterable
from typing import Any

from registry.errors import DiagnosticError, RemoteError, UnknownOutcomeError
from registry.names import WHOLE, quote
from registry.stores.transport.address import Address

_TLS_RECORDS = ("what is not HTTP: b'\\x15\\x03", "what is not HTTP: b'\\x16\\x03")
_NO_TLS = ("WRONG_VERSION_NUMBER", "wrong version number", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF", "HTTP_REQUEST")

CLOSED = "the server closed the connection"
"""Why a connection ended on which no byte of an answer came."""


def reason_of(error: BaseException) -> str:
    """Why something failed, in half a sentence."""
    verify = getattr(error, "verify_message", None)  # of an SSLCertVerificationError
    if verify:
        return f"its certificate is refused: {verify}"
    if isinstance(error, TimeoutError) and not error.errno:
        return "there was no connection in time"
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(reason).rstrip(".")


def unreachable(failures: Iterable[tuple[Address, str]], again: bool, *, is_sent: bool = False) -> RemoteError:
    """There was no connection.

    Args:
        failures: Each server with the reason.
        again: Whether they were asked now, or a moment ago by another call.
        is_sent: Whether there was one before, over which something was sent.
    """
    listed = list(failures)
    reasons = "; ".join(f"{quote(address.url, WHOLE)}: {reason}" for address, reason in listed)
    peer = listed[0][0].peer
    suggestions = [peer.check]
    if any(_wants_ours(reason) for _, reason in listed):
        suggestions = [peer.own_certificate]
    elif any("certificate" in reason for _, reason in listed):
        suggestions = [peer.certificate]
    elif any(sign in reason for _, reason in listed for sign in _NO_TLS):
        suggestions = [f"Use {peer.plain} if the server speaks no TLS."]
    moment = "" if again else " a moment ago, and is not asked again for a second"
    sent = "" if is_sent else ", so nothing was sent"
    return RemoteError(
        f"The {peer.noun} could not be reached{moment}{sent}: {reasons}.",
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


def broken(address: Address, error: Exception) -> RemoteError:
    """The connection ended before the answer did."""
    reason, suggestions = reason_of(error), ["Try again: the server was perhaps restarted."]
    if _wants_ours(reason):
        suggestions = [address.peer.own_certificate]
    elif not address.secure and reason == CLOSED:  # without a word
        suggestions.append(f"Use {address.peer.secure} if the server speaks TLS.")
    return RemoteError(
        f"The connection to {quote(address.url, WHOLE)} broke: {reason}.",
        suggestions=suggestions,
        context={"url": address.url},
    )


def _wants_ours(reason: str) -> bool:
    """Whether the other side ended TLS since it wants a certificate, or another one than ours."""
    said = reason.lower()
    return "alert" in said and "certificate" in said


def kind_of(media_type: str) -> str:
    """A media type in a message."""
    return quote(media_type) if media_type else "no content type"


def unusable(address: Address, what: str, status: int | None = None) -> RemoteError:
    """An answer that no such server gives.

    Args:
        address: Of the server.
        what: What it did, as the rest of a sentence that begins with its URL.
        status: That of the answer.
    """
    secure = any(record in what for record in _TLS_RECORDS)
    context: dict[str, Any] = {"url": address.url}
    return RemoteError(
        f"{quote(address.url, WHOLE)} {what}.",
        suggestions=[f"Use {address.peer.secure} as the server speaks TLS." if secure else address.peer.other],
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
