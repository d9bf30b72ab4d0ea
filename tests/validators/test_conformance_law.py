"""The law of conformance: an artifact is accepted exactly when every call that the signature allows binds on it."""

import inspect
import itertools
from collections.abc import Iterator
from inspect import Parameter, Signature
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from registry.errors import ConformanceError
from registry.model import ValidationContext
from registry.signatures.openness import artifact_schema, open_parameters
from registry.validators import conforms_to

CONTEXT = ValidationContext("losses", "huber")
NAMES = ["a", "b", "c", "d"]
POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
KINDS = [*POSITIONAL, Parameter.KEYWORD_ONLY]


@st.composite
def signatures(draw: st.DrawFn) -> str:
    """Parameters as they are written: up to four of every kind, with and without defaults, `*args` and `**kwargs`."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    kinds = sorted(draw(st.sampled_from(KINDS)) for _ in names)
    parameters = []
    optional = False
    for name, kind in zip(names, kinds, strict=True):
        has_default = draw(st.booleans())
        if kind in POSITIONAL:  # a positional parameter behind an optional one is optional too
            optional = has_default = has_default or optional
        parameters.append(Parameter(name, kind, default=0 if has_default else Parameter.empty))
    if draw(st.booleans()):
        parameters.append(Parameter("args", Parameter.VAR_POSITIONAL))
    if draw(st.booleans()):
        parameters.append(Parameter("kwargs", Parameter.VAR_KEYWORD))
    return str(Signature(sorted(parameters, key=lambda parameter: parameter.kind)))


def function(parameters: str) -> Any:
    """The function that someone would write with these parameters."""
    names: dict[str, Any] = {}
    exec(f"def artifact{parameters}: pass", names)
    return names["artifact"]


def calls(signature: Signature, artifact: Signature) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Every call that a signature allows: how many arguments by position, and which names.

    Of infinitely many, those that can make a difference: a few more arguments than the artifact has parameters, and
    names that the artifact knows or nobody does.
    """
    parameters = list(signature.parameters.values())
    passed = [parameter for parameter in parameters if parameter.kind in POSITIONAL]
    least = sum(parameter.default is Parameter.empty for parameter in passed)
    most = len(passed)
    if any(parameter.kind is Parameter.VAR_POSITIONAL for parameter in parameters):
        most += len(artifact.parameters) + 1
    named = [parameter for parameter in parameters if parameter.kind is Parameter.KEYWORD_ONLY]
    needed = [parameter.name for parameter in named if parameter.default is Parameter.empty]
    free = [parameter.name for parameter in named if parameter.default is not Parameter.empty]
    if any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters):
        taken = {parameter.name for parameter in artifact.parameters.values() if parameter.kind in POSITIONAL}
        taken.update(signature.parameters)
        free += [name for name in [*NAMES, "nobody"] if name not in taken]
    for count in range(least, most + 1):
        for size in range(len(free) + 1):
            for chosen in itertools.combinations(free, size):
                yield count, (*needed, *chosen)


def binds(artifact: Any, count: int, names: tuple[str, ...]) -> bool:
    """Whether Python itself takes the call. (`Signature.bind` before 3.13 is wrong about `(a=0, /, **kwargs)`.)"""
    try:
        artifact(*range(count), **dict.fromkeys(names))
    except TypeError:
        return False
    return True


def accepted(signature: str, artifact: str, *, strict: bool = False) -> bool:
    try:
        conforms_to(function(signature), strict=strict)(function(artifact), CONTEXT)
    except ConformanceError:
        return False
    return True


@settings(max_examples=250)
@given(signatures(), signatures())
@example("(a, *, b)", "(b, **kwargs)")
@example("(*args, b)", "(a=0, b=0, *args)")
@example("(a, *, b)", "(a, b)")
@example("(a, b=0)", "(a, b)")
def test_an_artifact_is_accepted_exactly_when_every_call_binds(signature: str, artifact: str) -> None:
    asked, made = function(signature), function(artifact)
    allowed = list(calls(inspect.signature(asked), inspect.signature(made)))
    assert all(binds(asked, *call) for call in allowed)
    assert accepted(signature, artifact) == all(binds(made, *call) for call in allowed)


@given(signatures())
def test_a_function_conforms_to_itself_also_strictly(artifact: str) -> None:
    assert accepted(artifact, artifact)
    assert accepted(artifact, artifact, strict=True)


@given(signatures(), signatures())
def test_what_conforms_strictly_conforms(signature: str, artifact: str) -> None:
    if accepted(signature, artifact, strict=True):
        assert accepted(signature, artifact)


@given(signatures(), signatures())
def test_strictly_the_parameters_are_the_same(signature: str, artifact: str) -> None:
    def shape(parameters: str) -> tuple[Any, ...]:
        listed = list(inspect.signature(function(parameters)).parameters.values())
        facts = [(each.name, each.kind, each.default is Parameter.empty) for each in listed]
        positional = [fact for fact in facts if fact[1] is not Parameter.KEYWORD_ONLY]
        return positional, {fact for fact in facts if fact[1] is Parameter.KEYWORD_ONLY}

    assert accepted(signature, artifact, strict=True) == (shape(signature) == shape(artifact))


@given(signatures(), signatures())
def test_what_an_artifact_that_conforms_leaves_to_a_config_can_be_given_in_any_call(
    signature: str, artifact: str
) -> None:
    if not accepted(signature, artifact):
        return
    asked, made = function(signature), function(artifact)
    schema = artifact_schema(made)
    closed = {
        name
        for name, parameter in schema.parameters.items()
        if name not in open_parameters(asked, schema) and parameter.kind is not Parameter.POSITIONAL_ONLY
    }
    for count, names in calls(inspect.signature(asked), inspect.signature(made)):
        assert binds(made, count, (*names, *(closed - set(names))))
