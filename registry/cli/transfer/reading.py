"""Exports as they are read back: record by record, with the place of each."""

from collections.abc import Iterator
from typing import IO, Protocol

import attrs

from registry.cli.transfer.shape import (
    RECORD,
    SECTION,
    Item,
    Report,
    Section,
    Spot,
    read_head,
    read_record,
    read_section,
)
from registry.cli.transfer.writing import MAX_YAML_BYTES, MAX_YAML_NODES
from registry.closeness import did_you_mean
from registry.document import Document
from registry.errors import ValidationError
from registry.model import Limits
from registry.names import quote
from registry.paths import Path
from registry.problems import Location, Problem

MAX_LINE = 1 << 20
"""Longest line, in bytes: a record with all of its text escaped fits in."""


class Source(Protocol):
    """An export. Can be read any number of times."""

    size: int
    """How much there is to read, in units of `position`."""

    position: int
    """How much of it was read."""

    def items(self, report: Report) -> Iterator[Section | Item]:
        """Each namespace, followed by its records. What is wrong is reported at its place, and left out."""
        ...


class YamlSource:
    """An export in one YAML document.

    Args:
        data: Its bytes.
        name: What to call it.
    """

    def __init__(self, data: bytes, name: str) -> None:
        from registry.config import read_yaml

        self._name = name
        self._document = read_yaml(data, name, Limits(depth=100, nodes=MAX_YAML_NODES))
        self.size = self.position = 0

    def items(self, report: Report) -> Iterator[Section | Item]:
        """Each namespace, followed by its records."""
        document = self._document
        for problem in document.problems:
            report(problem)
        top = Spot(document.value, document.locate)
        if document.problems or not read_head(top, report):
            return
        namespaces = top.below("namespaces") if "namespaces" in document.value else None
        if namespaces is None or not isinstance(namespaces.value, list):
            report((top if namespaces is None else namespaces).problem("The list 'namespaces' is missing."))
            return
        seen: set[str] = set()
        for number in range(len(namespaces.value)):
            spot = namespaces.below(number)
            section = read_section(spot, report, {**SECTION, "records": True})
            if section is None or _again(section, seen, report):
                continue
            yield section
            records = spot.below("records")
            if not isinstance(records.value, list):
                report(records.problem("'records' has to be a list."))
                continue
            if section.count is not None and section.count != len(records.value):
                message = (
                    f"{quote(section.namespace)} has {len(records.value)} of the {section.count} records it names."
                )
                report(spot.below("count").problem(message, "Write how many there are, or leave 'count' out."))
            names: dict[str, int] = {}
            for index in range(len(records.value)):
                item = read_record(records.below(index), section.namespace, report)
                if item is not None and not _twice(item, names, report):
                    yield item


class LineSource:
    """An export in JSON Lines, of any size.

    Args:
        stream: Its bytes; can be read again from the beginning.
        name: What to call it.
    """

    def __init__(self, stream: IO[bytes], name: str) -> None:
        import os

        self._stream = stream
        self._name = name
        self.size = stream.seek(0, os.SEEK_END)
        self.position = 0

    def items(self, report: Report) -> Iterator[Section | Item]:
        """Each namespace, followed by its records."""
        self._stream.seek(0)
        self.position = 0
        state = _Lines(report)
        number = 0
        while line := self._stream.readline(MAX_LINE + 1):
            number += 1
            self.position += len(line)
            if len(line) > MAX_LINE:
                report(_at(self._name, number, "limit-exceeded", f"The line has more than {MAX_LINE} bytes."))
                return
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            spot = self._parsed(line.rstrip(b"\r\n"), number, report)
            if spot is None:
                state.broken = True
                continue
            found = state.take(spot)
            if found is not None:
                yield found
            elif state.hopeless:
                return
        state.end(_at(self._name, max(number, 1), "bad-document", ""))

    def _parsed(self, line: bytes, number: int, report: Report) -> Spot | None:
        from registry.wire.json import read

        try:
            return Spot(read(line, "line"), _locator(line, number, self._name))
        except ValidationError as error:
            problems = list(_located(line, number, self._name)[1])
            for problem in problems or [_at(self._name, number, "bad-document", error.message)]:
                report(problem)
            return None


class _Lines:
    """What the lines so far say about the next one."""

    def __init__(self, report: Report) -> None:
        self.broken = False
        """Whether a line could not be read, so that their number says nothing."""
        self.hopeless = False
        """Whether it is no export at all."""
        self._report = report
        self._began = False
        self._promised: list[str] = []
        self._section: Section | None = None
        self._names: dict[str, int] = {}
        self._records = 0
        self._seen: set[str] = set()

    def take(self, spot: Spot) -> Section | Item | None:
        """What a line is."""
        if not self._began:
            self._began = True
            self.hopeless = not read_head(spot, self._report)
            if not self.hopeless:
                promised = spot.value.get("namespaces", [])
                self._promised = [str(name) for name in promised] if isinstance(promised, list) else []
            return None
        if isinstance(spot.value, dict) and "namespace" in spot.value:
            self._finish(spot.problem("Here begins another namespace."))
            self._section = read_section(spot, self._report)
            self._names, self._records = {}, 0
            if self._section is None or _again(self._section, self._seen, self._report):
                self.broken = True
            return self._section
        self._records += 1
        if self._section is None:
            if not self.broken:
                self._report(spot.problem("Here a namespace has to begin, before its records.", *_hints(spot)))
                self.broken = True
            return None
        item = read_record(spot, self._section.namespace, self._report)
        return None if item is None or _twice(item, self._names, self._report) else item

    def end(self, last: Problem) -> None:
        """Notice what is missing."""
        if not self._began:
            if not self.broken:
                self._report(attrs.evolve(last, message="The file is empty.", suggestions=("Export again.",)))
            return
        self._finish(last)
        if missing := [name for name in self._promised if name not in self._seen]:
            message = f"The file ends before the namespace {quote(missing[0])}."
            if not self.broken:
                self._report(attrs.evolve(last, message=message, suggestions=("Export again.",)))

    def _finish(self, at: Problem) -> None:
        """Notice that a namespace ends too early, or too late."""
        section = self._section
        if section is None or section.count is None or section.count == self._records or self.broken:
            return
        message = f"{quote(section.namespace)} ends here after {self._records} of its {section.count} records."
        hint = "Export again, or correct the 'count' in the line where it begins."
        self._report(attrs.evolve(at, message=message, suggestions=(hint,)))
        self.broken = True


def _hints(spot: Spot) -> list[str]:
    if not isinstance(spot.value, dict):
        return []
    return [hint for key in spot.value if key not in RECORD for hint in did_you_mean(key, ["namespace"])]


def _again(section: Section, seen: set[str], report: Report) -> bool:
    if section.namespace in seen:
        spot = section.spot.below("namespace")
        report(spot.problem(f"{quote(section.namespace)} stands in the file twice.", code="duplicate-key"))
        return True
    seen.add(section.namespace)
    return False


def _twice(item: Item, names: dict[str, int], report: Report) -> bool:
    """Whether a name stands in its namespace again. `names` holds the number of each among the records."""
    if item.name not in names:
        names[item.name] = len(names) + 1
        return False
    message = f"{quote(item.name)} stands in {quote(item.namespace)} twice; record {names[item.name]} is the first."
    report(item.key.problem(message, "Keep one of them.", code="duplicate-key"))
    return True


def _at(name: str, number: int, code: str, message: str) -> Problem:
    return Problem(code, message, "", Location(name, number, 1, 2))


def _locator(line: bytes, number: int, name: str) -> "LineLocator":
    return LineLocator(line, number, name)


@attrs.frozen
class LineLocator:
    """Finds places in one line, which is read again only then."""

    line: bytes
    number: int
    name: str

    def __call__(self, path: Path, key: bool, /) -> Location | None:
        """Where the value at a path stands."""
        return _moved(_located(self.line, self.number, self.name)[0].locate(path, key), self.number)


def _located(line: bytes, number: int, name: str) -> tuple[Document, Iterator[Problem]]:
    """One line as a document of its own, and its problems at their places in the file."""
    from registry.config import read_json

    document = read_json(line, name, Limits(depth=64, nodes=MAX_LINE))
    return document, (attrs.evolve(problem, location=_moved(problem.location, number)) for problem in document.problems)


def _moved(where: Location | None, number: int) -> Location | None:
    return None if where is None else attrs.evolve(where, line=number)


def open_source(stream: IO[bytes], name: str, form: str) -> Source:
    """The export in a file that can be read again.

    Raises:
        ValidationError: It is larger than YAML may be.
    """
    if form == "jsonl":
        return LineSource(stream, name)
    data = stream.read(MAX_YAML_BYTES + 1)
    if len(data) > MAX_YAML_BYTES:
        raise ValidationError(
            f"{quote(name)} has more than {MAX_YAML_BYTES} bytes.", suggestions=["Export it again as JSON Lines."]
        )
    return YamlSource(data, name)
