"""Whether every call that one schema allows is accepted by another."""

import collections.abc
import inspect
import typing
from collections.abc import Iterator
from typing import Any

from registry.closeness import close_matches
from registry.model import MISSING
from registry.names import quote
from registry.schema import Parameter, Schema
from registry.signatures.openness import shown
from registry.validators.annotations import fits
from registry.validators.mismatch import Mismatch

_POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
_KEYWORD_ONLY = inspect.Parameter.KEYWORD_ONLY


def call_mismatches(asked: Schema, given: Schema) -> list[Mismatch]:
    """Why some call that `asked` allows fails on `given`; empty when none does.

    A call passes positional parameters by position, whatever they are called, and keyword-only ones by name; those with
    a default may be left out. The names that `**kwargs` lets through are those of no positional parameter of `given`.
    """
    found: list[Mismatch] = []
    if not (asked.opaque or given.opaque):
        found += _positions(asked, given)
        found += _needs(asked, given)
        found += _names(asked, given)
        found += _types(asked, given)
    found += return_mismatches(asked, given)
    return found


def positional(schema: Schema) -> list[Parameter]:
    """The parameters that a call can fill by position, in order."""
    return [parameter for parameter in schema.parameters.values() if parameter.kind is not _KEYWORD_ONLY]


def keyword_only(schema: Schema) -> dict[str, Parameter]:
    """The parameters that a call can fill by name alone."""
    return {name: parameter for name, parameter in schema.parameters.items() if parameter.kind is _KEYWORD_ONLY}


def return_mismatches(asked: Schema, given: Schema) -> list[Mismatch]:
    """Whether what a call gives is not what is asked for."""
    if asked.returns is MISSING and not asked.opaque and is_coroutine(given.returns):
        wanted = "a plain value"
    elif fits(given.returns, asked.returns):
        return []
    else:
        wanted = quote(shown(asked.returns))
    if is_coroutine(given.returns):
        return [
            Mismatch(
                "wrong-return",
                "return",
                f"it is async and returns a coroutine, not {wanted}",
                "Make it a plain function, or ask for a signature that is async.",
            )
        ]
    return [
        Mismatch(
            "wrong-return",
            "return",
            f"it returns {quote(shown(given.returns))}, not {wanted}",
            f"Return {shown(asked.returns)}.",
        )
    ]


def is_coroutine(annotation: Any) -> bool:
    """Whether this is what calling an async function gives."""
    return typing.get_origin(annotation) is collections.abc.Coroutine


def label(parameter: Parameter) -> str:
    """What a message calls a parameter; those of a Callable type have only a number."""
    return f"argument {parameter.name}" if parameter.name.isdigit() else quote(parameter.name)


def _positions(asked: Schema, given: Schema) -> Iterator[Mismatch]:
    """What is passed by position and finds no place."""
    if given.rest is not None:
        return
    places = positional(given)
    for number, parameter in enumerate(positional(asked), 1):
        if number > len(places):
            where = "" if parameter.name.isdigit() else f" at position {number}"
            advice = f"Add a positional parameter for {label(parameter)}{where}."
            if parameter.name in given.parameters:
                advice = f"Let {label(parameter)} be passed by position: put it before the '*'."
            yield Mismatch(
                "missing-parameter", parameter.name, f"it has no place for {label(parameter)}{where}", advice
            )
    if asked.rest is not None:
        yield Mismatch(
            "missing-parameter",
            f"*{asked.rest.name}",
            "it does not take any number of positional arguments",
            f"Add '*{asked.rest.name}'.",
        )


def _needs(asked: Schema, given: Schema) -> Iterator[Mismatch]:
    """What has to be given and is not in every call."""
    passed, named = positional(asked), keyword_only(asked)
    certain = sum(parameter.default is MISSING for parameter in passed)
    for index, parameter in enumerate(_in_call_order(given)):
        if parameter.default is not MISSING:
            continue
        by_position = parameter.kind is not _KEYWORD_ONLY
        if by_position and index < certain:
            continue
        by_name = named.get(parameter.name) if parameter.kind is not _POSITIONAL_ONLY else None
        if by_name is not None and by_name.default is MISSING:
            continue
        stands_for = by_name if by_name is not None else passed[index] if by_position and index < len(passed) else None
        reason = "callers do not pass it" if stands_for is None else f"{label(stands_for)} may be left out"
        yield Mismatch(
            "missing-default",
            parameter.name,
            f"{quote(parameter.name)} has no default",
            f"Give {quote(parameter.name)} a default, since {reason}.",
        )


def _in_call_order(schema: Schema) -> list[Parameter]:
    return [*positional(schema), *keyword_only(schema).values()]


def _names(asked: Schema, given: Schema) -> Iterator[Mismatch]:
    """What is passed by name and is not taken by that name."""
    passed, places, named = positional(asked), positional(given), keyword_only(asked)
    order = {parameter.name: index for index, parameter in enumerate(places)}
    for name in named:
        taken = given.parameters.get(name)
        if taken is None or taken.kind is _POSITIONAL_ONLY:
            if given.extra is None:
                yield _unnamed(name, taken, asked, given)
        elif name in order and (order[name] < len(passed) or asked.rest is not None):
            number = order[name] + 1
            yield Mismatch(
                "wrong-kind",
                name,
                f"{quote(name)} is passed by name, but position {number} fills it already",
                f"Make {quote(name)} keyword-only: put it after a '*'.",
            )
    if asked.extra is not None and given.extra is None:
        yield Mismatch(
            "missing-parameter",
            f"**{asked.extra.name}",
            "it does not take any name",
            f"Add '**{asked.extra.name}'.",
        )


def _unnamed(name: str, taken: Parameter | None, asked: Schema, given: Schema) -> Mismatch:
    if taken is not None:
        return Mismatch(
            "wrong-kind",
            name,
            f"{quote(name)} is passed by name, but is positional-only",
            f"Make {quote(name)} keyword-only: put it after a '*'.",
        )
    free = [other for other in given.parameters if other not in asked.parameters]
    similar = close_matches(name, free, limit=1)
    advice = f"Rename {quote(similar[0])} to {quote(name)}." if similar else f"Add a parameter {quote(name)}."
    return Mismatch("missing-parameter", name, f"it has no parameter {quote(name)}", advice)


def _types(asked: Schema, given: Schema) -> Iterator[Mismatch]:
    for passed, taken in _pairs(asked, given):
        if not fits(passed.annotation, taken.annotation):
            yield Mismatch(
                "wrong-annotation",
                taken.name,
                f"{quote(taken.name)} takes {quote(shown(taken.annotation))}, but is given"
                f" {quote(shown(passed.annotation))}",
                f"Let {quote(taken.name)} take {shown(passed.annotation)}.",
            )


def _pairs(asked: Schema, given: Schema) -> Iterator[tuple[Parameter, Parameter]]:
    """What is passed, and the parameter that it arrives in."""
    passed, places = positional(asked), positional(given)
    yield from zip(passed, places, strict=False)
    if given.rest is not None:
        yield from ((parameter, given.rest) for parameter in passed[len(places) :])
    if asked.rest is not None:
        beyond = [*places[len(passed) :], *([] if given.rest is None else [given.rest])]
        yield from ((asked.rest, taken) for taken in beyond)
    for name, parameter in keyword_only(asked).items():
        taken = given.parameters.get(name)
        if taken is not None and taken.kind is not _POSITIONAL_ONLY:
            yield parameter, taken
        elif given.extra is not None:
            yield parameter, given.extra
    if asked.extra is not None and given.extra is not None:
        yield asked.extra, given.extra
