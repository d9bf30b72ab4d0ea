"""The stream of a watch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import RemoteError, ValidationError
from registry.revisions import Beat, Digest, Frame, Reset, Seen, Stored, Token
from registry.wire.events import (
    MAX_EVENT,
    EventParser,
    ServerEvent,
    beat_event,
    change_event,
    end_event,
    read_event,
    records_event,
    reset_event,
)
from registry.wire.json import write

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
tokens = st.builds(Token, st.just("e"), st.integers(0, 2**63 - 1))
records = st.dictionaries(names, names | st.integers(), max_size=3).map(write)
stored = st.builds(Stored, names, st.integers(0, 99), records | st.none(), st.floats(0, 1e9, allow_nan=False), names)
frames = st.builds(Frame, tokens, names, st.lists(stored, max_size=3).map(tuple))
digests = st.builds(Digest, st.integers(0, 10**9), st.integers(0, 2**64 - 1))
beats = st.builds(Beat, tokens, st.dictionaries(names, digests, max_size=3))
resets = st.builds(Reset, names)


def event_of(seen: Seen) -> bytes:
    if isinstance(seen, Frame):
        return change_event(seen)
    return beat_event(seen.token, seen.digests) if isinstance(seen, Beat) else reset_event(seen.reason)


@given(st.lists(frames | beats | resets, max_size=5), st.data())
def test_a_stream_arrives_as_it_was_sent_however_it_is_cut(sent: list[Seen], data: st.DataObject) -> None:
    stream = b"".join(map(event_of, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    parser = EventParser()
    arrived: list[ServerEvent] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        arrived += parser.feed(stream[start:end])
    assert [read_event(event) for event in arrived] == sent


def test_lines_that_end_otherwise_and_comments_are_read_too() -> None:
    events = EventParser().feed(b': hello\r\nevent: reset\r\ndata: {"reason":\r\ndata: "x"}\r\n\r\n')
    assert [read_event(event) for event in events] == [Reset("x")]


def test_an_event_keeps_the_last_id_as_the_standard_says() -> None:
    events = EventParser().feed(b"id: e.1\ndata: 1\n\ndata: 2\n\n")
    assert [(event.id, event.data) for event in events] == [("e.1", b"1"), ("e.1", b"2")]


def test_a_record_with_line_ends_between_its_values_is_one_line_of_the_stream() -> None:
    frame = Frame(Token("e", 1), "n", (Stored("a", 1, b'{\n "x":\r 1}'),))
    (event,) = EventParser().feed(change_event(frame))
    seen = read_event(event)
    assert isinstance(seen, Frame)
    assert seen.changes[0].record == b'{"x":1}'


def test_what_a_watch_does_not_ask_for_is_left_out() -> None:
    parser = EventParser()
    events = parser.feed(records_event("n", [Stored("a", 1, b"{}")], "e") + end_event("stopping") + b"data: x\n\n")
    assert len(events) == 3
    assert [read_event(event) for event in events] == [None, None, None]


def test_an_event_without_end_is_refused_before_it_fills_the_memory() -> None:
    parser = EventParser()
    chunk = b"x" * (1 << 20)
    with pytest.raises(RemoteError):
        list(map(parser.feed, [chunk] * (MAX_EVENT // len(chunk) + 2)))


def test_many_data_lines_without_end_are_refused_too() -> None:
    parser = EventParser()
    chunk = b"data: " + b"x" * (1 << 20) + b"\n"
    with pytest.raises(RemoteError):
        list(map(parser.feed, [chunk] * (MAX_EVENT // len(chunk) + 2)))


@pytest.mark.parametrize(
    "event",
    [
        ServerEvent("change", b"{}", "e.1"),
        ServerEvent("change", b'{"namespace":"n","changes":[]}', "no token"),
        ServerEvent("change", b'{"namespace":"n","changes":[{}]}', "e.1"),
        ServerEvent("beat", b"[]", ""),
        ServerEvent("beat", b'{"token":"e.1","namespaces":{"a":{"count":"x","digest":"0"}}}', ""),
        ServerEvent("reset", b"[]", ""),
        ServerEvent("change", b"{", "e.1"),
    ],
)
def test_an_event_of_another_form_is_refused(event: ServerEvent) -> None:
    with pytest.raises(ValidationError):
        read_event(event)
