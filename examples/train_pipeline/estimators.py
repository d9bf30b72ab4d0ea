"""What a config may name: scikit-learn's estimators, and its ways to split data."""

import sklearn.decomposition
import sklearn.ensemble
import sklearn.feature_selection
import sklearn.linear_model
import sklearn.model_selection
import sklearn.neighbors
import sklearn.pipeline
import sklearn.preprocessing
from sklearn.base import BaseEstimator
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - importing it is what makes them available
from sklearn.model_selection import BaseCrossValidator, BaseShuffleSplit

from registry import Catalog, type_registry

estimators = type_registry("estimators", base=BaseEstimator)
splitters = type_registry("splitters")

for module in (
    sklearn.decomposition,
    sklearn.ensemble,
    sklearn.feature_selection,
    sklearn.linear_model,
    sklearn.model_selection,
    sklearn.neighbors,
    sklearn.pipeline,
    sklearn.preprocessing,
):
    estimators.register_module(module, where=lambda found: isinstance(found, type) and issubclass(found, BaseEstimator))

splitters.register_module(
    sklearn.model_selection,
    where=lambda found: isinstance(found, type) and issubclass(found, BaseCrossValidator | BaseShuffleSplit),
)

catalog = Catalog(estimators, splitters)
