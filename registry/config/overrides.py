"""Changes to a document, written as text: `trainer.epochs=3`, `+new.key=…`, `~key`."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from registry.closeness import did_you_mean
from registry.config.plain import describe, steps
from registry.config.text import Text
from registry.config.yaml_reader import read_yaml_text
from registry.document import Document, Locate
from registry.model import Limits
from registry.names import quote
from registry.paths import Path, format_path, parse_path
from registry.problems import Location, Problem

_SIGNS = re.compile(r"[+~]?")
_BEFORE_EQUALS = re.compile(r'(?:[^="]|"(?:[^"\\]|\\.)*")*')
_LAST_STEP = re.compile(r"""(?:[^.\[\]"']+|\[-?\d+\]|\["(?:[^"\\]|\\.)*"\])$""")


@attrs.frozen
class _Override:
    """One override as it was read.

    Attributes:
        sign: "+", "~" or nothing.
        span: Where its path stands in its text.
        value: The document of its value; None for a removal.
    """

    text: Text
    sign: str
    path: Path
    span: tuple[int, int]
    value: Document | None

    @property
    def key(self) -> Location:
        """Where the last step of the path is written."""
        start, end = self.span
        last = _LAST_STEP.search(self.text.content[start:end])
        return self.text.location(start if last is None else start + last.start(), end)

    def problem(self, message: str, suggestions: Iterable[str] = ()) -> Problem:
        path = format_path(self.path)
        return self.text.problem("bad-override", message, *self.span, path=path, suggestions=tuple(suggestions))


@attrs.frozen
class _Change:
    """An override that was applied.

    Attributes:
        existing: How many steps of its path were there before.
        in_list: Whether the last step is the index of a list.
    """

    override: _Override
    existing: int
    in_list: bool


def apply_overrides(document: Document, overrides: Sequence[str], *, limits: Limits | None = None) -> Document:
    """A document with some values changed; the one that is given stays as it is.

    `path=value` replaces what is there, or gives a node (a mapping with `_type`) one more parameter. `+path=value` also
    adds what is not there, with the mappings on the way, and appends to a list at the index after its last. `~path`
    removes. Values are YAML: a scalar, or a list or mapping in flow style; none is null. An override that cannot be
    read, or leads nowhere, is a problem `bad-override` and changes nothing.

    Args:
        limits: How deep and large each value may be.
    """
    limits = Limits() if limits is None else limits
    value, changes = document.value, list[_Change]()
    problems = list(document.problems)
    unread = value is None and bool(problems)
    for number, written in enumerate(overrides, 1):
        override = _read(number, written, limits)
        if isinstance(override, Problem):
            problems.append(override)
            continue
        if override.value is not None and override.value.problems:
            problems += override.value.problems
        elif not unread:
            changed = _apply(value, override)
            if isinstance(changed, Problem):
                problems.append(changed)
            else:
                value, change = changed
                changes.append(change)
    return attrs.evolve(document, value=value, problems=tuple(problems), locate=_relocated(document.locate, changes))


def _read(number: int, written: str, limits: Limits) -> _Override | Problem:
    shown = written if written.isprintable() else " ".join(written.split())
    name = f"override {number}: {shown}"
    match = _SIGNS.match(written)
    sign = "" if match is None else match[0]
    before = _BEFORE_EQUALS.match(written)
    end = len(written) if before is None else before.end()
    text = Text(written, name)
    path_text = written[len(sign) : end].rstrip()
    span = (len(sign), len(sign) + len(path_text))
    has_value = end < len(written)
    try:
        path = parse_path(path_text)
    except ValueError:
        return text.problem("bad-override", f"{quote(path_text)} is not a path.", *span, suggestions=[_EXAMPLE])
    if not path:
        return text.problem("bad-override", f"{quote(written)} names no path.", 0, len(written), suggestions=[_EXAMPLE])
    if has_value == (sign == "~"):
        what = "A removal takes no value" if has_value else f"{quote(written)} gives no value"
        how = f"Write '~{path_text}'." if has_value else f"Write '{written}=…', or '~{path_text}' to remove it."
        return text.problem("bad-override", f"{what}.", 0, len(written), suggestions=[how])
    return _Override(text, sign, path, span, _read_value(text, path, end + 1, limits) if has_value else None)


_EXAMPLE = "Write it like 'trainer.losses[0].delta=0.1'."


def _read_value(text: Text, path: Path, start: int, limits: Limits) -> Document:
    """The document of the value; columns are those of the override, since all before the value is read as spaces."""
    written = text.content[start:]
    if not written.strip():
        end = len(text.content)
        return Document(None, text.name, (), lambda below, key: None if below else text.location(start, end))
    document = read_yaml_text(Text(" " * start + written, text.name, text.content), limits)
    fault = None
    if written.lstrip().startswith("#"):
        fault = f"{quote(written)} is a comment and no value."
    elif type(document.value) in (dict, list) and written.lstrip()[0] not in "[{&!":
        fault = f"{quote(written)} would be {describe(document.value)} in block style."
    if fault is None:
        problems = tuple(_in_override(problem, path) for problem in document.problems)
    else:
        end = len(text.content)
        suggestions = [_QUOTE_IT]
        problems = (text.problem("bad-override", fault, start, end, path=format_path(path), suggestions=suggestions),)
    return attrs.evolve(document, problems=problems)


def _in_override(problem: Problem, path: Path) -> Problem:
    """A problem of an override's value as one of the override."""
    changes: dict[str, Any] = {"path": format_path((*path, *parse_path(problem.path)))}
    if problem.code == "bad-document":
        changes |= {"code": "bad-override", "suggestions": (*problem.suggestions, _QUOTE_IT)}
    return attrs.evolve(problem, **changes)


_QUOTE_IT = "Put quotes around a value that is text, and write lists and mappings as '[a, b]' and '{a: b}'."


def _apply(value: Any, override: _Override) -> tuple[Any, _Change] | Problem:
    """The value with the override applied, every container on the way copied."""
    path, sign = override.path, override.sign
    root: list[Any] = [value]
    container: Any = root
    step: Any = 0
    existing = 0
    for position, following in enumerate(path):
        child = container[step]
        if type(child) is not dict and type(child) is not list:
            reached = quote(format_path(path[:position])) if position else "The document"
            return override.problem(f"{reached} is {describe(child)}, and nothing is below it.")
        container[step] = container = child.copy()
        step = following
        if _has(container, step):
            existing = position + 1
            continue
        is_last = position == len(path) - 1
        if sign == "+" and (type(container) is dict or step == len(container)):
            _put(container, step, None if is_last else {})
        elif sign == "" and is_last and type(container) is dict and "_type" in container:
            container[step] = None
        else:
            return _nowhere(container, path[: position + 1], override)
    if override.value is None:
        del container[step]
    else:
        container[step] = override.value.value
    return root[0], _Change(override, existing, type(container) is list)


def _has(container: Any, step: Any) -> bool:
    if type(container) is list:
        return type(step) is int and 0 <= step < len(container)
    return step in container


def _put(container: Any, step: Any, value: Any) -> None:
    if type(container) is list:
        container.append(value)
    else:
        container[step] = value


def _nowhere(container: Any, path: Path, override: _Override) -> Problem:
    where = format_path(path[:-1])
    around = quote(where) if where else "The document"
    if type(container) is list:
        if override.sign == "+" and type(path[-1]) is int:
            count = len(container)
            return override.problem(f"{around} has {count} values, so the next has the index {count}.")
        return override.problem(f"{around} is a list of {len(container)} and has no {quote(path[-1])}.")
    suggestions = did_you_mean(path[-1], [key for key, _ in steps(container)])
    if override.sign == "":
        suggestions = [*suggestions, f"Write '+{override.text.content}' to add it."]
    return override.problem(f"{around} has no {quote(path[-1])}.", suggestions)


def _relocated(locate: Locate, changes: Sequence[_Change]) -> Locate:
    """`locate` for a document after changes: what they wrote is in the overrides, the rest where it was."""

    def after(path: Path, key: bool, /) -> Location | None:
        for change in reversed(changes):
            target, written = change.override.path, change.override.value
            if written is None:
                path = _before_removal(path, target) if change.in_list else path
            elif path[: len(target)] == target:
                is_key = key and len(path) == len(target)
                return change.override.key if is_key else written.locate(path[len(target) :], key)
            elif len(path) > change.existing and target[: len(path)] == path:
                return change.override.key
        return locate(path, key)

    return after


def _before_removal(path: Path, removed: Path) -> Path:
    """The path that a value had before an item was removed from a list."""
    last = len(removed) - 1
    if len(path) > last and path[:last] == removed[:last] and type(path[last]) is int and path[last] >= removed[last]:
        return (*path[:last], path[last] + 1, *path[last + 1 :])
    return path
