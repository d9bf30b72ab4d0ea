"""`registry new`."""

import keyword
from pathlib import Path

import click

from registry.cli.output import safe, write
from registry.distribution import DISTRIBUTION, __version__
from registry.errors import ValidationError
from registry.names import quote

PYPROJECT = f"""\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{{name}}"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["{DISTRIBUTION}>={__version__}"]

[tool.setuptools]
packages = ["{{name}}"]

[tool.registry]
app = "{{name}}:losses"
include = ["configs"]
"""

PACKAGE = '''\
"""Losses, built from configs."""

from typing import Protocol

from registry import function_registry


class Loss(Protocol):
    """What every loss can be called with."""

    def __call__(self, prediction: float, target: float) -> float: ...


losses = function_registry("losses", signature=Loss, discover=["{name}"])
'''

LOSSES = '''\
"""The losses of this project."""

from {name} import losses


@losses.register
def squared(prediction: float, target: float, weight: float = 1.0) -> float:
    """The squared error.

    Args:
        weight: Multiplies the error.
    """
    return weight * (prediction - target) ** 2


@losses.register(aliases=["smooth_l1"])
def huber(prediction: float, target: float, delta: float = 1.0) -> float:
    """The squared error near the target, the absolute error away from it.

    Args:
        delta: Where one becomes the other.
    """
    error = abs(prediction - target)
    return 0.5 * error**2 if error <= delta else delta * (error - 0.5 * delta)
'''

CONFIG = """\
# Check it with `registry check configs`, build it with `registry build configs/example.yaml`.

training:
  epochs: 10
  loss: {_type: huber, delta: 0.5}
"""

TESTS = '''\
"""Every config can be built."""

from pathlib import Path

import pytest

from {name} import losses

CONFIGS = sorted(Path(__file__).parents[1].glob("configs/*.yaml"))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)
def test_a_config_has_no_mistakes(config: Path) -> None:
    assert losses.check_file(config) == []


def test_the_example_builds_a_loss_that_works() -> None:
    built = losses.build_file("configs/example.yaml", path="training.loss")
    assert built(3.0, 1.0) == 0.5 * (2.0 - 0.25)
'''


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def new(folder: Path) -> None:
    """Start a small project: a registry, a config, a test."""
    name = folder.name.replace("-", "_")
    if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
        raise ValidationError(
            f"{quote(name)} cannot be the name of a package.", suggestions=["Use letters, digits and underscores."]
        )
    if folder.exists() and any(folder.iterdir()):
        raise ValidationError(
            f"The folder {quote(str(folder))} is not empty.", suggestions=["Name one that does not exist yet."]
        )
    files = {
        "pyproject.toml": PYPROJECT,
        f"{name}/__init__.py": PACKAGE,
        f"{name}/losses.py": LOSSES,
        "configs/example.yaml": CONFIG,
        "tests/test_configs.py": TESTS,
    }
    for file, text in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{name}", name), encoding="utf-8")
        write(safe(path))
    write(safe(f"\nNow try:\n  cd {folder}\n  registry list\n  registry check configs"))
