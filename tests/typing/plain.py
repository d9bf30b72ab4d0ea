"""Registries without a preset, and what their parameters default to."""

import enum
from typing import Any, assert_type

import attrs

from registry import Entry, MemoryBackend, Registry, ValidationContext, schema_registry


def documented(artifact: Any, context: ValidationContext) -> None:
    assert artifact.__doc__, context.entry


things = Registry("things", validators=[documented])
assert_type(things, Registry[Any, Any, str])
assert_type(things["x"], Any)
assert_type(list(things), list[str])

Registry("things", backend={"pi": Entry("pi", 3.14)}, cache={}, discover=["package"], on_conflict="keep")
Registry("things", backend=MemoryBackend(), name_of=lambda artifact: str(artifact))


class Colour(enum.Enum):
    RED = 1


by_colour: Registry[int, float, Colour] = Registry("colours")
assert_type(by_colour[Colour.RED], int)
assert_type(list(by_colour), list[Colour])
assert_type(by_colour.build(Colour.RED), float)
by_colour.register(Colour.RED, 3)

data = schema_registry("data")


@data.register
@attrs.frozen
class Point:
    x: float


assert_type(Point(1.0).x, float)
assert_type(data["Point"], type[Any])

by_colour["red"]  # expect-error
by_colour.register(Colour.RED, "three")  # expect-error
Registry("things", validators=[3])  # expect-error
Registry("things", backend=3)  # expect-error
Registry()  # expect-error

from registry import Nonsense  # noqa: E402, F401  # expect-error
from registry.backends import nonsense  # noqa: E402, F401  # expect-error
