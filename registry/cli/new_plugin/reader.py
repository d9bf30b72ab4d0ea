"""A package with a reader of files."""

from registry.distribution import entry_point_group

WORDS = {
    "summary": "Reads configs of lines with dotted keys and values",
    "group": entry_point_group("readers"),
    "leads_to": "<<module>>:read",
}

README = """\
# <<name>>

<<summary>>.

    # config.<<part>>
    model._type = resnet
    model.depth = 34

With the package installed, `registry check config.<<part>>` and `build_file("config.<<part>>")` read such files, and
mistakes are told with their line and column.
"""

MODULE = '''\
"""<<summary>>."""

import math
import re
from typing import Any

from registry import Document, Limits, Location, Problem

WORDS = {"true": True, "false": False, "null": None}

Path = tuple[Any, ...]


def read(data: bytes | str, name: str, limits: Limits) -> Document:
    """The document of a text with lines `key = value`; a dot in a key leads into a mapping, # begins a comment.

    A value is a number, true, false or null where it reads like one, and a text otherwise.
    """
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        text.encode()
    except UnicodeError:
        return _unreadable(name, "is not UTF-8 text")
    reading = _Reading(name, limits)
    for number, line in enumerate(re.split(r"\\r\\n|\\n|\\r", text), 1):
        if line.strip() and not line.lstrip().startswith("#") and not reading.take(number, line):
            break
    if not reading.value and not reading.problems:
        return _unreadable(name, "is empty")
    return Document(reading.value, name, tuple(reading.problems), reading.locate)


class _Reading:
    """What was read so far, and where each key and value of it was written."""

    def __init__(self, name: str, limits: Limits) -> None:
        self._name = name
        self._limits = limits
        self._nodes = 1
        self._places: dict[Path, tuple[Location, Location]] = {}
        self.value: dict[str, Any] = {}
        self.problems: list[Problem] = []

    def take(self, number: int, line: str) -> bool:
        """Take up a line; False when nothing after it can be taken up."""
        key, equals, written = line.partition("=")
        where = self._location(number, line, key)
        path = tuple(key.strip().split("."))
        if not equals or not all(path):
            self._refuse("bad-document", "A line has to be 'key = value', with a name between the dots.", where)
        elif len(path) > self._limits.depth:
            self._refuse("limit-exceeded", f"The key is more than {self._limits.depth} levels deep.", where)
        else:
            self._put(path, _scalar(written.strip()), where, self._location(number, line, written, len(key) + 1))
        if self._nodes > self._limits.nodes:
            self._refuse("limit-exceeded", f"The document has more than {self._limits.nodes} values.", where)
            return False
        return True

    def _put(self, path: Path, value: Any, key_at: Location, value_at: Location) -> None:
        holder = self.value
        for depth, step in enumerate(path[:-1], 1):
            if step not in holder:
                holder[step] = {}
                self._nodes += 1
                self._places[path[:depth]] = (key_at, key_at)
            if not isinstance(holder[step], dict):
                self._refuse("duplicate-key", f"{'.'.join(path[:depth])!r} has a value already.", key_at)
                return
            holder = holder[step]
        if path[-1] in holder:
            self._refuse("duplicate-key", f"{'.'.join(path)!r} is written twice.", key_at)
            return
        holder[path[-1]] = value
        self._nodes += 1
        self._places[path] = (key_at, value_at)

    def locate(self, path: Path, key: bool, /) -> Location | None:
        """Where the value at a path was written, or the key that leads to it."""
        if not path:
            return Location(self._name, 1, 1, 2)
        try:
            place = self._places.get(path)
        except TypeError:  # a step that cannot be hashed
            return None
        return None if place is None else place[0] if key else place[1]

    def _location(self, number: int, line: str, part: str, start: int = 0) -> Location:
        first = start + len(part) - len(part.lstrip())
        return Location.within(self._name, number, first + 1, max(first + 2, start + len(part.rstrip()) + 1), line)

    def _refuse(self, code: str, message: str, where: Location) -> None:
        self.problems.append(Problem(code, message, location=where))


def _unreadable(name: str, why: str) -> Document:
    return Document(None, name, (Problem("bad-document", f"{name!r} {why}.", location=Location(name, 1, 1, 2)),))


def _scalar(text: str) -> Any:
    if text in WORDS:
        return WORDS[text]
    try:
        if re.fullmatch(r"[+-]?[0-9]+", text):
            return int(text)
        if re.fullmatch(r"[+-]?[0-9]+\\.[0-9]*(e[+-]?[0-9]+)?", text, re.IGNORECASE) and math.isfinite(float(text)):
            return float(text)
    except ValueError:  # an integer of too many digits for Python
        pass
    return text
'''

TEST = '''\
"""The package fits, and does what it says."""

from pathlib import Path

from registry import Limits, function_registry
from registry.testing import check_plugin, check_reader

from <<module>> import read

TEXT = """\\
# a comment
model._type = scaled
model.scale = 2.5
"""


def scaled(scale: float) -> float:
    return scale * 2


def test_what_is_installed_can_be_imported_and_is_a_reader() -> None:
    assert check_plugin("<<name>>").parts == ("readers <<part>>",)


def test_it_keeps_the_promises_of_readers() -> None:
    check_reader(read, valid=[(TEXT, {"model": {"_type": "scaled", "scale": 2.5}}), ("a = x y\\n", {"a": "x y"})])


def test_files_with_the_suffix_are_built_from(tmp_path: Path) -> None:
    things = function_registry("things")
    things.register(scaled)
    config = tmp_path / "config.<<part>>"
    config.write_text(TEXT)
    assert things.build_file(config, path="model") == 5.0
    config.write_text(TEXT.replace("scale =", "scael ="))
    (problem, *_) = things.check_file(config, path="model")
    assert problem.location is not None
    assert (problem.location.line, problem.location.column) == (3, 1)


def test_mistakes_are_told_with_their_place() -> None:
    document = read("a = 1\\nno value\\na = 2\\na.b = 3\\n", "x", Limits())
    assert document.value == {"a": 1}
    assert [str(problem.location) for problem in document.problems] == ["x:2:1", "x:3:1", "x:4:1"]
'''

FILES = {
    "README.md": README,
    "<<module>>/__init__.py": MODULE,
    "tests/test_<<module>>.py": TEST,
}
