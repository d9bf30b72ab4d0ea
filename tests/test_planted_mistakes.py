"""Mistakes planted in real configs: `check_file` reports each of them where it is, and nothing else."""

import copy
import importlib.util
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from registry import ConfigError, Problem, Registry


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
planting = beside("planting")

CONFIGS = detection.load()
CLASSES = detection.parameters_of(CONFIGS)
WRITERS = {"yaml": located_text.write_yaml, "json": located_text.write_json}
Detectors = Registry[Any, Any, str]

every_config = pytest.mark.parametrize("name", CONFIGS)
both_formats = pytest.mark.parametrize("suffix", WRITERS)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """A module with a class for every type, which takes its own parameters only, required and annotated."""
    folder = tmp_path_factory.mktemp("classes")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield detection.import_module("strict_detectors", detection.strict_source(CLASSES), folder)
        sys.modules.pop("strict_detectors")


@pytest.fixture(scope="module")
def detectors(recording: ModuleType) -> Detectors:
    return detection.registry_of(recording, CLASSES)


@pytest.fixture(autouse=True)
def nothing_made(recording: ModuleType) -> None:
    recording.made.clear()


def write(config: Any, suffix: str, seed: str, folder: Path) -> tuple[Path, Any]:
    written = WRITERS[suffix](config, random.Random(seed))
    file = folder / f"detector.{suffix}"
    file.write_text(written.text, encoding="utf-8")
    return file, written


def assert_reported(problems: list[Problem], mistakes: list[Any], written: Any, file: Path) -> None:
    """Hold problems against the books: the same mistakes, in the order of the document, each at its own place."""
    places = [(written.keys if mistake.on_key else written.values)[mistake.at] for mistake in mistakes]
    expected = sorted(zip(places, mistakes, strict=True), key=lambda pair: pair[0])
    assert [described(problem) for problem in problems] == [
        (mistake.code, planting.dotted(mistake.path), str(file), *place) for place, mistake in expected
    ]
    lines = written.text.split("\n")
    for problem, (place, mistake) in zip(problems, expected, strict=True):
        assert problem.severity == "error"
        assert mistake.names in problem.message
        location = problem.location
        assert location is not None
        start = location.column - location.excerpt_column
        shown = location.excerpt[start : start + location.end_column - location.column]
        assert location.excerpt in lines[location.line - 1]
        assert written.token(place).startswith(shown)
        assert shown
        if mistake.meant:
            (suggestion,) = problem.suggestions
            assert suggestion.startswith(f"did you mean {mistake.meant!r}")


def described(problem: Problem) -> tuple[Any, ...]:
    place = problem.location
    assert place is not None
    return (problem.code, problem.path, place.file, place.line, place.column, place.end_column)


@every_config
@both_formats
def test_a_config_without_mistakes_has_no_problems(
    name: str, suffix: str, detectors: Detectors, tmp_path: Path, recording: ModuleType
) -> None:
    file, _ = write(CONFIGS[name], suffix, name, tmp_path)
    assert detectors.check_file(file) == []
    detectors.build_file(file)
    assert [made for made, _ in recording.made] == detection.construction_order(CONFIGS[name])


@every_config
@both_formats
def test_twenty_mistakes_at_twenty_nodes_are_reported_each_at_its_place(
    name: str, suffix: str, detectors: Detectors, tmp_path: Path, recording: ModuleType
) -> None:
    config = copy.deepcopy(CONFIGS[name])
    mistakes = planting.plant(config, CLASSES, 20, random.Random(f"{name} {suffix}"))
    file, written = write(config, suffix, name, tmp_path)
    problems = detectors.check_file(file)
    assert_reported(problems, mistakes, written, file)
    with pytest.raises(ConfigError) as refused:
        detectors.build_file(file)
    assert list(refused.value.problems) == problems
    assert recording.made == []


@both_formats
def test_a_thousand_mistakes_in_one_file_are_reported_in_one_run(
    suffix: str, detectors: Detectors, tmp_path: Path, recording: ModuleType
) -> None:
    config = copy.deepcopy(CONFIGS)
    mistakes = planting.plant(config, CLASSES, 1000, random.Random(suffix))
    file, written = write(config, suffix, "a thousand", tmp_path)
    assert_reported(detectors.check_file(file), mistakes, written, file)
    assert recording.made == []


def test_a_node_without_a_known_name_is_not_told_that_its_parameters_look_reserved(detectors: Detectors) -> None:
    for key in ("draw", "dtype", "ref"):
        problems = detectors.check({"_type": "TrackVisualizationHok", key: {"_type": "SDG"}})
        assert [problem.path for problem in problems] == ["_type", f"{key}._type"]
    problems = detectors.check({"_type": "TrackVisualizationHok", "_partail": True})
    assert [problem.code for problem in problems] == ["entry-not-found", "misspelt-key"]


def test_the_planted_mistakes_are_of_every_kind() -> None:
    codes = [mistake.code for mistake in planting.plant(copy.deepcopy(CONFIGS), CLASSES, 1000, random.Random(3))]
    for code in ("entry-not-found", "unknown-parameter", "wrong-type", "missing-parameter"):
        assert codes.count(code) > 100


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ("adam", "adma", True),
        ("adam", "adm", True),
        ("adm", "adam", True),
        ("adam", "adem", True),
        ("aa", "a", True),
        ("adam", "adam", False),
        ("adam", "amda", False),
        ("adam", "daam_", False),
    ],
)
def test_the_books_know_what_one_edit_is(first: str, second: str, apart: bool) -> None:
    assert planting.one_edit_apart(first, second) is apart
