"""The table of what the tests of faults counted."""

from functools import partial
from types import SimpleNamespace

from faults.figures import collected, recorder, table


def note(properties: list[tuple[str, object]], name: str, value: object) -> None:
    properties.append((name, value))


def test_figures_of_tests_are_added_up_and_the_slowest_is_kept() -> None:
    reports = []
    for kills, seconds in ((8, 0.5), (300, 0.25)):
        properties: list[tuple[str, object]] = []
        figure = recorder(partial(note, properties))
        figure("SIGKILLs", kills)
        figure("slowest exit", seconds)
        reports.append(SimpleNamespace(user_properties=[*properties, ("other", 1)]))
    figures = collected(reports)
    assert figures == {"SIGKILLs": 308, "slowest exit": 0.5}
    assert table(figures).splitlines()[2:] == ["| SIGKILLs | 308 |", "| slowest exit | 0.50 s |"]
