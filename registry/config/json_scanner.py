"""The places and mistakes of a JSON text, for the time when one of them has to be shown."""

import re
from typing import Any

import attrs

from registry.config.places import Place, Span
from registry.config.text import Text
from registry.model import MISSING, Limits
from registry.names import quote
from registry.paths import format_path
from registry.problems import Problem

HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
"""Finds nothing in a text without escaped halves of surrogate pairs; may find whole pairs too."""

_TOKEN = re.compile(r"""[\[\]{},:]|"[^"\\]*(?:\\.[^"\\]*)*"|[^\s\[\]{},:"]+""", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


@attrs.define(eq=False)
class _Frame:
    """An object or array that is being read; `step` is the key or index that was read last in it."""

    is_object: bool
    place: Place
    wants_key: bool
    step: Any = MISSING
    key_span: Span = (0, 0)


@attrs.define(eq=False)
class JsonScanner:
    """Goes through a text that `json` could read, or found too deep. `place` and `problems` are what was found."""

    text: Text
    limits: Limits
    place: Place | None = None
    problems: list[Problem] = attrs.Factory(list)
    _frames: list[_Frame] = attrs.Factory(list)
    _nodes: int = 0

    def scan(self) -> "JsonScanner":
        """Go through the text, up to its end or the first limit."""
        for match in _TOKEN.finditer(self.text.content):
            token, span = match[0], match.span()
            if token in ",:":
                continue
            if token in "]}":
                if not self._frames:
                    break
                place = self._frames.pop().place
                place.span = (place.span[0], span[1])
                continue
            frame = self._frames[-1] if self._frames else None
            if frame is not None and frame.wants_key:
                self._key(frame, token, span)
            elif not self._value(frame, token, span):
                break
        return self

    def _key(self, frame: _Frame, token: str, span: Span) -> None:
        import json

        try:
            frame.step = json.loads(token)
        except ValueError:  # only where a text is too deep for `json` to have looked at it
            frame.step = token
        frame.wants_key, frame.key_span = False, span
        if frame.step in frame.place.keys:
            line = self.text.location(*frame.place.keys[frame.step]).line
            message = f"{quote(frame.step)} is written twice in this object; the first time in line {line}."
            self._note("duplicate-key", message, span)
        self._check_text(token, span)

    def _value(self, frame: _Frame | None, token: str, span: Span) -> bool:
        """Take up a value; False when it is one too many."""
        opens = token in "[{"
        if frame is not None and not frame.is_object:
            frame.step = len(frame.place.children)
        self._nodes += 1
        if self._nodes > self.limits.nodes:
            self._note("limit-exceeded", f"The document has more than {self.limits.nodes} values.", span)
            return False
        if opens and len(self._frames) >= self.limits.depth:
            self._note("limit-exceeded", f"The document is more than {self.limits.depth} levels deep.", span)
            return False
        self._check_scalar(token, span)
        place = Place(span)
        if frame is None:
            self.place = place
        elif frame.is_object:
            frame.place.put(frame.step, place, frame.key_span)
            frame.wants_key = True
        else:
            frame.place.put(frame.step, place)
        if opens:
            self._frames.append(_Frame(token == "{", place, token == "{"))
        return True

    def _check_scalar(self, token: str, span: Span) -> None:
        if token in ("NaN", "Infinity", "-Infinity"):
            message = f"{quote(token)} is not a JSON value."
            self._note("bad-document", message, span, "Write a number, null or a string.")
        elif token[0] == '"':
            self._check_text(token, span)
        else:
            try:
                int(token)
            except ValueError:
                if token.removeprefix("-").isdecimal():
                    self._note("bad-document", "The integer has more digits than can be read.", span)

    def _check_text(self, token: str, span: Span) -> None:
        import json

        if HALF_PAIR.search(token) and _SURROGATE.search(json.loads(token)):
            self._note("bad-document", "The text holds half of a surrogate pair.", span)

    def _note(self, code: str, message: str, span: Span, *suggestions: str) -> None:
        path = format_path(tuple(frame.step for frame in self._frames if frame.step is not MISSING))
        self.problems.append(self.text.problem(code, message, *span, path=path, suggestions=suggestions))
