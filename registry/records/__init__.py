"""Records: entries as JSON, never code, for namespaces that are shared with other processes.

`encode` makes a record of an entry, `received` an entry of a record. What a record names is imported by `resolve`,
after `trust` allowed it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from registry.records.encode import record_of
    from registry.records.origins import RecordOrigin
    from registry.records.received import ReceivedRecord, Receiver, entry_of
    from registry.records.record import MAX_RECORD, Record, same_record
    from registry.records.resolve import FingerprintMismatchWarning, resolve_reference
    from registry.records.schemas import decode_schema, encode_schema
    from registry.records.trust import OnMismatch, Policy

__all__ = [
    "MAX_RECORD",
    "FingerprintMismatchWarning",
    "OnMismatch",
    "Policy",
    "ReceivedRecord",
    "Receiver",
    "Record",
    "RecordOrigin",
    "decode_schema",
    "encode_schema",
    "entry_of",
    "record_of",
    "resolve_reference",
    "same_record",
]

_HOMES = {  # one who only reads needs no encoder, and the other way round
    "MAX_RECORD": "record",
    "FingerprintMismatchWarning": "resolve",
    "OnMismatch": "trust",
    "Policy": "trust",
    "ReceivedRecord": "received",
    "Receiver": "received",
    "Record": "record",
    "RecordOrigin": "origins",
    "decode_schema": "schemas",
    "encode_schema": "schemas",
    "entry_of": "received",
    "record_of": "encode",
    "resolve_reference": "resolve",
    "same_record": "record",
}

if not TYPE_CHECKING:  # or a checker would take any name for one of ours

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'registry.records' has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(f"registry.records.{_HOMES[name]}"), name)
        return value
