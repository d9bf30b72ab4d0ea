"""Records that arrive: entries that are listed without their code, and how each is resolved."""

import copy
import json
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import Entry, Reference, known
from registry.errors import NotShareableError, ResolutionError, UntrustedReferenceError, ValidationError
from registry.model import UNREAD, Origin, Unavailable
from registry.protocols import Received
from registry.records import (
    Policy,
    ReceivedRecord,
    Receiver,
    Record,
    RecordOrigin,
    encode_schema,
    entry_of,
    record_of,
    same_record,
)
from registry.revisions import Stored
from registry.schema import Schema
from registry.signatures import read_schema


def huber(prediction: float, target: float, delta: float = 1.0) -> float:
    """Be quadratic near zero."""
    return 0.0


@attrs.frozen
class Source:
    url: str


here = __name__


def stored(record: Record, name: str = "it", revision: int = 7) -> Stored:
    return Stored(name, revision, record.to_bytes(), 1.5, "somebody")


def arrived(record: Record, receiver: Receiver | None = None) -> Entry[Any]:
    return entry_of(stored(record), Receiver("losses") if receiver is None else receiver)


FULL = Entry(
    "huber",
    huber,
    aliases=("h",),
    tags=frozenset({"robust"}),
    description="A loss.",
    deprecated="Use 'smooth'.",
    metadata={"paper": [1964]},
    origin=Origin(__file__, 9),
)


def test_an_entry_has_what_its_record_tells() -> None:
    entry = arrived(record_of(FULL))
    assert entry.target == Reference(f"{here}:huber")
    assert (entry.name, entry.aliases, entry.tags) == ("it", ("h",), {"robust"})
    assert (entry.description, entry.deprecated, entry.metadata) == ("A loss.", "Use 'smooth'.", {"paper": [1964]})
    assert entry.origin is not None
    assert str(entry.origin).endswith("records/test_received.py:9")
    assert entry.is_lazy
    assert not hasattr(entry, "artifact")
    assert entry.received.revision == 7
    assert entry.received.record == record_of(FULL)


def test_data_and_aliases_arrive_as_what_they_are() -> None:
    data = arrived(record_of(Entry("x", {"a": 1})))
    assert (data.target, data.is_lazy, data.is_alias) == (UNREAD, True, False)
    assert data.received.resolve() == {"a": 1}
    alias = arrived(record_of(Entry("h", None, alias_of="huber")))
    assert (alias.target, alias.alias_of, alias.is_alias) == (None, "huber", True)
    with pytest.raises(ResolutionError, match="alias of 'huber'"):
        alias.received.resolve()


def test_what_arrives_keeps_the_contract() -> None:
    received: Received = arrived(record_of(FULL)).received
    assert isinstance(received, ReceivedRecord)
    assert not hasattr(received, "__dict__")


@given(st.binary(max_size=200))
def test_bytes_that_are_no_record_are_listed_with_the_reason(data: bytes) -> None:
    with pytest.raises(ValidationError) as caught:
        Record.from_bytes(data)
    entry = entry_of(Stored("it", 1, data), Receiver("losses"))
    assert isinstance(entry.target, Unavailable)
    assert str(caught.value.context["reason"]) in entry.target.reason
    with pytest.raises(ResolutionError, match="'it' of 'losses' cannot be resolved"):
        entry.received.resolve()
    assert entry.received.schema is None
    assert "cannot be used" in str(entry.received.difference(Entry("it", huber)))


def test_a_removal_or_a_record_that_is_too_long_is_listed_with_the_reason() -> None:
    for data in (None, b"x" * 100_000):
        assert isinstance(entry_of(Stored("it", 1, data), Receiver("losses")).target, Unavailable)


def test_the_schema_is_known_without_the_code() -> None:
    before = set(sys.modules)
    record = Record(
        kind="reference",
        reference="nowhere.at_all:huber",
        schema=encode_schema(read_schema(huber)),
        fingerprint="0" * 32,
    )
    schema = arrived(record).received.schema
    assert [parameter.name for parameter in schema.parameters.values()] == ["prediction", "target", "delta"]
    assert schema.description == "Be quadratic near zero."
    assert arrived(record).received.schema is not schema
    assert not any(name.startswith("nowhere") for name in set(sys.modules) - before)


def test_a_schema_that_is_not_there_or_cannot_be_read_is_none() -> None:
    for schema in (None, {"parameters": 1}, {"parameters": [{"kind": "x"}]}):
        record = Record(kind="reference", reference="a:b", schema=schema)
        assert arrived(record).received.schema is None
    assert arrived(Record(kind="data", data=1)).received.schema is None


# ---------------------------------------------------------------------------------------------- resolving


def test_a_reference_is_resolved_only_when_it_is_allowed() -> None:
    record = record_of(Entry("x", huber))
    with pytest.raises(UntrustedReferenceError, match=f"'it' of 'losses' is '{here}:huber'"):
        arrived(record).received.resolve()
    assert arrived(record, Receiver("losses", Policy((here,)))).received.resolve() is huber


def test_what_this_process_registered_itself_is_resolved() -> None:
    class Holder:
        def registered_here(self) -> list[str]:
            return [f"{here}:huber"]

    holder = Holder()
    known.add(holder)
    assert arrived(record_of(Entry("x", huber))).received.resolve() is huber
    del holder


def test_trust_allows_this_reference_and_no_other() -> None:
    receiver = Receiver("losses")
    first, second = (arrived(record_of(Entry("x", artifact)), receiver) for artifact in (huber, Source))
    first.received.trust()
    assert first.received.resolve() is huber
    with pytest.raises(UntrustedReferenceError):
        second.received.resolve()


def test_the_class_of_data_has_to_be_allowed_like_any_reference() -> None:
    receiver = Receiver("data")
    entry = arrived(record_of(Entry("x", Source("u"))), receiver)
    with pytest.raises(UntrustedReferenceError, match=f"The class of 'it' of 'data' is '{here}:Source'"):
        entry.received.resolve()
    entry.received.trust()
    assert entry.received.resolve() == Source("u")


def test_data_of_something_that_is_no_class_is_refused() -> None:
    record = Record(kind="data", data={}, type=f"{here}:huber")
    with pytest.raises(ResolutionError, match="no class"):
        arrived(record, Receiver("data", Policy((here,)))).received.resolve()


def test_data_that_nobody_structures_is_its_own_each_time() -> None:
    entry = arrived(Record(kind="data", data={"a": []}))
    assert entry.received.resolve() is not entry.received.resolve()


# ---------------------------------------------------------------------------------------------- the same definition


def other(prediction: float) -> float:
    return 0.0


THERE = record_of(Entry("x", huber))
OLDER = attrs.evolve(THERE, fingerprint="0" * 32, origin=RecordOrigin("acme", "1.2"))
MISSES: list[tuple[Record, Entry[Any], str]] = [
    (OLDER, Entry("x", huber), f"'{here}:huber' has another signature there (version 1.2 of 'acme') than here ("),
    (THERE, Entry("x", other), f"it is '{here}:huber' there and '{here}:other' here"),
    (THERE, Entry("x", Reference("acme:huber")), f"it is '{here}:huber' there and 'acme:huber' here"),
    (THERE, Entry("x", {"a": 1}), f"it is '{here}:huber' there and plain data here"),
    (THERE, Entry("x", Source("u")), f"it is '{here}:huber' there and data of '{here}:Source' here"),
    (THERE, Entry("x", None, alias_of="y"), f"it is '{here}:huber' there and an alias of 'y' here"),
    (
        record_of(Entry("x", None, alias_of="z")),
        Entry("x", None, alias_of="y"),
        "an alias of 'z' there and an alias of",
    ),
    (record_of(Entry("x", [1])), Entry("x", [1.0]), "its data is another there than here"),
    (record_of(Entry("x", Source("a"))), Entry("x", Source("b")), "its data is another there than here"),
    (record_of(Entry("x", Source("a"))), Entry("x", {"url": "a"}), "and plain data here"),
    (THERE, Entry("x", lambda: 0), "what is registered here cannot be shared (it is a lambda)"),
]


@pytest.mark.parametrize(("there", "entry", "why"), MISSES)
def test_another_definition_is_told_from_this_one_in_a_clause(there: Record, entry: Entry[Any], why: str) -> None:
    clause = arrived(there).received.difference(entry)
    assert why in clause
    assert not clause.endswith(".")


@pytest.mark.parametrize(
    ("there", "entry"),
    [
        (THERE, Entry("x", huber)),
        (THERE, FULL),
        (THERE, Entry("x", Reference(f"{here}:huber"))),
        (OLDER, Entry("x", Reference(f"{here}:huber"))),
        (attrs.evolve(THERE, fingerprint=None), Entry("x", huber)),
        (attrs.evolve(THERE, origin=None, schema=None), Entry("x", huber)),
        (record_of(Entry("x", None, alias_of="y")), Entry("x", None, alias_of="y")),
        (record_of(Entry("x", {"a": [1]})), Entry("x", {"a": [1]})),
        (record_of(Entry("x", Source("a"))), Entry("x", Source("a"))),
    ],
)
def test_the_same_definition_is_no_difference(there: Record, entry: Entry[Any]) -> None:
    assert arrived(there).received.difference(entry) is None


def test_both_versions_are_named_where_the_signature_differs(packages: Any) -> None:
    packages({"acme/__init__.py": "__version__ = '1.3'\ndef huber(delta): ..."})
    acme = import_module("acme")
    there = attrs.evolve(record_of(Entry("x", acme.huber)), fingerprint="0" * 32, origin=RecordOrigin("acme", "1.2"))
    clause = arrived(there).received.difference(Entry("x", acme.huber))
    assert clause == (
        "'acme:huber' has another signature there (version 1.2 of 'acme') than here (version 1.3 of 'acme')"
    )


def test_open_parameters_are_compared_as_this_registry_marks_them() -> None:
    def schema(artifact: Any) -> Schema:
        read = read_schema(artifact)
        opened = {name: attrs.evolve(p, open=name != "delta") for name, p in read.parameters.items()}
        return attrs.evolve(read, parameters=opened)

    there = record_of(Entry("x", huber), schema=schema)
    assert arrived(there, Receiver("losses", schema=schema)).received.difference(Entry("x", huber)) is None
    assert arrived(there).received.difference(Entry("x", huber)) is not None


# ---------------------------------------------------------------------------------------------- written again


def test_an_entry_that_was_received_is_recorded_as_it_came() -> None:
    there = attrs.evolve(record_of(FULL), origin=RecordOrigin("acme", "1.2", "acme.losses", "acme/losses.py", 3))
    entry = arrived(there)
    assert record_of(entry) == there
    changed = attrs.evolve(entry, aliases=(), tags=frozenset({"new"}))
    again = record_of(changed)
    assert again == attrs.evolve(there, aliases=(), tags=("new",))
    assert (again.schema, again.fingerprint) == (there.schema, there.fingerprint)


def test_an_entry_that_was_received_and_resolved_is_recorded_as_it_came() -> None:
    there = record_of(Entry("x", huber))
    entry = arrived(attrs.evolve(there, fingerprint="0" * 32))
    resolved = attrs.evolve(entry, target=huber, reference=Reference(f"{here}:huber"))
    assert record_of(resolved).fingerprint == "0" * 32


def test_data_that_was_received_is_recorded_without_being_read() -> None:
    there = record_of(Entry("x", Source("u")))
    assert record_of(arrived(there)) == there


def test_what_was_received_and_cannot_be_used_is_not_written_again() -> None:
    with pytest.raises(NotShareableError, match="cannot be used"):
        record_of(entry_of(Stored("it", 1, b"{"), Receiver("losses")))


@pytest.mark.parametrize("entry", [FULL, Entry("x", Reference("a:b")), Entry("x", [1]), Entry("x", None, alias_of="y")])
def test_registering_what_is_there_already_is_no_change(entry: Entry[Any]) -> None:
    there = record_of(entry)
    assert same_record(record_of(entry, brief=True), there)
    assert same_record(record_of(entry), Record.from_bytes(there.to_bytes()))


def test_a_record_is_decoded_once_and_only_when_it_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[bytes] = []
    original: Callable[[bytes], Record] = Record.from_bytes

    def counting(data: bytes) -> Record:
        decoded.append(data)
        return original(data)

    monkeypatch.setattr(Record, "from_bytes", counting)
    received = ReceivedRecord(stored(THERE), Receiver("losses"))
    assert decoded == []
    for _ in range(3):
        assert received.schema is not None
        assert received.record.kind == "reference"
    assert len(decoded) == 1


def test_an_entry_that_was_received_travels_without_its_connection() -> None:
    entry = arrived(record_of(FULL))
    assert copy.deepcopy(entry) is entry
    made, arguments = entry.__reduce__()[:2]
    assert made(*arguments).received is None
    assert "losses" not in repr(entry)


def test_a_reason_is_something_that_json_has() -> None:
    for record, entry, _ in MISSES:
        json.dumps(arrived(record).received.difference(entry))
