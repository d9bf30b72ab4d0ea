"""Prepared values of the fast path: how they are made, and where in the config they stand."""

from typing import Any, TypeAlias

from registry.paths import Path

Prepared: TypeAlias = tuple[Any, ...]
"""The function that makes the value, called with this tuple, and what it needs."""


def make_constant(prepared: tuple[Any, ...]) -> Any:
    """Give a constant that is a tuple."""
    return prepared[1]


def make_list(prepared: Prepared) -> list[Any]:
    """Make a list: the prepared one itself, since it is made once."""
    items: list[Any] = prepared[1]
    for index, item in enumerate(items):
        if type(item) is tuple:
            items[index] = item[0](item)
    return items


def make_items(prepared: Prepared) -> Any:
    """Make a container of another kind."""
    items = make_list(prepared)
    return items if prepared[2] is list else prepared[2](items)


def make_dict(prepared: Prepared) -> dict[Any, Any]:
    """Make a dict."""
    return {key: item[0](item) if type(item) is tuple else item for key, item in prepared[1].items()}


def place_of(root: Prepared, error: BaseException) -> tuple[Any, Path] | None:
    """The name and path of the node in whose artifact an exception was raised.

    The frames of the makers still hold the prepared values that they were making; the innermost one that belongs to
    this root is the node's.
    """
    made = []
    trace = error.__traceback__
    while trace is not None:
        prepared = trace.tb_frame.f_locals.get("prepared")
        if type(prepared) is tuple and prepared and hasattr(prepared[0], "target"):
            made.append(prepared)
        trace = trace.tb_next
    for prepared in reversed(made):
        path = _path_to(root, prepared)
        if path is not None:
            return prepared[0].target.name, path
    return None


def _path_to(root: Prepared, wanted: Prepared) -> Path | None:
    """Where a prepared value is in another, by names and indices of the config."""
    todo: list[tuple[Any, Path]] = [(root, ())]
    while todo:
        here, path = todo.pop()
        if here is wanted:
            return path
        make = here[0]
        if make is make_list or make is make_items:
            inner = list(enumerate(here[1]))
        elif make is make_dict:
            inner = list(here[1].items())
        else:
            inner = make.named(here) if hasattr(make, "named") else []
        todo += [(item, (*path, step)) for step, item in inner if type(item) is tuple and item and callable(item[0])]
    return None
