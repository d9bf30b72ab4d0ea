"""Configs by JSON-RPC 2.0."""

import http.server
import json
from collections.abc import Callable
from typing import Any

import pytest

from registry.config import load_url
from registry.document import Document
from registry.errors import RemoteError
from registry.model import Limits

Request = http.server.BaseHTTPRequestHandler
Serve = Callable[[Callable[[Request], None]], str]
Answer = Callable[[dict[str, Any]], object]


def calling(answer: Answer, status: int = 200) -> Callable[[Request], None]:
    """A server of one answer, which is bytes or becomes JSON."""

    def handler(request: Request) -> None:
        call = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        reply = answer(call)
        body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return handler


def result(value: object) -> Answer:
    return lambda call: {"jsonrpc": "2.0", "id": call["id"], "result": value}


def load(url: str, **options: Any) -> Document:
    return load_url(url, protocol="jsonrpc", **options)


def test_the_result_is_the_document(serve: Serve) -> None:
    calls: list[dict[str, Any]] = []

    def answer(call: dict[str, Any]) -> object:
        calls.append(call)
        return result({"a": [1, 2]})(call)

    url = serve(calling(answer))
    document = load(url, method="get", params={"name": "x"})
    assert (document.value, document.problems, document.name) == ({"a": [1, 2]}, (), url)
    location = document.locate(("a", 1), False)
    assert location is not None
    assert (location.file, location.excerpt[location.column - 1]) == (url, "2")
    load(f"{url}#other.method", params=[1])
    load(url)
    assert [(call["jsonrpc"], call["method"], call.get("params")) for call in calls] == [
        ("2.0", "get", {"name": "x"}),
        ("2.0", "other.method", [1]),
        ("2.0", "config", None),
    ]
    assert len({call["id"] for call in calls}) == 3


def test_a_null_result_is_a_document(serve: Serve) -> None:
    document = load(serve(calling(result(None))))
    assert (document.value, document.problems) == (None, ())


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("call_id", ["same", None])
def test_an_error_is_a_remote_error_with_its_code_and_message(serve: Serve, status: int, call_id: str | None) -> None:
    def answer(call: dict[str, Any]) -> object:
        error = {"code": -32601, "message": "no such method", "data": {"x": 1}}
        return {"jsonrpc": "2.0", "id": call["id"] if call_id else None, "error": error}

    with pytest.raises(RemoteError, match=r"the error -32601: 'no such method'\.") as caught:
        load(serve(calling(answer, status)))
    assert (caught.value.context["code"], caught.value.context["message"]) == (-32601, "no such method")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda call: {"jsonrpc": "2.0", "id": "another", "result": 1}, "another call"),
        (lambda call: {"jsonrpc": "2.0", "id": "another", "error": {"code": 1, "message": "x"}}, "another call"),
        (lambda call: {"jsonrpc": "2.0", "result": 1}, "another call"),
        (lambda call: {"id": call["id"], "result": 1}, "'jsonrpc' is not '2.0'"),
        (lambda call: {"jsonrpc": "2.0", "id": call["id"]}, "no result"),
        (lambda call: {"jsonrpc": "2.0", "id": call["id"], "error": "x"}, "no result"),
        (lambda call: {"jsonrpc": "2.0", "id": call["id"], "result": 1, "error": None}, "no result"),
        (lambda call: [result(1)(call)], "no JSON object"),
        (lambda call: b"", "no JSON object"),
        (lambda call: b"{", "no JSON object"),
        (lambda call: b"\xff", "no JSON object"),
    ],
)
def test_a_malformed_answer_is_an_error(serve: Serve, answer: Answer, reason: str) -> None:
    with pytest.raises(RemoteError, match=reason):
        load(serve(calling(answer)))


def test_a_status_of_failure_without_an_error_object_is_an_error(serve: Serve) -> None:
    with pytest.raises(RemoteError, match="the status 502"):
        load(serve(calling(lambda call: b"Bad gateway", 502)))
    with pytest.raises(RemoteError, match="the status 500"):
        load(serve(calling(result(1), 500)))


def test_bad_content_of_the_result_is_a_problem_at_its_place(serve: Serve) -> None:
    def answer(call: dict[str, Any]) -> object:
        return f'{{"jsonrpc": "2.0", "id": "{call["id"]}",\n "result": {{"a": 1, "a": NaN}}}}'.encode()

    document = load(serve(calling(answer)))
    assert [(problem.code, problem.path) for problem in document.problems] == [
        ("duplicate-key", "a"),
        ("bad-document", "a"),
    ]
    assert [problem.location and problem.location.line for problem in document.problems] == [2, 2]


def test_limits_and_bounds_hold(serve: Serve) -> None:
    url = serve(calling(result([[[[1]]]])))
    document = load(url, limits=Limits(depth=3))
    assert (document.value, [problem.code for problem in document.problems]) == (None, ["limit-exceeded"])
    with pytest.raises(RemoteError, match="more than 10 bytes"):
        load(url, max_bytes=10)


def test_a_call_is_not_redirected(serve: Serve) -> None:
    def handler(request: Request) -> None:
        request.rfile.read(int(request.headers["Content-Length"]))
        request.send_response(307)
        request.send_header("Location", "/elsewhere")
        request.end_headers()

    with pytest.raises(RemoteError, match="redirects to"):
        load(serve(handler))
