"""The names that were probably meant: how many edits lead from one to another, for one or for very many at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from registry.names import MAX_BYTES, quote

_FEW = 8
"""So many names of one length are quicker one by one."""
_PORTION = 4096
"""So many are compared at once: their bits stay in the processor's cache."""
_LONGEST = 200
"""A longer name is compared one by one: the edits are counted in a byte."""

Match = tuple[int, int, str]
"""How many edits lead to a name, its position, and the name."""


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
    shortest, longest = len(name) - allowed, len(name) + allowed
    alike: dict[int, list[tuple[int, str]]] = {}
    unlike: list[tuple[int, str]] = []
    for position, candidate in enumerate(candidates):
        if isinstance(candidate, str) and shortest <= len(candidate) <= longest:
            group = alike.setdefault(len(candidate), []) if candidate.isascii() else unlike
            group.append((position, candidate))
    found: list[Match] = []
    for group in (*alike.values(), unlike):
        if len(group) < _FEW or group is unlike or not 0 < len(folded) <= _LONGEST:
            found += _compared(folded, group, allowed)
        else:
            for start in range(0, len(group), _PORTION):
                found += _compared_at_once(folded, group[start : start + _PORTION], allowed, limit)
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


def _compared(name: str, group: Iterable[tuple[int, str]], allowed: int) -> Iterator[Match]:
    """The close ones of a few names."""
    positions, length, characters = _positions(name), len(name), frozenset(name)
    for position, candidate in group:
        other = candidate.casefold()
        if len(characters.difference(other)) <= allowed:  # each of these costs an edit, and counting them is quick
            distance = _distance(positions, length, other)
            if distance <= allowed:
                yield distance, position, candidate


def _compared_at_once(name: str, group: Sequence[tuple[int, str]], allowed: int, limit: int) -> Iterator[Match]:
    """The close ones of many ASCII names of one length, as many of each distance as can be among the best.

    What `_distance` does, for all of them in the same integers: each name has a lane of whole bytes, with a bit for
    each character of the name that is looked for and one for what an addition carries.
    """
    length, width, count = len(name), len(name) // 8 + 1, len(group)
    text = "".join([candidate for _, candidate in group]).lower().encode("ascii")
    tables = list(_tables(_positions(name), width))
    ones = int.from_bytes((b"\1" + bytes(width - 1)) * count, "little")
    every = ones * ((1 << length) - 1)
    more, less, diagonal, before, distance = every, 0, 0, 0, ones * length
    lanes = bytearray(count * width)
    for column in range(len(group[0][1])):
        characters = text[column :: len(group[0][1])]
        for byte, table in enumerate(tables):
            lanes[byte::width] = characters.translate(table)
        here = int.from_bytes(lanes, "little")
        swapped = (here ^ here & diagonal) << 1 & before
        diagonal = ((here & more) + more ^ more | here | less | swapped) & every
        right_more, right_less = less | every ^ (diagonal | more), diagonal & more
        distance += (right_more >> length - 1 & ones) - (right_less >> length - 1 & ones)
        right_more = (right_more << 1 | ones) & every
        more = right_less << 1 & every | every ^ (diagonal | right_more)
        less = right_more & diagonal
        before = here
    distances = distance.to_bytes(count * width, "little")[::width]
    for edits in range(allowed + 1):
        for place in islice(_places(edits, distances), limit):
            yield edits, *group[place]


def _tables(positions: Mapping[str, int], width: int) -> Iterator[bytes]:
    """For each byte of a lane, what it is for each ASCII character."""
    for byte in range(width):
        table = bytearray(256)
        for character, bits in positions.items():
            if character.isascii():
                table[ord(character)] = bits >> 8 * byte & 255
        yield bytes(table)


def _places(value: int, values: bytes) -> Iterator[int]:
    """Where a value stands."""
    place = values.find(value)
    while place >= 0:
        yield place
        place = values.find(value, place + 1)
