"""Reads a config as the tool reads it whose config it is."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from registry.cli.convert.confection import read_cfg
from registry.cli.convert.dialects import DIALECTS, Dialect
from registry.cli.convert.links import texts
from registry.cli.convert.mmengine import build_on, read_python
from registry.cli.convert.scalars import SCALARS
from registry.cli.convert.yaml_tree import plain, yaml_reader
from registry.config import load_file
from registry.document import Document
from registry.errors import ValidationError
from registry.model import Limits
from registry.names import quote
from registry.problems import Problem, has_errors

SUFFIXES = frozenset({".py", ".yaml", ".yml", ".json", ".cfg"})


def read(file: Path, named: str | None) -> tuple[Document, Dialect]:
    """A document, and what it is written in.

    Args:
        file: The file.
        named: The dialect, where the user says it.

    Raises:
        ValidationError: The file is not one that is converted, or
    """
    suffix, name = file.suffix.lower(), str(file)
    if suffix not in SUFFIXES:
        raise ValidationError(
            f"{quote(name)} is neither YAML nor JSON, nor Python of mmengine, nor .cfg of confection.",
            suggestions=["Name a file that ends in .yaml, .yml, .json, .py or .cfg."],
        )
    own = {".py": ("mmengine", read_python), ".cfg": ("confection", read_cfg)}.get(suffix)
    if own is not None:
        return load_file(file, readers={suffix: own[1]}), DIALECTS[own[0]]
    document = load_file(file)
    if has_errors(document.problems):
        return document, DIALECTS[named or "mmengine"]
    if named is None:
        found = _shown(document.value)
        if len(found) != 1 and (found or _is_read_differently(file, document.value)):
            return _undecided(document, found), DIALECTS["mmengine"]
        named = found[0] if found else "mmengine"
    dialect = DIALECTS[named]
    if suffix != ".json" and dialect.name != "confection":
        document = load_file(file, readers={suffix: yaml_reader(dialect.name)})
    return build_on(document, Limits()) if dialect.name == "mmengine" else document, dialect


def _shown(value: Any) -> list[str]:
    """The dialects that a document shows by its nodes."""
    markers = {key for mapping in _mappings(value) for key in MARKERS if isinstance(mapping.get(key), str)}
    found = [MARKERS[key] for key in ("_target_", "class_path") if key in markers]
    return found or ["mmengine"] * ("type" in markers)


MARKERS = {"_target_": "hydra", "class_path": "jsonargparse", "type": "mmengine"}


def _is_read_differently(file: Path, value: Any) -> bool:
    """Whether a document without nodes means one thing to one tool and something else to another."""
    if any("${" in text or text == "???" for _, text in texts(value, ())):
        return True
    if isinstance(value, Mapping) and "defaults" in value:
        return True
    if file.suffix.lower() == ".json":
        return False
    readings = [load_file(file, readers={file.suffix.lower(): yaml_reader(name)}) for name in SCALARS]
    return len({repr((plain(one.value), len(one.problems))) for one in readings}) > 1


def _undecided(document: Document, found: list[str]) -> Document:
    """The document with the problem that nobody says whose it is."""
    message = (
        "There are nodes of two tools: with '_target_', and with 'class_path'."
        if found
        else "There is no node here, and the tools read it differently."
    )
    where = document.locate((), False)
    problem = Problem(
        "bad-document", message, "", where, (f"Say whose config it is: --dialect {found[0] if found else 'hydra'}",)
    )
    return Document(document.value, document.name, (problem,), document.locate)


def _mappings(value: Any) -> Iterator[Mapping[Any, Any]]:
    if isinstance(value, Mapping):
        yield value
        for held in value.values():
            yield from _mappings(held)
    elif isinstance(value, list):
        for held in value:
            yield from _mappings(held)
