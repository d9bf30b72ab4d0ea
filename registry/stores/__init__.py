"""Stores: databases of records for many namespaces, with revisions, compare-and-set and watches."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from registry.stores.etcd import EtcdStore
    from registry.stores.http import HTTPStore
    from registry.stores.memory import MemoryStore
    from registry.stores.opening import open_store
    from registry.stores.sqlite import SQLiteStore

__all__ = ["EtcdStore", "HTTPStore", "MemoryStore", "SQLiteStore", "open_store"]

_HOMES = {
    "EtcdStore": "etcd",
    "HTTPStore": "http",
    "MemoryStore": "memory",
    "SQLiteStore": "sqlite",
    "open_store": "opening",
}

if not TYPE_CHECKING:  # or a checker would take any name for one of ours

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'registry.stores' has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(f"registry.stores.{_HOMES[name]}"), name)
        return value
