"""check_plugin passes what fits, and names what does not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from registry.testing import check_plugin

Install = Callable[..., Path]

PLUGIN = """
from registry.plugins import hookimpl

@hookimpl
def registry_entries(registry):
    return {"root": "math:sqrt"}

@hookimpl
def registry_validators(registry):
    return [lambda artifact, context: None]

@hookimpl
def registry_event(event):
    event.kind.upper()
"""

BROKEN = {
    "an endless loop at import": ("while True: pass", "did not end within 2 seconds"),
    "an import that fails": ("import a_module_that_is_not_there", "No module named"),
    "an exit at import": ("raise SystemExit(1)", "SystemExit"),
    "an exit that nobody can catch": ("import os; os._exit(3)", "the exit code 3"),
    "a hook that does not exist": (PLUGIN.replace("registry_event", "registry_events"), "there is none of this name"),
    "a hook that does not fit": (PLUGIN.replace("(event)", "(happened)"), "'happened'"),
    "an event that it fails on": (PLUGIN.replace("upper()", "error"), "failed on the event 'registered'"),
    "an entry that cannot be imported": (
        PLUGIN.replace("math:sqrt", "math:sqroot"),
        "'math:sqroot' cannot be imported",
    ),
    "an entry that is no reference": (PLUGIN.replace('"math:sqrt"', "3"), "which is no reference"),
    "a validator that is none": (PLUGIN.replace("[lambda artifact, context: None]", "[3]"), "is not a validator"),
}


def test_a_plugin_that_fits_passes_and_says_what_was_looked_at(fake_distribution: Install) -> None:
    fake_distribution("acme-tools", {"plugins": {"acme": "acme_plugin"}}, modules={"acme_plugin": PLUGIN})
    checked = check_plugin("Acme_Tools", seconds=30)
    assert (checked.plugins, checked.parts, checked.imported) == (("acme",), (), ())


@pytest.mark.parametrize("broken", BROKEN)
def test_a_plugin_that_is_broken_in_one_place_is_named_with_the_reason(fake_distribution: Install, broken: str) -> None:
    source, said = BROKEN[broken]
    fake_distribution("acme-tools", {"plugins": {"acme": "acme_plugin"}}, modules={"acme_plugin": source})
    with pytest.raises(AssertionError, match="acme") as caught:
        check_plugin("acme-tools", seconds=2.0)
    assert said in str(caught.value)


def test_a_distribution_that_offers_nothing_is_told_where_to(fake_distribution: Install) -> None:
    fake_distribution("acme-tools", {})
    with pytest.raises(AssertionError, match="offers nothing: it has no entry point in 'registry_kit"):
        check_plugin("acme-tools")
    with pytest.raises(AssertionError, match="There is no distribution 'acme-gadgets' installed"):
        check_plugin("acme-gadgets")


def test_a_distribution_says_that_it_needs_the_library(fake_distribution: Install) -> None:
    fake_distribution(
        "acme-tools", {"plugins": {"a": "acme_plugin"}}, modules={"acme_plugin": PLUGIN}, requires="numpy"
    )
    with pytest.raises(AssertionError, match="does not say that it needs registry-kit"):
        check_plugin("acme-tools")
