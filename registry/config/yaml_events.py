"""The events of a YAML text, from ruamel.yaml's C parser or its Python one.

The C parser is fast and knows YAML 1.1: it refuses `[a:b]`, which YAML 1.2 allows, and breaks lines at U+0085, U+2028
and U+2029, and ends the name of an alias before a colon, which YAML 1.2 takes for a part of it. So a text with one of
these goes to the Python parser, and so does a text that the C parser refuses: the Python parser has the last word on
what is YAML. Neither of them recurses.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import attrs

_OTHER_LINE_ENDS = re.compile("[\x85\u2028\u2029]")
_OTHER_NAMES = re.compile(r"(?:^|[\s\[{,:])[&*][-\w]+[?:%@`]")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Next = Callable[[], Any]
"""Gives the next event, None after the last one; raises when the text is not YAML."""


@attrs.frozen
class SyntaxFault:
    """What is not YAML about a text, at which offset."""

    message: str
    start: int


def c_events(text: str) -> Next | None:
    """The events of the C parser, or None when it is not installed or reads this text by other rules."""
    try:
        from ruamel.yaml import cyaml
    except ImportError:
        return None
    if not text.isascii() and _OTHER_LINE_ENDS.search(text):
        return None
    if ("*" in text or "&" in text) and _OTHER_NAMES.search(text):
        return None
    # It is imported there under a condition, so type checkers do not see it.
    get_event: Next = getattr(cyaml, "CParser")(text).get_event  # noqa: B009  # see above
    return get_event


def python_events(text: str) -> Next:
    """The events of the Python parser."""
    from ruamel.yaml import YAML

    events: Iterator[Any] = YAML(typ="safe", pure=True).parse(text)
    return lambda: next(events, None)


def syntax_fault(error: Exception, text: str) -> SyntaxFault:
    """What a parser's exception says."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        bad = _UNPRINTABLE.search(text)
        at = 0 if bad is None else bad.start()
        return SyntaxFault("a control character is not allowed" if bad else str(error), at)
    what = " ".join(str(getattr(error, "problem", None) or "it cannot be read").split())
    context = getattr(error, "context", None)
    return SyntaxFault(f"{what} {context}" if context else what, mark.index)
