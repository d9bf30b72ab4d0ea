"""`registry diff`: how two namespaces differ, fact by fact."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from registry.cli.difference.comparing import compare
from registry.records import Record
from registry.revisions import Change
from registry.stores import MemoryStore

Run = Callable[..., Result]
Fill = Callable[..., None]

HUBER = Record(
    kind="reference",
    reference="losses:huber",
    tags=("robust",),
    schema={
        "name": "huber",
        "parameters": [
            {"name": "error", "kind": "any", "type": "float"},
            {"name": "delta", "kind": "any", "type": "float", "default": 1.0},
        ],
    },
)
OTHER = attrs.evolve(
    HUBER,
    reference="robust:huber",
    tags=("robust", "smooth"),
    schema={
        "name": "huber",
        "parameters": [
            {"name": "error", "kind": "any", "type": "float"},
            {"name": "delta", "kind": "any", "type": "float", "default": 2.0},
            {"name": "eps", "kind": "any"},
        ],
    },
)
DATA = Record(kind="data", data={"a": 1})


@pytest.fixture
def two(fill: Fill, project: Path) -> Path:
    path = project / "a.db"
    fill(
        path, {"old": {"huber": HUBER, "gone": DATA, "same": DATA}, "new": {"huber": OTHER, "came": DATA, "same": DATA}}
    )
    return path


def test_what_differs_is_shown_name_by_name(run: Run, two: Path) -> None:
    result = run("diff", "old", "new", "--store", "a.db")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "+ came  data",
        "- gone  data",
        "~ huber",
        "    is: losses:huber -> robust:huber",
        "    tags: robust -> robust, smooth",
        "    parameters: error, delta -> error, delta, eps",
        "    delta: float = 1.0 -> delta: float = 2.0",
        "    -> eps",
        "1 removed, 1 added, 1 changed, 1 the same.",
    ]


def test_programs_get_json_and_an_exit_code(run: Run, two: Path) -> None:
    result = run("diff", "old", "new", "--store", "a.db", "--format", "json", "--exit-code")
    assert result.exit_code == 1
    found: dict[str, Any] = json.loads(result.stdout)
    assert found["same"] == 1
    assert [(one["kind"], one["name"]) for one in found["differences"]] == [
        ("added", "came"),
        ("removed", "gone"),
        ("changed", "huber"),
    ]
    assert run("diff", "old", "old", "--store", "a.db", "--exit-code").exit_code == 0


def test_a_namespace_in_another_store_can_be_compared(run: Run, two: Path, fill: Fill, project: Path) -> None:
    fill(project / "b.db", {"old": {"huber": HUBER, "same": DATA}})
    result = run("diff", "old", "--store", "a.db", "--other", "b.db")
    assert result.stdout.splitlines() == ["- gone  data", "1 removed, 2 the same."]
    assert run("diff", "new", "old", "--store", "a.db", "--other", "b.db").exit_code == 0


def test_what_cannot_be_compared_says_why(run: Run, two: Path) -> None:
    result = run("diff", "old", "--store", "a.db")
    assert result.exit_code == 2
    assert "--other" in result.stderr
    result = run("diff", "old", "nwe", "--store", "a.db")
    assert result.exit_code == 1
    assert "There is no namespace 'nwe'." in result.stderr
    assert "new" in result.stderr


def test_when_and_from_where_it_was_registered_is_no_difference(run: Run, fill: Fill, project: Path) -> None:
    from registry.records import RecordOrigin

    elsewhere = attrs.evolve(HUBER, origin=RecordOrigin(file="elsewhere.py", line=3))
    fill(project / "a.db", {"old": {"huber": HUBER}, "new": {"huber": elsewhere}})
    assert run("diff", "old", "new", "--store", "a.db").stdout == "No differences; 1 the same.\n"


records = st.sampled_from([HUBER, OTHER, DATA, attrs.evolve(DATA, deprecated=""), attrs.evolve(DATA, data=[1])])
spaces = st.dictionaries(st.sampled_from("abcde"), records, max_size=5)


@given(spaces, spaces)
def test_a_difference_read_backwards_is_the_other_way_round(
    first: dict[str, Record], second: dict[str, Record]
) -> None:
    with MemoryStore() as store:
        for namespace, held in (("first", first), ("second", second)):
            changes = [Change(name, record.to_bytes()) for name, record in held.items()]
            if changes:
                store.submit(namespace, changes, operation=namespace).result()
        there, back = compare(store, "first", store, "second"), compare(store, "second", store, "first")
        assert there.same == back.same == sum(first.get(name) == record for name, record in second.items())
        assert there.count("removed") == back.count("added") == len(set(first) - set(second))
        assert there.count("changed") == back.count("changed")
        for one, other in zip(there.differences, back.differences, strict=True):
            assert one.name == other.name
            assert {(fact.name, fact.before, fact.after) for fact in one.facts} == {
                (fact.name, fact.after, fact.before) for fact in other.facts
            }
