"""Problems as text."""

import pytest

from registry.problems import Location, Problem


@pytest.mark.parametrize(
    ("line", "column", "end_column", "carets"),
    [
        ("a: bc", 4, 6, "   ^^"),
        ("深度: bc", 5, 7, "      ^^"),  # each of the first two takes two columns of a terminal
        ("a: 深度", 4, 6, "   ^^^^"),
        ("e\u0301: bc", 5, 7, "   ^^"),  # a combining mark takes none
        ("a: b", 5, 6, "    ^"),  # behind the end of the line
    ],
)
def test_carets_stand_below_what_they_mark(line: str, column: int, end_column: int, carets: str) -> None:
    location = Location("f", 7, column, end_column, line)
    assert location.caret_line() == (line, carets)
    shown = str(Problem("bad-node", "No.", location=location, suggestions=("Why?",)))
    assert shown.splitlines() == [f"f:7:{column}: No.", f"  7 | {line}", f"    | {carets} Why?"]
