"""Arrows point down: no module imports what stands above it, or beside it in another room."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import attrs
import pytest

PACKAGE = Path(__file__).parents[1] / "registry"

FLOORS: Mapping[str, float] = {
    "registry.problems": 0,
    "registry.distribution": 0,
    "registry.paths": 0,
    "registry.announcing": 0,
    "registry.environment": 0,
    "registry.urls": 0,
    "registry.errors": 1,
    "registry.model": 2,
    "registry.document": 2,
    "registry.schema": 2,
    "registry.names": 2,
    "registry.closeness": 2,
    "registry.revisions": 2,
    "registry.protocols": 2,
    "registry.store_protocol": 2,
    "registry.references": 2,
    "registry.known": 2,
    "registry.settings": 2,
    "registry.offers": 2.5,
    "registry.signatures": 2,
    "registry.wire": 2.5,
    "registry.validators": 3,
    "registry.caches": 3,
    "registry.factorizer": 3,
    "registry.config": 3,
    "registry.records": 3,
    "registry.mirror": 3,
    "registry.stores": 3,
    "registry.backends": 3.5,
    "registry.core": 4,
    "registry.presets": 5,
    "registry.catalog": 5,
    "registry.server": 6,
    "registry.plugins": 6,
    "registry": 7,
    "registry.testing": 8,
    "registry.cli": 8.5,
    "registry.__main__": 9,
}
"""The floor of each file, or of each room with all its files. A new file needs its line here.

Rooms of floor 3 know nothing of one another. Elsewhere neighbours may import one another, in one direction.
"""

SEPARATE = {3.0}
"""Floors whose rooms are strangers."""


@attrs.frozen
class Arrow:
    """One import: from which module, at which line, of which module."""

    module: str
    line: int
    imported: str


def modules_of(package: Path) -> dict[str, Path]:
    """Every module of a package by its dotted name."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def arrows_of(modules: Mapping[str, Path]) -> Iterator[Arrow]:
    """Every import of a module by another, also those inside functions and for type checkers only."""
    for module, path in modules.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                targets = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}:{node.lineno}: a relative import"
                submodules = [f"{node.module}.{alias.name}" for alias in node.names]
                targets = [name if name in modules else str(node.module) for name in submodules]
            else:
                continue
            for target in dict.fromkeys(targets):
                if target in modules and target != module:
                    yield Arrow(module, node.lineno, target)


def room_of(module: str) -> str:
    """The line of the table that a module belongs to.

    Raises:
        KeyError: None does; the front door does not answer for the files behind it.
    """
    room = module
    while room not in FLOORS or (room == "registry" != module):
        if "." not in room:
            raise KeyError(module)
        room = room.rpartition(".")[0]
    return room


def violations(package: Path) -> list[str]:
    """Every arrow that points up or between strangers, and every circle, as sentences."""
    modules = modules_of(package)
    found = [f"{module} has no floor" for module in modules if not _has_floor(module)]
    arrows = [arrow for arrow in arrows_of(modules) if _has_floor(arrow.module) and _has_floor(arrow.imported)]
    for arrow in arrows:
        room, other = room_of(arrow.module), room_of(arrow.imported)
        if FLOORS[other] > FLOORS[room]:
            found.append(f"{arrow.module}:{arrow.line} imports {arrow.imported} from above")
        elif FLOORS[other] == FLOORS[room] and FLOORS[room] in SEPARATE and other != room:
            found.append(f"{arrow.module}:{arrow.line} imports {arrow.imported} from the room beside")
    rooms = {(room_of(arrow.module), room_of(arrow.imported)) for arrow in arrows}
    return found + [f"{' -> '.join(circle)} is a circle" for circle in circles(rooms)]


def circles(arrows: Iterable[tuple[str, str]]) -> Iterator[list[str]]:
    """Rooms that import one another in a circle; what the files of one room do among themselves is their affair."""
    ways: dict[str, list[str]] = {}
    for room, imported in sorted(arrows):
        if room != imported:
            ways.setdefault(room, []).append(imported)
    finished: set[str] = set()

    def follow(room: str, trail: list[str]) -> Iterator[list[str]]:
        if room in trail:
            yield [*trail[trail.index(room) :], room]
        elif room not in finished:
            for imported in ways.get(room, ()):
                yield from follow(imported, [*trail, room])
            finished.add(room)

    for room in sorted(ways):
        yield from follow(room, [])


def _has_floor(module: str) -> bool:
    try:
        room_of(module)
    except KeyError:
        return False
    return True


def test_every_arrow_points_down() -> None:
    assert violations(PACKAGE) == []


def test_the_table_names_nothing_that_is_gone() -> None:
    assert set(FLOORS) - set(modules_of(PACKAGE)) == set()


PLANTED = {
    "an import from above": ("errors.py", "from registry.core import Registry", "from above"),
    "an import from above, inside a function": ("errors.py", "def f():\n    import registry.core", "from above"),
    "an import from above, for type checkers": (
        "names.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from registry import core",
        "from above",
    ),
    "an import of the front door": ("core.py", "from registry import Registry", "from above"),
    "an import from the room beside": ("caches.py", "from registry.config import read", "from the room beside"),
    "an import from inside the room beside": (
        "config/yaml.py",
        "from registry.factorizer.plan import Plan",
        "from the room beside",
    ),
    "a circle of neighbours": ("model.py", "import registry.protocols", "is a circle"),
    "a file without a floor": ("helpers.py", "", "has no floor"),
}


@pytest.mark.parametrize(("file", "line", "complaint"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_violation_is_found(tmp_path: Path, file: str, line: str, complaint: str) -> None:
    package = tmp_path / "registry"
    for name in ("__init__", "errors", "model", "names", "core", "caches", "config/__init__", "config/yaml"):
        path = package / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    package.joinpath("factorizer").mkdir()
    package.joinpath("factorizer", "plan.py").touch()
    package.joinpath("protocols.py").write_text("from registry.model import Entry\n")
    assert violations(package) == []

    package.joinpath(file).write_text(line)
    found = violations(package)
    assert len(found) == 1
    assert found[0].endswith(complaint)


def test_the_design_page_has_a_row_for_every_room_on_its_floor() -> None:
    page = (PACKAGE.parent / "docs" / "design.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d)(½?) \| `([\w.]+)` \|", page, re.MULTILINE)
    assert {room: int(floor) + (0.5 if half else 0) for floor, half, room in rows} == FLOORS
