"""A config is checked alike by the code itself and by what its record tells of it."""

import importlib.util
import inspect
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry import Registry
from registry.factorizer import SchemaFactorizer
from registry.model import MISSING
from registry.records import decode_schema, encode_schema
from registry.records.fingerprint import fingerprint
from registry.records.plain import fault_of
from registry.records.types import encode_type
from registry.schema import Schema
from registry.signatures import read_schema

_spec = importlib.util.spec_from_file_location("checking_of_records", Path(__file__).with_name("checking.py"))
assert _spec is not None
assert _spec.loader is not None
checking = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(checking)
Schemas, checked, said, sent = checking.Schemas, checking.checked, checking.said, checking.sent
worlds = checking.module_at("worlds_of_schemas", Path(__file__).parents[1] / "factorizer" / "worlds.py")
signatures = checking.module_at("signatures_of_schemas", Path(__file__).with_name("signatures.py"))

ALL = {name: read_schema(value) for name, value in signatures.EVERYTHING.items()}


@pytest.mark.parametrize("name", ALL)
def test_what_was_decoded_is_encoded_the_same(name: str) -> None:
    encoded = encode_schema(ALL[name])
    assert encode_schema(decode_schema(encoded)) == encoded


@pytest.mark.parametrize("name", ALL)
def test_names_kinds_and_what_has_to_be_given_are_kept(name: str) -> None:
    live, there = ALL[name], sent(ALL[name])
    assert [(p.name, p.kind, p.required) for p in live.parameters.values()] == [
        (p.name, p.kind, p.required) for p in there.parameters.values()
    ]
    assert (live.name, live.opaque, live.makes_function) == (there.name, there.opaque, there.makes_function)
    assert (live.rest is None, live.extra is None) == (there.rest is None, there.extra is None)
    assert dict(live.descriptions) == dict(there.descriptions)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_a_config_of_generated_classes_is_checked_alike_with_and_without_the_code(data: st.DataObject) -> None:
    world = data.draw(worlds.classes())
    config = data.draw(worlds.configs(world).flatmap(lambda valid: worlds.broken(valid) | st.just(valid)))
    registry: Registry[Any, Any, str] = Registry("world")
    for name, cls in world.items():
        registry.register(name, cls)
    here = registry.check(config)
    schemas = {name: sent(registry.schema(name)) for name in registry}
    there = SchemaFactorizer().check(config, Schemas(schemas))
    nested = any(kind in worlds.CHILDREN for cls in world.values() for kind, _ in cls.parameters.values())
    if nested:  # whether an object fits a class is not known without the class, so what is in it is looked at
        refused = [path for _, path in said(here)]
        assert all(item in said(here) or any(item[1].startswith(path) for path in refused) for item in said(there))
    else:
        assert said(there) == said(here)


VALUES = [None, 0, 1, -3, 2.5, 1e300, True, "", "x", "abc", [], [1], ["a", "b"], {}, {"a": 1}, [[1.5]], "2026-01-31"]


def knows(encoded: Any) -> bool:
    """Whether every type in it is known on every machine."""
    if isinstance(encoded, dict):
        return "class" not in encoded and all(map(knows, encoded.values()))
    return all(map(knows, encoded)) if isinstance(encoded, list) else True


def agree(name: str, live: Schema, tried: int) -> int:
    """Compare the problems of configs with one value each; how many were compared exactly."""
    there = sent(live)
    assert said(checked(there, {})) == said(checked(live, {})), name
    compared = 0
    for parameter in live.parameters.values():
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY or parameter.name.startswith("_"):
            continue
        known = knows(encode_type(parameter.annotation)) and not any(
            callable(constraint) or hasattr(constraint, "func") for constraint in parameter.constraints
        )
        for value in VALUES[:tried]:
            config = {parameter.name: value}
            here, away = checked(live, config), checked(there, config)
            if known:
                assert said(away) == said(here), (name, parameter, value)
                compared += 1
            else:
                assert set(said(away)) <= set(said(here)), (name, parameter, value)
    return compared


@pytest.mark.parametrize("name", ALL)
def test_a_config_of_plain_values_is_checked_alike_with_and_without_the_code(name: str) -> None:
    agree(name, ALL[name], len(VALUES))


@cache
def wild(of: str) -> dict[str, Any]:
    if of == "sklearn":
        from sklearn.utils import all_estimators  # type: ignore[import-untyped]  # has no types

        return dict(all_estimators())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated names warn when they are looked at
        module = importlib.import_module(of)
        found = {name: getattr(module, name) for name in dir(module) if name[0] != "_"}
    return {name: value for name, value in found.items() if callable(value)}


@pytest.mark.parametrize(
    ("of", "count"), [("sklearn", 2000), ("networkx", 4000), ("statistics", 0), ("asyncio", 0), ("pathlib", 0)]
)
def test_wild_code_is_checked_alike_with_and_without_it(of: str, count: int) -> None:
    compared = sum(agree(name, read_schema(value), 6) for name, value in wild(of).items())
    assert compared >= count


@pytest.mark.parametrize(
    "of", ["sklearn", "networkx", "scipy.stats", "argparse", "subprocess", "unittest.mock", "uuid"]
)
def test_every_wild_schema_travels(of: str) -> None:
    for name, value in wild(of).items():
        live = read_schema(value)
        encoded = encode_schema(live)
        assert fault_of(encoded) is None, name
        assert encode_schema(decode_schema(encoded)) == encoded, name
        assert len(fingerprint(live)) == 32


def test_a_check_that_forgets_the_types_would_be_caught() -> None:
    """The twin of the agreement: a schema that travels without its annotations."""
    untyped = {
        name: attrs.evolve(parameter, annotation=MISSING) for name, parameter in ALL["optional_new"].parameters.items()
    }
    there = sent(attrs.evolve(ALL["optional_new"], parameters=untyped))
    assert said(checked(there, {"a": "x", "b": 1})) != said(checked(ALL["optional_new"], {"a": "x", "b": 1}))
