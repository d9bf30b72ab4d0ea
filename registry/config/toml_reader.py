"""Reads TOML (1.0). Dates and times arrive as ISO 8601 text."""

import re
import sys
from typing import Any

from registry.config.places import Place, Span, locator
from registry.config.plain import exceeds, steps
from registry.config.text import Text, empty, read_text
from registry.config.toml_scanner import Duplicate, TomlScanner
from registry.document import Document
from registry.model import Limits
from registry.names import WHOLE, quote
from registry.paths import format_path
from registry.problems import Problem

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_SAYS_TWICE = ("Cannot", "Duplicate")
"""How `tomllib` begins what it says about duplicates."""
_NOT_LINE_END = re.compile(r"[^\n]")


def read_toml(data: bytes | str, name: str = "", limits: Limits | None = None) -> Document:
    """The document of a TOML text."""
    limits = Limits() if limits is None else limits
    text = read_text(data, name)
    if isinstance(text, Problem):
        return Document(None, name, (text,))

    def scan() -> TomlScanner:
        return TomlScanner(text.content, limits.depth).scan()

    # tomllib takes time that grows with the square of the parts of a dotted key.
    if any(line.count(".") > limits.depth for line in text.content.split("\n")):
        scanner = scan()
        if scanner.too_deep is not None:
            return Document(None, name, (_too_deep(text, scanner.too_deep, limits),))

    import tomllib

    problems: list[Problem] = []
    try:
        value = tomllib.loads(text.content)
    except RecursionError:
        return Document(None, name, (_too_deep(text, scan().too_deep or (0, 0), limits),))
    except ValueError as error:  # tomllib's own, and that of an integer of too many digits
        scanner = scan()
        if not (scanner.duplicates and str(error).startswith(_SAYS_TWICE)):
            return Document(None, name, (_unreadable(text, error),))
        problems += [_duplicate(text, duplicate) for duplicate in scanner.duplicates]
        value = _without_firsts(text.content, scanner.duplicates)
        return Document(value, name, tuple(problems), locator(text, lambda: scanner.place))
    if not value:
        return Document(None, name, (empty(text),))
    if exceeds(value, limits):
        scanner = scan()
        too_deep = None if scanner.too_deep is None else _too_deep(text, scanner.too_deep, limits)
        return Document(None, name, (_beyond(text, scanner.place, limits) if too_deep is None else too_deep,))
    _replace_dates(value)
    return Document(value, name, (), locator(text, lambda: scan().place))


def _unreadable(text: Text, error: ValueError) -> Problem:
    place = _AT.search(str(error))
    message = str(error)[: place.start()] if place is not None else str(error)
    start = len(text.content.rstrip())
    if place is not None and place[1] is not None:
        start = text.offset(int(place[1]), int(place[2]))
    elif place is None:
        digits = re.search(rf"[0-9](?:_?[0-9]){{{sys.get_int_max_str_digits()},}}", text.content)
        if digits is not None:
            return text.problem("bad-document", "The integer has more digits than can be read.", *digits.span())
    message = f"{quote(text.name, WHOLE)} is not TOML: {message[:1].lower()}{message[1:]}."
    return text.problem("bad-document", message, start, start)


def _duplicate(text: Text, duplicate: Duplicate) -> Problem:
    line = text.location(*duplicate.first).line
    message = f"{quote(duplicate.path[-1])} is written twice in this table; the first time in line {line}."
    return text.problem("duplicate-key", message, *duplicate.span, path=format_path(duplicate.path))


def _without_firsts(content: str, duplicates: list[Duplicate]) -> Any:
    """The value with only the last of each pair of duplicates, or None where it cannot be had."""
    import tomllib

    for duplicate in duplicates:
        if duplicate.first_statement is None:
            return None
        start, end = duplicate.first_statement
        content = content[:start] + _NOT_LINE_END.sub(" ", content[start:end]) + content[end:]
    try:
        value = tomllib.loads(content)
    except ValueError:
        return None
    _replace_dates(value)
    return value


def _too_deep(text: Text, span: Span, limits: Limits) -> Problem:
    return text.problem("limit-exceeded", f"The document is more than {limits.depth} levels deep.", *span)


def _beyond(text: Text, place: Place, limits: Limits) -> Problem:
    """The problem of a document beyond the limits, at the first place that is."""
    nodes, places = 0, [(place, 0)]
    while places:
        place, depth = places.pop()
        nodes += 1
        if depth >= limits.depth and (place.children or text.content[place.span[0]] in "[{"):
            return _too_deep(text, place.span, limits)
        if nodes > limits.nodes:
            return text.problem("limit-exceeded", f"The document has more than {limits.nodes} values.", *place.span)
        places += [(child, depth + 1) for child in reversed(place.children.values())]
    return _too_deep(text, (0, 0), limits)


def _replace_dates(value: Any) -> None:
    from datetime import date, datetime, time

    containers = [value]
    while containers:
        container = containers.pop()
        for step, child in steps(container):
            if type(child) is dict or type(child) is list:
                containers.append(child)
            elif isinstance(child, date | datetime | time):
                container[step] = child.isoformat()
