"""Nothing happens at import: each module alone, in a fresh interpreter, with warnings as errors."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterable
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
    "rich",
    "ruamel",
    "urllib.request",
)

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

import attrs, inspect, typing_extensions
if sys.argv[1].startswith("registry.server"):
    import aiohttp.web  # the one package that the server cannot do without; it reads the system's media types
before = set(sys.modules)

def read(self, key, real=type(os.environ).__getitem__):
    frame = sys._getframe(1)
    while frame.f_globals["__name__"] in ("os", "collections.abc"):
        frame = frame.f_back
    if frame.f_globals["__name__"].split(".")[0] == sys.argv[1].split(".")[0]:
        happened.append(f"os.environ {key}")
    return real(self, key)

type(os.environ).__getitem__ = read  # no audit event tells of it
sys.addaudithook(watch)
__import__(sys.argv[1])
loaded = sorted(set(sys.modules) - before)
print(json.dumps({"happened": happened, "loaded": loaded, "threads": threading.active_count()}))
"""


def import_alone(module: str) -> dict[str, Any]:
    """What importing a module does in an interpreter that has done nothing before."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-B", "-c", WATCH, module], capture_output=True, text=True, cwd=PACKAGE.parent
    )
    assert result.returncode == 0, result.stderr
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


@pytest.mark.parametrize("module", MODULES)
def test_a_module_can_be_imported_alone_and_does_nothing(module: str) -> None:
    answer = import_alone(module)
    assert answer["happened"] == []
    assert answer["threads"] == 1
    allowed = {"click"} if module.startswith("registry.cli.") else set()  # commands are click's decorators
    heavy = {package for package in HEAVY if package in answer["loaded"]}
    assert heavy <= allowed


def test_something_that_happens_at_import_would_be_seen(tmp_path: Path) -> None:
    tmp_path.joinpath("busy.py").write_text(
        "import os, socket, subprocess, click\n"
        "os.environ.get('HOME')\n"
        "open('notes.txt', 'w').close()\n"
        "socket.socket().close()\n"
        "subprocess.run(['true'])\n"
    )
    result = subprocess.run(
        [sys.executable, "-B", "-c", WATCH, "busy"], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    answer = json.loads(result.stdout)
    events = {line.partition(" ")[0] for line in answer["happened"]}
    assert {"open", "os.environ", "socket.__new__", "subprocess.Popen"} <= events
    assert "click" in answer["loaded"]


def taken_names(package: Path, lazy: Iterable[str]) -> list[str]:
    """What a package imports when it is asked for, under the name of a module, which would take its place."""
    modules = {path.stem for path in package.glob("*.py")}
    modules |= {path.parent.name for path in package.glob("*/__init__.py")}
    return sorted(modules.intersection(lazy))


@pytest.mark.parametrize("init", sorted(PACKAGE.rglob("__init__.py")), ids=lambda path: path.parent.name)
def test_nothing_that_is_imported_late_has_the_name_of_a_module(init: Path) -> None:
    module = importlib.import_module(".".join(init.parent.relative_to(PACKAGE.parent).parts))
    assert taken_names(init.parent, getattr(module, "_HOMES", ())) == []


def test_a_function_named_like_its_module_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "serve.py").touch()
    assert taken_names(tmp_path, ["Settings", "serve"]) == ["serve"]
