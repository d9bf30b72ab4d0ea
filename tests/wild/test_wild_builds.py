"""Every estimator of scikit-learn, registered and built as a user would."""

import inspect
import warnings
from typing import Any

import pytest
from sklearn.base import BaseEstimator  # type: ignore[import-untyped]  # has no types
from sklearn.utils import all_estimators  # type: ignore[import-untyped]  # has no types

from registry import Registry, type_registry


@pytest.fixture(scope="module")
def estimators() -> "Registry[Any, Any, str]":
    registry = type_registry("estimators", base=BaseEstimator)
    for name, cls in all_estimators():
        registry.register(name, cls)
    assert len(registry) > 190
    return registry


def test_every_estimator_with_only_defaults_is_built(estimators: "Registry[Any, Any, str]") -> None:
    built = 0
    for name, cls in estimators.items():
        takes = inspect.signature(cls).parameters.values()
        if any(p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in takes):
            assert {problem.code for problem in estimators.check(name)} == {"missing-parameter"}
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of estimators that are going away
            made, planned, by_hand = estimators.build(name), estimators.plan(name).build(), cls()
        assert type(made) is type(planned) is cls
        assert list(made.get_params(deep=False)) == list(by_hand.get_params(deep=False))
        built += 1
    assert built > 150


def test_a_misspelt_parameter_of_any_estimator_is_refused_with_the_right_one(
    estimators: "Registry[Any, Any, str]",
) -> None:
    tried = 0
    for name, cls in estimators.items():
        for parameter in inspect.signature(cls).parameters:
            if len(parameter) < 5 or parameter in ("steps", "estimator", "estimators", "transformers"):
                continue
            misspelt = parameter[:-2] + parameter[-1] + parameter[-2]
            if misspelt in inspect.signature(cls).parameters or misspelt == parameter:
                continue
            problems = [p for p in estimators.check({"_type": name, misspelt: None}) if p.code == "unknown-parameter"]
            assert [problem.path for problem in problems] == [misspelt]
            assert repr(parameter) in problems[0].suggestions[0]
            tried += 1
            break
    assert tried > 150
