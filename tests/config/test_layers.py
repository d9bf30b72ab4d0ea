"""Later documents over earlier ones."""

from hypothesis import given
from hypothesis import strategies as st

from registry.config import lay_over, read_json, read_yaml
from registry.document import Document


def layered(*texts: str) -> Document:
    return lay_over([read_yaml(text, f"{number}.yaml") for number, text in enumerate(texts, 1)])


def test_mappings_merge_and_all_else_is_replaced() -> None:
    document = layered("a: {x: 1, y: [1, 2], z: {p: 1}}\nb: 1\n", "a: {y: [3], z: {q: 2}}\nc: 2\n")
    assert document.value == {"a": {"x": 1, "y": [3], "z": {"p": 1, "q": 2}}, "b": 1, "c": 2}


def test_a_node_of_another_type_replaces_the_earlier_one_whole() -> None:
    assert layered("m: {_type: a, x: 1}", "m: {_type: b, y: 2}").value == {"m": {"_type": "b", "y": 2}}
    assert layered("m: {_type: a, x: 1}", "m: {_type: a, y: 2}").value == {"m": {"_type": "a", "x": 1, "y": 2}}
    assert layered("m: {_type: a, x: 1}", "m: {y: 2}").value == {"m": {"_type": "a", "x": 1, "y": 2}}
    assert layered("m: {x: 1}", "m: {_type: a}").value == {"m": {"x": 1, "_type": "a"}}


def test_a_reference_and_a_node_replace_one_another() -> None:
    assert layered("m: {_type: a, x: 1}", "m: {_ref: b}").value == {"m": {"_ref": "b"}}
    assert layered("m: {_ref: b}", "m: {_type: a}").value == {"m": {"_type": "a"}}


def test_locations_are_in_the_file_that_wrote_the_value() -> None:
    document = layered("a: {x: 1, y: 2}\nn: {_type: p, k: 1}\n", "a:\n  y: 3\nn: {_type: q}\n", "a: {z: 4}")
    assert str(document.locate(("a", "x"), False)) == "1.yaml:1:8"
    assert str(document.locate(("a", "y"), False)) == "2.yaml:2:6"
    assert str(document.locate(("a", "y"), True)) == "2.yaml:2:3"
    assert str(document.locate(("a", "z"), True)) == "3.yaml:1:5"
    assert str(document.locate(("n", "_type"), False)) == "2.yaml:3:12"
    assert document.locate(("n", "k"), False) is None


def test_items_of_a_replaced_list_are_located_in_the_later_file() -> None:
    document = layered("a: [1, 2, 3]", "a:\n- 4\n")
    assert str(document.locate(("a", 0), False)) == "2.yaml:2:3"
    assert document.locate(("a", 1), False) is None


def test_problems_of_all_files_are_collected_and_unreadable_ones_change_nothing() -> None:
    document = layered("a: 1\na: 2\n", "b: [", "c: !Foo 1")
    assert document.value == {"a": 2, "c": "1"}
    assert [str(problem.location) for problem in document.problems] == ["1.yaml:2:1", "2.yaml:1:5", "3.yaml:1:4"]


def test_the_documents_below_stay_as_they_are() -> None:
    below, above = read_json('{"a": {"b": {"c": 1}}}'), read_json('{"a": {"b": {"d": 2}}}')
    lay_over([below, above, above])
    assert (below.value, above.value) == ({"a": {"b": {"c": 1}}}, {"a": {"b": {"d": 2}}})


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "_type", "_ref"]), inner),
    max_leaves=8,
)


def paths(value: object, path: tuple[object, ...] = ()) -> list[tuple[tuple[object, ...], object]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(path, value), *(found for step, child in steps for found in paths(child, (*path, step)))]


@given(st.lists(plain, min_size=1, max_size=3))
def test_every_scalar_of_the_result_stands_where_it_is_located(values: list[object]) -> None:
    import json

    documents = [read_json(json.dumps(value), str(number)) for number, value in enumerate(values)]
    document = lay_over(documents)
    for path, value in paths(document.value):
        location = document.locate(path, False)
        assert location is not None
        written = values[int(location.file)]
        for step in path:
            written = written[step]  # type: ignore[index]  # the path leads there, which is what is tested
        assert isinstance(value, dict | list) or (written == value and type(written) is type(value))


@given(plain, plain, plain)
def test_laying_over_changes_nothing_that_is_laid(first: object, second: object, third: object) -> None:
    documents = [Document(first), Document(second), Document(third)]
    together = lay_over(documents).value
    assert lay_over([lay_over(documents[:2]), documents[2]]).value == together
    assert lay_over([Document(first), Document(first)]).value == first
