"""Checks array functions when they are registered: they are tried once on small arrays.

NumPy is imported when the first function is tried; `registry_numpy.testing` has what is for tests.
"""

from registry_numpy.validator import array_function

__all__ = ["array_function"]
