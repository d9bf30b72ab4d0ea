"""Warnings stand at the line of the user, and what is said of the environment has one home."""

import ast
import warnings
from collections.abc import Callable, Iterator
from inspect import currentframe
from pathlib import Path
from typing import Any

import pytest

from registry.announcing import announce

PACKAGE = Path(__file__).parents[1] / "registry"

INSIDE = """
def inner(announce):
    announce("It is so.", UserWarning)

def outer(announce):
    inner(announce)
"""

Announce = Callable[[str, type[Warning]], None]


def through_the_library(announce: Announce) -> tuple[warnings.WarningMessage, int]:
    """What is warned of by two functions of the library that call one another, and the line here that called them."""
    library: dict[str, Any] = {"__name__": "registry.somewhere"}
    exec(compile(INSIDE, "registry/somewhere.py", "exec"), library)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame = currentframe()
        assert frame is not None
        line = frame.f_lineno + 1
        library["outer"](announce)
    (warning,) = caught
    return warning, line


def test_a_warning_stands_at_the_line_outside_the_library() -> None:
    warning, line = through_the_library(announce)
    assert (warning.filename, warning.lineno) == (__file__, line)
    assert (str(warning.message), warning.category) == ("It is so.", UserWarning)


def test_a_warning_at_a_line_of_the_library_would_be_noticed() -> None:
    def at_its_caller(message: str, category: type[Warning]) -> None:
        warnings.warn(message, category, stacklevel=2)

    warning, _ = through_the_library(at_its_caller)
    assert warning.filename == "registry/somewhere.py"


def homes(is_it: Callable[[ast.AST], bool], package: Path = PACKAGE) -> Iterator[str]:
    """The files of the library in which something stands."""
    for path in sorted(package.rglob("*.py")):
        if any(map(is_it, ast.walk(ast.parse(path.read_text(encoding="utf-8"))))):
            yield path.relative_to(package).as_posix()


def is_warn(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "warn"


def is_constant(value: str | int) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.Constant) and type(node.value) is type(value) and node.value == value


@pytest.mark.parametrize(
    ("is_it", "home"),
    [
        (lambda node: is_warn(node) and "stacklevel" in ast.unparse(node), "announcing.py"),
        (is_constant("REGISTRY_SERVER_HOST"), "environment.py"),
        (is_constant("REGISTRY_SERVER_PORT"), "environment.py"),
        (is_constant("REGISTRY_TOKEN"), "environment.py"),
        (is_constant(8001), "environment.py"),
    ],
    ids=["warnings", "host", "port", "token", "default port"],
)
def test_there_is_one_home_for_it(is_it: Callable[[ast.AST], bool], home: str, tmp_path: Path) -> None:
    assert list(homes(is_it)) == [home]
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_bytes((PACKAGE / home).read_bytes())
    assert list(homes(is_it, tmp_path)) == ["one.py", "two.py"], "a second one would be noticed"
