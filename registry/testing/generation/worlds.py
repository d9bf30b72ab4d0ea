"""What a registry or a catalog has, as those who generate configs for it need to know it."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any

import attrs

from registry.catalog import Catalog
from registry.core import Registry
from registry.errors import DiagnosticError
from registry.factorizer.assignable import class_of
from registry.factorizer.structured import is_structured
from registry.model import MISSING
from registry.problems import Problem
from registry.protocols import Factorizer, Resolve, Target
from registry.schema import Schema
from registry.signatures import read_schema

AnyRegistry = Registry[Any, Any, Any]


@attrs.frozen(eq=False)
class Known:
    """One entry.

    Attributes:
        target: What it stands for.
        names: Its name, and its aliases behind it.
        alone: Whether no other registry has one of these names, so that `_registry` may be left out.
    """

    target: Target
    names: tuple[Any, ...]
    alone: bool = True

    @property
    def schema(self) -> Schema:
        """Its parameters; it can be called, or it would not be among those that configs are made of."""
        assert self.target.schema is not None
        return self.target.schema

    @property
    def makes(self) -> type | None:
        """The class of what a node makes, where it is known."""
        if self.schema.makes_function:
            return partial
        return None if self.schema.returns is MISSING else class_of(self.schema.returns)


@attrs.frozen(eq=False, slots=False)
class World:
    """Entries that build together.

    Attributes:
        resolve: Says what names stand for.
        factorizer: What builds.
        check: Every problem of a config.
        callable_entries: The entries that a node can stand for.
        data: The registry and name of each entry that is data, and cannot be built.
        unresolved: What was raised for entries whose artifact cannot be had, by registry and name.
    """

    resolve: Resolve
    factorizer: Factorizer
    check: Callable[[Any], list[Problem]]
    callable_entries: tuple[Known, ...]
    data: tuple[tuple[str, Any], ...] = ()
    unresolved: Mapping[tuple[str, Any], Exception] = attrs.field(factory=dict)

    @classmethod
    def of(cls, owner: AnyRegistry | Catalog) -> "World":
        """The world of a registry or a catalog. Lazy entries are imported."""
        building = owner._building
        resolve: Resolve = building._resolve
        found: list[tuple[Target, tuple[Any, ...]]] = []
        data: list[tuple[str, Any]] = []
        unresolved: dict[tuple[str, Any], Exception] = {}
        for registry in owner.values() if isinstance(owner, Catalog) else [owner]:
            for name in registry:
                try:
                    target = resolve.target(name, registry.name, None, MISSING)
                    names = (name, *registry.entry(name).aliases)
                except DiagnosticError as error:
                    unresolved[registry.name, name] = error
                    continue
                if target.schema is None:
                    data.append((registry.name, name))
                else:
                    found.append((target, names))
        holders: dict[Any, set[str]] = {}
        for target, names in found:
            for name in names:
                holders.setdefault(name, set()).add(target.registry)
        for registry_name, name in [*data, *unresolved]:
            holders.setdefault(name, set()).add(registry_name)
        known = tuple(
            Known(target, names, all(holders[name] == {target.registry} for name in names)) for target, names in found
        )
        return cls(resolve, building._factorizer, owner.check, known, tuple(data), unresolved)

    def named(self, name: Any, registry: str | None) -> Known:
        """The entry that a node of a generated config stands for."""
        return self._by_name[registry, name]

    def names(self) -> Iterator[Any]:
        """Every name that a node may not use for something unknown."""
        yield from (name for known in self.callable_entries for name in known.names)
        yield from (name for _, name in [*self.data, *self.unresolved])

    def built_from_mapping(self, cls: type) -> Target | None:
        """What a mapping without `_type` builds where this class is wanted: its entry, or the class from its fields."""
        target = self.resolve.target_of(cls)
        if target is not None:
            return target
        return structured_target(cls) if is_structured(cls) else None

    @cached_property
    def registries(self) -> frozenset[str]:
        """The names of all registries that have entries."""
        return frozenset(known.target.registry for known in self.callable_entries)

    @cached_property
    def ambiguous(self) -> tuple[Any, ...]:
        """Names that several registries have, and that mean nothing at the root of a config."""
        return tuple({name for known in self.callable_entries if not known.alone for name in known.names[:1]})

    @cached_property
    def _by_name(self) -> dict[tuple[str | None, Any], Known]:
        found: dict[tuple[str | None, Any], Known] = {}
        for known in self.callable_entries:
            for name in known.names:
                found[known.target.registry, name] = known
                found.setdefault((None, name), known)
        return found


def structured_target(cls: type) -> Target:
    """A class that shows its fields, as a target that no registry has."""
    return Target("", cls.__qualname__, cls, read_schema(cls))
