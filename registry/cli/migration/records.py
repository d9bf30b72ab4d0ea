"""Records as they are moved: what a target takes of them, and what is known again of those that it has."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, Literal, final

from registry.errors import OperationalError, TooLargeError, ValidationError
from registry.names import quote
from registry.revisions import Snapshot, StoreLimits
from registry.store_protocol import Store

Likeness = Literal["absent", "same", "other"]

Fitting = Callable[[str, bytes], bytes]
"""Gives the bytes that the target will have for a name and a record; a ValidationError says that it takes none."""

_ROUND_A_RECORD = 3
"""How deeply a record is nested in the body of a request that holds several."""


def fitting(limits: StoreLimits, is_server: bool) -> Fitting:
    """What a target makes of records.

    Args:
        limits: Those of the target.
        is_server: Whether it is one that is served, which takes JSON objects of a certain size, and writes them anew.
    """

    def fit(name: str, record: bytes) -> bytes:
        if len(name.encode()) + len(record) > limits.size:
            raise TooLargeError(f"it has {len(record):,} bytes, and the target takes {limits.size:,} at once")
        return _served(name, record) if is_server else record

    return fit


def _served(name: str, record: bytes) -> bytes:
    from registry.wire.json import MAX_DEPTH, check_depth, read, write_record

    check_depth(record, f"record of {quote(name)}", MAX_DEPTH - _ROUND_A_RECORD)
    return write_record(read(record, f"record of {quote(name)}"), name)


def is_alias(record: bytes) -> bool:
    """Whether it is the record of an alias."""
    if b"alias" not in record and b"\\u" not in record:  # most have neither the word nor an escape that may spell it
        return False
    value = _value(record)
    return isinstance(value, dict) and value.get("kind") == "alias"


@final
class Held:
    """The records of a namespace at one moment, of which only so much is kept that they are known again.

    Args:
        store: Where they are.
        namespace: Theirs.
    """

    def __init__(self, store: Store, namespace: str) -> None:
        self._store = store
        self._namespace = namespace
        self.limits = store.limits
        with store.snapshot(namespace) as snapshot:
            self.token = snapshot.token
            self.revisions: dict[str, int] = {}
            self._digests: dict[str, bytes] = {}
            for stored in snapshot:
                self.revisions[stored.name] = stored.revision
                self._digests[stored.name] = _digest(stored.record or b"")
            check_whole(snapshot, len(self._digests), namespace)

    def likeness(self, name: str, record: bytes, *, look: bool = True) -> Likeness:
        """How what is there compares with a record.

        Args:
            name: Its name.
            record: Its bytes.
            look: Whether to ask the store what other bytes say: it may be the same in other words.
        """
        digest = self._digests.get(name)
        if digest is None:
            return "absent"
        if digest == _digest(record):
            return "same"
        if not look:
            return "other"
        there = self._store.get(self._namespace, name)
        if there is None or there.record is None:
            return "absent"
        return "same" if there.record == record or _words(there.record) == _words(record) else "other"


def check_whole(snapshot: Snapshot, number: int, namespace: str) -> None:
    """Refuse a snapshot that gave another number of records than it said.

    Raises:
        OperationalError: It did.
    """
    if number != snapshot.count:
        raise OperationalError(
            f"{quote(namespace)} gave {number:,} of its {snapshot.count:,} records.",
            suggestions=["Run the same command again."],
        )


def _digest(record: bytes) -> bytes:
    return blake2b(record, digest_size=16).digest()


def _value(record: bytes) -> Any:
    from registry.wire.json import read

    try:
        return read(record)
    except ValidationError:  # a store takes any bytes
        return None


def _words(record: bytes) -> bytes:
    """The only form of what a record says; the record itself, if it is no JSON."""
    from registry.records.plain import canonical

    value = _value(record)
    return record if value is None else canonical(value)
