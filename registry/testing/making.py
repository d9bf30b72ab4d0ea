"""Makes the parts that are checked: in a new folder if the factory takes one, so that they can be made again there."""

import inspect
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from registry.errors import ValidationError
from registry.names import quote
from registry.protocols import Closeable


def wants_folder(make: Callable[..., Any]) -> bool:
    """Whether a factory has a required parameter: it is then given a folder."""
    try:
        parameters = inspect.signature(make).parameters.values()
    except ValueError:  # `dict` and others that are written in C tell nothing
        return False
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return any(each.default is inspect.Parameter.empty and each.kind not in variadic for each in parameters)


@contextmanager
def place_of(make: Callable[..., Any]) -> Iterator[Callable[[], Any]]:
    """A function that makes parts: all in one new folder, which goes with the block, if the factory takes one."""
    if not wants_folder(make):
        yield make
        return
    with tempfile.TemporaryDirectory(prefix="registry-testing-", ignore_cleanup_errors=True) as folder:
        yield partial(make, Path(folder))


@contextmanager
def part_of(make: Callable[..., Any]) -> Iterator[Any]:
    """One new part, which is closed at the end of the block if it can be, and its folder removed."""
    with place_of(make) as new:
        part = new()
        try:
            yield part
        finally:
            if isinstance(part, Closeable):
                part.close()


def made_by(make: Callable[..., Any], folder: str = "folder") -> str:
    """How a history writes that a part is made."""
    return f"make({folder if wants_folder(make) else ''})"


def check_reopening(make: Callable[..., Any], reopen: bool) -> None:
    """Refuse to reopen what has no place to be found again.

    Raises:
        ValidationError: The factory takes no folder.
    """
    if reopen and not wants_folder(make):
        raise ValidationError(
            f"What {quote(make)} makes cannot be opened again: it does not take a folder.",
            suggestions=["Give the factory one parameter, the folder in which everything has to be kept."],
        )


def let_go(part: Any) -> None:
    """Close a part about which everything was said."""
    if isinstance(part, Closeable):
        try:
            part.close()
        except Exception:  # closing is judged where it is a step of a program
            return
