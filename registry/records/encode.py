"""From an entry to its record."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from registry.errors import NotShareableError, TooLargeError
from registry.model import UNREAD, Entry, Reference, Unavailable
from registry.names import quote
from registry.paths import format_path
from registry.records.addresses import public_reference, shared_reference
from registry.records.fingerprint import fingerprint
from registry.records.origins import origin_of
from registry.records.plain import fault_of
from registry.records.record import Record
from registry.records.schemas import encode_schema
from registry.records.structured import data_of
from registry.schema import Schema

if TYPE_CHECKING:
    from cattrs import BaseConverter


def record_of(
    entry: Entry[Any],
    *,
    converter: "BaseConverter | None" = None,
    schema: Callable[[Any], Schema | None] | None = None,
    brief: bool = False,
) -> Record:
    """The record of an entry.

    An entry that was received and is not registered anew keeps what its record says of the artifact.

    Args:
        entry: Any entry.
        converter: Takes objects apart that are neither plain JSON nor can be called.
        schema: Reads the schema of an artifact, its open parameters marked; by default from its signature.
        brief: Leave out what `same_record` does not compare and takes time to find out: the origin, and of the schema
            all but its fingerprint.

    Raises:
        NotShareableError: No record can hold it, with the reason and what to do.
        TooLargeError: Its record would be longer than a store takes.
    """
    subject = quote(entry.name)
    said = _said(entry, subject)
    if entry.alias_of is not None:
        return Record(kind="alias", alias_of=_text(entry.alias_of, subject, "the name that it stands for"), **said)
    target: Any = entry.target
    if isinstance(target, Unavailable):
        raise _stays(subject, target.reason)
    kept = getattr(entry.received, "record", None)
    if isinstance(kept, Record) and kept.kind != "alias":
        return _fitting(attrs.evolve(kept, **said), brief)
    if target is UNREAD:
        raise _stays(subject, "it was not read yet")
    if isinstance(target, Reference):
        return _of_reference(entry, public_reference(target, subject), said, brief)
    if entry.reference is None and not callable(target):
        data, kind = data_of(target, subject, converter)
        module = type(target).__module__ if kind is not None else ""
        origin = None if brief else origin_of(module, entry.origin)
        return _fitting(Record(kind="data", data=data, type=kind, origin=origin, **said), brief)
    if entry.reference is None:
        reference = shared_reference(target, subject)
    else:
        reference = public_reference(entry.reference, subject, target)
    return _of_reference(entry, reference, said, brief, _schema_of(target, schema))


def _stays(subject: str, why: str) -> NotShareableError:
    return NotShareableError(f"{subject} cannot be shared with other processes: {why}.", context={"reason": why})


def _of_reference(
    entry: Entry[Any], reference: Reference, said: dict[str, Any], brief: bool, schema: Schema | None = None
) -> Record:
    record = Record(
        kind="reference",
        reference=reference.target,
        fingerprint=None if schema is None else fingerprint(schema),
        **said,
    )
    if brief:
        return record
    encoded = None if schema is None else encode_schema(schema)
    return _fitting(attrs.evolve(record, origin=origin_of(reference.module, entry.origin), schema=encoded), brief)


def _schema_of(target: Any, schema: Callable[[Any], Schema | None] | None) -> Schema | None:
    if not callable(target):
        return None
    if schema is not None:
        return schema(target)
    from registry.signatures import read_schema

    return read_schema(target)


def _said(entry: Entry[Any], subject: str) -> dict[str, Any]:
    """What was said at registration, as a record holds it."""
    metadata = dict(entry.metadata)
    if (fault := fault_of(metadata)) is not None:
        path, why = fault
        where = f"{quote(format_path(path))} of its metadata" if path else "its metadata"
        raise NotShareableError(
            f"{subject} cannot be shared with other processes: {where} {why}.",
            suggestions=["Give metadata of plain values: dict with texts for keys, list, str, int, float, bool, None."],
            context={"reason": why, "path": format_path(path)},
        )
    return {
        "aliases": tuple(_text(alias, subject, "its alias") for alias in entry.aliases),
        "tags": tuple(_text(tag, subject, "its tag") for tag in entry.tags),
        "description": _text(entry.description, subject, "its description"),
        "deprecated": None if entry.deprecated is None else _text(entry.deprecated, subject, "its deprecation"),
        "metadata": metadata,
    }


def _text(value: Any, subject: str, what: str) -> str:
    fault = fault_of(value) if isinstance(value, str) else ((), "is no text")
    if fault is not None:
        raise NotShareableError(
            f"{subject} cannot be shared with other processes: {what} {quote(value)} {fault[1]}.",
            suggestions=["Give a text."],
            context={"reason": fault[1]},
        )
    return str(value)


def _fitting(record: Record, brief: bool) -> Record:
    """The record with as much of its schema as a store takes: first descriptions of parameters go, then all of it."""
    if brief:
        return record
    for smaller in (record, _undocumented(record), attrs.evolve(record, schema=None)):
        try:
            smaller.to_bytes()
        except TooLargeError:
            continue
        return smaller
    record.to_bytes()  # raises
    return record


def _undocumented(record: Record) -> Record:
    if record.schema is None:
        return record
    listed = record.schema.get("parameters")
    if not isinstance(listed, list):
        return record
    bare = [
        {key: value for key, value in item.items() if key != "description"} if isinstance(item, dict) else item
        for item in listed
    ]
    return attrs.evolve(record, schema={**record.schema, "parameters": bare})
