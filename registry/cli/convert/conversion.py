"""From a file of another tool to the text of ours."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from registry.cli.convert.reading import read
from registry.cli.convert.report import Report
from registry.cli.convert.rewriting import NOTHING, Rewriter, Wishes
from registry.cli.convert.writing import written
from registry.errors import ConfigError, ValidationError
from registry.model import Limits
from registry.problems import Problem, has_errors


@attrs.frozen
class Converted:
    """What a file became.

    Attributes:
        text: The config.
        suffix: The suffix of a file for it.
        nodes: How many nodes were rewritten.
        names: What each name stands for: where it is imported from if `has_imports`, or how it was written.
        has_imports: Whether names say where something is imported from.
        problems: Warnings.
    """

    text: str
    suffix: str
    nodes: int
    names: Mapping[str, str]
    has_imports: bool
    problems: tuple[Problem, ...]


def convert_file(
    file: Path, dialect: str | None = None, wishes: Wishes | None = None, known: Mapping[str, str] = NOTHING
) -> Converted:
    """Convert one file.

    Args:
        file: The file.
        dialect: Whose config it is, where it does not show that.
        wishes: What to do otherwise.
        known: What names stand for in files that were converted before.

    Raises:
        ConfigError: Something in it cannot be converted; every such thing is told, with its place.
        ValidationError: It is not a file that is converted.
    """
    document, found = read(file, dialect)
    if has_errors(document.problems):
        raise ConfigError.of(document.problems)
    report = Report(document, [*document.problems])
    value = found.prepare(document.value, report)
    rewriter = Rewriter(found, report, Wishes() if wishes is None else wishes, known)
    if not _is_deeper(value, Limits().depth):
        value = rewriter.rewrite(value)
    else:
        report.refuse("limit-exceeded", "The config is deeper than the limits allow.", ())
    if has_errors(report.problems):
        raise ConfigError.of(report.problems)
    suffix = ".json" if file.suffix.lower() == ".json" else ".yaml"
    try:
        text = written(value, suffix)
    except ValidationError as error:
        report.refuse("bad-document", error.message, (), "Look for numbers that the format has not: infinity, NaN.")
        raise ConfigError.of(report.problems) from None
    return Converted(text, suffix, rewriter.nodes, rewriter.names, found.has_imports, tuple(report.problems))


def _is_deeper(value: Any, depth: int) -> bool:
    if not isinstance(value, Mapping | list | tuple):
        return False
    below = value.values() if isinstance(value, Mapping) else value
    return depth <= 0 or any(_is_deeper(held, depth - 1) for held in below)
