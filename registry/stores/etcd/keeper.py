"""Forgets what is too old: one of all the stores over a cluster, once a minute."""

import json
import logging
import random
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Any, final

from registry.errors import DiagnosticError, StoreError
from registry.revisions import Retention
from registry.stores.etcd.engine import Engine
from registry.stores.etcd.gateway import (
    COMPACT,
    GRANT,
    NONSENSE,
    TXN,
    KeyValue,
    body,
    delete,
    fetch,
    fetch_range,
    is_at,
    is_missing,
    put,
    transaction,
)
from registry.stores.etcd.layout import after, is_mark, read_value, written
from registry.stores.etcd.refusals import is_compacted, is_full
from registry.stores.transport.failures import unusable
from registry.stores.transport.requests import Answer, Request

EVERY = 60
"""Seconds between two looks at what is too old."""

AT_ONCE = 60
"""Keys that one transaction deletes; each is compared, too."""

_PAGE = 3000

_log = logging.getLogger(__name__)


@final
class Keeper:
    """A thread that forgets what is too old. It ends when its store does.

    Args:
        engine: The store.
        retention: What is to be kept.
        every: Seconds between two looks.
    """

    def __init__(self, engine: Engine, retention: Retention, every: float) -> None:
        self._engine = engine
        self._retention = retention
        self._every = every
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.failure: DiagnosticError | None = None
        """Why the last look failed."""

    def start(self) -> None:
        """Begin, unless it has."""
        if self._thread is not None or self._ended.is_set():
            return
        with self._lock:
            if self._thread is None and not self._ended.is_set():
                self._thread = threading.Thread(
                    target=_run, args=(weakref.ref(self), self._ended, self._every), name="registry-etcd", daemon=True
                )
                self._thread.start()

    def end(self) -> None:
        """Stop; a look that is under way ends with its part of a few thousand keys."""
        self._ended.set()

    def forget(self) -> None:
        """Go on in a forked child, which has no thread."""
        self._lock = threading.Lock()
        self._thread = None
        was_ended, self._ended = self._ended.is_set(), threading.Event()
        if was_ended:
            self._ended.set()

    def look(self) -> None:
        """Forget what is too old, unless another store did so within the last while."""
        try:
            if self._may_look():
                sweep(self._engine, self._retention, self._ended.is_set)
            self.failure = None
        except DiagnosticError as error:  # the next look may succeed
            if self.failure is None and not self._ended.is_set():
                _log.warning("what is too old cannot be forgotten: %s", " ".join([error.message, *error.suggestions]))
            self.failure = error

    def _may_look(self) -> bool:
        try:
            return self._is_mine()
        except DiagnosticError as error:
            if is_full(error):  # for the key that says who looks, too; and what is forgotten now makes room
                return True
            raise

    def _is_mine(self) -> bool:
        """Whether nobody else has looked: a key says so until its lease ends, also if who holds it has died."""
        engine = self._engine
        if engine.read([fetch(engine.layout.keeper)]).pages[0].only is not None:
            return False
        answer = engine.caller.ask(Request(GRANT, body({"TTL": str(max(1, round(self._every)))})))
        lease = _lease(answer)
        key = engine.layout.keeper
        request = Request(TXN, transaction([is_missing(key)], [put(key, written(time.time()), lease)]))
        outcome, _ = engine.ask(request)
        return outcome.has_succeeded


def _run(keeper: "weakref.ref[Keeper]", ended: threading.Event, every: float) -> None:
    while not ended.wait(every * random.SystemRandom().uniform(0.5, 1.0)):
        found = keeper()
        if found is None:
            return
        found.look()
        del found


def sweep(engine: Engine, retention: Retention, is_ended: Callable[[], bool] = lambda: False) -> int:
    """Forget the operations that are too old, and the log before them.

    Args:
        engine: The store.
        retention: What is to be kept.
        is_ended: Whether to stop in the middle; asked now and then.

    Returns:
        The revision up to which the log is gone now; 0 if nothing was too old.
    """
    layout = engine.layout
    first, end = layout.operations, after(layout.operations)
    oldest = fetch_range(first, end, limit=_PAGE, oldest=True)
    reached = 0
    while True:
        (page,) = engine.read([oldest]).pages
        most = max(0, page.count - max(1, retention.operations))
        old = [item for item in page.items[:most] if _is_old(item, time.time() - retention.seconds)]
        old = old[: _leading(page.items, old)]
        if not old or is_ended():
            break
        _delete(engine, old)
        reached = old[-1].modified
        if len(old) < len(page.items):
            break
    if reached and not is_ended():
        _forget_removals(engine, reached)
        _compact(engine, reached)
    return reached


def _leading(items: Sequence[KeyValue], old: Sequence[KeyValue]) -> int:
    """How many of the first items are old, before the first one that is not."""
    for number, (item, one) in enumerate(zip(items, old, strict=False)):
        if item is not one:
            return number
    return len(old)


def _is_old(item: KeyValue, before: float) -> bool:
    try:
        value: Any = read_value(item)
        return float(value if is_mark(item) else value[2]) < before
    except (
        StoreError,
        TypeError,
        ValueError,
        LookupError,
        OverflowError,
    ):  # what others put there must not keep the log for ever
        return True


def _delete(engine: Engine, items: Sequence[KeyValue]) -> None:
    """Delete keys; those that were changed meanwhile stay, with the others of their part."""
    for start in range(0, len(items), AT_ONCE):
        part = items[start : start + AT_ONCE]
        compared = [is_at(item.key, item.modified) for item in part]
        engine.ask(Request(TXN, transaction(compared, [delete(item.key) for item in part])))


def _forget_removals(engine: Engine, reached: int) -> None:
    layout = engine.layout
    oldest = fetch_range(layout.removals, after(layout.removals), limit=_PAGE, oldest=True)
    (page,) = engine.read([oldest]).pages
    _delete(engine, [item for item in page.items if item.modified <= reached])


def _compact(engine: Engine, reached: int) -> None:
    try:
        engine.caller.ask(Request(COMPACT, body({"revision": str(reached)})))
    except DiagnosticError as error:
        if not is_compacted(error):  # by somebody else, and further
            raise


def _lease(answer: Answer) -> str:
    try:
        return str(json.loads(answer.body)["ID"])
    except NONSENSE as error:
        raise unusable(answer.address, "granted a lease without an id") from error
