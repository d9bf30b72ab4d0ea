"""Reads mmengine's configs: Python, YAML or JSON, and the files that they build on."""

import ast
import os
from collections.abc import Mapping, MutableMapping
from typing import Any

import attrs

from registry.cli.convert.evaluator import Evaluator, Unread
from registry.cli.convert.python_values import Settings, tree_of
from registry.cli.convert.yaml_tree import yaml_reader
from registry.config import Reader, load_file
from registry.config.text import Text, read_text
from registry.document import Document, Locate
from registry.model import Limits
from registry.names import quote
from registry.paths import Path, step_into
from registry.problems import Location, Problem, has_errors

BASE = "_base_"
DELETE = "_delete_"
DEPRECATION = "_deprecation_"
DEEPEST = 30
"""The most files that build on one another."""

MOST_FILES = 1000
"""The most files that are read for one."""


def read_python(data: bytes | str, name: str, limits: Limits) -> Document:
    """The document of a Python file, with what it builds on."""
    return _read(data, name, limits, _Trail())


@attrs.frozen
class _Trail:
    """Which files build on one another, down to the one that is read, and how many were read in all."""

    files: tuple[str, ...] = ()
    read: list[str] = attrs.field(factory=list)

    def to(self, file: str) -> "_Trail":
        return _Trail((*self.files, file), self.read)


def build_on(document: Document, limits: Limits, trail: _Trail | None = None) -> Document:
    """A document of YAML or JSON, with what it builds on."""
    if not isinstance(document.value, MutableMapping):
        return document
    for key in [key for key in document.value if str(key).startswith("__") or key == DEPRECATION]:
        del document.value[key]  # as mmengine does
    if BASE not in document.value:
        return document
    trail = _Trail() if trail is None else trail
    own = {key: value for key, value in document.value.items() if key != BASE}
    where = document.locate((BASE,), False) or Location(document.name, 1, 1, 2)
    try:
        base = _bases(document.value[BASE], document.name, where, limits, trail.to(document.name))
        value = _merged(own, base, where)
    except Unread as unread:
        return Document(None, document.name, (unread.problem,))
    return Document(value, document.name, document.problems, document.locate)


def _readers(trail: _Trail) -> Mapping[str, Reader]:
    yaml = yaml_reader("mmengine")
    return {".py": lambda data, name, limits: _read(data, name, limits, trail), ".yaml": yaml, ".yml": yaml}


def _read(data: bytes | str, name: str, limits: Limits, trail: _Trail) -> Document:
    text = read_text(data, name)
    if isinstance(text, Problem):
        return Document(None, name, (text,))
    try:
        module = ast.parse(text.content)
        value = _worked_out(module, text, limits, trail)
    except SyntaxError as error:
        start = text.offset(min(error.lineno or 1, text.content.count("\n") + 1), error.offset or 1)
        problem = text.problem("bad-document", f"This is no Python: {error.msg}.", start, start + 1)
        return Document(None, name, (problem,))
    except (RecursionError, MemoryError, ValueError):  # what Python's own parser and a tree too deep come to
        return Document(None, name, (text.problem("limit-exceeded", "The file is too deep or too large.", 0, 1),))
    except Unread as unread:
        return Document(None, name, (unread.problem,))
    return Document(value, name, (), _locator(value, text))


def _worked_out(module: ast.Module, text: Text, limits: Limits, trail: _Trail) -> Settings:
    folder, file = os.path.split(os.path.abspath(text.name))
    stem, suffix = os.path.splitext(file)
    predefined = {
        "fileDirname": folder,
        "fileBasenameNoExtension": stem,
        "fileBasename": file,
        "fileExtname": suffix,
    }
    base, is_based = Settings(), False
    for statement in module.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == BASE:
                reader = Evaluator(text, Settings(), predefined)
                if is_based:
                    raise reader.unread(statement, f"`{BASE}` is assigned twice")
                is_based = True
                base = _bases(reader.value(value), text.name, reader.where(value), limits, trail.to(text.name))
    evaluator = Evaluator(text, base, predefined)
    own = tree_of(evaluator.run(module))  # what is written once and used twice is merged twice
    own.pop(DEPRECATION, None)
    return _merged(own, base, Location(text.name, 1, 1, 2))


def _bases(named: Any, name: str, where: Location, limits: Limits, trail: _Trail) -> Settings:
    """What the files that a file builds on come to together."""
    together = Settings()
    for file in named if isinstance(named, list | tuple) else [named]:
        if not isinstance(file, str):
            raise _unread("The files that this builds on have to be named by text.", where)
        if "::" in file:
            raise _unread(f"{quote(file)} is a file of another package.", where, "Copy it beside this one.")
        trail.read.append(file)
        if len(trail.files) > DEEPEST or len(trail.read) > MOST_FILES:
            raise _unread("These files build on one another without an end.", where)
        path = os.path.normpath(os.path.join(os.path.dirname(name), file))
        document = load_file(path, limits=limits, readers=_readers(trail))
        document = build_on(document, limits, trail)
        if has_errors(document.problems):
            raise Unread(document.problems[0])
        if not isinstance(document.value, Mapping):
            raise _unread(f"{quote(file)} is no mapping.", where)
        twice = together.keys() & document.value.keys()
        if twice:
            raise _unread(f"Two of the files that this builds on set {quote(min(map(str, twice)))}.", where)
        together.update(tree_of(document.value))
    return together


def _merged(own: Mapping[Any, Any], base: Mapping[Any, Any], where: Location) -> Settings:
    """What a file comes to over what it builds on."""
    merged = Settings(base)
    merged.where = getattr(base, "where", None)
    for key, value in own.items():
        if not isinstance(value, dict):
            merged[key] = value
        elif key in merged and not value.pop(DELETE, False):
            below = merged[key]
            if not isinstance(below, Mapping):
                message = f"{quote(key)} is a mapping here, and none in the file that this builds on."
                raise _unread(message, getattr(value, "where", None) or where, f"Set '{DELETE}' in it.")
            merged[key] = _merged(value, below, where)
            merged[key].where = getattr(value, "where", None)
        else:
            merged[key] = tree_of(value)
    return merged


def _unread(message: str, where: Location, *suggestions: str) -> Unread:
    return Unread(Problem("bad-document", message, "", where, suggestions))


def _locator(root: Any, text: Text) -> Locate:
    def locate(path: Path, key: bool, /) -> Location | None:
        value, found = root, None
        try:
            for step in (None, *path):
                value = root if step is None else step_into(value, step)
                found = getattr(value, "where", None) or found
        except LookupError:
            return None
        return found or text.location(0, 1)

    return locate
