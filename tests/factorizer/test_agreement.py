"""`check` and `build` agree, and so do the quick way, the thorough way and the plan."""

import copy
import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, TypedDict

import pytest
from annotated_types import Gt, MinLen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry import ConfigError, Limits, Registry
from registry.factorizer import SchemaFactorizer
from registry.factorizer.fast import Fast
from registry.problems import Problem, has_errors

_spec = importlib.util.spec_from_file_location("worlds", Path(__file__).with_name("worlds.py"))
assert _spec is not None
assert _spec.loader is not None
worlds = importlib.util.module_from_spec(_spec)
sys.modules["worlds"] = worlds
_spec.loader.exec_module(worlds)


def registry_of(world: dict[str, type]) -> "Registry[Any, Any, str]":
    registry: Registry[Any, Any, str] = Registry("world")
    for name, cls in world.items():
        registry.register(name, cls)
    return registry


def explained(registry: "Registry[Any, Any, str]", config: Any) -> list[Problem]:
    """What `check` says when every config is unusual."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Fast, "prepare", lambda self, config, resolve: None)
        return registry.check(config)


def built(make: Any) -> tuple[Any, list[tuple[str, dict[str, Any]]]]:
    worlds.made.clear()
    return make(), list(worlds.made)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(st.data())
def test_build_raises_exactly_what_check_lists_and_constructs_nothing_then(data: st.DataObject) -> None:
    world = data.draw(worlds.classes())
    registry = registry_of(world)
    config = data.draw(worlds.configs(world).flatmap(lambda valid: worlds.broken(valid) | st.just(valid)))
    before = copy.deepcopy(config)
    worlds.made.clear()
    problems = registry.check(config)
    assert problems == explained(registry, config)
    errors = [problem for problem in problems if problem.severity == "error"]
    assert worlds.made == []
    if not errors:
        registry.build(config)
        registry.plan(config).build()
    else:
        with pytest.raises(ConfigError) as at_build:
            registry.build(config)
        with pytest.raises(ConfigError) as at_plan:
            registry.plan(config)
        assert list(at_build.value.problems) == list(at_plan.value.problems) == problems
        assert worlds.made == []
    assert {type(value) for value in worlds.all_nodes(config)} <= {dict}
    assert repr(config) == repr(before) or "object at" in repr(before)  # the caller's config is never touched


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(st.data())
def test_a_valid_config_builds_the_same_in_every_way(data: st.DataObject) -> None:
    world = data.draw(worlds.classes())
    registry = registry_of(world)
    config = data.draw(worlds.configs(world))
    assert registry.check(config) == []
    quick, order = built(lambda: registry.build(config))
    plan = registry.plan(config)
    for make in (plan.build, plan.build, registry.plan(plan.config).build):
        again, same_order = built(make)
        assert _plain(again) == _plain(quick)
        assert [name for name, _ in same_order] == [name for name, _ in order]
    assert len(order) == _constructed(config)


def _constructed(config: Any) -> int:
    return sum(not node.get("_partial", False) for node in worlds.all_nodes(config))


def _plain(value: Any) -> Any:
    """The graph in terms that compare by value, types included."""
    if isinstance(value, worlds.Base):
        return (type(value).__name__, {key: _plain(item) for key, item in vars(value).items()})
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return (type(value), [_plain(item) for item in value])
    if hasattr(value, "keywords"):
        return ("partial", value.func, _plain(value.keywords))
    return (type(value), value)


@pytest.mark.soak
@settings(max_examples=5_000, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.data())
def test_check_build_and_plan_agree_for_long(data: st.DataObject) -> None:
    test_build_raises_exactly_what_check_lists_and_constructs_nothing_then.hypothesis.inner_test(data)
    test_a_valid_config_builds_the_same_in_every_way.hypothesis.inner_test(data)


class Model(worlds.Base):
    def __init__(self, depth: int = 1) -> None:
        self.depth = depth


class Loss(worlds.Base):
    def __init__(self, weight: float) -> None:
        self.weight = weight


class Shape(TypedDict):
    size: int


class Deep(Protocol):
    def depths(self) -> int: ...


ANNOTATIONS: list[Any] = [
    *(annotation for annotation, _ in worlds.VALUES.values()),
    *(complex, bytes, Literal[1], Literal[True], frozenset[str], Sequence[str], list[Any], list[float], Shape),
    *(Model, Model | None, Model | int, list[Model], dict[str, Model], dict[int, int], tuple[Model, int], Deep),
    *(list[int] | int, Callable[..., Any], Iterable[float], Annotated[int, Gt(0)], Annotated[str, MinLen(1)]),
    *(Annotated[list[int], MinLen(1)], list[Annotated[int, Gt(0)]], Annotated[int | None, Gt(0)]),
]

MODEL = {"_type": "model"}
LOSS = {"_type": "loss", "weight": 1}

ANY_VALUES: list[Any] = [
    *(None, True, False, 0, 1, 3, -1, 1.0, 1.5, 10**400, "", "a", "1", "red", "BLUE", b"a", 1j),
    *([], [1], [True], [1.5], ["a"], [1, "a"], [1, 2], [1, "a", 2], ["a", 1], [[1]], [None], (1, "a"), {1}),
    *({}, {"a": 1}, {"a": "b"}, {"size": 1}, {"size": "a"}, {"size": 1, "sice": 2}, {1: 2}, {"depth": 2}),
    *({"_tpye": "model"}, {"a": {"_tpye": "model"}}, [{"_rwa": 1}], {"_args": [1]}, {"_raw": MODEL}, {"_ref": "there"}),
    *(MODEL, LOSS, [MODEL], [LOSS], {"a": MODEL}, {"a": LOSS}, [MODEL, 1], {**MODEL, "_partial": True}),
    *({"_type": "old"}, [{"_type": "old"}], {"_type": "nobody"}, {"_type": "loss"}, {**MODEL, "depth": True}),
    *({**MODEL, "_args": [2]}, {**MODEL, "_registry": "parts"}, {**MODEL, "_registry": "others"}, Model()),
]

WAYS: dict[str, Callable[[Any], Callable[..., Any]]] = {
    "by position": lambda annotation: lambda x: ("made", x),
    "by name": lambda annotation: lambda *, x: ("made", x),
    "with a default": lambda annotation: lambda x=(1, 2): ("made", x),
    "beside others": lambda annotation: lambda x, **more: ("made", x, more),
    "as one of any": lambda annotation: lambda **x: ("made", x),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("annotation", ANNOTATIONS, ids=str)
def test_every_kind_of_value_is_taken_or_refused_alike(annotation: Any, way: str) -> None:
    """The laws above break their configs anywhere; this puts what is nearly right where it is nearly taken."""
    registry: Registry[Any, Any, str] = Registry("parts")
    registry.register("model", Model)
    registry.register("loss", Loss)
    registry.register("old", Model, deprecated="use 'model'")
    taker = WAYS[way](annotation)
    taker.__annotations__ = {"x": annotation}
    registry.register("taker", taker)
    nodes = [{"_type": "taker", "x": copy.copy(value)} for value in ANY_VALUES]
    nodes += [{"_type": "taker"}, {"_type": "taker", "y": 1}, {"_type": "taker", "x": 1, "_tpye": 1, "y": MODEL}]
    for node in nodes:
        assert_alike(registry, {"here": node, "there": MODEL})


def assert_alike(registry: "Registry[Any, Any, str]", config: Any) -> None:
    problems = registry.check(config)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        if has_errors(problems):
            with pytest.raises(ConfigError) as caught:
                registry.build(config)
            assert list(caught.value.problems) == problems
        else:
            assert _plain(registry.build(config)) == _plain(registry.plan(config).build())
            expected = 2 * sum(problem.severity == "warning" for problem in problems)
            assert len(warned) == expected, (config, problems)


class Holder(worlds.Base):
    """Takes containers of every kind."""

    def __init__(
        self,
        anything: Any = None,
        items: list[int] | None = None,
        table: dict[str, list[int]] | None = None,
        pair: tuple[int, int] = (0, 0),
        inner: "Holder | None" = None,
        **more: Any,
    ) -> None:
        self.parts = (anything, items, table, pair, inner, more)


WITHIN_LIMITS: list[Any] = [
    *([[[1, 2], 3]], {"a": {"b": {"c": 1}}}, [{"a": [{"b": []}]}], {"a": [{"_type": "holder"}]}),
    {"_type": "holder", "anything": {"_type": "holder", "anything": {"_type": "holder"}}},
    {"_type": "holder", "inner": {"_type": "holder", "inner": {"_type": "holder"}}},
    {"_type": "holder", "items": [1, 2, 3, 4]},
    {"_type": "holder", "table": {"a": [1, 2], "b": [3]}},
    {"_type": "holder", "pair": [1, 2]},
    {"_type": "holder", "other": {"a": [1]}, "anything": [[], {}]},
]


@pytest.mark.parametrize("config", WITHIN_LIMITS, ids=str)
def test_limits_are_reached_alike(config: Any) -> None:
    refused = set()
    for limits in [*(Limits(depth=depth) for depth in range(1, 9)), *(Limits(nodes=nodes) for nodes in range(1, 12))]:
        registry: Registry[Any, Any, str] = Registry("parts", factorizer=SchemaFactorizer(limits=limits))
        registry.register("holder", Holder)
        assert_alike(registry, config)
        refused.add(has_errors(registry.check(config)))
    assert refused == {True, False}
