"""The config language, as its guide states it."""

import collections
import datetime
import enum
import functools
import pickle
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Protocol, TypedDict

import attrs
import pytest
from annotated_types import Ge, Gt, MaxLen

from registry import Catalog, ConfigError, Limits, Registry, type_registry
from registry.config import read_yaml
from registry.document import Document
from registry.factorizer import SchemaFactorizer, value_converter
from registry.problems import Location


class Box:
    """Keeps whatever it is given."""

    def __init__(self, **parts: Any) -> None:
        self.parts = parts


class Model:
    def __init__(self, depth: int = 1) -> None:
        self.depth = depth


class Loss:
    def __init__(self, delta: float = 1.0, name: str = "loss") -> None:
        self.delta = delta
        self.name = name


class Trainer:
    def __init__(self, model: Model, losses: list[Loss], epochs: int = 1) -> None:
        self.model = model
        self.losses = losses
        self.epochs = epochs


class Pair:
    def __init__(self, first: Any, second: Any) -> None:
        self.first = first
        self.second = second


def parts() -> "Registry[Any, Any, str]":
    registry: Registry[Any, Any, str] = Registry("parts")
    for cls in (Box, Model, Loss, Trainer, Pair):
        registry.register(cls.__name__.lower(), cls)
    return registry


def taking(annotation: Any, default: Any = ...) -> "Registry[Any, Any, str]":
    """A registry with one function that gives back its parameter `x`, annotated."""

    def give(x: Any) -> Any:
        return x

    if default is not ...:
        give.__defaults__ = (default,)
    give.__annotations__ = {"x": annotation}
    registry = parts()
    registry.register("give", give)
    return registry


def give(annotation: Any, value: Any) -> Any:
    return taking(annotation).build({"_type": "give", "x": value})


def codes(registry: "Registry[Any, Any, str]", config: Any, **given: Any) -> list[tuple[str, str]]:
    return [(problem.code, problem.path) for problem in registry.check(config, **given)]


# -------------------------------------------------------------------------------------------------- nodes


def test_nodes_stand_anywhere_and_the_root_may_be_a_plain_container() -> None:
    built = parts().build({"a": {"b": [1, {"_type": "model", "depth": 3}]}, "c": "text"})
    assert built["a"]["b"][0] == 1
    assert built["a"]["b"][1].depth == 3
    assert built["c"] == "text"
    assert parts().build([{"_type": "model"}, 2])[1] == 2
    assert parts().build("model").depth == 1


def test_any_mapping_is_a_config() -> None:
    config = collections.ChainMap({"_type": "box"}, {"inner": collections.OrderedDict(a=1)})
    built = parts().build(config)
    assert built.parts == {"inner": {"a": 1}}
    assert type(built.parts["inner"]) is dict


def test_positional_arguments_are_given_by_args() -> None:
    built = parts().build({"_type": "pair", "_args": [1], "second": {"_type": "model"}})
    assert (built.first, built.second.depth) == (1, 1)


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"_type": "pair", "_args": [1, 2, 3]}, [("unknown-parameter", "_args[2]")]),
        ({"_type": "pair", "_args": [1, 2], "second": 3}, [("duplicate-key", "second")]),
        ({"_type": "pair", "_args": 5}, [("bad-node", "_args")]),
        ({"_type": ["pair"]}, [("bad-node", "_type")]),
        ({"_type": "pair", "_partial": "yes", "first": 1, "second": 2}, [("bad-node", "_partial")]),
        ({"_partial": True, "x": 1}, [("bad-node", "_partial")]),
        ({"_raw": 1, "x": 2}, [("bad-node", "x")]),
        ({"_ref": "x", "x": 2}, [("bad-node", "x")]),
    ],
)
def test_reserved_keys_are_used_as_they_are_meant(config: Any, found: list[tuple[str, str]]) -> None:
    assert sorted(codes(parts(), config)) == sorted(found)


def test_a_partial_can_be_pickled_and_lacks_what_it_lacks() -> None:
    made = parts().build({"_type": "pair", "second": {"_type": "model"}, "_partial": True})
    assert isinstance(made, functools.partial)
    first, second = pickle.loads(pickle.dumps(made))(first=1), made(first=2)
    assert first.first == 1
    assert second.second is made(first=3).second  # the children of a partial are made once, with it


def test_a_reference_is_the_same_object_built_once() -> None:
    built = parts().build(
        {"a": {"_ref": "shared"}, "shared": {"_type": "model"}, "b": [{"_ref": "shared"}, {"_ref": "a"}]}
    )
    assert built["a"] is built["shared"] is built["b"][0] is built["b"][1]


def test_a_reference_to_a_plain_value_is_that_value_as_its_own_place_asks() -> None:
    registry = taking(tuple[float, ...])
    built = registry.build({"numbers": [1, 2], "x": {"_type": "give", "x": {"_ref": "numbers"}}})
    assert built == {"numbers": [1, 2], "x": (1.0, 2.0)}


def test_a_reference_into_a_node_finds_the_object_of_its_parameter() -> None:
    built = parts().build(
        {
            "first_loss": {"_ref": "trainer.losses[0]"},
            "trainer": {"_type": "trainer", "model": {"_type": "model"}, "losses": [{"_type": "loss"}]},
        }
    )
    assert built["first_loss"] is built["trainer"].losses[0]


def test_a_live_object_is_given_by_reference() -> None:
    model = Model()
    config = {"_type": "trainer", "model": {"_ref": "given.net"}, "losses": []}
    assert parts().build(config, given={"net": model}).model is model
    assert codes(parts(), config) == [("bad-reference", "model._ref")]
    assert codes(parts(), config, given={"net": "no model"}) == [("wrong-type", "model._ref")]


def test_a_cycle_of_references_is_shown() -> None:
    config = {"a": {"_type": "box", "x": {"_ref": "b"}}, "b": {"_type": "box", "x": {"_ref": "a"}}}
    problems = parts().check(config)
    assert {problem.code for problem in problems} == {"reference-cycle"}
    assert "a.x → b.x → a" in problems[0].message


@pytest.mark.parametrize(
    "text", ["", "a..b", "a[", 3, None, "[", "a.", "shared.depth[0]", "nowhere", "list[7]", "list[-1]"]
)
def test_a_bad_reference_is_a_problem(text: Any) -> None:
    config = {"x": {"_ref": text}, "shared": {"_type": "model", "depth": 2}, "list": [1]}
    assert codes(parts(), config) == [("bad-reference", "x._ref")]


def test_the_given_objects_are_referred_to_one_by_one() -> None:
    (problem,) = parts().check({"x": {"_ref": "given"}}, {"model": Model()})
    assert (problem.code, problem.suggestions) == ("bad-reference", ("Write it like 'given.x'.",))


def test_problems_of_a_config_without_locations_are_in_document_order_too() -> None:
    config = {"a": {"_ref": "c"}, "b": [{"_type": "modle"}, {"_type": "model", "dept": 1}], "c": {"_type": "los"}}
    assert [problem.path for problem in parts().check(config)] == ["b[0]._type", "b[1].dept", "c._type"]


def test_what_stands_under_raw_is_data() -> None:
    built = parts().build({"_type": "box", "data": {"_raw": {"_type": "os.system", "type": [{"_ref": "x"}]}}})
    assert built.parts == {"data": {"_type": "os.system", "type": [{"_ref": "x"}]}}


@pytest.mark.parametrize(
    "key", ["_tpye", "_Type", "type", "__type", "_typ", "_reff", "_arg", "partial", "_registri", "_row"]
)
def test_a_key_one_edit_from_a_reserved_one_is_a_problem_in_any_mapping(key: str) -> None:
    assert codes(parts(), {"a": {key: 1}}) == [("misspelt-key", f"a.{key}")]
    assert codes(parts(), {"_type": "model", key: 1}) == [("misspelt-key", key)]
    assert codes(parts(), {"a": {"_raw": {key: 1}}}) == []


def test_a_parameter_that_looks_like_a_reserved_key_is_a_parameter() -> None:
    registry = parts()

    def draw(type: str, ref: int = 0) -> str:
        return type

    registry.register("draw", draw)
    assert registry.build({"_type": "draw", "type": "circle"}) == "circle"


@pytest.mark.parametrize("key", ["_target_", "class_path"])
def test_another_tools_node_is_told_how_it_is_written_here(key: str) -> None:
    (problem,) = parts().check({"_type": "trainer", "model": {key: "x.Y", "_type": "model"}, "losses": []})
    assert problem.code == "unknown-parameter"
    assert any("Write '_type'" in text and "'registry convert'" in text for text in problem.suggestions)


# -------------------------------------------------------------------------------------------------- values


class Colour(enum.Enum):
    RED = "red"
    BLUE = 2


class Level(enum.IntEnum):
    LOW = 1


class Unit(enum.StrEnum):
    METRE = "m"


class Port(int):
    """A scalar of one's own."""


class Options(TypedDict, total=False):
    type: str
    size: int


class Point(NamedTuple):
    x: int
    y: int = 0


@attrs.frozen
class Schedule:
    steps: list[int]
    warm: float = 0.0


class Named(Protocol):
    def run(self) -> None: ...


@pytest.mark.parametrize(
    ("annotation", "value", "result"),
    [
        (int, 3, 3),
        (float, 3, 3.0),
        (float, 0.5, 0.5),
        (bool, True, True),
        (str, "3", "3"),
        (None, None, None),
        (complex, 2, 2 + 0j),
        (Path, "a/b", Path("a/b")),
        (Colour, "red", Colour.RED),
        (Colour, "BLUE", Colour.BLUE),
        (Level, "LOW", Level.LOW),
        (Unit, "METRE", Unit.METRE),
        (Port, 80, Port(80)),
        (Decimal, 0.1, Decimal("0.1")),
        (datetime.date, "2026-01-31", datetime.date(2026, 1, 31)),
        (datetime.timedelta, 1.5, datetime.timedelta(seconds=1.5)),
        (list[int], [1, 2], [1, 2]),
        (tuple[int, ...], [1, 2], (1, 2)),
        (tuple[int, str], [1, "a"], (1, "a")),
        (tuple[()], [], ()),
        (set[int], [1, 1], {1}),
        (frozenset[str], ["a"], frozenset("a")),
        (Sequence[float], [1], [1.0]),
        (dict[str, float], {"a": 1}, {"a": 1.0}),
        (Mapping[str, list[Path]], {"a": ["x"]}, {"a": [Path("x")]}),
        (collections.OrderedDict[str, int], {"a": 1}, collections.OrderedDict(a=1)),
        (collections.Counter[str], {"a": 1}, collections.Counter(a=1)),
        (collections.deque[int], [1], collections.deque([1])),
        (int | None, None, None),
        (int | str, "a", "a"),
        (float | str, 3, 3.0),
        (Path | int, "a", Path("a")),
        (list[int] | int, [1], [1]),
        (Literal["a", 2], 2, 2),
        (Options, {"type": "x", "size": 1}, {"type": "x", "size": 1}),
        (Point, {"x": 1}, Point(1)),
        (Schedule, {"steps": [1], "warm": 1}, Schedule([1], 1.0)),
        (list[Schedule], [{"steps": []}], [Schedule([])]),
        (dict, {"a": {"b": 1}}, {"a": {"b": 1}}),
        (list, [1, "a"], [1, "a"]),
        (object, [1], [1]),
        ("no.such.name", {"a": 1}, {"a": 1}),
        (Annotated[int, Gt(0)], 1, 1),
        (Annotated[list[Annotated[int, Ge(0)]], MaxLen(2)], [0, 1], [0, 1]),
    ],
)
def test_a_value_becomes_what_the_annotation_says(annotation: Any, value: Any, result: Any) -> None:
    built = give(annotation, value)
    assert built == result
    assert type(built) is type(result)
    plan = taking(annotation).plan({"_type": "give", "x": value})
    assert plan.build() == plan.build() == result


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, True),
        (int, 3.0),
        (int, "3"),
        (float, "0.5"),
        (float, True),
        (float, 10**400),
        (bool, 1),
        (str, 3),
        (str, None),
        (None, 0),
        (Path, 3),
        (Colour, "green"),
        (Level, True),
        (Unit, "km"),
        (Port, "80"),
        (Port, True),
        (Port, 80.5),
        (Decimal, "half"),
        (datetime.date, "yesterday"),
        (list[int], [1, "a"]),
        (list[int], "abc"),
        (list[int], 3),
        (tuple[int, str], [1]),
        (set[list[int]], [[1]]),
        (Sequence[str], "abc"),
        (dict[str, float], {"a": "x"}),
        (dict[int, int], {"1": 1}),
        (int | None, "a"),
        (Literal["a", 1], True),
        (Options, {"size": "big"}),
        (Schedule, 3),
        (Model, {"no": 1}),
        (Model, "model"),
        (Model, {"_type": "loss"}),
        (list[Model], [{"_type": "model"}, {"_type": "loss"}]),
        (Model | None, {"_type": "loss"}),
        (Callable[[int], int], {"_type": "model"}),
        (Callable[[int], int], 3),
        (Named, {"_type": "model"}),
        (type[Model], "model"),
    ],
)
def test_a_value_of_another_type_is_a_problem_and_nothing_is_coerced(annotation: Any, value: Any) -> None:
    registry = taking(annotation)
    config = {"_type": "give", "x": value}
    found = registry.check(config)
    assert found
    assert {problem.code for problem in found} <= {"wrong-type", "unknown-parameter"}
    assert all(problem.path.startswith("x") for problem in found)
    with pytest.raises(ConfigError) as caught:
        registry.build(config)
    assert list(caught.value.problems) == found


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Annotated[int, Gt(0)], 0),
        (Annotated[list[int], MaxLen(1)], [1, 2]),
        (list[Annotated[int, Gt(0)]], [1, 0]),
        (Annotated[int, Gt(0)] | None, -1),
    ],
)
def test_a_broken_constraint_is_a_problem(annotation: Any, value: Any) -> None:
    assert {code for code, _ in codes(taking(annotation), {"_type": "give", "x": value})} == {"broken-constraint"}


def test_a_constraint_may_be_a_function_that_raises_value_error() -> None:
    def even(value: int) -> None:
        if value % 2:
            raise ValueError(f"must be even, not {value}")

    registry = taking(Annotated[int, even])
    assert registry.build({"_type": "give", "x": 2}) == 2
    (problem,) = registry.check({"_type": "give", "x": 3})
    assert problem.code == "broken-constraint"
    assert "must be even, not 3" in problem.message


def test_without_an_annotation_plain_values_arrive_unchanged() -> None:
    class Text(str):
        pass

    config = {"_type": "box", "x": {"a": [1, 2.5, Text("t"), None, True, {"b": []}]}}
    built = parts().build(config).parts["x"]
    assert built == {"a": [1, 2.5, "t", None, True, {"b": []}]}
    assert [type(item) for item in built["a"]] == [int, float, str, type(None), bool, dict]


def test_every_container_is_new_in_every_build() -> None:
    registry = parts()
    config = {"_type": "box", "x": {"a": [1]}, "y": []}
    plan = registry.plan(config)
    results = [registry.build(config).parts, registry.build(config).parts, plan.build().parts, plan.build().parts]
    containers = [id(part) for result in results for part in (result["x"], result["x"]["a"], result["y"])]
    assert len(set(containers)) == len(containers)
    assert id(config["x"]) not in containers


def test_a_mapping_for_an_annotated_class_that_is_registered_builds_that_class() -> None:
    built = parts().build({"_type": "trainer", "model": {"depth": 4}, "losses": [{"delta": 2}, {"_type": "loss"}]})
    assert built.model.depth == 4
    assert [loss.delta for loss in built.losses] == [2.0, 1.0]
    assert codes(parts(), {"_type": "trainer", "model": {"dept": 4}, "losses": []}) == [
        ("unknown-parameter", "model.dept")
    ]


def test_a_mapping_for_a_class_that_nobody_registered_is_told_to_name_an_entry() -> None:
    (problem,) = taking(Named).check({"_type": "give", "x": {"name": "a"}})
    assert (problem.code, problem.suggestions) == ("wrong-type", ("Name the entry that builds it with '_type'.",))


def test_a_users_structure_hook_counts_as_a_conversion_of_values() -> None:
    converter = value_converter()
    converter.register_structure_hook(Schedule, lambda value, _: Schedule([int(part) for part in value.split("-")]))
    registry: Registry[Any, Any, str] = Registry("r", factorizer=SchemaFactorizer(converter=converter))

    def run(schedule: Schedule) -> Schedule:
        return schedule

    registry.register(run)
    assert registry.build({"_type": "run", "schedule": "1-2"}) == Schedule([1, 2])
    (problem,) = registry.check({"_type": "run", "schedule": "1-x"})
    assert problem.code == "wrong-type"


# -------------------------------------------------------------------------------------------------- plans, limits


def test_children_are_made_in_document_order_before_their_parent() -> None:
    made: list[str] = []

    class Recorder:
        def __init__(self, name: str, first: Any = None, second: Any = None) -> None:
            made.append(name)

    registry: Registry[Any, Any, str] = Registry("r")
    registry.register("recorder", Recorder)
    config = {
        "_type": "recorder",
        "second": {"_type": "recorder", "name": "b", "first": {"_type": "recorder", "name": "a"}},
        "first": {"_type": "recorder", "name": "c"},
        "name": "d",
    }
    registry.build(config)
    registry.plan(config).build()
    assert made == ["a", "b", "c", "d"] * 2


def test_an_exception_from_an_artifact_is_itself_with_a_note_of_its_place() -> None:
    class Failing:
        def __init__(self, depth: int) -> None:
            raise KeyError(depth)

    registry = parts()
    registry.register("failing", Failing)
    config = {"a": [{"_type": "model"}, {"_type": "box", "inner": {"_type": "failing", "depth": 3}}]}
    for build in (
        lambda: registry.build(config),
        registry.plan(config).build,
        lambda: registry.build([{"_ref": "[1]"}, config["a"][1]]),
    ):
        with pytest.raises(KeyError) as caught:
            build()
        assert caught.value.args == (3,)
        (note,) = caught.value.__notes__
        assert note.startswith("while building 'failing' at ")
        assert note.endswith("inner")


def test_a_plan_is_immutable_and_can_be_pickled() -> None:
    registry = parts()
    config = {"m": {"_type": "box", "a": [{"_type": "model", "depth": 2}]}}
    plan = registry.plan(config)
    config["m"]["a"][0]["depth"] = 5
    plan.config["m"]["a"].clear()
    assert plan.config == {"m": {"_type": "box", "a": [{"_type": "model", "depth": 2}]}}
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        plan.problems = ()  # type: ignore[misc]  # that it is refused is what is tested
    registry.clear()
    assert plan.build()["m"].parts["a"][0].depth == 2


def nested(depth: int) -> Any:
    config: Any = 1
    for _ in range(depth):
        config = [config]
    return config


def test_depth_and_size_are_limited_in_every_way_of_building() -> None:
    registry: Registry[Any, Any, str] = Registry("r", factorizer=SchemaFactorizer(limits=Limits(depth=5, nodes=20)))
    registry.register("box", Box)
    assert registry.build(nested(5)) == nested(5)
    assert codes(registry, nested(6)) == [("limit-exceeded", "[0][0][0][0][0]")]
    assert registry.build([0] * 20) == [0] * 20
    for config in (nested(6), [0] * 21, {"_type": "box", "x": [0] * 19}, {"_type": "box", "x": nested(5)}):
        with pytest.raises(ConfigError) as caught:
            registry.build(config)
        assert [problem.code for problem in caught.value.problems] == ["limit-exceeded"]


def test_a_list_that_holds_itself_is_a_problem() -> None:
    config: list[Any] = []
    config.append(config)
    assert {code for code, _ in codes(parts(), config)} == {"limit-exceeded"}


def test_references_cannot_make_a_small_config_large() -> None:
    registry: Registry[Any, Any, str] = Registry("r", factorizer=SchemaFactorizer(limits=Limits(nodes=5_000)))
    config: dict[str, Any] = {"l0": ["x"] * 10}
    for level in range(1, 12):
        config[f"l{level}"] = [{"_ref": f"l{level - 1}"}] * 10
    assert "limit-exceeded" in {code for code, _ in codes(registry, config)}


def test_a_plan_of_a_part_is_a_config_of_its_own() -> None:
    config = {
        "shared": {"_type": "model", "depth": 3},
        "main": {"_type": "box", "a": {"_ref": "shared"}, "b": [{"_ref": "main.a"}, {"_ref": "shared"}], "c": 1},
    }
    plan = parts().plan(Document(config, part=("main",)))
    assert plan.config == {
        "_type": "box",
        "a": {"_type": "model", "depth": 3},
        "b": [{"_ref": "a"}, {"_ref": "a"}],
        "c": 1,
    }
    for built in (plan.build(), parts().plan(plan.config).build()):
        assert built.parts["a"].depth == 3
        assert built.parts["a"] is built.parts["b"][0] is built.parts["b"][1]


def test_ordinary_nodes_take_the_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = parts()
    config = {"_type": "trainer", "model": {"_type": "model"}, "losses": [{"_type": "loss", "delta": 1}], "epochs": 2}

    def thorough(*arguments: Any) -> Any:
        raise AssertionError("the explaining path was taken")

    monkeypatch.setattr("registry.factorizer.walk.Walk.whole", thorough)
    assert registry.build(config).losses[0].delta == 1.0
    assert registry.build({"a": [{"_type": "box", "x": {"y": [1]}}]})["a"][0].parts == {"x": {"y": [1]}}
    with pytest.raises(AssertionError, match="explaining path"):
        registry.build({"_type": "model", "depth": "x"})


def test_a_misspelt_required_parameter_is_one_mistake() -> None:
    (problem,) = parts().check({"_type": "pair", "frist": 1, "second": 2})
    assert (problem.code, problem.path) == ("unknown-parameter", "frist")
    assert problem.suggestions == ("did you mean 'first'?",)
    found = codes(parts(), {"_type": "pair", "other": 1, "second": 2})
    assert sorted(found) == [("missing-parameter", ""), ("unknown-parameter", "other")]


def test_a_used_factorizer_can_be_pickled() -> None:
    factorizer = SchemaFactorizer(limits=Limits(depth=7), makes=Model)
    registry: Registry[Any, Any, str] = Registry("r", factorizer=factorizer)
    registry.register("model", Model)
    assert registry.build({"_type": "model"}).depth == 1
    again = pickle.loads(pickle.dumps(factorizer))
    assert (again.limits, again.makes, again.signature) == (factorizer.limits, Model, factorizer.signature)


def test_a_plan_that_is_too_large_to_compile_builds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.factorizer.plan.COMPILED_CALLS", 2)
    plan = parts().plan([{"_type": "model", "depth": depth} for depth in range(3)])
    first, second = plan.build(), plan.build()
    assert [model.depth for model in first] == [model.depth for model in second] == [0, 1, 2]
    assert first[0] is not second[0]


def test_a_tuple_that_is_too_long_and_an_unknown_key_of_a_typed_dict_are_problems() -> None:
    assert codes(taking(tuple[int, str]), {"_type": "give", "x": [1, "a", 2]}) == [("wrong-type", "x")]
    assert codes(taking(Options), {"_type": "give", "x": {"size": 1, "sise": 2}}) == [("unknown-parameter", "x.sise")]


def test_an_exact_type_comes_before_conversions_whatever_else_a_union_has() -> None:
    registry, config = taking(float | int | Path), {"_type": "give", "x": 3}
    assert type(registry.build(config)) is type(registry.plan(config).build()) is int


def test_a_constraint_of_a_union_is_asked_also_when_other_members_were_tried_before() -> None:
    registry = taking(Annotated[Colour | list[int], MaxLen(1)])
    assert codes(registry, {"_type": "give", "x": [1, 2]}) == [("broken-constraint", "x")]
    assert codes(registry, {"_type": "give", "x": [1]}) == []


def test_what_a_function_returns_fits_if_it_may_be_what_is_asked_for() -> None:
    def find(depth: int) -> Model | None:
        return Model(depth)

    def count() -> int:
        return 3

    registry = parts()
    registry.register(find)
    registry.register(count)
    config = {"_type": "trainer", "model": {"_type": "find", "depth": 2}, "losses": []}
    assert registry.build(config).model.depth == 2
    assert registry.build({"_type": "loss", "delta": {"_type": "count"}}).delta == 3


def test_a_mistake_that_is_referred_to_is_told_once() -> None:
    config = {"a": {"k": {"_tpye": 1}}, "b": {"_ref": "a"}, "c": [{"_ref": "a"}]}
    assert codes(parts(), config) == [("misspelt-key", "a.k._tpye")]


def test_a_problem_whose_place_is_not_known_stands_at_the_nearest_that_is() -> None:
    places = {(): Location("f", 1, 1, 2), ("a",): Location("f", 2, 3, 4)}
    config = Document({"a": [{"_type": "modle"}]}, "f", locate=lambda path, key: places.get(path))
    (problem,) = parts().check(config)
    assert (problem.path, str(problem.location)) == ("a[0]._type", "f:2:3")


def test_two_factorizers_of_one_registry_do_not_share_what_they_compiled() -> None:
    registry = taking(Any)
    config = {"_type": "give", "x": [[1]]}
    assert registry.build(config) == [[1]]
    strict = Catalog(registry, factorizer=SchemaFactorizer(limits=Limits(depth=2)))
    with pytest.raises(ConfigError, match="1 mistake"):
        strict.build(config)
    assert registry.build(config) == [[1]]


def test_every_missing_parameter_is_told() -> None:
    assert codes(parts(), {"_type": "pair"}) == [("missing-parameter", ""), ("missing-parameter", "")]
    assert codes(parts(), {"_type": "trainer", "epochs": 2}) == [("missing-parameter", "")] * 2


def test_a_path_may_lead_through_a_reference() -> None:
    config = {"a": {"k": {"_type": "model"}}, "b": {"_ref": "a"}, "c": {"_ref": "b.k"}}
    for built in (parts().build(config), parts().plan(config).build()):
        assert built["a"]["k"] is built["b"]["k"] is built["c"]


def test_a_node_that_is_referred_to_is_what_it_is_where_it_stands() -> None:
    models = type_registry("models", base=Model)
    models.register("net", Model)
    others: Registry[Any, Any, str] = Registry("others")
    others.register("net", Loss)
    others.register("trainer", Trainer)
    config = {"early": {"_ref": "main.model"}, "main": {"_type": "trainer", "model": {"_type": "net"}, "losses": []}}
    built = Catalog(models, others).build(config)
    assert type(built["early"]) is Model
    assert built["early"] is built["main"].model


def test_a_plan_keeps_its_warnings() -> None:
    registry = parts()
    registry.register("old", Model, deprecated="use 'model'")
    with pytest.warns(DeprecationWarning, match="use 'model'"):
        plan = registry.plan({"_type": "old"})
    assert [(problem.code, problem.severity) for problem in plan.problems] == [("deprecated", "warning")]


class Fragile:
    def __init__(self, depth: int) -> None:
        raise OSError("no luck")


def test_a_plan_that_was_pickled_still_knows_the_places() -> None:
    registry = parts()
    registry.register("fragile", Fragile)
    document = read_yaml("a:\n  - _type: fragile\n    depth: 1\n", "f.yaml")
    for plan in (registry.plan(document), pickle.loads(pickle.dumps(registry.plan(document)))):
        with pytest.raises(OSError, match="no luck") as caught:
            plan.build()
        assert caught.value.__notes__ == ["while building 'fragile' at a[0] (f.yaml:2:12)"]


def test_a_registry_that_is_named_is_never_overlooked() -> None:
    """Also by the quick way, once it knows what the name means, and for what takes any parameter."""
    registry = parts()
    for name in ("box", "model"):
        for _ in range(2):
            registry.build({"_type": name})
            registry.build({"_type": name, "_registry": "parts"})
            for wrong in ("others", 3):
                with pytest.raises(ConfigError):
                    registry.build({"_type": name, "_registry": wrong})
