"""A registry of functions: look-ups and builds are functions that can be called as the signature says."""

from collections.abc import Callable
from typing import Any, Protocol, assert_type

from registry import Registry, function_registry


class Loss(Protocol):
    def __call__(self, prediction: float, target: float) -> float: ...


losses = function_registry("losses", signature=Loss)
assert_type(losses, Registry[Loss, Loss, str])


@losses.register
def huber(prediction: float, target: float, delta: float = 1.0) -> float:
    return min(abs(prediction - target), delta)


@losses.register("mae", tags={"robust"})
def absolute(prediction: float, target: float) -> float:
    return abs(prediction - target)


# a decorated function is still itself
assert_type(huber(1.0, 2.0, delta=0.5), float)
assert_type(absolute(1.0, 2.0), float)

assert_type(losses["huber"], Loss)
assert_type(losses["huber"](1.0, 2.0), float)
assert_type(losses.build("huber", delta=0.5), Loss)
assert_type(losses.build({"_type": "huber"}), Loss)
losses.register("mse", lambda prediction, target: (prediction - target) ** 2)

rules = function_registry("rules", signature=Callable[[int], str])
assert_type(rules, Registry[Callable[[int], str], Callable[[int], str], str])
assert_type(rules["hex"](3), str)
rules.register("hex", hex)
rules.register("text", str)

plain = function_registry("plain")
assert_type(plain["x"], Callable[..., Any])


def takes_one(prediction: float) -> float:
    return prediction


def gives_text(prediction: float, target: float) -> str:
    return f"{prediction}{target}"


losses.register("wrong", takes_one)  # expect-error
losses.register("wrong", gives_text)  # expect-error
losses.register("wrong", 3)  # expect-error
losses.register_many({"wrong": takes_one})  # expect-error
rules.register("wrong", takes_one)  # expect-error
plain.register("wrong", 3)  # expect-error
losses["huber"](1.0)  # expect-error
losses.build("huber")("x", "y")  # expect-error
function_registry("x", signature=Loss, strict="yes")  # expect-error
