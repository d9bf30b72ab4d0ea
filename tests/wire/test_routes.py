"""Addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import ValidationError
from registry.wire.routes import decoded, namespace_path

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(names, names)
def test_any_name_goes_through_a_path_and_back(namespace: str, key: str) -> None:
    path = namespace_path(namespace, "get", key)
    _, registry, first, verb, second = path.split("/")
    assert (registry, decoded(first), verb, decoded(second)) == ("registry", namespace, "get", key)
    assert path.isascii()
    assert not set(path) & set(" ?#\\\r\n")


@pytest.mark.parametrize("segment", ["%ff", "%ed%a0%80", "\udc80"])
def test_what_is_not_utf8_is_refused(segment: str) -> None:
    with pytest.raises(ValidationError):
        decoded(segment)
