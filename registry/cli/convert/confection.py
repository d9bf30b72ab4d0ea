"""Reads confection's `.cfg` files: sections whose values are JSON."""

import json
import re
from collections.abc import Iterator, Mapping
from configparser import (
    ConfigParser,
    DuplicateOptionError,
    DuplicateSectionError,
    MissingSectionHeaderError,
    ParsingError,
)
from typing import Any

import attrs

from registry.cli.convert.dialects import POSITIONAL
from registry.cli.convert.links import MOST, Link
from registry.config.text import Text, read_text
from registry.document import Document
from registry.model import Limits
from registry.names import quote
from registry.paths import Path, format_path
from registry.problems import Location, Problem

DEEPEST = 50
"""The most links that lead on to one another."""

_LITERALS: Mapping[str, Any] = {"True": True, "False": False, "None": None}
_HEADER = re.compile(r"\[(?P<name>.+)\]")
_OPTION = re.compile(r"(?P<name>.*?)\s*[=:]")
_LINK = re.compile(r"\$\$|\$\{([^}]*)\}|\$")


def read_cfg(data: bytes | str, name: str, limits: Limits) -> Document:
    """The document of a `.cfg` file."""
    text = read_text(data, name)
    if isinstance(text, Problem):
        return Document(None, name, (text,))
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign, assignment]  # as its documentation says to keep the case
    try:
        parser.read_string(re.sub(r"\r\n?", "\n", text.content))
    except (DuplicateOptionError, DuplicateSectionError, MissingSectionHeaderError, ParsingError) as error:
        return Document(None, name, tuple(_syntax(error, text)))
    sections = _Sections(parser, text)
    value = sections.read()
    return Document(None if sections.problems else value, name, tuple(sections.problems), sections.locate)


def _syntax(error: Exception, text: Text) -> Iterator[Problem]:
    if isinstance(error, ParsingError) and not isinstance(error, MissingSectionHeaderError):
        found = [(line, "This line is neither a section nor a value.") for line, _ in error.errors]
    elif isinstance(error, MissingSectionHeaderError):
        found = [(error.lineno, "This stands in no section.")]
    elif isinstance(error, DuplicateSectionError):
        found = [(error.lineno or 1, f"The section {quote(error.section)} is written twice.")]
    else:
        assert isinstance(error, DuplicateOptionError)
        found = [(error.lineno or 1, f"{quote(error.option)} is written twice in its section.")]
    for line, message in found:
        start = text.offset(line, 1)
        yield text.problem("bad-document", message, start, start + 1)


@attrs.define
class _Sections:
    """The sections of a file, as one mapping."""

    parser: ConfigParser
    text: Text
    problems: list[Problem] = attrs.field(factory=list, init=False)
    places: dict[Path, tuple[int, int]] = attrs.field(factory=dict, init=False)
    _trail: list[tuple[str, str]] = attrs.field(factory=list, init=False)
    _left: int = attrs.field(default=MOST, init=False)

    def read(self) -> dict[str, Any]:
        """What the file says."""
        self._find()
        names = self.parser.sections()
        root: dict[str, Any] = {}
        for section in names:
            holder = root
            *above, last = section.split(".")
            for step in above:
                if step not in holder and step != POSITIONAL:
                    self._refuse(f"{quote(section)} belongs to a section {quote(step)} that is not there.", (section,))
                holder = holder.setdefault(step, {})
            holder.setdefault(last, {})
        if self.parser.defaults():
            self._refuse("A section of defaults means nothing here.", ("DEFAULT",))
        if self.problems:
            return root
        for section in sorted(names, key=lambda name: name.count(".")):
            holder = root
            for step in section.split("."):
                holder = holder[step]
            below = dict(holder)
            holder.clear()  # so that values come before sections
            for option in self.parser.options(section):
                if option in below:
                    self._refuse(f"{quote(option)} is a value here and a section below.", (section, option))
                else:
                    holder[option] = self._value(section, option)
            holder.update(below)
        return _positional(root) if not self.problems else root

    def locate(self, path: Path, key: bool, /) -> Location | None:
        """Where a path was written, as far as it is a section or a value of one."""
        for end in range(len(path), 0, -1):
            section = ".".join(map(str, path[:end]))
            for place in ((".".join(map(str, path[: end - 1])), path[end - 1]), (section,)):
                if place in self.places:
                    return self.text.location(*self.places[place])
        return self.text.location(0, 1)

    # ---------------------------------------------------------------------------------------------------- values

    def _value(self, section: str, option: str) -> Any:
        raw = self.parser.get(section, option)
        self._left -= 1 + len(raw)
        if self._left < 0 or len(self._trail) > DEEPEST:
            self._refuse("These values come to more than a config holds.", (section, option), "limit-exceeded")
            return None
        whole = re.fullmatch(r"\$\{([^}]*)\}", raw.strip())
        if whole:
            return self._linked(whole[1], (section, option))
        if "$" not in raw:
            return _interpreted(raw)
        pieces = [*self._pieces(raw, section, option)]
        return _interpreted(pieces[0] if len(pieces) == 1 else "".join(map(_in_text, pieces)))

    def _pieces(self, raw: str, section: str, option: str) -> Iterator[str]:
        """The parts of a value with links within, each link as what stands there."""
        if (section, option) in self._trail:
            self._refuse(f"{quote(option)} leads back to itself.", (section, option), "reference-cycle")
            return
        self._left -= 1 + len(raw)
        if self._left < 0 or len(self._trail) > DEEPEST:
            self._refuse("These values come to more than a config holds.", (section, option), "limit-exceeded")
            return
        self._trail.append((section, option))
        position = 0
        for match in _LINK.finditer(raw):
            if match.start() > position:
                yield raw[position : match.start()]
            position = match.end()
            if match[0] == "$$":
                yield "$"
            elif match[1] is None:
                self._refuse("A '$' stands before '{', or twice.", (section, option))
            else:
                found = self._named(match[1], section)
                if len(found) != 2:
                    message = f"{quote(match[0])} is a whole section, or nothing, and cannot be part of a value."
                    self._refuse(message, (section, option), "bad-reference")
                    continue
                yield from self._pieces(self.parser.get(*found), *found)
        if position < len(raw):
            yield raw[position:]
        self._trail.pop()

    def _named(self, words: str, section: str) -> tuple[str, ...]:
        """The section and value, or the section alone, that a link means; nothing where it means none."""
        above, _, last = words.replace(":", ".").rpartition(".")
        if self.parser.has_option(above or section, last):
            return (above or section, last)
        return (words.replace(":", "."),) if self.parser.has_section(words.replace(":", ".")) else ()

    def _linked(self, words: str, place: tuple[str, str]) -> Any:
        """What is written in place of a link that is a whole value."""
        found = self._named(words, place[0])
        if found == place:  # a section of the same name as the value
            found = (words,) if self.parser.has_section(words) else ()
        if not found:
            self._refuse(f"Nothing stands at {quote(words)}.", place, "bad-reference")
            return None
        if place in self._trail:
            self._refuse(f"{quote(place[1])} leads back to itself.", place, "reference-cycle")
            return None
        self._trail.append(place)
        try:
            if len(found) == 1:
                return self._section(found[0])
            value = self._value(*found)
        finally:
            self._trail.pop()
        is_plain = not isinstance(value, dict | list)
        target = (*found[0].split("."), found[1])
        return Link(target, value) if is_plain and POSITIONAL not in target else value

    def _section(self, name: str) -> dict[str, Any]:
        """A section with those below it, once more."""
        copied: dict[str, Any] = {}
        for section in sorted(self.parser.sections(), key=lambda one: one.count(".")):
            if section != name and not section.startswith(f"{name}."):
                continue
            holder = copied
            for step in section.removeprefix(name).split(".")[1:]:
                holder = holder.setdefault(step, {})
            for option in self.parser.options(section):
                holder[option] = self._value(section, option)
        return copied

    # ---------------------------------------------------------------------------------------------------- places

    def _find(self) -> None:
        """Work out where each section and value stands."""
        section, offset = "", 0
        for line in self.text.content.splitlines(keepends=True):
            header = _HEADER.match(line)
            option = None if header or line[:1] in " \t#;\r\n" else _OPTION.match(line)
            if header:
                section = header["name"]
                self.places[(section,)] = (offset + header.start("name"), offset + header.end("name"))
            elif option:
                self.places[(section, option["name"])] = (offset, offset + len(line.rstrip("\r\n")))
            offset += len(line)

    def _refuse(self, message: str, place: Path, code: str = "bad-document") -> None:
        span = self.places.get(place, (0, 1))
        self.problems.append(self.text.problem(code, message, *span, path=format_path(place)))


def _interpreted(raw: str) -> Any:
    """A value as confection reads it: JSON, or the text itself."""
    try:
        return json.loads(raw)
    except ValueError:
        return _LITERALS.get(raw, raw)


def _in_text(piece: str) -> str:
    """A part of a text, as confection puts it there."""
    try:
        value = json.loads(piece)
    except ValueError:
        return piece
    return value if isinstance(value, str) else json.dumps(value).replace('"', '\\"')


def _positional(value: Any) -> Any:
    """The value with lists in place of the sections `*`, which hold positional arguments."""
    if isinstance(value, Link) or not isinstance(value, dict):
        return value
    for key, held in value.items():
        held = _positional(held)
        value[key] = [*held.values()] if key == POSITIONAL and isinstance(held, dict) else held
    return value
