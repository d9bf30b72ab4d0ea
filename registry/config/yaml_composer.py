"""The values, places and mistakes of any YAML text: anchors, tags and merge keys included."""

import re
from typing import Any

import attrs

from registry.config.places import Place, Span
from registry.config.plain import copy_plain, describe
from registry.config.text import Text, empty
from registry.config.yaml_events import Next, syntax_fault
from registry.config.yaml_scalars import plain_scalar, tagged_scalar
from registry.model import MISSING, Limits
from registry.names import quote
from registry.paths import Path, format_path
from registry.problems import Problem

_PROPERTIES = re.compile(r"(?:[&!](?:<[^>]*>|[^\s,\[\]{}]*)\s*(?:#.*\s*)*)*")
_TAG = re.compile(r"![^\s,\[\]{}]*")
_TAG_PREFIX = "tag:yaml.org,2002:"
_MERGE = object()
_UNUSABLE = object()
_EMPTY_SPAN = (0, 0)


class _Stop(Exception):
    """Nothing more is read; the problem that says why has been noted."""


@attrs.define(eq=False)
class _Frame:
    """A mapping or sequence that is being read.

    Attributes:
        key: The key whose value comes next: MISSING when a key comes next, or one of the marks for what is no key.
        before: How many nodes were read before it.
        deepest: The depth of the deepest container in it.
        merged: What `<<` brought in: values and their places; `merge_span` is where it is written.
    """

    value: Any
    place: Place
    flow: bool
    anchor: str | None
    before: int
    deepest: int
    key: Any = MISSING
    key_span: Span = _EMPTY_SPAN
    merged: list[tuple[dict[Any, Any], Place]] | None = None
    merge_span: Span = _EMPTY_SPAN


@attrs.define(eq=False)
class _Anchored:
    """A value that can be written again with an alias; `size` and `height` are those of its expansion."""

    value: Any
    place: Place
    size: int
    height: int


@attrs.define(eq=False)
class Composer:
    """Reads the events of one text. `value`, `place` and `problems` are what was found."""

    text: Text
    limits: Limits
    value: Any = None
    place: Place | None = None
    problems: list[Problem] = attrs.Factory(list)
    is_yaml: bool = True
    _frames: list[_Frame] = attrs.Factory(list)
    _anchors: dict[str, _Anchored | None] = attrs.Factory(dict)
    _nodes: int = 0

    def compose(self, next_event: Next) -> None:
        """Read all events."""
        from ruamel.yaml import events

        handlers = {
            events.ScalarEvent: self._scalar,
            events.AliasEvent: self._alias,
            events.MappingStartEvent: self._open,
            events.SequenceStartEvent: self._open,
            events.MappingEndEvent: self._close,
            events.SequenceEndEvent: self._close,
            events.DocumentStartEvent: self._document,
        }
        try:
            while (event := self._next(next_event)) is not None:
                handler = handlers.get(type(event))
                if handler is not None:
                    handler(event)
        except _Stop:
            return
        if self.place is None:
            self.problems.append(empty(self.text))

    def _next(self, next_event: Next) -> Any:
        try:
            return next_event()
        except Exception as error:  # a parser that trips over its input must not bring the reader down
            fault = syntax_fault(error, self.text.content)
            self.is_yaml = False
            self.value = None
            message = f"{quote(self.text.name)} is not YAML: {fault.message}."
            self._note("bad-document", message, (fault.start, fault.start))
            raise _Stop from error

    def _document(self, event: Any) -> None:
        if self.place is None:
            return
        start = event.start_mark.index
        message = f"{quote(self.text.name)} holds more than one document."
        self._note("bad-document", message, (start, start + 3), "Keep one document in a file.")
        raise _Stop

    def _scalar(self, event: Any) -> None:
        text, tag, start, end = event.value, event.tag, event.start_mark.index, event.end_mark.index
        span = (min(self._after_properties(event), end), end)
        if start == end and self._frames and self._frames[-1].key is not MISSING:
            span = self._frames[-1].key_span  # nothing is written here, so the key stands for it
        plain = not event.style
        if plain and tag is None and text == "<<" and self._wants_key():
            value: Any = _MERGE
        else:
            value = self._scalar_value(text, tag, plain, start, span)
        place = Place(span)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value, place, 1, 0)
        if not self._wants_key():
            self._count(1, span)
        self._add(value, place)

    def _scalar_value(self, text: str, tag: str | None, plain: bool, start: int, span: Span) -> Any:
        try:
            if tag is not None:
                return tagged_scalar(text, str(tag))
            if plain:
                return plain_scalar(text)
        except LookupError:
            self._unknown_tag(str(tag), start)
            return text
        except ValueError:
            if text.lstrip("+-").isdecimal():
                self._note("bad-document", "The integer has more digits than can be read.", span)
            else:
                self._note("bad-document", f"{quote(text)} does not fit its tag {quote(_shown(tag))}.", span)
            return None
        try:  # a pair that was written as two escapes, as JSON does it, is one character
            return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._note("bad-document", "The text holds half of a surrogate pair.", span)
            return None

    def _alias(self, event: Any) -> None:
        span = (event.start_mark.index, event.end_mark.index)
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            what = "stands inside what it names" if event.anchor in self._anchors else "names no anchor before it"
            self._note("bad-document", f"The alias {quote(event.anchor)} {what}.", span)
            self._add(None, Place(span))
            return
        if len(self._frames) + anchored.height > self.limits.depth:
            self._too_deep(span)
        if self._frames:
            self._frames[-1].deepest = max(self._frames[-1].deepest, len(self._frames) + anchored.height)
        value = anchored.value
        if not self._wants_key():
            self._count(anchored.size, span)
            value = copy_plain(value)
        self._add(value, anchored.place)

    def _open(self, event: Any) -> None:
        value, tag = (dict, "map") if type(event).__name__ == "MappingStartEvent" else (list, "seq")
        if event.tag is not None and event.tag not in ("!", _TAG_PREFIX + tag):
            self._unknown_tag(str(event.tag), event.start_mark.index)
        start = self._after_properties(event)
        if len(self._frames) >= self.limits.depth:
            self._too_deep((start, start + 1))
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        before, place, depth = self._nodes, Place((start, start + 1)), len(self._frames) + 1
        self._count(1, place.span)
        self._frames.append(_Frame(value(), place, bool(event.flow_style), event.anchor, before, depth))

    def _close(self, event: Any) -> None:
        frame = self._frames.pop()
        if frame.flow:
            frame.place.span = (frame.place.span[0], event.end_mark.index)
        if frame.merged:
            frame.value = _with_merged(frame)
        depth = len(self._frames) + 1
        if frame.anchor is not None:
            size = self._nodes - frame.before
            self._anchors[frame.anchor] = _Anchored(frame.value, frame.place, size, frame.deepest - depth + 1)
        if self._frames:
            self._frames[-1].deepest = max(self._frames[-1].deepest, frame.deepest)
        self._add(frame.value, frame.place)

    def _count(self, size: int, span: Span) -> None:
        self._nodes += size
        if self._nodes > self.limits.nodes:
            self._note("limit-exceeded", f"The document has more than {self.limits.nodes} values.", span)
            raise _Stop

    def _add(self, value: Any, place: Place) -> None:
        """Put a value that was read where it belongs, or take it for a key."""
        if self._wants_key():
            self._take_key(self._frames[-1], value, place.span)
            return
        if not self._frames:
            self.value, self.place = value, place
            return
        frame = self._frames[-1]
        if type(frame.value) is list:
            frame.place.put(len(frame.value), place)
            frame.value.append(value)
            return
        key, frame.key = frame.key, MISSING
        if key is _MERGE:
            self._merge(frame, value, place)
        elif key is not _UNUSABLE:
            frame.value[key] = value
            frame.place.put(key, place, frame.key_span)

    def _wants_key(self) -> bool:
        return bool(self._frames) and self._frames[-1].key is MISSING and type(self._frames[-1].value) is dict

    def _after_properties(self, event: Any) -> int:
        """Where a value begins, after its anchor and tag."""
        start: int = event.start_mark.index
        if event.anchor is None and event.tag is None:
            return start
        match = _PROPERTIES.match(self.text.content, start)
        return start if match is None else match.end()

    def _take_key(self, frame: _Frame, key: Any, span: Span) -> None:
        if not frame.flow and not frame.value and not frame.merged:
            frame.place.span = span
        frame.key_span = span
        if type(key) in (dict, list):
            self._note("bad-document", f"A key must be a single value, and this is {describe(key)}.", span)
            frame.key = _UNUSABLE
            return
        frame.key = key
        seen = frame.merged is not None if key is _MERGE else key in frame.value
        if seen:
            line = self.text.location(*(frame.merge_span if key is _MERGE else frame.place.keys[key])).line
            message = f"{quote('<<' if key is _MERGE else key)} is written twice in this mapping"
            self._note("duplicate-key", f"{message}; the first time in line {line}.", span)
        if key is _MERGE:
            frame.merge_span = span

    def _merge(self, frame: _Frame, value: Any, place: Place) -> None:
        sources = [(value, place)]
        if type(value) is list:
            sources = [(item, place.children[index]) for index, item in enumerate(value)]
        frame.merged = [] if frame.merged is None else frame.merged
        for source, source_place in sources:
            if type(source) is dict:
                frame.merged.append((source, source_place))
            else:
                message = f"'<<' takes a mapping or a list of mappings, and this is {describe(source)}."
                self._note("bad-document", message, source_place.span)

    def _unknown_tag(self, tag: str, start: int) -> None:
        match = _TAG.search(self.text.content, start)
        span = (start, start) if match is None else match.span()
        suggestion = "Remove the tag; what is to be built is named by '_type'."
        self._note("bad-document", f"{quote(_shown(tag))} is not a tag of plain data.", span, suggestion)

    def _too_deep(self, span: Span) -> None:
        self._note("limit-exceeded", f"The document is more than {self.limits.depth} levels deep.", span)
        raise _Stop

    def _note(self, code: str, message: str, span: Span, *suggestions: str) -> None:
        path = format_path(self._path())
        self.problems.append(self.text.problem(code, message, *span, path=path, suggestions=suggestions))

    def _path(self) -> Path:
        steps = (len(frame.value) if type(frame.value) is list else frame.key for frame in self._frames)
        return tuple(step for step in steps if step is not MISSING and step is not _MERGE and step is not _UNUSABLE)


def _with_merged(frame: _Frame) -> dict[Any, Any]:
    """The mapping with what `<<` brought in before its own keys; its own win, then what was merged first."""
    value: dict[Any, Any] = {}
    for source, place in frame.merged or ():
        for key, child in source.items():
            if key not in value:
                value[key] = child
                if key not in frame.value:
                    frame.place.put(key, place.children[key], place.keys[key])
    return {**value, **frame.value}


def _shown(tag: str | None) -> str:
    return str(tag).replace(_TAG_PREFIX, "!!")
