"""The plain values that the parts hand to one another."""

import enum
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Generic, Literal, NamedTuple

import attrs
from typing_extensions import TypeVar

V = TypeVar("V", default=Any)

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Missing(enum.Enum):
    """The type of `MISSING`."""

    MISSING = "MISSING"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing.MISSING
"""Stands where there is no value, since None is one."""


@attrs.frozen
class Reference:
    """An artifact by its address, `package.module:Qualified.name`, imported when it is first needed.

    The part before the colon is a module, the part after it leads through attributes (PyPA entry-points
    specification, object references).

    Raises:
        ValueError: The target is not of this form.
    """

    target: str

    def __attrs_post_init__(self) -> None:
        module, colon, name = self.target.partition(":")
        if not (colon and all(part.isidentifier() for part in [*module.split("."), *name.split(".")])):
            raise ValueError(f"{self.target!r} is not a reference: write it as 'package.module:Qualified.name'.")

    @property
    def module(self) -> str:
        """The module to import."""
        return self.target.partition(":")[0]

    @property
    def name(self) -> str:
        """The attributes to follow from the module, joined by dots."""
        return self.target.partition(":")[2]

    def __str__(self) -> str:
        return self.target


@attrs.frozen
class Unavailable:
    """Stands for an artifact that another process could not name, with the reason."""

    reason: str


class Unread(enum.Enum):
    """The type of `UNREAD`."""

    UNREAD = "UNREAD"

    def __repr__(self) -> str:
        return "UNREAD"


UNREAD: Final = Unread.UNREAD
"""Stands for data that came as a record and was not looked at here yet."""


class Origin(NamedTuple):
    """Where an entry was registered: a file, and a line counted from 1 (0 when it is not known)."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


def origin_of_caller(depth: int) -> Origin:
    """The place that called, `depth` frames above the caller of this."""
    frame = sys._getframe(depth + 1)
    return _new_tuple(Origin, (frame.f_code.co_filename, frame.f_lineno))  # half the time of Origin(…)


_new_tuple = tuple.__new__


# Not `frozen`: the guard against assignment takes four times as long as all the rest of registering.
@attrs.define(eq=False)
class Entry(Generic[V]):
    """A name, what is registered under it, and what is known about it.

    Never changed once it is made: whoever keeps something that was worked out from an entry holds on to that for as
    long as the backend gives this very object. `attrs.evolve` makes a changed one.

    Attributes:
        name: The key.
        target: What was registered: an artifact, or a `Reference` to one that is not imported yet. None in an alias,
            `Unavailable` in an entry that came from another process without its artifact, UNREAD where it came as
            data that was not looked at yet.
        alias_of: The name that this one stands for, in an entry that is an alias.
        aliases: The other names that this entry was registered under.
        deprecated: What to do instead, in an entry that should no longer be used.
        origin: Where it was registered.
        metadata: Whatever else was said at registration.
        reference: The address that the artifact was imported from, or that names what it was coerced from.
        received: What came with it from a shared namespace (`protocols.Received`): how it may be resolved.
        artifact: The artifact, in an entry that a look-up may hand out as it is. It is *unset* in one that needs
            more than that (an alias, a lazy or a deprecated one), so the fast look-up is one attribute access and
            the AttributeError leads to the thorough one.
    """

    name: Any
    target: V | Reference | None
    alias_of: Any = attrs.field(default=None, kw_only=True)
    aliases: tuple[Any, ...] = attrs.field(default=(), kw_only=True)
    tags: frozenset[str] = attrs.field(default=frozenset(), kw_only=True)
    description: str = attrs.field(default="", kw_only=True)
    deprecated: str | None = attrs.field(default=None, kw_only=True)
    origin: Origin | None = attrs.field(default=None, kw_only=True)
    metadata: Mapping[str, Any] = attrs.field(default=NOTHING, kw_only=True)
    reference: Reference | None = attrs.field(default=None, kw_only=True)
    received: Any = attrs.field(default=None, kw_only=True, repr=False)
    artifact: V = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.alias_of is None and self.deprecated is None and not isinstance(self.target, _NOT_AT_HAND):
            self.artifact = self.target  # type: ignore[assignment]  # neither a Reference nor None here

    def __reduce__(self) -> tuple[Any, ...]:
        # attrs' own way fails on what is unset, and pickle on NOTHING
        given = {field.name: getattr(self, field.name) for field in attrs.fields(Entry) if field.init}
        # what was received belongs to a connection of this process
        return _restore, ({**given, "metadata": dict(self.metadata), "received": None},)

    @property
    def is_alias(self) -> bool:
        """Whether this entry only stands for another."""
        return self.alias_of is not None

    @property
    def is_lazy(self) -> bool:
        """Whether the artifact has not been imported, or read, yet."""
        return isinstance(self.target, _LAZY)

    def __copy__(self) -> "Entry[V]":
        return self

    def __deepcopy__(self, memo: object) -> "Entry[V]":
        return self  # artifacts are definitions: like functions and classes they are not copied


_LAZY = (Reference, Unread)
_NOT_AT_HAND = (*_LAZY, Unavailable)


def plain_entry(name: Any, target: Any, origin: Origin) -> Entry[Any]:
    """`Entry(name, target, origin=origin)` in a third of its time, which registering would mostly consist of."""
    entry: Entry[Any] = _new(Entry)
    entry.name = name
    entry.target = target
    entry.alias_of = None
    entry.aliases = ()
    entry.tags = _NO_TAGS
    entry.description = ""
    entry.deprecated = None
    entry.origin = origin
    entry.metadata = NOTHING
    entry.reference = None
    entry.received = None
    if not isinstance(target, _NOT_AT_HAND):
        entry.artifact = target
    return entry


_new = object.__new__
_NO_TAGS: frozenset[str] = frozenset()


def _restore(fields: Mapping[str, Any]) -> Entry[Any]:
    return Entry(**fields)


@attrs.frozen
class ValidationContext:
    """What a validator may know about the artifact it looks at.

    Attributes:
        registry: The registry's name.
        entry: The name that the artifact is registered under.
        operation: "write" at registration, "read" when a lazy or shared artifact is first resolved.
        metadata: What was said at registration.
    """

    registry: str
    entry: Any
    operation: Literal["write", "read"] = "write"
    metadata: Mapping[str, Any] = NOTHING


@attrs.frozen
class Limits:
    """How deep and how large a config may be. Aliases of a YAML document count by their expanded size."""

    depth: int = 100
    nodes: int = 1_000_000


@attrs.frozen
class Event:
    """Something that happened in a registry, told to plugins after it was done.

    `kind` is "registered", "unregistered", "built" or "refused"; `name` is the entry's, or None for a config that is
    not one entry's; `error` is what refused it; `seconds` is how long a build or a registration of one artifact took,
    and 0 for all else.
    """

    kind: Literal["registered", "unregistered", "built", "refused"]
    registry: str
    name: Any = None
    error: Exception | None = None
    seconds: float = 0.0
