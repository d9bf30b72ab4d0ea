"""What an annotation demands of a value beyond its type.

Constraints are those of the annotated-types package, known by their attributes so that it need not be installed, and
plain callables that raise ValueError.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

_COMPARISONS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "gt": ("greater than", lambda value, bound: value > bound),
    "ge": ("at least", lambda value, bound: value >= bound),
    "lt": ("less than", lambda value, bound: value < bound),
    "le": ("at most", lambda value, bound: value <= bound),
    "multiple_of": ("a multiple of", lambda value, bound: value % bound == 0),
}

_LENGTHS: dict[str, tuple[str, Callable[[int, int], bool]]] = {
    "min_length": ("at least", lambda length, bound: length >= bound),
    "max_length": ("at most", lambda length, bound: length <= bound),
}


def broken(value: Any, constraints: Iterable[Any]) -> list[str]:
    """What is wrong with a value, each as the end of a sentence that begins with its name.

    >>> from annotated_types import Gt
    >>> broken(-1, [Gt(0)])
    ['must be greater than 0, not -1']
    """
    found: list[str] = []
    for constraint in constraints:
        try:
            found += _broken(value, constraint)
        except Exception as error:  # a user's constraint may fail in any way; then the value does not meet it
            found.append(f"cannot be checked by {constraint!r}: {type(error).__name__}: {error}")
    return found


def _broken(value: Any, constraint: Any) -> Iterator[str]:
    if _is_group(constraint):
        for inner in constraint:
            yield from _broken(value, inner)
        return
    known = False
    for attribute, (words, holds) in _COMPARISONS.items():
        bound = getattr(constraint, attribute, None)
        if bound is not None:
            known = True
            if not _holds(holds, value, bound):
                yield f"must be {words} {bound!r}, not {value!r}"
    for attribute, (words, holds) in _LENGTHS.items():
        bound = getattr(constraint, attribute, None)
        if bound is not None:
            known = True
            if not hasattr(value, "__len__") or not holds(len(value), bound):
                yield f"must have a length of {words} {bound!r}"
    if not known:
        predicate = getattr(constraint, "func", None)
        if callable(predicate):
            if not predicate(value):
                yield f"must satisfy {getattr(predicate, '__qualname__', predicate)}"
        elif callable(constraint) and not isinstance(constraint, type):
            try:
                constraint(value)
            except ValueError as error:
                yield str(error) or "is refused"


def _is_group(constraint: Any) -> bool:
    # annotated_types.GroupedMetadata marks itself so
    return getattr(constraint, "__is_annotated_types_grouped_metadata__", False) is True


def _holds(test: Callable[[Any, Any], bool], value: Any, bound: Any) -> bool:
    try:
        return bool(test(value, bound))
    except TypeError:  # values that cannot be compared with the bound do not meet it
        return False
