"""Registering many at once."""

import ast
import colorsys
import json
import math
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sklearn.linear_model  # type: ignore[import-untyped]  # has no types
from sklearn.base import BaseEstimator  # type: ignore[import-untyped]  # has no types

from registry import (
    BackendError,
    BatchResult,
    DuplicateEntryError,
    Entry,
    EntryNotFoundError,
    FrozenRegistryError,
    InvalidNameError,
    MemoryBackend,
    Reference,
    Registry,
    RegistryError,
    ValidationContext,
    ValidationError,
    type_registry,
)


def callable_only(artifact: Any, context: ValidationContext) -> None:
    if not callable(artifact):
        raise ValidationError(f"{context.entry!r} cannot be called.", suggestions=["Pass a function."])


@pytest.fixture
def rules() -> Registry[Any]:
    registry = Registry[Any]("rules", validators=[callable_only])
    registry.register("sqrt", math.sqrt)
    return registry


BAD: Mapping[str, Any] = {"floor": math.floor, "three": 3, "sqrt": math.ceil, " x": math.pow, "lazy": Reference("m:f")}


def test_all_are_registered(rules: Registry[Any]) -> None:
    result = rules.register_many({"floor": math.floor, "lazy": Reference("math:ceil")}, tags="rounding")
    assert result == BatchResult(("floor", "lazy"), {})
    assert rules.keys() == ["sqrt", "floor", "lazy"]
    assert [entry.name for entry in rules.find(tags="rounding")] == ["floor", "lazy"]
    assert rules.entry("floor").origin is not None
    assert rules.entry("floor").origin.file == __file__  # type: ignore[union-attr]  # checked above


def test_one_error_shows_every_failure_and_nothing_is_registered(rules: Registry[Any]) -> None:
    with pytest.raises(RegistryError) as caught:
        rules.register_many(BAD)
    error = caught.value
    assert error.message.splitlines()[0] == ("'rules' registered nothing of the batch, since 3 of 5 were refused:")
    assert "'three' cannot be called." in error.message
    assert "Pass a function." in error.message
    assert "already has an entry 'sqrt'" in error.message
    assert "begins or ends with a space" in error.message
    assert [failure["code"] for failure in error.context["errors"]] == ["validation", "invalid-name", "duplicate-entry"]
    assert json.dumps(error.context)
    assert list(rules) == ["sqrt"]
    assert rules["sqrt"] is math.sqrt


def test_the_good_ones_are_registered_when_failures_are_collected(rules: Registry[Any]) -> None:
    result = rules.register_many(BAD, on_error="collect")
    assert result.registered == ("floor", "lazy")
    kinds = {name: type(error) for name, error in result.errors.items()}
    assert kinds == {"three": ValidationError, " x": InvalidNameError, "sqrt": DuplicateEntryError}
    assert list(rules) == ["sqrt", "floor", "lazy"]


def test_the_same_definitions_may_be_registered_again_and_others_replaced(rules: Registry[Any]) -> None:
    rules.register_many({"sqrt": math.sqrt, "floor": math.floor})
    rules.register_many({"sqrt": math.ceil, "floor": math.floor}, replace=True)
    assert rules["sqrt"] is math.ceil


def test_nothing_at_all_is_a_batch_too(rules: Registry[Any]) -> None:
    assert rules.register_many({}) == BatchResult()


def test_an_unknown_way_of_meeting_errors_is_refused(rules: Registry[Any]) -> None:
    with pytest.raises(ValueError, match="'ignore'"):
        rules.register_many({}, on_error="ignore")  # type: ignore[arg-type]  # the mistake


def test_a_frozen_registry_refuses_a_batch_as_a_whole(rules: Registry[Any]) -> None:
    rules.freeze()
    with pytest.raises(FrozenRegistryError):
        rules.register_many({"floor": math.floor}, on_error="collect")


def test_nobody_sees_half_of_a_batch_in_a_transactional_backend() -> None:
    backend = MemoryBackend[str, Any]()
    rules = Registry[Any]("rules", backend=backend)
    halves: list[int] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            count = len(backend.entries)
            if count % 50:
                halves.append(count)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(40):
        rules.register_many({f"{number}-{index}": math.sqrt for index in range(50)})
    done.set()
    watcher.join()
    assert halves == []
    assert len(rules) == 2000


class Breaking(dict[str, Entry[Any]]):
    """A backend that is not Transactional and fails at the third write."""

    writes = 0

    def setdefault(self, name: str, entry: Entry[Any], /) -> Entry[Any]:
        self._count()
        return super().setdefault(name, entry)

    def __setitem__(self, name: str, entry: Entry[Any], /) -> None:
        self._count()
        super().__setitem__(name, entry)

    def _count(self) -> None:
        self.writes += 1
        if self.writes == 3:
            raise OSError("the disk is full")


def test_a_backend_that_fails_half_way_is_restored() -> None:
    backend = Breaking()
    dict.__setitem__(backend, "sqrt", Entry("sqrt", math.sqrt, aliases=("root",)))
    dict.__setitem__(backend, "root", Entry("root", None, alias_of="sqrt"))
    before = dict(backend)
    rules = Registry[Any]("rules", backend=backend)
    with pytest.raises(BackendError, match="OSError: the disk is full") as caught:
        rules.register_many({"floor": math.floor, "sqrt": math.sqrt, "ceil": math.ceil})
    assert isinstance(caught.value.__cause__, OSError)
    assert dict(backend) == before
    assert list(rules) == ["sqrt"]


# ---------------------------------------------------------------------------------------------- modules


def test_a_module_offers_what_its_all_lists() -> None:
    rules = Registry[Any]("rules")
    assert rules.register_module(colorsys, tags="colour") == colorsys.__all__
    assert rules["rgb_to_hsv"] is colorsys.rgb_to_hsv
    origin = rules.entry("rgb_to_hsv").origin
    assert origin is not None
    assert origin.file == colorsys.__file__
    assert origin.line == colorsys.rgb_to_hsv.__code__.co_firstlineno


def test_without_all_a_module_offers_what_is_public_and_defined_in_it() -> None:
    module = ModuleType("package")
    source = """
from math import sqrt
from json import JSONDecoder
import os
LIMIT = 3
def area(side): return side * side
def _hidden(): ...
class Square: ...
class Below: __module__ = 'package.shapes'
class Beside: __module__ = 'packages'
"""
    exec(source, module.__dict__)
    assert Registry[Any]("rules").register_module(module) == ["area", "Square", "Below"]


def test_a_predicate_says_what_is_wanted() -> None:
    models = type_registry("models", base=BaseEstimator)
    names = models.register_module(
        sklearn.linear_model, lambda found: isinstance(found, type) and issubclass(found, BaseEstimator)
    )
    assert "Ridge" in names
    assert "ridge_regression" not in names
    assert models["Ridge"] is sklearn.linear_model.Ridge
    constants = Registry[Any]("constants")
    assert constants.register_module(math, lambda found: isinstance(found, float)) == []  # floats have no home
    module = ModuleType("with_all")
    module.__dict__.update(__all__=["PI"], PI=math.pi, E=math.e)
    assert constants.register_module(module, lambda found: isinstance(found, float)) == ["PI"]


def test_a_module_with_something_unfit_registers_nothing_and_shows_all_of_it() -> None:
    models = type_registry("models", base=BaseEstimator)
    with pytest.raises(RegistryError) as caught:
        models.register_module(sklearn.linear_model)
    assert "ridge_regression" in caught.value.message
    assert "lars_path" in caught.value.message
    assert len(models) == 0


def test_classes_of_a_module_come_from_its_file() -> None:
    rules = Registry[Any]("rules")
    rules.register_module(ast, lambda found: found is ast.NodeVisitor)
    origin = rules.entry("NodeVisitor").origin
    assert origin is not None
    assert origin.file == ast.__file__


def test_name_of_names_the_members_of_a_module() -> None:
    rules = Registry[Any]("rules", name_of=lambda function: function.__name__.upper())
    assert "RGB_TO_HSV" in rules.register_module(colorsys)


# ---------------------------------------------------------------------------------------------- entry points


@pytest.fixture
def distributions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two installed distributions that offer entries, some of them broken."""
    offers = {
        "first": "sqrt = math:sqrt\nbroken = not a reference\nmodule = math\nmissing = no_such_module_here:x\n",
        "second": "floor = math:floor\nsqrt = math:ceil\n",
    }
    for name, lines in offers.items():
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[acme.rules]\n{lines}")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("distributions")
def test_entry_points_are_lazy_and_the_bad_ones_keep_nobody_away() -> None:
    rules = Registry[Any]("rules")
    result = rules.register_entry_points("acme.rules", tags="offered")
    assert set(rules) == {"sqrt", "floor", "missing"}
    assert all(entry.is_lazy for entry in rules.find(tags="offered"))
    assert rules["floor"] is math.floor
    assert set(result.errors) == {"broken", "module", "sqrt"}
    assert isinstance(result.errors["sqrt"], DuplicateEntryError)
    assert "first 1.0" in result.errors["sqrt"].message
    assert "second 1.0" in result.errors["sqrt"].message
    assert "'broken' of first 1.0 is 'not a reference'" in result.errors["broken"].message


@pytest.mark.usefixtures("distributions")
def test_a_miss_says_what_was_wrong_with_the_entry_point_of_that_name() -> None:
    rules = Registry[Any]("rules")
    rules.register_entry_points("acme.rules")
    with pytest.raises(EntryNotFoundError, match="which is no 'package"):
        rules["broken"]


@pytest.mark.usefixtures("distributions")
def test_an_entry_point_never_shadows_what_was_registered() -> None:
    rules = Registry[Any]("rules")
    rules.register("floor", math.trunc)
    result = rules.register_entry_points("acme.rules")
    assert rules["floor"] is math.trunc
    assert isinstance(result.errors["floor"], DuplicateEntryError)


@pytest.mark.usefixtures("distributions")
def test_entry_points_may_be_all_or_none() -> None:
    rules = Registry[Any]("rules")
    with pytest.raises(RegistryError, match="3 of 6 were refused"):
        rules.register_entry_points("acme.rules", on_error="raise")
    assert len(rules) == 0


def test_a_group_that_nobody_offers_is_empty() -> None:
    assert "no_such_group" not in sys.modules
    assert Registry[Any]("rules").register_entry_points("no.such.group") == BatchResult()


def test_what_a_module_lists_and_refuses_is_left_out() -> None:
    module = ModuleType("conditional")
    module.__all__ = ["sure", "missing", "experimental"]  # type: ignore[attr-defined]  # as a module sets it
    module.sure = lambda: None  # type: ignore[attr-defined]  # likewise

    def refuse(name: str) -> Any:
        if name == "experimental":
            raise ImportError("switch it on first")
        raise AttributeError(name)

    module.__getattr__ = refuse  # type: ignore[method-assign]  # PEP 562
    assert Registry[Any]("r").register_module(module) == ["sure"]
