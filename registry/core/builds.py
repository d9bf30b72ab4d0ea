"""The methods that build, which a registry and a catalog have alike: functions over anything that has a `Building`."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, overload

from typing_extensions import TypeVar

from registry.model import NOTHING

if TYPE_CHECKING:
    import os

    from registry.core.building import Building, Dialect
    from registry.document import Document
    from registry.problems import Problem
    from registry.protocols import Plan

Built = TypeVar("Built", default=Any)
Name = TypeVar("Name", default=str)


class Builds(Protocol[Built, Name]):
    """What has these methods."""

    @property
    def _building(self) -> "Building[Built, Name]":
        """What does the work."""
        ...


@overload
def build(
    self: Builds[Built, Name], config: "Mapping[str, Any] | Document", /, *, given: Mapping[str, Any] = ...
) -> Built: ...
@overload
def build(self: Builds[Built, Name], config: list[Any], /, *, given: Mapping[str, Any] = ...) -> list[Any]: ...
@overload
def build(self: Builds[Built, Name], name: Name, /, **arguments: Any) -> Built: ...
def build(self: Builds[Built, Name], config: Any, /, **arguments: Any) -> Any:
    """Check a config and build what it describes.

    Args:
        config: A mapping with `_type`, a tree of them, a document, or the name of an entry.
        given: With a config: live objects that it refers to as `{"_ref": "given.x"}`.
        **arguments: With a name: its parameters, config values themselves, one called `given` included.

    Raises:
        ConfigError: With every problem, before anything is constructed.
        Exception: Whatever an artifact raises, with a note of the place in the config.
    """
    return self._building.build(config, arguments)


def build_file(
    self: Builds[Built, Name],
    *files: "str | os.PathLike[str]",
    name: Name | None = None,
    path: str | None = None,
    overrides: Iterable[str] = (),
) -> Built:
    """Build what files describe, later ones laid over earlier ones.

    Args:
        files: YAML, JSON or TOML.
        name: The entry whose parameters the document holds.
        path: The part of the document to build, such as `trainer.losses[0]`.
        overrides: Changes such as `trainer.epochs=3`, `+new.key=1` and `~key`.

    Raises:
        ConfigError: With every problem.
    """
    return self._building.build_file(files, name, path, overrides)  # type: ignore[no-any-return]  # as its schema says


def build_url(self: Builds[Built, Name], url: str, *, name: Name | None = None, protocol: str = "http") -> Built:
    """Build what a document behind a URL describes.

    Args:
        url: Where it is.
        name: The entry whose parameters the document holds.
        protocol: "http" or "jsonrpc".

    Raises:
        ConfigError: With every problem.
        RemoteError: It cannot be fetched.
    """
    return self._building.build_url(url, name, protocol)  # type: ignore[no-any-return]  # as its schema says


def plan(self: Builds[Built, Name], config: Any, /, given: Mapping[str, Any] = NOTHING) -> "Plan":
    """Check a config, or the name of an entry, and make it ready to be built any number of times.

    Raises:
        ConfigError: With every problem.
    """
    return self._building.plan(config, given)


def check(
    self: Builds[Built, Name], config: Any, /, given: Mapping[str, Any] = NOTHING, *, imports: bool = True
) -> "list[Problem]":
    """Every problem of a config, in document order; an error among them exactly when `build` would refuse it.

    Args:
        config: As in `build`.
        given: As in `build`.
        imports: False to import nothing: what cannot be decided then is a problem of severity "note".
    """
    return self._building.check(config, given, imports)


def check_file(
    self: Builds[Built, Name],
    *files: "str | os.PathLike[str]",
    name: Name | None = None,
    path: str | None = None,
    overrides: Iterable[str] = (),
    imports: bool = True,
) -> "list[Problem]":
    """Every problem of what files describe; the arguments are those of `build_file` and `check`."""
    return self._building.check_file(files, name, path, overrides, imports)


def to_config(self: Builds[Built, Name], value: Any, /) -> Any:
    """The config that builds an equal object, where every object in it shows its parameters and is registered.

    Objects show their parameters as attrs classes, dataclasses, named tuples and pydantic models do, as
    `functools.partial` does, or by `get_params(deep=False)`. Data with a reserved key is written under `_raw`.

    Raises:
        ConfigError: With every object that is not registered or does not show its parameters, by path.
    """
    return self._building.to_config(value)


def json_schema(
    self: Builds[Built, Name], name: Name | None = None, /, *, dialect: "Dialect" = "2020-12", imports: bool = True
) -> dict[str, Any]:
    """A JSON Schema for the configs that can be built here, so that editors complete and check them.

    Args:
        name: The entry whose configs are meant; all by default.
        dialect: "2020-12" or "draft-07".
        imports: False to import nothing: lazy entries are then their names alone.
    """
    return self._building.json_schema(dialect, imports, name)
