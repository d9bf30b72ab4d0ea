"""What somebody at a terminal sees, from a real process at a real one."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from registry.records import Record


def in_terminal(*arguments: str, cwd: Path, **environment: str) -> tuple[str, int]:
    """What the command writes to a terminal that is both its stdout and stderr, and its exit code."""
    mine, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "registry", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=its,
        stderr=its,
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", "COLUMNS": "100", **environment},
    )
    os.close(its)
    output = b""
    while True:
        try:
            chunk = os.read(mine, 65536)
        except OSError:  # how Linux says that the other side is gone
            break
        if not chunk:
            break
        output += chunk
    os.close(mine)
    return output.decode().replace("\r\n", "\n"), process.wait()


def test_mistakes_are_in_colour(project: Path) -> None:
    text, code = in_terminal("check", "configs/broken.yaml", cwd=project)
    assert code == 1
    assert "\x1b[1;31m^^^^^\x1b[0m \x1b[36mdid you mean 'resnet'?\x1b[0m" in text


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_can_be_turned_off(project: Path, environment: dict[str, str]) -> None:
    text, code = in_terminal("check", "configs/broken.yaml", cwd=project, **environment)
    assert code == 1
    assert "\x1b" not in text
    assert "^^^^^ did you mean 'resnet'?" in text


def test_colour_and_no_colour_say_the_same(project: Path) -> None:
    plain, _ = in_terminal("check", "configs", cwd=project, NO_COLOR="1")
    coloured, _ = in_terminal("check", "configs", cwd=project)
    from rich.text import Text

    assert Text.from_ansi(coloured).plain.split() == plain.split()


def test_many_files_have_a_progress_bar_that_goes_away(project: Path) -> None:
    for number in range(30):
        project.joinpath("configs", f"{number}.yaml").write_text("_type: resnet\n")
    text, _ = in_terminal("check", "configs", cwd=project)
    assert "Checking" in text
    assert text.count("did you mean 'resnet'?") == 1
    piped = subprocess.run(
        [sys.executable, "-m", "registry", "check", "configs"], capture_output=True, text=True, cwd=project
    )
    assert "Checking" not in piped.stdout + piped.stderr


def test_a_reader_that_goes_away_is_no_error(project: Path) -> None:
    project.joinpath("configs/many.yaml").write_text("".join(f"a{n}: {{_type: nothing}}\n" for n in range(3000)))
    result = subprocess.run(
        f"{sys.executable} -m registry check configs/many.yaml | head -1",
        shell=True,
        capture_output=True,
        text=True,
        cwd=project,
    )
    assert result.stdout.startswith("configs/many.yaml:1:")
    assert "Traceback" not in result.stderr


def test_a_terminal_that_knows_ascii_only_is_no_error(project: Path) -> None:
    project.joinpath("wide.yaml").write_text("_type: größe日本\n", encoding="utf-8")
    text, code = in_terminal("check", "wide.yaml", cwd=project, PYTHONIOENCODING="ascii", NO_COLOR="1")
    assert code == 1
    assert "^^" in text
    assert "Traceback" not in text


def test_a_progress_bar_is_shown_to_whoever_watches_and_to_nobody_else(
    fill: Callable[..., None], project: Path
) -> None:
    many = {f"k{number}": Record(kind="data", data=number) for number in range(3000)}
    fill(project / "a.db", {"n": many})
    text, code = in_terminal("export", "all.jsonl", "--store", "a.db", cwd=project)
    assert code == 0
    assert "Exporting n" in text
    text, code = in_terminal("import", "all.jsonl", "--store", "b.db", cwd=project)
    assert code == 0
    assert "Importing" in text


@pytest.mark.parametrize("form", ["jsonl", "yaml"])
def test_an_export_to_a_terminal_holds_nothing_that_it_obeys(
    form: str, project: Path, fill: Callable[..., None]
) -> None:
    wild = "\x1b[2J\x7f\x9b31m\u202e\u2028\U000e0041"
    fill(project / "wild.db", {"n": {"wild": Record(kind="data", data={"text": wild})}})
    text, code = in_terminal("export", "--store", "wild.db", "--format", form, cwd=project)
    assert code == 0, text
    assert text.replace("\n", "").isprintable()
    if form == "jsonl":
        assert json.loads(text.splitlines()[2])["value"]["data"]["text"] == wild
