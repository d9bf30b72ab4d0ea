"""What came from a shared namespace: entries of records, and how each may be resolved."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, final

import attrs

from registry.errors import DiagnosticError, NotShareableError, ResolutionError, ValidationError
from registry.model import UNREAD, Entry, Origin, Reference, Unavailable
from registry.names import quote
from registry.records.record import Record
from registry.records.trust import Policy
from registry.revisions import Stored
from registry.schema import Schema

if TYPE_CHECKING:
    from cattrs import BaseConverter


@attrs.frozen(eq=False)
class Receiver:
    """What all records of one namespace are received with.

    Attributes:
        namespace: Its name, for messages.
        policy: Which references may be followed.
        converter: Makes objects of data; None for cattrs' own one for JSON, made strict.
        schema: Reads the schema of an artifact as it is read when it is registered; None: from its signature.
    """

    namespace: str
    policy: Policy = attrs.field(factory=Policy)
    converter: "BaseConverter | None" = None
    schema: Callable[[Any], Schema | None] | None = None

    def entry_of(self, stored: Stored) -> Entry[Any]:
        """The same as `entry_of(stored, self)`."""
        return entry_of(stored, self)


@final
class ReceivedRecord:
    """`protocols.Received` for one record, which is decoded when it is first asked about.

    Args:
        stored: The record with its name and revision.
        receiver: What it is received with.
    """

    __slots__ = ("_receiver", "_record", "_schema", "stored")

    def __init__(self, stored: Stored, receiver: Receiver) -> None:
        self.stored = stored
        self._receiver = receiver
        self._record: Record | None = None
        self._schema: Schema | None = None

    @property
    def revision(self) -> int:
        """The revision at which it was written."""
        return self.stored.revision

    @property
    def record(self) -> Record:
        """The record.

        Raises:
            ValidationError: It cannot be used.
        """
        if self._record is None:
            self._record = Record.from_bytes(self.stored.record or b"")
        return self._record

    @property
    def schema(self) -> Schema | None:
        """The parameters as the record tells them; None when it tells none that can be read."""
        if self._schema is None:
            try:
                recorded = self.record.schema
                if recorded is None:
                    return None
                from registry.records.schemas import decode_schema

                self._schema = decode_schema(recorded)
            except ValidationError:
                return None
        return self._schema

    def resolve(self) -> Any:
        """The artifact: imported, if its reference is allowed here, or made from the record's data."""
        from registry.records.resolve import resolve_reference

        subject = f"{quote(self.stored.name)} of {quote(self._receiver.namespace)}"
        try:
            record = self.record
        except ValidationError as error:
            raise ResolutionError(
                f"{subject} cannot be resolved. {error.message}", suggestions=["Let it be registered again."]
            ) from error
        if record.reference is not None:
            return resolve_reference(
                record.reference,
                self._receiver.policy,
                subject=subject,
                record=record,
                schema=self._receiver.schema,
            )
        if record.kind == "alias":
            raise ResolutionError(f"{subject} is an alias of {quote(record.alias_of)}, and no artifact of its own.")
        data = json.loads(json.dumps(record.data))  # the caller's own, so that no change of it comes back here
        if record.type is None:
            return data
        cls = resolve_reference(record.type, self._receiver.policy, subject=f"The class of {subject}")
        from registry.records.structured import made_of

        return made_of(data, cls, subject, self._receiver.converter)

    def difference(self, entry: Entry[Any], /) -> str | None:
        """Why what `entry` holds, registered here, is another definition, as a clause; None if it is the same one."""
        from registry.records.encode import record_of

        try:
            there = self.record
        except ValidationError as error:
            return f"the record that is there cannot be used ({error.context.get('reason', error.message)})"
        try:
            here = record_of(entry, converter=self._receiver.converter, schema=self._receiver.schema, brief=True)
        except NotShareableError as error:
            return f"what is registered here cannot be shared ({error.context.get('reason', error.message)})"
        return _difference(there, here)

    def trust(self) -> None:
        """Allow what the record refers to, since somebody who is trusted already named it."""
        for reference in (self.record.reference, self.record.type):
            if reference is not None:
                self._receiver.policy.trust(reference)

    def __repr__(self) -> str:
        return f"<ReceivedRecord {quote(self.stored.name)} at revision {self.stored.revision}>"


def entry_of(stored: Stored, receiver: Receiver) -> Entry[Any]:
    """The entry of a record. Nothing that it names is imported, and no record, however bad, raises an error.

    One that cannot be used becomes an entry whose artifact is `Unavailable`, with the reason.
    """
    received = ReceivedRecord(stored, receiver)
    try:
        # not kept: a mirror that is listed as a whole would hold every record twice
        record = Record.from_bytes(stored.record or b"")
    except DiagnosticError as error:
        reason = f"its record cannot be used: {error.context.get('reason', error.message)}"
        return Entry(stored.name, Unavailable(reason), received=received)
    if record.kind == "alias":
        target: Any = None
    else:
        target = UNREAD if record.reference is None else Reference(record.reference)
    origin = record.origin
    return Entry(
        stored.name,
        target,
        alias_of=record.alias_of,
        aliases=record.aliases,
        tags=frozenset(record.tags),
        description=record.description,
        deprecated=record.deprecated,
        origin=None if origin is None or not origin.file else Origin(origin.file, origin.line),
        metadata=record.metadata,
        received=received,
    )


def _difference(there: Record, here: Record) -> str | None:
    if there.kind != here.kind:
        return f"it is {_what(there)} there and {_what(here)} here"
    if there.kind == "alias":
        return None if there.alias_of == here.alias_of else f"it is {_what(there)} there and {_what(here)} here"
    if there.kind == "data":
        if there.type != here.type:
            return f"it is {_what(there)} there and {_what(here)} here"
        same = Record(kind="data", data=there.data) == Record(kind="data", data=here.data)
        return None if same else "its data is another there than here"
    if there.reference != here.reference:
        return f"it is {_what(there)} there and {_what(here)} here"
    if there.fingerprint is None or here.fingerprint is None or there.fingerprint == here.fingerprint:
        return None
    from registry.records.origins import origin_of

    module = (here.reference or "").partition(":")[0]
    return (
        f"{quote(here.reference)} has another signature there ({there.origin or 'an unknown version'})"
        f" than here ({origin_of(module)})"
    )


def _what(record: Record) -> str:
    if record.kind == "alias":
        return f"an alias of {quote(record.alias_of)}"
    if record.kind == "data":
        return "plain data" if record.type is None else f"data of {quote(record.type)}"
    return f"{quote(record.reference)}"
