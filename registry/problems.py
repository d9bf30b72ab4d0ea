"""One mistake in a config: what, where, and what to do about it."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import attrs

Severity = Literal["error", "warning", "note"]

EXCERPT_LENGTH = 160
"""Longest stretch of a source line that a location carries, in code points."""


@attrs.frozen
class Location:
    """Where something was written. Lines and columns count from 1, in code points; the end is exclusive.

    `excerpt` is the source line, or the stretch of a very long one that begins at `excerpt_column`, so that a
    problem can still be shown when the file has changed or was never on this machine. An override has itself
    as `file` (`override 2: trainer.lr=x`) and line 1.
    """

    file: str
    line: int
    column: int
    end_column: int
    excerpt: str = ""
    excerpt_column: int = 1

    @classmethod
    def within(cls, file: str, line: int, column: int, end_column: int, source_line: str) -> "Location":
        """A location that keeps no more of a long line than is worth showing."""
        source_line = source_line.rstrip("\r\n")
        if len(source_line) <= EXCERPT_LENGTH:
            return cls(file, line, column, end_column, source_line)
        start = max(0, min(column - 1 - EXCERPT_LENGTH // 4, len(source_line) - EXCERPT_LENGTH))
        return cls(file, line, column, end_column, source_line[start : start + EXCERPT_LENGTH], start + 1)

    def __str__(self) -> str:
        return f"{_on_one_line(self.file)}:{self.line}:{self.column}"

    def caret_line(self) -> tuple[str, str]:
        """The excerpt made safe for a terminal, and the carets that go below it."""
        shown = _safe(self.excerpt)
        start = max(0, self.column - self.excerpt_column)
        before = shown[:start]
        marked = shown[start : max(start + 1, self.end_column - self.excerpt_column)]
        return shown, " " * (_width(before) + start - len(before)) + "^" * max(1, _width(marked))


def _in_tuple(texts: Iterable[str]) -> tuple[str, ...]:
    """`tuple`, with a signature that type checkers can use as a converter's."""
    return tuple(texts)


@attrs.frozen
class Problem:
    """One mistake. `str()` gives it as text, with the source line and a caret where the location is known.

    `code` is one of `CODES`; `path` reads like `trainer.losses[1].delta`; `suggestions` are full imperatives or
    questions.
    """

    code: str
    message: str
    path: str = ""
    location: Location | None = None
    suggestions: tuple[str, ...] = attrs.field(default=(), converter=_in_tuple)
    severity: Severity = "error"

    def __str__(self) -> str:
        label = "" if self.severity == "error" else f"{self.severity}: "
        # Names, live objects and users' own messages may hold what a terminal would obey.
        message = _on_one_line(self.message)
        suggestions = [_on_one_line(text) for text in self.suggestions]
        if self.location is None:
            place = f"{_on_one_line(self.path)}: " if self.path else ""
            return "\n".join([f"{place}{label}{message}", *(f"  {text}" for text in suggestions)])
        lines = [f"{self.location}: {label}{message}"]
        if self.location.excerpt:
            gutter = f"  {self.location.line} | "
            margin = " " * (len(gutter) - 2) + "| "
            shown, carets = self.location.caret_line()
            lines += [gutter + shown, margin + carets]
            if suggestions:
                lines[-1] += " " + suggestions[0]
            lines += [margin + " " * (len(carets) + 1) + text for text in suggestions[1:]]
        else:
            lines += [f"  {text}" for text in suggestions]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The problem as JSON-able values, without what is empty."""
        values = {**attrs.asdict(self), "suggestions": list(self.suggestions)}
        return {key: value for key, value in values.items() if value not in (None, [], "")}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Problem":
        """The problem that `as_dict` wrote."""
        location = values.get("location")
        return cls(**{**values, "location": None if location is None else Location(**location)})


def has_errors(problems: Sequence[Problem]) -> bool:
    """Whether any of these keeps a config from being built; warnings and notes do not."""
    return any(problem.severity == "error" for problem in problems)


CODES: Mapping[str, str] = {
    # problems of a config
    "entry-not-found": "No entry has this name.",
    "registry-not-found": "No registry of the catalog has this name.",
    "ambiguous-name": "Several registries have an entry of this name.",
    "unknown-parameter": "The artifact takes no parameter of this name.",
    "missing-parameter": "A parameter without a default was not given.",
    "open-parameter": "The parameter is left open for the caller, and a config cannot fix it.",
    "wrong-type": "The value is not of the type that the parameter is annotated with.",
    "broken-constraint": "The value has the right type and breaks a constraint of the parameter.",
    "not-buildable": "The entry is data, not something that can be called.",
    "bad-node": "A reserved key is used in a way that means nothing.",
    "misspelt-key": "A key is one edit away from a reserved key.",
    "bad-reference": "A reference leads nowhere.",
    "reference-cycle": "References lead back to where they started.",
    "duplicate-key": "A mapping has the same key twice.",
    "bad-document": "The document cannot be read.",
    "bad-override": "The override cannot be read or leads nowhere.",
    "limit-exceeded": "The config is deeper or larger than the limits allow.",
    "deprecated": "The entry still works and should no longer be used.",
    "not-checked": "This could not be decided without importing code.",
    # errors that are not about a place in a config
    "error": "Any error of this library.",
    "validation": "A validator refused what was given.",
    "conformance": "A callable's signature does not match.",
    "inheritance": "A class does not inherit from the required base.",
    "config": "A config has problems.",
    "registry": "What was asked does not fit what the registry holds.",
    "duplicate-entry": "Another artifact is registered under this name.",
    "invalid-name": "The name is not one that an entry can have.",
    "not-shareable": "No record can hold this, so other processes cannot have it.",
    "too-large": "It is more than a limit allows.",
    "access-denied": "No token was given, or one that does not allow this.",
    "revision-conflict": "Another revision is there than was expected.",
    "operation-reused": "The id of an operation was used again for another change.",
    "registry-frozen": "The registry was frozen and registers nothing more.",
    "operational": "Something outside the program failed.",
    "backend": "A backend failed or broke its contract.",
    "store": "A store's file or engine failed.",
    "remote": "A network source failed.",
    "unknown-outcome": "Nobody knows whether a write happened.",
    "overloaded": "A server has more to do than it can, or is about to stop.",
    "untrusted-reference": "A reference came from others and is not among those that are allowed here.",
    "cannot-import": "A reference cannot be resolved here.",
    "missing-extra": "A package that this needs is not installed.",
}
"""Every code of problems and errors, with its meaning: one list, stable."""


def _on_one_line(text: str) -> str:
    return text if text.isprintable() else _safe(text.replace("\n", " "))


def _safe(text: str) -> str:
    return "".join(map(_printable, text))


def _printable(character: str) -> str:
    if character == "\t":
        return " "
    return character if character.isprintable() else "\N{REPLACEMENT CHARACTER}"


def _width(text: str) -> int:
    """Columns that text takes in a terminal: none for combining marks, two for wide characters (UAX 11)."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )
