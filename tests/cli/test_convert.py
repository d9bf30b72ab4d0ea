"""`registry convert`: configs of other tools become ours."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from registry.config import load_file

Run = Callable[..., Result]

FOREIGN = {
    "a target": (
        {"_target_": "torch.nn.Linear", "_partial_": True, "_args_": [1], "_convert_": "all", "size": 3},
        {"_type": "Linear", "_partial": True, "_args": [1], "size": 3},
    ),
    "a class path": (
        {"class_path": "pl.Trainer", "init_args": {"steps": 3, "callbacks": [{"class_path": "Stop"}]}},
        {"_type": "Trainer", "steps": 3, "callbacks": [{"_type": "Stop"}]},
    ),
    "a type": ({"list": [{"type": "Huber", "delta": 1}]}, {"list": [{"_type": "Huber", "delta": 1}]}),
    "a type that is data": ({"type": ["a", "b"]}, {"_raw": {"type": ["a", "b"]}}),
    "words of ours that are data": ({"a": {"_type": "huber", "b": 1}}, {"a": {"_raw": {"_type": "huber", "b": 1}}}),
}


@pytest.mark.parametrize(("foreign", "ours"), FOREIGN.values(), ids=FOREIGN.keys())
@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_a_node_of_another_tool_becomes_ours(
    run: Run, project: Path, foreign: object, ours: object, suffix: str
) -> None:
    file = project / f"foreign{suffix}"
    file.write_text(json.dumps(foreign), encoding="utf-8")
    result = run("convert", file.name)
    assert result.exit_code == 0, result.output
    converted = project / f"converted{suffix}"
    converted.write_text(result.stdout, encoding="utf-8")
    assert load_file(converted).value == ours


def test_comments_and_quotes_of_yaml_stay_where_they_were(run: Run, project: Path) -> None:
    project.joinpath("foreign.yaml").write_text(
        "# a model\n"
        "model:\n"
        "  _target_: torch.nn.Linear  # one layer\n"
        "  # how wide\n"
        '  size: "3"  # inputs\n'
        "  inner:\n"
        "    _target_: A\n"
        "    depth: 1  # shallow\n"
    )
    result = run("convert", "foreign.yaml")
    assert result.stdout == (
        "# a model\n"
        "model:\n"
        "  _type: Linear              # one layer\n"
        "  # how wide\n"
        '  size: "3"  # inputs\n'
        "  inner:\n"
        "    _type: A\n"
        "    depth: 1  # shallow\n"
    )
    assert result.stderr == "2 nodes rewritten.\n"


def test_a_document_with_mistakes_is_shown_and_not_converted(run: Run, project: Path) -> None:
    project.joinpath("broken.yaml").write_text("a: 1\na: 2\n")
    result = run("convert", "broken.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "broken.yaml:2:1" in result.stderr


def test_a_format_that_cannot_be_written_is_refused(run: Run, project: Path) -> None:
    project.joinpath("foreign.toml").write_text('type = "A"\n')
    result = run("convert", "foreign.toml")
    assert result.exit_code == 1
    assert "neither YAML nor JSON" in result.stderr


HYDRA = """\
m:
  _target_: torch.nn.Linear
  opt: {_target_: pkg.optim.make, lr: 1e-3}
  loss: {_target_: Loss.from_config}
"""


def test_a_folder_goes_to_a_folder(run: Run, project: Path) -> None:
    (project / "in" / "deep").mkdir(parents=True)
    (project / "in" / "deep" / "a.yaml").write_text(HYDRA)
    (project / "in" / "b.py").write_text("m = dict(type='M', size=(1, 2))\n")
    (project / "in" / "c.cfg").write_text('[m]\n@layers = "M.v1"\n')
    (project / "in" / "bad.py").write_text("import os\n")
    (project / "in" / "other.txt").write_text("no config\n")
    result = run("convert", "in", "--to", "out")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "bad.py:1:1: `import` is not worked out." in result.stderr
    assert result.stderr.endswith("3 files converted, 5 nodes rewritten, 1 refused.\n")
    written = {str(file.relative_to(project / "out")) for file in (project / "out").rglob("*") if file.is_file()}
    assert written == {"b.yaml", "c.yaml", str(Path("deep") / "a.yaml")}
    assert load_file(project / "out" / "b.yaml").value == {"m": {"_type": "M", "size": [1, 2]}}


def test_nothing_is_written_over(run: Run, project: Path) -> None:
    project.joinpath("a.yaml").write_text(HYDRA)
    (project / "out").mkdir()
    project.joinpath("out", "a.yaml").write_text("mine: 1\n")
    result = run("convert", "a.yaml", "--to", "out")
    assert result.exit_code == 1
    assert "is there already" in result.stderr
    assert project.joinpath("out", "a.yaml").read_text() == "mine: 1\n"
    project.joinpath("names.py").write_text("")
    assert "is there already" in run("convert", "a.yaml", "--register", "names.py").stderr


def test_several_files_need_a_folder(run: Run, project: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        project.joinpath(name).write_text(HYDRA)
    result = run("convert", "a.yaml", "b.yaml")
    assert result.exit_code == 1
    assert "--to FOLDER" in result.stderr


def test_what_has_to_be_registered_is_written_as_python(run: Run, project: Path) -> None:
    project.joinpath("a.yaml").write_text(HYDRA)
    result = run("convert", "a.yaml", "--register", "names.py")
    assert result.exit_code == 0, result.output
    code = project.joinpath("names.py").read_text()
    assert 'objects.register("Linear", Reference("torch.nn:Linear"))' in code
    assert 'objects.register("make", Reference("pkg.optim:make"))' in code
    assert 'objects.register("from_config", ...)' in code
    made: dict[str, Any] = {}
    exec(compile(code, "names.py", "exec"), made)
    assert sorted(made["objects"]) == ["Linear", "make"]


def test_a_document_of_two_tools_is_asked_about(run: Run, project: Path) -> None:
    project.joinpath("a.yaml").write_text("a: {_target_: A}\nb: {class_path: B}\n")
    result = run("convert", "a.yaml")
    assert result.exit_code == 1
    assert "a.yaml:1:1: There are nodes of two tools" in result.stderr
    assert "--dialect hydra" in result.stderr
    assert run("convert", "a.yaml", "--dialect", "hydra").exit_code == 0


def test_what_is_completed_later_is_said_by_options(run: Run, project: Path) -> None:
    project.joinpath("a.py").write_text("m = dict(type='M', norm=dict(type='BN'), opt=dict(type='O'))\n")
    result = run("convert", "a.py", "--raw", "norm", "--partial", "opt")
    project.joinpath("b.yaml").write_text(result.stdout)
    assert load_file(project / "b.yaml").value == {
        "m": {"_type": "M", "norm": {"_raw": {"type": "BN"}}, "opt": {"_type": "O", "_partial": True}}
    }


@pytest.mark.parametrize("text", ["lr: 1e-3\n", "defaults: [db]\n", "a: ${b}\nb: 1\n", "a: ???\n", "d: 2020-01-01\n"])
def test_a_document_without_nodes_that_tools_read_differently_is_asked_about(
    run: Run, project: Path, text: str
) -> None:
    project.joinpath("a.yaml").write_text(text)
    result = run("convert", "a.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "a.yaml:1:1: There is no node here, and the tools read it differently." in result.stderr


def test_a_document_without_nodes_that_all_read_alike_is_converted(run: Run, project: Path) -> None:
    project.joinpath("a.yaml").write_text("a: 1\nb: [x, yes]\n")
    result = run("convert", "a.yaml")
    assert (result.exit_code, result.stdout) == (0, "a: 1\nb: [x, true]\n")


def test_each_registry_of_confection_gets_its_line(run: Run, project: Path) -> None:
    project.joinpath("a.cfg").write_text('[m]\n@layers = "M.v1"\n[o]\n@optimizers = "O.v1"\n')
    assert run("convert", "a.cfg", "--register", "names.py").exit_code == 0
    code = project.joinpath("names.py").read_text()
    assert '# layers.register("M.v1", ...)' in code
    made: dict[str, Any] = {}
    exec(compile(code, "names.py", "exec"), made)
    assert list(made["catalog"].keys()) == ["layers", "optimizers"]


def test_two_files_of_one_name_are_refused_before_anything_is_written(run: Run, project: Path) -> None:
    (project / "in").mkdir()
    project.joinpath("in", "a.py").write_text("m = dict(type='M')\n")
    project.joinpath("in", "a.yaml").write_text("m: {type: M}\n")
    result = run("convert", "in", "--to", "out")
    assert result.exit_code == 1
    assert "would both become" in result.stderr
    assert not (project / "out").exists()


def test_one_name_for_two_classes_is_refused_across_files(run: Run, project: Path) -> None:
    (project / "in").mkdir()
    project.joinpath("in", "a.yaml").write_text("m: {_target_: a.M}\n")
    project.joinpath("in", "b.yaml").write_text("m: {_target_: b.M}\n")
    project.joinpath("in", "c.yaml").write_text("m: {_target_: M}\n")
    result = run("convert", "in", "--to", "out")
    assert result.exit_code == 1
    assert "b.yaml:1:15: 'M' would be both 'a.M' and 'b.M'." in result.stderr
    assert "2 files converted, 2 nodes rewritten, 1 refused." in result.stderr


def test_files_that_build_on_one_another_are_refused(run: Run, project: Path) -> None:
    project.joinpath("a.yaml").write_text("_base_: b.yaml\nm: {type: M}\n")
    project.joinpath("b.yaml").write_text("_base_: a.yaml\n")
    result = run("convert", "a.yaml")
    assert result.exit_code == 1
    assert "These files build on one another without an end." in result.stderr
    for number in range(25):
        project.joinpath(f"c{number}.py").write_text(f"_base_ = ['c{number + 1}.py', 'c{number + 1}.py']\n")
    project.joinpath("c25.py").write_text("")
    assert "without an end" in run("convert", "c0.py").stderr
