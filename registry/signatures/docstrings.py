"""Descriptions from docstrings in the styles of Google, NumPy and Sphinx."""

import inspect
import re
import types
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any, get_origin

_HEADING = re.compile(r"(?::\w+[^:]*:|@\w+|(?:Args|Arguments|Parameters|Returns|Raises|Attributes|Yields):?\s*$)")


def read_descriptions(
    artifact: Any, names: Collection[str], known: Callable[[], Mapping[str, str]]
) -> Mapping[str, str]:
    """What is said about an artifact, under "", and about its parameters, under their names. Never raises.

    Args:
        artifact: Any callable.
        names: Its parameters.
        known: Gives the descriptions that stand in the annotations; they go first.
    """
    found = dict(known())
    try:
        sources = list(_documented(artifact))
    except Exception:  # wild objects raise anything when they are looked at
        return found
    for index, source in enumerate(sources):
        try:
            if index == 0:
                found.setdefault("", _summary(source))
            if any(name not in found for name in names):
                for name, text in _parameters(source).items():
                    if name in names:
                        found.setdefault(name, text)
        except Exception:  # the same, and docstrings that confuse the parser
            continue
    return {name: text for name, text in found.items() if text}


def _documented(artifact: Any) -> Iterator[Any]:
    """What may hold a description, most telling first: for a class also its constructor and its bases."""
    while True:
        if isinstance(artifact, partial):
            artifact = artifact.func
        elif isinstance(artifact, types.MethodType | classmethod | staticmethod):
            artifact = artifact.__func__
        elif get_origin(artifact) is not None:
            artifact = get_origin(artifact)
        elif not isinstance(artifact, type) and hasattr(artifact, "__wrapped__"):
            artifact = inspect.unwrap(artifact)
            break
        else:
            break
    yield artifact
    if isinstance(artifact, type):
        for owner in artifact.__mro__:
            if owner.__module__ != "builtins":
                if owner is not artifact:
                    yield owner
                yield from (vars(owner)[name] for name in ("__init__", "__new__") if name in vars(owner))
    elif not hasattr(artifact, "__code__"):
        yield type(artifact).__call__
        yield type(artifact)


def _text(source: Any) -> str:
    text = vars(source).get("__doc__") if isinstance(source, type) else getattr(source, "__doc__", None)
    if not isinstance(text, str):
        return ""
    if isinstance(source, type) and text.startswith(f"{source.__name__}("):
        return ""  # dataclasses and named tuples without a docstring get their signature for one
    return inspect.cleandoc(text)


def _summary(source: Any) -> str:
    paragraph = _text(source).split("\n\n", 1)[0].split("\n")
    lines: list[str] = []
    for line, following in zip(paragraph, [*paragraph[1:], ""], strict=True):
        if _HEADING.match(line) or (following and not following.strip("-=~")):
            break
        lines.append(line.strip())
    return " ".join(lines)


def _parameters(source: Any) -> dict[str, str]:
    found = _field_descriptions(source)
    text = _text(source)
    if not text:
        return found
    from docstring_parser import parse

    for parameter in parse(f"\n{text}").params:  # on the first line, a heading would lose the indentation below it
        described = " ".join((parameter.description or "").split())
        for name in parameter.arg_name.split(","):  # NumPy style allows `x, y : float`
            found.setdefault(name.strip().lstrip("*"), described)
    return found


def _field_descriptions(source: Any) -> dict[str, str]:
    """What fields of attrs classes and dataclasses say in their metadata."""
    found: dict[str, str] = {}
    for field in (*getattr(source, "__attrs_attrs__", ()), *getattr(source, "__dataclass_fields__", {}).values()):
        described = field.metadata.get("description")
        if isinstance(described, str):
            found[getattr(field, "alias", None) or field.name] = described
    return found
