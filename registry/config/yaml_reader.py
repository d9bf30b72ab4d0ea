"""Reads YAML (1.2, core schema)."""

from typing import Any

from registry.config.places import locator
from registry.config.text import Text, read_text
from registry.config.yaml_composer import Composer
from registry.config.yaml_events import c_events, python_events
from registry.config.yaml_simple import may_be_simple, simple_value
from registry.document import Document
from registry.model import MISSING, Limits
from registry.problems import Problem

SECOND_OPINION = 1_000_000
"""Longest text, in code points, for which the slow Python parser is asked about what the C parser refuses."""


def read_yaml(data: bytes | str, name: str = "", limits: Limits | None = None) -> Document:
    """The document of a YAML text.

    A mapping or sequence in block style stands where its first key or dash does; an empty value stands where its key
    does; what came through an alias or a merge key stands where it is written.
    """
    text = read_text(data, name)
    return Document(None, name, (text,)) if isinstance(text, Problem) else read_yaml_text(text, limits)


def read_yaml_text(text: Text, limits: Limits | None = None) -> Document:
    """The document of a YAML text that knows its own name and lines."""
    limits = Limits() if limits is None else limits
    value = _simple(text.content, limits)
    if value is not MISSING:
        return Document(value, text.name, (), locator(text, lambda: _compose(text, limits).place))
    composed = _compose(text, limits)
    return Document(composed.value, text.name, tuple(composed.problems), locator(text, lambda: composed.place))


def _simple(content: str, limits: Limits) -> Any:
    next_event = c_events(content) if may_be_simple(content) else None
    if next_event is None:
        return MISSING
    try:
        return simple_value(next_event, limits)
    except Exception:  # whatever it is, the composer comes upon it again and says where
        return MISSING


def _compose(text: Text, limits: Limits) -> Composer:
    composer = Composer(text, limits)
    next_event = c_events(text.content)
    if next_event is not None:
        composer.compose(next_event)
        if composer.is_yaml or len(text.content) > SECOND_OPINION:
            return composer
        composer = Composer(text, limits)
    composer.compose(python_events(text.content))
    return composer
