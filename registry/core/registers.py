"""The methods that register: functions over anything that has a `Registrar`."""

from collections.abc import Callable, Iterable, Mapping
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Protocol, overload

from typing_extensions import TypeVar

from registry.core.registration import OnError, Registrar, refuse_misplaced
from registry.model import MISSING, Reference, origin_of_caller
from registry.names import check_name

if TYPE_CHECKING:
    from registry.core.batch import BatchResult

Artifact = TypeVar("Artifact", default=Any)
Name = TypeVar("Name", default=str)
T = TypeVar("T", default=Any)

_DEFINITIONS = (FunctionType, type)
"""What most artifacts are: known without a closer look."""


class Registers(Protocol[Artifact, Name]):
    """What has these methods."""

    @property
    def _registrar(self) -> Registrar[Artifact, Name]:
        """What does the work."""
        ...


@overload
def register(
    self: Registers[Artifact, Name],
    name: Name = ...,
    /,
    *,
    aliases: Name | Iterable[Name] = (),
    tags: str | Iterable[str] = (),
    description: str = "",
    deprecated: str | None = None,
    replace: bool = False,
    **metadata: Any,
) -> Callable[[T], T]: ...
@overload
def register(
    self: Registers[Artifact, Name],
    name: Name,
    artifact: Artifact | Reference,
    /,
    *,
    aliases: Name | Iterable[Name] = (),
    tags: str | Iterable[str] = (),
    description: str = "",
    deprecated: str | None = None,
    replace: bool = False,
    **metadata: Any,
) -> Artifact: ...
@overload
def register(self: Registers[Artifact, Name], artifact: T, /) -> T: ...
def register(self: Registers[Artifact, Name], name: Any = MISSING, artifact: Any = MISSING, /, **about: Any) -> Any:
    """Register an artifact: as a decorator, with or without a name, or with the artifact itself.

    The same definition may be registered again, as a re-run notebook cell does. A single argument that can be
    called is the artifact, anything else a name. A `Reference` is imported when it is first looked up.

    Args:
        name: Its `__name__` (or what `name_of` gives) when left out.
        artifact: Left out in a decorator.
        aliases: Other names for it.
        tags: Words to `find` it by.
        description: What it is, in a sentence; its docstring is read anyway.
        deprecated: What to do instead. Looking it up warns.
        replace: Put it in the place of another definition.
        **metadata: Whatever else shall be known about it.

    Returns:
        Exactly what was given, so that a decorated function keeps its type.

    Raises:
        ValidationError: With every reason why it does not fit.
        DuplicateEntryError: Another definition has the name, or one of the aliases.
        InvalidNameError: The name cannot be one, or is missing.
        FrozenRegistryError: The registry was frozen.
    """
    registrar = self._registrar
    if about:
        refuse_misplaced(about)
    if artifact is MISSING:
        if type(name) not in _DEFINITIONS and (name is MISSING or not registrar.is_artifact(name)):
            if name is not MISSING:
                check_name(name)

            def decorate(artifact: Any) -> Any:
                registrar.enter(name, artifact, origin_of_caller(1), about)
                return artifact

            return decorate
        name, artifact = MISSING, name
    registrar.enter(name, artifact, origin_of_caller(1), about)
    return artifact


def register_many(
    self: Registers[Artifact, Name],
    artifacts: Mapping[Name, Artifact | Reference],
    /,
    *,
    on_error: OnError = "raise",
    tags: str | Iterable[str] = (),
    replace: bool = False,
) -> "BatchResult":
    """Register many artifacts at once.

    Args:
        artifacts: By name.
        on_error: "raise" registers all or none, and shows every failure; "collect" registers the good ones.
        tags: As in `register`, for all of them.
        replace: As in `register`.

    Raises:
        RegistryError: Something was refused, and nothing registered.
    """
    origin = origin_of_caller(1)
    items = [(name, artifact, origin) for name, artifact in artifacts.items()]
    return self._registrar.enter_many(items, on_error, replace, tags)


def register_module(
    self: Registers[Artifact, Name],
    module: ModuleType,
    where: Callable[[Any], object] | None = None,
    *,
    tags: str | Iterable[str] = (),
    replace: bool = False,
) -> list[Name]:
    """Register what a module offers: what `__all__` lists, else what has no underscore and is defined in it.

    Args:
        module: The module.
        where: Which of them: a function that is given each; those that can be called by default.
        tags: As in `register`.
        replace: As in `register`.

    Returns:
        The names.

    Raises:
        RegistryError: Something was refused, and nothing registered.
    """
    from registry.core.batch import origin_of, public_members

    own_name = self._registrar.name_of
    items = [
        (name if own_name is None else own_name(artifact), artifact, origin_of(artifact, module))
        for name, artifact in public_members(module, where).items()
    ]
    return list(self._registrar.enter_many(items, "raise", replace, tags).registered)


def register_entry_points(
    self: Registers[Artifact, Name], group: str, /, *, on_error: OnError = "collect", tags: str | Iterable[str] = ()
) -> "BatchResult":
    """Register what installed distributions offer in an entry-point group, lazily: nothing of them is imported.

    One bad entry point does not keep the others away: it is in the result, and a look-up of its name says why.

    Args:
        group: Such as "acme.losses".
        on_error: As in `register_many`.
        tags: As in `register`.
    """
    return self._registrar.enter_offered(group, on_error, tags)


def unregister(self: Registers[Artifact, Name], name: Name, /) -> None:
    """Take out an entry with its aliases, or an alias alone.

    Raises:
        EntryNotFoundError: There is none.
        FrozenRegistryError: The registry was frozen.
    """
    self._registrar.remove(name)


def clear(self: Registers[Artifact, Name]) -> None:
    """Take out everything.

    Raises:
        FrozenRegistryError: The registry was frozen.
    """
    self._registrar.clear()


def validate(
    self: Registers[Artifact, Name], artifact: Artifact, /, name: Name | None = None, **metadata: Any
) -> Artifact:
    """What `register` would say of an artifact, without registering it; gives it back as it would be kept.

    Raises:
        ValidationError: With every reason why it does not fit.
    """
    return self._registrar.judge(artifact, name, metadata)  # type: ignore[no-any-return]  # an artifact again
