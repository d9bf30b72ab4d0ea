"""Compares the records of two namespaces, fact by fact."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import attrs

from registry.cli import shared
from registry.cli.show import signature_of
from registry.errors import ValidationError
from registry.names import quote
from registry.store_protocol import Store

Kind = Literal["removed", "added", "changed"]


@attrs.frozen
class Fact:
    """Something that is told of an entry, before and after; "" where it is not."""

    name: str
    before: str
    after: str


@attrs.frozen
class Difference:
    """An entry that is not the same in both.

    Attributes:
        kind: Whether it is in the first alone, in the second alone, or in both.
        name: Its name.
        facts: What differs, of one that is in both; else what it is.
    """

    kind: Kind
    name: str
    facts: tuple[Fact, ...]


@attrs.frozen
class Comparison:
    """All differences by name, and how many entries are the same."""

    differences: tuple[Difference, ...]
    same: int

    def count(self, kind: Kind) -> int:
        """How many there are of a kind."""
        return sum(difference.kind == kind for difference in self.differences)


def compare(first: Store, before: str, second: Store, after: str) -> Comparison:
    """What has to be done to the one namespace so that it tells what the other one does.

    When, by whom and from which line an entry was registered is no difference.
    """
    old, new = _told(first, before), _told(second, after)
    differences, same = [], 0
    for name in sorted({*old, *new}):
        facts = tuple(_facts(old.get(name, {}), new.get(name, {})))
        if name not in new:
            differences.append(Difference("removed", name, facts[:1]))
        elif name not in old:
            differences.append(Difference("added", name, facts[:1]))
        elif facts:
            differences.append(Difference("changed", name, facts))
        else:
            same += 1
    return Comparison(tuple(differences), same)


def _facts(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Fact]:
    for name in dict.fromkeys([*old, *new]):
        if old.get(name, "") != new.get(name, ""):
            yield Fact(name, old.get(name, ""), new.get(name, ""))


def _told(store: Store, namespace: str) -> dict[str, dict[str, str]]:
    with store.snapshot(namespace) as snapshot:
        return {
            stored.name: facts_of(shared.read_stored(namespace, stored, snapshot.token.epoch)) for stored in snapshot
        }


def facts_of(found: shared.Shared) -> dict[str, str]:
    """What a record tells of its entry: the first says what it is."""
    record = found.record
    if record is None:
        return {"unreadable": found.fault}
    facts = {
        "is": shared.kind_of(record),
        "type": record.type or "",
        "data": quote(record.data, 200) if record.kind == "data" else "",
        "tags": ", ".join(record.tags),
        "description": record.description,
        "deprecated": "" if record.deprecated is None else record.deprecated or "yes",
        "version": shared.version_of(record),
        **{f"metadata {key}": quote(value, 200) for key, value in record.metadata.items()},
        **_parameters(record),
    }
    return {name: told for name, told in facts.items() if told}


def _parameters(record: Any) -> Mapping[str, str]:
    from registry.records import decode_schema

    if record.schema is None:
        return {}
    try:
        schema = decode_schema(record.schema)
    except ValidationError as error:
        return {"signature": error.message}
    listed = [*schema.parameters.values()]
    rests = [(stars, one) for stars, one in (("*", schema.rest), ("**", schema.extra)) if one is not None]
    order = {"parameters": ", ".join([*schema.parameters, *(f"{stars}{one.name}" for stars, one in rests)])}
    return {**order, **{f"parameter {one.name}": f"{one.name}{signature_of(one)}" for one in listed}}
