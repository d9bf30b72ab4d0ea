"""From objects to configs and back: what is built again equals what was there, and the rest is refused."""

import datetime
import decimal
import enum
import functools
import importlib.util
import json
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import InitVar, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import attrs
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from registry import ConfigError, Registry, load_files
from registry.factorizer.to_config import to_config

AnyRegistry = Registry[Any, Any, str]


def load_worlds() -> Any:
    """The generators of registries and configs, which the laws of building share."""
    if "worlds" not in sys.modules:
        file = Path(__file__).parent / "factorizer" / "worlds.py"
        spec = importlib.util.spec_from_file_location("worlds", file)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["worlds"] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["worlds"]


worlds = load_worlds()


# ---------------------------------------------------------------------------------------------------- what is written


class Colour(enum.Enum):
    RED = "red"
    BLUE = 2


class Point(NamedTuple):
    x: int
    y: float


@attrs.frozen
class Holder:
    """An attrs class; its second field is private, so that its constructor takes it under another name."""

    data: Any
    _private: Any = None


@attrs.define
class Tree:
    children: list["Tree"] = attrs.Factory(list)
    label: str = attrs.field(default="", kw_only=True)
    depth: int = attrs.field(init=False, default=0)


@dataclass
class Typed:
    """A dataclass whose annotations say what its plain values stand for."""

    numbers: tuple[float, ...] = ()
    pair: tuple[int, str] = (0, "")
    unique: frozenset[int] = frozenset()
    names: set[str] = field(default_factory=set)
    where: Path = Path(".")
    colour: Colour = Colour.RED
    day: datetime.date = datetime.date(2000, 1, 1)
    moment: datetime.datetime = datetime.datetime(2000, 1, 1)
    price: decimal.Decimal = decimal.Decimal(0)
    point: Point | None = None
    table: dict[str, list[int]] = field(default_factory=dict)
    maybe: float | None = None
    anything: dict[str, Any] = field(default_factory=dict)


class Shown:
    """Shows its parameters as scikit-learn's estimators do."""

    def __init__(self, first: Any, *, type: Any = None) -> None:
        self.first = first
        self.type = type

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        assert not deep
        return {"first": self.first, "type": self.type}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shown) and plain(vars(self)) == plain(vars(other))

    __hash__ = None  # type: ignore[assignment]  # equal by what it holds, which may change


class Hidden:
    """Shows nothing."""


def scaled(*values: Any, **options: Any) -> Any:
    return values, options


ARTIFACTS = {cls.__name__.lower(): cls for cls in (Holder, Tree, Typed, Shown, Point, scaled)}
NAMES = {artifact: name for name, artifact in ARTIFACTS.items()}


def things() -> AnyRegistry:
    registry: AnyRegistry = Registry("things")
    registry.register_many(ARTIFACTS)
    return registry


THINGS = things()


def node_of(artifact: Any) -> dict[str, str] | None:
    return {"_type": NAMES[artifact]} if artifact in NAMES else None


def plain(value: Any) -> Any:
    """The value in terms that compare by type too: 1, 1.0 and True differ, and so do lists and tuples."""
    if isinstance(value, functools.partial):
        return ("partial", value.func, plain(value.args), plain(value.keywords))
    if attrs.has(type(value)):
        return (type(value), plain({a.name: getattr(value, a.name) for a in attrs.fields(type(value))}))
    if isinstance(value, Typed | Shown):
        return (type(value), plain(vars(value)))
    if isinstance(value, Mapping):
        return (type(value), {key: plain(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return (type(value), [plain(item) for item in value])
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    return (type(value), value)


# ---------------------------------------------------------------------------------------------------- generated data

RESERVED = ["_type", "_registry", "_args", "_partial", "_ref", "_raw"]
NEAR = ["type", "raw", "_tpye", "_rwa", "draw", "dtype", "__ref", "_typ"]

texts = st.text(st.characters(codec="utf-8"), max_size=4)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | st.sampled_from(["holder", "given.x", "_raw", "os.system"])
)
keys = st.sampled_from([*RESERVED, *RESERVED, *NEAR, "a", "b.c", ""]) | texts
data = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)
data_with_tuples = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(keys | st.integers(0, 3), inner, max_size=3)
        | st.lists(inner, max_size=2).map(tuple)
    ),
    max_leaves=12,
)

trees = st.recursive(
    st.builds(Tree, label=st.text("ab", max_size=2)),
    lambda inner: st.builds(Tree, st.lists(inner, max_size=3), label=st.text("ab", max_size=2)),
    max_leaves=6,
)
typed = st.builds(
    Typed,
    numbers=st.lists(st.floats(-1, 1), max_size=3).map(tuple),
    pair=st.tuples(st.integers(), st.text("ab", max_size=2)),
    unique=st.frozensets(st.integers(0, 9)),
    names=st.sets(st.text("ab", max_size=2)),
    where=st.sampled_from(["a/b", ".", "/c d"]).map(Path),
    colour=st.sampled_from(Colour),
    day=st.dates(),
    moment=st.datetimes(),
    price=st.decimals(allow_nan=False, allow_infinity=False, places=3),
    point=st.builds(Point, st.integers(0, 9), st.floats(0, 1)),
    table=st.dictionaries(keys, st.lists(st.integers(0, 9), max_size=2), max_size=2),
    maybe=st.none() | st.floats(0, 1),
    anything=st.dictionaries(keys, data, max_size=2),
)


def holding(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects that hold objects: by field, in containers, and in partials."""
    held = inner | st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2)
    return (
        st.builds(Holder, held, held)
        | st.builds(Shown, held, type=held)
        | st.builds(partial_of_scaled, st.lists(held, max_size=2), options)
        | st.builds(functools.partial, st.just(Holder), held)
    )


def partial_of_scaled(args: list[Any], options: dict[str, Any]) -> Any:
    return functools.partial(scaled, *args, **options)


options = st.dictionaries(st.sampled_from(["first", "type_", "draws"]), data, max_size=2)
objects = st.recursive(trees | typed | st.builds(Holder, data_with_tuples), holding, max_leaves=5)

slow_to_draw = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)


# ---------------------------------------------------------------------------------------------------- data


@slow_to_draw
@given(st.lists(data_with_tuples, max_size=3) | st.dictionaries(keys, data_with_tuples, max_size=3))
@example({"_type": "holder", "data": 1})
@example({"_raw": {"_raw": {"_type": 1}}})
@example({"_raw": 1, "a": ({"_ref": "a"},)})
@example({"type": {"_raw": []}})
@example([{"_raw": {"_raw": None}}])
def test_data_is_built_as_it_was_whatever_its_keys(value: Any) -> None:
    config = to_config(value, node_of)
    assert THINGS.check(config) == []
    assert plain(THINGS.build(config)) == plain(value)
    assert plain(THINGS.plan(config).build()) == plain(value)


@slow_to_draw
@given(data)
def test_the_config_of_data_can_be_written_to_a_file_and_read_back(value: Any) -> None:
    config = to_config(Holder(value, {"private": value}), node_of)
    assert json.loads(json.dumps(config)) == config
    assert plain(THINGS.build(json.loads(json.dumps(config)))) == plain(Holder(value, {"private": value}))


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_data_with_reserved_keys_comes_back_from_a_file(suffix: str, tmp_path: Path) -> None:
    value = {"type": "resnet", "nested": [{"_type": "x", "_raw": {"_ref": "a.b"}}, {"_raw": 1}], "plain": {"a": 1e-3}}
    file = tmp_path / f"config.{suffix}"
    file.write_text(json.dumps(to_config(Holder(value), node_of), indent=1), encoding="utf-8")  # JSON is YAML too
    assert THINGS.build_file(file) == Holder(value)


def test_data_without_reserved_keys_is_written_as_it_is() -> None:
    value = {"a": [1, {"b": None}], "kind": "x"}
    assert to_config(value, node_of) == value


def test_reserved_keys_are_put_under_raw_once_however_deep_they_stand() -> None:
    config = to_config({"a": {"_type": {"_ref": [{"_raw": 1}]}}}, node_of)
    assert config == {"a": {"_raw": {"_type": {"_ref": [{"_raw": 1}]}}}}


# ---------------------------------------------------------------------------------------------------- objects


@slow_to_draw
@given(objects)
@example(functools.partial(scaled))
@example(functools.partial(scaled, 1, [Holder(2)], first={"a": Tree([Tree()])}))
@example(Shown({"_type": 1}, type=Shown(1)))
@example(Typed(anything={"_type": "typed", "type": 1}, table={"_args": [1]}))
def test_an_object_that_shows_its_parameters_is_built_again_and_equal(value: Any) -> None:
    config = to_config(value, node_of)
    assert THINGS.check(config) == []
    assert plain(THINGS.build(config)) == plain(value)
    assert plain(THINGS.plan(config).build()) == plain(value)


@slow_to_draw
@given(objects)
def test_the_config_of_a_built_object_is_the_config_it_was_built_from(value: Any) -> None:
    config = to_config(value, node_of)
    assert plain(to_config(THINGS.build(config), node_of)) == plain(config)


@slow_to_draw
@given(trees | typed)
def test_the_config_of_an_annotated_object_survives_a_file(value: Any) -> None:
    config = json.loads(json.dumps(to_config(value, node_of)))
    assert plain(THINGS.build(config)) == plain(value)


def test_an_object_in_two_places_is_written_in_both() -> None:
    shared = Holder(1)
    assert to_config([shared, shared], node_of) == [{"_type": "holder", "data": 1, "private": None}] * 2


def test_the_config_of_a_partial_builds_a_partial() -> None:
    config = to_config(functools.partial(Holder, private=Holder(2)), node_of)
    assert config == {
        "_type": "holder",
        "_partial": True,
        "private": {"_type": "holder", "data": 2, "private": None},
    }
    assert THINGS.build(config)(1) == Holder(1, Holder(2))


# ---------------------------------------------------------------------------------------------------- refusals


def refused(value: Any) -> list[tuple[str, str]]:
    with pytest.raises(ConfigError) as caught:
        to_config(value, node_of)
    return [(problem.code, problem.path) for problem in caught.value.problems]


places: dict[str, tuple[Callable[[Any], Any], str]] = {
    "the root": (lambda bad: bad, ""),
    "a field": (Holder, "data"),
    "a private field": (lambda bad: Holder(1, bad), "private"),
    "a list": (lambda bad: [1, [bad]], "[1][0]"),
    "a tuple": (lambda bad: Holder((bad, 1)), "data[0]"),
    "a mapping": (lambda bad: {"a": {"b.c": bad}}, 'a["b.c"]'),
    "a shown parameter": (lambda bad: Holder([Shown(bad)]), "data[0].first"),
    "a partial's keyword": (lambda bad: Holder(functools.partial(scaled, x=bad)), "data.x"),
    "a partial's argument": (lambda bad: functools.partial(scaled, 1, bad), "_args[1]"),
}


@pytest.mark.parametrize("place", places)
def test_an_object_that_does_not_show_its_parameters_is_refused_by_name_and_path(place: str) -> None:
    put, path = places[place]
    with pytest.raises(ConfigError) as caught:
        to_config(put(Hidden()), node_of)
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("not-buildable", path)
    assert "'Hidden'" in problem.message


@attrs.frozen
class Unregistered:
    x: int = 1


@pytest.mark.parametrize("place", places)
def test_an_object_of_a_class_that_is_not_registered_is_refused_by_name_and_path(place: str) -> None:
    put, path = places[place]
    with pytest.raises(ConfigError) as caught:
        to_config(put(Unregistered()), node_of)
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("entry-not-found", path)
    assert "'Unregistered'" in problem.message


def test_everything_that_is_refused_is_refused_at_once() -> None:
    value = {"a": Hidden(), "b": [Unregistered(), Holder(Hidden())], "c": functools.partial(print)}
    assert refused(value) == [
        ("not-buildable", "a"),
        ("entry-not-found", "b[0]"),
        ("not-buildable", "b[1].data"),
        ("entry-not-found", "c"),
    ]


@pytest.mark.parametrize("value", [lambda: 1, Holder, print, sys, object(), 1j, b"bytes", iter([]), range(3)])
def test_what_is_neither_data_nor_shown_is_refused(value: Any) -> None:
    assert refused([value]) == [("not-buildable", "[0]")]


def test_an_object_among_reserved_keys_is_refused_where_it_stands() -> None:
    value = {"x": {"type": [Holder(1)], "y": {"z": functools.partial(scaled)}}}
    assert refused(value) == [("bad-node", "x.type[0]"), ("bad-node", "x.y.z")]


def test_a_thing_that_holds_itself_is_refused_where_it_does() -> None:
    loop: list[Any] = [1]
    loop.append({"again": loop})
    assert refused(loop) == [("reference-cycle", "[1].again")]
    tree = Tree()
    tree.children.append(Tree([tree]))
    assert refused(tree) == [("reference-cycle", "children[0].children[0]")]


@dataclass
class Forgetful:
    seed: InitVar[int]
    size: int = 0


def test_an_object_that_does_not_keep_what_it_needs_is_refused() -> None:
    with pytest.raises(ConfigError, match="'Forgetful' does not show its parameter 'seed'") as caught:
        to_config([Forgetful(1)], {Forgetful: "forgetful"}.get)
    assert [(problem.code, problem.path) for problem in caught.value.problems] == [("not-buildable", "[0]")]


def test_a_get_params_that_fails_is_refused_with_its_reason() -> None:
    class Broken:
        def get_params(self, deep: bool) -> dict[str, Any]:
            raise RuntimeError("no parameters today")

    with pytest.raises(ConfigError, match="no parameters today") as caught:
        to_config({"model": Broken()}, node_of)
    assert [problem.path for problem in caught.value.problems] == ["model"]


# ---------------------------------------------------------------------------------------------------- plans


def graph(value: Any) -> Any:
    """What a world's config built, in terms that compare by value and type."""
    if isinstance(value, worlds.Base):
        return (type(value), graph(vars(value)))
    if isinstance(value, dict):
        return {key: graph(item) for key, item in value.items()}
    if isinstance(value, functools.partial):
        return ("partial", value.func, graph(value.keywords))
    return (type(value), [graph(item) for item in value] if isinstance(value, list | tuple) else value)


@settings(slow_to_draw, max_examples=200)
@given(st.data())
def test_the_config_of_a_plan_plans_an_equal_graph(data: st.DataObject) -> None:
    world = data.draw(worlds.classes())
    registry: AnyRegistry = Registry("world")
    registry.register_many(world)
    config = data.draw(worlds.configs(world))
    plan = registry.plan(config)
    again = registry.plan(plan.config)
    stored = registry.plan(json.loads(json.dumps(plan.config)))
    assert plan.config == again.config == stored.config
    assert graph(plan.build()) == graph(again.build()) == graph(stored.build()) == graph(registry.build(config))


@settings(slow_to_draw, max_examples=50)
@given(st.data())
def test_a_plan_keeps_its_config_whatever_happens_to_the_one_it_was_made_from(data: st.DataObject) -> None:
    world = data.draw(worlds.classes())
    registry: AnyRegistry = Registry("world")
    registry.register_many(world)
    config = data.draw(worlds.configs(world))
    plan = registry.plan(config)
    before, built = json.dumps(plan.config), graph(plan.build())
    empty(config)
    empty(plan.config)
    assert json.dumps(plan.config) == before
    assert graph(plan.build()) == built


def empty(value: Any) -> None:
    """Take everything out of every container."""
    if isinstance(value, dict | list):
        for item in list(value.values()) if isinstance(value, dict) else list(value):
            empty(item)
        value.clear()


def test_the_config_of_a_plan_has_the_overrides_applied(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("main: {_type: holder, data: [1, {a: 2}]}\nother: {_type: tree, label: x}\n", encoding="utf-8")
    document = load_files([file], overrides=["main.data[1].a=3", "+main.private={_type: tree}", "~other.label"])
    plan = THINGS.plan(document)
    assert plan.config == {
        "main": {"_type": "holder", "data": [1, {"a": 3}], "private": {"_type": "tree"}},
        "other": {"_type": "tree"},
    }
    assert plan.build() == THINGS.plan(plan.config).build() == {"main": Holder([1, {"a": 3}], Tree()), "other": Tree()}
