"""Backends: where the entries of one registry live, in this process or shared with others. A dict of entries is one."""

from typing import TYPE_CHECKING, Any

from registry.backends.memory import MemoryBackend

if TYPE_CHECKING:
    from registry.backends.checks import check_entries, held_here, shared_parts
    from registry.backends.layers import LayeredBackend, SharedLayeredBackend, TransactionalLayeredBackend, layered
    from registry.backends.readonly import InMemoryReadOnlyBackend, ReadOnlyBackend, read_only
    from registry.backends.remote import RemoteBackend, SQLiteBackend
    from registry.backends.staleness import StaleWarning
    from registry.backends.stored import StoredBackend

__all__ = [
    "InMemoryReadOnlyBackend",
    "LayeredBackend",
    "MemoryBackend",
    "ReadOnlyBackend",
    "RemoteBackend",
    "SQLiteBackend",
    "SharedLayeredBackend",
    "StaleWarning",
    "StoredBackend",
    "TransactionalLayeredBackend",
    "check_entries",
    "held_here",
    "layered",
    "read_only",
    "shared_parts",
]

_HOMES = {  # every registry needs the first one, few the others
    "InMemoryReadOnlyBackend": "readonly",
    "LayeredBackend": "layers",
    "ReadOnlyBackend": "readonly",
    "RemoteBackend": "remote",
    "SQLiteBackend": "remote",
    "SharedLayeredBackend": "layers",
    "StaleWarning": "staleness",
    "StoredBackend": "stored",
    "TransactionalLayeredBackend": "layers",
    "check_entries": "checks",
    "held_here": "checks",
    "shared_parts": "checks",
    "layered": "layers",
    "read_only": "readonly",
}

if not TYPE_CHECKING:  # or a checker would take any name for one of ours

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'registry.backends' has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(f"registry.backends.{_HOMES[name]}"), name)
        return value
