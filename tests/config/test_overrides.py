"""Overrides: changes written as text."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.config import apply_overrides, read_yaml
from registry.document import Document
from registry.paths import format_path, parse_path, step_into

TEXT = "t: &t\n  _type: trainer\n  epochs: 3\n  losses: [{_type: a, delta: 1}, {_type: b}]\nplain: {x: 1}\n"


def changed(*overrides: str, text: str = TEXT) -> Document:
    return apply_overrides(read_yaml(text, "f"), overrides)


def place(document: Document, path: str, key: bool = False) -> str:
    return str(document.locate(parse_path(path), key))


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("t.epochs=5", "t.epochs", 5),
        ("t.losses[0].delta=1e-3", "t.losses[0].delta", 0.001),
        ("t.lr=0.1", "t.lr", 0.1),
        ("t.losses=[]", "t.losses", []),
        ("t.losses[1]={_type: c, k: [no, 'x y']}", "t.losses[1]", {"_type": "c", "k": ["no", "x y"]}),
        ("plain.x=", "plain.x", None),
        ("plain.x=a=b", "plain.x", "a=b"),
        ("plain.x= spaced out ", "plain.x", "spaced out"),
        ("plain={}", "plain", {}),
        ("+plain.y=1", "plain.y", 1),
        ("+plain.x=2", "plain.x", 2),
        ("+new.a.b=1", "new", {"a": {"b": 1}}),
        ("+t.losses[2]={_type: c}", "t.losses[2]", {"_type": "c"}),
        ("+t.losses[2]._type=c", "t.losses[2]", {"_type": "c"}),
        ('+plain["a.b=c"]=1', 'plain["a.b=c"]', 1),
    ],
)
def test_an_override_changes_one_value_and_stands_where_it_is_written(override: str, path: str, value: object) -> None:
    document = changed(override)
    found = document.value
    for step in parse_path(path):
        found = step_into(found, step)
    assert (found, document.problems) == (value, ())
    location = document.locate(parse_path(path), True)
    assert location is not None
    assert (location.file, location.line, location.excerpt) == (f"override 1: {override}", 1, override)


def test_columns_are_those_of_the_override() -> None:
    document = changed("plain.x=1", "t.losses[1]={_type: hubr, k: [x]}", "+new.a=3")
    assert place(document, "plain.x") == "override 1: plain.x=1:1:9"
    assert place(document, "plain.x", key=True) == "override 1: plain.x=1:1:7"
    assert place(document, "t.losses[1]._type").endswith(":1:21")
    assert place(document, "t.losses[1]._type", key=True).endswith(":1:14")
    assert place(document, "t.losses[1].k[0]").endswith(":1:31")
    assert place(document, "new").startswith("override 3: +new.a=3:1:")
    assert place(document, "t.epochs") == "f:3:11"
    assert document.locate(("t", "losses", 1, "nope"), False) is None


def test_the_last_override_of_a_value_wins() -> None:
    document = changed("plain.x=1", "plain.x=2", "plain={x: 3}", "plain.x=4")
    assert document.value["plain"] == {"x": 4}
    assert place(document, "plain.x").startswith("override 4: ")


def test_a_removal_moves_the_later_items_of_a_list() -> None:
    document = changed("~t.losses[0]", "~plain.x")
    assert document.value["t"]["losses"] == [{"_type": "b"}]
    assert document.value["plain"] == {}
    assert place(document, "t.losses[0]._type") == "f:4:42"


def test_the_document_that_is_given_stays_as_it_is() -> None:
    document = read_yaml(TEXT)
    before = copy.deepcopy(document.value)
    apply_overrides(document, ["t.losses[0].delta=7", "~plain.x", "+t.losses[2]=1", "t.losses[2]=2"])
    assert document.value == before


@pytest.mark.parametrize(
    ("override", "column", "words"),
    [
        ("t.epoch.x=3", 1, ["did you mean 'epochs'?", "+t.epoch.x=3"]),
        ("plain.y=1", 1, ["'plain' has no 'y'", "Write '+plain.y=1' to add it."]),
        ("t.losses[7]=1", 1, ["'t.losses' is a list of 2"]),
        ("t.losses[-1]=1", 1, ["'t.losses' is a list of 2"]),
        ("t.losses.x=1", 1, ["'t.losses' is a list of 2"]),
        ("+t.losses[7]=1", 2, ["the next has the index 2"]),
        ("t.epochs.x=1", 1, ["'t.epochs' is an int"]),
        ("~t.epoch", 2, ["did you mean 'epochs'?"]),
        ("~t.epochs=3", 1, ["A removal takes no value", "Write '~t.epochs'."]),
        ("t.epochs", 1, ["gives no value"]),
        ("=3", 1, ["names no path"]),
        ("~", 1, ["names no path"]),
        ("a..b=3", 1, ["'a..b' is not a path"]),
        ("t.epochs=[1", 12, ["not YAML", "Put quotes"]),
        ("t.epochs=@x", 10, ["not YAML", "Put quotes"]),
        ("t.epochs=a: b", 10, ["block style"]),
        ("t.epochs=- b", 10, ["block style"]),
        ("t.epochs=#fff", 10, ["a comment"]),
    ],
)
def test_an_override_that_leads_nowhere_is_a_problem_and_changes_nothing(
    override: str, column: int, words: list[str]
) -> None:
    document = changed(override)
    (problem,) = document.problems
    assert (problem.code, problem.location and problem.location.column) == ("bad-override", column)
    assert all(word in str(problem) for word in words)
    assert document.value == read_yaml(TEXT).value


def test_a_duplicate_key_in_a_value_keeps_its_code_and_gets_the_whole_path() -> None:
    (problem,) = changed("t.epochs={a: {b: 1, b: 2}}").problems
    assert (problem.code, problem.path, str(problem.location)[-5:]) == ("duplicate-key", "t.epochs.a.b", ":1:21")


def test_problems_of_the_document_come_first_and_an_unreadable_one_is_not_overridden() -> None:
    document = changed("x=1", "y", text="a: [")
    assert [problem.code for problem in document.problems] == ["bad-document", "bad-override"]


def test_thousands_of_overrides_are_located() -> None:
    document = changed(*(f"+k{number}={number}" for number in range(3000)))
    assert place(document, "k0") == "override 1: +k0=0:1:5"
    assert place(document, "t.epochs") == "f:3:11"


keys = st.sampled_from(["a", "b", "_type", "x.y", 'q"', "é", "x y", "[0]"])
trees = st.recursive(
    st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=10
)


@given(st.dictionaries(keys, trees, min_size=1), st.data())
def test_overriding_a_path_is_assigning_to_it(value: dict[str, object], data: st.DataObject) -> None:
    path: tuple[object, ...] = ()
    expected = copy.deepcopy(value)
    container: object = expected
    while isinstance(container, dict | list) and container and (not path or data.draw(st.booleans())):
        around: object = container
        steps = list(container) if isinstance(container, dict) else list(range(len(container)))
        path = (*path, data.draw(st.sampled_from(steps)))
        container = step_into(container, path[-1])
    around[path[-1]] = "new"  # type: ignore[index]  # a dict or list by construction
    document = apply_overrides(Document(value), [f"{format_path(path)}=new"])
    assert (document.value, document.problems) == (expected, ())
    assert document.locate(path, False) is not None
