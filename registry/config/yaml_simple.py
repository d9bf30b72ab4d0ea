"""The values of a YAML text without anchors, tags, merge keys or mistakes: nearly every config, and the fast way.

What is not that simple is left to `yaml_composer`, which knows all of YAML and agrees with this (a property test holds
them together).
"""

import re
from typing import Any

from registry.config.yaml_events import Next
from registry.config.yaml_scalars import MEANINGFUL, plain_scalar
from registry.model import MISSING, Limits

_PROPERTY = re.compile(r"(?:^|[\s\[{,:])[&!]")


def may_be_simple(text: str) -> bool:
    """Whether a look at the text finds no anchor, tag or merge key in it."""
    return "<<" not in text and not (("&" in text or "!" in text) and _PROPERTY.search(text))


def simple_value(next_event: Next, limits: Limits) -> Any:
    """The value of the text with these events, or MISSING as soon as it turns out not to be simple.

    Raises whatever the parser raises; ValueError for an integer that is too long.
    """
    from ruamel.yaml import events

    scalar, mapping, sequence = events.ScalarEvent, events.MappingStartEvent, events.SequenceStartEvent
    mapping_end, sequence_end = events.MappingEndEvent, events.SequenceEndEvent
    next_event()
    if type(next_event()) is not events.DocumentStartEvent:
        return MISSING

    # The document is a list around its one value, so that there is always a container.
    document: list[Any] = []
    container: Any = document
    around: list[Any] = []
    nodes = 0
    child: Any
    while True:
        if type(container) is dict:
            while True:
                event = next_event()
                if type(event) is not scalar:
                    if type(event) is not mapping_end:
                        return MISSING
                    nodes += len(container)
                    container = around.pop()
                    break
                key = event.value
                if key in container:
                    return MISSING
                if key[:1] in MEANINGFUL and not event.style and type(plain_scalar(key)) is not str:
                    return MISSING
                event = next_event()
                kind = type(event)
                if kind is scalar:
                    value = event.value
                    container[key] = plain_scalar(value) if value[:1] in MEANINGFUL and not event.style else value
                    continue
                if kind is not mapping and kind is not sequence:
                    return MISSING
                container[key] = child = {} if kind is mapping else []
                around.append(container)
                if len(around) > limits.depth:
                    return MISSING
                container = child
                break
        else:
            while True:
                event = next_event()
                kind = type(event)
                if kind is scalar:
                    value = event.value
                    container.append(plain_scalar(value) if value[:1] in MEANINGFUL and not event.style else value)
                    continue
                if kind is sequence_end:
                    nodes += len(container)
                    container = around.pop()
                    break
                if kind is not mapping and kind is not sequence:
                    if kind is not events.DocumentEndEvent or type(next_event()) is not events.StreamEndEvent:
                        return MISSING
                    return document[0] if nodes < limits.nodes else MISSING
                child = {} if kind is mapping else []
                container.append(child)
                around.append(container)
                if len(around) > limits.depth:
                    return MISSING
                container = child
                break
