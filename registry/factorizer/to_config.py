"""From an object back to the config that builds an equal one."""

import datetime
import decimal
import enum
import functools
import pathlib
import uuid
from collections.abc import Mapping
from typing import Any, Protocol

from registry.errors import ConfigError
from registry.factorizer.language import ARGS, PARTIAL, RAW, RESERVED, SCALARS, misspelt
from registry.factorizer.structured import parameters_of
from registry.model import MISSING
from registry.names import quote
from registry.paths import Path, format_path
from registry.problems import Problem
from registry.signatures import read_schema

_TEXT = (pathlib.PurePath, uuid.UUID, decimal.Decimal)
_ISO = (datetime.date, datetime.time)


class NodeOf(Protocol):
    """Finds what an artifact is registered under."""

    def __call__(self, artifact: Any, /) -> Mapping[str, Any] | None:
        """The keys that name it in a node (`_type`, and `_registry` where it takes that), or None: not registered."""
        ...


def to_config(value: Any, node_of: NodeOf) -> Any:
    """The config of an object: nodes for objects of registered classes, plain values for the rest.

    Objects show their parameters in one of these ways: attrs classes, dataclasses, named tuples and pydantic models by
    their fields, `functools.partial` by what it holds, others by `get_params(deep=False)` as scikit-learn has it. Data
    that holds a reserved key, or one that could be taken for it, is written under `_raw`. A parameter that cannot be
    written and is its own default is left out.

    Args:
        value: The object.
        node_of: Gives the keys that name a registered class or function in a node.

    Raises:
        ConfigError: With every object that does not show its parameters or is not registered, by path.
    """
    writer = _Writer(node_of)
    config = writer.write(value, ())
    if writer.problems:
        raise ConfigError.of(writer.problems)
    return config


class _Writer:
    def __init__(self, node_of: NodeOf) -> None:
        self._node_of = node_of
        self._open: set[int] = set()
        self.problems: list[Problem] = []

    def write(self, value: Any, path: Path, raw: str = "") -> Any:
        """The config of a value; `raw` is the key for which it stands under `_raw`, if it does."""
        kind = type(value)
        if kind in SCALARS:
            return value
        if isinstance(value, enum.Enum):
            return self.write(value.value, path, raw)
        if isinstance(value, _TEXT):
            return str(value)
        if isinstance(value, _ISO):
            return value.isoformat()
        if isinstance(value, datetime.timedelta):
            return value.total_seconds()
        if id(value) in self._open:
            return self._refuse("reference-cycle", f"{_named(value)} holds itself.", path)
        self._open.add(id(value))
        try:
            if isinstance(value, dict):
                return self._mapping(value, path, raw)
            if isinstance(value, list | set | frozenset) or kind is tuple:
                items = sorted(value, key=repr) if isinstance(value, set | frozenset) else value
                written = [self.write(item, (*path, index), raw) for index, item in enumerate(items)]
                return tuple(written) if kind is tuple else written
            return self._object(value, path, raw)
        finally:
            self._open.discard(id(value))

    def _mapping(self, value: dict[Any, Any], path: Path, raw: str) -> Any:
        reserved = [key for key in value if isinstance(key, str) and (key in RESERVED or misspelt(key))]
        inner = raw or (reserved[0] if reserved else "")
        written = {key: self.write(item, (*path, key), inner) for key, item in value.items()}
        return {RAW: written} if reserved and not raw else written

    def _object(self, value: Any, path: Path, raw: str) -> Any:
        if raw:
            message = f"{_named(value)} stands in a mapping with the key {quote(raw)}."
            return self._refuse("bad-node", message, path, "Only data can stand under '_raw': rename the key.")
        if isinstance(value, functools.partial):
            return self._node(value.func, {ARGS: list(value.args)} if value.args else {}, value.keywords, path, True)
        try:
            parameters = _shown(value)
        except Exception as error:  # `get_params` is a user's code
            return self._refuse("not-buildable", f"{_named(value)} does not show its parameters: {error}", path)
        if parameters is None:
            return self._refuse(
                "not-buildable",
                f"{_named(value)} does not show its parameters.",
                path,
                "Make it an attrs class or a dataclass, or give it get_params(deep=False).",
            )
        for name, parameter in read_schema(type(value)).parameters.items():
            if parameter.required and name not in parameters:
                message = f"{_named(value)} does not show its parameter {quote(name)}."
                return self._refuse("not-buildable", message, path, f"Keep {quote(name)} where it can be read.")
        return self._node(type(value), {}, parameters, path, False)

    def _node(
        self, artifact: Any, args: Mapping[str, Any], named: Mapping[str, Any], path: Path, as_partial: bool
    ) -> Any:
        head = self._node_of(artifact)
        if head is None:
            label = getattr(artifact, "__qualname__", repr(artifact))
            return self._refuse(
                "entry-not-found", f"{quote(label)} is not registered.", path, "Register it under a name."
            )
        config: dict[str, Any] = dict(head)
        if as_partial:
            config[PARTIAL] = True
        for key, item in {**args, **named}.items():
            known = len(self.problems)
            written = self.write(item, (*path, key))
            if len(self.problems) > known and item is _default(artifact, key):
                del self.problems[known:]  # what cannot be written need not be: the artifact has it by itself
            else:
                config[key] = written
        return config

    def _refuse(self, code: str, message: str, path: Path, suggestion: str = "") -> None:
        self.problems.append(Problem(code, message, format_path(path), suggestions=(suggestion,) if suggestion else ()))


def _shown(value: Any) -> Mapping[str, Any] | None:
    found = parameters_of(value)
    if found is None and not isinstance(value, type) and callable(getattr(value, "get_params", None)):
        return dict(value.get_params(deep=False))
    return found


def _default(artifact: Any, name: str) -> Any:
    parameter = read_schema(artifact).parameters.get(name)
    return MISSING if parameter is None else parameter.default


def _named(value: Any) -> str:
    return f"An object of {quote(type(value).__qualname__)}"
