"""Schemas that come from declarations, and what a config is told by them."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Lt
from registry_sklearn.annotations import annotation_of
from sklearn.base import BaseEstimator  # type: ignore[import-untyped]  # has no types
from sklearn.datasets import make_moons  # type: ignore[import-untyped]  # has no types
from sklearn.ensemble import BaggingClassifier  # type: ignore[import-untyped]  # has no types
from sklearn.impute import SimpleImputer  # type: ignore[import-untyped]  # has no types
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # has no types
from sklearn.model_selection import GridSearchCV, KFold  # type: ignore[import-untyped]  # has no types
from sklearn.preprocessing import MinMaxScaler  # type: ignore[import-untyped]  # has no types
from sklearn.semi_supervised import SelfTrainingClassifier  # type: ignore[import-untyped]  # has no types
from sklearn.svm import SVC  # type: ignore[import-untyped]  # has no types

from registry import ConfigError, Parameter, Registry, type_registry
from registry.plugins import plugin_manager

CONFIG = """\
_type: svc
C: -1
kernel: rbff
gamma: scal
random_state: -5
shrinking: 1
"""


@pytest.fixture
def models() -> Registry[Any]:
    registry: Registry[Any] = Registry("models", plugins=plugin_manager("registry_sklearn.plugin", installed=False))
    registry.register("svc", SVC)
    registry.register("logistic", LogisticRegression)
    registry.register("bagging", BaggingClassifier)
    registry.register("search", GridSearchCV)
    registry.register("folds", KFold)
    registry.register("moons", make_moons)
    return registry


def test_every_wrong_value_is_shown_at_its_place_before_anything_is_constructed(
    models: Registry[Any], tmp_path: Path
) -> None:
    file = tmp_path / "svc.yaml"
    file.write_text(CONFIG)
    with pytest.raises(ConfigError) as caught:
        models.build_file(file)
    found = {problem.path: problem for problem in caught.value.problems}
    places = {
        path: (problem.location.line, problem.location.column) for path, problem in found.items() if problem.location
    }
    assert places == {"C": (2, 4), "kernel": (3, 9), "gamma": (4, 8), "random_state": (5, 15), "shrinking": (6, 12)}
    assert found["C"].message == "'C' of 'svc' must be greater than 0.0, not -1."
    assert found["random_state"].message == "'random_state' of 'svc' must be at least 0, not -5."


def test_a_wrong_choice_comes_with_the_one_that_was_probably_meant(models: Registry[Any]) -> None:
    (problem,) = models.check({"_type": "logistic", "solver": "saag"})
    assert "'saga'" in problem.suggestions[0]


def test_values_reach_the_constructor_as_they_are_written(models: Registry[Any]) -> None:
    svc = models.build({"_type": "svc", "C": 1, "gamma": 0.5, "kernel": "rbf", "class_weight": {0: 1.0}})
    assert (svc.C, type(svc.C), svc.gamma, svc.kernel, svc.class_weight) == (1, int, 0.5, "rbf", {0: 1.0})


def test_an_inner_node_has_to_make_what_has_the_methods(models: Registry[Any]) -> None:
    assert models.check({"_type": "bagging", "estimator": {"_type": "svc"}}) == []
    (problem,) = models.check({"_type": "bagging", "estimator": {"_type": "folds"}})
    assert problem.path == "estimator"
    assert "object with fit" in problem.message


def test_folds_are_a_number_an_object_or_a_list(models: Registry[Any]) -> None:
    search = {"_type": "search", "estimator": {"_type": "svc"}, "param_grid": {"C": [1, 2]}}
    for folds in (3, None, {"_type": "folds", "n_splits": 4}, [[[0, 1], [2, 3]]]):
        assert models.check({**search, "cv": folds}) == []
    for wrong in (1, "five", {"_type": "svc"}):
        assert [problem.path for problem in models.check({**search, "cv": wrong})] == ["cv"]


def test_functions_declare_their_parameters_too(models: Registry[Any]) -> None:
    (problem,) = models.check({"_type": "moons", "n_samples": [10, 20], "noise": -0.5})
    assert problem.message == "'noise' of 'moons' must be at least 0, not -0.5."


def test_a_list_becomes_the_tuple_that_is_asked_for() -> None:
    registry = Registry[Any]("scalers", plugins=plugin_manager("registry_sklearn.plugin", installed=False))
    registry.register("scaler", MinMaxScaler)
    assert registry.build({"_type": "scaler", "feature_range": [0, 2]}).feature_range == (0, 2)


def test_an_annotation_of_the_author_is_believed() -> None:
    class Scaled(BaseEstimator):  # type: ignore[misc]  # its base has no types
        _parameter_constraints = {"factor": [float], "offset": [float]}  # noqa: RUF012  # as scikit-learn writes it

        def __init__(self, factor: str = "auto", offset=0.0) -> None:  # type: ignore[no-untyped-def]  # as there
            self.factor = factor
            self.offset = offset

    registry = type_registry("own", plugins=plugin_manager("registry_sklearn.plugin", installed=False))
    registry.register("scaled", Scaled)
    assert [problem.path for problem in registry.check({"_type": "scaled", "factor": 2.0, "offset": "x"})] == [
        "factor",
        "offset",
    ]


def test_what_declares_nothing_is_left_alone() -> None:
    class Awkward:
        def __init__(self, size=1) -> None:  # type: ignore[no-untyped-def]  # nothing is said of it
            self.size = size

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    manager = plugin_manager("registry_sklearn.plugin", installed=False)
    registry = Registry[Any]("own", plugins=manager)
    registry.register("awkward", Awkward)
    registry.register("called", dict)
    assert registry.check({"_type": "awkward", "size": "any"}) == []
    assert [state.state for state in manager.states] == ["active"]
    assert registry.schema("awkward").parameters["size"] == Parameter("size", default=1)


def test_descriptions_of_the_docstring_stay(models: Registry[Any]) -> None:
    assert models.schema("svc").descriptions["C"].startswith("Regularization parameter")


def test_an_editor_is_told_bounds_and_choices(models: Registry[Any]) -> None:
    text = str(models.json_schema())
    assert "'exclusiveMinimum': 0" in text
    assert "'liblinear'" in text


class Interval:
    """As a library that carries its own copy has it."""

    def __init__(self, type: type, left: Any, right: Any, *, closed: str) -> None:
        self.type, self.left, self.right, self.closed = type, left, right, closed


def test_constraints_are_known_by_their_names_also_in_copies_of_other_libraries() -> None:
    from numbers import Integral

    assert annotation_of([Interval(Integral, 0, 5, closed="left"), None]) == (int | None, (Ge(0), Lt(5)))
    assert annotation_of(["boolean", Interval(Integral, 1, None, closed="left")]) == (
        Annotated[int, Ge(1)] | bool,
        (),
    )


def test_a_default_of_none_is_allowed_even_where_the_declaration_forgets_it() -> None:
    assert annotation_of([dict]) == (dict, ())
    assert annotation_of([dict], default=None) == (dict | None, ())
    models = type_registry("models", plugins=plugin_manager("registry_sklearn.plugin", installed=False))
    models.register("taught", SelfTrainingClassifier)
    assert "estimator" not in [problem.path for problem in models.check({"_type": "taught", "estimator": None})]


def test_what_is_not_known_is_not_checked() -> None:
    class FromTheFuture:
        pass

    assert annotation_of("no_validation") is None
    assert annotation_of([None, FromTheFuture()]) is None
    assert annotation_of(["a word", int]) is None
    assert annotation_of([]) is None


def test_choices_and_kinds_are_told_apart() -> None:
    constraints = SimpleImputer._parameter_constraints["strategy"]
    assert annotation_of(constraints) == (
        Literal["constant", "mean", "median", "most_frequent"] | Callable[..., Any],
        (),
    )
