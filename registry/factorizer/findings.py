"""The problems of one walk, and where they were written."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import attrs

from registry.document import Document
from registry.paths import Path, format_path
from registry.problems import Location, Problem, Severity


@attrs.define(eq=False, repr=False)
class Trial:
    """Whether what was tried had errors."""

    failed: bool = False


@attrs.frozen
class _Finding:
    code: str
    message: str
    path: Path
    suggestions: tuple[str, ...]
    severity: Severity
    at: Path
    on_key: bool


class Findings:
    """Collects problems by path; locations are worked out at the end, once, for those that are kept."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._found: list[_Finding] = []
        self.error_count = 0

    def error(
        self,
        code: str,
        message: str,
        path: Path,
        suggestions: Iterable[str] = (),
        *,
        at: Path | None = None,
        on_key: bool = False,
    ) -> None:
        """Note a mistake about a path. It is shown at `at` (the path itself by default), on the value or on the key."""
        self.error_count += 1
        self._add(_Finding(code, message, path, tuple(suggestions), "error", path if at is None else at, on_key))

    def warning(self, code: str, message: str, path: Path, suggestions: Iterable[str] = ()) -> None:
        """Note something that works and should be changed."""
        self._add(_Finding(code, message, path, tuple(suggestions), "warning", path, False))

    def note(self, code: str, message: str, path: Path) -> None:
        """Note something that could not be decided."""
        self._add(_Finding(code, message, path, (), "note", path, False))

    @contextmanager
    def trial(self, keep: bool = True) -> Iterator[Trial]:
        """Tell whether the block has errors, and forget what it found if so, or in any case without `keep`."""
        length, count = len(self._found), self.error_count
        trial = Trial()
        try:
            yield trial
        finally:
            trial.failed = self.error_count > count
            if trial.failed or not keep:
                del self._found[length:]
                self.error_count = count

    def problems(self) -> list[Problem]:
        """Every problem once, those of the document itself included, in document order."""
        found: list[tuple[Location | None, Path, Problem]] = [
            (problem.location, (), problem) for problem in self._document.problems
        ]
        once = {(finding.code, finding.path, finding.message): finding for finding in reversed(self._found)}
        for finding in reversed(once.values()):
            location = self._locate(finding.at, finding.on_key)
            found.append(
                (
                    location,
                    finding.at,
                    Problem(
                        finding.code,
                        finding.message,
                        format_path(finding.path),
                        location,
                        finding.suggestions,
                        finding.severity,
                    ),
                )
            )
        files: dict[str, int] = {}
        for location, _, _ in found:
            if location is not None:
                files.setdefault(location.file, len(files))
        order = _Order(self._document.value)

        def position(one: tuple[Location | None, Path, Problem]) -> tuple[int, ...]:
            location, path, _ = one
            if location is None:  # behind what has one
                return (len(files), *order.of(path))
            return (files[location.file], location.line, location.column)

        return [problem for _, _, problem in sorted(found, key=position)]

    def _add(self, finding: _Finding) -> None:
        self._found.append(finding)

    def _locate(self, path: Path, on_key: bool) -> Location | None:
        """The place of a path, or of the nearest place around it that was written."""
        location = self._document.locate(path, on_key)
        while location is None and path:
            path = path[:-1]
            location = self._document.locate(path, False)
        return location


class _Order:
    """Which of two places of a config comes first, for a config that was never written down."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._keys: dict[int, dict[Any, int]] = {}

    def of(self, path: Path) -> tuple[int, ...]:
        """How many siblings stand before each step, as far as the path leads."""
        value, steps = self._root, []
        for step in path:
            if isinstance(value, Mapping) and step in value:
                if id(value) not in self._keys:
                    self._keys[id(value)] = {key: place for place, key in enumerate(value)}
                steps.append(self._keys[id(value)][step])
            elif isinstance(value, list | tuple) and type(step) is int and step < len(value):
                steps.append(step)
            else:
                break
            value = value[step]
        return tuple(steps)
