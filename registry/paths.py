"""Places in a config: `trainer.losses[1].delta` as text, `("trainer", "losses", 1, "delta")` as a value."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Path = tuple[Any, ...]
"""Keys of mappings (mostly strings) and indices of lists, from the root."""

_STEP = re.compile(
    r"""(?P<dot>\.)? (?: (?P<word>[^.\[\]"']+) | \[ (?P<index>-?\d+) \] | \[ (?P<quoted>"(?:[^"\\]|\\.)*") \] )""",
    re.VERBOSE,
)


def format_path(path: Path) -> str:
    """The path as text. `parse_path` reads it back.

    >>> format_path(("trainer", "losses", 1, "delta"))
    'trainer.losses[1].delta'
    >>> format_path(("data", "a.b"))
    'data["a.b"]'
    """
    text = ""
    for step in path:
        if not isinstance(step, str):
            text += f"[{_shown(step)}]"
        elif step and not any(character in step for character in ".[]\"'\\") and step.isprintable():
            text += f".{step}" if text else step
        else:
            text += '["' + "".join(_escape(character) for character in step) + '"]'
    return text


def parse_path(text: str) -> Path:
    """The path that a text names.

    >>> parse_path("trainer.losses[1].delta")
    ('trainer', 'losses', 1, 'delta')

    Raises:
        ValueError: The text is not a path; the message says where it stops being one.
    """
    steps: list[Any] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None or bool(match["dot"]) != bool(steps and match["word"] is not None):
            raise ValueError(f"{_shortened(text)} is not a path: cannot read {text[position : position + 20]!r}.")
        if match["word"] is not None:
            steps.append(match["word"])
        elif match["index"] is not None:
            steps.append(_index(match["index"], text))
        else:
            steps.append(re.sub(r"\\(u[0-9a-f]{4}|.)", _unescape, match["quoted"][1:-1]))
        position = match.end()
    return tuple(steps)


def step_into(value: Any, step: Any) -> Any:
    """What stands one step below a value.

    Raises:
        LookupError: Nothing stands there.
    """
    if isinstance(value, Mapping):
        return value[step]
    if isinstance(value, Sequence) and not isinstance(value, str | bytes) and type(step) is int:
        if step < 0:
            raise IndexError(step)
        return value[step]
    raise KeyError(step)


def _index(digits: str, text: str) -> int:
    try:
        return int(digits)
    except ValueError:  # it has more digits than Python converts
        raise ValueError(f"{_shortened(text)} is not a path: no list has so many items.") from None


def _shown(step: Any) -> str:
    try:
        return repr(step)
    except Exception:  # Python gives no decimal form of a very long integer, and a user's repr may do anything
        return f"{type(step).__name__}…"


def _shortened(text: str) -> str:
    return repr(text) if len(text) <= 80 else f"{text[:80]!r}…"


def _escape(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return (
        character if character.isprintable() else f"\\u{ord(character):04x}" if ord(character) < 0x10000 else character
    )


def _unescape(match: re.Match[str]) -> str:
    text = match[1]
    return chr(int(text[1:], 16)) if len(text) == 5 else text
