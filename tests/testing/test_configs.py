"""The strategies for configs: valid ones are valid, broken ones have exactly the problems that come with them."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import attrs
import pytest
from annotated_types import Ge, Interval, MultipleOf
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from registry import Catalog, ConfigError, Registry, function_registry, type_registry
from registry.testing.generation.constraints import breaking, meets
from registry.testing.generation.drawing import BrokenConfig, broken_configs, configs


@attrs.define
class Layer:
    width: int
    rate: Annotated[float, Interval(ge=0, lt=1)] = 0.0


@attrs.define
class Network:
    layers: list[Layer]
    first: Layer | None = None
    kind: Literal["dense", "sparse"] = "dense"
    activation: Callable[[float], float] | None = None
    notes: Any = None


def trained(network: Network, epochs: Annotated[int, Ge(1), MultipleOf(2)] = 2, *stages: str, **more: Any) -> None: ...


LAYERS = type_registry("layers", base=Layer)
LAYERS.register("layer", Layer, aliases=["dense"])
NETWORKS: Registry[Any, Any, str] = Registry("networks")
NETWORKS.register("network", Network)
NETWORKS.register("trained", trained)
LOSSES = function_registry("losses", signature=Callable[[float, float], float])


@LOSSES.register
def huber(prediction: float, target: float, delta: float = 1.0) -> float:
    return delta


@LOSSES.register("network")
def network_loss(prediction: float, target: float) -> float:
    return 0.0


CATALOG = Catalog(LAYERS, NETWORKS, LOSSES)

few = settings(max_examples=40, deadline=None)


@few
@given(configs(CATALOG))
def test_valid_configs_of_a_catalog_have_no_problems(config: Any) -> None:
    assert CATALOG.check(config) == []


@few
@given(configs(LOSSES))
def test_valid_configs_of_a_registry_are_built(config: Any) -> None:
    LOSSES.build(config)


@few
@given(broken_configs(CATALOG))
def test_broken_configs_have_exactly_their_problems(broken: BrokenConfig) -> None:
    found = {(problem.code, problem.path) for problem in CATALOG.check(broken.config) if problem.severity == "error"}
    assert found == set(broken.problems)
    with pytest.raises(ConfigError):
        CATALOG.build(broken.config)


def drawn(strategy: st.SearchStrategy[Any], condition: Callable[[Any], bool]) -> Any:
    """An example that meets a condition; it fails when there is none."""
    profile = settings(
        max_examples=1500,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    return find(strategy, condition, settings=profile)


@pytest.mark.parametrize("key", ["_args", "_partial", "_registry", "_ref", "_raw", "rate", "activation", "extra_one"])
def test_valid_configs_use_the_whole_language(key: str) -> None:
    assert f"'{key}':" in repr(drawn(configs(CATALOG), lambda config: f"'{key}':" in repr(config)))


def test_valid_configs_nest_nodes_and_name_entries_by_alias() -> None:
    drawn(configs(CATALOG), lambda config: repr(config).count("'_type'") > 3)
    drawn(configs(CATALOG), lambda config: "'_type': 'dense'" in repr(config))


@pytest.mark.parametrize(
    "code",
    [
        "entry-not-found",
        "registry-not-found",
        "ambiguous-name",
        "unknown-parameter",
        "missing-parameter",
        "wrong-type",
        "broken-constraint",
        "open-parameter",
        "misspelt-key",
        "bad-node",
        "bad-reference",
        "reference-cycle",
        "duplicate-key",
    ],
)
def test_broken_configs_have_mistakes_of_every_kind(code: str) -> None:
    broken = drawn(broken_configs(CATALOG), lambda each: each.problems[0][0] == code)
    assert [problem.code for problem in CATALOG.check(broken.config) if problem.severity == "error"] == [code]


def test_entries_that_are_registered_later_are_seen_by_the_first_draw() -> None:
    late: Registry[Any, Any, str] = Registry("late")
    strategy = configs(late)
    late.register("layer", Layer)
    assert drawn(strategy, lambda config: isinstance(config, dict))


def test_there_are_no_configs_where_nothing_can_be_built() -> None:
    with pytest.raises(ValueError, match="has no entry that can be built"):
        drawn(configs(Registry("empty")), lambda config: True)


def test_constraints_are_met_and_broken_by_the_rules_of_the_kit_itself() -> None:
    assert meets(2, [Ge(1), MultipleOf(2)])
    assert not meets(3, [Ge(1), MultipleOf(2)])
    assert breaking(int, [Ge(1)])[0] == 0
    assert breaking(str, [Ge(1)]) == ["", "x" * 1000]
    assert breaking(list, [Ge(1)]) == []
