"""A config that was checked and is ready to be built."""

import copy
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import attrs

from registry.errors import RegistryError
from registry.factorizer.recipe import Call, Recipe, calls
from registry.factorizer.run import compiled, run
from registry.names import quote
from registry.paths import Path
from registry.problems import Location, Problem

COMPILED_CALLS = 20_000
"""The largest plan that is compiled: beyond, compiling costs more than many builds save."""

Locate = Callable[[Path, bool], Location | None]


@attrs.frozen(eq=False, slots=False)
class ConfigPlan:
    """What `plan` gives: `build()` makes a new graph of objects each time.

    It keeps the artifacts that it was checked with, whatever happens to the registry later. It can be pickled where its
    artifacts can: by reference, never by value.
    """

    recipe: Recipe = attrs.field(repr=False)
    problems: tuple[Problem, ...]
    _config: Any = attrs.field(repr=False)
    _locate: Locate = attrs.field(repr=False)

    @property
    def config(self) -> Any:
        """The config as it was checked, overrides applied, in plain values; a new copy each time."""
        return copied(self._config)

    def build(self) -> Any:
        """A new graph of objects.

        Raises:
            Exception: Whatever an artifact raises, with a note of the path and the location of its node.
        """
        build = self.__dict__.get("_build")
        if build is None:
            few = len(calls(self.recipe)) <= COMPILED_CALLS
            build = compiled(self.recipe, self._locate) if few else partial(run, self.recipe, self._locate)
            self.__dict__["_build"] = build
        return build()

    def __reduce__(self) -> tuple[Any, ...]:
        places: dict[Path, Location] = {}
        for call in calls(self.recipe):
            _refuse_unreachable(call)
            for path in ((*call.path, "_type"), call.path):
                location = self._locate(path, False)
                if location is not None:
                    places[path] = location
                    break
        return ConfigPlan, (self.recipe, self.problems, self._config, _Places(places))


@attrs.frozen(eq=False, repr=False)
class _Places:
    """The locations that a pickled plan still needs."""

    known: Mapping[Path, Location]

    def __call__(self, path: Path, key: bool, /) -> Location | None:
        return self.known.get(path)


def copied(value: Any) -> Any:
    """A copy of a normal config: new containers, the same scalars and live objects."""
    if type(value) is dict:
        return {key: copied(item) for key, item in value.items()}
    if type(value) is list or type(value) is tuple:
        return type(value)(copied(item) for item in value)
    return copy.copy(value) if isinstance(value, set) else value


def _refuse_unreachable(call: Call) -> None:
    """Say which entry keeps a plan from being pickled; pickle itself would name neither entry nor reason."""
    function = call.function
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if module is None or name is None:
        return  # an instance or a partial: pickle knows what to do with it
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is not function:
        raise RegistryError(
            f"The plan cannot be pickled: {quote(str(call.label))} is {module}.{name}, and no import finds it there.",
            suggestions=["Define it at the top level of a module and register it under the name it has there."],
        )
