"""Trains the pipeline that pipeline.yaml describes, then shows what happens to a file with mistakes."""

import os
import sys
from pathlib import Path

from sklearn.datasets import load_digits

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from estimators import catalog, estimators  # noqa: E402 - it stands beside this program, which can be run from anywhere


def train(config: Path) -> float:
    """Build what a config describes, train it on one half of the digits, and score it on the other."""
    experiment = catalog.build_file(config)
    digits = load_digits()
    train_part, test_part = next(experiment["split"].split(digits.data, digits.target))
    model = experiment["model"].fit(digits.data[train_part], digits.target[train_part])
    print(f"{config.name}: trained on {len(train_part)} digits, best {model.best_params_}")
    return float(model.score(digits.data[test_part], digits.target[test_part]))


def main() -> None:
    """Train from the good file, then check the broken one."""
    print(f"{len(estimators)} estimators are registered.")
    score = train(HERE / "pipeline.yaml")
    print(f"accuracy on digits it has not seen: {score:.3f}")

    print("\nThe same file with three mistakes, all found before anything is constructed:\n")
    for problem in catalog.check_file(os.path.relpath(HERE / "pipeline_broken.yaml")):
        print(problem, end="\n\n")


if __name__ == "__main__":
    main()
