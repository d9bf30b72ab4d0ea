"""Errors cross the wire as what they are."""

from typing import Any

import pytest

from registry import errors
from registry.errors import DiagnosticError, RemoteError
from registry.wire.errors import error_body, read_error, status_of

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DiagnosticError)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_arrives_as_the_same_class_with_the_same_fields(kind: type[DiagnosticError]) -> None:
    sent = kind("'ä' is\nwrong.", suggestions=["Do this.", "Or that?"], context={"name": "ä", "numbers": [1, None]})
    arrived = read_error(status_of(sent), error_body(sent))
    assert type(arrived) is kind
    assert arrived.message == sent.message
    assert arrived.suggestions == sent.suggestions
    assert arrived.context == {**sent.context, "status": status_of(sent)}


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_4xx_exactly_if_trying_again_cannot_help(kind: type[DiagnosticError]) -> None:
    assert (400 <= status_of(kind("x")) < 500) == issubclass(kind, errors.ValidationError)


def test_every_code_is_that_of_one_class() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"null",
        b"[]",
        b'{"code":"validation"}',
        b'{"code":[],"message":"x","suggestions":[],"context":{}}',
        b'{"code":"validation","message":1,"suggestions":[],"context":{}}',
        b'{"code":"validation","message":"x","suggestions":[1],"context":{}}',
        b'{"code":"validation","message":"x","suggestions":null,"context":{}}',
        b'{"code":"validation","message":"x","suggestions":[],"context":[]}',
    ],
)
def test_an_answer_that_is_none_of_ours_is_a_remote_error(body: bytes) -> None:
    arrived = read_error(502, body)
    assert type(arrived) is RemoteError
    assert arrived.context["status"] == 502


def test_a_code_of_a_newer_server_is_a_remote_error_with_its_message() -> None:
    arrived = read_error(400, b'{"code":"unheard-of","message":"It is new.","suggestions":[],"context":{}}')
    assert type(arrived) is RemoteError
    assert arrived.message == "It is new."


def test_a_context_that_json_cannot_hold_is_shown() -> None:
    value: Any = object()
    assert (
        "object object" in read_error(400, error_body(errors.ValidationError("x", context={"y": value}))).context["y"]
    )
