"""`check` and `build` agree, and so do the quick way, the thorough way and the plan."""

import copy
import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry import ConfigError, Registry

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


def built(make: Any) -> tuple[Any, list[tuple[str, dict[str, Any]]]]:
    worlds.made.clear()
    return make(), list(worlds.made)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(st.data())
def test_build_raises_exactly_what_check_lists_and_constructs_nothing_then(data: st.DataObject) -> None:
    world = data.draw(worlds.classes())
    registry = registry_of(world)
    config = data.draw(worlds.configs(world).flatmap(lambda valid: worlds.broken(valid) | st.just(valid)))
    before = copy.deepcopy(config)
    worlds.made.clear()
    problems = registry.check(config)
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


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
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
@settings(max_examples=20_000, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.data())
def test_check_build_and_plan_agree_for_long(data: st.DataObject) -> None:
    test_build_raises_exactly_what_check_lists_and_constructs_nothing_then.hypothesis.inner_test(data)
    test_a_valid_config_builds_the_same_in_every_way.hypothesis.inner_test(data)
