"""From scikit-learn's constraints to annotations with the constraints of annotated-types.

The classes of constraints are private to scikit-learn, and other libraries carry copies of them. They are known here by
their names and attributes, as the developer's guide of scikit-learn gives them ("Developing scikit-learn estimators",
`_parameter_constraints`), and nothing private is imported.
"""

import math
from collections.abc import Callable, Iterable
from functools import reduce
from numbers import Integral, Real
from operator import or_
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le, Lt, Predicate

from registry_sklearn.kinds import array_like, iterable, with_methods

Found = tuple[Any, tuple[Any, ...]]
"""An annotation, and the constraints of what it describes."""

LARGEST_SEED = 2**32 - 1
"""The largest seed that `numpy.random.RandomState` takes."""


class _Unknown(Exception):
    """A constraint that is not known here."""


def annotation_of(declared: Any, default: Any = ...) -> Found | None:
    """The annotation that says what a list of constraints says, any of which may hold; None for no validation.

    None, too, where one of them is not known here: a newer scikit-learn may have it, and nothing valid may be refused.

    Args:
        declared: What `_parameter_constraints` has for a parameter.
        default: Of the parameter, where it has one: None is allowed where it is the default.

    >>> annotation_of(["boolean", None])
    (bool | None, ())
    """
    if not isinstance(declared, list | tuple):
        return None
    members = _Members(default is None)
    try:
        for constraint in declared:
            members.add(constraint)
    except _Unknown:
        return None
    return members.found()


class _Members:
    """The members of a union, numbers apart from choices and from kinds of objects."""

    def __init__(self, none: bool) -> None:
        self._numbers: list[tuple[type, tuple[Any, ...]]] = []
        self._choices: list[Any] = []
        self._kinds: list[Any] = []
        self._bool = False
        self._none = none

    def add(self, constraint: Any) -> None:
        """Take up one constraint."""
        if constraint is None:
            self._none = True
        elif isinstance(constraint, str):
            self._word(constraint)
        elif isinstance(constraint, type):
            self._instances(constraint)
        elif constraint is callable:
            self._kinds.append(Callable[..., Any])
        elif isinstance(constraint, float) and math.isnan(constraint):
            self._word("nan")
        else:
            self._object(constraint)

    def found(self) -> Found | None:
        """The union of all that was taken up."""
        numbers = sorted(dict.fromkeys(self._numbers), key=lambda number: number[0] is float)  # 1 is an int first
        bounds = {bounds for _, bounds in numbers}
        if len(bounds) == 1 and not (self._choices or self._kinds or self._bool):
            # None passes constraints, so they may stand on the whole: what is wrong is then told best
            whole: list[Any] = [kind for kind, _ in numbers]
            return _union([*whole, *([None] if self._none else [])]), bounds.pop()
        annotated = [Annotated[(kind, *bounds)] if bounds else kind for kind, bounds in numbers]
        if self._choices and not (annotated or self._kinds):
            # one list of all values, so that a value which is none of them is compared with each
            choices = [*self._choices, *((True, False) if self._bool else ()), *((None,) if self._none else ())]
            return _literal(choices), ()
        members = [*([_literal(self._choices)] if self._choices else []), *annotated]
        members += [*([bool] if self._bool else []), *dict.fromkeys(self._kinds), *([None] if self._none else [])]
        return (_union(members), ()) if members else None

    def _word(self, word: str) -> None:
        if word == "boolean":
            self._bool = True
        elif word == "verbose":
            self._bool = True
            self._numbers.append((int, (Ge(0),)))
        elif word == "random_state":
            import numpy

            self._none = True
            self._numbers.append((int, (Ge(0), Le(LARGEST_SEED))))
            self._kinds.append(numpy.random.RandomState)
        elif word == "cv_object":
            self._none = True
            self._numbers.append((int, (Ge(2),)))
            self._kinds += [with_methods(("split", "get_n_splits")), iterable()]
        elif word == "array-like":
            self._kinds.append(array_like())
        elif word == "sparse matrix":
            import scipy.sparse  # type: ignore[import-untyped]  # has no types

            self._kinds += [scipy.sparse.sparray, scipy.sparse.spmatrix]
        elif word == "nan":
            self._numbers.append((float, (Predicate(math.isnan),)))
        else:
            raise _Unknown(word)

    def _instances(self, kind: type) -> None:
        if kind is bool:
            self._bool = True
        elif kind in (Integral, int):
            self._numbers.append((int, ()))
        elif kind is float:
            self._numbers.append((float, ()))
        elif kind is Real:
            self._numbers += [(int, ()), (float, ())]
        else:
            self._kinds.append(kind)

    def _object(self, constraint: Any) -> None:
        kind = type(constraint).__name__
        if kind == "Interval":
            self._numbers += [(number, _bounds(constraint)) for number in _numbers(constraint.type)]
        elif kind in ("StrOptions", "Options"):
            self._choices += sorted(constraint.options, key=repr)  # they are a set
        elif kind == "HasMethods":
            self._kinds.append(with_methods(tuple(constraint.methods)))
        elif kind == "MissingValues":
            self._numbers += [(int, ()), (float, ())]
            if not constraint.numeric_only:
                self._none = True
                self._kinds.append(str)
        elif kind == "Hidden":
            # What is hidden is for scikit-learn itself; but a default may be one of the values.
            if not isinstance(constraint.constraint, type):
                self.add(constraint.constraint)
        else:
            raise _Unknown(kind)


def _numbers(kind: type) -> tuple[type, ...]:
    if kind is Integral:
        return (int,)
    return (int, float) if kind is Real else (float,)  # the third is RealNotInt


def _bounds(interval: Any) -> tuple[Any, ...]:
    """The bounds of an interval as constraints.

    A float without a bound may still not be infinite where the interval is open, and never NaN, which meets no bound.
    """
    left, right = interval.left, interval.right
    on_left, on_right = interval.closed in ("left", "both"), interval.closed in ("right", "both")
    found: list[Any] = []
    if left is not None:
        found.append((Ge if on_left else Gt)(_plain(left)))
    elif interval.type is not Integral and not on_left:
        found.append(Gt(-math.inf))
    if right is not None:
        found.append((Le if on_right else Lt)(_plain(right)))
    elif interval.type is not Integral and not on_right:
        found.append(Lt(math.inf))
    return tuple(found) if found or interval.type is Integral else (Le(math.inf),)


def _plain(number: Any) -> Any:
    return number.item() if hasattr(number, "item") else number  # NumPy's numbers read badly in messages


def _literal(values: Iterable[Any]) -> Any:
    return Literal[tuple(values)]


def _union(members: Iterable[Any]) -> Any:
    return reduce(or_, members)
