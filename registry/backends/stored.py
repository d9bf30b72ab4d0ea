"""A namespace of a store as a backend: a mirror in memory, and records in place of objects."""

import os
import pickle
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, final

import attrs
from typing_extensions import TypeVar

from registry.backends import connections, writing
from registry.backends.connections import Address, GivenStore, Server, StoreFile
from registry.backends.link import Link
from registry.backends.staleness import ASIDE, check_max_staleness
from registry.errors import BackendError, EntryNotFoundError, InvalidNameError, ValidationError
from registry.model import Entry
from registry.names import check_namespace, quote
from registry.records import OnMismatch, Policy, Receiver
from registry.schema import Schema
from registry.store_protocol import Store

if TYPE_CHECKING:
    from cattrs import BaseConverter

V = TypeVar("V", default=Any)

LARGEST_BATCH = 100
"""Less than any store takes at once: etcd as it is shipped takes 125 changes, the others 255 of the longest records."""


@final
class StoredBackend(Generic[V]):
    """The entries of one namespace of a store, which other processes and machines have too.

    They are kept in memory and follow the store, so a look-up is that of a dict. What others registered is there as
    a reference or as data, never as code: an artifact is imported when it is first needed, if its reference is
    allowed here. A write returns when it is durable and seen by look-ups here. Nothing is opened before the first use.

    Args:
        store: The store; it is left open when this is closed. `RemoteBackend` and `SQLiteBackend` open one.
        namespace: The namespace, segments joined by dots.
        allow: References of others that may be imported: modules (`"acme.losses"`), packages with all below them
            (`"acme.*"`) and single references (`"acme.losses:Huber"`). What this process registered itself always may.
        on_mismatch: What happens when the signature of an artifact is not what it was where it was registered:
            "warn", "error" or "ignore".
        max_staleness: The age, in seconds, from which what is in memory is no longer read: the store is asked, or
            the read fails. At least 2, or 0 to ask the store at every read.
        snapshot: A file in which the namespace is kept, for reads when the store cannot be reached. What is read
            then may be of any age: it is announced by a `StaleWarning`, and `stale` is True.
        timeout: Seconds in all for which a read or write waits.
        converter: The cattrs converter that makes data of objects and objects of data.

    Attributes:
        entries: What look-ups read first. Never write to it.

    Raises:
        ValidationError: An argument is nothing of its kind.
    """

    __slots__ = ("__weakref__", "_address", "_arguments", "_closed", "_link", "_receiver", "entries")

    def __init__(
        self,
        store: "Store | Address",
        *,
        namespace: str,
        allow: str | Iterable[str] = (),
        on_mismatch: OnMismatch = "warn",
        max_staleness: float = 5.0,
        snapshot: str | os.PathLike[str] | None = None,
        timeout: float = 10.0,
        converter: "BaseConverter | None" = None,
    ) -> None:
        check_namespace(namespace)
        check_max_staleness(max_staleness)
        if not 0 < timeout <= threading.TIMEOUT_MAX:
            raise ValidationError(
                f"timeout={quote(timeout)} is no time to wait.", suggestions=["Pass a number of seconds above 0."]
            )
        self.entries: dict[str, Any] = ASIDE
        self._address: Address = store if isinstance(store, Server | StoreFile | GivenStore) else GivenStore(store)
        self._receiver = Receiver(namespace, Policy(allow, on_mismatch), converter)
        self._arguments: dict[str, Any] = {
            "namespace": namespace,
            "allow": self._receiver.policy.allow,
            "on_mismatch": on_mismatch,
            "max_staleness": max_staleness,
            "snapshot": None if snapshot is None else os.fspath(snapshot),
            "timeout": timeout,
            "converter": converter,
        }
        self._link: Link | None = None
        self._closed = False

    @property
    def namespace(self) -> str:
        """The namespace."""
        return self._receiver.namespace

    @property
    def stale(self) -> bool:
        """Whether reads are answered from what is older than `max_staleness`, since the store cannot be reached."""
        return self._link is not None and self._link.freshness.stale

    @property
    def largest_batch(self) -> int:
        """So many changes fit into one `exchange`, however large their records are, whatever the store."""
        return LARGEST_BATCH

    # ------------------------------------------------------------------------------------------ reading

    def __getitem__(self, name: str, /) -> Entry[V]:
        found = self._read(name)
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: object, /) -> bool:
        try:
            if self.entries is not ASIDE:
                return name in self.entries
            return isinstance(name, str) and self._read(name) is not None
        except TypeError:  # a dict's answer to what cannot be hashed
            return False

    def __iter__(self) -> Iterator[str]:
        found = self.entries
        if found is not ASIDE:
            return iter(list(found))
        return iter(self._opened().read(list, Link.names))

    def __len__(self) -> int:
        found = self.entries
        if found is not ASIDE:
            return len(found)
        count: int = self._opened().read(len, Link.count)
        return count

    def primary_names(self) -> list[str]:
        """Each name once, aliases left out, oldest first."""
        link = self._opened()
        found = self.entries
        if found is not ASIDE:
            return link.primary(found)
        names: list[str] = link.read(link.primary, Link.primary_names)
        return names

    def _read(self, name: Any) -> Entry[V] | None:
        found = self.entries
        if found is not ASIDE:
            held = found.get(name)
            return held if held is None or type(held) is Entry else self._opened().entry(held)
        link = self._opened()

        def mirrored(entries: dict[str, Any]) -> Entry[Any] | None:
            held = entries.get(name)
            return None if held is None else link.entry(held)

        def asked(link: Link) -> Entry[Any] | None:
            if not isinstance(name, str):
                return None
            try:
                return link.ask(name)
            except InvalidNameError:  # nothing can be there
                return None

        entry: Entry[V] | None = link.read(mirrored, asked)
        return entry

    # ------------------------------------------------------------------------------------------ writing

    def __setitem__(self, name: str, entry: Entry[V], /) -> None:
        self.apply({name: entry})

    def __delitem__(self, name: str, /) -> None:
        self.apply({name: None})

    def setdefault(self, name: str, entry: Entry[V], /) -> Entry[V]:
        while True:
            found = self._read(name)
            if found is not None:
                return found
            if self.exchange({name: None}, {name: entry}):
                return entry

    def apply(self, changes: Mapping[str, Entry[V] | None], /) -> None:
        link, deadline = self._opened(), time.monotonic() + self._timeout
        before = {name: self._read(name) for name in changes}
        for name, entry in changes.items():
            if entry is None and before[name] is None:
                raise KeyError(name)
        plan = writing.plan_of(link, before, changes)
        if not plan.changes:
            writing.hand_out_known(link, plan)
            return
        try:
            token = writing.submit(link.store, self.namespace, plan.changes, deadline)
        except EntryNotFoundError as error:
            writing.see_winner(link, error, deadline)  # or what was just said to be gone would still be read
            raise KeyError(error.context.get("name")) from error
        writing.done(link, plan, token, deadline)

    def exchange(self, before: Mapping[str, Entry[V] | None], after: Mapping[str, Entry[V] | None], /) -> bool:
        """Make all of the changes `after` if every name still holds what it has in `before`, None for nothing."""
        return writing.exchange(self._opened(), before, after, self._timeout)

    def keep(self, entry: Entry[V], resolved: Entry[V], /) -> bool:
        """Hand out `resolved`, in this process alone, for as long as `entry` stands; False if it does no longer."""
        return self._opened().keep(entry, resolved)

    def trust(self, references: Iterable[str], /) -> None:
        """Let these references be resolved, since somebody who is trusted named them: this process, or a pickle."""
        for reference in references:
            self._receiver.policy.trust(reference)

    def trusted(self) -> Collection[str]:
        """The references that were trusted so, those that were registered here among them."""
        return self._receiver.policy.trusted()

    def describe_with(self, schema: Callable[[Any], Schema | None], /) -> None:
        """Read the schemas of artifacts in another way than from their signatures, as the registry here does.

        What it marks, such as parameters that stay open, goes into the records. Call it before the first use.
        """
        self._receiver = attrs.evolve(self._receiver, schema=schema)

    # ------------------------------------------------------------------------------------------ beginning, ending

    def close(self) -> None:
        """Follow the store no longer, and let go of it. A second call does nothing; any other use is an error."""
        with connections.lock:
            link, self._link, self._closed = self._link, None, True
        if link is not None:
            link.close(self)
        self.entries = ASIDE

    def __enter__(self) -> "StoredBackend[V]":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    @property
    def _timeout(self) -> float:
        seconds: float = self._arguments["timeout"]
        return seconds

    def _opened(self) -> Link:
        link = self._link
        if link is not None:
            return link
        with connections.lock:
            if self._closed:
                raise BackendError(
                    f"The backend of {quote(self.namespace)} was closed.",
                    suggestions=["Make another one, and close it when nobody uses it any more."],
                    context={"namespace": self.namespace},
                )
            if self._link is None:
                snapshot = self._arguments["snapshot"]
                self._link = Link(
                    self,
                    self._address,
                    self._receiver,
                    max_staleness=self._arguments["max_staleness"],
                    timeout=self._timeout,
                    snapshot=None if snapshot is None else Path(snapshot),
                )
            return self._link

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (portable(self._address), self._arguments)

    def __repr__(self) -> str:
        link, entries = self._link, self.entries
        if self._closed:
            state = "closed"
        elif entries is not ASIDE:
            state = f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'}{', stale' if self.stale else ''}"
        else:
            state = "not connected"
        address = self._address if link is None else link.address
        return f"<StoredBackend {self.namespace} at {address}: {state}>"


def _restore(address: "Store | Address", arguments: dict[str, Any]) -> StoredBackend[Any]:
    return StoredBackend(address, **arguments)


def portable(address: Address) -> "Store | Address":
    """Where the store is, as it may travel to other processes: without a secret.

    Raises:
        PicklingError: The store lives in this process.
    """
    if isinstance(address, Server):
        from registry.stores.transport.sharing import shareable_token

        return attrs.evolve(address, token=shareable_token(address.token))
    if not isinstance(address, GivenStore):
        return address
    store: Store = address.store
    kind = type(store)
    if kind.__reduce__ is object.__reduce__ and kind.__reduce_ex__ is object.__reduce_ex__:
        raise pickle.PicklingError(
            f"A backend over {address} cannot be pickled: the store belongs to this process. Share a server with"
            " RemoteBackend(url, namespace=...), or a file with SQLiteBackend(path, namespace=...)."
        )
    return store
