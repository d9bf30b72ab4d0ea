"""A store that can be made to fail, to fall silent and to be counted, for tests of what is built on stores."""

import threading
import weakref
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

from registry.errors import RemoteError
from registry.revisions import Change, Operation, Retention, Seen, Snapshot, Stored, StoreLimits, Token
from registry.store_protocol import Store, Watch


class FaultyStore:
    """Passes everything on to a store, as long as it lets it.

    Attributes:
        away: Whether every call fails, and watches end with an error.
        audible: Whether watches give anything; a server that was stopped gives nothing, and does not end either.
        calls: How often each method was called.
        before: Called with the name of a method before each call of it.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.away = False
        self.audible = threading.Event()
        self.audible.set()
        self.calls: Counter[str] = Counter()
        self.before: Callable[[str], None] = lambda method: None
        self._watches: weakref.WeakSet[FaultyWatch] = weakref.WeakSet()

    def leave(self) -> None:
        """Be away from now on."""
        self.away = True
        for watch in list(self._watches):
            watch.inner.close()

    def come_back(self) -> None:
        """Be there again."""
        self.away = False

    def mute(self) -> None:
        """Let watches give nothing more."""
        self.audible.clear()

    def unmute(self) -> None:
        """Let watches give what they held back."""
        self.audible.set()

    def check(self, method: str) -> None:
        self.calls[method] += 1
        self.before(method)
        if self.away:
            raise RemoteError("The store is away.")

    @property
    def limits(self) -> StoreLimits:
        self.check("limits")
        return self.store.limits

    @property
    def retention(self) -> Retention:
        return self.store.retention

    def token(self) -> Token:
        self.check("token")
        return self.store.token()

    def get(self, namespace: str, name: str, /) -> Stored | None:
        self.check("get")
        return self.store.get(namespace, name)

    def snapshot(self, namespace: str, /) -> Snapshot:
        self.check("snapshot")
        return self.store.snapshot(namespace)

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        self.check("submit")
        return self.store.submit(namespace, changes, operation=operation, author=author)

    def operation(self, operation: str, /) -> Operation | None:
        self.check("operation")
        return self.store.operation(operation)

    def history(self, namespace: str, name: str, /) -> Sequence[Stored]:
        self.check("history")
        return self.store.history(namespace, name)

    def namespaces(self) -> Sequence[str]:
        self.check("namespaces")
        return self.store.namespaces()

    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> Watch:
        self.check("watch")
        watch = FaultyWatch(self, self.store.watch(since=since, namespaces=namespaces))
        self._watches.add(watch)
        return watch

    def close(self) -> None:
        self.unmute()
        self.store.close()


class FaultyWatch:
    """A watch of a `FaultyStore`."""

    def __init__(self, store: FaultyStore, inner: Any) -> None:
        self.faulty = store
        self.inner = inner
        self.closed = False

    def __iter__(self) -> Iterator[Seen]:
        return self

    def __next__(self) -> Seen:
        try:
            seen: Seen = next(self.inner)
        except StopIteration:
            if self.faulty.away and not self.closed:
                raise RemoteError("The store is away.") from None
            raise
        while not self.faulty.audible.wait(0.01):
            if self.closed:
                raise StopIteration
        return seen

    def close(self) -> None:
        self.closed = True
        self.inner.close()
