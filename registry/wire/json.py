"""JSON as the server and its clients exchange it: strict, bounded, and with records as the bytes that they are."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from registry.errors import TooLargeError, ValidationError
from registry.names import quote
from registry.revisions import ANYTHING, NOTHING_THERE, Change, Expect, Stored, Token

MAX_DEPTH = 64
"""How deeply the values of a body may be nested."""

MAX_RECORD = 64 * 1024
"""The longest record, in bytes."""


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0.0:  # 1e999 is infinite for Python, and could not be written again
        raise ValueError(f"{text[:20]} is more than a number can be")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {quote(key)} stands there twice")
            seen.add(key)
    return found


# Made once, since `json.dumps` and `json.loads` make new ones each time that they are not called with their defaults.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_unique)

_text_json = json.encoder.encode_basestring

_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_TEXT = re.compile(rb'"[^"]*"')
_PLAIN = bytes(set(range(256)) - set(b'"[]{}'))


def read(data: bytes, what: str = "body") -> Any:
    """The value of a JSON text (RFC 8259), stricter than Python's: UTF-8, no NaN, no key twice, no half characters.

    Raises:
        ValidationError: It is none, with the line and column where that is known, or is nested too deeply.
    """
    try:
        text = data.decode()
        check_depth(data, what)
        if text.startswith("\ufeff"):
            raise ValueError("it begins with a byte order mark (BOM), which JSON has none of")
        value = _DECODER.decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # finds half of a surrogate pair, which can be escaped only
    except UnicodeDecodeError as error:
        raise _refused(what, f"byte {error.start} is not UTF-8") from error
    except UnicodeEncodeError as error:
        raise _refused(what, "a text in it holds half of a surrogate pair") from error
    except json.JSONDecodeError as error:
        raise _refused(what, f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except (ValueError, RecursionError) as error:  # a number with more digits than Python reads, or one of ours
        raise _refused(what, str(error).rstrip(".")) from error
    return value


def read_object(data: bytes, allowed: Mapping[str, bool], what: str = "body") -> dict[str, Any]:
    """The object of a JSON text, with the keys that are allowed (True: required) and no others.

    Raises:
        ValidationError: It is something else.
    """
    value = read(data, what)
    if not isinstance(value, dict):
        raise _refused(what, f"it has to be an object, not {_kind(value)}")
    for key in value:
        if key not in allowed:
            raise _refused(what, f"it has an unknown key {quote(key)}; known are {', '.join(map(quote, allowed))}")
    for key, required in allowed.items():
        if required and key not in value:
            raise _refused(what, f"its key {quote(key)} is missing")
    return value


def check_depth(data: bytes, what: str = "body", limit: int = MAX_DEPTH) -> None:
    """Refuse a JSON text whose values are nested deeper than the limit, before it is parsed.

    Raises:
        ValidationError: They are.
    """
    if data.count(b"[") + data.count(b"{") <= limit:
        return
    # Each step takes all of it at once, since a body may have a million strings: what escapes a quote, then everything
    # but quotes and brackets, then strings. Two quotes side by side end one string and begin another, or are an empty
    # one; without them what follows is inside or outside as before.
    if b"\\" in data:
        data = _ESCAPED.sub(b"", data)
    brackets = _TEXT.sub(b"", data.translate(None, _PLAIN).replace(b'""', b""))
    depth = 0
    for bracket in brackets:
        if bracket in b"[{":
            depth += 1
            if depth > limit:
                raise _refused(what, f"its values are nested more than {limit} deep")
        elif bracket in b"]}":
            depth -= 1


def write(value: Any) -> bytes:
    """A value as compact JSON."""
    return _ENCODER.encode(value).encode()


def write_record(value: Any, key: str) -> bytes:
    """A record as bytes, from a body that was read.

    Raises:
        ValidationError: It is no object.
        TooLargeError: It is longer than `MAX_RECORD`.
    """
    if not isinstance(value, dict):
        raise _refused(f"value of {quote(key)}", f"it has to be an object, not {_kind(value)}")
    try:
        record = write(value)
    except ValueError as error:  # 1e999 is JSON, and more than a float holds
        raise _refused(f"value of {quote(key)}", "a number in it is too large") from error
    if len(record) > MAX_RECORD:
        raise TooLargeError(
            f"The record of {quote(key)} has {len(record)} bytes, and {MAX_RECORD} are allowed.",
            suggestions=["Keep large data in a file, and register what reads it."],
            context={"key": key, "bytes": len(record), "limit": MAX_RECORD},
        )
    return record


# ---------------------------------------------------------------------------------------------- what is stored


def envelope(stored: Stored, epoch: str) -> bytes:
    """What a store has under a name, as an answer gives it. The record goes in as the bytes that it is."""
    text = _text_json  # twice as fast as asking for any value
    head = (
        f'{{"key":{text(stored.name)},"token":"{epoch}.{stored.revision}",'
        f'"time":{stored.time!r},"author":{text(stored.author)},"value":'
    )
    return b"%b%b}" % (head.encode(), b"null" if stored.record is None else stored.record)


def envelopes(records: Iterable[Stored], epoch: str, between: bytes) -> bytes:
    """The envelopes of many records with something between them, for a third of what one by one takes."""
    text = _text_json
    parts: list[bytes] = []
    add = parts.append
    time = author = None
    start, rest = between + b'{"key":', ""
    for stored in records:
        if stored.time != time or stored.author != author:  # many were written together
            time, author = stored.time, stored.author
            rest = f',"time":{time!r},"author":{text(author)},"value":'
        record = stored.record
        add(start)
        add(f'{text(stored.name)},"token":"{epoch}.{stored.revision}"{rest}'.encode())
        add(b"null" if record is None else record)
        add(b"}")
    return b"".join(parts)[len(between) :]


def read_envelope(value: Any) -> tuple[Stored, str]:
    """What `envelope` wrote, from JSON that was read, and its epoch.

    Raises:
        ValidationError: It is something else.
    """
    try:
        token = Token.parse(value["token"])
        record = value["value"]
        stored = Stored(
            str(value["key"]),
            token.revision,
            None if record is None else write(record),
            float(value["time"]),
            str(value["author"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _refused("answer", f"it holds no record ({type(error).__name__}: {error})") from error
    return stored, token.epoch


def read_envelope_line(line: bytes) -> tuple[Stored, str]:
    """The same from the text itself, which keeps the record as the bytes that came: a snapshot holds a million.

    Raises:
        ValidationError: It is something else.
    """
    # `,"value":` cannot stand inside a text, where its quotes would be escaped, so the first one is the key.
    head, found, record = line.strip().partition(b',"value":')
    if not found:
        raise _refused("answer", "a line holds no record")
    stored, epoch = read_envelope({**read(head + b"}", "answer"), "value": None})
    stored.record = record[:-1]
    return stored, epoch


# ---------------------------------------------------------------------------------------------- what is asked


def change_body(change: Change) -> bytes:
    """A change as an element of a body."""
    return b'{"key":%s,"value":%s,"expect":%s}' % (
        write(change.name),
        b"null" if change.record is None else change.record,
        write(_expectation(change.expect)),
    )


def changes_body(changes: Iterable[Change], operation: str) -> bytes:
    """The body of an `apply`."""
    return b'{"operation":%s,"changes":[%s]}' % (write(operation), b",".join(map(change_body, changes)))


def read_changes(data: bytes) -> tuple[list[Change], str | None]:
    """The changes and the operation id in the body of an `apply`.

    Raises:
        ValidationError: It is something else.
        TooLargeError: A record is too long.
    """
    body = read_object(data, {"changes": True, "operation": False})
    if not isinstance(body["changes"], list):
        raise _refused("body", f"its 'changes' have to be a list, not {_kind(body['changes'])}")
    return [_change(item, number) for number, item in enumerate(body["changes"])], read_operation(body.get("operation"))


def read_set(data: bytes) -> tuple[Change, str | None]:
    """The change and the operation id in the body of a `set`.

    Raises:
        ValidationError: It is something else.
        TooLargeError: The record is too long.
    """
    body = read_object(data, {"key": True, "value": True, "expect": False, "operation": False})
    key = _text(body["key"], "key")
    return Change(key, write_record(body["value"], key), read_expectation(body.get("expect"))), read_operation(
        body.get("operation")
    )


def read_operation(value: Any) -> str | None:
    """An operation id: 1 to 64 printable ASCII characters without spaces.

    Raises:
        ValidationError: It is something else.
    """
    if value is None:
        return None
    if isinstance(value, str) and 0 < len(value) <= 64 and value.isascii() and value.isprintable() and " " not in value:
        return value
    raise _refused("'operation'", "an id has 1 to 64 printable ASCII characters and no spaces")


def read_expectation(value: Any) -> Expect | Token:
    """What a change expects: "anything", "nothing", or a token.

    Raises:
        ValidationError: It is something else.
    """
    if value is None or value == "anything":
        return ANYTHING
    if value == "nothing":
        return NOTHING_THERE
    return Token.parse(_text(value, "expect"))


def _expectation(expect: Expect | Token) -> str:
    return expect.value if isinstance(expect, Expect) else str(expect)


def _change(item: Any, number: int) -> Change:
    what = f"change {number + 1}"
    if not isinstance(item, dict) or not {"key", "value"} <= item.keys() <= {"key", "value", "expect"}:
        raise _refused(what, "it has to be an object with 'key', 'value' and perhaps 'expect'")
    key = _text(item["key"], "key")
    record = None if item["value"] is None else write_record(item["value"], key)
    return Change(key, record, read_expectation(item.get("expect")))


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str):
        raise _refused(quote(key), f"it has to be a text, not {_kind(value)}")
    return value


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")


def _refused(what: str, why: str) -> ValidationError:
    return ValidationError(f"The {what} cannot be used: {why}.", context={"reason": why})
