"""What tests of migrations share: records, and stores to look into."""

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from registry.records import Record
from registry.revisions import Change, StoreLimits, Token
from registry.stores import MemoryStore, SQLiteStore

ALIAS = Record(kind="alias", alias_of="huber")
RECORDS = {
    "research.losses": {"smooth_l1": ALIAS, "huber": Record(kind="data", data=1), "größe 日本/": ALIAS},
    "vision": {"huber": Record(kind="data", data={"a": None}), "%2F/": Record(kind="data", data="\u2028\x1b")},
}
MANY = {f"k{number}": Record(kind="data", data=number) for number in range(300)}

numbers = count()


def data(value: object) -> bytes:
    """A record that holds a value."""
    return Record(kind="data", data=value).to_bytes()


def put(store: Any, namespace: str, named: Mapping[str, bytes | None]) -> None:
    """Write records; None removes one."""
    changes = [Change(name, record) for name, record in named.items()]
    store.submit(namespace, changes, operation=f"test-{next(numbers)}").result(20)


def all_of(store: Any) -> dict[str, dict[str, bytes | None]]:
    """What a store holds, by namespace and name."""
    return {
        namespace: {stored.name: stored.record for stored in store.snapshot(namespace)}
        for namespace in store.namespaces()
    }


def token_of(file: Path) -> Token:
    """The newest moment of a file."""
    with SQLiteStore(file) as store:
        return store.token()


class Small:
    """A store that takes few changes at once."""

    def __init__(self, store: MemoryStore, changes: int) -> None:
        self._store = store
        self.limits = StoreLimits(changes, 1 << 20)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
