"""Stores that are broken on purpose, each in one way that the tests of faults must notice."""

import threading
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, final
from uuid import uuid4

import attrs

from registry.errors import UnknownOutcomeError
from registry.revisions import ANYTHING, Change, Frame, Operation, Reset, Seen, Stored, Token
from registry.store_protocol import Store, Watch
from registry.stores import MemoryStore


@final
class Stale:
    """Answers reads with what was there before the last write of the name."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, namespace: str, name: str, /) -> Stored | None:
        versions = self._store.history(namespace, name)
        if len(versions) < 2:
            return None
        return None if versions[1].record is None else versions[1]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@final
class Careless:
    """Does not look whether what is expected is there."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        blind = [change if change.record is None else attrs.evolve(change, expect=ANYTHING) for change in changes]
        return self._store.submit(namespace, blind, operation=operation, author=author)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@final
class Backwards:
    """Names a revision that it gave before with every third write."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._count = 0

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        token = self._store.submit(namespace, changes, operation=operation, author=author).result()
        self._count += 1
        answer: Future[Token] = Future()
        answer.set_result(attrs.evolve(token, revision=token.revision - (self._count % 3 == 0)))
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@final
class Hasty:
    """Acknowledges a write that is in memory, and stores it a little later: whoever kills the process has lost it.

    Args:
        store: Takes the writes in the end.
        delay: Seconds.
    """

    def __init__(self, store: Store, delay: float = 0.2) -> None:
        self._behind = store
        self._memory = MemoryStore()
        self._order = threading.Lock()
        self._written: SimpleQueue[tuple[float, str, Sequence[Change], str, str]] = SimpleQueue()
        self._delay = delay
        for namespace in store.namespaces():
            with store.snapshot(namespace) as snapshot:
                changes = [Change(stored.name, stored.record) for stored in snapshot]
            self._memory.submit(namespace, changes, operation=uuid4().hex).result()
        threading.Thread(target=self._write_behind, daemon=True).start()

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        with self._order:
            answer = self._memory.submit(namespace, changes, operation=operation, author=author)
            if answer.exception() is None:
                self._written.put((time.monotonic() + self._delay, namespace, changes, operation, author))
        return answer

    def _write_behind(self) -> None:
        while True:
            due, namespace, changes, operation, author = self._written.get()
            time.sleep(max(0.0, due - time.monotonic()))
            blind = [attrs.evolve(change, expect=ANYTHING) for change in changes]
            self._behind.submit(namespace, blind, operation=operation, author=author)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._memory, name)


@final
class Forgetful:
    """Does not remember operations: asked again, it acts again."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        return self._store.submit(namespace, changes, operation=uuid4().hex, author=author)

    def operation(self, operation: str, /) -> Operation | None:
        return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@final
class Confident:
    """Says that a write failed when nobody knows."""

    def __init__(self, store: Store, failure: type[Exception]) -> None:
        self._store = store
        self._failure = failure

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        answer: Future[Token] = Future()
        try:
            answer.set_result(self._store.submit(namespace, changes, operation=operation, author=author).result())
        except UnknownOutcomeError as error:
            answer.set_exception(self._failure(str(error)))
        except Exception as error:
            answer.set_exception(error)
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@final
class Following:
    """A store whose watches go through something that spoils them."""

    def __init__(self, store: Store, fault: str) -> None:
        self._store = store
        self._fault = fault

    def watch(self, *, since: Token, namespaces: Collection[str] | None = None) -> "Spoiled":
        return Spoiled(self._store.watch(since=since, namespaces=namespaces), self._fault)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


FAULTS = ("drops", "repeats", "reorders", "is silent about resets")


@final
class Spoiled:
    """A watch that drops, repeats or reorders a frame now and then, or ends where it should tell of a reset."""

    def __init__(self, watch: Watch, fault: str) -> None:
        self._watch = watch
        self._seen = self._spoil(fault)

    def _spoil(self, fault: str) -> Iterator[Seen]:
        held: Frame | None = None
        count = 0
        for seen in self._watch:
            if isinstance(seen, Reset) and fault == "is silent about resets":
                return
            if isinstance(seen, Frame):
                count += 1
                if count % 5 == 0 and fault == "drops":
                    continue
                if count % 5 == 0 and fault == "repeats":
                    yield seen
                if count % 5 == 0 and fault == "reorders":
                    held = seen
                    continue
            yield seen
            if held is not None and isinstance(seen, Frame):
                yield held
                held = None

    def __iter__(self) -> Iterator[Seen]:
        return self

    def __next__(self) -> Seen:
        return next(self._seen)

    def close(self) -> None:
        self._watch.close()


@final
class Locked:
    """Holds a lock while it works, and knows nothing of forks: a child inherits it as it is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        with self._lock:
            answer = self._store.submit(namespace, changes, operation=operation, author=author)
            time.sleep(0.05)
            return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@final
class Slow:
    """Takes its time for every write, one after the other, as a slow disk does.

    Args:
        store: Makes them.
        seconds: For each.
    """

    def __init__(self, store: Store, seconds: float) -> None:
        self._store = store
        self._seconds = seconds
        self._waiting: SimpleQueue[tuple[Future[Token], str, Sequence[Change], str, str]] = SimpleQueue()
        self.pending = 0
        threading.Thread(target=self._write, daemon=True).start()

    def submit(
        self, namespace: str, changes: Sequence[Change], /, *, operation: str, author: str = ""
    ) -> "Future[Token]":
        answer: Future[Token] = Future()
        self._waiting.put((answer, namespace, changes, operation, author))
        return answer

    def _write(self) -> None:
        while True:
            answer, namespace, changes, operation, author = self._waiting.get()
            time.sleep(self._seconds)
            try:
                answer.set_result(self._store.submit(namespace, changes, operation=operation, author=author).result())
            except Exception as error:
                answer.set_exception(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class Believing:
    """A store in etcd that reads what its first member has, without asking whether most of the others agree."""

    def __init__(self, store: Store) -> None:
        from registry.stores.etcd import EtcdStore, engine, gateway, reading

        def fetch(key: bytes) -> gateway.Part:
            return {"request_range": {"key": gateway.text(key), "serializable": True}}

        for module in (engine, reading):  # writes ask nothing of what is meant here
            module.fetch = fetch  # type: ignore[attr-defined]  # it is imported there
        self._store = store
        assert isinstance(store, EtcdStore)
        self._member = EtcdStore(store._addresses[0].url)

    def get(self, namespace: str, name: str, /) -> Stored | None:
        return self._member.get(namespace, name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
