"""A project to run commands in."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import attrs
import pytest
from click.testing import CliRunner, Result

from registry.cli.commands import command
from registry.records import Record
from registry.revisions import Change
from registry.store_protocol import Store
from registry.stores import SQLiteStore

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

UNSET = (
    "NO_COLOR",
    "FORCE_COLOR",
    "REGISTRY_APP",
    "REGISTRY_DEBUG",
    "REGISTRY_SERVER_HOST",
    "REGISTRY_SERVER_PORT",
    "REGISTRY_TOKEN",
)

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
    for name in UNSET:
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


Records = Mapping[str, Mapping[str, Record | bytes | None]]
Fill = Callable[[Store | Path, Records], None]


@pytest.fixture
def fill() -> Fill:
    """Puts records into a store or the file of one, by namespace and name; None removes one."""

    def fill(where: Store | Path, records: Records) -> None:
        store = SQLiteStore(where) if isinstance(where, Path) else where
        for namespace, named in records.items():
            changes = [
                Change(name, record.to_bytes() if isinstance(record, Record) else record)
                for name, record in named.items()
            ]
            store.submit(namespace, changes, operation=uuid4().hex, author="anna").result(20)
        if isinstance(where, Path):
            store.close()

    return fill


Contents = dict[str, dict[str, bytes | None]]


@pytest.fixture
def contents() -> Callable[[Path], Contents]:
    """What the file of a store holds, by namespace and name."""

    def contents(file: Path) -> Contents:
        with SQLiteStore(file) as store:
            return {
                namespace: {stored.name: stored.record for stored in store.snapshot(namespace)}
                for namespace in store.namespaces()
            }

    return contents


@attrs.define
class Server:
    """A server in a process of its own."""

    process: "subprocess.Popen[str]"
    url: str
    announced: str


Serve = Callable[..., Server]


@pytest.fixture
def serve(project: Path) -> Iterator[Serve]:
    """Starts `python -m registry serve` with the arguments that are given, on a free port, and ends it."""
    started: list[subprocess.Popen[str]] = []
    log = (project / "server.log").open("a")

    def serve(*arguments: str, port: int = 0, command: tuple[str, ...] = ("serve",)) -> Server:
        process = subprocess.Popen(
            [sys.executable, "-m", "registry", *command, "--port", str(port), *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=project,
            env={name: value for name, value in os.environ.items() if name not in UNSET},
        )
        started.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"https?://\S+", line)
        assert found is not None, line + (project / "server.log").read_text()
        return Server(process, found[0], line)

    yield serve
    for process in started:
        process.kill()
        process.wait(20)
        assert process.stdout is not None
        process.stdout.close()
    log.close()


Certify = Callable[..., Path]


@pytest.fixture(scope="session")
def certify(tmp_path_factory: pytest.TempPathFactory) -> Certify:
    """Makes a folder with `cert.pem` and `key.pem` for some names, and `ca.pem` of the authority that signed it."""
    import trustme

    authority = trustme.CA()

    def certify(*names: str, ends: datetime | None = None) -> Path:
        folder = tmp_path_factory.mktemp("certificate")
        issued = authority.issue_cert(*names, not_after=ends)
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        issued.private_key_pem.write_to_path(str(folder / "key.pem"))
        for blob in issued.cert_chain_pems:
            blob.write_to_path(str(folder / "cert.pem"), append=True)
        return folder

    return certify


@pytest.fixture(scope="session")
def certificate(certify: Certify) -> Path:
    """A certificate for this machine."""
    return certify("127.0.0.1", "localhost")


@attrs.frozen
class Found:
    """What a doctor said."""

    code: int
    verdicts: dict[str, str]
    messages: dict[str, str]
    remedies: dict[str, str]


@pytest.fixture
def diagnose(run: Callable[..., Result]) -> Callable[..., Found]:
    """Runs the doctor; the last check of each name counts."""

    def diagnose(*arguments: str, **environment: str) -> Found:
        result = run("doctor", *arguments, "--format", "json", **environment)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        value = json.loads(result.stdout)
        checks = value["checks"]
        assert value["failed"] == sum(check["verdict"] == "failed" for check in checks)
        assert bool(value["failed"]) == bool(result.exit_code)
        for check in checks:
            if check["verdict"] == "failed":
                assert check["remedies"], check
        return Found(
            result.exit_code,
            {check["name"]: check["verdict"] for check in checks},
            {check["name"]: check["message"] for check in checks},
            {check["name"]: " ".join(check["remedies"]) for check in checks},
        )

    return diagnose
