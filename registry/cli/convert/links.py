"""Values that are those of another place: `${path}` becomes a `_ref` to a plain value, and a copy of anything else."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from registry.cli.convert.report import Report
from registry.factorizer.language import GIVEN, REF
from registry.names import quote
from registry.paths import Path, format_path, step_into

MOST = 1_000_000
"""How many values and characters links may come to in one document."""

_LINK = re.compile(r"\$\{([^${}]*)\}")


class Link(dict[str, Any]):
    """A `_ref`, and the value to which it leads, for where a `_ref` would be data."""

    def __init__(self, target: Path, value: Any) -> None:
        super().__init__({REF: format_path(target)})
        self.value = value
        self._target = target

    def leads(self, root: Any) -> bool:
        """Whether the value stands there in a document."""
        try:
            for step in self._target:
                root = step_into(root, step)
        except LookupError:
            return False
        return bool(type(root) is type(self.value) and root == self.value)


def follow(root: Any, target: Callable[[str, Path], Path], report: Report) -> Any:
    """Replace every `${...}` of a document, in place.

    Args:
        root: The document.
        target: Gives the path that the words between the braces mean, from the path of the value that has them. It
            raises ValueError, with the reason, where they mean none.
        report: Takes what cannot be followed.
    """
    follower = _Follower(root, target, report)
    found = [(path, text) for path, text in texts(root, ()) if "${" in text]
    replaced = [(path, follower.value(text, path)) for path, text in found]  # all of them of the document as it is
    for path, value in replaced:
        if not path:
            return value
        held = root
        for step in path[:-1]:
            held = step_into(held, step)
        held[path[-1]] = value
    return root


def texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """The texts of a document, each with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping | list):
        steps = value.items() if isinstance(value, Mapping) else enumerate(value)
        for step, held in steps:
            yield from texts(held, (*path, step))


def settle(root: Any) -> Any:
    """Write out, in place, every link of a rewritten document whose target is not where it was: data under `_raw`."""
    return _settled(root, root)


def _settled(value: Any, root: Any) -> Any:
    if isinstance(value, Link):
        return value if value.leads(root) else value.value
    if isinstance(value, Mapping | list):
        for step, held in list(value.items() if isinstance(value, Mapping) else enumerate(value)):
            settled = _settled(held, root)
            if settled is not held:
                value[step] = settled  # type: ignore[index]  # what is converted can be changed
    return value


class _Unfollowed(Exception):
    """What was reported leads nowhere."""


class _Follower:
    def __init__(self, root: Any, target: Callable[[str, Path], Path], report: Report) -> None:
        self._root = root
        self._target = target
        self._report = report
        self._trail: list[Path] = []
        self._left = MOST

    def value(self, text: str, path: Path) -> Any:
        """What a text with `${` in it comes to; None when that was reported."""
        try:
            return self._value(text, path)
        except _Unfollowed:
            return None
        except RecursionError:
            self._trail.clear()
            self._refused("limit-exceeded", "These values lead on and on.", path)
            return None

    def _value(self, text: str, path: Path) -> Any:
        if path in self._trail:
            shown = " -> ".join(format_path(step) for step in [*self._trail[self._trail.index(path) :], path])
            raise self._refused("reference-cycle", f"This leads back to itself: {shown}.", path)
        self._left -= 1 + len(text)
        if self._left < 0:
            raise self._refused("limit-exceeded", "These values come to more than a config holds.", path)
        self._trail.append(path)
        try:
            whole = _LINK.fullmatch(text)
            return self._at(self._named(whole[1], path), path) if whole else self._text(text, path)
        finally:
            self._trail.pop()

    def _named(self, words: str, path: Path) -> Path:
        try:
            return self._target(words, path)
        except ValueError as error:
            raise self._refused("bad-reference", f"{quote('${' + words + '}')} {error}.", path) from None

    def _at(self, target: Path, path: Path) -> Any:
        """What is written in place of a link to a path."""
        found = self._found(target, path)
        if isinstance(found, str) and "${" in found:
            linked = self._value(found, target)
            if isinstance(linked, str):  # a text that was put together, which stands there
                return _link(target, linked)
            return linked
        return self._copy(found, target) if isinstance(found, Mapping | list) else _link(target, found)

    def _found(self, target: Path, path: Path) -> Any:
        value = self._root
        try:
            for step in target:
                value = step_into(value, step)
        except LookupError:
            message = f"Nothing stands at {quote(format_path(target))}."
            raise self._refused("bad-reference", message, path) from None
        return value

    def _copy(self, value: Any, path: Path) -> Any:
        """A copy of what is built anew in each place, its own links followed from where it stands."""
        self._left -= 1
        if isinstance(value, Mapping):
            return {key: self._copy(held, (*path, key)) for key, held in value.items()}
        if isinstance(value, list):
            return [self._copy(held, (*path, index)) for index, held in enumerate(value)]
        return self._value(value, path) if isinstance(value, str) and "${" in value else value

    def _text(self, text: str, path: Path) -> str:
        """A text with links within: what they lead to is written out."""
        literal = _LINK.split(text)[::2]
        if any("${" in part or part.endswith("\\") for part in literal):
            raise self._refused("bad-reference", f"{quote(text)} is written in a way that is not read here.", path)
        return _LINK.sub(lambda match: self._shown(match[1], path), text)

    def _shown(self, words: str, path: Path) -> str:
        value = self._at(self._named(words, path), path)
        value = value.value if isinstance(value, Link) else value
        if isinstance(value, Mapping | list):
            raise self._refused("bad-reference", f"{quote(words)} is no value that can be part of a text.", path)
        return str(value)

    def _refused(self, code: str, message: str, path: Path) -> _Unfollowed:
        self._report.refuse(code, message, self._trail[0] if self._trail else path, "Write the value here.")
        return _Unfollowed()


def _link(target: Path, value: Any) -> Any:
    """A `_ref` to a plain value; the value itself where a path means something else, or may be another one later."""
    is_own = any(isinstance(step, str) and step.startswith("_") for step in target)
    return value if is_own or target[0] == GIVEN else Link(target, value)
