"""Any number of functions with names like those of real code, each of which can be imported by its name."""

from collections.abc import Callable
from types import FunctionType

WORDS = """
    adam anchor attention augment backbone batch box cascade center channel cosine crop decoder deform
    dice dilated dropout encoder ensemble feature filter focal fusion gradient grid group head hinge
    huber image kernel label layer linear loader mask matrix mean median model momentum neck noise norm
    pool point proposal pyramid query random region residual resize sampler scale scheduler score shared
    smooth sparse spatial stage token vision
""".split()  # noqa: SIM905 - sixty-four lines otherwise
"""Sixty-four of them."""


def name_of(number: int) -> str:
    """Another name for each number below 64⁴, in no order: three words for the first 262,144, then four."""
    number = number * 40_503 % 64**3 + number // 64**3 * 64**3
    parts = [WORDS[number % 64], WORDS[number // 64 % 64], WORDS[number // 4096 % 64]]
    return "_".join(parts if number < 64**3 else [*parts, WORDS[number // 64**3]])


def misspelt(name: str) -> str:
    """The name with two neighbours swapped, as a hurried hand writes it."""
    middle = next(at for at in range(len(name) // 2, len(name) - 1) if name[at] != name[at + 1])
    return name[:middle] + name[middle + 1] + name[middle] + name[middle + 2 :]


def make(count: int) -> dict[str, Callable[[int, float], int]]:
    """So many functions by their names."""
    return {name: _function(name) for name in map(name_of, range(count))}


def _function(name: str) -> Callable[[int, float], int]:
    made = globals().get(name)
    if made is None:
        made = FunctionType(_template.__code__, globals(), name, _template.__defaults__)
        made.__qualname__ = name
        made.__annotations__ = _template.__annotations__
        globals()[name] = made
    function: Callable[[int, float], int] = made
    return function


def _template(first: int = 0, second: float = 1.0) -> int:
    return first
