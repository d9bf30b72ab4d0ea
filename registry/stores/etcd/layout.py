"""Where a store keeps what in etcd, and in what form; legible with etcdctl.

    <prefix>/epoch                        {"format": 1, "epoch": word}
    <prefix>/last                         the namespace of the last submission, whose revision is the store's
    <prefix>/operations/<id>              [namespace, digest, time]; the time alone for one that shall never happen
    <prefix>/records/<namespace>/<name>   [time, author], a line end, the record
    <prefix>/removals/<namespace>         [time, author, names] of the last submission that removed some
    <prefix>/keeper                       held by whoever compacted last, for a while

Each submission is one transaction, so that etcd's revisions are the store's, and its log is theirs.
"""

import json
import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, final

from registry.errors import StoreError
from registry.revisions import Stored
from registry.stores.etcd.failures import foreign
from registry.stores.etcd.gateway import KeyValue

_log = logging.getLogger(__name__)

FORMAT = 1
"""Of what is stored; a store of another one is refused."""


@final
class Layout:
    """The keys of one store.

    Args:
        prefix: What stands before all of them.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        root = prefix.encode()
        self.epoch = root + b"/epoch"
        self.last = root + b"/last"
        self.keeper = root + b"/keeper"
        self.operations = root + b"/operations/"
        self.records = root + b"/records/"
        self.removals = root + b"/removals/"
        self.everything = root + b"/"

    def operation(self, operation: str) -> bytes:
        """The key of a submission's id."""
        return self.operations + operation.encode()

    def removal(self, namespace: str) -> bytes:
        """The key that tells of a namespace's last removals."""
        return self.removals + _segment(namespace)

    def space(self, namespace: str) -> bytes:
        """What the keys of a namespace's records begin with."""
        return self.records + _segment(namespace) + b"/"

    def record(self, namespace: str, name: str) -> bytes:
        """The key of a record."""
        return self.space(namespace) + name.encode()

    def place(self, key: bytes) -> tuple[str, str] | None:
        """The namespace and the name of a record; None for what no store put among the records."""
        segment, separator, name = key[len(self.records) :].partition(b"/")
        try:
            if separator and key.startswith(self.records):
                return _namespace(segment), name.decode()
        except UnicodeDecodeError:
            pass
        _log.warning("%s", foreign(key).message)
        return None


def after(prefix: bytes) -> bytes:
    """The first key behind all that begin with a prefix, as etcd's ranges end."""
    return prefix[:-1] + bytes([prefix[-1] + 1])


def _segment(namespace: str) -> bytes:
    return namespace.replace("%", "%25").replace("/", "%2F").encode()


def _namespace(segment: bytes) -> str:
    return segment.decode().replace("%2F", "/").replace("%25", "%")


def written(value: object) -> bytes:
    """A value as it is stored."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def read_value(item: KeyValue) -> Any:
    """A value that was stored.

    Raises:
        StoreError: It is none.
    """
    try:
        return json.loads(item.value)
    except (ValueError, RecursionError) as error:
        raise foreign(item.key) from error


def is_mark(item: KeyValue) -> bool:
    """Whether the key of a submission's id says that it shall never happen."""
    return isinstance(read_value(item), float)


def record_value(record: bytes, time: float, author: str) -> bytes:
    """A record as it is stored."""
    return b"%s\n%s" % (written([time, author]), record)


def read_record(name: str, key: bytes, value: bytes, revision: int) -> Stored:
    """A record that was stored.

    Raises:
        StoreError: It is none.
    """
    head, separator, record = value.partition(b"\n")
    try:
        if separator:
            return Stored(name, revision, record, *_read_head(head))
    except (ValueError, TypeError, OverflowError, RecursionError):
        pass
    raise foreign(key)


@lru_cache(maxsize=16)  # records of one submission have it in common, and stand together as a rule
def _read_head(head: bytes) -> tuple[float, str]:
    time, author = json.loads(head)
    if not isinstance(author, str):
        raise TypeError(author)
    return float(time), author


def read_if_ours(name: str, key: bytes, value: bytes, revision: int) -> Stored | None:
    """A record that was stored; None for what no store wrote, which must not keep anybody from all the others."""
    try:
        return read_record(name, key, value, revision)
    except StoreError as error:
        _log.warning("%s", error.message)
        return None


def read_removal(key: bytes, value: bytes) -> tuple[float, str, Sequence[str]]:
    """When and by whom names were removed, and which; nothing of the kind where no store wrote it."""
    try:
        time, author, names = json.loads(value)
        if isinstance(author, str) and all(isinstance(name, str) for name in names):
            return float(time), author, names
    except (ValueError, TypeError, OverflowError, RecursionError):
        pass
    _log.warning("%s", foreign(key).message)
    return 0.0, "", ()
