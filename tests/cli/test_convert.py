"""`registry convert`: configs of other tools become ours."""

import json
from collections.abc import Callable
from pathlib import Path

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
    "a type": ({"list": [{"type": "Huber", "_partial_": 1}]}, {"list": [{"_type": "Huber", "_partial_": 1}]}),
    "a type that is data": ({"type": ["a", "b"]}, {"type": ["a", "b"]}),
    "a node of ours": ({"_type": "huber", "type": "x"}, {"_type": "huber", "type": "x"}),
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
        "    class_path: A\n"
        "    init_args:\n"
        "      depth: 1  # shallow\n"
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
        "    depth: 1    # shallow\n"
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
