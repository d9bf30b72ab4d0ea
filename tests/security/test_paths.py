"""A path that leads to no config is a problem that names it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from registry import ConfigError, Registry


def problem_of(path: Any) -> Any:
    registry: Registry[Any, Any, str] = Registry("boxes")
    registry.register("box", dict)
    (problem,) = registry.check_file(path)
    with pytest.raises(ConfigError) as caught:
        registry.build_file(path)
    assert caught.value.problems == (problem,)
    assert problem.code == "bad-document"
    assert problem.location is not None
    assert os.path.basename(os.fspath(path)) in problem.location.file
    assert problem.suggestions
    return problem


def test_a_missing_file_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / "experiment.yaml").write_text("_type: box")
    problem = problem_of(tmp_path / "experimnet.yaml")
    assert "experimnet.yaml' does not exist." in problem.message
    assert problem.suggestions == ("did you mean 'experiment.yaml'?",)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert "nowhere" in problem_of(tmp_path / "nowhere" / "x.yaml").suggestions[0]


def test_a_directory_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "folder.yaml"
    folder.mkdir()
    assert "folder.yaml' is a directory." in problem_of(folder).message


def test_a_file_taken_for_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("")
    assert "y.yaml" in problem_of(tmp_path / "x.yaml" / "y.yaml").message


@pytest.mark.parametrize("suffix", ["yaml", "yml", "json", "toml"])
def test_an_empty_file_is_named(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"empty.{suffix}"
    file.write_text("")
    assert f"empty.{suffix}' is empty." in problem_of(file).message


@pytest.mark.parametrize("suffix", ["yaml", "yml", "json", "toml"])
def test_a_binary_file_is_named(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"model.{suffix}"
    file.write_bytes(b"\x80\x04\x95\x00\x00\xff\xfe" * 1000)
    assert f"model.{suffix}' is not a text" in problem_of(file).message


def test_a_link_to_itself_is_named(tmp_path: Path) -> None:
    link = tmp_path / "loop.yaml"
    link.symlink_to(link)
    assert "loop.yaml' cannot be read" in problem_of(link).message


def test_a_name_that_is_too_long_is_named() -> None:
    assert "cannot be read" in problem_of("x" * 5000 + ".yaml").message


def test_a_name_with_a_nul_is_named(tmp_path: Path) -> None:
    assert "cannot be read" in problem_of(f"{tmp_path}/a\0b.yaml").message


def test_a_file_of_an_unknown_kind_is_named(tmp_path: Path) -> None:
    file = tmp_path / "config.pkl"
    file.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    assert "has no reader" in problem_of(file).message


def test_an_endless_device_ends_at_the_limit_of_size(isolated: Any, tmp_path: Path) -> None:
    (tmp_path / "endless.yaml").symlink_to("/dev/zero")
    program = "import sys; from registry import Registry; print(Registry('r').check_file(sys.argv[1])[0].message)"
    done = isolated(program, tmp_path / "endless.yaml", seconds=20)
    assert (done.returncode, done.stderr) == (0, "")
    assert "has more than" in done.stdout


def test_a_pipe_is_named_and_not_waited_for(isolated: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    program = "import signal, sys; signal.alarm(10); from registry import Registry; registry = Registry('r')\n"
    program += "print(registry.check_file(sys.argv[1])[0].message)"
    done = isolated(program, tmp_path / "pipe.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert "pipe.yaml'" in done.stdout


UNREADABLE = """
import json, os, sys
from registry import Registry
registry = Registry("r")
registry.check_file(sys.argv[1])  # everything is loaded now
os.chmod(sys.argv[1], 0)
if os.getuid() == 0:  # the superuser may read everything
    os.setuid(65534)
problems = registry.check_file(sys.argv[1])
print(json.dumps([[problem.code, problem.message, str(problem.location)] for problem in problems]))
"""


def test_a_file_that_may_not_be_read_is_named(isolated: Any, tmp_path: Path) -> None:
    file = tmp_path / "secret.yaml"
    file.write_text("_type: nope")
    done = isolated(UNREADABLE, file)
    assert (done.returncode, done.stderr) == (0, "")
    ((code, message, location),) = json.loads(done.stdout)
    assert (code, location) == ("bad-document", f"{file}:1:1")
    assert "secret.yaml' may not be read." in message
