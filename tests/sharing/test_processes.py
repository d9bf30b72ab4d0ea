"""Processes that share a namespace: with and without the code, trusted or not, spawned, and coming to their end."""

import multiprocessing
import pickle
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from server.running import least, running
from sharing import acme, spawned
from sharing.processes import PATIENCE, run, served, start

from registry import (
    MemoryBackend,
    MemoryStore,
    Reference,
    Registry,
    RemoteBackend,
    ResolutionError,
    SQLiteBackend,
    StoredBackend,
    layered,
    read_only,
)
from registry.errors import UntrustedReferenceError

NAMESPACE = "research.losses"

LIBRARY = '''
"""Losses of another team."""

def huber(prediction: float, target: float, delta: float = 1.0) -> float:
    """Quadratic near zero, linear beyond."""
    return delta

class Model:
    def __init__(self, layers: int = 3) -> None:
        self.layers = layers
'''

PREAMBLE = """
import json, sys, warnings
from registry import Registry, RemoteBackend, SQLiteBackend
from registry.errors import *

def backend(**options):
    make = RemoteBackend if sys.argv[1].startswith("http") else SQLiteBackend
    return make(sys.argv[1], namespace="research.losses", **options)
"""

REGISTER = (
    PREAMBLE
    + """
import losslib.losses
with backend() as shared:
    registry = Registry("losses", backend=shared)
    registry.register("huber", losslib.losses.huber, tags=("robust",), description="Robust.", aliases=("h",))
    registry.register("model", losslib.losses.Model)
    print(json.dumps(list(registry)))
"""
)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder with a package that this process cannot import."""
    folder = tmp_path / "elsewhere"
    (folder / "losslib").mkdir(parents=True)
    (folder / "losslib" / "__init__.py").touch()
    (folder / "losslib" / "losses.py").write_text(LIBRARY)
    return folder


@pytest.fixture(params=["file", "server"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        yield str(tmp_path / "registry.db")
    else:
        with MemoryStore() as store, running(store) as server:
            yield server.url


def backend_at(address: str, **options: Any) -> StoredBackend[Any]:
    make: Any = RemoteBackend if address.startswith("http") else SQLiteBackend
    made: StoredBackend[Any] = make(address, namespace=NAMESPACE, **options)
    return made


def test_what_others_registered_can_be_listed_and_checked_without_their_code(address: str, library: Path) -> None:
    assert run(REGISTER, address, folders=[library]) == ["huber", "model"]
    with backend_at(address) as backend:
        registry = Registry[Any, Any, Any]("losses", backend=backend)
        assert list(registry) == ["huber", "model"]
        entry = registry.entry("h")
        assert (entry.name, entry.tags, entry.description) == ("huber", {"robust"}, "Robust.")
        assert entry.target == Reference("losslib.losses:huber")
        assert [found.name for found in registry.find(tags="robust")] == ["huber"]
        schema = registry.schema("huber")
        assert list(schema.parameters) == ["prediction", "target", "delta"]
        assert schema.parameters["delta"].default == 1.0
        problems = registry.check({"_type": "model", "layer": 3})
        assert [problem.code for problem in problems] == ["unknown-parameter"]
        assert "layers" in str(problems[0])
        assert registry.check({"_type": "model", "layers": 3}) == []
        with pytest.raises(UntrustedReferenceError) as caught:
            registry["huber"]
        assert "allow=('losslib.losses',)" in str(caught.value)
        allowed = caught.value.context["allow"]
    with backend_at(address, allow=allowed[:1]) as backend:
        trusting = Registry[Any, Any, Any]("losses", backend=backend)
        with pytest.raises(ResolutionError, match="cannot be imported here") as missing:
            trusting["huber"]
        assert not isinstance(missing.value, UntrustedReferenceError)


BUILD = (
    PREAMBLE
    + """
import sys
with backend() as shared:
    registry = Registry("losses", backend=shared)
    try:
        registry.build({"_type": "model"})
    except ConfigError as error:
        refused = error.problems
    assert "losslib" not in sys.modules, "imported before it was decided"
    assert [problem.code for problem in refused] == ["untrusted-reference"]
    advice = refused[0].suggestions[0]
    allow = eval(advice[advice.index("(") : advice.index(")") + 1])  # what the message says, to the letter
with backend(allow=allow) as shared:
    registry = Registry("losses", backend=shared)
    print(json.dumps([registry.build({"_type": "model", "layers": 5}).layers, allow]))
"""
)


def test_what_others_registered_is_built_when_it_is_allowed(address: str, library: Path) -> None:
    run(REGISTER, address, folders=[library])
    layers, allow = run(BUILD, address, folders=[library])
    assert layers == 5
    assert allow in (["losslib.losses"], ["losslib.losses:Model"])


SAME_CODE = (
    PREAMBLE
    + """
import losslib.losses
with backend() as shared:
    registry = Registry("losses", backend=shared)
    registry.register("model", losslib.losses.Model)
    print(json.dumps(registry.build({"_type": "model"}).layers))
"""
)


def test_nodes_that_register_the_same_code_need_no_permission(address: str, library: Path) -> None:
    run(REGISTER, address, folders=[library])
    assert run(SAME_CODE, address, folders=[library]) == 3


OTHER_VERSION = (
    PREAMBLE
    + """
import losslib.losses
def changed(prediction: float, target: float, gamma: float = 1.0) -> float: ...
changed.__module__, changed.__qualname__ = "losslib.losses", "huber"
losslib.losses.huber = changed
with backend() as shared:
    registry = Registry("losses", backend=shared)
    try:
        registry.register("huber", changed)
    except DuplicateEntryError as error:
        print(json.dumps(error.message))
"""
)


def test_the_same_reference_with_another_signature_is_another_definition(address: str, library: Path) -> None:
    run(REGISTER, address, folders=[library])
    assert "has another signature there" in run(OTHER_VERSION, address, folders=[library])


def test_a_registration_is_seen_by_another_process_at_once(address: str, library: Path) -> None:
    with backend_at(address) as backend:
        registry = Registry[Any, Any, Any]("losses", backend=backend)
        assert len(registry) == 0
        process = start(REGISTER + "    sys.stdin.readline()\n", address, folders=[library])
        assert process.stdout is not None
        assert process.stdout.readline()
        told = time.monotonic()
        while "model" not in registry:
            assert time.monotonic() - told < 10.0
            time.sleep(0.001)
        process.communicate("\n", timeout=30)


# ---------------------------------------------------------------------------------------------- spawned workers


def test_a_registry_goes_to_spawned_workers_and_is_shared_with_them(address: str) -> None:
    with backend_at(address, allow=("sharing.*",)) as backend:
        registry = Registry[Any, Any, Any]("losses", backend=backend)
        registry.register("huber", acme.huber)
        registry.register("optimizer", acme.Optimizer)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            assert pool.apply(spawned.build, (registry, {"_type": "optimizer", "rate": 0.5})) == acme.Optimizer(0.5)
            pool.apply(spawned.register, (registry, "mse"))
            deadline = time.monotonic() + PATIENCE
            while "mse" not in registry:
                assert time.monotonic() < deadline
                time.sleep(0.001)
            pool.close()
            pool.join()
        assert registry["mse"] is acme.mse


# ---------------------------------------------------------------------------------------------- the end of a process

ENDINGS = {
    "never used": "",
    "mirrored": "list(shared)",
    "after a write": "registry.register('dumps', json.dumps)",
    "with a snapshot file": "shared = backend(snapshot=sys.argv[2]); list(shared)",
    "many namespaces": "others = [backend() for _ in range(20)]; [len(other) for other in others]",
    "every read asks": "shared = backend(max_staleness=0); list(shared)",
    "in the middle of reads": (
        "import threading\n"
        "def read():\n"
        "    while True: list(shared)\n"
        "[threading.Thread(target=read, daemon=True).start() for _ in range(4)]"
    ),
}


LONGEST = 2.0
"""Seconds from the last statement to the end of the process."""


def seconds_to_end(process: "subprocess.Popen[str]") -> float:
    """How long a process that says when it has nothing more to do takes to end, which it does well."""
    assert process.stdout is not None
    assert process.stdout.readline() == "ended\n"
    began = time.monotonic()
    _, errors = process.communicate(timeout=PATIENCE)
    took = time.monotonic() - began
    assert (process.returncode, errors) == (0, "")
    return took


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS.keys())
def test_a_forgotten_backend_does_not_hold_up_the_end(address: str, ending: str, tmp_path: Path) -> None:
    code = (
        f"{PREAMBLE}\nshared = backend()\nregistry = Registry('losses', backend=shared)\n{ending}\n"
        "print('ended', flush=True)\n"
    )
    assert least(lambda: seconds_to_end(start(code, address, tmp_path / "file")), LONGEST) < LONGEST


WHEN_GONE = """
sys.stdout.flush()
shared = backend(timeout=1.0)
registry = Registry('losses', backend=shared)
registry.register('dumps', json.dumps)
print('used', flush=True)
sys.stdin.readline()
try:
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        registry.register('loads', json.loads)
except (RemoteError, BackendError):
    pass
print('ended', flush=True)
"""


def seconds_to_end_without_a_server(fate: str) -> float:
    with served() as server:
        process = start(PREAMBLE + WHEN_GONE, server.url)
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "used\n"
        getattr(server, fate)()
        process.stdin.write("\n")
        process.stdin.flush()
        return seconds_to_end(process)


@pytest.mark.parametrize("fate", ["freeze", "kill"])
def test_a_server_that_is_gone_does_not_hold_up_the_end(fate: str) -> None:
    assert least(lambda: seconds_to_end_without_a_server(fate), LONGEST) < LONGEST


UNPICKLE = """
import json, pickle, sys
with open(sys.argv[1], "rb") as file:
    registry = pickle.load(file)
print(json.dumps({name: str(registry[name]) for name in registry}))
"""


@pytest.mark.parametrize("build", [lambda shared: layered(shared, MemoryBackend()), read_only])
def test_what_stands_behind_another_backend_travels_like_what_is_shared(
    build: Any, address: str, tmp_path: Path
) -> None:
    """The worker reads it from the store, and may resolve what this process registered."""
    with backend_at(address) as writing, backend_at(address) as shared:
        Registry[Any]("data", backend=writing).register("data", {"a": 1})
        Registry[Any]("mine", backend=shared).register("huber", acme.huber)
        seen = Registry[Any]("seen", backend=build(shared))
        assert seen["data"] == {"a": 1}
        assert seen["huber"] is acme.huber
        (tmp_path / "pickle").write_bytes(pickle.dumps(seen))
    arrived = run(UNPICKLE, tmp_path / "pickle")
    assert arrived["data"] == "{'a': 1}"
    assert arrived["huber"].startswith("<function huber")
