"""Open stores: each once in a process, with one thread that follows it, for all backends that use it."""

import os
import threading
import weakref
from collections.abc import Callable
from typing import Any, Protocol, final

import attrs

from registry.backends.keeper import Keeper
from registry.environment import DEFAULT_PORT, HOST, PORT
from registry.errors import ValidationError
from registry.mirror import Follower
from registry.names import WHOLE, quote
from registry.store_protocol import Store
from registry.urls import shown_url


class Address(Protocol):
    """Where a store is, known before it is opened."""

    @property
    def owned(self) -> bool:
        """Whether the store that `open` gives is ours to close."""
        ...

    def resolved(self) -> "Address":
        """The same with everything that it takes from the environment. Two that are equal mean the same store."""
        ...

    def open(self) -> Store:
        """The store. Nothing is sent or read yet."""
        ...


@attrs.frozen
class GivenStore:
    """A store that somebody opened, and will close."""

    store: Any = attrs.field(eq=id)
    owned: bool = attrs.field(default=False, init=False)

    def resolved(self) -> "GivenStore":
        """Itself."""
        return self

    def open(self) -> Store:
        """The store."""
        store: Store = self.store
        return store

    def __str__(self) -> str:
        return f"the {type(self.store).__name__}"


@attrs.frozen
class StoreFile:
    """A SQLite file of this machine."""

    path: str
    timeout: float
    owned: bool = attrs.field(default=True, init=False)

    def resolved(self) -> "StoreFile":
        """The same, whatever the process takes as its folder later on."""
        return attrs.evolve(self, path=os.path.realpath(self.path))

    def open(self) -> Store:
        """The store over it."""
        from registry.stores import SQLiteStore

        return SQLiteStore(self.path, timeout=self.timeout)

    def __str__(self) -> str:
        return self.path


@attrs.frozen
class Server:
    """A namespace server, or several over one database.

    Attributes:
        urls: Of the servers; None for what the environment says.
        token: The access token, or what gives it; None for what the environment says. Never shown.
        silence: Seconds without a sign of life after which a watch is given up.
        timeout: Seconds in all that a call takes.
    """

    urls: tuple[str, ...] | None = attrs.field(repr=False)
    token: str | Callable[[], str] | None = attrs.field(repr=False)
    silence: float
    timeout: float
    owned: bool = attrs.field(default=True, init=False)

    def resolved(self) -> "Server":
        """The same with the URL of the environment.

        Raises:
            ValidationError: No URL was given, and the environment has none.
        """
        return self if self.urls is not None else attrs.evolve(self, urls=(_url_of_environment(),))

    def open(self) -> Store:
        """The store that a server is."""
        from registry.stores import HTTPStore

        urls = self.resolved().urls
        return HTTPStore(list(urls or ()), token=self.token, timeout=self.timeout, silence=self.silence)

    def __str__(self) -> str:
        return f"the server of {HOST}" if self.urls is None else ", ".join(map(_shown, self.urls))


def _url_of_environment() -> str:
    host, port = os.environ.get(HOST, "").strip(), os.environ.get(PORT, "").strip()
    if not host:
        raise ValidationError(
            f"It is not known where the namespace server is: no URL was given, and {HOST} is not set.",
            suggestions=[f"Pass url='http://host:{DEFAULT_PORT}', or set {HOST} and {PORT}."],
            context={"variables": [HOST, PORT]},
        )
    if port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValidationError(
            f"{PORT} is {quote(port)}, which is no port.",
            suggestions=["Set it to a number from 1 to 65535."],
            context={"variables": [PORT]},
        )
    if "://" in host:
        return host if not port else f"{host.rstrip('/')}:{port}"
    if ":" in host and not host.startswith("["):  # an IPv6 address
        host = f"[{host}]"
    return f"http://{host}:{port or DEFAULT_PORT}"


def _shown(url: object) -> str:
    """A URL as it may be shown. What is none is refused at the first use, and may be anything until then."""
    return (shown_url(url) if isinstance(url, str) else quote(url))[:WHOLE]


# ---------------------------------------------------------------------------------------------- sharing


@final
class Connection:
    """A store that is open, and what follows it.

    Attributes:
        address: Where it is.
        store: The store.
        follower: Keeps its mirrors up to date.
        keeper: Shows them while they are young enough.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self.store = address.open()
        self.follower = Follower(self.store)
        self.keeper = Keeper(self.follower)
        self.users: weakref.WeakSet[Any] = weakref.WeakSet()
        if address.owned:
            # when all its users are forgotten; a process that ends does not wait for it
            weakref.finalize(self, self.store.close).atexit = False


_open: "weakref.WeakValueDictionary[Any, Connection]" = weakref.WeakValueDictionary()
lock = threading.RLock()
"""Held while something is opened. Its holder may take it again: the collector may run what closes a backend."""


def connect(address: Address, user: object) -> Connection:
    """The connection of this process to a store, made if need be. Nothing is sent or read yet.

    Raises:
        ValidationError: It is not known where the store is.
    """
    address = address.resolved()
    with lock:
        connection = _open.get(address)
        if connection is None:
            connection = _open[address] = Connection(address)
        connection.users.add(user)
        return connection


def disconnect(connection: Connection, user: object) -> None:
    """Use a connection no longer; the last one closes it."""
    with lock:
        connection.users.discard(user)
        if len(connection.users):
            return
        if _open.get(connection.address) is connection:
            del _open[connection.address]
    connection.follower.close()
    if connection.address.owned:
        connection.store.close()


def _after_fork_in_child() -> None:
    global lock
    lock = threading.RLock()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_after_fork_in_child)
