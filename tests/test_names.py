"""Which names are close to one that was misspelt."""

import pytest

from registry.errors import InvalidNameError
from registry.names import check_namespace, close_matches, edit_distance


@pytest.mark.parametrize(
    ("name", "candidates", "matches"),
    [
        ("mes", ["mse", "mae", "huber"], ["mse"]),  # a swap of neighbours is one edit
        ("ab", ["xy", "ax"], ["ax"]),
        ("smothl1", ["smooth_l1"], ["smooth_l1"]),  # two of up to two
        ("smthl1", ["smooth_l1"], []),  # three of up to two
        ("cross_entrpy_los", ["cross_entropy_loss", "cross"], ["cross_entropy_loss"]),
        ("HUBER", ["huber", "Hubert"], ["huber", "Hubert"]),
        ("losx", ["lossx", "lost", "lose", "los"], ["lossx", "lost", "lose"]),  # equally close, so in their order
        ("huberr", ["hubert", "huber_", "huberr2", "huberr"], ["huberr", "hubert", "huber_"]),  # the best first
        (3, ["3"], []),
    ],
)
def test_a_name_is_close_when_few_edits_lead_to_it(name: object, candidates: list[str], matches: list[str]) -> None:
    assert close_matches(name, candidates) == matches


@pytest.mark.parametrize(
    ("first", "second", "edits"),
    [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "acb", 1), ("ca", "abc", 3), ("kitten", "sitting", 3)],
)
def test_a_distance_counts_insertions_deletions_substitutions_and_swaps(first: str, second: str, edits: int) -> None:
    assert edit_distance(first, second) == edit_distance(second, first) == edits


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
