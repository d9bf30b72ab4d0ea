"""The text of a document: decoded, and able to say where an offset is."""

import codecs
import re
from bisect import bisect_right
from collections.abc import Sequence

from registry.names import WHOLE, quote
from registry.problems import Location, Problem

_LINE_END = re.compile(r"\r\n|\n|\r")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Text:
    """A text with a name, whose offsets (in code points) become locations.

    Args:
        content: The text, without a byte order mark.
        name: The file or URL.
        shown: What excerpts are taken from, where that is not the content itself; as long as it.
    """

    __slots__ = ("_shown", "_starts", "content", "name")

    def __init__(self, content: str, name: str, shown: str | None = None) -> None:
        self.content = content
        self.name = name
        self._shown = content if shown is None else shown
        self._starts: list[int] | None = None

    def location(self, start: int, end: int) -> Location:
        """Where a stretch of the text is; one that spans lines ends at the end of its first."""
        starts = self._line_starts()
        start = min(start, len(self.content))
        line = bisect_right(starts, start)
        first = starts[line - 1]
        last = starts[line] if line < len(starts) else len(self.content)
        source_line = self._shown[first:last].rstrip("\r\n")
        column = start - first + 1
        end_column = max(column + 1, min(end - first, len(source_line)) + 1)
        return Location.within(self.name, line, column, end_column, source_line)

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column, both counted from 1."""
        return self._line_starts()[line - 1] + column - 1

    def _line_starts(self) -> list[int]:
        if self._starts is None:
            self._starts = [0, *(match.end() for match in _LINE_END.finditer(self.content))]
        return self._starts

    def problem(
        self, code: str, message: str, start: int, end: int, *, path: str = "", suggestions: Sequence[str] = ()
    ) -> Problem:
        """A problem with a stretch of the text."""
        return Problem(code, message, path, self.location(start, end), tuple(suggestions))


def read_text(data: bytes | str, name: str) -> Text | Problem:
    """The text of a document, or why it has none.

    Bytes are UTF-8, or UTF-16 or UTF-32 with a byte order mark.
    """
    if isinstance(data, str):
        content = data.removeprefix("\ufeff")
        half = None if content.isascii() else _SURROGATE.search(content)
        if half is not None:
            message = f"{quote(name, WHOLE)} holds half of a surrogate pair."
            return Text(content, name).problem("bad-document", message, *half.span())
    else:
        encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "utf-8")
        try:
            content = data.decode(encoding)
        except UnicodeDecodeError as error:
            readable = Text(data[: error.start].decode(encoding, "replace"), name)
            return _not_text(readable, f"its byte {error.start + 1} is not {encoding.removesuffix('-sig').upper()}")
    if "\0" in content:
        return _not_text(Text(content[: content.index("\0")], name), "it holds a NUL character")
    return Text(content, name)


def empty(text: Text) -> Problem:
    """The problem of a document with nothing in it."""
    return text.problem(
        "bad-document", f"{quote(text.name, WHOLE)} is empty.", 0, 0, suggestions=["Write a config into it."]
    )


def _not_text(before: Text, reason: str) -> Problem:
    end = len(before.content)
    message = f"{quote(before.name, WHOLE)} is not a text: {reason}."
    return before.problem("bad-document", message, end, end, suggestions=["Save the file as UTF-8 text."])
