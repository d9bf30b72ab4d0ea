"""Backends: where the entries of one registry live. A plain dict of entries is one too."""

from registry.backends.checks import check_entries
from registry.backends.layered import LayeredBackend, TransactionalLayeredBackend, layered
from registry.backends.memory import MemoryBackend
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
