"""Reads YAML as another tool reads it, with its comments and the way it is written."""

import re
from collections.abc import Mapping
from io import StringIO
from typing import Any

from registry.cli.convert.scalars import SCALARS
from registry.config import Reader, read_yaml
from registry.config.text import Text, read_text
from registry.config.yaml_scalars import plain_scalar
from registry.document import Document
from registry.model import Limits
from registry.problems import Problem, has_errors

_PACKAGE = re.compile(r"^[ \t]*#[ \t]*@package\b.*$", re.MULTILINE)


def yaml_reader(dialect: str) -> Reader:
    """A reader whose values are those of a tool, in mappings and lists of ruamel.yaml that know their comments."""

    def read(data: bytes | str, name: str, limits: Limits) -> Document:
        document = read_yaml(data, name, limits)
        text = read_text(data, name)
        if has_errors(document.problems) or isinstance(text, Problem):
            return document
        package = _PACKAGE.search(text.content) if dialect == "hydra" else None
        if package is not None:
            message = "This part is placed by Hydra, where it says."
            return Document(None, name, (text.problem("bad-document", message, *package.span()),))
        problems: list[Problem] = []
        value = _loader(dialect, text, problems).load(StringIO(text.content))
        value = plain(value) if _is_shared(value, set()) else value
        return Document(value, name, (*document.problems, *problems), document.locate)

    return read


class WrittenInt(int):
    """A whole number, and how it is written."""

    text: str


class WrittenFloat(float):
    """A number, and how it is written."""

    text: str


def plain(value: Any) -> Any:
    """The same in plain mappings, lists and scalars, each value its own in every place."""
    if isinstance(value, Mapping):
        return {plain(key): plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [plain(held) for held in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _written(number: Any, text: str) -> Any:
    """A number that is written as it was."""
    made = WrittenInt(number) if type(number) is int else WrittenFloat(number)
    made.text = text
    return made


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and repr(one) == repr(other)


def _is_shared(value: Any, seen: set[int]) -> bool:
    """Whether anything came through an alias or a merge key, which cannot be rewritten where it stands."""
    if not isinstance(value, Mapping | list):
        return False
    if id(value) in seen or getattr(value, "merge", None):
        return True
    seen.add(id(value))
    return any(_is_shared(held, seen) for held in (value.values() if isinstance(value, Mapping) else value))


def _loader(dialect: str, text: Text, problems: list[Problem]) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import RoundTripConstructor
    from ruamel.yaml.nodes import ScalarNode

    scalar = SCALARS[dialect]

    class Constructor(RoundTripConstructor):
        """Gives plain scalars the value that the tool gives them, as they are written where ours is the same."""

        def construct_object(self, node: Any, deep: bool = False) -> Any:
            if not isinstance(node, ScalarNode):
                return super().construct_object(node, deep)
            if is_tagged(node):
                start, end = node.start_mark.index, node.end_mark.index
                problems.append(text.problem("wrong-type", "Tags are not converted.", start, end))
                return node.value
            if node.style is not None:
                return super().construct_object(node, deep)
            try:
                theirs = scalar(node.value)
            except ValueError as error:
                start, end = node.start_mark.index, node.end_mark.index
                problems.append(text.problem("wrong-type", f"{error}.", start, end))
                return node.value
            is_kept = type(theirs) in (int, float) and _same(plain_scalar(node.value), theirs)
            return _written(theirs, node.value) if is_kept else theirs

    def is_tagged(node: Any) -> bool:
        return "!" in text.content[node.start_mark.index : node.end_mark.index].removesuffix(node.value)

    yaml = YAML()  # the one that keeps comments; the document was read, and so is within the limits
    yaml.Constructor = Constructor
    yaml.preserve_quotes = True
    return yaml
