"""A project to run commands in."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from registry.cli.commands import command

APP = '''\
"""A shop of losses and models."""

from registry import Catalog, Reference, Registry

losses = Registry("losses")
models = Registry("models")


@losses.register(aliases=["smooth_l1"], tags=["robust"])
def huber(prediction: float, target: float = 0.0, delta: float = 1.0) -> float:
    """The squared error near the target, the absolute error away from it.

    Args:
        delta: Where one becomes the other.
    """
    return delta


@losses.register(deprecated="Use 'huber'.")
def absolute(prediction: float) -> float:
    return prediction


class Resnet:
    """A residual network."""

    def __init__(self, depth: int = 18, loss: object = None) -> None:
        self.depth = depth
        self.loss = loss

    def __repr__(self) -> str:
        return f"Resnet(depth={self.depth}, loss={self.loss})"


models.register("resnet", Resnet)
models.register("lazy", Reference("lazy_module:Lazy"))
catalog = Catalog(losses, models)
number = 3
'''

GOOD = """\
model:
  _type: resnet
  depth: 34
  loss: {_type: huber, prediction: 1.0, delta: 0.5}
"""

BROKEN = """\
model:
  _type: resnt
  loss: {_type: huber, prediction: 1.0, delt: 0.5}
"""

PYPROJECT = """\
[tool.registry]
app = "shop:catalog"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with an application and two configs; the working folder while the test runs."""
    files = {
        "pyproject.toml": PYPROJECT,
        "shop.py": APP,
        "lazy_module.py": "raise RuntimeError('imported')\n",
        "configs/good.yaml": GOOD,
        "configs/broken.yaml": BROKEN,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("NO_COLOR", "FORCE_COLOR", "REGISTRY_APP", "REGISTRY_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(sys.modules[name].__file__).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def run(project: Path) -> Callable[..., Result]:
    """Runs the command in the project, in this process."""

    def run(*arguments: str, **environment: str) -> Result:
        return CliRunner().invoke(command, arguments, env=environment, prog_name="registry")

    return run
