"""Text and numbers that stand for other values: paths, dates, enum members, and what a user adds."""

import enum
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cattrs import Converter


_MODULES = frozenset({"datetime", "decimal", "fractions", "ipaddress", "pathlib", "re", "uuid"})
"""Where the types of `written` are from. Nobody has one who has not imported it, so neither does this before."""
_SCALARS = (str, int, float, bytes)


def value_converter() -> "Converter":
    """A cattrs converter that knows dates, paths, enums and the like, to which hooks for more types can be added.

    >>> import datetime
    >>> converter = value_converter()
    >>> converter.structure("2026-01-31", datetime.date)
    datetime.date(2026, 1, 31)

    A structure hook that is registered on it counts as a conversion of values: it runs when a config is checked, so it
    must not have effects. Types that are strict in a config (str, int, float, bool) do not ask it.
    """
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True)
    plain = Converter(forbid_extra_keys=True)
    # every type that nobody added a hook for ends here; inside a hook it still means what cattrs means by it
    converter.register_structure_hook_func(lambda wanted: True, _Unhooked(plain))
    for scalar in _SCALARS:  # cattrs' own hooks for these count for their subclasses too, and coerce
        converter.register_structure_hook(scalar, _Unhooked(plain))
    converter.register_structure_hook_func(_is_known, _structure_known)
    return converter


def hook_for(converter: "Converter | None", wanted: Any) -> Callable[[Any, Any], Any] | None:
    """The hook that turns a plain value into a type, if the converter has one for it; None for `value_converter()`."""
    if converter is None:
        return _own_hook(wanted)
    try:
        hook = converter.get_structure_hook(wanted)
    except Exception:  # cattrs raises errors of several kinds for types it cannot handle
        return None
    if isinstance(hook, _Unhooked):
        return _own_hook(wanted)
    return hook


def _own_hook(wanted: Any) -> Callable[[Any, Any], Any] | None:
    return _structure_known if _is_known(wanted) else _structure_scalar if _is_scalar(wanted) else None


class _Unhooked:
    def __init__(self, plain: "Converter") -> None:
        self._plain = plain

    def __call__(self, value: Any, wanted: Any) -> Any:
        return self._plain.structure(value, wanted)


@lru_cache(maxsize=1024)
def _is_known(wanted: Any) -> bool:
    if not isinstance(wanted, type):
        return False
    if issubclass(wanted, enum.Enum):
        return True
    if _MODULES.isdisjoint(str(base.__module__).partition(".")[0] for base in wanted.__mro__):
        return False
    from registry.factorizer.written import FROM_NUMBER, read_text_of

    return wanted in FROM_NUMBER or read_text_of(wanted) is not None


def _structure_known(value: Any, wanted: Any) -> Any:
    if isinstance(value, wanted):
        return value
    if issubclass(wanted, enum.Enum):
        return _member(value, wanted)
    from registry.factorizer.written import FROM_NUMBER, read_text_of

    read_text, read_number = read_text_of(wanted), FROM_NUMBER.get(wanted)
    if type(value) is str and read_text is not None:
        return read_text(value)
    if type(value) in (int, float) and read_number is not None:
        return read_number(value)
    written = [kind for kind, read in (("text", read_text), ("a number", read_number)) if read is not None]
    raise TypeError(f"it is written as {' or '.join(written)}")


def _is_scalar(wanted: Any) -> bool:
    return isinstance(wanted, type) and wanted not in _SCALARS and issubclass(wanted, _SCALARS)


def _structure_scalar(value: Any, wanted: Any) -> Any:
    """An object of a class that extends a scalar, from a value that is strictly of that scalar's type."""
    base = next(kind for kind in wanted.__mro__ if kind in _SCALARS)
    if type(value) is base or (base is float and type(value) is int):
        return wanted(value)
    raise TypeError(f"it is made of {base.__name__}")


def _member(value: Any, wanted: type[enum.Enum]) -> enum.Enum:
    """The member with this value, or else with this name."""
    for member in wanted:
        if type(member.value) is type(value) and member.value == value:
            return member
    if isinstance(value, str) and value in wanted.__members__:
        return wanted[value]
    if issubclass(wanted, enum.Flag) and type(value) is int:
        return wanted(value)
    allowed = ", ".join(repr(member.value) for member in wanted)
    raise ValueError(f"it is one of {allowed}")
