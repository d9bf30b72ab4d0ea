"""The grammar of names, and the ones that were probably meant."""

from collections.abc import Iterable
from typing import Any

from registry.errors import InvalidNameError

MAX_BYTES = 255
"""Longest name, in bytes of UTF-8."""


def check_name(name: object, what: str = "name") -> None:
    """Refuse what cannot be a name: it has 1 to 255 bytes of UTF-8, no control characters, no space at its ends.

    Names that are not strings (enum members, tuples) only have to be hashable.

    Raises:
        InvalidNameError: With the reason.
    """
    if type(name) is str and name.isidentifier() and name.isascii() and len(name) <= MAX_BYTES:
        return  # nearly all are like this
    if isinstance(name, str):
        reason = _fault(name)
    else:
        try:
            hash(name)
        except TypeError:
            reason = f"a {type(name).__name__} is not hashable"
        else:
            reason = "None stands for no name" if name is None else None
    if reason is not None:
        raise InvalidNameError(
            f"{quote(name)} cannot be a {what}: {reason}.",
            suggestions=["Use 1 to 255 bytes of printable text without spaces at its ends."],
        )


def check_namespace(namespace: object) -> None:
    """Refuse what cannot be the name of a namespace: segments joined by dots, none empty, 255 bytes in all.

    What is true of a name is true of each segment.

    Raises:
        InvalidNameError: With the reason.
    """
    if not isinstance(namespace, str):
        reason: str | None = "it is not text"
    else:
        reason = _fault(namespace)
        if reason is None and "." in namespace:
            faults = map(_fault, namespace.split("."))
            reason = next((f"{fault} between dots" for fault in faults if fault is not None), None)
    if reason is not None:
        raise InvalidNameError(
            f"{quote(namespace)} cannot be a namespace: {reason}.",
            suggestions=["Write it like 'research.losses': printable text, with a dot between segments."],
        )


def _fault(name: str) -> str | None:
    if name.isascii() and name.isprintable() and 0 < len(name) <= MAX_BYTES and name[0] != " " != name[-1]:
        return None
    if not name:
        return "it is empty"
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "it holds half of a surrogate pair"
    if size > MAX_BYTES:
        return f"it has {size} bytes"
    if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in name):
        return "it holds a control character"
    if name != name.strip():
        return "it begins or ends with a space"
    return None


WHOLE = 500
"""The limit of `quote` for paths and URLs, which are of use only as a whole."""


def quote(value: object, limit: int = 80) -> str:
    """A name or value for a message: quoted, on one line, and no longer than is worth reading.

    >>> quote("huber")
    "'huber'"
    """
    if isinstance(value, str | bytes) and len(value) > limit:
        return f"{value[:limit]!r}…"
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 4 * limit:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, dict | list | tuple | set | frozenset):
        return f"a {type(value).__name__} of {len(value)}"
    try:
        text = repr(value)
    except Exception:  # a user's __repr__ must not hide the message it stands in
        return f"a {type(value).__name__}"
    if len(text) > limit:
        text = text[:limit] + "…"
    if not text.isprintable():  # a user's __repr__ may have several lines, or what a terminal would obey
        text = "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
    return text


def close_matches(name: object, candidates: Iterable[Any], limit: int = 3) -> list[str]:
    """The names that were probably meant, best first.

    A name is close when few edits lead to it (Damerau-Levenshtein, optimal string alignment, letter case free): one for
    up to 3 characters, then one more for each 3.

    >>> close_matches("hubr", ["mse", "huber", "hinge"])
    ['huber']
    """
    if not isinstance(name, str) or len(name) > MAX_BYTES:
        return []
    allowed = max(1, len(name) // 3) if len(name) < 30 else 10
    folded = name.casefold()
    positions, length = _positions(folded), len(folded)
    characters = frozenset(folded)
    found: list[tuple[int, int, str]] = []
    for position, candidate in enumerate(candidates):
        if isinstance(candidate, str) and abs(len(candidate) - len(name)) <= allowed:
            other = candidate.casefold()
            if len(characters.difference(other)) > allowed:  # each of these costs an edit, and counting them is quick
                continue
            distance = _distance(positions, length, other)
            if distance <= allowed:
                found.append((distance, position, candidate))
    return [candidate for _, _, candidate in sorted(found)[:limit]]


def did_you_mean(name: object, candidates: Iterable[Any]) -> list[str]:
    """The suggestion for a misspelt name, if one is close.

    >>> did_you_mean("hubr", ["huber"])
    ["did you mean 'huber'?"]
    """
    matches = [quote(match) for match in close_matches(name, candidates)]
    if not matches:
        return []
    return [
        f"did you mean {', '.join(matches[:-1])} or {matches[-1]}?"
        if len(matches) > 1
        else f"did you mean {matches[0]}?"
    ]


def edit_distance(first: str, second: str) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours that lead from one to the other.

    Optimal string alignment distance.
    """
    return _distance(_positions(first), len(first), second)


def _positions(text: str) -> dict[str, int]:
    """For each character, the bits of the positions where it stands."""
    found: dict[str, int] = {}
    for position, character in enumerate(text):
        found[character] = found.get(character, 0) | 1 << position
    return found


def _distance(positions: dict[str, int], length: int, other: str) -> int:
    """The edit distance of the text with these positions to another, a column of the table at once.

    Each column is kept as the differences of its neighbours, in the bits of integers (Hyyrö 2003, "A bit-vector
    algorithm for computing Levenshtein and Damerau edit distances", figure 3).
    """
    if not length:
        return len(other)
    every, last = (1 << length) - 1, 1 << (length - 1)
    more, less, diagonal, before, distance = every, 0, 0, 0, length
    for character in other:
        here = positions.get(character, 0)
        swapped = (~diagonal & here) << 1 & before
        diagonal = (((here & more) + more) ^ more | here | less | swapped) & every
        right_more, right_less = less | every & ~(diagonal | more), diagonal & more
        if right_more & last:
            distance += 1
        elif right_less & last:
            distance -= 1
        right_more = right_more << 1 | 1
        more = (right_less << 1 | ~(diagonal | right_more)) & every
        less = right_more & diagonal & every
        before = here
    return distance
