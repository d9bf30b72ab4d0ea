"""A record: what is known about an entry as JSON, never code."""

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from registry.errors import TooLargeError
from registry.model import NOTHING
from registry.names import quote
from registry.paths import format_path
from registry.records.origins import RecordOrigin
from registry.records.plain import canonical, fault_of
from registry.records.reading import Kind, fields_of, refused
from registry.wire.json import MAX_RECORD, read

__all__ = ["FORMAT", "MAX_RECORD", "Kind", "Record", "RecordOrigin", "same_record"]

FORMAT = 1
"""The number of the form. A key that readers may overlook is added without another number."""


def _says_something(field: Any, value: Any) -> bool:
    return bool(value)


def _sorted_once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))


# Compared as JSON is: 1, 1.0 and True are three values.
@attrs.frozen(eq=False, kw_only=True)
class Record:
    """What is known about an entry. What it holds has to be plain (`fault_of`); `from_bytes` makes sure of that.

    Attributes:
        kind: Whether the entry is a reference, data, or an alias.
        reference: The address of the artifact, `package.module:Qualified.name`.
        data: The data. The order of keys in its mappings is not kept.
        type: The address of the class that the data becomes an object of; None for data that stays as it is.
        alias_of: The name that an alias stands for.
        aliases: The entry's other names.
        tags: Sorted, each once.
        description: What was said at registration; what the docstring says is in the schema.
        deprecated: What to do instead, in an entry that should no longer be used.
        metadata: Whatever else was said at registration.
        origin: Where it comes from.
        schema: The parameters (`schemas.encode_schema`). None where they are not known: the reference was registered
            without being imported, or the record would have been too long.
        fingerprint: That of the signature; None where it is not known.
    """

    kind: Kind
    reference: str | None = None
    data: Any = None
    type: str | None = None
    alias_of: str | None = None
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = attrs.field(default=(), converter=_sorted_once)
    description: str = ""
    deprecated: str | None = None
    metadata: Mapping[str, Any] = NOTHING
    origin: RecordOrigin | None = None
    schema: Mapping[str, Any] | None = None
    fingerprint: str | None = None

    def to_bytes(self) -> bytes:
        """The record as canonical JSON: the same bytes for the same record on every machine and Python.

        Raises:
            TooLargeError: They are more than `MAX_RECORD`.
            ValidationError: Something in it is not plain.
        """
        values = self._values()
        if (fault := fault_of(values)) is not None:
            raise refused(f"its {quote(format_path(fault[0]))} {fault[1]}")
        data = canonical(values)
        if len(data) > MAX_RECORD:
            raise _too_large(len(data))
        return data

    @classmethod
    def from_bytes(cls, data: bytes) -> "Record":
        """The record that `to_bytes` wrote. Nothing that it names is imported.

        Keys that are not known are overlooked, since a newer version may have written them; what an older one cannot
        do without has another `format`.

        Raises:
            ValidationError: It is none, with the reason. (TooLargeError: It is longer than `MAX_RECORD`.)
        """
        if len(data) > MAX_RECORD:
            raise _too_large(len(data))
        values = read(data, "record")
        if (fault := fault_of(values)) is not None:
            raise refused(f"its {quote(format_path(fault[0]))} {fault[1]}")
        return cls.from_plain(values, len(data))

    @classmethod
    def from_plain(cls, values: Any, size: int) -> "Record":
        """The same from the values in those bytes, for whoever has read them and knows that they are plain.

        Args:
            values: What `canonical` wrote.
            size: How many bytes that were.

        Raises:
            ValidationError: They are no record, with the reason. (TooLargeError: It is longer than `MAX_RECORD`.)
        """
        if size > MAX_RECORD:
            raise _too_large(size)
        if type(values) is not dict:
            raise refused("it is no object")
        return cls(**fields_of(values, FORMAT))

    def _values(self) -> dict[str, Any]:
        """What is written: the keys of its kind, and of the others those that say something."""
        values: dict[str, Any] = {"format": FORMAT, "kind": self.kind}
        if self.kind == "data":
            values["data"] = self.data
        optional = {
            "reference": self.reference,
            "type": self.type,
            "alias_of": self.alias_of,
            "aliases": list(self.aliases),
            "tags": list(self.tags),
            "description": self.description,
            "metadata": dict(self.metadata),
            "origin": None if self.origin is None else attrs.asdict(self.origin, filter=_says_something),
        }
        values.update((key, value) for key, value in optional.items() if value)
        known = {"deprecated": self.deprecated, "fingerprint": self.fingerprint}
        values.update((key, value) for key, value in known.items() if value is not None)
        if self.schema is not None:
            values["schema"] = dict(self.schema)
        return values

    def __eq__(self, other: object) -> bool:
        return canonical(self._values()) == canonical(other._values()) if isinstance(other, Record) else NotImplemented

    def __hash__(self) -> int:
        return hash(canonical(self._values()))


def same_record(mine: Record, there: Record) -> bool:
    """Whether writing one record in place of another would change nothing that counts, so that it need not be done.

    Where it comes from, what docstrings say and the details of the schema do not count: two versions that are in use
    at once must not overwrite one another at every start, and a process that may not write must be able to import its
    code.
    A reference that was not imported (`mine` has no fingerprint) is the same whatever the signature was there.
    """
    told = mine.kind == "alias" or mine.fingerprint is None or mine.fingerprint == there.fingerprint
    return told and _what_counts(mine) == _what_counts(there)


def _what_counts(record: Record) -> bytes:
    said = [record.description, record.deprecated, dict(record.metadata), list(record.aliases), list(record.tags)]
    return canonical([record.kind, record.reference, record.data, record.type, record.alias_of, *said])


def _too_large(size: int) -> TooLargeError:
    return TooLargeError(
        f"The record has {size} bytes, and {MAX_RECORD} are allowed.",
        suggestions=["Keep large data in a file, and register what reads it."],
        context={"bytes": size, "limit": MAX_RECORD},
    )
