"""What the module of a peer may offer."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable


class Names(NamedTuple):
    """How a peer keeps names.

    The statements and expressions are over `found`, which `empty` made, `name` and `artifact`; a timed loop is compiled
    of them, so that measuring adds no calls.

    Attributes:
        empty: Makes what holds nothing yet; what an earlier one held globally is forgotten.
        get: Gives the artifact of a name, and raises where there is none.
        register: Registers an artifact under a name: as a decorator, where there is one. None where only `fill` can.
        contains: Says whether a name is there.
        iterate: Gives every name, or something for it. None where that is another peer's own.
        miss: What is done with an absent name, where `get` would not raise.
        fill: Gives what holds these artifacts, where that is not `register` again and again.
        forget: Empties what all that `empty` makes have in common.
        own: It gives an object of its own for an artifact.
        limit: More entries than this would take minutes.
        miss_limit: The same for misses.
    """

    empty: Callable[[], Any]
    get: str
    register: str | None
    contains: str
    iterate: str | None
    miss: str | None = None
    fill: Callable[[Mapping[str, Any]], Any] | None = None
    forget: Callable[[], object] = bool
    own: bool = False
    limit: int = 10**9
    miss_limit: int = 10**9


Build = Callable[[], Any]


class Builder(NamedTuple):
    """How a peer builds objects from a config.

    Attributes:
        prepare: Does for a config of `nested` what a program does once, and gives what is timed, which builds all of it
            each time.
        nested: Whether it builds the parts of what it builds.
        limit: More nodes than this would take minutes.
    """

    prepare: Callable[[dict[str, Any]], Build]
    nested: bool = True
    limit: int = 10**9


Load = Callable[[str], Any]
"""Reads a YAML file."""

Extract = Callable[[Any], Any]
"""Reads what a class takes."""


class Adapter(Protocol):
    """The module of a peer."""

    @property
    def __name__(self) -> str: ...

    @property
    def MODULES(self) -> tuple[str, ...]:
        """What has to be installed."""
        ...


@runtime_checkable
class Importable(Protocol):
    """What a program imports."""

    @property
    def IMPORTS(self) -> Mapping[str, str]: ...


@runtime_checkable
class KeepsNames(Protocol):
    """It holds artifacts by their names."""

    @property
    def NAMES(self) -> Mapping[str, Names]: ...


@runtime_checkable
class Builds(Protocol):
    """It builds objects from configs."""

    @property
    def BUILDERS(self) -> Mapping[str, Builder]: ...


@runtime_checkable
class Loads(Protocol):
    """It reads YAML."""

    @property
    def LOADERS(self) -> Mapping[str, Load]: ...


@runtime_checkable
class ReadsSchemas(Protocol):
    """It reads what a class takes."""

    @property
    def SCHEMAS(self) -> Mapping[str, Extract]: ...
