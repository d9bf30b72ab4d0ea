"""Whether two schemas ask for the same, parameter by parameter."""

import inspect
from collections.abc import Iterator
from typing import Any

import attrs

from registry.closeness import close_matches
from registry.model import MISSING
from registry.names import quote
from registry.schema import Parameter, Schema
from registry.signatures.openness import shown
from registry.validators.annotations import fits
from registry.validators.calls import is_coroutine, positional, return_mismatches
from registry.validators.mismatch import Mismatch


def strict_mismatches(asked: Schema, given: Schema, *, is_class: bool = False) -> list[Mismatch]:
    """Where `given` does not have the same names, kinds, defaults and annotations as `asked`.

    Whether there is a default is compared, not its value. What `asked` has no annotation for may have any, and the
    parameters of a Callable type, which have neither names nor kinds, may have any of those.

    Args:
        asked: What it should be.
        given: What it is.
        is_class: It is a class, which returns itself: a subclass of what is asked for will do.
    """
    if given.opaque:
        advice = "Wrap it in a function that states its parameters."
        return [Mismatch("opaque", "signature", "its signature cannot be read", advice)]
    found: list[Mismatch] = []
    if not asked.opaque:
        asked = _with_names(asked, given)
        for name, parameter in asked.parameters.items():
            found += _same_parameter(parameter, given.parameters.get(name), asked, given)
        found += _others(asked, given)
        found += _order(asked, given)
        found += _variadic(asked.rest, given.rest, "*")
        found += _variadic(asked.extra, given.extra, "**")
    found += _same_return(asked, given, is_class)
    return found


def _with_names(asked: Schema, given: Schema) -> Schema:
    """The asked schema with the names of the given one where it has numbers."""
    parameters: dict[str, Parameter] = {}
    places = iter(positional(given))
    for parameter in asked.parameters.values():
        place = next(places, None) if parameter.name.isdigit() else None
        if place is not None:
            parameter = attrs.evolve(parameter, name=place.name, kind=place.kind, default=place.default)
        parameters[parameter.name] = parameter
    return attrs.evolve(asked, parameters=parameters)


def _same_parameter(
    asked: Parameter, given: Parameter | None, all_asked: Schema, all_given: Schema
) -> Iterator[Mismatch]:
    name = f"argument {asked.name}" if asked.name.isdigit() else quote(asked.name)
    if given is None:
        free = [other for other in all_given.parameters if other not in all_asked.parameters]
        similar = close_matches(asked.name, free, limit=1)
        advice = f"Rename {quote(similar[0])} to {name}." if similar else f"Add a parameter for {name}."
        yield Mismatch("missing-parameter", asked.name, f"it has no parameter {name}", advice)
        return
    if given.kind is not asked.kind:
        yield Mismatch(
            "wrong-kind",
            asked.name,
            f"{name} is {_kind(given)}, not {_kind(asked)}",
            f"Make {name} {_kind(asked)}.",
        )
    if (given.default is MISSING) is not (asked.default is MISSING):
        has, verb = ("has no default", "Give") if given.default is MISSING else ("has a default", "Take")
        yield Mismatch(
            "missing-default" if given.default is MISSING else "wrong-default",
            asked.name,
            f"{name} {has}",
            f"{verb} {name} a default." if verb == "Give" else f"Remove the default of {name}.",
        )
    yield from _same_annotation(asked, given, name)


def _same_annotation(asked: Parameter, given: Parameter, name: str) -> Iterator[Mismatch]:
    if not _same(asked.annotation, given.annotation):
        is_ = "has no annotation" if given.annotation is MISSING else f"is {quote(shown(given.annotation))}"
        yield Mismatch(
            "wrong-annotation",
            asked.name,
            f"{name} {is_}, not {quote(shown(asked.annotation))}",
            f"Annotate {name} as {shown(asked.annotation)}.",
        )


def _others(asked: Schema, given: Schema) -> Iterator[Mismatch]:
    others = [name for name in given.parameters if name not in asked.parameters]
    missing = [name for name in asked.parameters if name not in given.parameters]
    misspelt = {similar for name in missing for similar in close_matches(name, others, limit=1)}
    for name in others:
        if name not in misspelt:
            message = f"it has another parameter {quote(name)}"
            yield Mismatch("unexpected-parameter", name, message, f"Remove {quote(name)}.")


def _order(asked: Schema, given: Schema) -> Iterator[Mismatch]:
    wanted = [parameter.name for parameter in positional(asked) if parameter.name in given.parameters]
    found = [parameter.name for parameter in positional(given) if parameter.name in wanted]
    wanted = [name for name in wanted if name in found]
    if wanted != found:
        listed = ", ".join(map(quote, wanted))
        yield Mismatch(
            "wrong-order",
            wanted[next(index for index, name in enumerate(wanted) if found[index] != name)],
            f"its parameters are in the order {', '.join(map(quote, found))}",
            f"Put them in the order {listed}.",
        )


def _variadic(asked: Parameter | None, given: Parameter | None, stars: str) -> Iterator[Mismatch]:
    if asked is None and given is not None:
        name = f"{stars}{given.name}"
        yield Mismatch("unexpected-parameter", name, f"it takes {quote(name)}", f"Remove {quote(name)}.")
    elif asked is not None and given is None:
        name = f"{stars}{asked.name}"
        yield Mismatch("missing-parameter", name, f"it does not take {quote(name)}", f"Add {quote(name)}.")
    elif asked is not None and given is not None:
        yield from _same_annotation(asked, given, quote(f"{stars}{given.name}"))


def _same_return(asked: Schema, given: Schema, is_class: bool) -> list[Mismatch]:
    wanted = asked.returns
    if is_class or is_coroutine(given.returns) or not fits(given.returns, wanted):
        return return_mismatches(asked, given)
    if _same(wanted, given.returns):
        return []
    is_ = "is not annotated" if given.returns is MISSING else f"is {quote(shown(given.returns))}"
    return [
        Mismatch(
            "wrong-return",
            "return",
            f"its return {is_}, not {quote(shown(wanted))}",
            f"Annotate its return as {shown(wanted)}.",
        )
    ]


def _same(asked: Any, given: Any) -> bool:
    if asked is MISSING or (asked is Any and given is MISSING):
        return True
    return bool(asked == given)


def _kind(parameter: Parameter) -> str:
    if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
        return "positional or keyword"
    return "keyword-only" if parameter.kind is inspect.Parameter.KEYWORD_ONLY else "positional-only"
