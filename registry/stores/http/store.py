"""A served store is a store again."""

import json
import threading
import weakref
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar, final
from urllib.parse import quote as percent_encoded

import attrs

from registry.errors import DiagnosticError, EntryNotFoundError, RegistryNotFoundError, RemoteError, ValidationError
from registry.names import check_namespace, quote
from registry.revisions import Change, Operation, Retention, Snapshot, Stored, StoreLimits, Token
from registry.stores.failures import closed
from registry.stores.forks import tell_of_forks
from registry.stores.http import replies
from registry.stores.http.addresses import read_addresses
from registry.stores.http.credentials import Credentials
from registry.stores.http.dialect import NamespaceDialect
from registry.stores.http.snapshots import read_snapshot
from registry.stores.http.watches import HTTPWatch
from registry.stores.submission import check_key, check_submission
from registry.stores.transport import failures
from registry.stores.transport.calls import Caller
from registry.stores.transport.reach import reach_of
from registry.stores.transport.requests import LINES, Request
from registry.stores.transport.sharing import shareable_tls, shareable_token
from registry.stores.transport.tls import Trust
from registry.wire.json import change_body, changes_body, write
from registry.wire.routes import APPLY, CLEAR, GET, HISTORY, SET, SNAPSHOT, namespace_path

if TYPE_CHECKING:
    from ssl import SSLContext

Value = TypeVar("Value")

_ABSENT = (EntryNotFoundError, RegistryNotFoundError)
_ANY_SIZE = StoreLimits(changes=1 << 31, size=1 << 40)
_NAMESPACES = "/namespaces?consistent=1"  # other servers over the same store may have told of more
_LONG = 64 << 20
"""The longest answer of those that grow with what is stored, in bytes; snapshots are read as they come."""


@attrs.frozen
class _Options:
    token: Any = attrs.field(repr=False)
    timeout: float
    silence: float
    tls: Any
    allow_plain: bool


@final
class HTTPStore:
    """The store behind a namespace server, over HTTP in the thread that calls; nothing is opened before the first call.

    Each call ends within `timeout`, whatever the other side does; only the look-up of a host's address is not in our
    hands. Reads are sent again when a connection breaks, writes with the same operation id, so that they are made
    once. The author of a write is whoever the token belongs to, and `author` says nothing. No proxy is used, whatever
    the environment says, and no redirect followed.

    After a failed connection, calls of any store of this process with the same URLs fail at once for a second.

    The token goes over TLS, or to this machine. Where something else encrypts (a sidecar that listens on another
    machine's port, a service mesh), `allow_plain=True` says so; a sidecar on localhost needs nothing.

    A pickle holds the URLs and numbers, and functions that a module holds; a token that was given as text is left out.

    Args:
        url: That of the server, or of several over one store, in the order in which they are tried.
        token: An access token, or a function that gives it: called when it is first needed, and again when the server
            refuses it. By default the environment variable REGISTRY_TOKEN, read at the same moments.
        timeout: Seconds for one call, with everything that is done again. For a snapshot, the longest time without
            progress once it comes.
        silence: Seconds without a byte after which a watch gives up; servers send something each second.
        tls: What TLS trusts and shows, or a function that gives it, called once; by default what the system trusts.
        allow_plain: Whether the token may be sent to other machines without TLS.
    """

    def __init__(
        self,
        url: str | Sequence[str],
        *,
        token: str | Callable[[], str] | None = None,
        timeout: float = 10.0,
        silence: float = 2.5,
        tls: "SSLContext | Callable[[], SSLContext] | None" = None,
        allow_plain: bool = False,
    ) -> None:
        for name, seconds in (("timeout", timeout), ("silence", silence)):
            if not 0 < seconds <= threading.TIMEOUT_MAX:
                raise ValidationError(f"{name!r} has to be a number of seconds above 0, not {quote(seconds)}.")
        self._addresses = read_addresses(url)
        if tls is not None and not all(address.secure for address in self._addresses):
            raise ValidationError(
                "'tls' was given, and a URL begins with http://.", suggestions=["Use https:// URLs, or leave it out."]
            )
        credentials = Credentials(token, allow_plain)
        if isinstance(token, str):  # now rather than at the first call
            for address in self._addresses:
                credentials.line(address)
        self._options = _Options(token, timeout, silence, tls, allow_plain)
        self._caller = Caller(NamespaceDialect(credentials), reach_of(self._addresses), Trust(tls), timeout)
        self._bounds: tuple[StoreLimits, Retention] | None = None
        self._watches: weakref.WeakSet[HTTPWatch] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._is_closed = False
        tell_of_forks(self)

    @property
    def limits(self) -> StoreLimits:
        """How much one submission may hold, as the server says."""
        return self._known_bounds()[0]

    @property
    def retention(self) -> Retention:
        """For how long the log and operations are kept, as the server says."""
        return self._known_bounds()[1]

    def token(self) -> Token:
        """The newest moment."""
        return self._asked(Request(_NAMESPACES, limit=_LONG), replies.token_of)

    def get(self, namespace: str, name: str, /) -> Stored | None:
        """What is under a name."""
        self._check_open()
        check_key(namespace, name)
        try:
            answer = self._caller.ask(Request(namespace_path(namespace, GET, name) + "?consistent=1"))
        except _ABSENT:
            return None
        return replies.stored_of(answer, name)

    def snapshot(self, namespace: str, /) -> Snapshot:
        """All records of a namespace at one moment, read while they are iterated. Close it."""
        self._check_open()
        check_namespace(namespace)
        path = namespace_path(namespace, SNAPSHOT) + "?consistent=1"
        answer = self._caller.ask(Request(path, accept=LINES, is_streamed=True))
        return read_snapshot(answer, namespace, self._caller.pool, self._options.timeout)

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        """Make all of the changes, or none of them. The future is done already."""
        self._check_open()
        answer: Future[Token] = Future()
        try:
            known = _ANY_SIZE if self._bounds is None else self._bounds[0]
            checked = check_submission(namespace, changes, operation, author, known)
            answer.set_result(self._written(_request(namespace, checked.changes, operation), replies.token_of))
        except DiagnosticError as error:
            answer.set_exception(error)
        return answer

    def clear(self, namespace: str, /, *, operation: str) -> tuple[Token, int]:
        """Remove every name of a namespace, in parts if they are many; the last moment, and how many there were.

        Raises:
            AccessDeniedError: The token does not allow this.
            UnknownOutcomeError: It may have happened.
        """
        self._check_open()
        check_namespace(namespace)
        body = write({"operation": operation})
        return self._written(Request(namespace_path(namespace, CLEAR), body, operation), replies.count_of)

    def operation(self, operation: str, /) -> Operation | None:
        """The submission of this id, if it happened and is still remembered."""
        request = Request(f"/operations/{percent_encoded(operation, safe='')}")
        try:
            return self._asked(request, replies.operation_of)
        except _ABSENT:
            return None

    def history(self, namespace: str, name: str, /) -> Sequence[Stored]:
        """What a name held, newest first, as far back as the log reaches."""
        self._check_open()
        check_key(namespace, name)
        try:
            return self._asked(Request(namespace_path(namespace, HISTORY, name), limit=_LONG), replies.history_of)
        except _ABSENT:
            return []

    def namespaces(self) -> Sequence[str]:
        """Those that have names and that the token may see, sorted."""
        return self._asked(Request(_NAMESPACES, limit=_LONG), replies.namespaces_of)

    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> HTTPWatch:
        """What happens after a moment, in these namespaces or in all that the token may see.

        It connects when it is first read, and fails then if it cannot.
        """
        self._check_open()
        wanted = None if namespaces is None else list(namespaces)
        for namespace in () if wanted is None else wanted:
            check_namespace(namespace)
        watch = HTTPWatch(self._caller, since, wanted, self._options.silence, self._options.timeout)
        with self._lock:
            self._watches.add(watch)
        if self._is_closed:
            watch.close()
        return watch

    def close(self) -> None:
        """End the watches, and close the connections: those that are in use when their call is done."""
        self._is_closed = True
        with self._lock:
            watches = list(self._watches)
        for watch in watches:
            watch.close()
        self._caller.pool.close()

    def _asked(self, request: Request, take: Callable[[Any], Value]) -> Value:
        self._check_open()
        return replies.value_of(self._caller.ask(request), take)

    def _written(self, request: Request, take: Callable[[Any], Value]) -> Value:
        answer = self._caller.ask(request)
        try:
            return replies.value_of(answer, take)
        except RemoteError as error:  # it was accepted, if this is a namespace server
            raise failures.unknown(request.operation or "", answer.address, error) from error

    def _known_bounds(self) -> tuple[StoreLimits, Retention]:
        if self._bounds is None:
            self._bounds = self._asked(Request("/stats"), replies.bounds_of)
        return self._bounds

    def _check_open(self) -> None:
        if self._is_closed:
            raise closed(f"The store at {self._addresses[0].url!r}")

    # --------------------------------------------------------------------------------------------- other processes

    def before_fork(self) -> None:
        """Come to rest: there is nothing to wait for."""

    def after_fork_in_parent(self) -> None:
        """Go on."""

    def after_fork_in_child(self) -> None:
        """Go on with connections of its own."""
        self._lock = threading.Lock()
        self._watches = weakref.WeakSet()
        self._caller.pool.clear()

    def __reduce__(self) -> tuple[Any, ...]:
        options = {
            **attrs.asdict(self._options),
            "token": shareable_token(self._options.token),
            "tls": shareable_tls(self._options.tls),
        }
        return _restored, ([address.url for address in self._addresses], options)

    def __enter__(self) -> "HTTPStore":
        return self

    def __exit__(self, *raised: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        urls = [address.url for address in self._addresses]
        return f"HTTPStore({(urls[0] if len(urls) == 1 else urls)!r})"


def _restored(urls: list[str], options: dict[str, Any]) -> HTTPStore:
    return HTTPStore(urls, **options)


def _request(namespace: str, changes: Sequence[Change], operation: str) -> Request:
    """The request for changes that were checked."""
    for change in changes:
        _check_record(change)
    pinned = frozenset(change.name for change in changes if isinstance(change.expect, Token))
    first = changes[0]
    if len(changes) > 1 or first.record is None:
        return Request(namespace_path(namespace, APPLY), changes_body(changes, operation), operation, pinned)
    body = b'%s,"operation":%s}' % (change_body(first)[:-1], write(operation))
    return Request(namespace_path(namespace, SET), body, operation, pinned)


def _check_record(change: Change) -> None:
    """Refuse what would not stand in a body as the one value that it should be; all else the server checks."""
    try:
        if change.record is None or isinstance(json.loads(change.record), dict):
            return
        why = "it is no object"
    except (ValueError, RecursionError) as error:
        why = str(error)
    raise ValidationError(
        f"The record for {quote(change.name)} cannot be sent: {why}.",
        suggestions=["Pass a JSON object: served stores hold nothing else."],
        context={"name": change.name},
    )
