"""Building ten nested objects."""

from collections.abc import Callable
from typing import Any

from benchmarks.nested import CONFIG, by_hand, by_hand_from, described, renamed
from benchmarks.peers import peer
from benchmarks.plain import CLASSES
from benchmarks.ratios import Row, compare
from benchmarks.timing import Effort, interleave, repeated
from registry import Registry

GROUP = "Build ten nested objects"
BUILD = "registry.build(config)"
PLAN = "plan.build()"
HAND = "calls written by hand"
HAND_FROM = "calls written by hand, values from the config"
PYDANTIC = "pydantic model_validate"
HYDRA = "hydra instantiate"


def measure(effort: Effort) -> list[Row]:
    """The rows of this group."""
    builders = _builders()
    for name, build in builders.items():
        if described(build()) != CONFIG:
            raise AssertionError(f"{name} built something else: {described(build())}")
    samples = interleave({name: repeated(build) for name, build in builders.items()}, effort)
    return [
        compare(GROUP, BUILD, HAND_FROM, samples, target=3),
        compare(GROUP, BUILD, HAND, samples),
        compare(GROUP, BUILD, PYDANTIC, samples, target=1.2),
        compare(GROUP, BUILD, HYDRA, samples, target=0.01),
        compare(GROUP, PLAN, HAND, samples, target=1.5),
        compare(GROUP, PLAN, HAND_FROM, samples),
    ]


def _builders() -> dict[str, Callable[[], Any]]:
    registry: Registry = Registry("parts")
    for cls in CLASSES:
        registry.register(cls)
    builders: dict[str, Callable[[], Any]] = {
        BUILD: lambda: registry.build(CONFIG),
        PLAN: registry.plan(CONFIG).build,
        HAND: by_hand,
        HAND_FROM: lambda: by_hand_from(CONFIG),
    }
    if peer("pydantic") is not None:
        validate = peer("benchmarks.models").Trainer.model_validate
        models_config = renamed(CONFIG, "type")
        builders[PYDANTIC] = lambda: validate(models_config)
    hydra = peer("hydra.utils")
    if hydra is not None:
        targets = renamed(CONFIG, "_target_", "benchmarks.plain.")
        builders[HYDRA] = lambda: hydra.instantiate(targets)
    return builders
