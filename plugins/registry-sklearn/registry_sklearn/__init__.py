"""Lets a registry check the parameters of scikit-learn estimators by what the estimators declare themselves.

Nothing of scikit-learn is imported with this package; `registry_sklearn.testing` has what is for tests.
"""

from registry_sklearn.estimators import is_estimator

__all__ = ["is_estimator"]
