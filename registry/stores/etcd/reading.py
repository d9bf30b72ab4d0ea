"""Reads what is in the store."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from registry.errors import StoreError
from registry.revisions import Operation, Snapshot, Stored, Token
from registry.stores.etcd.engine import Engine
from registry.stores.etcd.failures import unsettled
from registry.stores.etcd.gateway import TXN, Page, fetch, fetch_range, transaction
from registry.stores.etcd.layout import after, is_mark, read_if_ours, read_record
from registry.stores.etcd.refusals import is_compacted
from registry.stores.etcd.submitting import operation_of
from registry.stores.transport.requests import Request

FIRST_PAGE, LONGEST_PAGE = 256, 32768
"""How many records are asked for at once; as many as come to `PAGE_BYTES` after the first ones."""

PAGE_BYTES = 16 << 20
"""For each page, however long, etcd counts all keys that are left."""

_KEYS = 1000
_TRIES = 3

Value = TypeVar("Value")


def is_there(engine: Engine) -> bool:
    """Whether a store was ever begun here; none is begun by asking."""
    outcome, _ = engine.ask(Request(TXN, transaction((), [fetch(engine.layout.epoch)])), pages=1)
    return outcome.pages[0].only is not None


def get(engine: Engine, namespace: str, name: str) -> Stored | None:
    """What is under a name."""
    (page,) = engine.read([fetch(engine.layout.record(namespace, name))]).pages
    item = page.only
    return None if item is None else read_record(name, item.key, item.value, item.modified)


def operation(engine: Engine, name: str) -> Operation | None:
    """The submission of this id."""
    reading = engine.read([fetch(engine.layout.operation(name))])
    made = reading.pages[0].only
    if made is None or is_mark(made):
        return None
    return Operation(operation_of(made)[0], reading.epoch.token(made.modified))


def snapshot(engine: Engine, namespace: str) -> Snapshot:
    """All records of a namespace at one moment.

    They are read in the order of their keys, and held until all are there, since etcd would sort them anew for each
    page.
    """
    space = engine.layout.space(namespace)
    token, found = _at_one_moment(engine, lambda: _everything(engine, space))
    found.sort(key=lambda stored: stored.revision)
    return Snapshot(token, len(found), found)


def namespaces(engine: Engine) -> Sequence[str]:
    """Those that have names, sorted: the first page of each, and of as many others as are in it."""
    return _at_one_moment(engine, lambda: _namespaces(engine))


def _at_one_moment(engine: Engine, read: Callable[[], Value]) -> Value:
    """What is read in several steps, again if the moment is gone before the last of them."""
    for _ in range(_TRIES):
        try:
            return read()
        except StoreError as error:
            if not is_compacted(error):
                raise
    raise unsettled(engine.layout.prefix)


def _namespaces(engine: Engine) -> list[str]:
    layout = engine.layout
    found: dict[str, None] = {}
    key, end, revision = layout.records, after(layout.records), 0
    while True:
        reading = engine.read([fetch_range(key, end, limit=_KEYS, revision=revision, keys_only=True)], is_slow=True)
        (page,), revision = reading.pages, revision or reading.revision
        last = None
        for item in page.items:
            last = layout.place(item.key)
            if last is not None:
                found.setdefault(last[0])
        if page.is_last or not page.items:
            return sorted(found)
        key = page.items[-1].key + b"\0" if last is None else after(layout.space(last[0]))


def _everything(engine: Engine, space: bytes) -> tuple[Token, list[Stored]]:
    """All records whose keys begin like this, and the moment at which they were read."""
    end = after(space)
    first = engine.read([fetch_range(space, end, limit=FIRST_PAGE)])
    found: list[Stored] = []
    for page in _pages(engine, first.pages[0], end, first.revision):
        for item in page.items:  # of each page by itself, so that no record is held twice
            place = engine.layout.place(item.key)
            stored = None if place is None else read_if_ours(place[1], item.key, item.value, item.modified)
            if stored is not None:
                found.append(stored)
    return first.token, found


def _pages(engine: Engine, page: Page, end: bytes, revision: int) -> Iterator[Page]:
    yield page
    while not page.is_last and page.items:
        size = sum(len(item.key) + len(item.value) for item in page.items) / len(page.items)
        limit = max(1, min(LONGEST_PAGE, int(PAGE_BYTES / size)))
        key = page.items[-1].key + b"\0"
        (page,) = engine.read([fetch_range(key, end, limit=limit, revision=revision)], is_slow=True).pages
        yield page
