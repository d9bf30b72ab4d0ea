"""The places of a TOML text, for the time when a problem has to be shown: `tomllib` keeps none.

Reads what `tomllib` accepts, and stops at the first thing that it cannot read itself; the verdict on what is TOML stays
with `tomllib`.
"""

import re

import attrs

from registry.config.places import Place, Span
from registry.paths import Path

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?!")' r"|'''.*?'''(?!')" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]*")


@attrs.frozen
class Duplicate:
    """A key that is written again.

    Attributes:
        first_statement: What can be taken out of the text so that only the later one counts; None where that would
            change more.
    """

    path: Path
    span: Span
    first: Span
    first_statement: Span | None


@attrs.define(eq=False)
class _Table:
    """What stands at a place: "table" (only named on the way), "header", "tables" (a list of them) or "value"."""

    kind: str
    statement: Span | None = None


class _Unreadable(Exception):
    pass


@attrs.define(eq=False)
class TomlScanner:
    """Goes through a TOML text. What was found is in `place`, `duplicates` and `too_deep`."""

    content: str
    depth: int
    place: Place = attrs.Factory(lambda: Place((0, 0)))
    duplicates: list[Duplicate] = attrs.Factory(list)
    too_deep: Span | None = None
    _at: int = 0
    _kinds: dict[Place, _Table] = attrs.Factory(dict)
    _header: Path = ()

    def scan(self) -> "TomlScanner":
        """Go through the text, up to its end or the first thing that cannot be read."""
        table = self.place
        try:
            while True:
                self._skip(_BLANK)
                if self._at >= len(self.content):
                    break
                if self.content[self._at] == "[":
                    table = self._read_header()
                else:
                    self._read_pair(table, self._header)
        except _Unreadable:
            pass
        return self

    def _read_header(self) -> Place:
        brackets = 2 if self.content.startswith("[[", self._at) else 1
        self._at += brackets
        keys = self._read_keys()
        self._expect("]" * brackets)
        path = tuple(name for name, _ in keys)
        (name, span), parent = keys[-1], self._descend(self.place, keys[:-1])
        existing = parent.children.get(name)
        kind = None if existing is None else self._kinds[existing].kind
        self._header = path
        if brackets == 2:
            if existing is None or kind != "tables":
                self._note_duplicate(parent, name, path, span, None)
                existing = self._put(parent, name, span, span, "tables")
            table = self._put(existing, len(existing.children), None, span, "header")
            self._header = (*path, len(existing.children) - 1)
            return table
        if existing is not None and kind == "table":
            self._kinds[existing].kind = "header"
            existing.span = parent.keys[name] = span
            return existing
        self._note_duplicate(parent, name, path, span, None)
        return self._put(parent, name, span, span, "header") if existing is None or kind != "header" else existing

    def _read_pair(self, table: Place, header: Path) -> None:
        start = self._at
        keys = self._read_keys()
        self._expect("=")
        value, end = self._read_value(len(header) + len(keys))
        (name, span), parent = keys[-1], self._descend(table, keys[:-1])
        path = (*header, *(name for name, _ in keys))
        self._note_duplicate(parent, name, path, span, (start, end))
        parent.put(name, value, span)
        self._kinds[value] = _Table("value", (start, end))

    def _read_value(self, depth: int) -> tuple[Place, int]:
        """The place of the value here, arrays and inline tables with all they hold; and where it ends."""
        open_places: list[tuple[Place, str]] = []
        root: Place | None = None
        pending: list[tuple[str, Span]] = []
        while True:
            self._skip(_BLANK if open_places else _SPACE)
            if open_places and self._at < len(self.content) and self.content[self._at] in "]},":
                closes = self.content[self._at] != ","
                self._at += 1
                if closes:
                    place, _ = open_places.pop()
                    place.span = (place.span[0], self._at)
                    if not open_places:
                        return place, self._at
                continue
            if open_places and open_places[-1][1] == "{":
                pending = self._read_keys()
                self._expect("=")
                self._skip(_SPACE)
            place, opener = self._read_start()
            if open_places and open_places[-1][1] == "{":
                holder = self._descend(open_places[-1][0], pending[:-1])
                name, span = pending[-1]
                self._note_duplicate(holder, name, (name,), span, None)
                holder.put(name, place, span)
            elif open_places:
                open_places[-1][0].put(len(open_places[-1][0].children), place)
            self._kinds[place] = _Table("value")
            root = place if root is None else root
            if opener:
                open_places.append((place, opener))
                if depth + len(open_places) > self.depth:
                    self.too_deep = place.span
                    raise _Unreadable
            elif not open_places:
                return root, self._at

    def _read_start(self) -> tuple[Place, str]:
        """A scalar, or the opening bracket of an array or inline table."""
        start = self._at
        if start >= len(self.content):
            raise _Unreadable
        if self.content[start] in "[{":
            self._at += 1
            return Place((start, start + 1)), self.content[start]
        match = _STRING.match(self.content, start)
        if match is not None:
            self._at = match.end()
        else:
            scalar = _SCALAR.match(self.content, start)
            self._at = start + len("" if scalar is None else scalar[0].rstrip())
        if self._at == start:
            raise _Unreadable
        return Place((start, self._at)), ""

    def _read_keys(self) -> list[tuple[str, Span]]:
        keys: list[tuple[str, Span]] = []
        while True:
            self._skip(_SPACE)
            match = _BARE.match(self.content, self._at) or _STRING.match(self.content, self._at)
            if match is None:
                raise _Unreadable
            keys.append((_key_text(match[0]), match.span()))
            self._at = match.end()
            if len(keys) > self.depth:
                self.too_deep = match.span()
                raise _Unreadable
            self._skip(_SPACE)
            if not self.content.startswith(".", self._at):
                return keys
            self._at += 1

    def _descend(self, table: Place, keys: list[tuple[str, Span]]) -> Place:
        for name, span in keys:
            child = table.children.get(name)
            if child is None:
                child = self._put(table, name, span, span, "table")
            elif self._kinds[child].kind == "tables":
                child = child.children[len(child.children) - 1]
            table = child
        return table

    def _put(self, table: Place, step: str | int, key: Span | None, span: Span, kind: str) -> Place:
        place = Place(span)
        self._kinds[place] = _Table(kind)
        table.put(step, place, key)
        return place

    def _note_duplicate(self, table: Place, name: str, path: Path, span: Span, statement: Span | None) -> None:
        existing = table.children.get(name)
        if existing is not None:
            first = self._kinds[existing].statement if statement is not None else None
            self.duplicates.append(Duplicate(path, span, table.keys[name], first))

    def _expect(self, text: str) -> None:
        self._skip(_SPACE)
        if not self.content.startswith(text, self._at):
            raise _Unreadable
        self._at += len(text)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.content, self._at)
        self._at = self._at if match is None else match.end()


def _key_text(text: str) -> str:
    if text[0] == "'":
        return text[1:-1]
    if text[0] != '"':
        return text
    if "\\" not in text:
        return text[1:-1]
    import tomllib

    try:
        return next(iter(tomllib.loads(f"{text} = 0")))
    except tomllib.TOMLDecodeError:
        raise _Unreadable from None
