"""Building, checking and planning through a registry."""

import enum
import math
import pickle
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import MappingProxyType
from typing import Any

import pytest

from registry import (
    ConfigError,
    Document,
    EntryNotFoundError,
    Reference,
    Registry,
    RegistryError,
    RemoteError,
    ResolutionError,
)


class Wheel:
    """A wheel.

    Args:
        radius: In metres.
    """

    def __init__(self, radius: float = 0.3) -> None:
        self.radius = radius


class Car:
    def __init__(self, wheel: Wheel, name: str = "car", given: int = 0, extra: Any = None) -> None:
        self.wheel = wheel
        self.name = name
        self.given = given
        self.extra = extra


@pytest.fixture
def parts() -> Registry[Any]:
    registry = Registry[Any]("parts")
    registry.register("wheel", Wheel, aliases=["w"])
    registry.register("car", Car)
    registry.register("sides", {"a": 1})
    registry.register("lazy", Reference("fractions:Fraction"))
    return registry


def codes(parts: Registry[Any], config: Any, **options: Any) -> list[str]:
    return [problem.code for problem in parts.check(config, **options)]


# ---------------------------------------------------------------------------------------------- what is built


def test_a_name_is_built_with_the_parameters_that_come_with_it(parts: Registry[Any]) -> None:
    assert parts.build("wheel").radius == 0.3
    assert parts.build("w", radius=1).radius == 1.0
    assert parts.build("car", wheel={"_type": "wheel", "radius": 2.0}).wheel.radius == 2.0
    assert parts.build("wheel", _partial=True)(radius=4).radius == 4


def test_a_config_is_built_with_live_objects_that_it_refers_to(parts: Registry[Any]) -> None:
    wheel = Wheel()
    car = parts.build({"_type": "car", "wheel": {"_ref": "given.spare"}}, given={"spare": wheel})
    assert car.wheel is wheel
    assert parts.plan({"_type": "car", "wheel": {"_ref": "given.spare"}}, given={"spare": wheel}).build().wheel is wheel


def test_with_a_name_given_is_a_parameter_like_any_other(parts: Registry[Any]) -> None:
    assert parts.build("car", wheel={"_type": "wheel"}, given=3).given == 3


def test_parameters_beside_a_config_are_refused(parts: Registry[Any]) -> None:
    with pytest.raises(TypeError, match="'radius'"):
        parts.build({"_type": "wheel"}, radius=1)  # type: ignore[call-overload]  # the mistake


@pytest.mark.parametrize("kind", [dict, OrderedDict, MappingProxyType])
def test_any_mapping_is_a_config(parts: Registry[Any], kind: Any) -> None:
    assert parts.build(kind({"_type": "wheel"})).radius == 0.3


def test_the_root_may_be_a_plain_mapping_or_list(parts: Registry[Any]) -> None:
    built = parts.build({"a": {"_type": "wheel"}, "b": 3})
    assert type(built["a"]) is Wheel
    assert type(parts.build([{"_type": "wheel"}])[0]) is Wheel


class Part(enum.Enum):
    WHEEL = 1


def test_names_that_are_not_text_are_built_too() -> None:
    parts = Registry[Any, Any, Part]("parts")
    parts.register(Part.WHEEL, Wheel)
    assert parts.build(Part.WHEEL, radius=2).radius == 2.0
    assert parts.build({"_type": Part.WHEEL}).radius == 0.3


@pytest.mark.parametrize("ask", ["build", "plan"])
def test_an_unknown_name_is_a_config_error_and_not_a_missing_entry(parts: Registry[Any], ask: str) -> None:
    with pytest.raises(ConfigError) as caught:
        getattr(parts, ask)("whel")
    assert not isinstance(caught.value, EntryNotFoundError)
    (problem,) = caught.value.problems
    assert problem.code == "entry-not-found"
    assert problem.suggestions == ("did you mean 'wheel'?",)


def test_another_registry_cannot_be_named(parts: Registry[Any]) -> None:
    assert codes(parts, {"_type": "wheel", "_registry": "parts"}) == []
    (problem,) = parts.check({"_type": "wheel", "_registry": "part"})
    assert problem.code == "registry-not-found"
    assert problem.suggestions[0] == "did you mean 'parts'?"


def test_data_cannot_be_built(parts: Registry[Any]) -> None:
    assert codes(parts, {"_type": "sides"}) == ["not-buildable"]
    with pytest.raises(RegistryError, match="'sides' of 'parts' is data"):
        parts.schema("sides")


def test_check_says_what_build_would_raise(parts: Registry[Any]) -> None:
    config = {"_type": "car", "engine": {"_type": "wheel", "radius": "big"}, "name": 3}
    assert sorted(codes(parts, config)) == ["missing-parameter", "unknown-parameter", "wrong-type", "wrong-type"]
    with pytest.raises(ConfigError) as caught:
        parts.build(config)
    assert list(caught.value.problems) == parts.check(config)


def test_a_plan_is_built_again_and_again_and_travels(parts: Registry[Any]) -> None:
    parts = Registry[Any]("parts")
    parts.register("ratio", Reference("fractions:Fraction"))
    plan = pickle.loads(pickle.dumps(parts.plan({"_type": "ratio", "numerator": 3})))
    assert plan.build() == 3
    assert plan.config == {"_type": "ratio", "numerator": 3}


def test_what_is_registered_in_place_of_another_is_built_from_then_on(parts: Registry[Any]) -> None:
    assert type(parts.build("wheel")) is Wheel
    parts.register("wheel", Car, replace=True)
    assert codes(parts, {"_type": "wheel"}) == ["missing-parameter"]
    parts.unregister("wheel")
    assert codes(parts, {"_type": "wheel"}) == ["entry-not-found"]


# ---------------------------------------------------------------------------------------------- without imports


def test_without_imports_a_lazy_entry_is_left_undecided(parts: Registry[Any]) -> None:
    config = {"_type": "lazy", "wrong": 1}
    (problem,) = parts.check(config, imports=False)
    assert (problem.code, problem.severity) == ("not-checked", "note")
    assert parts.entry("lazy").is_lazy
    assert codes(parts, config) == ["unknown-parameter"]


def test_schemas_are_read_from_the_artifact(parts: Registry[Any]) -> None:
    schema = parts.schema("w")
    assert schema.parameters["radius"].default == 0.3
    assert schema.descriptions["radius"] == "In metres."
    assert "numerator" in parts.schema("lazy").parameters
    with pytest.raises(EntryNotFoundError):
        parts.schema("nothing")


def test_a_json_schema_knows_every_entry_and_imports_only_if_it_may(parts: Registry[Any]) -> None:
    parts.register("gone", Reference("no_such_module:x"))
    without = str(parts.json_schema(imports=False))
    assert "numerator" not in without
    assert parts.entry("lazy").is_lazy
    with_imports = str(parts.json_schema(dialect="draft-07"))
    assert all(word in with_imports for word in ("wheel", "radius", "numerator", "gone", "draft-07"))
    assert "radius" in str(parts.json_schema("wheel"))
    assert "car" not in str(parts.json_schema("wheel"))
    with pytest.raises(ResolutionError):
        parts.json_schema("gone")


# ---------------------------------------------------------------------------------------------- files


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "car.yaml"
    path.write_text(
        "garage:\n"
        "  cars:\n"
        "    - {_type: car, wheel: {_ref: spare}}\n"
        "spare: {_type: wheel, radius: 2}\n"
        "options: {name: mine, wheel: {_ref: spare}}\n"
    )
    return path


def test_a_part_of_a_file_is_built_and_references_lead_from_the_root(parts: Registry[Any], file: Path) -> None:
    car = parts.build_file(file, path="garage.cars[0]")
    assert car.wheel.radius == 2.0
    assert parts.build_file(file)["spare"].radius == 2.0


def test_later_files_and_overrides_are_laid_over_earlier_ones(parts: Registry[Any], file: Path, tmp_path: Path) -> None:
    over = tmp_path / "over.json"
    over.write_text('{"spare": {"radius": 5}}')
    assert parts.build_file(file, over, path="spare").radius == 5
    assert parts.build_file(file, over, path="spare", overrides=["spare.radius=7"]).radius == 7
    assert parts.build_file(file, over, path="spare", overrides="spare.radius=8").radius == 8


def test_with_a_name_the_document_is_that_entrys_parameters(parts: Registry[Any], file: Path, tmp_path: Path) -> None:
    assert parts.build_file(file, name="car", path="options").name == "mine"
    whole = tmp_path / "wheel.toml"
    whole.write_text("radius = 4.0\n")
    assert parts.build_file(whole, name="wheel").radius == 4.0
    whole.write_text('_type = "wheel"\n')
    assert parts.build_file(whole, name="wheel").radius == 0.3


def test_the_places_in_a_file_stay_the_places_in_the_file(parts: Registry[Any], tmp_path: Path) -> None:
    path = tmp_path / "car.yaml"
    path.write_text("name: 3\nwheel: {_type: whel}\n")
    problems = parts.check_file(path, name="car")
    places = [
        (problem.code, problem.location and (problem.location.line, problem.location.column)) for problem in problems
    ]
    assert places == [("wrong-type", (1, 7)), ("entry-not-found", (2, 16))]
    path.write_text("name: mine\n")
    (problem,) = parts.check_file(path, name="car")
    assert problem.code == "missing-parameter"
    assert problem.location is not None
    assert problem.location.line == 1


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ({"path": "garage.carz"}, "bad-reference", "has nothing at 'garage.carz'"),
        ({"path": "garage.cars[7]"}, "bad-reference", "has nothing at 'garage.cars[7]'"),
        ({"path": "garage..cars"}, "bad-reference", "is not a path"),
        ({"path": "garage.cars", "name": "car"}, "bad-document", "the parameters of 'car'"),
        ({"path": "spare", "name": "car"}, "bad-node", "those of 'wheel'"),
    ],
)
def test_a_part_that_is_not_there_or_not_fit_is_a_problem(
    parts: Registry[Any], file: Path, options: Any, code: str, message: str
) -> None:
    problems = parts.check_file(file, **options)
    assert [problem.code for problem in problems] == [code]
    assert message in problems[0].message
    with pytest.raises(ConfigError):
        parts.build_file(file, **options)


def test_a_misspelt_part_gets_a_suggestion_at_its_place(parts: Registry[Any], file: Path) -> None:
    (problem,) = parts.check_file(file, path="garage.carz")
    assert problem.suggestions == ("did you mean 'garage.cars'?",)
    assert problem.location is not None
    assert problem.location.line == 2


def test_a_file_that_is_not_there_is_a_problem_of_check_and_an_error_of_build(
    parts: Registry[Any], tmp_path: Path
) -> None:
    missing = tmp_path / "missing.yaml"
    assert [problem.code for problem in parts.check_file(missing)] == ["bad-document"]
    with pytest.raises(ConfigError, match="does not exist"):
        parts.build_file(missing)


def test_a_broken_override_is_a_problem_of_check(parts: Registry[Any], file: Path) -> None:
    assert [problem.code for problem in parts.check_file(file, overrides=["nonsense"])] == ["bad-override"]


def test_a_document_can_be_built_and_checked(parts: Registry[Any]) -> None:
    assert parts.build(Document({"_type": "wheel"}, "mine")).radius == 0.3
    assert codes(parts, Document({"x": {"_type": "whel"}}, "mine", part=("x",))) == ["entry-not-found"]


def test_a_document_behind_a_url_is_built(parts: Registry[Any]) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/wheel.json" else 404)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b'{"radius": 6}')

        def log_message(self, *arguments: Any) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            host = f"http://127.0.0.1:{server.server_port}"
            assert parts.build_url(f"{host}/wheel.json", name="wheel").radius == 6
            with pytest.raises((RemoteError, ConfigError)):
                parts.build_url(f"{host}/other.json", name="wheel")
        finally:
            server.shutdown()
            thread.join()


# ---------------------------------------------------------------------------------------------- other factorizers


def test_a_factorizer_that_only_plans_is_enough() -> None:
    class Planned:
        config, problems = None, ()

        def build(self) -> str:
            return "built"

    class Plans:
        def schema(self, artifact: Any, /) -> Any: ...

        def plan(self, config: Any, resolve: Any, /, *, given: Any) -> Planned:
            assert config == {"_type": "x", "a": 1}
            return Planned()

        def check(self, config: Any, resolve: Any, /, *, given: Any) -> list[Any]:
            return []

    parts = Registry[Any]("parts", factorizer=Plans())
    assert parts.build("x", a=1) == "built"
    assert parts.check("x") == []
    assert math.isfinite(len(parts))


def test_building_from_no_file_is_refused() -> None:
    with pytest.raises(TypeError, match="No file was named"):
        Registry("r").build_file()


def test_a_class_that_is_registered_in_place_of_something_else_is_found_from_then_on() -> None:
    class Engine:
        def __init__(self, power: int = 1) -> None:
            self.power = power

    def car(engine: Engine) -> int:
        return engine.power

    parts = Registry[Any]("parts")
    parts.register(car)
    parts.register("other", len)
    config = {"_type": "car", "engine": {"power": 3}}
    assert parts.check(config)
    parts.unregister("other")
    parts.register("other", Engine)
    assert parts.build(config) == 3


def test_building_a_deprecated_name_warns_at_the_line_that_asked() -> None:
    parts = Registry[Any]("parts")
    parts.register("old", dict, deprecated="use 'new'")
    asking: list[Any] = [lambda: parts.build("old"), lambda: parts.build({"_type": "old"}), lambda: parts.plan("old")]
    for ask in asking:
        with pytest.warns(DeprecationWarning, match="'old' is deprecated. use 'new'") as caught:
            ask()
        (warning,) = caught
        assert (warning.filename, warning.lineno) == (__file__, ask.__code__.co_firstlineno)
