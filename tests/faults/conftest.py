"""Makes the helpers beside the tests importable as `faults.…`, and has what they counted printed at the end."""

from collections.abc import Callable

import pytest
from faults import figures

PLUGIN = "faults.figures"


def pytest_configure(config: pytest.Config) -> None:
    if not config.pluginmanager.has_plugin(PLUGIN):
        config.pluginmanager.register(figures, PLUGIN)


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> figures.Figure:
    """Notes what a test counted; see `figures`."""
    return figures.recorder(record_property)
