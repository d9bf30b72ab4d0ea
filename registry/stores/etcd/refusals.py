"""What etcd says instead of an answer, and what follows from it."""

import json

import attrs

from registry.environment import ETCD_PASSWORD, ETCD_USER
from registry.errors import AccessDeniedError, DiagnosticError, OverloadedError, StoreError, TooLargeError
from registry.names import WHOLE, quote
from registry.stores.transport.failures import unusable
from registry.stores.transport.requests import Answer

# https://grpc.io/docs/guides/status-codes/
_INVALID, _DEADLINE, _DENIED, _EXHAUSTED, _OUT_OF_RANGE, _UNAVAILABLE, _UNAUTHENTICATED = 3, 4, 7, 8, 11, 14, 16
_PASSING = (1, 2, _DEADLINE, 10, 13, _UNAVAILABLE)

_FULL = "database space exceeded"
_WANTS_CREDENTIALS = ("invalid auth token", "user name is empty", "auth: revision in header is old")


@attrs.frozen
class Refusal:
    """An answer that is not one of success.

    Attributes:
        error: What it says.
        code: The status code of gRPC; -1 where something else than etcd answered.
        said: What etcd said.
        status: Its status code of HTTP.
    """

    error: DiagnosticError
    code: int
    said: str
    status: int

    @property
    def after(self) -> float | None:
        """etcd does not say."""
        return None

    @property
    def is_ours(self) -> bool:
        """Whether etcd said it."""
        return self.code >= 0

    @property
    def wants_credentials(self) -> bool:
        """Whether a token is missing, is no longer valid, or was given before users were changed."""
        return self.code == _UNAUTHENTICATED or any(word in self.said for word in _WANTS_CREDENTIALS)

    @property
    def is_busy(self) -> bool:
        """Whether nothing was done, since there was too much to do."""
        return isinstance(self.error, OverloadedError)

    @property
    def leaves_doubt(self) -> bool:
        """Whether a write may have been made: one that was handed to the others is not taken back."""
        return self.code in _PASSING or (not self.is_ours and (self.status >= 500 or self.status < 300))

    @property
    def is_lasting(self) -> bool:
        """Whether somebody has to see to it first."""
        return _FULL in self.said

    @property
    def may_pass(self) -> bool:
        """Whether the same may be answered soon, or by another member."""
        return self.code in _PASSING or (not self.is_ours and self.status >= 500)


def refusal_of(answer: Answer, user: str, prefix: str) -> Refusal:
    """What an answer says that is not one of success.

    Args:
        answer: The answer.
        user: Who asked; "" for nobody.
        prefix: What the store's keys begin with.
    """
    status = answer.head.status
    try:
        value = json.loads(answer.body)
        code, said = int(value["code"]), str(value.get("message") or value.get("error"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Refusal(unusable(answer.address, f"answered {status} and no reason", status), -1, "", status)
    return Refusal(_error(code, said, answer.address.url, user, prefix), code, said, status)


def is_full(error: DiagnosticError) -> bool:
    """Whether there is no room for anything new."""
    return _FULL in str(error.context.get("etcd"))


def is_compacted(error: DiagnosticError) -> bool:
    """Whether a moment was asked for that the log no longer has."""
    return error.context.get("grpc") == _OUT_OF_RANGE


def _error(code: int, said: str, url: str, user: str, prefix: str) -> DiagnosticError:
    context = {"url": url, "etcd": said, "grpc": code}
    told = f"{quote(url, WHOLE)} says {quote(said, 300)}"
    if "authentication failed" in said:
        return AccessDeniedError(
            f"etcd does not know the user {quote(user, WHOLE)}, or the password is another one: {told}.",
            suggestions=[f"Pass the right 'user=' and 'password=', or set {ETCD_USER} and {ETCD_PASSWORD}."],
            context=context,
        )
    if "authentication is not enabled" in said:
        return AccessDeniedError(
            f"The user {quote(user, WHOLE)} was named, and etcd has no users: {told}.",
            suggestions=[f"Leave 'user' out and {ETCD_USER} unset, or have etcd ask for users: etcdctl auth enable."],
            context=context,
        )
    if code in (_DENIED, _UNAUTHENTICATED) or any(word in said for word in _WANTS_CREDENTIALS):
        return AccessDeniedError(
            f"etcd refuses {f'the user {quote(user, WHOLE)}' if user else 'who names no user'}: {told}.",
            suggestions=[_allow(user, prefix)],
            context=context,
        )
    if "too many operations" in said:
        return TooLargeError(
            f"etcd takes fewer operations in one transaction than this store sends: {told}.",
            suggestions=["Pass 'limits=' with fewer changes, or start etcd with a larger --max-txn-ops."],
            context=context,
        )
    if "request is too large" in said or "received message larger than max" in said:
        return TooLargeError(
            f"etcd takes fewer bytes in one request than this store sends: {told}.",
            suggestions=["Pass 'limits=' with a smaller size, or start etcd with a larger --max-request-bytes."],
            context=context,
        )
    if _FULL in said:
        return StoreError(
            f"etcd has no room left, and takes no writes: {told}.",
            suggestions=[
                "Compact and defragment it, raise --quota-backend-bytes if need be, and then disarm its alarm:"
                " etcdctl defrag --cluster; etcdctl alarm disarm."
            ],
            context=context,
        )
    if code == _EXHAUSTED:
        return OverloadedError(f"etcd has too much to do: {told}.", suggestions=["Try again later."], context=context)
    if code == _OUT_OF_RANGE:
        return StoreError(
            f"etcd does not have that moment any more: {told}.", suggestions=["Take a new snapshot."], context=context
        )
    return StoreError(
        f"etcd failed: {told}.",
        suggestions=["See whether most of its members run and reach one another: etcdctl endpoint status --cluster."],
        context=context,
    )


def _allow(user: str, prefix: str) -> str:
    if not user:
        return f"Set {ETCD_USER} and {ETCD_PASSWORD}, or pass 'user=' and 'password='."
    return (
        f"Let the user read and write what is under the store's prefix, or name another one: etcdctl role"
        f" grant-permission ROLE readwrite --prefix=true {prefix}/; etcdctl user grant-role {user} ROLE."
    )
