"""Descriptions: of artifacts and parameters, in the three common styles."""

import dataclasses
import functools
import inspect
import pickle
from typing import Annotated, Any, NamedTuple

import attrs
import pytest
import typing_extensions
from hypothesis import given
from hypothesis import strategies as st

from registry.signatures import read_schema


def google(a: int, b: int = 1, *args: int, **kwargs: int) -> int:
    """Add numbers,
    however many.

    And more about it.

    Args:
        a: The first
            of them.
        b (int, optional): The second.
        *args: All others.
        unknown: Not a parameter.

    Returns:
        The sum.
    """
    return a + b


def numpy_style(a: int, b: int = 1, c: int = 2) -> int:
    """
    Add numbers.

    Parameters
    ----------
    a : int
        The first
        of them.
    b, c : int, default=1
        The others.

    Returns
    -------
    int
        The sum.
    """
    return a + b


def sphinx(a: int, b: int = 1) -> int:
    """Add numbers.

    :param a: The first
        of them.
    :param int b: The second.
    :returns: The sum.
    """
    return a + b


def test_google_style_is_read() -> None:
    assert read_schema(google).descriptions == {
        "": "Add numbers, however many.",
        "a": "The first of them.",
        "b": "The second.",
    }


def test_numpy_style_is_read_also_where_names_share_a_line() -> None:
    assert read_schema(numpy_style).descriptions == {
        "": "Add numbers.",
        "a": "The first of them.",
        "b": "The others.",
        "c": "The others.",
    }


def test_sphinx_style_is_read() -> None:
    schema = read_schema(sphinx)
    assert schema.descriptions == {"": "Add numbers.", "a": "The first of them.", "b": "The second."}
    assert schema.description == "Add numbers."


def test_nothing_is_described_without_a_docstring() -> None:
    assert read_schema(lambda a: a).descriptions == {}
    assert read_schema(lambda a: a).description == ""


def test_a_docstring_that_begins_with_a_section_has_no_summary() -> None:
    def first(a: int) -> None:
        """
        Args:
            a: The first.
        """

    def second(a: int) -> None:
        """
        Parameters
        ----------
        a : int
            The first.
        """

    def third(a: int) -> None:
        """:param a: The first."""

    for function in (first, second, third):
        assert read_schema(function).descriptions == {"a": "The first."}


class Documented:
    """A thing.

    Args:
        a: Said by the class.
    """

    def __init__(self, a: int, b: int, c: int = 0) -> None:
        """Make it.

        Args:
            a: Said by the constructor.
            b: Said there only.
        """


class Child(Documented):
    def __init__(self, d: int, **kwargs: Any) -> None:
        """Make a child.

        Args:
            d: Its own.
        """
        super().__init__(**kwargs)


def test_parameters_of_a_class_are_described_by_the_class_or_its_constructor() -> None:
    assert read_schema(Documented).descriptions == {
        "": "A thing.",
        "a": "Said by the class.",
        "b": "Said there only.",
    }


def test_inherited_parameters_are_described_by_the_class_that_has_them() -> None:
    assert read_schema(Child).descriptions == {
        "d": "Its own.",
        "a": "Said by the class.",
        "b": "Said there only.",
    }


def test_wrapped_partial_bound_and_generic_artifacts_are_described_by_what_they_stand_for() -> None:
    @functools.wraps(google)
    def wrapper(*args: Any) -> Any: ...

    class Generic(list[int]):
        """A list."""

        def method(self, a: int) -> None:
            """Do it.

            Args:
                a: With this.
            """

    assert read_schema(wrapper).description == "Add numbers, however many."
    assert read_schema(functools.partial(google, 1)).descriptions == {
        "": "Add numbers, however many.",
        "b": "The second.",
    }
    assert read_schema(Generic().method).descriptions == {"": "Do it.", "a": "With this."}
    assert read_schema(vars(Documented)["__init__"]).description == "Make it."


def test_a_callable_instance_is_described_by_its_class() -> None:
    class Scaler:
        """Scales."""

        def __call__(self, by: int) -> None:
            """Scale.

            Args:
                by: This much.
            """

    assert read_schema(Scaler()).descriptions == {"": "Scales.", "by": "This much."}


def test_docs_in_annotations_go_first() -> None:
    def function(a: Annotated[int, typing_extensions.Doc("Said there.")], b: int = 0) -> None:
        """Do.

        Args:
            a: Said here.
            b: Said here.
        """

    assert read_schema(function).descriptions == {"": "Do.", "a": "Said there.", "b": "Said here."}


def test_docs_in_the_annotations_of_a_base_are_heard() -> None:
    class Base:
        def __init__(self, a: Annotated[int, typing_extensions.Doc("Said below.")]) -> None: ...

    class Child(Base):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)

    assert read_schema(Child).descriptions == {"a": "Said below."}


def test_signatures_that_stand_in_for_docstrings_are_no_descriptions() -> None:
    @dataclasses.dataclass
    class Point:
        x: int

    class Pair(NamedTuple):
        x: int

    assert read_schema(Point).descriptions == {}
    assert read_schema(Pair).descriptions == {}


def test_metadata_of_private_attrs_fields_is_found_under_the_alias() -> None:
    @attrs.define
    class Machine:
        _speed: int = attrs.field(metadata={"description": "Metres per second."})
        other: int = attrs.field(default=0, metadata={"description": 3})

    assert read_schema(Machine).descriptions == {"speed": "Metres per second."}


def test_scikit_learn_describes_all_parameters_of_a_forest() -> None:
    from sklearn.ensemble import RandomForestClassifier

    schema = read_schema(RandomForestClassifier)
    assert schema.description == "A random forest classifier."
    assert schema.descriptions.keys() - {""} == schema.parameters.keys()
    assert schema.descriptions["n_estimators"].startswith("The number of trees in the forest.")


def test_descriptions_are_read_only_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(text: str) -> Any:
        raise AssertionError(text)

    monkeypatch.setattr(inspect, "cleandoc", refuse)
    assert list(read_schema(google).parameters) == ["a", "b"]


def test_a_schema_pickles_before_and_after_its_descriptions_were_read() -> None:
    schema = read_schema(google)
    assert pickle.loads(pickle.dumps(schema)).descriptions == schema.descriptions
    assert pickle.loads(pickle.dumps(schema)).descriptions["b"] == "The second."


@given(st.text() | st.text(alphabet=":-\n Parametrs@args`*,=()~"))
def test_no_docstring_is_too_strange(text: str) -> None:
    def function(a: int) -> None: ...

    function.__doc__ = text
    assert isinstance(read_schema(function).descriptions, dict)


@pytest.mark.parametrize("odd", [3, b"bytes", property(lambda self: 1 / 0)])
def test_a_docstring_that_is_no_text_is_none(odd: Any) -> None:
    class Odd:
        __doc__ = odd

        def __call__(self, a: int) -> None: ...

    assert read_schema(Odd).descriptions == {}
    assert read_schema(Odd()).descriptions == {}
