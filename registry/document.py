"""A config as a reader gives it: plain values, and where each was written."""

from collections.abc import Callable
from typing import Any

import attrs

from registry.paths import Path
from registry.problems import Location, Problem

Locate = Callable[[Path, bool], Location | None]


def nowhere(path: Path, key: bool, /) -> Location | None:
    """The locations of a config that was not read from anywhere."""
    return None


@attrs.frozen
class Document:
    """What a reader gives.

    Attributes:
        value: Plain `dict`, `list`, `str`, `int`, `float`, `bool`, None (and dates, where the format has them and the
            reader keeps them), never a reader's own classes.
        name: The file or URL, as the user wrote it.
        problems: What was wrong with the document itself, located: a syntax error, a duplicate key, a limit. With an
            error among them `value` is as much as could be read, so that its other mistakes are found too.
        locate: Where the value at a path was written, or with True the key that leads to it. None when it is not
            known. Called only when a problem has to be shown, so it may read the text again. A path that is not in the
            document has no location.
        part: The path of the part that is to be built; references still lead from the root.
    """

    value: Any
    name: str = ""
    problems: tuple[Problem, ...] = ()
    locate: Locate = nowhere
    part: Path = ()
