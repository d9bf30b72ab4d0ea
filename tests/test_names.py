"""What can be a namespace."""

import pytest

from registry.errors import InvalidNameError
from registry.names import check_namespace


@pytest.mark.parametrize(
    "namespace", ["losses", "research.losses", "a.b.c", "größe.é", "two words.x", "a-b/c", "x" * 255]
)
def test_a_namespace_is_segments_joined_by_dots(namespace: str) -> None:
    check_namespace(namespace)


@pytest.mark.parametrize(
    ("namespace", "reason"),
    [
        ("", "it is empty"),
        (".", "it is empty between dots"),
        ("a..b", "it is empty between dots"),
        (".a", "it is empty between dots"),
        ("a.", "it is empty between dots"),
        ("a. b", "it begins or ends with a space between dots"),
        (" a", "it begins or ends with a space"),
        ("a\nb.c", "it holds a control character"),
        ("a.\ud800", "it holds half of a surrogate pair"),
        ("x" * 256, "it has 256 bytes"),
        ("é" * 128, "it has 256 bytes"),
        (3, "it is not text"),
        (None, "it is not text"),
    ],
)
def test_what_cannot_be_a_namespace_is_refused_with_the_reason(namespace: object, reason: str) -> None:
    with pytest.raises(InvalidNameError) as caught:
        check_namespace(namespace)
    assert caught.value.message.endswith(f"cannot be a namespace: {reason}.")
