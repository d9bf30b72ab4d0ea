"""The tutorial and the guides, followed word for word in an empty folder each."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = [DOCS / "tutorial.md", *sorted((DOCS / "guides").glob("*.md"))]


@attrs.frozen
class Step:
    """A file to write, where there is no command; else a command and what it prints."""

    file: str
    command: str
    text: str


def steps(tutorial: str) -> Iterator[Step]:
    for language, body in re.findall(r"^```(\w+)\n(.*?)^```$", tutorial, re.MULTILINE | re.DOTALL):
        if language == "console":
            for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", body, re.MULTILINE):
                yield Step("", command, printed)
        else:
            file, text = re.fullmatch(r"# (\S+)\n(.*)", body, re.DOTALL).groups()  # type: ignore[union-attr]  # each block names its file
            yield Step(file, "", text)


def followed(tutorial: str, folder: Path) -> list[str]:
    """Do what a tutorial says; what was not as it says."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    unset = {name for name in os.environ if name.startswith("REGISTRY_")} | {"FORCE_COLOR", "PYTHONPATH"}
    environment = {**{name: told for name, told in os.environ.items() if name not in unset}, "PATH": path}
    wrong, servers = [], []
    try:
        for step in steps(tutorial):
            if step.file:
                place = folder / step.file
                place.parent.mkdir(exist_ok=True)
                place.write_text(step.text, encoding="utf-8")
            elif step.command.startswith("registry serve"):
                server = subprocess.Popen(
                    step.command.split(),
                    cwd=folder,
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
                servers.append(server)
                assert server.stdout is not None
                if (printed := server.stdout.readline()) != step.text:
                    wrong.append(f"{step.command}: {printed!r}")
            else:
                done = subprocess.run(
                    ["bash", "-c", step.command],
                    cwd=folder,
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    encoding="utf-8",
                    timeout=120,
                )
                if _ordered(done.stdout) != _ordered(step.text):
                    wrong.append(f"{step.command}: {done.stdout!r}")
    finally:
        for server in servers:
            server.terminate()
            server.communicate(timeout=30)
    return wrong


def _ordered(printed: str) -> list[str]:
    """Lines; a terminal shows those of stdout and stderr as they come, and a pipe may turn their order around."""
    return sorted(printed.splitlines())


def told(page: Path) -> str:
    """A page with a port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = page.read_text(encoding="utf-8").replace("127.0.0.1:8001", f"127.0.0.1:{port}")
    return text.replace("$ registry serve\n", f"$ registry serve --port {port}\n")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_it_shows_what_happens(page: Path, tmp_path: Path) -> None:
    text = told(page)
    assert followed(text, tmp_path) == []
    commands = [step for step in steps(text) if step.command]
    assert commands
    assert len(list(steps(text))) == len(commands) + text.count("```") // 2 - text.count("```console")  # every block


def test_a_tutorial_that_shows_something_else_is_caught(tmp_path: Path) -> None:
    first = told(PAGES[0]).partition("## 3.")[0].replace("did you mean 'squared'?", "did you mean 'square'?")
    assert [one.partition(":")[0] for one in followed(first, tmp_path)] == ["registry check broken.yaml"]
