"""A store in a cluster of etcd."""

import threading
import weakref
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, final

import attrs

from registry.errors import DiagnosticError, ValidationError
from registry.names import check_namespace, quote
from registry.revisions import Change, Operation, Retention, Snapshot, Stored, StoreLimits, Token
from registry.stores.answer import Answer
from registry.stores.etcd import reading
from registry.stores.etcd.credentials import Credentials
from registry.stores.etcd.dialect import NobodyDialect, UserDialect
from registry.stores.etcd.endpoints import DEFAULT_PREFIX, check_prefix, read_endpoints
from registry.stores.etcd.engine import Engine
from registry.stores.etcd.histories import history
from registry.stores.etcd.keeper import EVERY, Keeper
from registry.stores.etcd.layout import Layout
from registry.stores.etcd.submitting import submit
from registry.stores.etcd.trust import trust_of
from registry.stores.etcd.watches import EtcdWatch
from registry.stores.failures import closed
from registry.stores.forks import tell_of_forks
from registry.stores.submission import RETENTION, check_key, check_submission
from registry.stores.transport.calls import Caller
from registry.stores.transport.reach import reach_of
from registry.stores.transport.sharing import shareable_tls, shareable_token

if TYPE_CHECKING:
    from ssl import SSLContext

LIMITS = StoreLimits(changes=125, size=1 << 20)
"""What one submission may hold where etcd is as shipped: of its 128 operations (--max-txn-ops) three are for the
operation's id, the store's moment and the account of what was removed; of its 1.5 MiB (--max-request-bytes) the rest
is for keys."""

PATIENCE = 1.0
"""Seconds for the first member that is asked: one whose leader has just died keeps a request for five and more."""


@attrs.frozen
class _Options:
    prefix: str
    user: str | None
    password: Any = attrs.field(repr=False)
    timeout: float
    silence: float
    tls: Any
    allow_plain: bool
    retention: Retention
    limits: StoreLimits


@final
class EtcdStore:
    """Records in a cluster of etcd, 3.4 or newer, over its JSON gateway; nothing is opened before the first call.

    What is acknowledged is on the disks of most members. Each call ends within `timeout`, or a few times that where
    it has to be done in several steps; members that do not answer are passed over. Writes whose answer is lost are
    sent again, and happen once. Reads ask the cluster, which answers while most of its members reach one another.

    One of the stores over a cluster compacts it about once a minute, up to what `retention` lets be forgotten: also
    the history of what other programs keep there.

    A pickle holds the endpoints and numbers, and functions that a module holds; a password given as text is left out.

    Args:
        endpoints: Of the members, such as 'http://10.0.0.1:2379', in the order in which they are tried.
        prefix: What all keys begin with, so that several stores, and other programs, can share a cluster.
        user: Who asks, where etcd has users; by default the environment variable REGISTRY_ETCD_USER.
        password: The user's, or a function that gives it; by default the environment variable REGISTRY_ETCD_PASSWORD.
        timeout: Seconds for one call, with everything that is done again.
        silence: Seconds after which a watch leaves a member that does not tell what the others know.
        tls: What TLS trusts and shows, or a function that gives it, called once. By default the files that
            REGISTRY_ETCD_CA_FILE, REGISTRY_ETCD_CERT_FILE and REGISTRY_ETCD_KEY_FILE name; what the system trusts where
            no authority is named.
        allow_plain: Whether the password may be sent to other machines without TLS.
        retention: For how long the log and operations are kept.
        limits: How much one submission may hold, where etcd was started with other numbers.
    """

    def __init__(
        self,
        endpoints: str | Sequence[str],
        *,
        prefix: str = DEFAULT_PREFIX,
        user: str | None = None,
        password: str | Callable[[], str] | None = None,
        timeout: float = 10.0,
        silence: float = 2.5,
        tls: "SSLContext | Callable[[], SSLContext] | None" = None,
        allow_plain: bool = False,
        retention: Retention = RETENTION,
        limits: StoreLimits = LIMITS,
    ) -> None:
        for name, seconds in (("timeout", timeout), ("silence", silence)):
            if not 0 < seconds <= threading.TIMEOUT_MAX:
                raise ValidationError(f"{name!r} has to be a number of seconds above 0, not {quote(seconds)}.")
        self._addresses = read_endpoints(endpoints)
        prefix = check_prefix(prefix)
        if tls is not None and not all(address.secure for address in self._addresses):
            raise ValidationError(
                "'tls' was given, and an endpoint begins with http://.",
                suggestions=["Use https:// endpoints, or leave it out."],
            )
        credentials = Credentials(user, password, allow_plain)
        self._options = _Options(prefix, user, password, timeout, silence, tls, allow_plain, retention, limits)
        reach = reach_of(self._addresses)
        trust = trust_of(tls)
        self._dialect = (
            UserDialect(credentials, prefix, reach, trust, timeout) if credentials.user else NobodyDialect(prefix)
        )
        caller = Caller(self._dialect, reach, trust, timeout, PATIENCE)
        self._pulse = Caller(self._dialect, reach, trust, min(timeout, silence), PATIENCE)
        self._engine = Engine(caller, Layout(prefix))
        self._keeper = Keeper(self._engine, retention, EVERY)
        self._watches: weakref.WeakSet[EtcdWatch] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._is_closed = False
        tell_of_forks(self)

    @property
    def limits(self) -> StoreLimits:
        """How much one submission may hold."""
        return self._options.limits

    @property
    def retention(self) -> Retention:
        """For how long the log and operations are kept."""
        return self._options.retention

    def is_there(self) -> bool:
        """Whether there is anything under the prefix. All other calls begin a store where there is none."""
        self._check_open()
        return reading.is_there(self._engine)

    def token(self) -> Token:
        """The newest moment."""
        self._check_open()
        return self._engine.read().token

    def get(self, namespace: str, name: str, /) -> Stored | None:
        """What is under a name."""
        self._check_open()
        check_key(namespace, name)
        return reading.get(self._engine, namespace, str.__str__(name))

    def snapshot(self, namespace: str, /) -> Snapshot:
        """All records of a namespace at one moment."""
        self._check_open()
        check_namespace(namespace)
        return reading.snapshot(self._engine, namespace)

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> Answer[Token]:
        """Make all of the changes, or none of them. The future is done when it is returned, and can be awaited."""
        self._check_open()
        self._keeper.start()
        answer: Answer[Token] = Answer()
        try:
            checked = check_submission(namespace, changes, operation, author, self._options.limits)
            answer.set_result(submit(self._engine, checked))
        except DiagnosticError as error:
            answer.set_exception(error)
        return answer

    def operation(self, operation: str, /) -> Operation | None:
        """The submission of this id, if it happened and is still remembered."""
        self._check_open()
        return reading.operation(self._engine, operation)

    def history(self, namespace: str, name: str, /) -> Sequence[Stored]:
        """What a name held, newest first, as far back as the log reaches."""
        self._check_open()
        check_key(namespace, name)
        return history(self._engine, namespace, str.__str__(name), self._options.timeout)

    def namespaces(self) -> Sequence[str]:
        """Those that have names, sorted."""
        self._check_open()
        return reading.namespaces(self._engine)

    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> EtcdWatch:
        """What happens after a moment, in these namespaces or in all.

        It connects when it is first read, and fails then if it cannot.
        """
        self._check_open()
        wanted = None if namespaces is None else list(namespaces)
        for namespace in () if wanted is None else wanted:
            check_namespace(namespace)
        options = self._options
        watch = EtcdWatch(
            self._engine,
            self._pulse,
            since,
            wanted,
            options.silence,
            max(options.timeout, options.silence),
        )
        with self._lock:
            self._watches.add(watch)
        if self._is_closed:
            watch.close()
        return watch

    def close(self) -> None:
        """End the watches, and close the connections: those that are in use when their call is done."""
        self._is_closed = True
        self._keeper.end()
        with self._lock:
            watches = list(self._watches)
        for watch in watches:
            watch.close()
        for caller in (self._engine.caller, self._pulse):
            caller.pool.close()
        if isinstance(self._dialect, UserDialect):
            self._dialect.close()

    def _check_open(self) -> None:
        if self._is_closed:
            raise closed(f"The store in etcd at {self._addresses[0].url!r}")

    # --------------------------------------------------------------------------------------------- other processes

    def before_fork(self) -> None:
        """Come to rest: there is nothing to wait for."""

    def after_fork_in_parent(self) -> None:
        """Go on."""

    def after_fork_in_child(self) -> None:
        """Go on with connections of its own."""
        self._lock = threading.Lock()
        self._watches = weakref.WeakSet()
        self._keeper.forget()
        for caller in (self._engine.caller, self._pulse):
            caller.pool.clear()
        if isinstance(self._dialect, UserDialect):
            self._dialect.forget()

    def __reduce__(self) -> tuple[Any, ...]:
        options = {field.name: getattr(self._options, field.name) for field in attrs.fields(_Options)}
        options["password"] = shareable_token(self._options.password)
        options["tls"] = shareable_tls(self._options.tls)
        return _restored, ([address.url for address in self._addresses], options)

    def __enter__(self) -> "EtcdStore":
        return self

    def __exit__(self, *raised: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        urls = [address.url for address in self._addresses]
        prefix = self._options.prefix
        told = "" if prefix == DEFAULT_PREFIX else f", prefix={prefix!r}"
        return f"EtcdStore({(urls[0] if len(urls) == 1 else urls)!r}{told})"


def _restored(urls: list[str], options: dict[str, Any]) -> EtcdStore:
    return EtcdStore(urls, **options)
