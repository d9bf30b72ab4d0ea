"""What mypy, pyright and an editor make of the stub of a program."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

import registry

ROOT = str(Path(registry.__file__).parents[1])
PROGRAMS = Path(__file__).with_name("stubs")
WRITE = "from registry.cli.stubs.command import stubs; stubs()"

Refused = Mapping[str, set[int]]
"""Lines with an error, by file."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the programs and the stub."""
    for program in PROGRAMS.glob("*.py"):
        shutil.copy(program, tmp_path)
    settings = {"extraPaths": [ROOT], "include": ["*.py", "*.pyi"]}
    tmp_path.joinpath("pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-c", WRITE, "--app", "shop:losses"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    return tmp_path


def refused_by_mypy(folder: Path) -> Refused:
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir", ".mypy"]
    files = ["right.py", "wrong.py", "shop.py", "shop_registries.pyi"]
    environment = {**os.environ, "MYPYPATH": ROOT}
    result = subprocess.run([*command, *files], cwd=folder, capture_output=True, text=True, env=environment)
    assert not result.stderr
    found: dict[str, set[int]] = {}
    for file, line in re.findall(r"^(.+?):(\d+): error:", result.stdout, re.MULTILINE):
        found.setdefault(file, set()).add(int(line))
    return found


def refused_by_pyright(folder: Path) -> Refused:
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    found: dict[str, set[int]] = {}
    for finding in json.loads(result.stdout)["generalDiagnostics"]:
        if finding["severity"] == "error":
            found.setdefault(Path(finding["file"]).name, set()).add(finding["range"]["start"]["line"] + 1)
    return found


@pytest.mark.parametrize("check", [refused_by_mypy, refused_by_pyright], ids=["mypy", "pyright"])
def test_checkers_know_the_names_and_types_and_refuse_exactly_the_marked_lines(
    project: Path, check: Callable[[Path], Refused]
) -> None:
    lines = project.joinpath("wrong.py").read_text(encoding="utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, 1) if "# expect-error" in line}
    assert len(marked) > 10
    assert check(project) == {"wrong.py": marked}


@attrs.define
class Editor:
    """The part of an editor that asks a language server (Language Server Protocol 3.17) for completions."""

    process: "subprocess.Popen[bytes]"
    folder: Path
    asked: int = 0

    def tell(self, message: dict[str, Any]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        length = 0
        while header := self.process.stdout.readline().strip():
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
        assert length, "the language server has ended"
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return message

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        self.asked += 1
        self.tell({"id": self.asked, "method": method, "params": params})
        while True:
            message = self.hear()
            if "method" not in message and message.get("id") == self.asked:
                return message["result"]
            if "method" in message and "id" in message:  # it asks, for settings above all: there are none
                self.tell({"id": message["id"], "result": [{} for _ in message["params"].get("items", ())]})

    def start(self) -> None:
        root = self.folder.as_uri()
        folders = [{"uri": root, "name": "project"}]
        self.ask("initialize", {"processId": None, "rootUri": root, "workspaceFolders": folders, "capabilities": {}})
        self.tell({"method": "initialized", "params": {}})

    def stop(self) -> None:
        self.ask("shutdown", {})
        self.tell({"method": "exit"})
        self.process.wait(60)

    def complete(self, text: str, line: str, column: int) -> set[str]:
        """What it offers at a column of a line that is written below a text."""
        file = self.folder.joinpath(f"edited{self.asked}.py").as_uri()
        document = {"uri": file, "languageId": "python", "version": 1, "text": f"{text}\n{line}"}
        self.tell({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        position = {"line": text.count("\n") + 1, "character": column}
        answer = self.ask("textDocument/completion", {"textDocument": {"uri": file}, "position": position})
        return {item["label"] for item in (answer or {"items": []})["items"]}


@pytest.mark.soak
def test_an_editor_completes_names_and_parameters(project: Path) -> None:
    server = "from pyright.langserver import main; main('--stdio')"
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    command = [sys.executable, "-c", server]
    with subprocess.Popen(command, cwd=project, stdin=pipe, stdout=pipe, stderr=null) as process:
        editor = Editor(process, project)
        try:
            editor.start()
            begin = "from shop import losses, models"
            names = {'"huber"', '"plain"', '"smooth-l1"'}
            assert names <= editor.complete(begin, 'losses[""]', 8)
            assert names <= editor.complete(begin, 'losses.build("")', 14)
            assert names <= editor.complete(begin, 'losses.get("")', 12)
            assert {"depth=", "loss="} <= editor.complete(begin, 'models.build("Mean", )', 21)
            plain = "from registry import function_registry\nlosses = function_registry('losses')"
            assert not names & editor.complete(plain, 'losses[""]', 8)
        finally:
            editor.stop()
