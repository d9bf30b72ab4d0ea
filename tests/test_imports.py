"""Nothing happens at import: each module alone, in a fresh interpreter, with warnings as errors."""

import ast
import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

PACKAGE = Path(__file__).parents[1] / "registry"

MODULES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if path.name != "__main__.py"
)

HEAVY = (
    "aiohttp",
    "asyncio",
    "cattrs",
    "click",
    "difflib",
    "docstring_parser",
    "hypothesis",
    "importlib.metadata",
    "pluggy",
    "pytest",
    "rich",
    "ruamel",
    "urllib.request",
)

PRELOADED = {
    "registry.server": "aiohttp.web",  # the one package that the server cannot do without; it reads the media types
    "registry.testing.": "hypothesis",  # nor can the checks, though their front door can; it reads entry points
    "registry.testing.pytest_plugin": "hypothesis, pytest",
}
"""What is imported before the modules whose names begin so; the last that fits counts."""

WATCH = """
import json, os, sys, threading
happened = []

def watch(event, arguments):
    if event.startswith(("socket.", "shutil.", "tempfile.")) or event in (
        "open", "os.listdir", "os.scandir", "os.system", "os.putenv", "subprocess.Popen", "urllib.Request"
    ):
        subject = str(arguments[0]) if arguments else ""
        by_import = "importlib" in sys._getframe(1).f_code.co_filename  # it lists folders and reads modules
        if not (by_import or event == "open" and subject.endswith((".py", ".pyc", ".so"))):
            happened.append(f"{event} {subject}")

def answer(module):
    before = set(sys.modules)

    def read(self, key, real=type(os.environ).__getitem__):
        frame = sys._getframe(1)
        while frame.f_globals["__name__"] in ("os", "collections.abc"):
            frame = frame.f_back
        if frame.f_globals["__name__"].split(".")[0] == module.split(".")[0]:
            happened.append(f"os.environ {key}")
        return real(self, key)

    type(os.environ).__getitem__ = read  # no audit event tells of it
    sys.addaudithook(watch)
    try:
        __import__(module)
        raised = ""
    except BaseException as error:
        raised = f"{type(error).__name__}: {error}"
    loaded = sorted(set(sys.modules) - before)
    return json.dumps({"happened": happened, "loaded": loaded, "threads": threading.active_count(), "raised": raised})

import attrs, inspect, typing_extensions
if sys.argv[1]:
    exec(f"import {sys.argv[1]}")
for line in sys.stdin:  # a process for each: nothing of what one imports is there for the next
    child = os.fork()
    if child == 0:
        print(answer(line.strip()), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


@contextmanager
def importing(preloaded: str = "", folder: Path = PACKAGE.parent) -> Iterator[Callable[[str], dict[str, Any]]]:
    """A function that says what importing a module does in an interpreter that has done nothing else before."""
    command = [sys.executable, "-W", "error", "-B", "-c", WATCH, preloaded]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def answer(module: str) -> dict[str, Any]:
            print(module, file=process.stdin, flush=True)
            found: dict[str, Any] = json.loads(process.stdout.readline())  # type: ignore[union-attr]  # see above
            return found

        yield answer
        process.stdin.close()


@pytest.fixture(scope="module")
def import_alone() -> Iterator[Callable[[str], dict[str, Any]]]:
    """What importing a module does, in an interpreter that has what it cannot do without."""
    with ExitStack() as stack:

        @cache
        def of(preloaded: str) -> Callable[[str], dict[str, Any]]:
            return stack.enter_context(importing(preloaded))

        def answer(module: str) -> dict[str, Any]:
            return of([about for begin, about in {"": "", **PRELOADED}.items() if module.startswith(begin)][-1])(module)

        yield answer


NEEDED: dict[str, set[str]] = {
    "registry.cli": {"click"},  # commands are its decorators
    "registry.plugins": {"pluggy", "importlib.metadata"},  # hooks are its decorators, and it reads versions
    "registry.testing.plugins": {"pluggy"},  # it looks at such hooks
}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_can_be_imported_alone_and_does_nothing(
    module: str, import_alone: Callable[[str], dict[str, Any]]
) -> None:
    answer = import_alone(module)
    assert answer["raised"] == ""
    assert answer["happened"] == []
    assert answer["threads"] == 1
    room = ".".join(module.split(".")[:2])
    heavy = {package for package in HEAVY if package in answer["loaded"]}
    assert heavy <= NEEDED.get(module, NEEDED.get(room, set()))


def test_something_that_happens_at_import_would_be_seen(tmp_path: Path) -> None:
    tmp_path.joinpath("busy.py").write_text(
        "import os, socket, subprocess, threading, click\n"
        "os.environ.get('HOME')\n"
        "open('notes.txt', 'w').close()\n"
        "socket.socket().close()\n"
        "subprocess.run(['true'])\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    )
    tmp_path.joinpath("old.py").write_text("import warnings\nwarnings.warn('of old', DeprecationWarning)\n")
    with importing(folder=tmp_path) as answer_of:
        answer = answer_of("busy")
        assert answer_of("old")["raised"] == "DeprecationWarning: of old"
    events = {line.partition(" ")[0] for line in answer["happened"]}
    assert {"open", "os.environ", "socket.__new__", "subprocess.Popen"} <= events
    assert "click" in answer["loaded"]
    assert answer["threads"] == 2


def taken_names(package: Path, lazy: Iterable[str]) -> list[str]:
    """What a package imports when it is asked for, under the name of a module, which would take its place."""
    modules = {path.stem for path in package.glob("*.py")}
    modules |= {path.parent.name for path in package.glob("*/__init__.py")}
    return sorted(modules.intersection(lazy))


@pytest.mark.parametrize("init", sorted(PACKAGE.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_nothing_that_is_imported_late_has_the_name_of_a_module(init: Path) -> None:
    module = importlib.import_module(".".join(init.parent.relative_to(PACKAGE.parent).parts))
    homes = getattr(module, "_HOMES", {})  # each name with its module, or each module with its names
    late = [name for key, value in homes.items() for name in ([key] if isinstance(value, str) else value)]
    assert taken_names(init.parent, late) == []


def test_a_function_named_like_its_module_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "serve.py").touch()
    assert taken_names(tmp_path, ["Settings", "serve"]) == ["serve"]


def drawn_from_the_program(source: str) -> list[str]:
    """The functions of the module `random` that a file uses: what a program has seeded, its threads would disturb."""
    return [
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "random"
        and node.attr.islower()
    ]


@pytest.mark.parametrize(
    "path", [path for path in sorted(PACKAGE.rglob("*.py")) if "import random" in path.read_text()]
)
def test_the_random_numbers_of_the_program_are_left_alone(path: Path) -> None:
    assert drawn_from_the_program(path.read_text(encoding="utf-8")) == []


def test_drawing_from_the_random_numbers_of_the_program_is_noticed() -> None:
    assert drawn_from_the_program("import random\nrandom.uniform(0, 1)\nrandom.SystemRandom().uniform(0, 1)") == [
        "uniform"
    ]
