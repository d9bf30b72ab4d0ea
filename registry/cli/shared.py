"""What the records of a namespace say about its entries, without the code that they name."""

from collections.abc import Iterator
from typing import Any

import attrs

from registry.cli.where import choose_namespaces
from registry.closeness import did_you_mean
from registry.errors import AmbiguousNameError, EntryNotFoundError, ValidationError
from registry.names import quote
from registry.revisions import Stored, Token
from registry.store_protocol import Store


@attrs.frozen
class Shared:
    """One record of a store, read.

    Attributes:
        namespace: Where it is.
        token: The revision at which it was written.
        stored: What the store has.
        record: What it says (`registry.records.Record`); None when it cannot be read.
        fault: Why it cannot, as a clause.
    """

    namespace: str
    token: Token
    stored: Stored
    record: Any
    fault: str = ""


def read_stored(namespace: str, stored: Stored, epoch: str) -> Shared:
    """A record, read; what cannot be read is told, since the others still count."""
    from registry.records import Record

    token = Token(epoch, stored.revision)
    try:
        return Shared(namespace, token, stored, Record.from_bytes(stored.record or b""))
    except ValidationError as error:
        return Shared(namespace, token, stored, None, str(error.context.get("reason", error.message)))


def read_namespace(store: Store, namespace: str) -> Iterator[Shared]:
    """The entries of a namespace, oldest first; aliases stand in their entries."""
    with store.snapshot(namespace) as snapshot:
        for stored in snapshot:
            shared = read_stored(namespace, stored, snapshot.token.epoch)
            if shared.record is None or shared.record.kind != "alias":
                yield shared


def find_shared(store: Store, name: str, chosen: tuple[str, ...]) -> Shared:
    """The one entry of a name or alias, in the namespaces that were chosen or in all.

    Raises:
        EntryNotFoundError: There is none.
        AmbiguousNameError: There are several.
    """
    namespaces = choose_namespaces(store, chosen)
    found = [shared for namespace in namespaces if (shared := _get(store, namespace, name)) is not None]
    if not found:
        known = (shared.stored.name for namespace in namespaces for shared in read_namespace(store, namespace))
        where = " or ".join(map(quote, namespaces)) if 0 < len(namespaces) <= 5 else "any namespace"
        raise EntryNotFoundError(f"There is no {quote(name)} in {where}.", suggestions=did_you_mean(name, known))
    if len(found) > 1:
        raise AmbiguousNameError(
            f"{quote(name)} is in {' and '.join(quote(shared.namespace) for shared in found)}.",
            suggestions=["Choose one with --namespace."],
        )
    return found[0]


def _get(store: Store, namespace: str, name: str) -> Shared | None:
    epoch = store.token().epoch
    stored = store.get(namespace, name)
    if stored is None:
        return None
    shared = read_stored(namespace, stored, epoch)
    if shared.record is not None and shared.record.kind == "alias":
        target = store.get(namespace, shared.record.alias_of)
        return shared if target is None else read_stored(namespace, target, epoch)
    return shared


def kind_of(record: Any) -> str:
    """What is registered, in a word; of a reference, its address."""
    if record is None:
        return "unreadable"
    if record.kind == "alias":
        return f"alias of {record.alias_of}"
    return str(record.reference) if record.kind == "reference" else "data"


def description_of(record: Any) -> str:
    """What was said at registration, else the first line of what the docstring says."""
    if record.description:
        return str(record.description)
    text = (record.schema or {}).get("description", "")
    return text.strip().partition("\n")[0] if isinstance(text, str) else ""


def version_of(record: Any) -> str:
    """The distribution that an entry comes from, and its version; "" when neither is known."""
    origin = record.origin
    if origin is None or not (origin.distribution or origin.version):
        return ""
    return f"{origin.distribution or origin.module.partition('.')[0]} {origin.version}".strip()


def place_of(record: Any) -> str:
    """Where an entry was registered, file:line; "" when that is not known."""
    origin = record.origin
    if origin is None or not origin.file:
        return ""
    return f"{origin.file}:{origin.line}" if origin.line else str(origin.file)
