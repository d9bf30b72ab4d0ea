"""What scikit-learn declares of its estimators is what a config is checked by, measured over all estimators."""

import inspect
import math
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
from sklearn.utils import all_estimators  # type: ignore[import-untyped]  # has no types
from sklearn.utils._param_validation import (  # type: ignore[import-untyped]  # private: scikit-learn tests with it
    RealNotInt,
    generate_invalid_param_val,
    generate_valid_param,
    make_constraint,
)

from registry import Problem, Registry, type_registry
from registry.plugins import plugin_manager

REQUIRED = 0.90
"""The part of all declared constraints that a wrong value has to be caught by."""


class Declared(NamedTuple):
    """The constraints of one parameter, as scikit-learn wrote them and as the objects that they stand for."""

    estimator: str
    parameter: str
    written: list[Any]
    constraints: list[Any]
    default: Any

    def allows(self, value: Any) -> bool:
        """Whether scikit-learn takes it; a default of None counts as allowed, even where it has to be replaced."""
        if value is None and self.default is None:
            return True
        return any(constraint.is_satisfied_by(value) for constraint in self.constraints)


class Unfitting:
    """Objects of this class are no value of any parameter."""


@cache
def estimators() -> dict[str, type]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of modules that are looked through on the way
        return dict(all_estimators())


def registered(*, with_plugin: bool = True) -> Registry[Any]:
    given = ["registry_sklearn.plugin"] if with_plugin else []
    registry: Registry[Any] = type_registry("estimators", plugins=plugin_manager(*given, installed=False))
    for name, cls in estimators().items():
        registry.register(name, cls)
    return registry


@pytest.fixture(scope="module")
def registry() -> Registry[Any]:
    return registered()


@cache
def parameters_of(name: str) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(estimators()[name]).parameters.values()
    return {each.name: each for each in parameters if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)}


@cache
def declared() -> tuple[Declared, ...]:
    return tuple(_declared())


def _declared() -> Iterator[Declared]:
    for name, cls in estimators().items():
        by_parameter = getattr(cls, "_parameter_constraints", {})
        for parameter, about in parameters_of(name).items():
            written = by_parameter.get(parameter, "no_validation")
            if written != "no_validation":
                yield Declared(name, parameter, written, [make_constraint(one) for one in written], about.default)


def problems(registry: Registry[Any], about: Declared, value: Any) -> list[Problem]:
    """The problems of this value alone: other parameters may be missing."""
    found = registry.check({"_type": about.estimator, about.parameter: value})
    return [problem for problem in found if problem.path.startswith(about.parameter)]


def wrong_value(about: Declared, constraint: Any) -> Any:
    """What breaks this constraint and meets no other one, near to it where there is such a value."""
    try:
        value = generate_invalid_param_val(constraint)
    except NotImplementedError:  # scikit-learn makes none for constraints that every value of a kind meets
        return Unfitting()
    return Unfitting() if about.allows(value) else value


def measured(registry: Registry[Any]) -> tuple[int, list[str]]:
    """How many constraints there are, and those that let a wrong value pass."""
    count, missed = 0, []
    for about in declared():
        for constraint in about.constraints:
            count += 1
            for value in (wrong_value(about, constraint), Unfitting()):
                if not problems(registry, about, value):
                    missed.append(f"{about.estimator}.{about.parameter}: {constraint}, given {value!r}")
                    break
    return count, missed


def test_wrong_values_are_located_problems_for_nearly_all_constraints_of_all_estimators(
    registry: Registry[Any], record_property: Any
) -> None:
    count, missed = measured(registry)
    caught = 1 - len(missed) / count
    record_property("constraints", count)
    record_property("caught", caught)
    print(f"{count - len(missed)} of {count} constraints of {len(estimators())} estimators: {caught:.1%}")
    assert count > 2000
    assert caught >= REQUIRED, "\n".join(missed)


def test_without_the_plugin_no_wrong_value_is_noticed() -> None:
    count, missed = measured(registered(with_plugin=False))
    assert len(missed) > 0.95 * count


PLAIN: list[Any] = [*(-2, -1, 0, 1, 2, 5), *(-1.0, -0.5, 0.0, 0.3, 1.0, 1.5, 1e9), *(math.inf, -math.inf, math.nan)]
PLAIN += ["no such value", None, [], [1, 2], (1, 2), {}, {"a": 1}]
"""Values that a config may have, at and around the bounds that there are.

True and False are not among them: scikit-learn takes them for numbers, a registry never does.
"""


def converted(about: Declared, value: Any) -> Any:
    """The value that reaches the estimator: a list where a tuple has to be, an int where only a float may be."""
    if type(value) in (list, tuple) and (list in about.written or tuple in about.written):
        return tuple(value) if tuple in about.written else list(value)
    if type(value) is int and all(getattr(one, "type", None) is RealNotInt for one in about.constraints):
        return float(value)
    return value


@cache
def different() -> list[Declared]:
    """One parameter for each declaration that there is."""
    found = {(*sorted(map(str, about.constraints)), about.default is None): about for about in declared()}
    return list(found.values())


def test_a_plain_value_is_refused_exactly_where_scikit_learn_would_refuse_it(registry: Registry[Any]) -> None:
    differences = [
        f"{about.estimator}.{about.parameter} = {value!r}"
        for about in different()
        for value in PLAIN
        if bool(problems(registry, about, value)) == about.allows(converted(about, value))
    ]
    assert differences == []
    assert len(different()) > 200


def test_no_valid_value_is_refused(registry: Registry[Any]) -> None:
    refused: list[str] = []
    count = 0
    for about in declared():
        for written, constraint in zip(about.written, about.constraints, strict=True):
            if is_hidden_class(written):
                continue
            try:
                value = generate_valid_param(constraint)
            except TypeError:  # an abstract class, or one that takes arguments
                continue
            if not about.allows(value):  # what is generated for an interval may lie on an open bound
                continue
            count += 1
            refused += [f"{about.estimator}.{problem}" for problem in problems(registry, about, value)]
    assert refused == []
    assert count > 2000


def is_hidden_class(written: Any) -> bool:
    """Whether scikit-learn takes such objects from itself alone: they are not documented, and no config has them."""
    return type(written).__name__ == "Hidden" and isinstance(written.constraint, type)


def test_no_default_is_refused(registry: Registry[Any]) -> None:
    refused = [
        f"{name}.{problem}"
        for name in estimators()
        for parameter in parameters_of(name).values()
        if parameter.default is not parameter.empty
        for problem in registry.check({"_type": name, parameter.name: parameter.default})
        if problem.path.startswith(parameter.name)
    ]
    assert refused == []
