"""Register named things, look them up, and build them from configs that are checked first.

    from registry import function_registry

    losses = function_registry("losses")

    @losses.register
    def huber(prediction, target, delta=1.0): ...

    losses.build({"_type": "huber", "delta": 0.5, "_partial": True})

What a program needs to begin with is imported here at once, everything else when it is first asked for.
"""

from typing import TYPE_CHECKING, Any

from registry.core import Registry
from registry.distribution import __version__
from registry.model import Entry, Reference

if TYPE_CHECKING:
    from registry.backends import (
        LayeredBackend,
        MemoryBackend,
        ReadOnlyBackend,
        RemoteBackend,
        SQLiteBackend,
        StaleWarning,
        StoredBackend,
        layered,
        read_only,
    )
    from registry.caches import LockedCache, NullCache, VerdictCache
    from registry.catalog import Catalog
    from registry.config import load_files, load_url
    from registry.core.batch import BatchResult
    from registry.document import Document
    from registry.errors import (
        AccessDeniedError,
        AmbiguousNameError,
        BackendError,
        CoercionError,
        ConfigError,
        ConformanceError,
        DiagnosticError,
        DuplicateEntryError,
        EntryNotFoundError,
        FrozenRegistryError,
        InheritanceError,
        InvalidNameError,
        MissingExtraError,
        NotShareableError,
        OperationalError,
        OperationReusedError,
        OverloadedError,
        PluginError,
        RegistryError,
        RegistryNotFoundError,
        RemoteError,
        ResolutionError,
        RevisionConflictError,
        StoreError,
        TooLargeError,
        UnknownOutcomeError,
        UntrustedReferenceError,
        ValidationError,
    )
    from registry.factorizer import SchemaFactorizer, value_converter
    from registry.model import Event, Limits, Origin, ValidationContext
    from registry.presets import function_registry, schema_registry, type_registry
    from registry.problems import Location, Problem
    from registry.records import FingerprintMismatchWarning
    from registry.schema import Parameter, Schema
    from registry.stores import EtcdStore, HTTPStore, MemoryStore, SQLiteStore, open_store
    from registry.validators import (
        chain,
        coerces_to,
        conforms_to,
        documented,
        implements,
        inherits_from,
        is_structured,
        named,
    )

_HOMES = {
    "registry.backends": (
        "LayeredBackend",
        "MemoryBackend",
        "ReadOnlyBackend",
        "RemoteBackend",
        "SQLiteBackend",
        "StaleWarning",
        "StoredBackend",
        "layered",
        "read_only",
    ),
    "registry.core.batch": ("BatchResult",),
    "registry.caches": ("LockedCache", "NullCache", "VerdictCache"),
    "registry.catalog": ("Catalog",),
    "registry.config": ("load_files", "load_url"),
    "registry.document": ("Document",),
    "registry.errors": (
        "AccessDeniedError",
        "AmbiguousNameError",
        "BackendError",
        "CoercionError",
        "ConfigError",
        "ConformanceError",
        "DiagnosticError",
        "DuplicateEntryError",
        "EntryNotFoundError",
        "FrozenRegistryError",
        "InheritanceError",
        "InvalidNameError",
        "MissingExtraError",
        "NotShareableError",
        "OperationReusedError",
        "OperationalError",
        "OverloadedError",
        "PluginError",
        "RegistryError",
        "RegistryNotFoundError",
        "RemoteError",
        "ResolutionError",
        "RevisionConflictError",
        "StoreError",
        "TooLargeError",
        "UnknownOutcomeError",
        "UntrustedReferenceError",
        "ValidationError",
    ),
    "registry.factorizer": ("SchemaFactorizer", "value_converter"),
    "registry.model": ("Event", "Limits", "Origin", "ValidationContext"),
    "registry.presets": ("function_registry", "schema_registry", "type_registry"),
    "registry.problems": ("Location", "Problem"),
    "registry.records": ("FingerprintMismatchWarning",),
    "registry.schema": ("Parameter", "Schema"),
    "registry.stores": ("EtcdStore", "HTTPStore", "MemoryStore", "SQLiteStore", "open_store"),
    "registry.validators": (
        "chain",
        "coerces_to",
        "conforms_to",
        "documented",
        "implements",
        "inherits_from",
        "is_structured",
        "named",
    ),
}

_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AccessDeniedError",
    "AmbiguousNameError",
    "BackendError",
    "BatchResult",
    "Catalog",
    "CoercionError",
    "ConfigError",
    "ConformanceError",
    "DiagnosticError",
    "Document",
    "DuplicateEntryError",
    "Entry",
    "EntryNotFoundError",
    "EtcdStore",
    "Event",
    "FingerprintMismatchWarning",
    "FrozenRegistryError",
    "HTTPStore",
    "InheritanceError",
    "InvalidNameError",
    "LayeredBackend",
    "Limits",
    "Location",
    "LockedCache",
    "MemoryBackend",
    "MemoryStore",
    "MissingExtraError",
    "NotShareableError",
    "NullCache",
    "OperationReusedError",
    "OperationalError",
    "Origin",
    "OverloadedError",
    "Parameter",
    "PluginError",
    "Problem",
    "ReadOnlyBackend",
    "Reference",
    "Registry",
    "RegistryError",
    "RegistryNotFoundError",
    "RemoteBackend",
    "RemoteError",
    "ResolutionError",
    "RevisionConflictError",
    "SQLiteBackend",
    "SQLiteStore",
    "Schema",
    "SchemaFactorizer",
    "StaleWarning",
    "StoreError",
    "StoredBackend",
    "TooLargeError",
    "UnknownOutcomeError",
    "UntrustedReferenceError",
    "ValidationContext",
    "ValidationError",
    "VerdictCache",
    "__version__",
    "chain",
    "coerces_to",
    "conforms_to",
    "documented",
    "function_registry",
    "implements",
    "inherits_from",
    "is_structured",
    "layered",
    "load_files",
    "load_url",
    "named",
    "open_store",
    "read_only",
    "schema_registry",
    "type_registry",
    "value_converter",
]

if not TYPE_CHECKING:  # or a checker would take any name for one of ours

    def __getattr__(name: str) -> Any:
        module = _HOME_OF.get(name)
        if module is None:
            raise AttributeError(f"module 'registry' has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(module), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
