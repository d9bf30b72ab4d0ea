"""Checking real configs that are loaded already."""

import copy
from collections.abc import Callable
from typing import Any

from benchmarks import detectors
from benchmarks.ratios import Row, compare
from benchmarks.timing import Effort, interleave, repeated
from registry import Registry

GROUP = "Check forty real configs"
CHECK = "registry.check(config)"
PLAN = "registry.plan(config)"
WALK = "a walk written by hand: names, keys, classes"


def measure(effort: Effort) -> list[Row]:
    """The rows of this group."""
    configs = detectors.load()
    classes = detectors.classes_of(configs)
    registry: Registry = Registry("detectors")
    registry.register_many(classes)
    walk = detectors.Walk(classes)
    for check in (registry.check, walk.check):
        prove(check, configs)

    def all_of(check: Callable[[Any], Any]) -> Callable[[], None]:
        loaded = list(configs.values())

        def run() -> None:
            for config in loaded:
                check(config)

        return run

    samples = interleave(
        {
            CHECK: repeated(all_of(registry.check)),
            PLAN: repeated(all_of(registry.plan)),
            WALK: repeated(all_of(walk.check)),
        },
        effort,
    )
    return [compare(GROUP, CHECK, WALK, samples, target=2), compare(GROUP, PLAN, WALK, samples)]


def prove(check: Callable[[Any], Any], configs: dict[str, Any]) -> None:
    """A check that is measured finds nothing wrong with the configs, and each of four mistakes made in a copy."""
    for name, config in configs.items():
        if check(config):
            raise AssertionError(f"{name}: {check(config)}")
        for spoil in (_unknown_name, _unknown_key, _wrong_class):
            spoilt = copy.deepcopy(config)
            spoil(list(detectors.nodes_of(spoilt)))
            if len(check(spoilt)) == 0:
                raise AssertionError(f"{name}: {spoil.__name__} is not found")


def _unknown_name(nodes: list[dict[str, Any]]) -> None:
    nodes[-1]["_type"] += "X"


def _unknown_key(nodes: list[dict[str, Any]]) -> None:
    nodes[-1]["unheard_of"] = 1


def _wrong_class(nodes: list[dict[str, Any]]) -> None:
    node, key = next((node, key) for node in nodes for key, value in node.items() if type(value) is bool)
    node[key] = "yes?"
