"""The contracts of the parts. Anything with the right methods fits; nothing is inherited.

Each Protocol has the methods that its user calls and no more. What not every part can do is a Protocol of its own
(`InMemory`, `Transactional`, `Closeable`, `Builder`), asked for at the one place that uses it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import attrs
from typing_extensions import TypeVar

from registry.model import Entry, Event, Reference, ValidationContext
from registry.problems import Problem
from registry.schema import Schema

K = TypeVar("K")
V = TypeVar("V")


class Backend(Protocol[K, V]):
    """The entries of one registry. A dict of entries is one.

    Methods may be called from several threads at once. A method that fails for reasons of its own (a network, a disk)
    raises a `BackendError`.
    """

    def __getitem__(self, name: K, /) -> Entry[V]:
        """The entry of this name. Raises KeyError when there is none."""
        ...

    def __setitem__(self, name: K, entry: Entry[V], /) -> None:
        """Put an entry, in place of the one that was there."""
        ...

    def __delitem__(self, name: K, /) -> None:
        """Remove an entry. Raises KeyError when there is none."""
        ...

    def __contains__(self, name: object, /) -> bool:
        """Whether there is an entry of this name; False for what cannot be a name."""
        ...

    def __iter__(self) -> Iterator[K]:
        """Each name once, aliases included, oldest first. `list(backend)` is safe beside writers."""
        ...

    def __len__(self) -> int:
        """The number of names, aliases included."""
        ...

    def setdefault(self, name: K, entry: Entry[V], /) -> Entry[V]:
        """The entry of this name, after putting `entry` if there was none: atomic.

        Returns `entry` itself exactly when this call put it.
        """
        ...


@runtime_checkable
class InMemory(Protocol):
    """A backend that has entries in a dict which look-ups may read first."""

    @property
    def entries(self) -> Mapping[Any, Any]:
        """An exact dict; it may be another one at the next read. Never write to it.

        An entry that it holds counts. What it does not hold, or holds as something else than an `Entry`, is asked of
        the backend: it may not have been decoded yet, or the dict be put aside because it is too old.
        """
        ...


@runtime_checkable
class Listing(Protocol):
    """A backend that can tell names from aliases without making their entries, of which there may be a million."""

    def primary_names(self) -> list[Any]:
        """Each name once, aliases left out, oldest first."""
        ...


@runtime_checkable
class Transactional(Protocol):
    """A backend that can make several changes at once."""

    def apply(self, changes: Mapping[Any, Entry[Any] | None], /) -> None:
        """Put each entry and remove each name with None: all of them or none, and nobody sees half.

        Raises KeyError when a name to remove is not there; nothing has changed then.
        """
        ...


@runtime_checkable
class Shared(Protocol):
    """A backend whose entries other processes have too: what they get is references and data, never objects."""

    @property
    def largest_batch(self) -> int:
        """So many changes fit into one `exchange`, however large their records are."""
        ...

    def exchange(self, before: Mapping[Any, Entry[Any] | None], after: Mapping[Any, Entry[Any] | None], /) -> bool:
        """Make all of the changes `after` if every name still holds what it has in `before`, None for nothing.

        Atomic, and whether it was done. A change to what is there already costs nothing.

        Raises:
            NotShareableError: No record can hold one of the entries; nothing has changed.
            AccessDeniedError: This process may not write there.
            UnknownOutcomeError: Nobody knows whether it was done.
        """
        ...

    def keep(self, entry: Entry[Any], resolved: Entry[Any], /) -> bool:
        """Hand out `resolved`, in this process alone, for as long as `entry` stands; False if it does no longer."""
        ...

    def describe_with(self, schema: Callable[[Any], Schema | None], /) -> None:
        """Let records hold the schemas that this gives, None for data: the registry's own way of reading them."""
        ...

    def trust(self, references: Iterable[str], /) -> None:
        """Let these references be resolved, since somebody who is trusted named them: this process, or a pickle."""
        ...

    def trusted(self) -> Collection[str]:
        """The references that were trusted so, those that were registered here among them."""
        ...


class Received(Protocol):
    """What came with an entry of a shared namespace. It is `Entry.received`."""

    @property
    def schema(self) -> Schema | None:
        """The parameters of the artifact as the record tells them, without importing it; None when it tells none."""
        ...

    def resolve(self) -> Any:
        """The artifact: imported, if its reference is allowed here, or made from the record's data.

        Raises:
            UntrustedReferenceError: It is not allowed here; nothing was imported.
            ResolutionError: It cannot be imported, or is not what its reference says.
        """
        ...

    def difference(self, entry: Entry[Any], /) -> str | None:
        """Why what `entry` holds, registered here, is another definition, as a clause; None if it is the same one."""
        ...


@runtime_checkable
class Closeable(Protocol):
    """A part that holds something which has to be given back."""

    def close(self) -> None:
        """Give it back. A second call does nothing."""
        ...


class Validator(Protocol):
    """Looks at an artifact as it enters or arrives. A function of two arguments is one."""

    def __call__(self, artifact: Any, context: ValidationContext, /) -> Any:
        """The artifact, coerced if need be, or None for unchanged.

        Must give the same answer for the same artifact, since verdicts are cached; may be called from several threads.
        Raises ValidationError to refuse it. Any other exception refuses it too, and names the validator.
        """
        ...


class Cache(Protocol):
    """Remembers verdicts. A dict is one that never forgets. May be called from several threads."""

    def get(self, key: Any, default: Any, /) -> Any:
        """What was stored under the key, or the default when it was not, or has been forgotten."""
        ...

    def __setitem__(self, key: Any, value: Any, /) -> None:
        """Store a value. It may be forgotten at any time."""
        ...

    def pop(self, key: Any, default: Any, /) -> Any:
        """Forget a key, giving what was stored or the default."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...


@attrs.define(eq=False)
class Target:
    """What a node's name stands for.

    Attributes:
        registry: The registry that has it.
        name: The name in that registry.
        artifact: What is called. MISSING when it was not imported.
        schema: Its parameters. None when they are not known without importing it.
        deprecated: What to do instead, if it should no longer be used.
        entry: The entry that it was made from.
        compiled: Room for the factorizer to keep what it made of the schema.
    """

    registry: str
    name: Any
    artifact: Any
    schema: Schema | None
    deprecated: str | None = None
    entry: Any = attrs.field(default=None, repr=False)
    compiled: Any = attrs.field(default=None, repr=False)


class Resolve(Protocol):
    """Answers a factorizer's questions about names: a registry for itself, a catalog for all its registries."""

    def target(self, name: Any, registry: str | None, parent: str | None, wanted: Any, /) -> Target:
        """What a node means by its `_type`.

        Gives the same object again for as long as it stands for the same, so that what was compiled is kept.

        Args:
            name: The value of `_type`, whatever it is.
            registry: The value of `_registry`, if it was written.
            parent: The registry of the node around it, if there is one.
            wanted: The annotation of the parameter that it stands for, or MISSING.

        Raises:
            RegistryError: No such name or registry, or more than one candidate. Its code is that of the problem.
            ResolutionError: The artifact cannot be imported here.
        """
        ...

    def target_of(self, cls: type, /) -> Target | None:
        """The entry under which this class is registered, if it is."""
        ...


@runtime_checkable
class Live(Protocol):
    """A `Resolve` in which a name always stands for the same entry, wherever it is written."""

    def live(self) -> Mapping[Any, Any]:
        """The entries by name as they are now: a target is right as long as its entry is the one under its name."""
        ...


class Plan(Protocol):
    """A config that was checked and is ready to be built. Immutable, can be pickled."""

    @property
    def config(self) -> Any:
        """The config as it was checked, overrides applied, in plain values; a new copy each time."""
        ...

    @property
    def problems(self) -> Sequence[Problem]:
        """The warnings and notes. A plan with errors does not exist."""
        ...

    def build(self) -> Any:
        """A new graph of objects. Exceptions come from inside an artifact only, with a note of path and location."""
        ...


class Factorizer(Protocol):
    """Builds from a config by schemas."""

    def schema(self, artifact: Any, /) -> Schema:
        """The parameters of an artifact. Never raises on a callable: what cannot be read is opaque."""
        ...

    def plan(self, config: Any, resolve: Resolve, /, *, given: Mapping[str, Any]) -> Plan:
        """Check a config, a plain value or a `Document`, and make it ready.

        Constructs nothing. Raises ConfigError with every problem.
        """
        ...

    def check(self, config: Any, resolve: Resolve, /, *, given: Mapping[str, Any]) -> list[Problem]:
        """Every problem of a config, in document order: an error among them exactly when `plan` raises."""
        ...


@runtime_checkable
class Builder(Protocol):
    """A factorizer that builds a config once for less than it costs to plan it."""

    def build(self, config: Any, resolve: Resolve, /, *, given: Mapping[str, Any]) -> Any:
        """The same as `plan(config, resolve, given=given).build()`."""
        ...


class RegistryView(Protocol):
    """What a plugin sees of a registry."""

    @property
    def name(self) -> str:
        """The registry's name."""
        ...

    @property
    def kind(self) -> str:
        """What its artifacts are: "function", "type", "schema", or "any" where its validators do not say."""
        ...

    @property
    def tags(self) -> Collection[str]:
        """The tags of all that is registered by now."""
        ...


class Plugins(Protocol):
    """What a registry asks of plugins, so that it knows nothing of how they are loaded or called.

    The answers are collected once per registry, never per look-up or per node.
    """

    def validators(self, view: RegistryView, /) -> Sequence[Validator]:
        """Validators for this registry, in a stable order; they run after its own."""
        ...

    def schema(self, artifact: Any, read: Schema, /) -> Schema | None:
        """A better schema than the one that was read from the signature, or None."""
        ...

    def entries(self, view: RegistryView, /) -> Mapping[str, Reference]:
        """Entries by reference, taken up where the name is not registered yet."""
        ...

    def unavailable(self) -> Sequence[str]:
        """One sentence for each plugin that failed to load, for the message of an unknown name."""
        ...

    def emit(self, event: Event, /) -> None:
        """Tell the plugins what happened. Never raises."""
        ...
