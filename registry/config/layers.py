"""Lays documents over one another."""

from collections.abc import Sequence
from typing import Any

from registry.document import Document
from registry.model import MISSING
from registry.paths import Path
from registry.problems import Location

_STAND_ALONE = ("_ref", "_raw")


def lay_over(documents: Sequence[Document]) -> Document:
    """One document from several, the later ones over the earlier.

    Mappings are merged, at any depth; anything else is replaced, and so is a node by one of another `_type`, a
    reference by what is none, and the other way round. A document that could not be read gives its problems and
    nothing else.
    """
    if len(documents) == 1:
        return documents[0]
    layers = [document for document in documents if not (document.value is None and document.problems)]
    value: Any = None
    for position, document in enumerate(layers):
        value = _merged(value, document.value) if position else document.value

    def locate(path: Path, key: bool, /) -> Location | None:
        writer = _writer(layers, path)
        return None if writer is None else writer.locate(path, key)

    problems = tuple(problem for document in documents for problem in document.problems)
    return Document(value, ", ".join(document.name for document in documents), problems, locate)


def _merged(below: Any, above: Any) -> Any:
    """One value over another, as a new one wherever both have a part in it."""
    if _replaces(above, below):
        return above
    value = dict(below)
    pending = [(value, above)]
    while pending:
        target, source = pending.pop()
        for key, child in source.items():
            if key in target and not _replaces(child, target[key]):
                target[key] = dict(target[key])
                pending.append((target[key], child))
            else:
                target[key] = child
    return value


def _replaces(above: Any, below: Any) -> bool:
    """Whether a value takes the place of another, instead of being merged into it."""
    if type(above) is not dict or type(below) is not dict:
        return True
    if "_type" in above and "_type" in below and above["_type"] != below["_type"]:
        return True
    return any((key in above) != (key in below) for key in _STAND_ALONE)


def _writer(layers: Sequence[Document], path: Path) -> Document | None:
    """The layer that wrote the value at a path: the last that has something there and was not itself replaced."""
    here = [(document, document.value) for document in layers]
    for step in path:
        below = [(document, _child(value, step)) for document, value in _surviving(here)]
        here = [(document, value) for document, value in below if value is not MISSING]
    return here[-1][0] if here else None


def _surviving(values: list[tuple[Document, Any]]) -> list[tuple[Document, Any]]:
    """What is left of values laid over one another: the last that replaced those below it, and what came after."""
    start = 0
    merged: Any = MISSING
    for position, (_, value) in enumerate(values):
        if position and _replaces(value, merged):
            start, merged = position, value
        elif position and type(merged) is dict:
            merged = {**merged, **value}
        else:
            merged = value
    return values[start:]


def _child(value: Any, step: Any) -> Any:
    try:
        if type(value) is list:
            return value[step] if type(step) is int and step >= 0 else MISSING
        return value.get(step, MISSING) if type(value) is dict else MISSING
    except (IndexError, TypeError):
        return MISSING
