"""The other commands, as somebody uses them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from click.testing import Result

from registry.distribution import __version__

Run = Callable[..., Result]


def test_list_shows_each_registry_with_its_entries(run: Run) -> None:
    result = run("list")
    assert result.exit_code == 0
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [
        ["losses", "2"],
        ["huber", "(smooth_l1)"],
        ["absolute", "function"],
        ["models", "2"],
        ["resnet", "class"],
        ["lazy", "lazy_module:Lazy"],
    ]
    assert "[robust]" in result.stdout
    assert "A residual network." in result.stdout


def test_list_can_be_narrowed(run: Run) -> None:
    assert [line.split()[0] for line in run("list", "--registry", "models").stdout.splitlines()] == ["resnet", "lazy"]
    assert json.loads(run("list", "--tag", "robust", "--format", "json").stdout) == [
        {
            "registry": "losses",
            "name": "huber",
            "aliases": ["smooth_l1"],
            "tags": ["robust"],
            "kind": "function",
            "description": "The squared error near the target, the absolute error away from it.",
            "deprecated": None,
        }
    ]


def test_an_unknown_registry_is_refused_with_the_close_one(run: Run) -> None:
    result = run("list", "--registry", "model")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == ["error: There is no registry 'model'.", "  did you mean 'models'?"]


def test_show_tells_what_an_entry_takes(run: Run) -> None:
    result = run("show", "huber")
    assert result.exit_code == 0
    assert result.stdout.startswith("huber  function in 'losses'")
    for line in ("aliases: smooth_l1", "tags: robust", "  prediction: float", "  target: float = 0.0"):
        assert line in result.stdout.splitlines()
    assert "Where one becomes the other." in result.stdout


def test_show_finds_an_entry_by_its_alias(run: Run) -> None:
    assert run("show", "smooth_l1").stdout.startswith("huber  function in 'losses'")


def test_show_of_an_unknown_name_suggests_the_close_one(run: Run) -> None:
    result = run("show", "hubr")
    assert result.exit_code == 1
    assert "did you mean 'huber'?" in result.stderr


def test_show_of_what_cannot_be_imported_is_a_failure_outside(run: Run) -> None:
    result = run("show", "lazy")
    assert result.exit_code == 2
    assert "lazy_module" in result.stderr


def test_build_shows_what_was_built(run: Run) -> None:
    result = run("build", "configs/good.yaml")
    assert result.exit_code == 0
    assert result.stdout == "{'model': Resnet(depth=34, loss=0.5)}\n"


def test_build_takes_a_part_and_overrides(run: Run) -> None:
    result = run("build", "configs/good.yaml", "--path", "model", "--set", "model.depth=50", "--set", "~model.loss")
    assert result.stdout == "Resnet(depth=50, loss=None)\n"


def test_build_lays_later_files_over_earlier_ones(run: Run, project: Path) -> None:
    project.joinpath("deeper.yaml").write_text("model: {depth: 101}\n")
    assert "depth=101" in run("build", "configs/good.yaml", "deeper.yaml").stdout


def test_build_with_a_name_takes_files_of_parameters(run: Run, project: Path) -> None:
    project.joinpath("parameters.yaml").write_text("depth: 7\n")
    assert run("build", "--name", "resnet", "parameters.yaml").stdout == "Resnet(depth=7, loss=None)\n"


def test_build_of_a_broken_config_lists_every_mistake_and_builds_nothing(run: Run) -> None:
    result = run("build", "configs/broken.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: The config has 2 mistakes.\nconfigs/broken.yaml:2:10: ")
    assert "did you mean 'delta'?" in result.stderr


def test_a_broken_override_is_shown_at_its_place(run: Run) -> None:
    result = run("build", "configs/good.yaml", "--set", "model.depht=50")
    assert result.exit_code == 1
    assert "override 1: model.depht=50" in result.stderr


def test_build_as_a_tree_builds_nothing(run: Run, project: Path) -> None:
    project.joinpath("shop.py").write_text(
        project.joinpath("shop.py").read_text().replace("self.depth = depth", "raise RuntimeError('built')")
    )
    result = run("build", "--tree", "configs/good.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "configs/good.yaml",
        "└── model resnet",
        "    ├── depth: 34",
        "    └── loss huber",
        "        ├── prediction: 1.0",
        "        └── delta: 0.5",
    ]


def test_an_exception_of_a_constructor_is_its_own_with_the_place(run: Run, project: Path) -> None:
    project.joinpath("shop.py").write_text(
        project.joinpath("shop.py").read_text().replace("self.depth = depth", "raise RuntimeError('no memory')")
    )
    result = run("build", "configs/good.yaml")
    assert type(result.exception) is RuntimeError
    assert any("configs/good.yaml:2" in note for note in result.exception.__notes__)


def test_schema_is_one_that_accepts_what_check_accepts(run: Run) -> None:
    result = run("schema", "resnet")
    assert result.exit_code == 0
    schema = json.loads(result.stdout)
    jsonschema.validators.validator_for(schema).check_schema(schema)
    assert "depth" in result.stdout
    assert json.loads(run("schema", "--draft", "draft-07").stdout)["$schema"].startswith(
        "http://json-schema.org/draft-07"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list", "--app", "shop:losess"], "'shop' has no 'losess'."),
        (["list", "--app", "shop:number"], "'shop:number' is a int, not a Registry or a Catalog."),
        (["list", "--app", "shap:losses"], "There is no module 'shap' here."),
        (["list", "--app", "lazy_module:x"], "Importing 'lazy_module' fails with RuntimeError: imported"),
        (["list", "--app", "shop"], "'shop' is not a reference"),
    ],
)
def test_an_application_that_is_not_there_is_told_without_a_traceback(
    run: Run, arguments: list[str], message: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {message}")
    assert "Traceback" not in result.output


def test_without_an_application_both_ways_to_name_one_are_told(run: Run, project: Path) -> None:
    project.joinpath("pyproject.toml").unlink()
    result = run("list")
    assert result.exit_code == 2
    assert "--app module:attribute" in result.stderr
    assert "[tool.registry]" in result.stderr


def test_debug_shows_the_error_as_it_is(run: Run) -> None:
    assert "ResolutionError" in type(run("--debug", "list", "--app", "shop:losess").exception).__name__
    assert "ResolutionError" in type(run("list", "--app", "shop:x", REGISTRY_DEBUG="1").exception).__name__


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('[tool.registry]\nap = "shop:catalog"', "has an unknown key 'ap'"),
        ("[tool.registry]\napp = 3", "has an app that is not text"),
        ('[tool.registry]\ninclude = "configs"', "has 'include', which is not a list of texts"),
        ("[tool]\nregistry = 3", "is not a table"),
        ("[tool", "cannot be read"),
    ],
)
def test_wrong_settings_are_refused_and_say_why(run: Run, project: Path, table: str, message: str) -> None:
    project.joinpath("pyproject.toml").write_text(table)
    result = run("list")
    assert result.exit_code == 1
    assert message in result.stderr


def test_the_project_is_found_from_below(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = project / "configs"
    below.joinpath("pyproject.toml").write_text("[tool.other]\n")
    monkeypatch.chdir(below)
    assert run("check", "good.yaml").exit_code == 0


def test_the_application_can_be_named_by_the_environment(run: Run) -> None:
    assert run("list", REGISTRY_APP="shop:models").stdout.splitlines()[0].startswith("resnet")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_for_the_shell(run: Run, shell: str) -> None:
    result = run("completion", shell)
    assert result.exit_code == 0
    assert "_REGISTRY_COMPLETE" in result.stdout


def test_names_of_entries_are_completed(project: Path) -> None:
    environment = {
        **os.environ,
        "_REGISTRY_COMPLETE": "bash_complete",
        "COMP_WORDS": "registry show hu",
        "COMP_CWORD": "2",
    }
    result = subprocess.run(
        [sys.executable, "-m", "registry"], env=environment, capture_output=True, text=True, cwd=project
    )
    assert (result.stdout, result.stderr) == ("plain,huber\n", "")


def test_completion_in_a_broken_project_is_silent(project: Path) -> None:
    project.joinpath("shop.py").write_text("raise RuntimeError\n")
    environment = {
        **os.environ,
        "_REGISTRY_COMPLETE": "bash_complete",
        "COMP_WORDS": "registry show hu",
        "COMP_CWORD": "2",
    }
    result = subprocess.run(
        [sys.executable, "-m", "registry"], env=environment, capture_output=True, text=True, cwd=project
    )
    assert (result.stdout.strip(), result.stderr) == ("", "")


def test_the_version_is_that_of_the_package(run: Run) -> None:
    assert run("--version").stdout == f"registry-kit {__version__}\n"


def test_every_command_has_its_line_in_the_help(run: Run) -> None:
    text = run("--help").stdout
    for name in (
        *("list", "show", "check", "build", "schema", "convert", "new", "completion"),
        *("serve", "token", "namespaces", "watch", "export", "import", "migrate", "doctor"),
    ):
        assert f"\n  {name} " in text
        assert run(name, "--help").exit_code == 0
    assert "..." not in text.partition("Commands:")[2]  # each says it in one line


def test_a_new_project_is_clean_and_its_test_passes(tmp_path: Path) -> None:
    def call(*arguments: str, cwd: Path) -> str:
        result = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, cwd=cwd)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout + result.stderr

    assert "my-shop/configs/example.yaml" in call("registry", "new", "my-shop", cwd=tmp_path)
    project = tmp_path / "my-shop"
    assert "huber" in call("registry", "list", cwd=project)
    assert "No mistakes in 1 file." in call("registry", "check", ".", cwd=project)
    assert "huber" in call("registry", "build", "configs/example.yaml", cwd=project)
    assert "2 passed" in call("pytest", "-q", "-p", "no:cacheprovider", cwd=project)


@pytest.mark.parametrize("name", ["class", "3d", "a.b", "größe"])
def test_a_new_project_needs_a_name_that_can_be_imported(run: Run, name: str) -> None:
    result = run("new", name)
    assert result.exit_code == 1
    assert "cannot be the name of a package" in result.stderr


def test_a_new_project_never_writes_into_a_folder_with_something_in_it(run: Run, project: Path) -> None:
    result = run("new", "configs")
    assert result.exit_code == 1
    assert "is not empty" in result.stderr
    assert sorted(path.name for path in project.joinpath("configs").iterdir()) == ["broken.yaml", "good.yaml"]
