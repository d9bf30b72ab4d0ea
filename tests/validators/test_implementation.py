"""Whether every member of a Protocol is there, and can be used in the same way."""

import abc
import functools
import pickle
import types
import typing
from typing import Any, Generic, Protocol, TypeVar

import attrs
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from registry.errors import ConformanceError, ValidationError
from registry.model import ValidationContext
from registry.validators import implements

T = TypeVar("T")


class Estimator(Protocol):
    def fit(self, X: Any, y: Any) -> Any: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    def set_params(self, **params: Any) -> Any: ...


class Reader(Protocol[T]):
    name: str
    limit: int

    def read(self, source: str, *, size: int = 1) -> T: ...
    @property
    def closed(self) -> bool: ...
    @classmethod
    def make(cls, source: str) -> Any: ...
    @staticmethod
    def formats() -> list[str]: ...


class Good:
    name = "good"
    limit: int

    def read(self, path: str, *, size: int = 1, strict: bool = False) -> bytes: ...

    @property
    def closed(self) -> bool: ...

    @classmethod
    def make(cls, source: str) -> Any: ...

    @staticmethod
    def formats() -> list[str]: ...


class Bad:
    name = 3

    def read(self, path: str) -> str: ...

    @property
    def closd(self) -> bool: ...

    make = "not a method"


def found(protocol: Any, artifact: Any, context: ValidationContext, *, strict: bool = False) -> list[str]:
    """What is reported, each as its kind and subject."""
    try:
        implements(protocol, strict=strict)(artifact, context)
    except ConformanceError as error:
        return [f"{mismatch['kind']} {mismatch['subject']}" for mismatch in error.context["mismatches"]]
    return []


def test_a_class_that_has_everything_is_accepted(context: ValidationContext) -> None:
    assert found(Reader, Good, context) == []
    assert found(Reader[bytes], Good, context) == []


def test_everything_that_is_missing_or_different_is_reported_at_once(context: ValidationContext) -> None:
    with pytest.raises(ConformanceError) as caught:
        implements(Reader[bytes])(Bad, context)
    assert [mismatch["message"] for mismatch in caught.value.context["mismatches"]] == [
        "'name' is 'int', not 'str'",
        "it has no attribute 'limit'",
        "in 'read', it has no parameter 'size'",
        "in 'read', it returns 'str', not 'bytes'",
        "it has no attribute 'closed'",
        "'make' cannot be called",
        "it has no method 'formats'",
    ]
    assert caught.value.message.startswith("'Bad' does not implement 'Reader[bytes]': 'name' is 'int', not 'str'; ")
    assert "Rename 'closd' to 'closed'." in caught.value.suggestions
    assert "Annotate 'limit' in the class body." in caught.value.suggestions
    assert "In 'read', add a parameter 'size'." in caught.value.suggestions


def test_type_arguments_of_the_protocol_are_asked_for(context: ValidationContext) -> None:
    assert found(Reader[str], Good, context) == ["wrong-return read.return"]


def test_strictly_methods_have_the_same_parameters(context: ValidationContext) -> None:
    assert found(Reader[bytes], Good, context, strict=True) == [
        "missing-parameter read.source",
        "unexpected-parameter read.path",
        "unexpected-parameter read.strict",
    ]


@pytest.mark.parametrize("estimator", [Ridge, LogisticRegression, SVC, Pipeline])
def test_real_estimators_implement_the_protocol_of_estimators(estimator: Any, context: ValidationContext) -> None:
    assert found(Estimator, estimator, context) == []


def test_a_method_that_is_there_only_sometimes_is_taken_as_there(context: ValidationContext) -> None:
    class Probabilistic(Protocol):
        def predict_proba(self, X: Any) -> Any: ...

    assert found(Probabilistic, SVC, context) == []  # by a descriptor
    assert found(Probabilistic, LogisticRegression, context) == []
    assert found(Probabilistic, Ridge, context) == ["missing-member predict_proba"]


def test_an_estimator_object_is_asked_itself(context: ValidationContext) -> None:
    assert found(Estimator, Ridge(), context) == []

    class Fitted(Protocol):
        coef_: Any

    model = Ridge()
    assert found(Fitted, model, context) == ["missing-member coef_"]
    model.fit([[1.0], [2.0]], [1.0, 2.0])
    assert found(Fitted, model, context) == []


def test_of_an_object_its_own_attributes_count_and_of_a_class_those_it_declares(context: ValidationContext) -> None:
    class Named(Protocol):
        name: str

    class Later:
        def __init__(self) -> None:
            self.name = "later"

    class Promised:
        name: str

    assert found(Named, Later, context) == ["missing-member name"]
    assert found(Named, Later(), context) == []
    assert found(Named, Promised, context) == []
    assert found(Named, Promised(), context) == ["missing-member name"]


def test_fields_slots_and_cached_properties_are_attributes(context: ValidationContext) -> None:
    class Sized(Protocol):
        size: int

    @attrs.define
    class Field:
        size: int

    @attrs.define
    class WrongField:
        size: str

    class Slot:
        __slots__ = ("size",)

    class Cached:
        @functools.cached_property
        def size(self) -> int: ...

    class WrongProperty:
        @property
        def size(self) -> str: ...

    for good in (Field, Slot, Cached, Field(1)):
        assert found(Sized, good, context) == []
    for bad in (WrongField, WrongProperty, WrongField("1")):
        assert found(Sized, bad, context) == ["wrong-member size"]


def test_a_module_can_implement_a_protocol(context: ValidationContext) -> None:
    class Codec(Protocol):
        def dumps(self, obj: Any, /) -> Any: ...
        def loads(self, data: Any, /) -> Any: ...

    import json
    import math

    assert found(Codec, json, context) == []
    assert found(Codec, pickle, context) == []
    assert found(Codec, math, context) == ["missing-member dumps", "missing-member loads"]
    lazy = types.ModuleType("lazy")
    lazy.__getattr__ = lambda name: json.dumps  # type: ignore[method-assign]  # as lazy packages do it
    assert found(Codec, lazy, context) == []


def test_a_special_method_that_is_none_is_missing(context: ValidationContext) -> None:
    class Hashing(Protocol):
        def __hash__(self) -> int: ...

    assert found(Hashing, tuple, context) == []
    assert found(Hashing, list, context) == ["missing-member __hash__"]


def test_call_is_looked_for_in_the_class_and_not_in_its_metaclass(context: ValidationContext) -> None:
    class Calling(Protocol):
        def __call__(self, value: int) -> int: ...

    class Silent:
        pass

    assert found(Calling, Silent, context) == ["missing-member __call__"]
    assert found(Calling, functools.partial, context) == []


def test_a_class_that_answers_every_name_has_every_member(context: ValidationContext) -> None:
    class Anything:
        def __getattr__(self, name: str) -> Any:
            return len

    assert found(Estimator, Anything, context) == []


def test_type_arguments_of_the_artifacts_bases_are_filled_in(context: ValidationContext) -> None:
    class Base(Generic[T]):
        def get(self) -> T: ...

    class Text(Base[str]):
        pass

    class Getting(Protocol):
        def get(self) -> int: ...

    assert found(Getting, Text, context) == ["wrong-return get.return"]
    assert found(Getting, Base, context) == []


def test_of_overloads_one_that_takes_every_call_is_enough(context: ValidationContext) -> None:
    class Overloaded:
        @typing.overload
        def get(self, key: int) -> int: ...
        @typing.overload
        def get(self, key: str, default: str) -> str: ...
        def get(self, *arguments: Any) -> Any: ...

    class ByNumber(Protocol):
        def get(self, key: int) -> int: ...

    class ByBytes(Protocol):
        def get(self, key: bytes) -> int: ...

    assert found(ByNumber, Overloaded, context) == []
    assert found(ByBytes, Overloaded, context) == ["wrong-annotation get.key"]


def test_inherited_members_of_a_protocol_are_asked_for(context: ValidationContext) -> None:
    class Opening(Protocol):
        def open(self) -> None: ...

    class Both(Opening, Protocol):
        def close(self) -> None: ...

    class Half:
        def close(self) -> None: ...

    assert found(Both, Half, context) == ["missing-member open"]


@pytest.mark.parametrize("wrong", [int, abc.ABC, "Reader", 3])
def test_what_is_no_protocol_is_refused_when_the_validator_is_made(wrong: Any) -> None:
    with pytest.raises(ValidationError, match="is not a Protocol"):
        implements(wrong)


def test_it_pickles(context: ValidationContext) -> None:
    validator = implements(Reader[bytes])
    validator(Good, context)
    arrived = pickle.loads(pickle.dumps(validator))
    assert repr(arrived) == "implements(Reader[bytes])"
    assert repr(implements(Estimator, strict=True)) == "implements(Estimator, strict=True)"
    with pytest.raises(ConformanceError):
        arrived(Bad, context)
