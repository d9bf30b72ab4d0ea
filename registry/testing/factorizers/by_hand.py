"""Calls as a hand would write them."""

import functools
import inspect
from collections.abc import Iterator, Mapping
from typing import Any


def by_position(artifact: Any, arguments: Mapping[str, Any], rest: tuple[Any, ...]) -> tuple[list[Any], dict[str, Any]]:
    """How a hand would call an artifact: by name, but where only the position says which parameter it is."""
    args: list[Any] = []
    left = dict(arguments)
    for name, parameter in inspect.signature(artifact).parameters.items():
        kind = parameter.kind
        if kind is parameter.VAR_POSITIONAL:
            args += rest
        elif name in left if kind is parameter.POSITIONAL_ONLY else rest and kind is parameter.POSITIONAL_OR_KEYWORD:
            args.append(left.pop(name, parameter.default))
        elif kind is parameter.POSITIONAL_ONLY and (rest or any(map(left.__contains__, _behind(artifact, name)))):
            args.append(parameter.default)
    return args, left


def _behind(artifact: Any, after: str) -> Iterator[str]:
    """The parameters behind one that go by position only."""
    parameters = list(inspect.signature(artifact).parameters.values())
    place = [parameter.name for parameter in parameters].index(after)
    return (each.name for each in parameters[place + 1 :] if each.kind is each.POSITIONAL_ONLY)


def arguments_of(partial: "functools.partial[Any]") -> dict[str, Any]:
    """What a partial fixes, by parameter."""
    return dict(inspect.signature(partial.func).bind_partial(*partial.args, **partial.keywords).arguments)
