"""Checks a reader of configs."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from registry.document import Document
from registry.model import Limits
from registry.names import quote
from registry.paths import Path, format_path
from registry.problems import CODES, Location, Problem, has_errors
from registry.testing import corpus

Reader = Callable[[bytes | str, str, Limits], Document]

NAME = "hostile"
SECONDS = 30.0
"""How long one document may take: time enough on a busy machine, and too little for what grows with the square."""

_PLAIN = (dict, list, str, int, float, bool, type(None))

Fault = tuple[str, str]


def check_reader(reader: Reader, *, valid: Iterable[tuple[str, Any]] = ()) -> None:
    """Check that a reader keeps its contract: whatever the text, it gives a document.

    What is bad is in the document's problems, at places that are inside the text. A good text gives its value, in plain
    types, and each value and key of it is located where it is written. Limits hold.

    Args:
        reader: Makes a document of a text, its name and the limits.
        valid: Texts of the format, with the values that they have to give. Without any, only bad texts are tried.

    Raises:
        AssertionError: One sentence, and the call that shows it.
    """
    fault = next(_faults(reader, list(valid)), None)
    if fault is not None:
        sentence, call = fault
        raise AssertionError(f"{sentence}\n    document = {call}") from None


def _faults(reader: Reader, texts: list[tuple[str, Any]]) -> Iterator[Fault]:
    for text, value in texts:
        yield from _of_valid(reader, text, value)
    for text, value in texts:
        yield from _limits(reader, text, value)
    for kind in ("YAML", "JSON", "TOML"):
        for what, data in getattr(corpus, kind).items():
            yield from _of_hostile(reader, data, f"reader(corpus.{kind}[{what!r}], {NAME!r}, Limits())")
    for text, _ in texts:
        for cut in sorted({1, len(text) // 3, len(text) // 2, len(text) - 1}):
            if 0 < cut < len(text):
                yield from _of_hostile(reader, text[:cut].encode(), _call(text[:cut]))


def _call(text: object) -> str:
    shown = repr(text)
    return f"reader({shown if len(shown) < 400 else shown[:400] + '…'}, {NAME!r}, Limits())"


# ---------------------------------------------------------------------------------------------------- good texts


def _of_valid(reader: Reader, text: str, value: Any) -> Iterator[Fault]:
    call = _call(text)
    for content in (text, text.encode()):
        shown = "text" if isinstance(content, str) else "bytes"
        try:
            document = reader(content, NAME, Limits())
        except Exception as error:  # a reader raises nothing
            yield f"The reader raised {type(error).__name__} for a text of its format, given as {shown}.", call
            return
        if not isinstance(document, Document):
            yield f"The reader gave a {type(document).__name__} and no Document.", call
            return
        if has_errors(document.problems):
            said = quote(document.problems[0].message, 200)
            yield f"The reader finds fault with a text of its format, given as {shown}: {said}.", call
        difference = _difference(value, document.value, "")
        if difference is not None:
            yield f"The reader gives another value than the text says, from {shown}: {difference}.", call
        if document.name != NAME:
            yield f"The document is called {quote(document.name)}, and the reader was told {quote(NAME)}.", call
        yield from _locations(document, text, value, call)


def _difference(expected: Any, found: Any, place: str) -> str | None:
    here = place or "the whole"
    if type(expected) is not type(found):
        return f"{here} is the {type(found).__name__} {quote(found)} instead of the {type(expected).__name__}"
    if isinstance(expected, dict):
        if list(expected) != list(found):
            return f"{here} has the keys {list(found)} instead of {list(expected)}"
        pairs = [(found[key], item, f"{place}[{key!r}]") for key, item in expected.items()]
    elif isinstance(expected, list):
        if len(expected) != len(found):
            return f"{here} has {len(found)} items instead of {len(expected)}"
        pairs = [(found[index], item, f"{place}[{index}]") for index, item in enumerate(expected)]
    else:
        return None if repr(expected) == repr(found) else f"{here} is {quote(found)} instead of {quote(expected)}"
    return next(filter(None, (_difference(item, other, inner) for other, item, inner in pairs)), None)


def _locations(document: Document, text: str, value: Any, call: str) -> Iterator[Fault]:
    lines = _lines(text)
    for path, item in _leaves(value, ()):
        shown = quote(format_path(path))
        location = document.locate(path, False)
        if location is None:
            yield f"The value at {shown} has no location.", call
            continue
        yield from _location_fault(location, lines, f"The value at {shown}", call)
        written = _written(item)
        if written is not None and any(written in line for line in lines):
            stretch = _stretch(location, lines)
            if written not in stretch:
                yield (
                    f"The value at {shown} is located at {quote(stretch)}, where {quote(written)} is not written.",
                    call,
                )
        if path and isinstance(path[-1], str):
            yield from _key_fault(document, lines, path, call)
    absent = ("no such key", 7)
    if document.locate(absent, False) is not None:
        yield f"A path that is not in the document has a location: {quote(format_path(absent))}.", call


def _key_fault(document: Document, lines: list[str], path: Path, call: str) -> Iterator[Fault]:
    shown = f"The key of {quote(format_path(path))}"
    location = document.locate(path, True)
    if location is None:
        yield f"{shown} has no location.", call
        return
    yield from _location_fault(location, lines, shown, call)
    stretch = _stretch(location, lines)
    if path[-1].isalnum() and path[-1].isascii() and path[-1] not in stretch:
        yield f"{shown} is located at {quote(stretch)}, where it is not written.", call


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value


def _written(value: Any) -> str | None:
    """How a value is written in most formats; None for one that has too many ways, or is too short to be found."""
    if isinstance(value, str) and value.isascii() and value.isalnum():
        return value
    if type(value) is int and abs(value) > 9:
        return str(value)
    return None


# ---------------------------------------------------------------------------------------------------- limits


def _limits(reader: Reader, text: str, value: Any) -> Iterator[Fault]:
    depth, size = _depth(value), _size(value)
    for limits, over in (
        (Limits(depth=depth - 1), f"{depth} levels deep"),
        (Limits(nodes=size - 1), f"{size} values large"),
    ):
        if limits.depth < 1 or limits.nodes < 1:
            continue
        shown = f"reader({text!r}, {NAME!r}, {limits!r})"
        try:
            document = reader(text, NAME, limits)
        except Exception as error:  # a reader raises nothing
            yield f"The reader raised {type(error).__name__} for a text beyond the limits.", shown
            continue
        if "limit-exceeded" not in {problem.code for problem in document.problems if problem.severity == "error"}:
            yield f"The reader reports no 'limit-exceeded' for a text that is {over}.", shown
        yield from _problem_faults(document.problems, _lines(text), shown)


def _depth(value: Any) -> int:
    """How many containers are inside one another."""
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def _size(value: Any) -> int:
    """How many items all containers have."""
    if isinstance(value, dict):
        return len(value) + sum(map(_size, value.values()))
    return len(value) + sum(map(_size, value)) if isinstance(value, list) else 0


# ---------------------------------------------------------------------------------------------------- bad texts


def _of_hostile(reader: Reader, data: bytes, call: str) -> Iterator[Fault]:
    start = time.monotonic()
    try:
        document = reader(data, NAME, Limits())
    except Exception as error:  # a reader raises nothing
        yield f"The reader raised {type(error).__name__} instead of giving a document with a problem.", call
        return
    if time.monotonic() - start > SECONDS:
        yield f"The reader takes more than {SECONDS:g} s for {len(data)} bytes.", call
    if not isinstance(document, Document):
        yield f"The reader gave a {type(document).__name__} and no Document.", call
        return
    yield from _problem_faults(document.problems, _decoded(data), call)
    if not has_errors(document.problems):
        odd = _odd(document.value, 0)
        if odd is not None:
            yield f"The document has no error and holds {odd}.", call


def _problem_faults(problems: tuple[Problem, ...], lines: list[str] | None, call: str) -> Iterator[Fault]:
    for problem in problems:
        if problem.code not in CODES:
            yield f"A problem has the code {quote(problem.code)}, which is none of CODES.", call
        if problem.location is None:
            yield f"The problem {quote(problem.message)} has no location.", call
        else:
            yield from _location_fault(problem.location, lines, f"The problem {quote(problem.message)}", call)


def _location_fault(location: Location, lines: list[str] | None, what: str, call: str) -> Iterator[Fault]:
    if location.file != NAME:
        yield f"{what} is located in {quote(location.file)} instead of {quote(NAME)}.", call
    elif location.line < 1 or location.column < 1 or location.end_column < location.column:
        place = f"line {location.line}, columns {location.column} to {location.end_column}"
        yield f"{what} is located at {place}, and both count from 1.", call
    elif lines is not None:
        if location.line > len(lines):
            yield f"{what} is located in line {location.line}, and the text has {len(lines)}.", call
        elif location.column > len(lines[location.line - 1]) + 1:
            length = len(lines[location.line - 1])
            yield f"{what} is located at column {location.column} of a line that has {length}.", call


def _odd(value: Any, depth: int) -> str | None:
    """What a document may not hold: more levels than the limits allow, or what is no plain value."""
    if depth > Limits().depth:
        return "more levels than the limits allow"
    kind = type(value)
    if kind is dict:
        return next(filter(None, (_odd(item, depth + 1) for item in value.values())), None)
    if kind is list:
        return next(filter(None, (_odd(item, depth + 1) for item in value)), None)
    # dates stay what they are, where a format has them
    return (
        None if kind in _PLAIN or kind.__module__ == "datetime" else f"a {kind.__qualname__}, which is no plain value"
    )


def _decoded(data: bytes) -> list[str] | None:
    """The lines of a text, or None where it is not simply UTF-8 and its lines are the reader's own matter."""
    try:
        return _lines(data.decode("utf-8-sig")) if data[:2] not in (b"\xff\xfe", b"\xfe\xff") else None
    except UnicodeDecodeError:
        return None


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _stretch(location: Location, lines: list[str]) -> str:
    return (
        lines[location.line - 1][location.column - 1 : location.end_column - 1] if location.line <= len(lines) else ""
    )
