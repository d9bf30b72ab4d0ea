"""What shapes a function takes and gives, in the words of NumPy's generalized ufuncs.

The grammar is that of "Details of signature" in NumPy's reference ("Generalized universal function API"):
`(m,n),(n)->(m)` takes a matrix and a vector and gives a vector; `3` is a size, and `n?` may be left out.
"""

import re
from collections.abc import Mapping

import attrs

from registry import ValidationError

_SIDE = re.compile(r"\(([^()]*)\)")
_DIMENSION = re.compile(r"(?:(?P<size>\d+)|(?P<name>[^\W\d]\w*))(?P<optional>\?)?")
_SIZES = (3, 4, 5, 7, 11, 13, 17, 19)
"""The sizes that are tried: each dimension has its own, so that no two can be mistaken for each other."""

Shape = tuple[int, ...]


@attrs.frozen
class Dimension:
    """One dimension: a name that has the same size wherever it stands, or a number that is the size."""

    name: str
    size: int | None = None
    optional: bool = False


@attrs.frozen
class Shapes:
    """A signature that was read.

    Attributes:
        text: As it was written, without blanks.
        takes: The dimensions of each argument.
        gives: The dimensions of each result.
    """

    text: str
    takes: tuple[tuple[Dimension, ...], ...]
    gives: tuple[tuple[Dimension, ...], ...]

    @property
    def names(self) -> list[str]:
        """The dimensions of arguments whose sizes are not given, each once."""
        found = (each for argument in self.takes for each in argument if each.size is None)
        return list(dict.fromkeys(each.name for each in found))

    @property
    def optional(self) -> list[str]:
        """The dimensions that may be left out."""
        found = (each for argument in (*self.takes, *self.gives) for each in argument if each.optional)
        return list(dict.fromkeys(each.name for each in found))

    def trials(self) -> list[dict[str, int]]:
        """The sizes of dimensions to try: with every one, and without each that may be left out."""
        names = self.names
        sizes = dict(zip(names, (*_SIZES, *range(23, 23 + len(names))), strict=False))
        sizes.update((each.name, each.size) for part in self.takes for each in part if each.size is not None)
        left_out = [{name: size for name, size in sizes.items() if name != optional} for optional in self.optional]
        return [sizes, *left_out]


def read_shapes(text: str) -> Shapes:
    """Read a signature.

    Raises:
        ValidationError: It is none.
    """
    plain = "".join(text.split())
    sides = plain.split("->")
    if len(sides) != 2:
        raise _refused(text, "it has not one '->'")
    takes, gives = (_side(side, text) for side in sides)
    if not takes or not gives:
        raise _refused(text, "it has no arguments" if not takes else "it has no results")
    shapes = Shapes(plain, takes, gives)
    for each in (each for part in (*takes, *gives) for each in part):
        if each.name in shapes.optional and not each.optional:
            raise _refused(text, f"{each.name!r} may be left out in one place and not in another")
    return shapes


def shape_of(argument: tuple[Dimension, ...], sizes: Mapping[str, int]) -> tuple[int | None, ...]:
    """The shape of an argument or a result; None where a size is not known, and nothing for what was left out."""
    return tuple(sizes.get(each.name, each.size) for each in argument if each.name in sizes or not each.optional)


def _side(side: str, text: str) -> tuple[tuple[Dimension, ...], ...]:
    if not re.fullmatch(r"(\([^()]*\)(,\([^()]*\))*)?", side):
        raise _refused(text, f"{side!r} is no list of arguments in parentheses")
    return tuple(
        tuple(_dimension(part, text) for part in inner.split(",")) if inner else () for inner in _SIDE.findall(side)
    )


def _dimension(part: str, text: str) -> Dimension:
    found = _DIMENSION.fullmatch(part)
    if found is None:
        raise _refused(text, f"{part!r} is neither a name nor a size")
    size = found["size"]
    return Dimension(part.removesuffix("?"), None if size is None else int(size), found["optional"] is not None)


def _refused(text: str, reason: str) -> ValidationError:
    return ValidationError(
        f"{text!r} is no signature of an array function: {reason}.",
        suggestions=["Write it like '(n),(n)->()': arguments, an arrow, results."],
        context={"signature": text},
    )
