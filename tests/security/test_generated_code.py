"""Names from configs and signatures are data for generated code: none of them is ever a part of its text."""

import inspect
import json
import keyword
import linecache
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import Limits, Registry
from registry.factorizer import SchemaFactorizer


class Box:
    def __init__(self, **parts: Any) -> None:
        self.parts = parts


def keep(**parts: Any) -> dict[str, Any]:
    return parts


def boxes() -> "Registry[Any, Any, str]":
    registry: Registry[Any, Any, str] = Registry("boxes")
    registry.register("keep", keep)
    return registry


WILD_KEYS = [
    "x): import os #",
    "x=1, **{}",
    "*",
    "a b",
    "a\nb",
    "'\"\\",
    "#",
    "",
    "\x00",
    "\u202ex",
    "1",
    "k0",
    "v0",
    "build",
    "make",
    "prepared",
    "function",
    "node",
    "known",
    "partial",
    "__debug__",
    "__class__",
    "__builtins__",
    "__import__",
    "self",
    "cls",
    "\ufb01",
    "\u00aa",
    "\u212b",
    "\uff58",
    "\u1d4d\u1d48",
    "e\u0301",
    "_",
    "match",
    *keyword.kwlist,
]


@pytest.mark.parametrize("key", WILD_KEYS)
def test_a_wild_key_arrives_as_it_was_written(key: str, tmp_path: Path) -> None:
    registry = boxes()
    config = {"_type": "keep", key: {"_type": "keep", key: 1}, "last": [{"_type": "keep", key: 2}]}
    wanted = {key: {key: 1}, "last": [{key: 2}]}
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))
    plan = registry.plan(config)
    for made in (registry.build(config), plan.build(), plan.build(), registry.build_file(file)):
        assert made == wanted
    assert pickle.loads(pickle.dumps(registry.plan({"_type": "keep", key: 1}))).build() == {key: 1}


@given(
    st.dictionaries(
        st.text(max_size=12).filter(lambda key: not key.startswith("_") and len(key) != 4 and len(key) != 3),
        st.one_of(st.integers(), st.text(max_size=5), st.lists(st.none(), max_size=2)),
        max_size=4,
    )
)
def test_any_keys_arrive_alike_by_every_way_of_building(values: dict[str, Any]) -> None:
    registry = boxes()
    problems = registry.check({"_type": "keep", **values})
    if not problems:
        assert registry.build({"_type": "keep", **values}) == values
        assert registry.plan({"_type": "keep", **values}).build() == values
    else:
        assert {problem.code for problem in problems} == {"misspelt-key"}


def declared(name: str, kind: Any) -> Any:
    """A function whose signature declares a parameter of any name."""

    def function(*args: Any, **kwargs: Any) -> Any:
        return [*args, *kwargs.values()]

    parameter = object.__new__(inspect.Parameter)  # the constructor refuses what is no identifier
    for slot, value in {"_name": name, "_kind": kind, "_default": 0, "_annotation": inspect.Parameter.empty}.items():
        object.__setattr__(parameter, slot, value)
    function.__signature__ = inspect.Signature([parameter])  # type: ignore[attr-defined]  # functions take attributes
    return function


@pytest.mark.parametrize("kind", [inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD])
@pytest.mark.parametrize("name", ["__debug__", "None", "class", "\ufb01", "x): import os #", "a b", "k0", "v0"])
def test_a_parameter_of_a_wild_name_is_given_by_that_name(name: str, kind: Any) -> None:
    registry: Registry[Any, Any, str] = Registry("odd")
    registry.register("odd", declared(name, kind))
    config = {"_type": "odd", name: 3}
    assert registry.check(config) == []
    assert registry.build(config) == [3]
    assert registry.plan(config).build() == [3]


def test_a_parameter_named_like_the_words_of_generated_code_is_still_the_users() -> None:
    def odd(function: int, node: int, known: int = 1, *, prepared: int = 2, make_in_order: int = 3, k0: int = 4) -> Any:
        return function, node, known, prepared, make_in_order, k0

    registry: Registry[Any, Any, str] = Registry("odd")
    registry.register("odd", odd)
    config = {"_type": "odd", "function": 10, "node": 20, "k0": 30}
    assert registry.build(config) == registry.plan(config).build() == (10, 20, 1, 2, 3, 30)


def test_parameters_with_two_underscores_are_parameters_like_others() -> None:
    class Private:
        def __init__(self, __secret: int, __dunder__: int = 0) -> None:
            self.values = (__secret, __dunder__)

    registry: Registry[Any, Any, str] = Registry("odd")
    registry.register("private", Private)
    config = {"_type": "private", "_Private__secret": 1, "__dunder__": 2}
    assert registry.build(config).values == registry.plan(config).build().values == (1, 2)


def test_a_value_is_never_a_part_of_generated_code() -> None:
    value = "__import__('os').system('true')"
    registry = boxes()
    plan = registry.plan({"_type": "keep", "x": [value, {"y": value}], "z": (value,)})
    made = plan.build()
    assert made["x"] == [value, {"y": value}]
    assert all(
        "__import__" not in "".join(lines[2]) for file, lines in linecache.cache.items() if file.startswith("<r")
    )


@pytest.mark.parametrize("kind", ["list", "mapping"])
def test_nesting_that_python_itself_could_not_read_is_built_all_the_same(kind: str) -> None:
    registry: Registry[Any, Any, str] = Registry("deep", factorizer=SchemaFactorizer(limits=Limits(depth=400)))
    registry.register("box", Box)
    config: Any = {"_type": "box"}
    for _ in range(230):
        config = [config] if kind == "list" else {"a": config}
    for made in (registry.build(config), registry.plan(config).build()):
        for _ in range(230):
            made = made[0] if kind == "list" else made["a"]
        assert isinstance(made, Box)
