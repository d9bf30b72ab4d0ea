"""Whether an artifact is an estimator: at registration, and by scikit-learn's own checks."""

from functools import partial
from typing import Any, ClassVar

import pytest
from registry_sklearn import is_estimator
from registry_sklearn.testing import check_estimators
from sklearn.base import BaseEstimator  # type: ignore[import-untyped]  # has no types
from sklearn.feature_selection import SelectFromModel  # type: ignore[import-untyped]  # has no types
from sklearn.linear_model import LinearRegression  # type: ignore[import-untyped]  # has no types
from sklearn.svm import SVC  # type: ignore[import-untyped]  # has no types

from registry import Registry, ValidationError, type_registry
from registry.plugins import hookimpl, plugin_manager
from registry.testing import check_plugin, check_validator


class Noting(LinearRegression):  # type: ignore[misc]  # its base has no types
    """Fitting it sets an attribute that is neither a parameter nor marked as learned."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Noting":
        super().fit(X, y, sample_weight)
        self.size = 1
        return self


class Nameless(BaseEstimator):  # type: ignore[misc]  # its base has no types
    """Its parameters have no names."""

    def __init__(self, *sizes: int) -> None:
        self.sizes = sizes

    def fit(self, X: Any) -> "Nameless":
        return self


class Plain:
    """Can only be fitted."""

    def fit(self, X: Any) -> "Plain":
        return self


class Asking:
    """Notes what kind of artifacts a registry has."""

    kinds: ClassVar[list[str]] = []

    @hookimpl
    def registry_validators(self, registry: Any) -> list[Any]:
        self.kinds.append(registry.kind)
        return []


@pytest.fixture
def models() -> Registry[Any]:
    return Registry("models", validators=[is_estimator()])


def test_classes_of_estimators_are_registered(models: Registry[Any]) -> None:
    models.register("svc", SVC)
    models.register("linear", LinearRegression)
    assert list(models) == ["svc", "linear"]


def test_everything_that_is_missing_is_said_at_once(models: Registry[Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        models.register("plain", Plain)
    assert caught.value.message == (
        "'Plain' is not the class of an estimator: it has no method 'get_params'; it has no method 'set_params'."
    )
    assert caught.value.context["registry"] == "models"


@pytest.mark.parametrize(
    ("artifact", "reason"),
    [
        (SVC(), "an object of 'SVC'"),
        (Nameless, "takes '*sizes"),
        (partial(SVC, C=2.0), "not a class"),
        (len, "not a class"),
        ({"C": 1.0}, "not a class"),
    ],
    ids=str,
)
def test_other_things_are_refused(models: Registry[Any], artifact: Any, reason: str) -> None:
    with pytest.raises(ValidationError, match="is not the class of an estimator") as caught:
        models.register("thing", artifact)
    assert reason in caught.value.message
    assert caught.value.suggestions


def test_it_keeps_the_contract_of_a_validator() -> None:
    check_validator(is_estimator, accepts=[SVC, Noting], refuses=[Nameless, Plain, SVC(), len, {"C": 1.0}])


def test_a_registry_with_it_is_one_of_classes() -> None:
    assert repr(is_estimator()) == "is_estimator()"
    plugins = plugin_manager(Asking, installed=False)
    Registry[Any]("models", validators=[is_estimator()], plugins=plugins).register("svc", SVC)
    assert Asking.kinds == ["type"]


def test_good_estimators_pass_the_checks_of_scikit_learn() -> None:
    registry = type_registry("models")
    registry.register("linear", LinearRegression)
    check_estimators(registry)


def test_one_that_breaks_a_rule_is_caught() -> None:
    registry = type_registry("models")
    registry.register("noting", Noting)
    with pytest.raises(
        AssertionError, match="'noting' fails check_dont_overwrite_parameters: AssertionError: Estimator"
    ):
        check_estimators(registry)
    check_estimators(registry, expected={"noting": ["check_dont_overwrite_parameters"]})


def test_a_failure_that_is_expected_has_to_happen() -> None:
    registry = type_registry("models")
    registry.register("linear", LinearRegression)
    with pytest.raises(AssertionError, match="passes check_dict_unchanged, which 'expected' lists"):
        check_estimators(registry, expected={"linear": ["check_dict_unchanged"]})


def test_one_that_needs_parameters_is_given_them() -> None:
    registry = type_registry("models")
    registry.register("linear", LinearRegression)
    registry.register("selector", SelectFromModel)
    with pytest.raises(AssertionError, match="'selector' was not built, give its parameters in 'configs'"):
        check_estimators(registry)
    check_estimators(registry, configs={"selector": {"estimator": {"_type": "linear"}}})


def test_the_distribution_is_whole() -> None:
    checked = check_plugin("registry-sklearn")
    assert checked.plugins == ("sklearn",)
    assert [*checked.parts, *checked.imported] == ["validators estimator"]
