"""Bodies: strict, bounded, and with records as the bytes that they are."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import TooLargeError, ValidationError
from registry.revisions import ANYTHING, NOTHING_THERE, Change, Expect, Stored, Token
from registry.wire.json import (
    MAX_DEPTH,
    MAX_RECORD,
    change_body,
    changes_body,
    envelope,
    envelopes,
    read,
    read_changes,
    read_envelope,
    read_envelope_line,
    read_set,
    write,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)
records = st.dictionaries(texts, plain, max_size=4).map(write)
tokens = st.builds(Token, st.text("0123456789abcdef", min_size=1, max_size=16), st.integers(0, 2**63 - 1))
stored = st.builds(
    Stored, texts, st.integers(0, 2**63 - 1), records | st.none(), st.floats(0, 1e10, allow_nan=False), texts
)
changes = st.builds(Change, texts, records | st.none(), st.sampled_from(Expect) | tokens)


@given(plain)
def test_what_is_written_is_read_as_it_was(value: Any) -> None:
    assert read(write(value)) == value


@given(stored)
def test_an_envelope_arrives_as_it_was_sent(sent: Stored) -> None:
    text = envelope(sent, "ab12")
    assert read_envelope(read(text)) == (sent, "ab12")


@given(st.lists(stored | st.builds(Stored, st.text(), st.integers(1), st.none(), st.just(1.5), st.sampled_from("ab"))))
def test_many_envelopes_are_those_of_each(sent: list[Stored]) -> None:
    assert envelopes(sent, "ab12", b", ") == b", ".join(envelope(one, "ab12") for one in sent)


@given(stored.filter(lambda sent: sent.record is not None))
def test_a_line_of_a_snapshot_keeps_the_bytes_of_the_record(sent: Stored) -> None:
    # as somebody else may have written them: with spaces, in another order
    assert sent.record is not None
    sent.record = json.dumps(json.loads(sent.record), ensure_ascii=True, indent=None).encode()
    assert read_envelope_line(envelope(sent, "ab12") + b"\n") == (sent, "ab12")


def test_a_name_that_looks_like_the_end_of_the_head_is_a_name() -> None:
    sent = Stored('a","value":{"b', 5, b'{"c":1}', 1.5, ',"value":')
    assert read_envelope_line(envelope(sent, "e")) == (sent, "e")


@given(st.lists(changes, max_size=4), st.sampled_from(["1", "a-b", "~" * 64]))
def test_changes_arrive_as_they_were_sent(sent: list[Change], operation: str) -> None:
    assert read_changes(changes_body(sent, operation)) == (sent, operation)


def test_what_is_left_out_expects_anything_and_names_no_operation() -> None:
    assert read_set(b'{"key":"a","value":{}}') == (Change("a", b"{}", ANYTHING), None)
    assert read_set(b'{"key":"a","value":{},"expect":"nothing","operation":"x"}') == (
        Change("a", b"{}", NOTHING_THERE),
        "x",
    )


REFUSED = {
    "no JSON": (b"{", "line 1"),
    "nothing": (b"", "line 1"),
    "not UTF-8": (b'{"key":"\xff"}', "byte 8 is not UTF-8"),
    "UTF-16": ('{"key": 1}'.encode("utf-16"), "not UTF-8"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "BOM"),
    "NaN": (b'{"key":NaN}', "NaN is no JSON"),
    "infinity": (b'{"key":-Infinity}', "-Infinity is no JSON"),
    "a key twice": (b'{"key":1,"key":2}', "'key' stands there twice"),
    "half a character": (rb'{"key":"\ud800"}', "half of a surrogate pair"),
    "half a character as a key": (rb'{"\udfff":1}', "half of a surrogate pair"),
    "a number without end": (b'{"key":' + b"1" * 5000 + b"}", "digits"),
    "lists in lists": (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "nested more than 64 deep"),
    "objects in objects": (b'{"a":' * 100 + b"1" + b"}" * 100, "nested more than 64 deep"),
    "an abyss": (b"[" * 1_000_000, "nested more than 64 deep"),
}


@pytest.mark.parametrize(("data", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_plain_json_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read(data)
    assert why in caught.value.message


def test_brackets_in_texts_are_not_depth() -> None:
    assert read(write(["[" * 1000, '"[{' * 100, "\\"])) == ["[" * 1000, '"[{' * 100, "\\"]
    deepest = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert read(deepest) is not None


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'{"key":"a"}',
        b'{"key":1,"value":{}}',
        b'{"key":"a","value":[]}',
        b'{"key":"a","value":{},"valeu":1}',
        b'{"key":"a","value":{},"expect":"no token"}',
        b'{"key":"a","value":{},"expect":7}',
        b'{"key":"a","value":{"x":1e999}}',
        b'{"key":"a","value":{},"operation":""}',
        b'{"key":"a","value":{},"operation":"a b"}',
        b'{"key":"a","value":{},"operation":7}',
    ],
)
def test_a_body_of_another_form_is_refused(body: bytes) -> None:
    with pytest.raises(ValidationError):
        read_set(body)


def test_a_record_over_the_limit_is_refused_and_one_at_it_is_not() -> None:
    def body(length: int) -> bytes:
        return b'{"key":"a","value":%s}' % write({"x": "y" * (length - len(b'{"x":""}'))})

    change, _ = read_set(body(MAX_RECORD))
    assert change.record is not None
    assert len(change.record) == MAX_RECORD
    with pytest.raises(TooLargeError):
        read_set(body(MAX_RECORD + 1))


def test_a_change_that_removes_has_null_for_its_value() -> None:
    assert json.loads(change_body(Change("a", None, Token("e", 3)))) == {"key": "a", "value": None, "expect": "e.3"}


@given(tokens)
def test_a_token_is_read_as_it_was_written(token: Token) -> None:
    assert Token.parse(str(token)) == token


@pytest.mark.parametrize(
    "text", ["", "1", "a.", ".1", "a.-1", "a.01", "a.1 ", "ä.1", f"a.{2**63}", "a.1.2", "*", '"a.1"', "a.\u0661"]
)
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Token.parse(text)
