"""Registries that build together: which one a name means."""

import math
from collections import OrderedDict
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs
import pytest

from registry import (
    Catalog,
    ConfigError,
    DuplicateEntryError,
    Reference,
    Registry,
    RegistryNotFoundError,
    function_registry,
    type_registry,
)


class Model:
    def __init__(self, depth: int = 1, inner: "Model | None" = None) -> None:
        self.depth = depth
        self.inner = inner


class Deep(Model):
    pass


class Optimizer:
    def __init__(self, rate: float = 0.1) -> None:
        self.rate = rate


class Momentum(Optimizer):
    pass


@attrs.define
class Trainer:
    model: Model
    optimizer: Optimizer
    anything: object = None
    models: list[Model] = attrs.field(factory=list)
    loss: Callable[[float, float], float] | None = None


def make_anything(value: int = 0) -> str:
    return f"anything {value}"


@pytest.fixture
def catalog() -> Catalog:
    models = type_registry("models", base=Model)
    models.register("deep", Deep)
    models.register("plain", Model)
    models.register("shared", Deep)
    optimizers = type_registry("optimizers", base=Optimizer)
    optimizers.register("momentum", Momentum, deprecated="use 'plain'")
    optimizers.register("plain", Optimizer)
    losses = function_registry("losses", signature=Callable[[float, float], float])

    @losses.register
    def scaled(prediction: float, target: float, *, scale: float = 1.0) -> float:
        return scale * abs(prediction - target)

    trainers = Registry[Any]("trainers")
    trainers.register("trainer", Trainer)
    trainers.register("make", make_anything)
    trainers.register("shared", make_anything)
    return Catalog(models, optimizers, losses, trainers)


def codes(catalog: Catalog, config: Any, **options: Any) -> list[str]:
    return [problem.code for problem in catalog.check(config, **options)]


# ---------------------------------------------------------------------------------------------- which one


def test_a_name_means_the_registry_that_is_bound_to_the_annotation(catalog: Catalog) -> None:
    trainer = catalog.build({"_type": "trainer", "model": {"_type": "plain"}, "optimizer": {"_type": "plain"}})
    assert type(trainer.model) is Model
    assert type(trainer.optimizer) is Optimizer


def test_an_annotation_with_none_and_one_inside_a_list_bind_too(catalog: Catalog) -> None:
    inner = {"_type": "plain", "inner": {"_type": "shared"}}
    trainer = catalog.build(
        {"_type": "trainer", "model": inner, "optimizer": {"_type": "plain"}, "models": [{"_type": "plain"}, inner]}
    )
    assert type(trainer.model.inner) is Deep
    assert [type(model) for model in trainer.models] == [Model, Model]


def test_a_signature_binds_as_a_base_does(catalog: Catalog) -> None:
    config = {"_type": "trainer", "model": {"_type": "deep"}, "optimizer": {"_type": "plain"}}
    trainer = catalog.build({**config, "loss": {"_type": "scaled", "scale": 2.0}})
    assert trainer.loss(1.0, 4.0) == 6.0


def test_an_explicit_registry_counts_most(catalog: Catalog) -> None:
    assert type(catalog.build({"_type": "plain", "_registry": "optimizers"})) is Optimizer
    wrong = {"_type": "deep", "inner": {"_type": "plain", "_registry": "optimizers"}}
    assert codes(catalog, wrong) == ["wrong-type"]


def test_else_the_parents_own_registry_counts(catalog: Catalog) -> None:
    config = {
        "_type": "trainer",
        "model": {"_type": "deep"},
        "optimizer": {"_type": "plain"},
        "anything": {"_type": "shared"},
    }
    assert catalog.build(config).anything == "anything 0"


def test_else_the_only_one_that_has_the_name(catalog: Catalog) -> None:
    assert type(catalog.build("deep")) is Deep
    assert type(catalog.build({"a": [{"_type": "deep"}]})["a"][0]) is Deep


def test_two_candidates_are_a_problem_that_names_both(catalog: Catalog) -> None:
    (problem,) = catalog.check({"_type": "plain"})
    assert problem.code == "ambiguous-name"
    assert problem.message == "'plain' is an entry of 'models' and of 'optimizers'."
    assert problem.suggestions == (
        "Say which is meant: '_registry: models'.",
        "Say which is meant: '_registry: optimizers'.",
    )


def test_a_name_that_the_bound_registry_lacks_is_looked_for_elsewhere(catalog: Catalog) -> None:
    catalog["trainers"].register("special", Deep)
    config = {"_type": "trainer", "model": {"_type": "special"}, "optimizer": {"_type": "plain"}}
    assert type(catalog.build(config).model) is Deep


def test_an_unknown_name_gets_the_close_matches_of_all(catalog: Catalog) -> None:
    (problem,) = catalog.check({"_type": "momentun"})
    assert problem.code == "entry-not-found"
    assert problem.message == (
        "No registry of the catalog ('models', 'optimizers', 'losses', 'trainers') has an entry 'momentun'."
    )
    assert problem.suggestions == ("did you mean 'momentum'?",)


def test_an_unknown_name_for_an_annotation_gets_those_of_the_bound_registry(catalog: Catalog) -> None:
    config = {"_type": "trainer", "model": {"_type": "dep"}, "optimizer": {"_type": "plain"}}
    (problem,) = catalog.check(config)
    assert (problem.message, problem.suggestions) == ("'models' has no entry 'dep'.", ("did you mean 'deep'?",))
    assert problem.path == "model._type"


def test_a_name_that_only_another_registry_has_says_which(catalog: Catalog) -> None:
    (problem,) = catalog.check({"_type": "momentum", "_registry": "models"})
    assert problem.code == "entry-not-found"
    assert problem.suggestions == ("Write '_registry: optimizers', which has it.",)


def test_an_unknown_registry_gets_close_matches(catalog: Catalog) -> None:
    (problem,) = catalog.check({"_type": "deep", "_registry": "model"})
    assert problem.code == "registry-not-found"
    assert problem.path == "_registry"
    assert problem.suggestions == ("did you mean 'models'?",)


def test_an_alias_means_its_target_in_every_rule(catalog: Catalog) -> None:
    catalog["models"].register("deeper", Deep, aliases=["abyss"])
    assert type(catalog.build("abyss")) is Deep
    assert type(catalog.build({"_type": "abyss", "_registry": "models"})) is Deep


def test_registries_that_are_bound_alike_are_told_apart_by_the_parent_or_not_at_all() -> None:
    first, second = type_registry("first", base=Model), type_registry("second", base=Model)
    for registry in (first, second):
        registry.register("plain", Model)
    second.register("deep", Deep)
    catalog = Catalog(first, second)
    assert type(catalog.build({"_type": "deep", "inner": {"_type": "plain"}}).inner) is Model
    outer = Registry[Any]("outer")
    outer.register("trainer", Trainer)
    both = Catalog(first, second, outer)
    config = {"_type": "trainer", "model": {"_type": "plain"}, "optimizer": Optimizer()}
    assert "ambiguous-name" in codes(both, config)


def test_a_deprecated_name_is_a_warning_in_check_and_in_build(catalog: Catalog) -> None:
    assert [(problem.code, problem.severity) for problem in catalog.check("momentum")] == [("deprecated", "warning")]
    with pytest.warns(DeprecationWarning, match="'momentum' is deprecated") as caught:
        assert type(catalog.build("momentum")) is Momentum
    assert caught[0].filename == __file__


def test_later_registrations_and_replacements_count_at_once(catalog: Catalog) -> None:
    assert codes(catalog, {"_type": "new"}) == ["entry-not-found"]
    catalog["models"].register("new", Deep)
    assert type(catalog.build("new")) is Deep
    catalog["models"].register("new", Model, replace=True)
    assert type(catalog.build("new")) is Model
    catalog["trainers"].register("new", make_anything)
    assert codes(catalog, {"_type": "new"}) == ["ambiguous-name"]
    catalog["models"].unregister("new")
    assert catalog.build("new") == "anything 0"


def test_a_mapping_for_a_registered_class_builds_it(catalog: Catalog) -> None:
    trainer = catalog.build({"_type": "trainer", "model": {"depth": 3}, "optimizer": {"rate": 1}})
    assert (trainer.model.depth, trainer.optimizer.rate) == (3, 1.0)
    catalog["models"].unregister("plain")
    assert "wrong-type" in codes(catalog, {"_type": "trainer", "model": {"depth": 3}, "optimizer": {"rate": 1}})


# ---------------------------------------------------------------------------------------------- all the rest


def test_it_is_a_mapping_of_registries(catalog: Catalog) -> None:
    assert list(catalog) == catalog.keys() == ["models", "optimizers", "losses", "trainers"]
    assert len(catalog) == 4
    assert "models" in catalog
    assert [] not in catalog
    assert catalog["models"] is catalog.values()[0] is catalog.items()[0][1]
    assert repr(catalog) == "<Catalog of 'models', 'optimizers', 'losses', 'trainers'>"
    assert catalog._ipython_key_completions_() == catalog.keys()
    with pytest.raises(RegistryNotFoundError, match="did you mean 'models'") as caught:
        catalog["model"]
    assert isinstance(caught.value, KeyError)


def test_two_registries_of_one_name_are_refused() -> None:
    with pytest.raises(DuplicateEntryError, match="both called 'models'"):
        Catalog(Registry("models"), Registry("models"))
    registry = Registry[Any]("models")
    assert len(Catalog(registry, registry)) == 1


def test_a_subclass_is_refused_kindly() -> None:
    with pytest.raises(TypeError, match="pass it other registries"):
        type("Mine", (Catalog,), {})


def test_an_empty_catalog_builds_plain_values() -> None:
    assert Catalog().build({"a": [1]}) == {"a": [1]}
    assert codes(Catalog(), {"_type": "x"}) == ["entry-not-found"]


def test_files_plans_and_schemas_work_as_those_of_a_registry(catalog: Catalog, tmp_path: Path) -> None:
    file = tmp_path / "trainer.yaml"
    file.write_text("trainer:\n  _type: trainer\n  model: {_type: deep, depth: 3}\n  optimizer: {_type: plain}\n")
    trainer = catalog.build_file(file, path="trainer", overrides=["trainer.model.depth=5"])
    assert trainer.model.depth == 5
    assert catalog.check_file(file) == []
    plan = catalog.plan({"_type": "deep", "inner": {"_ref": "given.x"}}, given={"x": Model(7)})
    assert plan.build().inner.depth == 7
    assert set(catalog.json_schema()) >= {"$schema"}
    assert "depth" in str(catalog.json_schema("deep"))


def test_without_imports_lazy_entries_are_left_undecided(catalog: Catalog) -> None:
    catalog["trainers"].register("lazy", Reference("fractions:Fraction"))
    config = {"_type": "lazy", "wrong": 1}
    assert codes(catalog, config, imports=False) == ["not-checked"]
    assert catalog["trainers"].entry("lazy").is_lazy
    assert catalog.build("lazy") == Fraction(0)
    searching = Catalog(Registry("searching", discover=["no_such_package_here"]))
    assert codes(searching, {"_type": "x"}, imports=False) == ["not-checked"]
    assert codes(searching, {"_type": "x", "_registry": "searching"}, imports=False) == ["not-checked"]


def test_closing_it_closes_its_registries() -> None:
    class Closing(OrderedDict[str, Any]):
        closed = False

        def close(self) -> None:
            self.closed = True

    backend = Closing()
    with Catalog(Registry("x", backend=backend)):
        assert not backend.closed
    assert backend.closed


def test_an_error_while_importing_is_the_problem_of_that_node(catalog: Catalog) -> None:
    catalog["trainers"].register("gone", Reference("no_such_module:x"))
    with pytest.raises(ConfigError, match="no_such_module"):
        catalog.build({"_type": "gone"})
    assert codes(catalog, [{"_type": "gone"}, {"_type": "deep", "depht": 1}]) == ["cannot-import", "unknown-parameter"]
    assert math.isfinite(len(catalog.json_schema()))


@attrs.frozen
class Step:
    size: float = 0.1


@attrs.frozen
class Layer:
    width: int
    step: Step = attrs.field(factory=Step)


def test_an_object_is_written_as_the_config_that_builds_it_again() -> None:
    layers, steps = Registry[Any]("layers"), Registry[Any]("steps")
    layers.register("wide", Layer)
    layers.register("step", Layer)
    steps.register("step", Step)
    catalog = Catalog(layers, steps)
    config = catalog.to_config([Layer(3, Step(0.5))])
    assert config == [{"_type": "wide", "width": 3, "step": {"_type": "step", "_registry": "steps", "size": 0.5}}]
    assert catalog.build(config) == [Layer(3, Step(0.5))]
