"""Configs over HTTP: read by content type, within bounds of size, time and redirects."""

import base64
import http.server
import time
from collections.abc import Callable

import pytest

from registry.config import load_url
from registry.document import Document
from registry.errors import RemoteError, ValidationError
from registry.model import Limits
from registry.urls import shown_url

Handler = Callable[[http.server.BaseHTTPRequestHandler], None]
Serve = Callable[[Handler], str]
Request = http.server.BaseHTTPRequestHandler


def answering(body: bytes, content_type: str | None = None, status: int = 200, **headers: str) -> Handler:
    def handler(request: Request) -> None:
        request.send_response(status)
        if content_type is not None:
            request.send_header("Content-Type", content_type)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return handler


@pytest.mark.parametrize(
    ("content_type", "path", "body"),
    [
        ("application/yaml", "/x", b"a: 1"),
        ("text/x-yaml; charset=utf-8", "/x.json", b"a: 1"),
        ("Application/JSON", "/x", b'{"a": 1}'),
        ("application/vnd.acme+json", "/x", b'{"a": 1}'),
        ("application/toml", "/x", b"a = 1"),
        ("text/plain; charset=utf-8", "/x.yaml?v=2", b"a: 1"),
        ("application/octet-stream", "/x.toml", b"a = 1"),
        (None, "/x.json", b'{"a": 1}'),
    ],
)
def test_the_content_type_says_how_it_is_read_or_else_the_suffix(
    serve: Serve, content_type: str | None, path: str, body: bytes
) -> None:
    document = load_url(serve(answering(body, content_type)) + path)
    assert (document.value, document.problems) == ({"a": 1}, ())


def test_locations_are_in_the_url_without_its_credentials(serve: Serve) -> None:
    seen: list[str | None] = []

    def handler(request: Request) -> None:
        seen.append(request.headers["Authorization"])
        answering(b"a: 1\na: 2\n", "application/yaml")(request)

    url = serve(handler)
    document = load_url(url.replace("//", "//user:p%40ss@") + "/c.yaml?v=1&access_token=abc#part")
    assert seen == ["Basic " + base64.b64encode(b"user:p@ss").decode()]
    assert document.name == f"{url}/c.yaml?v=1&access_token=…"
    assert str(document.locate(("a",), False)) == f"{document.name}:2:4"
    assert str(document.problems[0].location) == f"{document.name}:2:1"


def test_what_a_query_calls_a_secret_is_not_shown() -> None:
    assert (
        shown_url("https://h/p?a=1&key=x&sig=y&X-Signature=z&b=2#f") == "https://h/p?a=1&key=…&sig=…&X-Signature=…&b=2"
    )


@pytest.mark.parametrize("content_type", ["text/html", "image/png", None, "text/plain"])
def test_another_content_type_is_a_problem_of_the_document(serve: Serve, content_type: str | None) -> None:
    suffix = "/c.yaml" if content_type in ("text/html", "image/png") else "/c"
    document = load_url(serve(answering(b"<html>", content_type)) + suffix)
    assert document.value is None
    assert [problem.code for problem in document.problems] == ["bad-document"]
    assert "no reader fits" in document.problems[0].message


@pytest.mark.parametrize("body", [b"", b"a: [", b"\xff\xfe\xfd", b"[" * 60_000, b"a: 1\na: 2"])
def test_bad_content_is_a_problem_of_the_document(serve: Serve, body: bytes) -> None:
    document = load_url(serve(answering(body, "application/yaml")), limits=Limits(depth=5))
    (problem,) = document.problems
    assert problem.location is not None
    assert problem.location.file == document.name


def refused(url: str, **options: object) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        load_url(url, **options)
    return caught.value


@pytest.mark.parametrize("status", [204, 400, 401, 404, 500, 304])
def test_another_status_than_success_is_an_error(serve: Serve, status: int) -> None:
    error = refused(serve(answering(b"" if status in (204, 304) else b"no", "application/yaml", status)))
    assert error.context["status"] == status


def test_a_body_that_is_too_large_is_an_error(serve: Serve) -> None:
    url = serve(answering(b"a: " + b"x" * 1000, "application/yaml"))
    assert load_url(url, max_bytes=1003).problems == ()
    assert "more than 1002 bytes" in refused(url, max_bytes=1002).message


def test_an_endless_body_is_cut_off(serve: Serve) -> None:
    def handler(request: Request) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "application/yaml")
        request.end_headers()
        while True:
            request.wfile.write(b"x" * 65536)

    started = time.monotonic()
    assert "more than 100000 bytes" in refused(serve(handler), max_bytes=100_000, timeout=5.0).message
    assert time.monotonic() - started < 5.0


def test_a_compressed_body_is_refused(serve: Serve) -> None:
    import gzip

    url = serve(answering(gzip.compress(b"a: 1"), "application/yaml", Content_Encoding="gzip"))
    assert "'gzip'" in refused(url).message


@pytest.mark.parametrize("where", ["status", "headers", "body"])
def test_a_server_that_trickles_runs_out_of_time(serve: Serve, where: str) -> None:
    beginning = {
        "status": b"HTTP/1.1 200 O",
        "headers": b"HTTP/1.1 200 OK\r\nX-Slow: ",
        "body": b"HTTP/1.1 200 OK\r\nContent-Type: application/yaml\r\nContent-Length: 100000\r\n\r\n",
    }

    def handler(request: Request) -> None:
        request.wfile.write(beginning[where])
        for _ in range(100):
            request.wfile.write(b"x")
            request.wfile.flush()
            time.sleep(0.05)

    url = serve(handler)
    started = time.monotonic()
    assert "took longer than 0.3 seconds" in refused(url, timeout=0.3).message
    assert time.monotonic() - started < 4.0, "the server trickles for 5 seconds"


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: application/yaml\r\nContent-Length: 100\r\n\r\na: 1",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/yaml\r\nTransfer-Encoding: chunked\r\n\r\n10\r\na: 1",
        b"nonsense\r\n\r\n",
        b"",
    ],
)
def test_a_truncated_or_senseless_answer_is_an_error(serve: Serve, sent: bytes) -> None:
    def handler(request: Request) -> None:
        request.wfile.write(sent)
        request.close_connection = True

    error = refused(serve(handler))
    assert isinstance(error, ConnectionError)


def test_redirects_are_not_followed_unless_allowed(serve: Serve) -> None:
    def handler(request: Request) -> None:
        if request.path == "/old":
            answering(b"", status=302, Location="/new.yaml")(request)
        else:
            answering(b"a: 1", "text/plain")(request)

    url = serve(handler)
    error = refused(f"{url}/old")
    assert "/new.yaml" in error.message
    assert "max_redirects" in error.suggestions[0]
    document = load_url(f"{url}/old", max_redirects=1)
    assert (document.value, document.name) == ({"a": 1}, f"{url}/new.yaml")


def test_a_loop_of_redirects_ends(serve: Serve) -> None:
    url = serve(answering(b"", status=301, Location="/again"))
    assert "more than 3 times" in refused(url, max_redirects=3).message


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://[", "http://:80/x", "data:,a"])
def test_a_redirect_leads_to_http_only(serve: Serve, location: str) -> None:
    url = serve(answering(b"", status=302, Location=location))
    assert "redirects to what is no http" in refused(url, max_redirects=3).message


def test_credentials_and_headers_are_not_taken_to_another_host(serve: Serve) -> None:
    seen: list[tuple[str | None, str | None]] = []

    def handler(request: Request) -> None:
        seen.append((request.headers["Authorization"], request.headers["X-Token"]))
        answering(b"a: 1", "application/yaml")(request)

    other = serve(handler)
    url = serve(answering(b"", status=307, Location=other)).replace("//", "//me:secret@")
    assert load_url(url, max_redirects=1, headers={"X-Token": "secret"}).value == {"a": 1}
    assert seen == [(None, None)]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://host/x",
        "/etc/passwd",
        "http://",
        "http://[",
        "http://host:99999/",
        "http://127.0.0.1:1/\r\nX: y",
        "http://" + "a" * 300 + "/",
        "http://a..b/",
        "http://127.0.0.1:1/x.yaml",
        "https://127.0.0.1:1/x.yaml",
    ],
)
def test_a_url_that_cannot_be_read_is_an_error(url: str) -> None:
    assert refused(url, timeout=5.0).message


def test_no_message_shows_the_password(serve: Serve) -> None:
    url = serve(answering(b"", status=404)).replace("//", "//me:hunter2@")
    assert "hunter2" not in str(refused(url)) + repr(refused(url).context)
    assert "hunter2" not in str(refused("http://me:hunter2@127.0.0.1:1/"))
    assert "hunter2" not in str(refused("http://me:hunter2@[/"))


def test_a_source_is_a_function_from_a_url_to_a_document() -> None:
    def mine(url: str, *, shout: bool = False) -> Document:
        return Document({"url": url.upper() if shout else url}, url)

    assert load_url("mem:x", protocol=mine).value == {"url": "mem:x"}
    assert load_url("mem:x", protocol=mine, shout=True).value == {"url": "MEM:X"}


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(ValidationError, match="did you mean 'jsonrpc'"):
        load_url("http://x", protocol="jsonrpx")
