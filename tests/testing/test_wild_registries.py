"""`check_registry` over the public callables of scikit-learn, scipy and networkx: no differences."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from registry import Registry
from registry.testing.registries.check import RegistryReport, check_registry

_spec = importlib.util.spec_from_file_location("wild_callables", Path(__file__).with_name("wild_callables.py"))
assert _spec is not None
assert _spec.loader is not None
wild = importlib.util.module_from_spec(_spec)
sys.modules["wild_callables"] = wild
_spec.loader.exec_module(wild)


def checked(artifacts: dict[str, Any], examples: int) -> RegistryReport:
    registry: Registry[Any, Any, str] = Registry("wild")
    for name, artifact in artifacts.items():
        registry.register(name, artifact)
    report = check_registry(registry, examples=examples)
    assert report.entries == len(artifacts)
    return report


# Parameters of which the kit does not know a value, and callables of which nothing can be read, are few: at most so
# many in a hundred.
LEFT_OUT = 5


def assert_hardly_anything_is_left_out(report: RegistryReport) -> None:
    assert 100 * sum(map(len, report.defaults_only.values())) <= LEFT_OUT * report.parameters
    assert 100 * len(report.opaque) <= LEFT_OUT * report.entries


@pytest.mark.parametrize(("package", "stride"), [("scipy.stats", 23), ("scipy.optimize", 13), ("networkx", 61)])
def test_what_a_sample_of_wild_callables_is_given_arrives(package: str, stride: int) -> None:
    artifacts = wild.public_callables(package, deep=False)
    sample = dict(list(artifacts.items())[::stride])
    assert len(sample) >= 4
    assert_hardly_anything_is_left_out(checked(sample, 3))


def test_what_a_sample_of_estimators_is_given_arrives() -> None:
    from sklearn.utils import all_estimators  # type: ignore[import-untyped]  # has no types

    assert_hardly_anything_is_left_out(checked(dict(all_estimators()[::23]), 3))


@pytest.mark.soak
@pytest.mark.parametrize("package", wild.PACKAGES)
def test_what_every_public_wild_callable_is_given_arrives(package: str) -> None:
    artifacts = wild.public_callables(package, deep=True)
    report = checked(artifacts, 5)
    assert len(artifacts) >= {"sklearn": 500, "scipy.stats": 250, "scipy.optimize": 60, "networkx": 700}[package]
    assert_hardly_anything_is_left_out(report)
