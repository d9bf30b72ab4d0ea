"""A program with registries, a catalog, and other things, that says what the stub has of them."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, cast

from registry import Catalog, Reference, Registry, function_registry, type_registry

if TYPE_CHECKING:
    from shop_registries import CatalogRegistries, Losses, Models, Things


class Loss(Protocol):
    def __call__(self, prediction: float, target: float) -> float: ...


losses = cast("Losses", function_registry("losses", signature=Loss))


@losses.register(aliases=["smooth-l1"])
def huber(prediction: float, target: float, delta: float = 1.0) -> float:
    return delta


@losses.register(deprecated="Use 'huber'.")
def plain(prediction: Any, target: Any, *, name: int = 3, self: int = 1):  # type: ignore[no-untyped-def]  # one that says nothing
    return 1.0


class Model(ABC):
    @abstractmethod
    def fit(self) -> int: ...


models = cast("Models", type_registry("models", base=Model))


@models.register
class Mean(Model):
    def __init__(self, depth: int, loss: Loss | None = None) -> None: ...

    def fit(self) -> int:
        return 1

    def spread(self) -> str:
        return ""


models.register("lazy", Reference("lazy_model:Lazy"))
models.register("gone", Reference("no_such_module:Gone"))

things = cast("Things", Registry("things"))
things.register("pi", 3.14)


@things.register
def make(n: int, *rest: int, **more: Any) -> dict[str, list[int]]:
    return {}


@things.register('say "no"')
def later(x: "int | None" = None) -> Callable[[int], str]:
    return str


def local() -> object:
    class Hidden: ...

    return Hidden()


things.register("hidden", local())
things.register("huber", lambda a, b=1: 1)
catalog = cast("CatalogRegistries", Catalog(losses, models, things))
not_a_registry = 3
