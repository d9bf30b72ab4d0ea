"""What the strategies draw: it fits where it is to be used, and shows what is hostile."""

import json
import pickle
from typing import Any

from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from registry.backends import StoredBackend
from registry.core import Registry
from registry.model import Entry, Reference, Unavailable
from registry.names import MAX_BYTES, check_name
from registry.records import Receiver, Record, entry_of, record_of, resolve_reference
from registry.records.trust import Policy
from registry.references import address_of, import_reference
from registry.revisions import Stored
from registry.stores import MemoryStore
from registry.testing.strategies import artifacts, entries, names, records

EXAMPLES = settings(max_examples=60)
ANY = settings(database=None, derandomize=True, phases=[Phase.generate], max_examples=500)


@EXAMPLES
@given(names())
def test_names_are_allowed_everywhere(name: str) -> None:
    check_name(name)


def test_names_are_hostile_now_and_then() -> None:
    for hostile in (
        lambda name: len(name.encode()) == MAX_BYTES,
        lambda name: "/" in name,
        lambda name: name != name.lower(),
        lambda name: not name.isascii(),
        lambda name: not name.isprintable(),
    ):
        assert find(names(), hostile, settings=ANY)


@EXAMPLES
@given(artifacts())
def test_artifacts_can_be_imported_or_are_plain_data(artifact: Any) -> None:
    again = pickle.loads(pickle.dumps(artifact))
    if callable(artifact):
        assert again is artifact
        assert import_reference(Reference(address_of(artifact) or "")) is artifact
    else:
        assert again == json.loads(json.dumps(artifact)) == artifact


@EXAMPLES
@given(entries())
def test_entries_pickle_and_become_records(entry: Entry[Any]) -> None:
    again = pickle.loads(pickle.dumps(entry))
    assert (again.name, again.target, again.alias_of, again.tags) == (
        entry.name,
        entry.target,
        entry.alias_of,
        entry.tags,
    )
    assert (entry.alias_of is None) == (entry.target is not None)
    assert record_of(entry).to_bytes() == record_of(again).to_bytes()


@EXAMPLES
@given(entries(st.sampled_from(["huber", "mse"])))
def test_entries_can_be_given_other_names(entry: Entry[Any]) -> None:
    assert entry.name in ("huber", "mse")


def test_an_entry_that_is_drawn_twice_is_two_objects_so_that_two_backends_can_hold_it() -> None:
    drawn: list[Entry[Any]] = []

    @settings(max_examples=30, database=None)
    @given(entries(st.just("huber")))
    def put(entry: Entry[Any]) -> None:
        with MemoryStore() as store, StoredBackend(store, namespace="research.losses") as backend:
            assert entry.received is None
            backend["huber"] = entry
        drawn.append(entry)

    put()
    assert len({id(entry) for entry in drawn}) == len(drawn)


@EXAMPLES
@given(records())
def test_records_are_read_as_they_are_written(data: bytes) -> None:
    assert Record.from_bytes(data).to_bytes() == data
    entry = entry_of(Stored("huber", 1, data), Receiver("research.losses", Policy()))
    assert not isinstance(entry.target, Unavailable)


def test_records_are_of_every_kind_and_some_have_a_schema_that_fits() -> None:
    kinds = records().map(lambda data: Record.from_bytes(data).kind)
    for kind in ("reference", "data", "alias"):
        assert find(kinds, kind.__eq__, settings=ANY) == kind
    data = find(records(), lambda data: Record.from_bytes(data).schema is not None, settings=ANY)
    record = Record.from_bytes(data)
    assert record.reference is not None
    policy = Policy((record.reference,), on_mismatch="error")
    assert callable(resolve_reference(record.reference, policy, subject="'huber'", record=record))


@EXAMPLES
@given(artifacts(), names())
def test_artifacts_can_be_registered_under_the_names(artifact: Any, name: str) -> None:
    registry: Registry[Any, Any] = Registry("anything")
    registry.register(name, artifact)
    assert registry[name] is artifact
