"""Backends: where the entries of one registry live. A plain dict of entries is one too."""

from typing import TYPE_CHECKING, Any

from registry.backends.memory import MemoryBackend

if TYPE_CHECKING:
    from registry.backends.checks import check_entries
    from registry.backends.layers import LayeredBackend, TransactionalLayeredBackend, layered
    from registry.backends.readonly import InMemoryReadOnlyBackend, ReadOnlyBackend, read_only

__all__ = [
    "InMemoryReadOnlyBackend",
    "LayeredBackend",
    "MemoryBackend",
    "ReadOnlyBackend",
    "TransactionalLayeredBackend",
    "check_entries",
    "layered",
    "read_only",
]

_HOMES = {  # every registry needs the first one, few the others
    "InMemoryReadOnlyBackend": "readonly",
    "LayeredBackend": "layers",
    "ReadOnlyBackend": "readonly",
    "TransactionalLayeredBackend": "layers",
    "check_entries": "checks",
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
