"""Where the values of a document stand in its text."""

from collections.abc import Callable
from typing import Any

from registry.config.text import Text
from registry.document import Locate
from registry.paths import Path
from registry.problems import Location

Span = tuple[int, int]
"""Start and end of a stretch of the text, in code points; the end is exclusive."""


class Place:
    """Where one value stands, and below it the places of what it holds.

    Attributes:
        span: The value; of a block mapping its first key, of a block sequence its first dash.
        keys: In a mapping, where each key stands.
        children: The places below, by key or index.
    """

    __slots__ = ("children", "keys", "span")

    def __init__(self, span: Span) -> None:
        self.span = span
        self.keys: dict[Any, Span] = {}
        self.children: dict[Any, Place] = {}

    def put(self, step: Any, place: "Place", key: Span | None = None) -> None:
        """Add the place of a value below, with that of its key in a mapping."""
        self.children[step] = place
        if key is not None:
            self.keys[step] = key


def locator(text: Text, read_places: Callable[[], Place | None]) -> Locate:
    """A document's `locate`, which works the places out when it is first asked.

    Two threads that ask first at the same time both work them out, and get the same.
    """
    found: list[Place | None] = []

    def locate(path: Path, key: bool, /) -> Location | None:
        if not found:
            found.append(read_places())
        place, span = found[0], None
        for step in path:
            if place is None or not _is_step(step):
                return None
            span, place = place.keys.get(step), place.children.get(step)
        if place is None:
            return None
        return text.location(*(span if key and span is not None else place.span))

    return locate


def _is_step(step: Any) -> bool:
    try:
        hash(step)
    except TypeError:
        return False
    return True
