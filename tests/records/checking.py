"""Checks configs against schemas alone, as a machine without the code does."""

import importlib.util
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from registry.errors import EntryNotFoundError, RegistryNotFoundError
from registry.factorizer import SchemaFactorizer
from registry.model import MISSING
from registry.problems import Problem
from registry.protocols import Target
from registry.records import decode_schema, encode_schema
from registry.records.plain import canonical, fault_of
from registry.schema import Schema


def module_at(name: str, file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sent(schema: Schema) -> Schema:
    """The schema as another machine has it."""
    encoded = encode_schema(schema)
    assert fault_of(encoded) is None
    return decode_schema(json.loads(canonical(encoded)))


class Schemas:
    """`Resolve` for schemas alone: nothing is there to be called."""

    def __init__(self, schemas: Mapping[str, Schema | None]) -> None:
        self.schemas = schemas

    def target(self, name: Any, registry: str | None, parent: str | None, wanted: Any, /) -> Target:
        if registry not in (None, "world"):
            raise RegistryNotFoundError(f"There is no {registry!r}.")
        if name not in self.schemas:
            raise EntryNotFoundError(f"There is no {name!r}.")
        return Target("world", name, MISSING, self.schemas[name])

    def target_of(self, cls: type, /) -> Target | None:
        return None


def checked(schema: Schema, config: Mapping[str, Any]) -> list[Problem]:
    return SchemaFactorizer().check({"_type": "it", **config}, Schemas({"it": schema}))


def said(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.code, problem.path) for problem in problems]
