"""Registries and catalogs over one namespace, on every tier: what one does, the other sees."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs
import pytest
from server.running import running
from sharing import acme

from registry import (
    Catalog,
    ConfigError,
    DuplicateEntryError,
    EntryNotFoundError,
    MemoryBackend,
    MemoryStore,
    NotShareableError,
    Reference,
    Registry,
    RegistryError,
    RemoteBackend,
    SQLiteStore,
    StoredBackend,
    ValidationError,
    function_registry,
    layered,
    read_only,
    type_registry,
)
from registry.backends import TransactionalLayeredBackend

NAMESPACE = "research.losses"
PATIENCE = 30.0

Backends = Callable[..., StoredBackend[Any]]
"""Makes a backend over the same namespace as the others that it makes, each as another process would have it."""


def memory(stack: ExitStack, folder: Path) -> Backends:
    store = stack.enter_context(MemoryStore())
    return lambda **options: stack.enter_context(StoredBackend(store, **{"namespace": NAMESPACE, **options}))


def sqlite(stack: ExitStack, folder: Path) -> Backends:
    def make(**options: Any) -> StoredBackend[Any]:
        store = stack.enter_context(SQLiteStore(folder / "registry.db"))
        return stack.enter_context(StoredBackend(store, **{"namespace": NAMESPACE, **options}))

    return make


def remote(stack: ExitStack, folder: Path) -> Backends:
    store = stack.enter_context(MemoryStore())
    server = stack.enter_context(running(store))
    return lambda **options: stack.enter_context(RemoteBackend(server.url, **{"namespace": NAMESPACE, **options}))


def asking(stack: ExitStack, folder: Path) -> Backends:
    make = memory(stack, folder)
    return lambda **options: make(max_staleness=0, **options)


TIERS = {"memory": memory, "sqlite": sqlite, "remote": remote, "every read asks": asking}


@pytest.fixture(params=TIERS.values(), ids=TIERS.keys())
def backends(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backends]:
    with ExitStack() as stack:
        yield request.param(stack, tmp_path)


@pytest.fixture
def pair(backends: Backends) -> tuple[Registry[Any, Any, Any], Registry[Any, Any, Any]]:
    return Registry("losses", backend=backends()), Registry("losses", backend=backends())


def eventually(holds: Callable[[], object], seconds: float = PATIENCE) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


Pair = tuple[Registry[Any, Any, Any], Registry[Any, Any, Any]]


def test_what_one_registers_the_other_looks_up_and_builds(pair: Pair) -> None:
    here, there = pair
    assert len(there) == 0
    assert here.register("huber", acme.huber) is acme.huber
    assert here["huber"] is acme.huber
    assert eventually(lambda: "huber" in there)
    assert there["huber"] is acme.huber
    assert there.entry("huber").description == here.entry("huber").description
    here.register("optimizer", acme.Optimizer)
    assert eventually(lambda: "optimizer" in there)
    assert there.build({"_type": "optimizer", "rate": 0.5}) == acme.Optimizer(0.5)
    assert there.check({"_type": "optimizer", "rates": 0.5})[0].code == "unknown-parameter"


def test_aliases_tags_metadata_and_deprecations_travel(pair: Pair) -> None:
    here, there = pair
    here.register("huber", acme.huber, aliases=("smooth_l1", "h"), tags=("robust",), description="Robust.", year=1964)
    here.register("mse", acme.mse, deprecated="Use 'huber'.")
    assert eventually(lambda: "mse" in there)
    assert sorted(there) == ["huber", "mse"]
    assert there["smooth_l1"] is acme.huber
    entry = there.entry("h")
    assert (entry.name, entry.tags, entry.description, entry.metadata["year"]) == ("huber", {"robust"}, "Robust.", 1964)
    assert [found.name for found in there.find(tags="robust", year=1964)] == ["huber"]
    with pytest.warns(DeprecationWarning, match="Use 'huber'"):
        assert there["mse"] is acme.mse
    there.unregister("smooth_l1")
    assert eventually(lambda: "smooth_l1" not in here)
    assert here.entry("huber").aliases == ("h",)
    here.unregister("huber")
    assert "h" not in here
    assert eventually(lambda: "h" not in there and "huber" not in there)


def test_data_is_shared_as_data(pair: Pair) -> None:
    here, there = pair
    here.register("defaults", {"delta": 1.0, "names": ["a", "b"]})
    assert eventually(lambda: "defaults" in there)
    assert there["defaults"] == {"delta": 1.0, "names": ["a", "b"]}
    here.register("sgd", acme.Optimizer(0.25))
    assert eventually(lambda: "sgd" in there)
    assert there["sgd"] == acme.Optimizer(0.25)


def test_a_name_that_another_has_is_refused_with_where_it_was_registered(pair: Pair) -> None:
    here, there = pair
    here.register("loss", acme.huber)
    with pytest.raises(DuplicateEntryError) as caught:
        there.register("loss", acme.mse)
    assert "test_registries.py" in caught.value.message
    assert "acme:huber" in caught.value.message
    assert eventually(lambda: there["loss"] is acme.huber)
    there.register("loss", acme.mse, replace=True)
    assert there["loss"] is acme.mse
    assert eventually(lambda: here["loss"] is acme.mse)
    there.register("loss", acme.mse)
    here.unregister("loss")
    assert eventually(lambda: "loss" not in there)
    with pytest.raises(EntryNotFoundError):
        there["loss"]
    with pytest.raises(EntryNotFoundError):
        there.unregister("loss")


def test_a_batch_is_registered_as_a_whole_or_not_at_all(pair: Pair) -> None:
    here, there = pair
    there.register("b", acme.huber)
    assert eventually(lambda: "b" in here)
    with pytest.raises(RegistryError, match="1 of 3 was refused"):
        here.register_many({"a": acme.huber, "b": acme.mse, "c": acme.mse})
    assert list(here) == ["b"]
    result = here.register_many({"a": acme.huber, "b": acme.mse, "c": acme.mse}, on_error="collect")
    assert result.registered == ("a", "c")
    assert list(result.errors) == ["b"]
    assert eventually(lambda: set(there) == {"a", "b", "c"})
    here.register_many({"d": acme.huber, "e": acme.mse})
    assert eventually(lambda: set(there) == {"a", "b", "c", "d", "e"})
    there.clear()
    assert list(there) == []
    assert eventually(lambda: list(here) == [])


def test_many_entries_are_cleared_in_parts(pair: Pair) -> None:
    here, there = pair
    here.register_many(acme.numbered(250))
    assert eventually(lambda: len(there) == 250)
    there.clear()
    assert eventually(lambda: len(here) == 0)


def test_registering_again_what_is_there_writes_nothing(pair: Pair) -> None:
    here, there = pair
    here.register("huber", acme.huber, tags=("robust",))
    assert eventually(lambda: "huber" in there)
    before = there.entry("huber").received.revision
    there.register("huber", acme.huber, tags=("robust",))
    assert there.entry("huber").received.revision == before
    there.register("huber", acme.huber, tags=("other",))
    assert there.entry("huber").received.revision > before
    assert eventually(lambda: here.entry("huber").tags == {"other"})


def test_what_cannot_be_shared_is_refused_at_registration(pair: Pair) -> None:
    here, _ = pair

    def local() -> None: ...

    with pytest.raises(NotShareableError, match="inside a function"):
        here.register("local", local)
    with pytest.raises(NotShareableError, match="lambda"):
        here.register("function", lambda: None)
    assert len(here) == 0


def test_a_lazy_entry_is_imported_where_it_is_needed(pair: Pair) -> None:
    here, there = pair
    here.register("dumps", Reference("json:dumps"))
    assert here.entry("dumps").is_lazy
    assert eventually(lambda: "dumps" in there)
    assert there["dumps"] is json.dumps
    assert there["dumps"] is json.dumps
    assert here["dumps"] is json.dumps
    with pytest.raises(DuplicateEntryError):
        there.register("dumps", Reference("json:loads"))


def test_validators_look_at_what_arrives(backends: Backends) -> None:
    here = Registry[Any, Any, Any]("models", backend=backends())
    there = type_registry("models", base=acme.Trainer, backend=backends())
    here.register("optimizer", acme.Optimizer)
    here.register("trainer", acme.Trainer)
    assert eventually(lambda: "trainer" in there)
    assert there["trainer"] is acme.Trainer
    with pytest.raises(ValidationError, match="Trainer"):
        there["optimizer"]


def test_a_catalog_builds_across_namespaces(backends: Backends) -> None:
    def catalog() -> Catalog:
        optimizers = Registry[Any, Any, Any]("optimizers", backend=backends(namespace="research.optimizers"))
        trainers = Registry[Any, Any, Any]("trainers", backend=backends(namespace="research.trainers"))
        return Catalog(optimizers, trainers)

    here, there = catalog(), catalog()
    here["optimizers"].register("sgd", acme.Optimizer)
    here["trainers"].register("simple", acme.Trainer)
    assert eventually(lambda: "sgd" in there["optimizers"] and "simple" in there["trainers"])
    config = {"_type": "simple", "optimizer": {"_type": "sgd", "rate": 0.5}, "epochs": 3}
    assert there.build(config) == acme.Trainer(acme.Optimizer(0.5), 3)
    with pytest.raises(ConfigError):
        there.build({"_type": "simple", "optimizer": {"_type": "sdg"}})
    plan = there.plan(config)
    here["optimizers"].unregister("sgd")
    assert plan.build() == acme.Trainer(acme.Optimizer(0.5), 3)


def test_open_parameters_are_the_same_everywhere(backends: Backends) -> None:
    here = function_registry("losses", signature=Callable[[float, float], float], backend=backends())
    there = function_registry("losses", signature=Callable[[float, float], float], backend=backends())
    here.register("huber", acme.huber)
    assert eventually(lambda: "huber" in there)
    assert there.schema("huber").parameters == here.schema("huber").parameters
    assert there.schema("huber").parameters["target"].open
    assert there.build({"_type": "huber", "delta": 0.5})(0.0, 2.0) == acme.huber(0.0, 2.0, 0.5)


def test_an_overlay_covers_what_is_shared_and_leaves_it_alone(pair: Pair) -> None:
    here, there = pair
    here.register("loss", acme.huber)
    assert eventually(lambda: "loss" in there)

    def fake() -> None: ...

    with there.overlay({"loss": fake}):
        assert there["loss"] is fake
        assert here["loss"] is acme.huber
    assert there["loss"] is acme.huber


def test_iteration_does_not_decode_and_does_not_import(pair: Pair) -> None:
    here, there = pair
    here.register("x", Reference("a_module_that_is_missing:thing"))
    assert eventually(lambda: "x" in there)
    assert list(there) == ["x"]
    assert there.entry("x").is_lazy
    assert repr(there)


# ---------------------------------------------------------------------------------------------- composed


def test_layers_in_front_of_a_shared_backend_notice_changes(backends: Backends) -> None:
    here = Registry[Any, Any, Any]("losses", backend=backends())
    mine: Any = layered(MemoryBackend(), backends())
    there = Registry[Any, Any, Any]("losses", backend=mine)
    here.register("loss", acme.huber)
    assert eventually(lambda: "loss" in there)
    assert there["loss"] is acme.huber
    there.register("mine", lambda: 1)
    assert "mine" not in here
    here.register("loss", acme.mse, replace=True)
    assert eventually(lambda: there["loss"] is acme.mse)
    with pytest.raises(DuplicateEntryError):
        there.register("loss", acme.huber)
    there.register("loss", acme.huber, replace=True)
    assert there["loss"] is acme.huber
    assert here["loss"] is acme.mse
    here.unregister("loss")
    there.unregister("loss")
    assert eventually(lambda: "loss" not in there)


@pytest.mark.parametrize(("layers", "refused"), [(layered, True), (TransactionalLayeredBackend, False)])
@pytest.mark.parametrize("aliases", [(), ("other",)])
def test_two_that_register_one_name_in_a_shared_front_layer_are_told_apart(
    layers: Any, refused: bool, aliases: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin writes to its first layer without saying what it saw there, and overwrites the other."""
    submit = MemoryStore.submit
    with MemoryStore() as store, ExitStack() as closing:
        backends = [closing.enter_context(StoredBackend(store, namespace=NAMESPACE)) for _ in range(2)]
        first, second = (Registry[Any]("losses", backend=layers(backend, MemoryBackend())) for backend in backends)
        assert [len(first), len(second)] == [0, 0]
        waiting = [lambda: second.register("loss", acme.mse, aliases=["another"])]

        def overtaken(*arguments: Any, **options: Any) -> Any:
            if waiting:
                waiting.pop()()
            return submit(*arguments, **options)

        monkeypatch.setattr(MemoryStore, "submit", overtaken)
        if refused or not aliases:  # a name alone is claimed by setdefault
            with pytest.raises(DuplicateEntryError, match="loss"):
                first.register("loss", acme.huber, aliases=aliases)
            assert second["loss"] is acme.mse
        else:
            first.register("loss", acme.huber, aliases=aliases)
            assert eventually(lambda: second["loss"] is acme.huber)


def test_what_a_lower_layer_has_is_covered_and_seen_again_in_a_shared_front_layer(backends: Backends) -> None:
    below = MemoryBackend[Any, Any]()
    Registry[Any, Any, Any]("below", backend=below).register("loss", acme.mse)
    there: Any = Registry("losses", backend=layered(backends(), layered(below)))
    there.register("loss", acme.huber, aliases=["robust"], replace=True)
    assert (there["loss"], there["robust"]) == (acme.huber, acme.huber)
    there.unregister("loss")
    assert there["loss"] is acme.mse
    assert "robust" not in there
    with pytest.raises(RegistryError, match="cannot be removed"):
        there.unregister("loss")
    deeper: Any = Registry("losses", backend=layered(layered(backends(), below), MemoryBackend()))
    deeper.register("loss", acme.huber, aliases=["robust"], replace=True)
    assert deeper["robust"] is acme.huber


def test_a_read_only_view_of_a_shared_backend_notices_changes(backends: Backends) -> None:
    here = Registry[Any, Any, Any]("losses", backend=backends())
    there = Registry[Any, Any, Any]("losses", backend=read_only(backends()))
    here.register("loss", acme.huber)
    assert eventually(lambda: "loss" in there)
    assert there["loss"] is acme.huber
    assert list(there) == ["loss"]
    with pytest.raises(RegistryError, match="read-only"):
        there.register("other", acme.mse)
    here.register("loss", acme.mse, replace=True)
    assert eventually(lambda: there["loss"] is acme.mse)
    here.unregister("loss")
    assert eventually(lambda: "loss" not in there)


def test_a_registry_can_be_made_over_a_backend_that_is_in_use(backends: Backends) -> None:
    Registry[Any, Any, Any]("first", backend=backends()).register("loss", acme.huber)
    backend = backends()
    assert eventually(lambda: "loss" in backend)
    again = Registry[Any, Any, Any]("second", backend=backend)
    assert again["loss"] is acme.huber


def test_making_a_registry_opens_nothing() -> None:
    away = RemoteBackend("http://127.0.0.1:9", namespace=NAMESPACE, timeout=1.0)
    for backend in (away, read_only(away), layered(MemoryBackend(), away)):
        registry = Registry[Any, Any, Any]("losses", backend=backend)
        assert registry.name == "losses"
    assert away._link is None


@attrs.define
class Unknown:
    """Registered by nobody."""


def test_a_class_that_nobody_registered_is_no_entry(pair: Pair) -> None:
    here, there = pair
    here.register("optimizer", acme.Optimizer)
    assert eventually(lambda: "optimizer" in there)
    assert there.entry("optimizer").target == Reference("sharing.acme:Optimizer")
