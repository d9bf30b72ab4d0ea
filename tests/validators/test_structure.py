"""Which artifacts are types of structured data."""

import collections
import dataclasses
import pickle
from typing import Any, NamedTuple, TypedDict

import attrs
import pydantic
import pytest
import typing_extensions

from registry.errors import ValidationError
from registry.model import ValidationContext
from registry.validators import is_structured, structured


@attrs.define
class Attrs:
    x: int


@dataclasses.dataclass
class Data:
    x: int


class Typed(TypedDict):
    x: int


class TypedToo(typing_extensions.TypedDict):
    x: int


class Named(NamedTuple):
    x: int


class Model(pydantic.BaseModel):
    x: int


class Plain:
    pass


STRUCTURED = [Attrs, Data, Typed, TypedToo, Named, Model]


@pytest.mark.parametrize("artifact", STRUCTURED)
def test_a_type_of_structured_data_is_accepted(artifact: type, context: ValidationContext) -> None:
    assert is_structured(artifact)
    assert structured()(artifact, context) is None


@pytest.mark.parametrize("artifact", [Plain, dict, tuple, int, len, 3, {"x": 1}, None, "Attrs"])
def test_anything_else_is_refused(artifact: Any, context: ValidationContext) -> None:
    assert not is_structured(artifact)
    with pytest.raises(ValidationError, match="is not a type of structured data"):
        structured()(artifact, context)


def test_a_named_tuple_without_types_is_no_structure() -> None:
    assert not is_structured(collections.namedtuple("Untyped", "x"))


@pytest.mark.parametrize("artifact", [Attrs(1), Data(1), Model(x=1), Named(1)])
def test_of_an_object_the_class_is_suggested(artifact: Any, context: ValidationContext) -> None:
    with pytest.raises(ValidationError, match="is an object of") as caught:
        structured()(artifact, context)
    assert caught.value.suggestions == (f"Register {type(artifact).__name__!r} itself.",)


def test_it_pickles() -> None:
    assert pickle.loads(pickle.dumps(structured())) == structured()
