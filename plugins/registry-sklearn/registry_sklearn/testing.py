"""For tests: scikit-learn's own checks of estimators, for all that a registry holds."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from unittest import SkipTest

from sklearn.utils import estimator_checks  # type: ignore[import-untyped]  # has no types

from registry import ConfigError, Registry


class Failure(NamedTuple):
    """A check that an estimator did not pass: its name, and what it said."""

    check: str
    error: BaseException


def check_estimators(
    registry: Registry[Any, Any, Any],
    *,
    configs: Mapping[Any, Mapping[str, Any]] | None = None,
    expected: Mapping[Any, Sequence[str]] | None = None,
) -> None:
    """Run scikit-learn's estimator checks over every entry, which takes seconds for each of them.

    Args:
        registry: Holds classes of estimators.
        configs: Parameters by the name of the entry, for those that cannot be made without.
        expected: By the name of the entry, the names of checks that it is known to fail. One that it passes after all
            is a failure, too.

    Raises:
        AssertionError: With every check that an entry did not pass.
    """
    parameters = {} if configs is None else configs
    known = {} if expected is None else expected
    lines: list[str] = []
    for name in registry:
        try:
            estimator = registry.build({"_type": name, **parameters.get(name, {})})
        except ConfigError as error:
            lines.append(f"{name!r} was not built, give its parameters in 'configs': {error.problems[0].message}")
            continue
        failures = {failure.check: failure.error for failure in _failures(estimator)}
        wanted = known.get(name, ())
        lines += [f"{name!r} fails {check}: {_told(failures[check])}" for check in failures if check not in wanted]
        lines += [f"{name!r} passes {check}, which 'expected' lists." for check in wanted if check not in failures]
    if lines:
        raise AssertionError("\n".join(["Not every entry is an estimator as scikit-learn checks it:", *lines]))


def _failures(estimator: Any) -> Iterator[Failure]:
    check_estimator: Callable[..., Any] = estimator_checks.check_estimator
    if "on_fail" in inspect.signature(check_estimator).parameters:
        for result in check_estimator(estimator, on_skip=None, on_fail=None):
            if result["status"] == "failed":
                yield Failure(result["check_name"], result["exception"])
        return
    for given, check in check_estimator(estimator, generate_only=True):  # before scikit-learn 1.6
        try:
            check(given)
        except SkipTest:
            continue
        except Exception as error:  # a check raises whatever the estimator raises
            yield Failure(getattr(check, "func", check).__name__, error)


def _told(error: BaseException) -> str:
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
