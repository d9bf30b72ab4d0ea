"""`check_factorizer` passes the library's factorizer, and catches those that break the contract in one line."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import pytest

from registry.errors import ConfigError
from registry.factorizer import SchemaFactorizer
from registry.problems import Problem
from registry.protocols import Plan, Resolve
from registry.schema import Schema
from registry.testing.factorizers.check import check_factorizer


@attrs.frozen
class Delegating:
    """A factorizer that hands everything on; its twins replace one method, or what one gives."""

    inner: SchemaFactorizer = attrs.field(factory=SchemaFactorizer)

    def schema(self, artifact: Any, /) -> Schema:
        return self.inner.schema(artifact)

    def plan(self, config: Any, resolve: Resolve, /, *, given: Mapping[str, Any]) -> Plan:
        return self.inner.plan(config, resolve, given=given)

    def check(self, config: Any, resolve: Resolve, /, *, given: Mapping[str, Any]) -> list[Problem]:
        return self.inner.check(config, resolve, given=given)


@attrs.frozen
class ReplacedPlan:
    """A plan with one method of another."""

    inner: Plan
    build_with: Callable[[Plan], Any]

    @property
    def config(self) -> Any:
        return self.inner.config

    @property
    def problems(self) -> Any:
        return self.inner.problems

    def build(self) -> Any:
        return self.build_with(self.inner)


class Twin:
    """A factorizer with some methods replaced."""

    def __init__(self, **methods: Callable[..., Any]) -> None:
        for name in ("schema", "plan", "check"):
            setattr(self, name, methods.get(name, getattr(Delegating(), name)))


INNER = SchemaFactorizer()


def twin(**methods: Callable[..., Any]) -> Callable[[], Any]:
    return lambda: Twin(**methods)


def planned(build: Callable[[Plan], Any]) -> Callable[[], Any]:
    return twin(plan=lambda config, resolve, given: ReplacedPlan(INNER.plan(config, resolve), build))


def optional(artifact: Any) -> Schema:
    schema = INNER.schema(artifact)
    relaxed = {name: attrs.evolve(each, default=None) for name, each in schema.parameters.items()}
    return attrs.evolve(schema, parameters=relaxed)


def without_last(artifact: Any) -> Schema:
    schema = INNER.schema(artifact)
    return attrs.evolve(schema, parameters=dict(list(schema.parameters.items())[:-1]))


def strict_schema(artifact: Any) -> Schema:
    artifact.__module__.strip()  # whatever has no module, or refuses to tell it, is not expected
    return INNER.schema(artifact)


def first_problem(config: Any, resolve: Resolve, given: Any) -> list[Problem]:
    return [each for each in INNER.check(config, resolve) if each.code != "unknown-parameter"]


def misplaced(config: Any, resolve: Resolve, given: Any) -> list[Problem]:
    return [attrs.evolve(each, path="") for each in INNER.check(config, resolve)]


def raising_check(config: Any, resolve: Resolve, given: Any) -> list[Problem]:
    problems = INNER.check(config, resolve)
    if problems:
        raise ConfigError.of(problems)
    return problems


def eager(config: Any, resolve: Resolve, given: Any) -> Plan:
    plan = INNER.plan(config, resolve)
    plan.build()
    return plan


def value_error(config: Any, resolve: Resolve, given: Any) -> Plan:
    try:
        return INNER.plan(config, resolve)
    except ConfigError as error:
        raise ValueError(str(error)) from None


def changing(config: Any, resolve: Resolve, given: Any) -> Plan:
    plan = INNER.plan(config, resolve)
    if isinstance(config, dict):
        config["planned"] = True
    return plan


def remembered() -> Callable[[Plan], Any]:
    known: dict[int, tuple[Plan, Any]] = {}

    def build(plan: Plan) -> Any:
        return known.setdefault(id(plan), (plan, plan.build()))[1]

    return build


def wrapped(plan: Plan) -> Any:
    try:
        return plan.build()
    except TypeError:
        raise
    except Exception as error:
        raise RuntimeError("the build failed") from error


def without_notes(plan: Plan) -> Any:
    try:
        return plan.build()
    except Exception as error:
        error.__notes__ = []
        raise


def swallowed(plan: Plan) -> Any:
    try:
        return plan.build()
    except Exception:
        return None


def as_text(plan: Plan) -> Any:
    built = plan.build()
    return {str(key): value for key, value in built.items()} if isinstance(built, dict) else str(built)


def honest(plan: Plan) -> Any:
    return plan.build()


BROKEN: dict[str, tuple[Callable[[], Any], str]] = {
    "a schema in which nothing is required": (twin(schema=optional), "missing a required argument|missing 1 required"),
    "a schema without the last parameter": (twin(schema=without_last), "missing 1 required positional argument"),
    "a schema that raises": (twin(schema=strict_schema), "The schema raised .*, and what cannot be read is opaque"),
    "a schema that is none": (twin(schema=lambda artifact: {}), "The schema is a dict and no Schema"),
    "a check that overlooks": (twin(check=first_problem), "Check reports nothing instead of 'unknown-parameter' at"),
    "a check without places": (twin(check=misplaced), "Check reports '.*' at the root instead of"),
    "a check that raises": (twin(check=raising_check), "Check raised ConfigError"),
    "a check that lists nothing": (twin(check=lambda config, resolve, given: []), "Check reports nothing instead of"),
    "planning that builds": (twin(plan=eager), "lanning made '.*', and only building makes anything"),
    "planning that raises something else": (twin(plan=value_error), "Plan raised ValueError"),
    "planning that changes the config": (twin(plan=changing), "The config itself was changed"),
    "building once": (planned(remembered()), "Two builds of a plan share an object|instead of what|another"),
    "a text in place of the object": (planned(as_text), "With plan, .* is the str .* instead of what"),
    "an exception that is wrapped": (planned(wrapped), "An exception of an artifact became a RuntimeError"),
    "an exception without notes": (planned(without_notes), "An exception of an artifact has no note of the place"),
    "an exception that is swallowed": (planned(swallowed), "An exception of an artifact was swallowed"),
    "a plan that cannot be pickled": (planned(lambda plan: plan.build()), "The plan cannot be pickled"),
}


def test_the_factorizer_of_the_library_passes() -> None:
    check_factorizer(SchemaFactorizer, examples=20)


@pytest.mark.parametrize("make", [Delegating, twin(), planned(honest)], ids=["delegating", "twin", "planned"])
def test_an_honest_twin_passes(make: Callable[[], Any]) -> None:
    check_factorizer(make, examples=8)


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_factorizer_is_caught_with_one_sentence_and_the_call(what: str) -> None:
    make, message = BROKEN[what]
    with pytest.raises(AssertionError, match=message) as caught:
        check_factorizer(make, examples=20)
    sentence, history = str(caught.value).split("\n", 1)
    assert sentence.endswith(".")
    assert "factorizer = make()\n    factorizer." in history
    assert caught.value.__cause__ is None
