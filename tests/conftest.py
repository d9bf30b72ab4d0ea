"""What every test needs."""

import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest

TESTS = str(Path(__file__).parent)
if TESTS not in sys.path:
    sys.path.append(TESTS)  # for what several folders of tests use; last, so that none of them hides a package

pytest_plugins = ["registry.testing.pytest_plugin"]

FORBID_SKIPS = "REGISTRY_FORBID_SKIPS"
"""Set in CI, where everything a test may need is there: a skip then means that something was not tested."""

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

# Machines that run tests are busy: how long one example takes says nothing.
hypothesis.settings.register_profile("tests", deadline=None, print_blob=True)
hypothesis.settings.load_profile("tests")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _without_skips((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _without_skips((yield))


def _without_skips(report: Report) -> Report:
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get(FORBID_SKIPS):
        report.outcome = "failed"
        report.longrepr = f"Skips are forbidden here ({FORBID_SKIPS}): {report.longrepr}"
    return report
