"""`registry check`: what it reads, what it says, and how it leaves."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]


def test_a_good_config_leaves_with_0_and_a_line(run: Run) -> None:
    result = run("check", "configs/good.yaml")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No mistakes in 1 file.\n"


def test_every_mistake_is_shown_with_its_line_and_carets(run: Run) -> None:
    result = run("check", "configs/broken.yaml")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert [line.partition(": ")[0] for line in lines if line.startswith("configs/")] == [
        "configs/broken.yaml:2:10",
        "configs/broken.yaml:3:41",
    ]
    assert "              ^^^^^ did you mean 'resnet'?"[-30:] in result.stdout
    assert "did you mean 'delta'?" in result.stdout
    assert result.stderr == "2 mistakes in 1 file.\n"


def test_output_that_nobody_watches_has_no_colour(run: Run) -> None:
    assert "\x1b" not in run("check", "configs/broken.yaml").output


def test_folders_are_searched_for_every_format_and_each_file_is_checked_once(run: Run, project: Path) -> None:
    project.joinpath("configs/deep/er").mkdir(parents=True)
    project.joinpath("configs/deep/er/a.json").write_text('{"_type": "huber"}')
    project.joinpath("configs/deep/b.toml").write_text('_type = "huber"\n')
    project.joinpath("configs/deep/c.yml").write_text("_type: huber\n")
    project.joinpath("configs/deep/notes.txt").write_text("_type: huber\n")
    project.joinpath("configs/.hidden.yaml").write_text("_type: huber\n")
    result = run("check", "configs", "configs/deep", "configs/good.yaml")
    found = [line.partition(":")[0] for line in result.stdout.splitlines() if line.startswith("configs")]
    assert found == ["configs/broken.yaml"] * 2 + [
        "configs/deep/b.toml",
        "configs/deep/c.yml",
        "configs/deep/er/a.json",
    ]
    assert result.stderr == "5 mistakes in 5 files.\n"


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('exclude = ["configs/broken.yaml"]', {"good.yaml", "sub/broken.yaml"}),
        ('exclude = ["**/broken.yaml"]', {"good.yaml"}),
        ('exclude = ["configs/sub"]', {"good.yaml", "broken.yaml"}),
        ('exclude = ["configs/sub/**"]', {"good.yaml", "broken.yaml"}),
        ('include = ["configs/*.yaml"]', {"good.yaml", "broken.yaml"}),
        ('include = ["configs/**/b*.yaml"]', {"broken.yaml", "sub/broken.yaml"}),
        ('include = ["configs"]\nexclude = ["*/good.y?ml"]', {"broken.yaml", "sub/broken.yaml"}),
    ],
)
def test_include_and_exclude_narrow_what_a_folder_gives(
    run: Run, project: Path, table: str, expected: set[str]
) -> None:
    project.joinpath("configs/sub").mkdir()
    project.joinpath("configs/sub/broken.yaml").write_text("_type: nothing\n")
    project.joinpath("configs/good.yaml").write_text("_type: nothing\n")
    project.joinpath("pyproject.toml").write_text(f'[tool.registry]\napp = "shop:catalog"\n{table}\n')
    found = {
        line.partition(":")[0].removeprefix("configs/")
        for line in run("check", ".").stdout.splitlines()
        if line.startswith("configs/")
    }
    assert found == expected


def test_a_file_that_is_named_is_checked_whatever_is_excluded(run: Run, project: Path) -> None:
    project.joinpath("pyproject.toml").write_text('[tool.registry]\napp = "shop:catalog"\nexclude = ["configs"]\n')
    assert run("check", "configs/broken.yaml").exit_code == 1


def test_a_folder_without_configs_is_no_success(run: Run, project: Path) -> None:
    project.joinpath("empty").mkdir()
    result = run("check", "empty")
    assert result.exit_code == 2
    assert "There is no config in 'empty'." in result.stderr


def test_a_path_that_does_not_exist_is_a_wrong_use(run: Run) -> None:
    result = run("check", "nowhere.yaml")
    assert result.exit_code == 2
    assert "nowhere.yaml" in result.stderr


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a: [", b"a: 1\na: 2\n", b"\x00"])
def test_a_document_that_cannot_be_read_is_a_mistake_in_it(run: Run, project: Path, content: bytes) -> None:
    project.joinpath("wild.yaml").write_bytes(content)
    result = run("check", "wild.yaml")
    assert result.exit_code == 1
    assert result.stdout.startswith("wild.yaml")


def test_warnings_are_shown_and_do_not_fail(run: Run, project: Path) -> None:
    project.joinpath("old.yaml").write_text("_type: absolute\nprediction: 1.0\n")
    result = run("check", "old.yaml")
    assert result.exit_code == 0
    assert result.stdout.startswith("old.yaml:1:8: warning: ")
    assert result.stderr == "1 warning in 1 file.\n"


def test_without_imports_what_is_lazy_becomes_a_note(run: Run, project: Path) -> None:
    project.joinpath("lazy.yaml").write_text("_type: lazy\nsize: 3\n")
    with_imports = run("check", "lazy.yaml")
    assert (with_imports.exit_code, "imported" in with_imports.stdout) == (1, True)
    without = run("check", "--no-import", "lazy.yaml")
    assert without.exit_code == 0
    assert without.stdout.startswith("lazy.yaml:1:8: note: ")


def test_hostile_text_stays_text(run: Run, project: Path) -> None:
    project.joinpath("hostile.yaml").write_text(
        '_type: "[red]x[/red] [link=http://evil]y[/link] :smile: \\e[2J\\e]0;title\\a \\u202egnp.exe"\n'
    )
    result = run("check", "hostile.yaml", FORCE_COLOR="1")
    assert result.exit_code == 1
    assert "[red]x[/red]" in result.stdout
    assert ":smile:" in result.stdout
    assert not {"\x1b[2J", "\x1b]0", "\x07", "\u202e"} & {
        part for part in ("\x1b[2J", "\x1b]0", "\x07", "\u202e") if part in result.stdout
    }


def test_a_hostile_file_name_stays_text(run: Run, project: Path) -> None:
    name = "a\x1b[2Jb\n::error::c.yaml"
    project.joinpath(name).write_text("_type: nothing\n")
    text = run("check", name).stdout
    assert "\x1b" not in text
    assert len(run("check", name, "--format", "github").stdout.splitlines()) == 1


def test_json_holds_every_problem_with_its_place(run: Run) -> None:
    result = run("check", "--format", "json", "configs")
    assert (result.exit_code, result.stderr) == (1, "")
    answer = json.loads(result.stdout)
    assert answer["files"] == 2
    assert [problem["code"] for problem in answer["problems"]] == ["entry-not-found", "unknown-parameter"]
    assert answer["problems"][0]["location"]["line"] == 2
    assert answer["problems"][1]["path"] == "model.loss.delt"


def test_github_gets_one_workflow_command_for_each_problem(run: Run) -> None:
    result = run("check", "--format", "github", "configs")
    first, second = result.stdout.splitlines()
    assert first.startswith("::error title=entry-not-found,file=configs/broken.yaml,line=2,col=10,endColumn=14::")
    assert first.endswith("%0Adid you mean 'resnet'?")
    assert second.startswith("::error title=unknown-parameter,file=configs/broken.yaml,line=3,col=41,endColumn=44::")


@pytest.mark.parametrize("form", ["github", "sarif", "json"])
def test_every_format_has_the_same_exit_code(run: Run, form: str) -> None:
    assert run("check", "--format", form, "configs/good.yaml").exit_code == 0
    assert run("check", "--format", form, "configs").exit_code == 1
