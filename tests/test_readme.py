"""What the README says happens."""

import re
import shlex
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
    code, (expected,) = blocks("python")[0], blocks("text")
    program = tmp_path / "readme.py"
    program.write_text(code, encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-W", "error", "readme.py"], capture_output=True, text=True, cwd=tmp_path, encoding="utf-8"
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == expected


def test_the_example_of_two_machines_works_as_it_stands_there(tmp_path: Path) -> None:
    _, first, second, _ = blocks("python")
    served = [shlex.split(line)[1:] for line in re.findall(r"^ {4}(registry serve .*)", README, re.MULTILINE)]
    asked = [
        shlex.split(line)[1:]
        for line in re.findall(r"^ {4}(registry (?:list|show) .*--server .*)", README, re.MULTILINE)
    ]
    expected = re.findall(r"^prints `(.*?)`", README, re.MULTILINE)
    machines = [tmp_path / name for name in ("server", "first", "second", "without_code")]
    for machine in machines:
        machine.mkdir()
    server, registering, looking_up, without_code = machines
    registering.joinpath("research.py").write_text(first, encoding="utf-8")
    looking_up.joinpath("research.py").write_text(first, encoding="utf-8")
    looking_up.joinpath("program.py").write_text(second, encoding="utf-8")

    def run(folder: Path, *arguments: str) -> str:
        command = [sys.executable, "-W", "error", *arguments]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=60)
        assert result.returncode == 0, result.stderr
        return result.stdout

    (arguments,) = served
    with subprocess.Popen(
        [sys.executable, "-m", "registry", *arguments], cwd=server, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            assert "http://127.0.0.2:8001" in process.stdout.readline()
            run(registering, "-c", "import research")
            assert [run(looking_up, "program.py").rstrip("\n")] == expected
            listed, shown = (run(without_code, "-m", "registry", *command) for command in asked)
        finally:
            process.terminate()
    assert process.returncode == 0
    assert "research:huber" in listed
    assert "delta: float = 1.0" in shown


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
