"""What the README says happens."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_code_prints_what_stands_below_it(tmp_path: Path) -> None:
    (code,), (expected,) = blocks("python"), blocks("text")
    program = tmp_path / "readme.py"
    program.write_text(code, encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-W", "error", "readme.py"], capture_output=True, text=True, cwd=tmp_path, encoding="utf-8"
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == expected


def test_the_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = re.findall(r"^ {4}make (\w+)", README, re.MULTILINE)
    assert commands == ["run", "test"]
    assert all(re.search(rf"^{command}:", makefile, re.MULTILINE) for command in commands)


def test_the_subcommands_exist() -> None:
    from registry.cli.commands import command

    named = set(re.findall(r"(?:^ {4}|`)registry ([a-z]+)", README, re.MULTILINE))
    assert named
    assert named <= set(command.commands)


@pytest.mark.parametrize("place", sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::\w+)?`", README))))
def test_a_file_that_is_said_to_hold_a_promise_exists(place: str) -> None:
    assert ROOT.joinpath(place).is_file()


@pytest.mark.parametrize("place", sorted(set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", README))))
def test_a_test_that_is_said_to_hold_a_promise_exists(place: str) -> None:
    file, _, name = place.partition("::")
    assert f"def {name}(" in ROOT.joinpath(file).read_text(encoding="utf-8")
