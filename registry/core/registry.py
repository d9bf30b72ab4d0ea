"""The registry: names, what they stand for, and the wiring of the parts around them."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any, Generic, Self, final, overload

from typing_extensions import TypeVar

from registry import known
from registry.backends import MemoryBackend
from registry.core import builds, registers
from registry.core.admission import Admission
from registry.core.builds import Built, Name
from registry.core.changes import OnConflict
from registry.core.deferred import Deferred, created
from registry.core.discovery import Discovery
from registry.core.entries import Entries, failed
from registry.core.lookup import Lookup
from registry.core.overlay import Overlays
from registry.core.registration import Registrar
from registry.core.view import View
from registry.errors import DiagnosticError
from registry.model import MISSING, Entry, Reference, origin_of_caller
from registry.names import check_name, quote

if TYPE_CHECKING:
    from registry.core.building import Building
    from registry.core.pickling import Packed
    from registry.core.resolution import Targets
    from registry.protocols import Backend, Cache, Factorizer, Plugins, Validator
    from registry.schema import Schema

Artifact = TypeVar("Artifact", default=Any)
T = TypeVar("T")
D = TypeVar("D")


@final
class Registry(Generic[Artifact, Built, Name]):
    """A namespace of registered functions, classes or data, and what is built from them.

    Look-ups, `in`, iteration and building take no lock and are safe beside writers. Names that are listed are those of
    entries, oldest first; aliases are found by look-up and `in`, and are not listed or counted.

    Args:
        name: What it is called in messages, in `_registry` of a config and in a catalog.
        backend: Where the entries live: a Backend, or a dict of entries. A `MemoryBackend` of its own by default.
        validators: What looks at artifacts as they enter (or, lazy ones, as they are imported), in this order.
        cache: Remembers verdicts; a `VerdictCache` of its own by default.
        factorizer: What builds; a `SchemaFactorizer` by default.
        plugins: Extends the registry; none by default.
        discover: Packages whose modules register something, imported once, when a name is first missed or all are
            listed.
        name_of: Gives the name of an artifact that is registered without one; its `__name__` by default.
        on_conflict: What a second definition of a name does: it is an "error", it "replace"s the first, or the
            registry "keep"s the first.

    Raises:
        InvalidNameError: `name` cannot be a name.
        ValidationError: The backend holds something other than entries.
        BackendError: The backend failed.

    >>> losses = Registry("losses")
    >>> @losses.register
    ... def mse(prediction, target):
    ...     return (prediction - target) ** 2
    >>> losses["mse"] is mse
    True
    """

    __slots__ = (
        "__weakref__",
        "_builder",
        "_cache",
        "_discovery",
        "_entries",
        "_factorizer",
        "_home",
        "_lookup",
        "_name",
        "_overlays",
        "_plugins",
        "_registrar",
        "_source",
        "_targets",
        "_validators",
    )

    def __init__(
        self,
        name: str,
        *,
        backend: "Backend[Name, Artifact] | None" = None,
        validators: "Iterable[Validator]" = (),
        cache: "Cache | None" = None,
        factorizer: "Factorizer | None" = None,
        plugins: "Plugins | None" = None,
        discover: Iterable[str] = (),
        name_of: "Callable[[Any], Name] | None" = None,
        on_conflict: OnConflict = "error",
    ) -> None:
        check_name(name, "name of a registry")
        if on_conflict not in ("error", "replace", "keep"):
            raise ValueError(f"on_conflict is 'error', 'replace' or 'keep', not {quote(on_conflict)}.")
        if backend is None:
            backend = MemoryBackend()
        else:
            from registry.backends import check_entries, shared_parts

            try:
                check_entries(backend)
                for shared in shared_parts(backend):
                    shared.describe_with(self._describe)
            except DiagnosticError:
                raise
            except Exception as error:  # of whoever wrote the backend
                raise failed(name, error) from error
        self._name = name
        self._validators = tuple(validators)
        self._cache = cache
        self._factorizer: Any = Deferred() if factorizer is None else factorizer
        self._plugins = plugins
        self._home = _caller_module()
        self._entries = Entries(name, backend)
        self._show(self._entries.source)
        self._entries.shown = self._show
        known.add(self._entries)
        self._discovery = Discovery((discover,) if isinstance(discover, str) else tuple(discover))
        view = View(name, self._validators, self._entries)
        admission = Admission(view, self._validators, cache, plugins)
        self._lookup = Lookup(view, self._entries, self._discovery, admission, plugins)
        self._registrar: Registrar[Artifact, Name] = Registrar(
            view, self._entries, admission, self._lookup, plugins, name_of, on_conflict
        )
        self._overlays = Overlays(self._entries)
        self._targets: Targets | None = None
        self._builder: Building[Built, Name] | None = None

    def __init_subclass__(cls, **arguments: Any) -> None:
        raise TypeError(
            "Registry is final: to change what it does, pass it another backend, validator, factorizer or plugin."
        )

    @property
    def name(self) -> str:
        """What the registry is called."""
        return self._name

    # ------------------------------------------------------------------------------------------ looking up

    def __getitem__(self, name: Name, /) -> Artifact:
        """The artifact of this name or alias.

        Raises:
            EntryNotFoundError: There is none.
            ResolutionError: It is lazy, and cannot be imported here.
        """
        try:
            return self._source.entries[name].artifact  # type: ignore[no-any-return]  # Any is quick: no cast
        except (KeyError, AttributeError, TypeError):
            pass  # whatever it was, the thorough look-up says it better
        except DiagnosticError:
            raise
        except Exception:
            pass  # likewise: a backend that failed
        return self._lookup.get(name)  # type: ignore[no-any-return]  # the backend holds artifacts

    @overload
    def get(self, name: Name, /) -> Artifact | None: ...
    @overload
    def get(self, name: Name, default: D, /) -> Artifact | D: ...
    def get(self, name: Any, default: Any = None, /) -> Any:
        """The artifact of this name or alias, or the default when there is none."""
        try:
            return self._source.entries[name].artifact
        except (KeyError, AttributeError, TypeError):
            pass
        except DiagnosticError:
            raise
        except Exception:
            pass  # the thorough look-up says it better
        return default if self._lookup.seek(name) is None else self._lookup.get(name)

    def entry(self, name: Name, /) -> Entry[Artifact]:
        """All that is known about a name; an alias gives the entry that it stands for. Imports no lazy artifact.

        Raises:
            EntryNotFoundError: There is none.
        """
        return self._lookup.find(name)

    def __contains__(self, name: object, /) -> bool:
        try:
            if name in self._entries.source.entries:
                return True
        except TypeError:  # what cannot be hashed is no name
            return False
        except DiagnosticError:
            raise
        except Exception as error:  # of whoever wrote the backend
            raise failed(self._name, error) from error
        held = self._entries
        if not held.own and held.has(name):  # what look-ups read first may hold less than the backend
            return True
        return self._lookup.pending and self._lookup.seek(name) is not None

    def __len__(self) -> int:
        return len(self.keys())

    def __iter__(self) -> Iterator[Name]:
        return iter(self.keys())

    def keys(self) -> list[Name]:
        """The names, aliases left out, oldest first: a list that later registrations do not change."""
        self._lookup.gather()
        return self._entries.primary_names()

    def values(self) -> list[Artifact]:
        """The artifacts; lazy ones are imported."""
        return [self._lookup.artifact(entry) for entry in self._listed()]

    def items(self) -> list[tuple[Name, Artifact]]:
        """Names and artifacts; lazy ones are imported."""
        return [(entry.name, self._lookup.artifact(entry)) for entry in self._listed()]

    def find(self, *, tags: str | Iterable[str] = (), **metadata: Any) -> list[Entry[Artifact]]:
        """The entries that have all of these tags and exactly these metadata. Imports no lazy artifact."""
        wanted = {tags} if isinstance(tags, str) else set(tags)
        return [
            entry
            for entry in self._listed()
            if wanted <= entry.tags and all(entry.metadata.get(key, MISSING) == metadata[key] for key in metadata)
        ]

    def _listed(self) -> list[Entry[Artifact]]:
        self._lookup.gather()
        return self._entries.snapshot()

    def _ipython_key_completions_(self) -> list[Name]:
        return self.keys()

    def __repr__(self) -> str:
        held = self._entries.backend
        where = f"a dict of {len(held)}" if type(held) is dict else repr(held)
        count = len(self._entries.primary_names())
        return f"<Registry {self._name!r}: {count} {'entry' if count == 1 else 'entries'} in {where}>"

    # ------------------------------------------------------------------------------------------ registering

    register = registers.register
    register_many = registers.register_many
    register_module = registers.register_module
    register_entry_points = registers.register_entry_points
    unregister = registers.unregister
    clear = registers.clear
    validate = registers.validate

    def overlay(self, artifacts: Mapping[Name, Artifact | Reference], /) -> AbstractContextManager[Self]:
        """Let artifacts stand before those of the registry inside a `with` block, for tests.

        They are seen by this context and by tasks and `asyncio.to_thread` calls that are started inside, until the
        block ends, for them too; never by other threads. They are validated. What is registered meanwhile is registered
        for good.
        """
        origin = origin_of_caller(1)
        return self._overlays.open(
            self, {name: self._registrar.overlay_entry(name, artifact, origin) for name, artifact in artifacts.items()}
        )

    def freeze(self) -> None:
        """Register nothing more. What `discover` and plugins have is taken up first."""
        self._lookup.gather()
        self._registrar.frozen = True

    def schema(self, name: Name, /) -> "Schema":
        """The parameters of an entry.

        Raises:
            EntryNotFoundError: There is none of this name.
            RegistryError: It is data and takes no parameters.
            ResolutionError: It is lazy, and cannot be imported here.
        """
        return self._resolve.schema_of(name)

    # ------------------------------------------------------------------------------------------ building

    build = builds.build
    build_file = builds.build_file
    build_url = builds.build_url
    plan = builds.plan
    check = builds.check
    check_file = builds.check_file
    to_config = builds.to_config
    json_schema = builds.json_schema

    # ------------------------------------------------------------------------------------------ life

    def close(self) -> None:
        """Give back what the backend, the cache and the plugins hold. A second call does nothing."""
        for part in (self._entries.backend, self._cache, self._plugins):
            close = getattr(part, "close", None)  # a Closeable part has it
            if callable(close):
                close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def __copy__(self) -> Self:
        """Another registry in memory with the same parts and entries, which may change on its own."""
        parts = {**self._kept_parts(), "backend": MemoryBackend({entry.name: entry for entry in self._entries.held()})}
        return type(self)(**parts)

    def __deepcopy__(self, memo: object) -> Self:
        return self.__copy__()  # artifacts are definitions: like functions and classes they are not copied

    def __reduce__(self) -> Any:
        from registry.core.pickling import reduce

        held = self._entries.backend if not self._entries.own else {} if type(self._entries.backend) is dict else None
        return reduce(self, self._home, {**self._kept_parts(), "backend": held}, self._entries)

    def __setstate__(self, packed: "Packed") -> None:
        from registry.core.pickling import unpack

        unpack(self._entries, packed)

    def _kept_parts(self) -> dict[str, Any]:
        return {
            "name": self._name,
            "validators": self._validators,
            "factorizer": self._factorizer,
            "plugins": self._plugins,
            "discover": self._discovery.packages,
            "name_of": self._registrar.name_of,
            "on_conflict": self._registrar.on_conflict,
        }

    def _show(self, source: Any) -> None:
        self._source = source  # one attribute less on the way of every look-up

    # ------------------------------------------------------------------------------------------ parts made late

    @property
    def _resolve(self) -> "Targets":
        """What names stand for. A catalog asks it too."""
        if self._targets is None:
            from registry.core.resolution import Targets

            factorizer = created(self._factorizer)
            self._targets = Targets(self._name, self._entries, self._lookup, factorizer, self._plugins)
        return self._targets

    def _describe(self, artifact: Any) -> "Schema | None":
        return self._resolve.read_schema(artifact)

    @property
    def _building(self) -> "Building[Built, Name]":
        if self._builder is None:
            from registry.core.building import Building
            from registry.core.resolution import resolver

            targets = self._resolve
            self._builder = Building(targets.factorizer, partial(resolver, targets), self._name, self._plugins)
        return self._builder


def _caller_module() -> str | None:
    """The module in which a registry is being made: the first one outside this library."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        module = frame.f_globals.get("__name__")
        if isinstance(module, str) and module != "typing" and module.partition(".")[0] != "registry":
            return module
        frame = frame.f_back
    return None
