"""Whether one annotation surely does not fit another."""

import collections.abc
import enum
import types
import typing
from typing import Any, Literal, NewType, TypeVar, Union

import typing_extensions

from registry.model import MISSING

_PROMOTED: dict[Any, tuple[type, ...]] = {float: (int, bool), complex: (int, bool, float)}
"""What may stand for a number type without inheriting from it (PEP 484, the numeric tower)."""

_BOTTOM = (typing.NoReturn, typing.Never, typing_extensions.NoReturn, typing_extensions.Never)


def fits(given: Any, wanted: Any) -> bool:
    """Whether a value of type `given` may stand where `wanted` is asked for.

    Only a mismatch that is certain counts: what is not known, or cannot be compared, fits. Type arguments are compared
    one by one, as if all were covariant, where both sides have the same number of them.
    """
    given, wanted = _bare(given), _bare(wanted)
    if any(known is MISSING or known is Any or isinstance(known, TypeVar) for known in (given, wanted)):
        return True
    if wanted is object or any(given is bottom for bottom in _BOTTOM):
        return True
    if members := _members(given):
        return all(fits(member, wanted) for member in members)
    if members := _members(wanted):
        return any(fits(given, member) for member in members)
    if typing.get_origin(given) is Literal:
        return _literal_fits(typing.get_args(given), wanted)
    if typing.get_origin(wanted) is Literal:
        return _covered(given, typing.get_args(wanted))
    if isinstance(given, NewType):
        return given is wanted or fits(given.__supertype__, wanted)
    return not isinstance(wanted, NewType) and _classes_fit(given, wanted)


def _bare(annotation: Any) -> Any:
    while True:
        if annotation is None:
            return type(None)
        if typing.get_origin(annotation) is typing.Annotated:
            annotation = annotation.__origin__
        elif isinstance(annotation, typing_extensions.TypeAliasType):
            annotation = annotation.__value__
        elif annotation is typing_extensions.LiteralString:
            return str
        else:
            return annotation


def _members(annotation: Any) -> tuple[Any, ...]:
    if typing.get_origin(annotation) in (Union, types.UnionType):
        return typing.get_args(annotation)
    return ()


def _literal_fits(values: tuple[Any, ...], wanted: Any) -> bool:
    if typing.get_origin(wanted) is Literal:
        allowed = {(type(value), value) for value in typing.get_args(wanted)}
        return {(type(value), value) for value in values} <= allowed
    return all(fits(type(value), wanted) for value in values)


def _covered(given: Any, values: tuple[Any, ...]) -> bool:
    """Whether the literals name every value that a type has."""
    if given is type(None):
        return None in values
    if given is bool:
        return {value for value in values if isinstance(value, bool)} == {True, False}
    if isinstance(given, type) and issubclass(given, enum.Enum):
        return set(given) <= {value for value in values if isinstance(value, enum.Enum)}
    return not isinstance(given, type)


def _classes_fit(given: Any, wanted: Any) -> bool:
    given_class, wanted_class = _class_of(given), _class_of(wanted)
    if given_class is None or wanted_class is None:
        return True
    if given_class in _PROMOTED.get(wanted_class, ()):
        return True
    if typing_extensions.is_typeddict(given_class):
        given_class = given_class if given_class is wanted_class else dict
    try:
        inherits = issubclass(given_class, wanted_class)
    except TypeError:  # a protocol that is not for run time, a TypedDict: nothing is certain
        return True
    if not inherits:
        # Of an object described by a protocol no more is known than that it has these members.
        return typing_extensions.is_protocol(given_class)
    return _arguments_fit(given, given_class, wanted, wanted_class)


def _arguments_fit(given: Any, given_class: type, wanted: Any, wanted_class: type) -> bool:
    held, asked = _arguments(given), _arguments(wanted)
    if held is None or asked is None:
        return True
    if wanted_class is collections.abc.Callable:  # type: ignore[comparison-overlap]  # an ABC at run time
        return _callables_fit(typing.get_args(given), typing.get_args(wanted)) if given_class is wanted_class else True
    if given_class is tuple:
        return _tuple_fits(held, asked, wanted_class)
    if given_class is not wanted_class and not _is_plain_container(given_class, wanted_class):
        return True  # what the arguments of a subclass mean to its base is not worked out
    if len(asked) == 1 < len(held):
        # what iterating gives stands first (a mapping's keys, a generator's items), what awaiting gives last
        return fits(held[-1 if given_class is collections.abc.Coroutine else 0], asked[0])
    return len(held) != len(asked) or all(map(fits, held, asked))


def _tuple_fits(held: tuple[Any, ...], asked: tuple[Any, ...], wanted_class: type) -> bool:
    if wanted_class is not tuple:
        return len(asked) != 1 or all(fits(item, asked[0]) for item in held if item is not ...)
    if len(asked) == 2 and asked[1] is ...:
        return all(fits(item, asked[0]) for item in held if item is not ...)
    if len(held) == 2 and held[1] is ...:
        return all(fits(held[0], item) for item in asked)
    return len(held) == len(asked) and all(map(fits, held, asked))


def _callables_fit(given: tuple[Any, ...], wanted: tuple[Any, ...]) -> bool:
    if not fits(given[-1], wanted[-1]):
        return False
    takes, passed = given[0], wanted[0]
    if not (isinstance(takes, list) and isinstance(passed, list)):
        return True
    return len(takes) == len(passed) and all(map(fits, passed, takes))


def _is_plain_container(given: type, wanted: type) -> bool:
    """Whether both take the same arguments in the same order, as `list[int]` and `Sequence[int]` do."""
    modules = {given.__module__, wanted.__module__}
    return modules <= {"builtins", "collections", "collections.abc"} and given is not collections.abc.ItemsView


def _arguments(annotation: Any) -> tuple[Any, ...] | None:
    return typing.get_args(annotation) if typing.get_origin(annotation) is not None else None


def _class_of(annotation: Any) -> type | None:
    origin = typing.get_origin(annotation)
    found = annotation if origin is None else origin
    return found if isinstance(found, type) else None
