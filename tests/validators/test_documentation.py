"""Which artifacts have a docstring of their own."""

import dataclasses
import functools
import json
import math
import pickle
from typing import Any, NamedTuple

import attrs
import pydantic
import pytest
from sklearn.linear_model import Ridge

from registry.errors import ValidationError
from registry.model import ValidationContext
from registry.validators import documented


def told() -> None:
    """Does nothing."""


def silent() -> None:
    pass


def blank() -> None:
    """ """


class Told:
    """Is nothing."""

    def method(self) -> None:
        """Does nothing."""


class Silent(Told):
    pass


@dataclasses.dataclass
class Generated:
    x: int


@dataclasses.dataclass
class Written:
    """Has an x."""

    x: int


class GeneratedTuple(NamedTuple):
    x: int


@attrs.define
class SilentAttrs:
    x: int


class SilentModel(pydantic.BaseModel):
    x: int


@functools.wraps(told)
def wrapper() -> None:
    pass


@pytest.mark.parametrize(
    "artifact", [told, Told, Told.method, Told().method, Written, wrapper, math.sqrt, len, Ridge, json, dict]
)
def test_what_has_a_docstring_is_accepted(artifact: Any, context: ValidationContext) -> None:
    assert documented()(artifact, context) is None


@pytest.mark.parametrize(
    "artifact",
    [silent, blank, lambda: None, Silent, Generated, GeneratedTuple, SilentAttrs, SilentModel, Told(), 3, {"lr": 1}],
)
def test_what_only_inherits_or_generates_one_is_refused(artifact: Any, context: ValidationContext) -> None:
    with pytest.raises(ValidationError, match="has no docstring of its own"):
        documented()(artifact, context)


def test_a_partial_does_not_inherit_the_docstring_of_partial(context: ValidationContext) -> None:
    artifact = functools.partial(told)
    with pytest.raises(ValidationError, match="'huber' has no docstring"):
        documented()(artifact, context)
    artifact.__doc__ = "Does nothing either."
    assert documented()(artifact, context) is None


def test_it_pickles() -> None:
    assert pickle.loads(pickle.dumps(documented())) == documented()
