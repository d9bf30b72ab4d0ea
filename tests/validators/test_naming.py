"""Which names a registry wants."""

import pickle
import re
from typing import Any

import pytest

from registry.errors import ValidationError
from registry.model import ValidationContext
from registry.validators import named


def test_the_whole_name_has_to_match() -> None:
    validator = named(r"[a-z_]+")
    assert validator(object(), ValidationContext("losses", "smooth_l")) is None
    for wrong in ("smooth_l1", "Huber", "", "huber\n", " huber"):
        with pytest.raises(ValidationError, match="does not match"):
            validator(object(), ValidationContext("losses", wrong))


def test_a_compiled_pattern_keeps_its_flags() -> None:
    validator = named(re.compile("[a-z]+", re.IGNORECASE))
    assert validator(object(), ValidationContext("losses", "Huber")) is None


@pytest.mark.parametrize("name", [None, 3, ("a", "b")])
def test_a_name_that_is_not_text_is_refused(name: Any) -> None:
    with pytest.raises(ValidationError, match="is not text"):
        named(".*")(object(), ValidationContext("losses", name))


def test_the_error_tells_the_pattern() -> None:
    with pytest.raises(ValidationError) as caught:
        named("[a-z]+")(object(), ValidationContext("losses", "L1"))
    assert caught.value.message == "The name 'L1' does not match '[a-z]+'."
    assert caught.value.context == {"registry": "losses", "entry": "L1", "pattern": "[a-z]+"}


def test_what_is_no_pattern_is_refused_when_the_validator_is_made() -> None:
    with pytest.raises(ValidationError, match="is not a regular expression"):
        named("[a-z")


def test_it_pickles() -> None:
    arrived = pickle.loads(pickle.dumps(named("[a-z]+")))
    assert repr(arrived) == "named('[a-z]+')"
    assert arrived == named("[a-z]+")
