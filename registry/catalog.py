"""Registries that build together."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, final

from registry.closeness import did_you_mean
from registry.core import Registry, builds
from registry.core.deferred import Deferred, created
from registry.errors import AmbiguousNameError, DuplicateEntryError, EntryNotFoundError, RegistryNotFoundError
from registry.model import MISSING
from registry.names import quote

if TYPE_CHECKING:
    from registry.core.building import Building
    from registry.core.resolution import Imports, Targets
    from registry.protocols import Factorizer, Plugins, Target
    from registry.schema import Schema

AnyRegistry = Registry[Any, Any, Any]


@final
class Catalog:
    """Several registries, from whose entries one config is built.

    Which registry a `_type` means: the one that `_registry` names; else the one that is bound to the parameter's
    annotation (by the base, protocol or signature of its preset), the parent's own, or the only one, that has the name.

    Args:
        registries: In the order in which they are listed.
        factorizer: What builds; a `SchemaFactorizer` by default.
        plugins: Told of builds.

    Raises:
        DuplicateEntryError: Two registries have the same name.
    """

    __slots__ = ("__weakref__", "_builder", "_factorizer", "_plugins", "_registries")

    def __init__(
        self,
        *registries: AnyRegistry,
        factorizer: "Factorizer | None" = None,
        plugins: "Plugins | None" = None,
    ) -> None:
        self._registries: dict[str, AnyRegistry] = {}
        for registry in registries:
            if self._registries.setdefault(registry.name, registry) is not registry:
                raise DuplicateEntryError(
                    f"A catalog cannot hold two registries that are both called {quote(registry.name)}.",
                    suggestions=["Give one of them another name."],
                    context={"registry": registry.name},
                )
        self._factorizer: Any = Deferred() if factorizer is None else factorizer
        self._plugins = plugins
        self._builder: Building[Any, Any] | None = None

    def __init_subclass__(cls, **arguments: Any) -> None:
        raise TypeError("Catalog is final: to change what it does, pass it other registries or another factorizer.")

    def __getitem__(self, name: str, /) -> AnyRegistry:
        """The registry of this name.

        Raises:
            RegistryNotFoundError: There is none.
        """
        try:
            return self._registries[name]
        except (KeyError, TypeError):
            raise _unknown(name, self._registries) from None

    def __contains__(self, name: object, /) -> bool:
        return isinstance(name, str) and name in self._registries

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._registries))

    def __len__(self) -> int:
        return len(self._registries)

    def keys(self) -> list[str]:
        """The names of the registries."""
        return list(self._registries)

    def values(self) -> list[AnyRegistry]:
        """The registries."""
        return list(self._registries.values())

    def items(self) -> list[tuple[str, AnyRegistry]]:
        """Names and registries."""
        return list(self._registries.items())

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._registries)

    def __repr__(self) -> str:
        return f"<Catalog of {', '.join(map(quote, self._registries)) or 'nothing'}>"

    def close(self) -> None:
        """Close every registry. A second call does nothing."""
        for registry in self._registries.values():
            registry.close()

    def __enter__(self) -> "Catalog":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def __reduce__(self) -> Any:
        return _restored, (tuple(self._registries.values()), self._factorizer, self._plugins)

    build = builds.build
    build_file = builds.build_file
    build_url = builds.build_url
    plan = builds.plan
    check = builds.check
    check_file = builds.check_file
    to_config = builds.to_config
    json_schema = builds.json_schema

    @property
    def _building(self) -> "Building[Any, Any]":
        if self._builder is None:
            from registry.core.building import Building

            targets = {name: registry._resolve for name, registry in self._registries.items()}
            self._builder = Building(
                created(self._factorizer), partial(CatalogTargets, targets), "catalog", self._plugins
            )
        return self._builder


def _restored(registries: tuple[AnyRegistry, ...], factorizer: Any, plugins: Any) -> Catalog:
    return Catalog(*registries, factorizer=factorizer, plugins=plugins)


class CatalogTargets:
    """`Resolve` for several registries.

    Args:
        registries: What names stand for in each, by its name.
        imports: Which lazy entries may be imported.
    """

    __slots__ = ("_bound", "_imports", "_registries")

    def __init__(self, registries: "dict[str, Targets]", imports: "Imports") -> None:
        self._registries = registries
        self._imports: Imports = imports
        self._bound: list[tuple[Any, Targets]] = [
            (targets.binds, targets) for targets in registries.values() if targets.binds is not MISSING
        ]

    def target(self, name: Any, registry: str | None, parent: str | None, wanted: Any, /) -> "Target":
        """What a node means by its `_type`; the rules are those of `Catalog`."""
        if registry is not None:
            return self._explicit(name, registry)
        bound: list[Targets] = []
        if wanted is not MISSING:
            bound = [targets for binds, targets in self._bound if binds is wanted or binds == wanted]
        found = self._found(name, bound)
        if len(found) > 1 and parent is not None:  # several are bound alike: the parent's own is nearer
            found = [target for target in found if target.registry == parent] or found
        if not found and parent in self._registries:
            found = self._found(name, [self._registries[parent]])
        if not found:
            found = self._found(name, list(self._registries.values()))
        if len(found) == 1:
            return found[0]
        if found:
            raise _ambiguous(name, [target.registry for target in found])
        if self._imports == "none":
            for targets in bound or self._registries.values():
                target = targets.undecided(name)
                if target is not None:
                    return target
        raise self._missing(name, bound)

    def target_of(self, cls: type, /) -> "Target | None":
        """The entry under which this class is registered in any of the registries, the first of them first."""
        for targets in self._registries.values():
            target = targets.of_class(cls, self._imports)
            if target is not None:
                return target
        return None

    def node_of(self, artifact: Any, /) -> dict[str, Any] | None:
        """The keys of a node that stands for an artifact; None when it is in none of the registries."""
        for name, targets in self._registries.items():
            node = targets.node_of(artifact)
            if node is not None:
                alone = sum(other.find(node["_type"]) is not None for other in self._registries.values()) == 1
                return node if alone else {**node, "_registry": name}
        return None

    def schemas(self) -> "dict[str, dict[Any, Schema | None]]":
        """The schema of every entry, by registry and name; None for what cannot be known."""
        return {name: targets.schemas(self._imports)[name] for name, targets in self._registries.items()}

    def _explicit(self, name: Any, registry: str) -> "Target":
        targets = self._registries.get(registry)
        if targets is None:
            raise _unknown(registry, self._registries)
        target = targets.find(name, self._imports) or (targets.undecided(name) if self._imports == "none" else None)
        if target is not None:
            return target
        error = targets.miss(name)
        others = self._found(name, [other for other in self._registries.values() if other is not targets])
        if not others:
            raise error
        raise EntryNotFoundError(
            error.message,
            suggestions=[f"Write '_registry: {target.registry}', which has it." for target in others],
            context=error.context,
        )

    def _found(self, name: Any, registries: "list[Targets]") -> "list[Target]":
        found = (targets.find(name, self._imports) for targets in registries)
        return [target for target in found if target is not None]

    def _missing(self, name: Any, bound: "list[Targets]") -> EntryNotFoundError:
        if len(bound) == 1:
            return bound[0].miss(name)
        listed = ", ".join(map(quote, self._registries))
        return EntryNotFoundError(
            f"No registry of the catalog ({listed}) has an entry {quote(name)}.",
            suggestions=lambda: self._advice(name),
            context={"registries": list(self._registries), "name": name if isinstance(name, str) else quote(name)},
        )

    def _advice(self, name: Any) -> list[str]:
        known = dict.fromkeys(known for targets in self._registries.values() for known in targets.known_names())
        close = did_you_mean(name, known)
        advice = dict.fromkeys(text for targets in self._registries.values() for text in targets.hints(name, not close))
        return [*close, *advice]


def _unknown(name: Any, registries: "dict[str, Any]") -> RegistryNotFoundError:
    listed = ", ".join(map(quote, registries)) or "none"
    return RegistryNotFoundError(
        f"The catalog has no registry {quote(name)}.",
        suggestions=lambda: did_you_mean(name, registries) or [f"Name one of its registries: {listed}."],
        context={"registry": name if isinstance(name, str) else quote(name)},
    )


def _ambiguous(name: Any, registries: list[str]) -> AmbiguousNameError:
    return AmbiguousNameError(
        f"{quote(name)} is an entry of {' and of '.join(map(quote, registries))}.",
        suggestions=[f"Say which is meant: '_registry: {registry}'." for registry in registries],
        context={"name": name if isinstance(name, str) else quote(name), "registries": registries},
    )
