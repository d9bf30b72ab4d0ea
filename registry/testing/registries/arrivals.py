"""Compares what was built with stand-ins to what had to be."""

import functools
import math
from collections.abc import Iterator
from typing import Any

from registry.names import quote
from registry.testing.generation.case import Expected
from registry.testing.registries.stand_ins import Received, StandIn, StandIns


def differences(expected: Any, found: Any, stand_ins: StandIns) -> Iterator[str]:
    """How what was built differs from what had to be, one sentence for each place."""
    return _Comparison(stand_ins).compare(expected, found, "")


class _Comparison:
    """Compares what was built with what had to be; a node that is referred to twice has to be one object."""

    def __init__(self, stand_ins: StandIns) -> None:
        self._stand_ins = stand_ins
        self._met: dict[int, Any] = {}

    def compare(self, expected: Any, found: Any, place: str) -> Iterator[str]:
        if isinstance(expected, Expected):
            yield from self._call(expected, found, place)
        elif type(expected) is not type(found):
            yield f"{place or 'the whole'} arrives as {_shown(found)} instead of {_shown(expected)}"
        elif isinstance(expected, dict):
            if list(map(_key, expected)) != list(map(_key, found)):
                yield f"{place or 'the whole'} arrives with the keys {list(found)} instead of {list(expected)}"
                return
            for key, item in expected.items():
                yield from self.compare(item, found[key], f"{place}[{quote(key)}]")
        elif isinstance(expected, list | tuple) or type(expected).__name__ == "deque":
            if len(expected) != len(found):
                yield f"{place or 'the whole'} arrives with {len(found)} items instead of {len(expected)}"
                return
            for index, (item, other) in enumerate(zip(expected, found, strict=True)):
                yield from self.compare(item, other, f"{place}[{index}]")
        elif not _same(expected, found):
            yield f"{place or 'the whole'} arrives as {_shown(found)} instead of {_shown(expected)}"

    def _call(self, expected: Expected, found: Any, place: str) -> Iterator[str]:
        known = self._met.setdefault(id(expected), found)
        if known is not found:
            yield f"{place or 'the whole'} is another object than the one that it refers to"
            return
        received = found
        stand_in: StandIn | None = None
        if expected.as_partial:
            stand_in = self._stand_ins.behind(found.func) if isinstance(found, functools.partial) else None
            if stand_in is None:
                yield f"{place or 'the whole'} is {_shown(found)} instead of a partial"
                return
            try:
                received = stand_in.received_by(found)
            except TypeError as error:
                yield f"{place or 'the whole'} is a partial that cannot be called: {error}"
                return
        if not isinstance(received, Received) or received.artifact is not expected.artifact:
            yield f"{place or 'the whole'} is {_shown(found)} instead of what {_shown(expected.artifact)} makes"
            return
        yield from self._arguments(expected, received, place)

    def _arguments(self, expected: Expected, received: Received, place: str) -> Iterator[str]:
        arrived = {**received.extra, **received.arguments}
        defaults = self._stand_ins.defaults_of(received.artifact)
        dot = f"{place}." if place else ""
        for name, value in expected.arguments.items():
            if name in arrived:
                yield from self.compare(value, arrived[name], f"{dot}{name}")
            else:
                yield f"{dot}{name} does not arrive"
        yield from self.compare(expected.rest, received.rest, f"{dot}_args")
        for name, value in arrived.items():
            if name not in expected.arguments and value is not defaults.get(name, arrived):
                yield f"{dot}{name} arrives as {_shown(value)}, which the config does not give"


def _same(expected: Any, found: Any) -> bool:
    if isinstance(expected, float):
        return repr(expected) == repr(found)
    if isinstance(expected, complex):
        return _same(expected.real, found.real) and _same(expected.imag, found.imag)
    if isinstance(expected, set | frozenset):
        return sorted(map(_key, expected)) == sorted(map(_key, found))
    return expected is found or bool(expected == found)


def _key(value: Any) -> tuple[str, str]:
    return type(value).__name__, repr(value)


def _shown(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"the float {value}"
    return f"the {type(value).__name__} {quote(value)}"
