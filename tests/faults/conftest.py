"""Makes the helpers beside the tests importable as `faults.…`, and has what they counted printed at the end."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = str(Path(__file__).parents[1])

if TESTS not in sys.path:
    sys.path.append(TESTS)  # last, so that no folder of tests hides a package

from faults import figures  # noqa: E402  # found by what stands above

PLUGIN = "faults.figures"


def pytest_configure(config: pytest.Config) -> None:
    if not config.pluginmanager.has_plugin(PLUGIN):
        config.pluginmanager.register(figures, PLUGIN)


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> figures.Figure:
    """Notes what a test counted; see `figures`."""
    return figures.recorder(record_property)
