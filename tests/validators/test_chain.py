"""Validators in order, and one error for all that they refuse."""

import pickle
from typing import Any

import pytest

from registry.errors import ConfigError, ConformanceError, InheritanceError, ValidationError
from registry.model import ValidationContext
from registry.problems import Problem
from registry.validators import chain, documented, named, run_validators


def double(artifact: Any, context: ValidationContext) -> Any:
    return artifact * 2


def watch(artifact: Any, context: ValidationContext) -> None:
    """Changes nothing."""


def crash(artifact: Any, context: ValidationContext) -> Any:
    return artifact / 0


def refuse(artifact: Any, context: ValidationContext) -> Any:
    raise ConformanceError(
        f"'x' is {artifact}.",
        suggestions=["Change it.", f"Make it {artifact + 1}."],
        context={"mismatches": [artifact]},
    )


def refuse_otherwise(artifact: Any, context: ValidationContext) -> Any:
    raise InheritanceError("'x' has no base.", suggestions=["Change it."], context={"missing": ["Base"]})


def test_each_gets_what_the_one_before_returned(context: ValidationContext) -> None:
    assert run_validators([double, watch, double], 3, context) == 12


def test_without_validators_the_artifact_is_accepted_as_it_is(context: ValidationContext) -> None:
    artifact = object()
    assert run_validators([], artifact, context) is artifact


def test_a_false_artifact_is_an_artifact(context: ValidationContext) -> None:
    assert run_validators([lambda artifact, _: 0, lambda artifact, _: artifact], 5, context) == 0


def test_a_single_refusal_is_raised_as_it_is(context: ValidationContext) -> None:
    error = ConformanceError("'x' is wrong.", context={"mismatches": [1]})

    def raise_it(artifact: Any, context: ValidationContext) -> Any:
        raise error

    with pytest.raises(ConformanceError) as caught:
        run_validators([watch, raise_it], 3, context)
    assert caught.value is error


def test_after_a_refusal_the_rest_run_on_the_last_good_artifact(context: ValidationContext) -> None:
    seen: list[Any] = []

    def look(artifact: Any, context: ValidationContext) -> None:
        seen.append(artifact)

    with pytest.raises(ConformanceError):
        run_validators([double, refuse, look, double, look], 3, context)
    assert seen == [6, 12]


def test_several_refusals_of_one_class_keep_it_and_are_told_together(context: ValidationContext) -> None:
    with pytest.raises(ConformanceError) as caught:
        run_validators([refuse, double, refuse], 3, context)
    error = caught.value
    assert error.message == "'huber' is refused for 2 reasons: 'x' is 3; 'x' is 6."
    assert error.suggestions == ("Change it.", "Make it 4.", "Make it 7.")
    assert error.context["mismatches"] == [3, 6]
    assert [refusal["message"] for refusal in error.context["refusals"]] == ["'x' is 3.", "'x' is 6."]
    assert error.context["entry"] == "huber"


def test_refusals_of_several_classes_are_a_validation_error(context: ValidationContext) -> None:
    with pytest.raises(ValidationError) as caught:
        run_validators([refuse, refuse_otherwise], 3, context)
    assert type(caught.value) is ValidationError
    assert [refusal["code"] for refusal in caught.value.context["refusals"]] == ["conformance", "inheritance"]
    assert caught.value.suggestions == ("Change it.", "Make it 4.")
    assert caught.value.context["missing"] == ["Base"]


def test_combined_config_errors_keep_all_their_problems(context: ValidationContext) -> None:
    def refuse_config(artifact: Any, context: ValidationContext) -> Any:
        raise ConfigError.of([Problem("wrong-type", "It is wrong.")])

    with pytest.raises(ConfigError) as caught:
        run_validators([refuse_config, refuse_config], 3, context)
    assert len(caught.value.problems) == 2


def test_a_crash_refuses_the_artifact_and_names_the_validator(context: ValidationContext) -> None:
    with pytest.raises(ValidationError) as caught:
        run_validators([crash], 3, context)
    assert caught.value.message == (
        "'huber' is refused, because the validator 'crash' crashed with ZeroDivisionError (division by zero)."
    )
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert caught.value.context["validator"] == "crash"
    assert caught.value.context["exception"] == "ZeroDivisionError"


def test_a_crash_among_refusals_is_their_cause(context: ValidationContext) -> None:
    with pytest.raises(ValidationError) as caught:
        run_validators([refuse, crash], 3, context)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    with pytest.raises(ValidationError) as caught:
        run_validators([crash, crash], 3, context)
    assert isinstance(caught.value.__cause__, ExceptionGroup)
    assert len(caught.value.__cause__.exceptions) == 2


def test_a_crash_whose_text_crashes_too_is_told_by_its_class(context: ValidationContext) -> None:
    class UnspeakableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def fail(artifact: Any, context: ValidationContext) -> Any:
        raise UnspeakableError

    with pytest.raises(ValidationError, match="UnspeakableError"):
        run_validators([fail], 3, context)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_is_no_exception_passes_through(kind: type[BaseException], context: ValidationContext) -> None:
    def stop(artifact: Any, context: ValidationContext) -> Any:
        raise kind

    with pytest.raises(kind):
        run_validators([refuse, stop], 3, context)


def test_an_async_validator_is_refused_rather_than_forgotten(context: ValidationContext) -> None:
    async def later(artifact: Any, context: ValidationContext) -> Any:
        return artifact

    with pytest.raises(ValidationError, match="is async and nobody awaits it"):
        run_validators([later], 3, context)


def test_a_chain_is_a_validator(context: ValidationContext) -> None:
    assert chain(double, chain(watch, double))(3, context) == 12
    with pytest.raises(ConformanceError, match="for 2 reasons"):
        chain(refuse, refuse)(3, context)


def test_a_chain_pickles_and_shows_its_validators(context: ValidationContext) -> None:
    arrived = pickle.loads(pickle.dumps(chain(documented(), named("h.*"))))
    assert repr(arrived) == "chain(documented(), named('h.*'))"


def test_combined_refusals_pickle(context: ValidationContext) -> None:
    with pytest.raises(ConformanceError) as caught:
        run_validators([refuse, refuse], 3, context)
    arrived = pickle.loads(pickle.dumps(caught.value))
    assert arrived.context == caught.value.context
    assert arrived.suggestions == caught.value.suggestions
