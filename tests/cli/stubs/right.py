"""What checkers have to know of the shop."""

from collections.abc import Callable
from typing import Any, assert_type

from lazy_model import Lazy
from shop import Loss, Mean, Model, catalog, losses, models, not_a_registry, things

from registry import Catalog, Entry, Registry

assert_type(losses["huber"](1.0, 2.0, delta=0.5), float)
loss: Loss = losses["smooth-l1"]
assert_type(losses["plain"], Loss)
assert_type(losses.build("huber", delta=0.5), Loss)
assert_type(losses.build("plain", name=3, self=1), Loss)
assert_type(models["Mean"], type[Mean])
assert_type(models.build("Mean", depth=1).spread(), str)
assert_type(models.build("Mean", depth="${size}", loss={"_type": "huber"}), Mean)
assert_type(models.build("lazy").only(), bytes)
assert_type(models.build("gone", whatever=1), Model)
assert_type(models.entry("lazy"), Entry[type[Lazy]])
assert_type(models.get("Mean"), type[Mean])
assert_type(models.get("other"), type[Model] | None)
assert_type(models.get("other", 3), type[Model] | int)
assert_type(models.build({"_type": "Mean"}), Model)
assert_type(models.build_file("model.yaml"), Model)
assert_type(things["pi"], float)
assert_type(things["hidden"], Any)
assert_type(things.build("make", n=3, more=4), dict[str, list[int]])
assert_type(things['say "no"'](3), Callable[[int], str])
assert_type(catalog["models"]["Mean"], type[Mean])
assert_type(catalog.build("Mean", depth=3), Mean)
number: int = not_a_registry
models.build("Mean", _args=[3])
models.build("Mean", _partial=True)
Catalog(losses, models)


def takes(one: Registry[Any, Any, str]) -> None: ...


takes(losses)
for name in ("huber", "plain"):
    losses.build(name)


@losses.register("new")
def new(prediction: float, target: float) -> float:
    return 0.0


assert_type(new(1.0, 2.0), float)
