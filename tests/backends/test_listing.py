"""The names of a shared namespace are listed without making an entry of each record: there may be a million."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from registry import Entry, Registry
from registry.backends import StoredBackend
from registry.protocols import Listing
from registry.revisions import Change, Stored
from registry.stores import MemoryStore

NAMESPACE = "research.losses"


def record(**values: Any) -> bytes:
    return json.dumps({"format": 1, **values}, separators=(",", ":")).encode()


RECORDS = {
    "huber": record(kind="reference", reference="statistics:median"),
    "smooth": record(kind="alias", alias_of="huber"),
    # the same word, spelled as JSON allows
    "spelled": record(kind="alias", alias_of="huber").replace(b'"alias"', b'"\\u0061lias"'),
    "mentions": record(kind="reference", reference="statistics:mean", description='not an "alias", though it says so'),
    "named": record(kind="reference", reference="statistics:mode", aliases=["smooth"]),
    "hinge": record(kind="reference", reference="statistics:fmean"),
}
PRIMARY = ["huber", "mentions", "named", "hinge"]


def entry_of(name: str) -> Entry[Any]:
    return Entry(name, {"of": name})


@pytest.fixture
def store() -> Iterator[MemoryStore]:
    with MemoryStore() as made:
        for name, written in RECORDS.items():
            made.submit(NAMESPACE, [Change(name, written)], operation=f"write-{name}").result()
        yield made


@pytest.mark.parametrize("max_staleness", [5.0, 0])
def test_aliases_are_left_out_however_they_are_spelled(store: MemoryStore, max_staleness: float) -> None:
    with StoredBackend(store, namespace=NAMESPACE, max_staleness=max_staleness) as backend:
        registry: Registry = Registry("losses", backend=backend)
        assert isinstance(backend, Listing)
        assert backend.primary_names() == PRIMARY
        assert list(registry) == registry.keys() == PRIMARY
        assert len(registry) == len(PRIMARY)
        assert list(backend) == list(RECORDS)


def test_listing_makes_entries_only_of_what_may_be_an_alias(store: MemoryStore) -> None:
    with StoredBackend(store, namespace=NAMESPACE) as backend:
        registry: Registry = Registry("losses", backend=backend)
        assert len(registry) == len(PRIMARY)
        assert list(registry) == PRIMARY
        repr(registry)
        made = {name for name, held in backend.entries.items() if isinstance(held, Entry)}
        assert made == {"smooth", "spelled", "mentions", "named"}
        assert isinstance(backend.entries["huber"], Stored)
        # what asks for entries has to make them all, or the check above would find nothing
        registry.find()
        assert all(isinstance(held, Entry) for held in backend.entries.values())


def test_an_overlay_is_listed_with_what_is_below_it(store: MemoryStore) -> None:
    with StoredBackend(store, namespace=NAMESPACE) as backend:
        registry: Registry = Registry("losses", backend=backend)
        with registry.overlay({"extra": max}):
            assert sorted(registry) == sorted([*PRIMARY, "extra"])
        assert list(registry) == PRIMARY


def test_what_was_listed_once_is_listed_again_until_a_name_changes(store: MemoryStore) -> None:
    with StoredBackend(store, namespace=NAMESPACE) as backend:
        registry: Registry = Registry("losses", backend=backend)
        first = registry.keys()
        first.clear()  # a list of one's own
        assert registry.keys() == PRIMARY
        for changes, expected in (
            ({"cosine": entry_of("cosine")}, [*PRIMARY, "cosine"]),
            ({"hinge": None}, ["huber", "mentions", "named", "cosine"]),
            ({"named": None, "hinge": entry_of("hinge")}, ["huber", "mentions", "cosine", "hinge"]),
        ):
            backend.apply(changes)
            assert registry.keys() == list(registry) == expected
            assert len(registry) == len(expected)


def test_a_listing_in_the_middle_of_a_change_is_neither_old_nor_kept(store: MemoryStore) -> None:
    """Whoever saw a new name finds it listed, and whoever lists next to the writer does not do so for later readers."""
    listed: list[list[str]] = []

    class Interrupted(dict[str, Any]):
        def update(self, *changes: Any, **more: Any) -> None:
            listed.append(registry.keys())
            super().update(*changes, **more)
            listed.append(registry.keys())

    with StoredBackend(store, namespace=NAMESPACE) as backend:
        registry: Registry = Registry("losses", backend=backend)
        assert registry.keys() == PRIMARY
        mirror = backend._link.mirror  # type: ignore[union-attr]  # it was used, so it has one
        mirror.entries = backend.entries = Interrupted(mirror.entries)
        expected = PRIMARY
        for name in ("cosine", "triplet", "focal"):
            before, expected = expected, [*expected, name]
            backend[name] = entry_of(name)
            assert registry.keys() == expected
            assert listed[-2:] == [before, expected]
