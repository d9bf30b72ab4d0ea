"""Forty configs of real object detectors build: every node once, children first, values unchanged."""

import importlib.util
import multiprocessing
import pickle
import random
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from registry import Catalog, Registry


def beside(name: str) -> Any:
    """A helper module that stands beside this file."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


detection = beside("detection")
located_text = beside("located_text")

CONFIGS = detection.load()
CLASSES = detection.parameters_of(CONFIGS)
Detectors = Registry[Any, Any, str]

every_config = pytest.mark.parametrize("name", CONFIGS)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """A module with a class for every type of the configs, importable in other processes too."""
    folder = tmp_path_factory.mktemp("classes")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield detection.import_module("recorded_detectors", detection.lenient_source(CLASSES), folder)
        sys.modules.pop("recorded_detectors")


@pytest.fixture(autouse=True)
def nothing_made(recording: ModuleType) -> None:
    recording.made.clear()


@pytest.fixture(scope="module")
def detectors(recording: ModuleType) -> Detectors:
    return detection.registry_of(recording, CLASSES)


@pytest.fixture(scope="module")
def catalog(recording: ModuleType) -> Catalog:
    """The same classes, dealt to three registries."""
    hands = detection.dealt(CLASSES, 3)
    return Catalog(*(detection.registry_of(recording, hand, f"part{number}") for number, hand in enumerate(hands)))


def assert_built_as_written(recording: ModuleType, built: Any, config: Any) -> None:
    assert [name for name, _ in recording.made] == detection.construction_order(config)
    assert recording.shape(built) == detection.shape_of(config)
    objects = list(objects_in(built, recording.Recorded))
    assert [id(item.parameters) for item in objects] == [id(parameters) for _, parameters in recording.made]


def objects_in(value: Any, kind: type) -> Iterator[Any]:
    """Every object of a graph, as often as it stands there, children before parents."""
    if isinstance(value, kind):
        yield from objects_in(value.parameters, kind)  # type: ignore[attr-defined]  # recorded objects have them
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from objects_in(item, kind)


def containers_in(value: Any, kind: type) -> Iterator[int]:
    """The identity of every container of a graph, but for the `**parameters` of a call, which Python makes."""
    if isinstance(value, kind):
        for item in value.parameters.values():  # type: ignore[attr-defined]  # recorded objects have them
            yield from containers_in(item, kind)
    elif isinstance(value, dict | list):
        yield id(value)
        for item in value.values() if isinstance(value, dict) else value:
            yield from containers_in(item, kind)


def test_the_configs_are_forty_with_thousands_of_nodes() -> None:
    assert len(CONFIGS) == 40
    assert sum(len(detection.construction_order(config)) for config in CONFIGS.values()) > 3000
    assert len(CLASSES) > 200


@every_config
def test_a_detector_builds_every_node_once_children_first_values_unchanged(
    name: str, detectors: Detectors, recording: ModuleType
) -> None:
    config = CONFIGS[name]
    before = pickle.dumps(config)
    assert detectors.check(config) == []
    assert recording.made == []
    assert_built_as_written(recording, detectors.build(config), config)
    assert pickle.dumps(config) == before


@every_config
def test_a_detector_builds_from_a_catalog_that_has_each_class_once(
    name: str, catalog: Catalog, recording: ModuleType
) -> None:
    assert catalog.check(CONFIGS[name]) == []
    assert_built_as_written(recording, catalog.build(CONFIGS[name]), CONFIGS[name])


@every_config
@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_a_detector_builds_from_a_file_as_from_the_values(
    name: str, suffix: str, detectors: Detectors, recording: ModuleType, tmp_path: Path
) -> None:
    config = CONFIGS[name]
    write = located_text.write_yaml if suffix == "yaml" else located_text.write_json
    file = tmp_path / f"detector.{suffix}"
    file.write_text(write(config, random.Random(name)).text, encoding="utf-8")
    assert detectors.check_file(file) == []
    assert_built_as_written(recording, detectors.build_file(file), config)
    recording.made.clear()
    part = next(key for key, value in config.items() if isinstance(value, dict) and "_type" in value)
    assert_built_as_written(recording, detectors.build_file(file, path=part), config[part])


@every_config
def test_the_config_of_a_plan_plans_an_equal_graph(name: str, detectors: Detectors, recording: ModuleType) -> None:
    config = CONFIGS[name]
    plan = detectors.plan(config)
    assert recording.made == []
    again = detectors.plan(plan.config)
    assert again.config == plan.config == config
    for make in (plan.build, again.build, detectors.plan(again.config).build):
        recording.made.clear()
        assert_built_as_written(recording, make(), config)


@every_config
def test_every_build_of_a_plan_has_containers_of_its_own(
    name: str, detectors: Detectors, recording: ModuleType
) -> None:
    plan = detectors.plan(CONFIGS[name])
    built = [plan.build(), plan.build(), detectors.build(CONFIGS[name]), CONFIGS[name]]
    seen = [identity for value in built for identity in containers_in(value, recording.Recorded)]
    assert len(seen) == len(set(seen))


def test_the_plans_build_the_same_in_a_spawned_process(detectors: Detectors, recording: ModuleType) -> None:
    plans = [pickle.dumps(detectors.plan(config)) for config in CONFIGS.values()]
    assert recording.made == []
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        answers = list(pool.map(recording.rebuilt, plans))
    assert recording.made == []
    for (order, shape), config in zip(answers, CONFIGS.values(), strict=True):
        assert order == detection.construction_order(config)
        assert shape == detection.shape_of(config)


def test_plans_of_a_catalog_build_the_same_in_a_spawned_process(catalog: Catalog, recording: ModuleType) -> None:
    config = max(CONFIGS.values(), key=lambda config: len(detection.construction_order(config)))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        order, shape = pool.submit(recording.rebuilt, pickle.dumps(catalog.plan(config))).result()
    assert order == detection.construction_order(config)
    assert shape == detection.shape_of(config)


def test_any_name_is_taken_by_kwargs_but_one_that_looks_reserved(detectors: Detectors) -> None:
    for key in ("draw", "dtype", "type", "partial"):
        assert detectors.build({"_type": "TrackVisualizationHook", key: False}).parameters == {key: False}
    for key in ("_partail", "_tpye", "_rwa"):
        (problem,) = detectors.check({"_type": "TrackVisualizationHook", key: False})
        assert (problem.code, problem.path) == ("misspelt-key", key)
