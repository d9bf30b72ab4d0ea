"""Registries for functions, for classes and for structured data: plain functions that wire a `Registry`."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, overload

from typing_extensions import TypeForm, Unpack

from registry.core import Registry
from registry.core.changes import OnConflict
from registry.core.deferred import Deferred
from registry.model import MISSING

if TYPE_CHECKING:
    from registry.protocols import Backend, Cache, Factorizer, Plugins, Validator

T = TypeVar("T")


class Parts(TypedDict, total=False):
    """The parts of a `Registry` that a preset passes on. Its own validators run before those given here."""

    backend: "Backend[str, Any] | None"
    validators: "Iterable[Validator]"
    cache: "Cache | None"
    factorizer: "Factorizer | None"
    plugins: "Plugins | None"
    discover: Iterable[str]
    name_of: Callable[[Any], str] | None
    on_conflict: OnConflict


@overload
def function_registry(
    name: str, signature: TypeForm[T], strict: bool = False, **parts: Unpack[Parts]
) -> Registry[T, T]: ...
@overload
def function_registry(
    name: str, signature: None = None, strict: bool = False, **parts: Unpack[Parts]
) -> Registry[Callable[..., Any], Any]: ...
def function_registry(name: str, signature: Any = None, strict: bool = False, **parts: Unpack[Parts]) -> Any:
    """A registry of functions.

    With a signature it builds functions too: the parameters that the signature passes stay open for the caller, the
    config fixes the others, and what is built is a partial that conforms and can be pickled.

    Args:
        name: What the registry is called.
        signature: What the functions can be called like: a Callable type, a Protocol with `__call__`, or a function.
        strict: Ask for the same parameter names and annotations, too.
        **parts: As in `Registry`.

    >>> from collections.abc import Callable
    >>> losses = function_registry("losses", signature=Callable[[float, float], float])
    >>> @losses.register
    ... def scaled(prediction: float, target: float, *, scale: float = 1.0) -> float:
    ...     return scale * abs(prediction - target)
    >>> losses.build("scaled", scale=2.0)(1.0, 4.0)
    6.0
    """
    from registry.validators import conforms_to

    if signature is None:
        return _wired(name, [conforms_to(Callable[..., Any])], MISSING, MISSING, parts)
    return _wired(name, [conforms_to(signature, strict=strict)], signature, MISSING, parts)


@overload
def type_registry(
    name: str, base: TypeForm[T], protocol: None = None, strict: bool = False, **parts: Unpack[Parts]
) -> Registry[type[T], T]: ...
@overload
def type_registry(
    name: str, base: None = None, *, protocol: TypeForm[T], strict: bool = False, **parts: Unpack[Parts]
) -> Registry[type[T], T]: ...
@overload
def type_registry(
    name: str, base: None = None, protocol: None = None, strict: bool = False, **parts: Unpack[Parts]
) -> Registry[type[Any], Any]: ...
def type_registry(
    name: str, base: Any = None, protocol: Any = None, strict: bool = False, **parts: Unpack[Parts]
) -> Any:
    """A registry of classes, which builds their instances.

    Args:
        name: What the registry is called.
        base: What every class inherits from.
        protocol: What every class implements, without having to inherit from it.
        strict: With a protocol: ask for the same parameter names and annotations, too.
        **parts: As in `Registry`.

    >>> readers = type_registry("readers", base=dict)
    >>> readers.register("broken", int)
    Traceback (most recent call last):
        ...
    registry.errors.InheritanceError: ...
    """
    from registry.validators import implements, inherits_from

    validators: list[Any] = [inherits_from(object if base is None else base)]
    if protocol is not None:
        validators.append(implements(protocol, strict=strict))
    makes = base if base is not None else protocol if protocol is not None else MISSING
    return _wired(name, validators, MISSING, makes, parts)


def schema_registry(name: str, **parts: Unpack[Parts]) -> Registry[type[Any], Any]:
    """A registry of structured data: attrs classes, dataclasses, TypedDicts, and pydantic models where installed.

    `build` structures a mapping strictly: unknown keys, missing fields and wrong types are problems.

    Args:
        name: What the registry is called.
        **parts: As in `Registry`.
    """
    from registry.validators import structured

    registry: Registry[type[Any], Any] = _wired(name, [structured()], MISSING, MISSING, parts)
    return registry


def _wired(name: str, validators: list[Any], signature: Any, makes: Any, parts: Parts) -> Any:
    given = {**parts, "validators": [*validators, *parts.get("validators", ())]}
    if given.get("factorizer") is None:
        given["factorizer"] = Deferred(signature=signature, makes=makes)
    return Registry(name, **given)  # type: ignore[arg-type]  # a TypedDict with one key replaced is a plain dict
