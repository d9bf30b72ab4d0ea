"""A private copy of a config in plain values, within the limits."""

from collections.abc import Callable
from typing import Any

from registry.factorizer.language import SCALARS, plain_type
from registry.model import Limits
from registry.paths import Path

Report = Callable[[str, str, Path], None]


def normalized(value: Any, limits: Limits, report: Report) -> Any:
    """Copy mappings to `dict`, lists to `list`, scalars to the exact built-in types; live objects stay as they are.

    Past a limit, or where a foreign mapping fails to give its items, `report(code, message, path)` is called and None
    stands in the copy.
    """
    left = limits.nodes

    def copy(value: Any, path: Path) -> Any:
        nonlocal left
        kind = plain_type(value)
        if kind in SCALARS:
            return value if type(value) is kind else _exact(value, kind)
        if kind is not dict and kind is not list and kind is not tuple:
            return value
        if len(path) >= limits.depth:
            report("limit-exceeded", f"The config is nested deeper than {limits.depth} levels.", path)
            return None
        try:
            items = list(value.items()) if kind is dict else list(enumerate(value))
        except Exception as error:  # a foreign container may do anything; OmegaConf raises for its missing values
            report("bad-document", f"A {type(value).__name__} cannot be read: {error}", path)
            return None
        left -= len(items)
        if left < 0:
            if left + len(items) >= 0:
                report("limit-exceeded", f"The config has more than {limits.nodes} values.", path)
            return None
        if kind is dict:
            return {_key(key): copy(item, (*path, _key(key))) for key, item in items}
        copied = [copy(item, (*path, index)) for index, item in items]
        return copied if kind is list else tuple(copied)

    return copy(value, ())


def _exact(value: Any, kind: type) -> Any:
    # the unbound method of the built-in type: a subclass may have its own idea of str() or int()
    if kind is str:
        return str.__str__(value)
    if kind is int:
        return int.__int__(value)
    return float.__float__(value)


def _key(key: Any) -> Any:
    return _exact(key, str) if isinstance(key, str) and type(key) is not str and plain_type(key) is str else key
