"""Takes the answers of a server apart."""

from collections.abc import Callable
from typing import Any, TypeVar

from registry.errors import ValidationError
from registry.names import quote
from registry.revisions import Operation, Retention, Stored, StoreLimits, Token
from registry.stores.transport import failures
from registry.stores.transport.requests import Answer
from registry.wire.json import read, read_envelope, read_envelope_line

Value = TypeVar("Value")


def value_of(answer: Answer, take: Callable[[Any], Value]) -> Value:
    """What an answer holds.

    Args:
        answer: The answer.
        take: Gives it from the JSON value; what it raises means that it is not there.

    Raises:
        RemoteError: It holds something else.
    """
    try:
        return take(read(answer.body, "answer"))
    except (ValidationError, KeyError, TypeError, ValueError) as error:
        raise failures.unusable(answer.address, f"sent {quote(answer.body, 60)}, which is no answer") from error


def stored_of(answer: Answer, name: str) -> Stored:
    """The record of an answer, as the bytes that came.

    Raises:
        RemoteError: It holds no record, or another one.
    """
    body = answer.body.strip()
    try:
        if not (body.startswith(b'{"key":') and body.endswith(b"}}")):  # another order, or other spaces
            stored, _ = read_envelope(read(body, "answer"))
        else:
            stored, _ = read_envelope_line(body)
        if stored.name == name and stored.record is not None:
            return stored
    except ValidationError as error:
        raise failures.unusable(answer.address, f"sent {quote(body, 60)}, which is no record") from error
    raise failures.unusable(answer.address, f"sent the record of {quote(stored.name)} when asked for {quote(name)}")


def token_of(value: Any) -> Token:
    """The token that an answer gives."""
    return Token.parse(value["token"])


def operation_of(value: Any) -> Operation:
    """The operation that an answer tells of."""
    return Operation(_text(value["namespace"]), token_of(value))


def namespaces_of(value: Any) -> list[str]:
    """The names of namespaces that an answer lists."""
    return sorted(_text(item["name"]) for item in value["namespaces"])


def history_of(value: Any) -> list[Stored]:
    """What a name held, as an answer lists it."""
    return [read_envelope(item)[0] for item in value["history"]]


def bounds_of(value: Any) -> tuple[StoreLimits, Retention]:
    """What the statistics of a server say of its store."""
    limits, retention = value["limits"], value["retention"]
    return (
        StoreLimits(_count(limits["changes"]), _count(limits["submission"])),
        Retention(float(retention["seconds"]), _count(retention["operations"])),
    )


def count_of(value: Any) -> tuple[Token, int]:
    """The token that an answer gives, and how much was removed."""
    return token_of(value), _count(value["removed"])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(value)
    return value
