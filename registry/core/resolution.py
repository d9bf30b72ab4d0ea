"""What a node's name stands for, in one registry."""

from collections.abc import Mapping
from typing import Any, Literal

from registry.closeness import did_you_mean
from registry.core.deferred import bound_type
from registry.core.entries import Entries
from registry.core.lookup import Lookup
from registry.errors import EntryNotFoundError, RegistryError, RegistryNotFoundError, ResolutionError, ValidationError
from registry.model import MISSING, Entry, Reference
from registry.names import quote
from registry.protocols import Factorizer, Plugins, Target
from registry.references import address_of
from registry.schema import Schema

Imports = Literal["all", "own", "none"]
"""What may be imported to answer: everything; what is no received entry whose record tells enough; nothing."""


class Targets:
    """The targets of one registry, each made once for as long as its entry stands: `Resolve` for this registry.

    Attributes:
        name: The registry's name.
        binds: The annotation that it answers for, where a preset says so; MISSING otherwise.
        factorizer: What reads the schemas.
    """

    __slots__ = ("_absent", "_classes", "_entries", "_lookup", "_plugins", "_targets", "binds", "factorizer", "name")

    def __init__(
        self, name: str, entries: Entries, lookup: Lookup, factorizer: Factorizer, plugins: Plugins | None
    ) -> None:
        self.name = name
        self.binds = bound_type(factorizer)
        self._entries = entries
        self._lookup = lookup
        self.factorizer = factorizer
        self._plugins = plugins
        self._targets: dict[Any, tuple[Entry[Any], Target]] = {}
        self._classes: dict[type, Entry[Any]] = {}
        self._absent: tuple[Any, set[type]] = (None, set())

    def target(self, name: Any, registry: str | None, parent: str | None, wanted: Any, /) -> Target:
        """What a node of this registry means by its `_type`."""
        if registry is not None and registry != self.name:
            raise RegistryNotFoundError(
                f"There is no registry {quote(registry)} here, only {quote(self.name)}.",
                suggestions=[*did_you_mean(registry, [self.name]), "Build it with a Catalog of both registries."],
                context={"registry": registry},
            )
        try:  # as in `find`: a frame less for every node of every build
            known = self._targets[name]
            if known[0] is self._entries.source.entries[name]:
                return known[1]
        except Exception:
            pass
        return self.named(name)

    def live(self) -> Mapping[Any, Entry[Any]]:
        """The entries as they are now."""
        entries: Mapping[Any, Entry[Any]] = self._entries.source.entries
        return entries

    def named(self, name: Any, imports: Imports = "all") -> Target:
        """The target of a name.

        Raises:
            EntryNotFoundError: No entry has this name.
            ResolutionError: Its artifact cannot be imported here.
        """
        target = self.find(name, imports)
        if target is None:
            raise self._lookup.miss(name)
        return target

    def find(self, name: Any, imports: Imports = "all") -> Target | None:
        """The target of a name, or None when this registry has no such entry."""
        try:
            entry = self._entries.source.entries[name]
            known = self._targets.get(name)
            if known is not None and known[0] is entry:
                return known[1]
        except KeyError:
            if self._entries.own and not self._lookup.pending:
                return None
        except Exception:
            pass  # a backend that fails, or what is no name: the thorough look-up says which
        entry = self._lookup.seek(name, imports != "none")
        return None if entry is None else self._made(entry, imports)

    def undecided(self, name: Any) -> Target | None:
        """What stands for a name that discovery might still find, where nothing may be imported."""
        return Target(self.name, name, MISSING, None) if self._lookup.pending else None

    def target_of(self, cls: type, /) -> Target | None:
        """The entry under which this class is registered, if it is."""
        return self.of_class(cls)

    def of_class(self, cls: type, imports: Imports = "all") -> Target | None:
        """The target of the entry that holds a class, or a reference to it."""
        known = self._classes.get(cls)
        if known is None or self._entries.find(known.name) is not known:
            known = None if self._is_absent(cls) else self._search(cls)
            if known is None:
                return None
            self._classes[cls] = known
        return self._made(known, imports)

    def node_of(self, artifact: Any, /) -> dict[str, Any] | None:
        """The keys of a node that stands for an artifact; None when it is not registered."""
        try:
            target = self.of_class(artifact)
        except TypeError:  # what cannot be hashed is not looked for
            return None
        return None if target is None else {"_type": target.name}

    def schema_of(self, name: Any) -> Schema:
        """The parameters of an entry: of the artifact where it can be had, else what its record tells.

        Raises:
            RegistryError: It is data.
        """
        try:
            target = self.named(name)
        except ResolutionError:
            target = self.named(name, "own")
        if target.schema is None:
            raise RegistryError(
                f"{quote(name)} of {quote(self.name)} is data ({type(target.artifact).__name__}), which takes no"
                " parameters.",
                suggestions=[f"Look it up: registry[{quote(name)}]."],
                context={"registry": self.name},
            )
        return target.schema

    def schemas(self, imports: Imports = "all") -> dict[str, dict[Any, Schema | None]]:
        """The schema of every entry, by this registry's name and its own; None for what cannot be known here."""
        found: dict[Any, Schema | None] = {}
        if imports != "none":
            self._lookup.gather()
        for entry in self._entries.snapshot():
            try:
                found[entry.name] = self._made(entry, imports).schema
            except (ResolutionError, ValidationError):  # one that is broken leaves its name
                found[entry.name] = None
        return {self.name: found}

    def miss(self, name: Any) -> EntryNotFoundError:
        """The error for a name that this registry does not have."""
        return self._lookup.miss(name)

    def known_names(self) -> list[Any]:
        """Every name, aliases included."""
        return self._entries.names()

    def hints(self, name: Any, unlike: bool) -> list[str]:
        """What may be the reason why a name is missing; `unlike`: no name that is there is close to it."""
        return self._lookup.hints(name, unlike)

    def _search(self, cls: type) -> Entry[Any] | None:
        address = address_of(cls)
        for entry in self._entries.snapshot():
            target = entry.target
            if target is cls or (isinstance(target, Reference) and target.target == address):
                return entry
        self._absent[1].add(cls)
        return None

    def _is_absent(self, cls: type) -> bool:
        """Whether a search that still holds did not find the class, so that builds do not search again and again."""
        state = self._entries.state()
        if state is None or self._absent[0] != state:
            self._absent = (state, set())
        return cls in self._absent[1]

    def _made(self, entry: Entry[Any], imports: Imports) -> Target:
        known = self._targets.get(entry.name)
        if known is not None and known[0] is entry:
            return known[1]
        if entry.is_lazy and imports != "all":
            recorded = None if entry.received is None else entry.received.schema
            if recorded is not None or imports == "none":
                return Target(self.name, entry.name, MISSING, recorded, entry.deprecated, entry)
        artifact = self._lookup.artifact(entry)
        current = self._entries.find(entry.name)  # resolving may have put another entry in its place
        if current is None or current.alias_of is not None:
            current = entry
        elif (known := self._targets.get(entry.name)) is not None and known[0] is current:
            return known[1]
        made = Target(self.name, entry.name, artifact, self.read_schema(artifact), current.deprecated, current)
        self._targets[entry.name] = (current, made)
        return made

    def read_schema(self, artifact: Any) -> Schema | None:
        """The schema of an artifact as this registry builds it; None for data."""
        if not callable(artifact):
            return None
        schema = self.factorizer.schema(artifact)
        if self._plugins is None:
            return schema
        better = self._plugins.schema(artifact, schema)
        return schema if better is None else better


class Sparing:
    """`Resolve` for one registry that imports less than all: what is lazy has no artifact, and its record's schema."""

    __slots__ = ("_imports", "_targets")

    def __init__(self, targets: Targets, imports: Imports) -> None:
        self._targets = targets
        self._imports: Imports = imports

    def target(self, name: Any, registry: str | None, parent: str | None, wanted: Any, /) -> Target:
        """What a node of this registry means by its `_type`."""
        if registry is not None and registry != self._targets.name:
            return self._targets.target(name, registry, parent, wanted)
        target = self._targets.find(name, self._imports)
        if target is None and self._imports == "none":
            target = self._targets.undecided(name)
        return self._targets.named(name, self._imports) if target is None else target

    def target_of(self, cls: type, /) -> Target | None:
        """The entry under which this class is registered, if it is."""
        return self._targets.of_class(cls, self._imports)

    def node_of(self, artifact: Any, /) -> dict[str, Any] | None:
        """The keys of a node that stands for an artifact; None when it is not registered."""
        return self._targets.node_of(artifact)

    def schemas(self) -> dict[str, dict[Any, Schema | None]]:
        """The schemas that are known without importing more."""
        return self._targets.schemas(self._imports)


def resolver(targets: Targets, imports: Imports) -> Targets | Sparing:
    """`Resolve` for one registry."""
    return targets if imports == "all" else Sparing(targets, imports)
