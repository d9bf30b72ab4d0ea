"""A registry of classes: look-ups are classes, builds are instances."""

from abc import ABC, abstractmethod
from typing import Any, Protocol, assert_type

from registry import BatchResult, Catalog, Entry, Reference, Registry, type_registry


class Model(ABC):
    @abstractmethod
    def fit(self, rows: list[float]) -> float: ...


models = type_registry("models", base=Model)
assert_type(models, Registry[type[Model], Model, str])


@models.register
class Mean(Model):
    def fit(self, rows: list[float]) -> float:
        return sum(rows) / len(rows)


@models.register("median", aliases=["middle"], tags="robust", deprecated=None, year=1599)
class Median(Model):
    def __init__(self, low: bool = True) -> None:
        self.low = low

    def fit(self, rows: list[float]) -> float:
        return sorted(rows)[len(rows) // 2]


@models.register(tags=["lazy"])
class Mode(Model):
    def fit(self, rows: list[float]) -> float:
        return max(rows, key=rows.count)


# a decorated class is still itself
assert_type(Mean(), Mean)
assert_type(Median(low=False).low, bool)
assert_type(Mode(), Mode)

assert_type(models["mean"], type[Model])
assert_type(models.get("mean"), type[Model] | None)
assert_type(models.get("mean", None), type[Model] | None)
assert_type(models.get("mean", 0), type[Model] | int)
assert_type(models.build("mean"), Model)
assert_type(models.build("median", low=True), Model)
assert_type(models.build({"_type": "mean"}), Model)
assert_type(models.build({"_type": "mean"}, given={"x": 1}), Model)
assert_type(models.build([{"_type": "mean"}]), list[Any])
assert_type(models.build_file("model.yaml", path="model"), Model)
assert_type(models.build_url("https://host/model.json"), Model)
assert_type(models.entry("mean"), Entry[type[Model]])
assert_type(models.find(tags="robust", year=1599), list[Entry[type[Model]]])
assert_type(list(models), list[str])
assert_type(models.keys(), list[str])
assert_type(models.values(), list[type[Model]])
assert_type(models.items(), list[tuple[str, type[Model]]])
assert_type(models.register("mean", Mean), type[Model])
models.register("lazy", Reference("package.module:Lazy"))
assert_type(models.register_many({"a": Mean, "b": Reference("package.module:B")}), BatchResult)
assert_type(models.validate(Mean), type[Model])

with models.overlay({"mean": Median}) as same:
    assert_type(same, Registry[type[Model], Model, str])


class Fits(Protocol):
    def fit(self, rows: list[float]) -> float: ...


fitting = type_registry("fitting", protocol=Fits)
assert_type(fitting, Registry[type[Fits], Fits, str])
assert_type(fitting["mean"], type[Fits])
fitting.register("mean", Mean)

anything = type_registry("anything")
assert_type(anything["x"], type[Any])

catalog = Catalog(models, fitting)
assert_type(catalog["models"], Registry[Any, Any, Any])
assert_type(catalog.build({"_type": "mean"}), Any)


class NotAModel:
    def fit(self, rows: str) -> str:
        return rows


models.register("wrong", NotAModel)  # expect-error
models.register("wrong", Mean())  # expect-error
models.register_many({"wrong": NotAModel})  # expect-error
models.overlay({"wrong": NotAModel})  # expect-error
fitting.register("wrong", NotAModel)  # expect-error
models.register(3, Mean)  # expect-error
models[3]  # expect-error
number: int = models["mean"]  # expect-error
model: Mean = models.build("mean")  # expect-error
Registry("x", on_conflict="explode")  # expect-error
models.register_many({}, on_error="ignore")  # expect-error
type_registry("x", base=Model, protocol=Fits)  # expect-error
type_registry("x", backnd={})  # expect-error


class MyRegistry(Registry[Any, Any]):  # expect-error
    pass


class MyCatalog(Catalog):  # expect-error
    pass
