"""Code that tests register, in a module that other processes can import."""

from typing import Any

import attrs


def huber(prediction: float, target: float, delta: float = 1.0) -> float:
    """Quadratic near zero, linear beyond."""
    error = abs(prediction - target)
    return 0.5 * error**2 if error <= delta else delta * (error - 0.5 * delta)


def mse(prediction: float, target: float) -> float:
    """The squared error."""
    return (prediction - target) ** 2


@attrs.define
class Optimizer:
    """Goes downhill."""

    rate: float = 0.1


@attrs.define
class Trainer:
    """Trains."""

    optimizer: Optimizer
    epochs: int = 1


def numbered(count: int) -> dict[str, Any]:
    """So many functions of this module, by name."""
    return {f"loss_{number}": globals()[f"loss_{number}"] for number in range(count)}


for _number in range(1000):
    exec(f"def loss_{_number}(prediction, target, weight={_number}): return weight")
