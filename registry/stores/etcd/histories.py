"""What a name held, out of etcd's own log."""

from collections.abc import Iterator, Sequence

from registry.errors import StoreError
from registry.revisions import Stored
from registry.stores.etcd.engine import Engine
from registry.stores.etcd.gateway import Happened, KeyValue, fetch, fetch_at
from registry.stores.etcd.layout import read_record, read_removal
from registry.stores.etcd.refusals import is_compacted
from registry.stores.etcd.streams import replayed

WALKED = 32
"""A key that was changed more often is not walked back from change to change, each a request of a millisecond, but
followed from its beginning: etcd gets to that once in a tenth of a second."""


def history(engine: Engine, namespace: str, name: str, timeout: float) -> Sequence[Stored]:
    """What a name held, newest first, as far back as the log reaches.

    A removal leaves no value in etcd, so that the account of it is kept in a key of its own, which tells when the name
    was there before.
    """
    layout = engine.layout
    key = layout.record(namespace, name)
    record, account = (page.only for page in engine.read([fetch(key), fetch(layout.removal(namespace))]).pages)
    removals: list[Stored] = []
    for told in _changes(engine, account, timeout):
        when, author, names = read_removal(told.key, told.value or b"")
        if name in names:
            removals.append(Stored(name, told.revision, None, when, author))
    found: list[Stored] = []
    while True:
        if record is not None:
            found += [
                read_record(name, key, one.value or b"", one.revision) for one in _changes(engine, record, timeout)
            ]
        removal = next((one for one in removals if record is None or one.revision < record.created), None)
        if removal is None:
            return found
        removals = [one for one in removals if one.revision < removal.revision]
        found.append(removal)
        record = _at(engine, key, removal.revision - 1)
        if record is None:  # the log does not reach back to it
            return found


def _changes(engine: Engine, item: KeyValue | None, timeout: float) -> Iterator[Happened]:
    """The changes of a key since it was created, newest first, as far back as the log reaches."""
    if item is None:
        return
    if item.version > WALKED:
        changes = list(replayed(engine, item.key, item.created, item.modified, timeout))
        yield from reversed([one for one in changes if one.value is not None])
        if changes:
            return
    while True:
        yield Happened(item.key, item.value, item.modified)
        before = None if item.version == 1 else _at(engine, item.key, item.modified - 1)
        if before is None:
            return
        item = before


def _at(engine: Engine, key: bytes, revision: int) -> KeyValue | None:
    """What a key held at a revision; None also if the log does not reach back to it."""
    try:
        return engine.read([fetch_at(key, revision)]).pages[0].only
    except StoreError as error:
        if is_compacted(error):
            return None
        raise
