"""The examples run, and show what they say."""

import difflib
import os
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(program: str, cwd: Path) -> list[str]:
    """What an example prints, line by line, run from some folder with warnings as errors."""
    result = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / program)], capture_output=True, text=True, cwd=cwd
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_a_pipeline_is_trained_from_one_file_and_its_broken_twin_is_explained(tmp_path: Path) -> None:
    lines = run("train_pipeline/train.py", tmp_path)
    (accuracy,) = (line for line in lines if line.startswith("accuracy"))
    assert float(accuracy.rpartition(" ")[2]) > 0.9

    broken = EXAMPLES / "train_pipeline" / "pipeline_broken.yaml"
    shown = os.path.relpath(broken, tmp_path)
    text = broken.read_text(encoding="utf-8").splitlines()
    located = [line.removeprefix(f"{shown}:") for line in lines if line.startswith(f"{shown}:")]
    marked = [line.partition("^")[2].lstrip("^ ") for line in lines if "^" in line]
    assert [line.partition(": ")[0] for line in located] == [
        f"{number}:{text[number - 1].index(wrong) + 1}"
        for wrong in ("fold}", "StandardScalar", "whitten")
        for number in (next(n for n, line in enumerate(text, 1) if wrong in line),)
    ]
    assert marked == ["did you mean 'folds'?", "did you mean 'StandardScaler'?", "did you mean 'whiten'?"]


def test_the_broken_pipeline_differs_from_the_good_one_in_its_three_mistakes() -> None:
    good, broken = (
        (EXAMPLES / "train_pipeline" / name).read_text(encoding="utf-8").splitlines()[1:]
        for name in ("pipeline.yaml", "pipeline_broken.yaml")
    )
    changed = [line for line in difflib.ndiff(good, broken) if line.startswith("+ ")]
    assert len(changed) == 3


def test_forty_detectors_are_built_with_every_node_once(tmp_path: Path) -> None:
    *each, total = run("detectors/build.py", tmp_path)
    assert len(each) == 40
    assert total.startswith("40 configs, ")
