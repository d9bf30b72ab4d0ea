"""Estimators of scikit-learn, nested ones too, are written as configs and built again."""

import inspect
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
import sklearn.compose
import sklearn.datasets
import sklearn.decomposition
import sklearn.ensemble
import sklearn.feature_extraction.text
import sklearn.impute
import sklearn.linear_model
import sklearn.model_selection
import sklearn.naive_bayes
import sklearn.pipeline
import sklearn.preprocessing
from sklearn.base import BaseEstimator
from sklearn.experimental import (  # what is imported here makes estimators available
    enable_halving_search_cv,  # noqa: F401 - imported for its effect
    enable_iterative_imputer,  # noqa: F401 - imported for its effect
)

from registry import ConfigError, Registry

AnyRegistry = Registry[Any, Any, str]


class Hidden:
    """Shows nothing."""


MODULES = (
    sklearn.compose,
    sklearn.decomposition,
    sklearn.ensemble,
    sklearn.feature_extraction.text,
    sklearn.impute,
    sklearn.linear_model,
    sklearn.model_selection,
    sklearn.naive_bayes,
    sklearn.pipeline,
    sklearn.preprocessing,
)


@pytest.fixture(scope="module")
def estimators() -> AnyRegistry:
    registry: AnyRegistry = Registry("estimators")
    for module in MODULES:
        registry.register_module(
            module, where=lambda found: isinstance(found, type) and issubclass(found, BaseEstimator)
        )
    return registry


def parameters(value: Any) -> Any:
    """An estimator as its class and parameters, all the way down."""
    if isinstance(value, BaseEstimator):
        return (type(value), {key: parameters(item) for key, item in value.get_params(deep=False).items()})
    if isinstance(value, list | tuple):
        return (type(value), [parameters(item) for item in value])
    if isinstance(value, dict):
        return {key: parameters(item) for key, item in value.items()}
    return "nan" if isinstance(value, float) and math.isnan(value) else (type(value), value)


def nested_pipeline() -> Any:
    numbers = sklearn.pipeline.Pipeline(
        [
            ("impute", sklearn.impute.SimpleImputer(strategy="median")),
            ("scale", sklearn.preprocessing.StandardScaler(with_mean=False)),
            ("none", "passthrough"),
        ],
        verbose=False,
    )
    columns = sklearn.compose.ColumnTransformer(
        [("first", numbers, [0, 1]), ("second", "drop", [2])], remainder=numbers
    )
    union = sklearn.pipeline.FeatureUnion([("pca", sklearn.decomposition.PCA(0.5)), ("all", "passthrough")])
    return sklearn.pipeline.Pipeline(
        [
            ("columns", columns),
            ("union", union),
            (
                "vote",
                sklearn.ensemble.VotingClassifier(
                    [("lr", sklearn.linear_model.LogisticRegression(C=0.25)), ("nb", sklearn.naive_bayes.GaussianNB())]
                ),
            ),
        ]
    )


ESTIMATORS: dict[str, Callable[[], Any]] = {
    "one with defaults": sklearn.ensemble.RandomForestClassifier,
    "one with tuples": lambda: sklearn.feature_extraction.text.TfidfVectorizer(ngram_range=(1, 2)),
    "one with infinity and nan": lambda: sklearn.linear_model.RANSACRegressor(
        sklearn.linear_model.Ridge(), stop_score=math.inf, min_samples=0.5, residual_threshold=math.nan
    ),
    "nested pipelines": nested_pipeline,
    "a search over a pipeline": lambda: sklearn.model_selection.GridSearchCV(
        nested_pipeline(), {"union__pca__n_components": [0.5, 0.9], "vote": ["drop", sklearn.naive_bayes.GaussianNB()]}
    ),
    "stacked ensembles": lambda: sklearn.ensemble.StackingRegressor(
        [("a", sklearn.linear_model.Ridge(2)), ("b", sklearn.ensemble.BaggingRegressor(sklearn.linear_model.Lasso()))],
        final_estimator=sklearn.linear_model.Ridge(),
    ),
}


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_an_estimator_is_built_again_with_equal_parameters(kind: str, estimators: AnyRegistry) -> None:
    model = ESTIMATORS[kind]()
    config = estimators.to_config(model)
    assert estimators.check(config) == []
    built = estimators.build(config)
    assert parameters(built) == parameters(model)
    assert repr(built) == repr(model)
    assert parameters(estimators.plan(estimators.plan(config).config).build()) == parameters(model)


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of estimators that are going away
def test_every_estimator_with_only_defaults_is_built_again(estimators: AnyRegistry) -> None:
    built = 0
    for name, cls in estimators.items():
        required = any(parameter.required for parameter in estimators.schema(name).parameters.values())
        if required or inspect.isabstract(cls):
            continue
        assert parameters(estimators.build(estimators.to_config(cls()))) == parameters(cls())
        built += 1
    assert built > 80


def test_a_default_that_cannot_be_written_is_left_out(estimators: AnyRegistry) -> None:
    vectorizer = sklearn.feature_extraction.text.TfidfVectorizer
    assert "dtype" not in estimators.to_config(vectorizer())
    with pytest.raises(ConfigError) as caught:
        estimators.to_config(vectorizer(dtype=float))
    assert [problem.path for problem in caught.value.problems] == ["dtype"]


def test_a_pipeline_that_was_built_again_predicts_the_same(estimators: AnyRegistry) -> None:
    x, y = sklearn.datasets.load_iris(return_X_y=True)
    model = nested_pipeline()
    again = estimators.build(json.loads(json.dumps(estimators.to_config(model))))  # tuples are lists there
    assert (model.fit(x, y).predict(x) == again.fit(x, y).predict(x)).all()


def test_what_an_estimator_holds_and_cannot_be_written_is_refused_where_it_stands(estimators: AnyRegistry) -> None:
    model = sklearn.pipeline.Pipeline(
        [
            ("log", sklearn.preprocessing.FunctionTransformer(math.log1p)),
            ("search", sklearn.model_selection.GridSearchCV(sklearn.linear_model.Ridge(), {}, cv=Hidden())),
        ]
    )
    with pytest.raises(ConfigError) as caught:
        estimators.to_config(model)
    assert [problem.path for problem in caught.value.problems] == ["steps[0][1].func", "steps[1][1].cv"]
