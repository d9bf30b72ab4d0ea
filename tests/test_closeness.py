"""Which names are close to one that was misspelt."""

from collections.abc import Sequence
from string import ascii_lowercase

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry import closeness
from registry.closeness import close_matches, edit_distance


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


def distance(first: str, second: str) -> int:
    """Optimal string alignment distance by its definition, cell by cell."""
    table = [[row + column for column in range(len(second) + 1)] for row in range(len(first) + 1)]
    for row in range(1, len(first) + 1):
        for column in range(1, len(second) + 1):
            differs = first[row - 1] != second[column - 1]
            table[row][column] = min(
                table[row - 1][column] + 1, table[row][column - 1] + 1, table[row - 1][column - 1] + differs
            )
            if row > 1 < column and first[row - 2 : row] == second[column - 2 : column][::-1]:
                table[row][column] = min(table[row][column], table[row - 2][column - 2] + 1)
    return table[-1][-1]


def close_by_definition(name: str, candidates: Sequence[str], limit: int = 3) -> list[str]:
    allowed = max(1, len(name) // 3) if len(name) < 30 else 10
    found = [
        (edits, position, candidate)
        for position, candidate in enumerate(candidates)
        if abs(len(candidate) - len(name)) <= allowed
        and (edits := distance(name.casefold(), candidate.casefold())) <= allowed
    ]
    return [candidate for _, _, candidate in sorted(found)[:limit]]


LETTERS = st.text("abAB", max_size=12) | st.text("ab_é", max_size=26) | st.text(ascii_lowercase[:6], max_size=40)


@given(LETTERS, st.lists(LETTERS, max_size=60), st.integers(1, 4))
@example("ab" * 20, ["ba" * 20] * 30 + ["ab" * 19 + "ba"] * 3, 2)
@example("straße", ["strasse", "strase", "stra_e"] * 9, 3)
def test_many_names_are_compared_as_each_would_be_by_itself(name: str, candidates: list[str], limit: int) -> None:
    everything = [*candidates, *(candidate[::-1] for candidate in candidates), *candidates]
    assert close_matches(name, everything, limit) == close_by_definition(name, everything, limit)


@given(
    st.text("abc", min_size=1, max_size=20), st.lists(st.text("abc", min_size=18, max_size=18), min_size=8, max_size=20)
)
def test_portions_do_not_matter(name: str, candidates: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(closeness, "_PORTION", 3)
        assert close_matches(name, candidates) == close_by_definition(name, candidates)


@pytest.mark.parametrize("length", [199, 200, 201, 255])
def test_names_of_any_length_are_compared(length: int) -> None:
    name = "ab" * 130
    others = [name[: length - 1] + letter for letter in "cdefghijklmnop"]
    assert close_matches(name[:length], ["c" * length, *others]) == others[:3]
