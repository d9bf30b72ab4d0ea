"""Writes configs as YAML and JSON, and knows where it wrote every key and value.

It shares nothing with the library's readers, so that their locations can be held against it. Columns are counted from
1 in code points, ends are exclusive.
"""

import json
import random
import re
from typing import Any

import attrs

Steps = tuple[Any, ...]
Span = tuple[int, int, int]
"""Line, column, end column."""

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*")
_NOT_STRINGS = {"true", "false", "null"}
_COMMENTS = ("# as in the paper", "# été, ☃ and 😀", "#", "# {not: [read", "# - 'nor this")


@attrs.define
class Written:
    """A text, and the places of what is in it: of scalars and keys by path."""

    text: str
    values: dict[Steps, Span]
    keys: dict[Steps, Span]

    def token(self, span: Span) -> str:
        """What stands in a place."""
        line, column, end = span
        return self.text.split("\n")[line - 1][column - 1 : end - 1]


def write_yaml(config: Any, rng: random.Random) -> Written:
    """YAML: block and flow style mixed, with comments, quoted and plain scalars."""
    writer = _Yaml(rng)
    if not (isinstance(config, dict | list) and config):
        raise ValueError("A document of these tests begins with a mapping or a list that is not empty.")
    writer.comments(0)
    writer.block(config, (), 0)
    return writer.written()


def write_json(config: Any, rng: random.Random) -> Written:
    """JSON with white space in unusual places."""
    writer = _Json(rng)
    writer.value(config, ())
    writer.newline()
    return writer.written()


class _Writer:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self._parts: list[str] = []
        self._line = self._column = 1
        self._values: dict[Steps, Span] = {}
        self._keys: dict[Steps, Span] = {}

    def written(self) -> Written:
        return Written("".join(self._parts), self._values, self._keys)

    def put(self, text: str) -> None:
        assert "\n" not in text
        self._parts.append(text)
        self._column += len(text)

    def newline(self) -> None:
        self._parts.append("\n")
        self._line, self._column = self._line + 1, 1

    def put_value(self, text: str, path: Steps) -> None:
        self._values[path] = (self._line, self._column, self._column + len(text))
        self.put(text)

    def put_key(self, text: str, path: Steps) -> None:
        self._keys[path] = (self._line, self._column, self._column + len(text))
        self.put(text)

    def put_nothing(self, path: Steps) -> None:
        """A value that is left out: where its key stands is where it is."""
        self._values[path] = self._keys[path]

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def collection(self, value: Any, path: Steps) -> None:
        """A mapping in braces or a list in brackets."""
        self.put("{" if isinstance(value, dict) else "[")
        items = list(value.items() if isinstance(value, dict) else enumerate(value))
        for number, (step, item) in enumerate(items):
            self.gap()
            if isinstance(value, dict):
                self.put_key(self.key(step), (*path, step))
                self.put(self.rng.choice([": ", ":  "]))
            self.value(item, (*path, step))
            if number < len(items) - 1:
                self.put(",")
                self.put(" ")
        self.gap()
        self.put("}" if isinstance(value, dict) else "]")

    def value(self, value: Any, path: Steps) -> None:
        if isinstance(value, dict | list):
            self.collection(value, path)
        else:
            self.put_value(self.scalar(value), path)

    def gap(self) -> None:
        raise NotImplementedError  # each format has its own

    def key(self, key: str) -> str:
        raise NotImplementedError  # each format has its own

    def scalar(self, value: Any) -> str:
        raise NotImplementedError  # each format has its own


class _Json(_Writer):
    def gap(self) -> None:
        if self.chance(0.5):
            self.newline()
            self.put(" " * self.rng.randrange(12))

    def key(self, key: str) -> str:
        return json.dumps(key, ensure_ascii=self.chance(0.5))

    def scalar(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=self.chance(0.5))


class _Yaml(_Writer):
    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self._indent = 0
        self._one_line = False

    def block(self, value: Any, path: Steps, indent: int) -> None:
        """A mapping or list in block style; the cursor stands where its first key or dash goes."""
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for number, (step, item) in enumerate(items):
            if number:
                self.comments(indent)
                self.put(" " * indent)
            here = (*path, step)
            if isinstance(value, dict):
                self.put_key(self.key(step), here)
                self.put(":")
                self._entry(item, here, indent)
            else:
                self.put("-")
                self._item(item, here, indent)

    def comments(self, indent: int) -> None:
        while self.chance(0.1):
            self.put(" " * indent * self.rng.randrange(2) + self.rng.choice(_COMMENTS))
            self.newline()

    def _entry(self, item: Any, path: Steps, indent: int) -> None:
        if item is None and self.chance(0.3):
            self.put_nothing(path)
            self._end()
        elif self._in_block(item):
            self._end()
            self.comments(indent + 2)
            deeper = indent if isinstance(item, list) and self.chance(0.5) else indent + self.rng.choice([2, 2, 4])
            self.put(" " * deeper)
            self.block(item, path, deeper)
        else:
            self._inline(item, path, indent)

    def _item(self, item: Any, path: Steps, indent: int) -> None:
        if self._in_block(item):
            space = self.rng.choice([1, 1, 3])
            self.put(" " * space)
            self.block(item, path, indent + 1 + space)
        else:
            self._inline(item, path, indent)

    def _inline(self, item: Any, path: Steps, indent: int) -> None:
        self.put(" " * self.rng.choice([1, 1, 1, 2]))
        self._indent, self._one_line = indent, self.chance(0.7)
        self.value(item, path)
        self._end()

    def _end(self) -> None:
        if self.chance(0.1):
            self.put("  " + self.rng.choice(_COMMENTS))
        self.newline()

    def _in_block(self, item: Any) -> bool:
        return isinstance(item, dict | list) and bool(item) and self.chance(0.7)

    def gap(self) -> None:
        if not self._one_line and self.chance(0.3):
            if self.chance(0.3):
                self.put(" " + self.rng.choice(_COMMENTS))
            self.newline()
            self.put(" " * (self._indent + self.rng.randrange(1, 9)))

    def key(self, key: str) -> str:
        return self.scalar(key) if self.chance(0.2) or not _PLAIN.fullmatch(key) else key

    def scalar(self, value: Any) -> str:
        if value is None:
            return self.rng.choice(["null", "~", "Null"])
        if isinstance(value, bool):
            return self.rng.choice([str(value), str(value).lower()])
        if isinstance(value, int | float):
            return repr(value)
        if _PLAIN.fullmatch(value) and value.lower() not in _NOT_STRINGS and self.chance(0.7):
            return str(value)
        if self.chance(0.5):
            return "'" + value.replace("'", "''") + "'"
        return json.dumps(value, ensure_ascii=self.chance(0.5))
