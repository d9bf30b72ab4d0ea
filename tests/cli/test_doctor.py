"""`registry doctor`: each thing that can be wrong is found, named, and comes with what to do."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from registry.cli.doctor import checklist, connection
from registry.cli.doctor import server as server_doctor
from registry.distribution import __version__
from registry.records import Record

Run = Callable[..., Result]
Fill = Callable[..., None]
Serve = Callable[..., Any]
Certify = Callable[..., Path]


Diagnose = Callable[..., Any]


# ---------------------------------------------------------------------------------------------- servers


def test_a_server_in_good_health_has_nothing_but_good_marks(run: Run, serve: Serve, fill: Fill, project: Path) -> None:
    fill(project / "registry.db", {"n": {"x": Record(kind="data", data=1)}})
    server = serve()
    before = run("namespaces", "--server", server.url, "--format", "json").stdout
    result = run("doctor", "--server", server.url, "-n", "n")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == f"server {server.url}"
    assert {line.split()[0] for line in lines[1:]} == {"✓", "-"}
    assert [line.split()[1] for line in lines[1:]] == [
        *("name", "tcp", "tls", "http", "ready", "version", "clock", "token"),
        *("namespaces", "namespace", "write", "watch"),
    ]
    assert result.stderr == "No failures in 12 checks.\n"
    assert run("namespaces", "--server", server.url, "--format", "json").stdout == before  # trying wrote nothing


def test_a_host_without_an_address_is_told(diagnose: Diagnose) -> None:
    found = diagnose("--server", "http://no-such-host.invalid:1")
    assert (found.code, found.verdicts) == (2, {"name": "failed"})
    assert "Check the spelling of the host" in found.remedies["name"]


def test_a_port_where_nobody_listens_is_told(diagnose: Diagnose) -> None:
    found = diagnose("--server", "http://127.0.0.1:9")
    assert (found.code, found.verdicts["tcp"]) == (2, "failed")
    assert "refused" in found.messages["tcp"]
    assert "registry serve" in found.remedies["tcp"]


@pytest.mark.parametrize("url", ["ftp://x", "http://user:password@x", "http://", "http://x:0", "http://x?y"])
def test_a_url_that_is_none_is_told_without_what_it_hides(diagnose: Diagnose, url: str) -> None:
    found = diagnose("--server", url)
    assert (found.code, found.verdicts) == (1, {"url": "failed"})
    assert "password" not in found.messages["url"].partition("holds a user or a password")[0]


@pytest.mark.parametrize("url", ["me:hunter2@127.0.0.1:9", "http://me:hunter2@127.0.0.1:9", "me:hun/ter2@127.0.0.1"])
def test_the_heading_shows_no_password(run: Run, url: str) -> None:
    for output in (
        run("doctor", "--server", url).output,
        run("doctor", "--server", url, "--format", "json").output,
        run("doctor", REGISTRY_SERVER_HOST=url).output,
    ):
        assert "server http://127.0.0.1" in output
        assert not {"hunter2", "ter2"} & set(re.findall("[a-z0-9]+", output))


def test_a_certificate_of_an_unknown_authority_is_told_and_accepted_when_it_is_named(
    diagnose: Diagnose, serve: Serve, certificate: Path
) -> None:
    server = serve("--tls-cert", f"{certificate}/cert.pem", "--tls-key", f"{certificate}/key.pem")
    found = diagnose("--server", server.url)
    assert (found.code, found.verdicts["tls"]) == (2, "failed")
    assert "--ca-file" in found.remedies["tls"]
    found = diagnose("--server", server.url, "--ca-file", f"{certificate}/ca.pem")
    assert found.code == 0
    assert "127.0.0.1, localhost" in found.messages["tls"]
    assert set(found.verdicts.values()) == {"ok", "skipped"}
    assert diagnose("--server", server.url, "--ca-file", "none.pem").code == 2


def test_a_certificate_for_another_host_is_told(diagnose: Diagnose, serve: Serve, certify: Certify) -> None:
    folder = certify("registry.example.org")
    server = serve("--tls-cert", f"{folder}/cert.pem", "--tls-key", f"{folder}/key.pem")
    found = diagnose("--server", server.url, "--ca-file", f"{folder}/ca.pem")
    assert found.verdicts["tls"] == "failed"
    assert "127.0.0.1" in found.messages["tls"]
    assert "Use a host that the certificate names" in found.remedies["tls"]


@pytest.mark.parametrize(
    ("days", "verdict", "remedy"), [(-1, "failed", "Renew"), (3, "warning", "Renew"), (90, "ok", "")]
)
def test_the_end_of_a_certificate_is_told_in_time(
    diagnose: Diagnose, serve: Serve, certify: Certify, days: int, verdict: str, remedy: str
) -> None:
    folder = certify("127.0.0.1", ends=datetime.now(UTC) + timedelta(days=days))
    server = serve("--tls-cert", f"{folder}/cert.pem", "--tls-key", f"{folder}/key.pem")
    found = diagnose("--server", server.url, "--ca-file", f"{folder}/ca.pem")
    assert found.verdicts["tls"] == verdict
    assert found.remedies["tls"].startswith(remedy)
    assert found.code == (2 if days < 0 else 0)


def test_https_where_there_is_none_and_the_other_way_round(diagnose: Diagnose, serve: Serve, certificate: Path) -> None:
    plain = serve()
    found = diagnose("--server", plain.url.replace("http:", "https:"))
    assert (found.code, found.verdicts["tls"]) == (2, "failed")
    assert "http:// URL" in found.remedies["tls"]
    secured = serve(
        "--store", "memory:", "--tls-cert", f"{certificate}/cert.pem", "--tls-key", f"{certificate}/key.pem"
    )
    found = diagnose("--server", secured.url.replace("https:", "http:"))
    assert (found.code, found.verdicts["http"]) == (2, "failed")


class Answers:
    """An HTTP server that answers as it is told, and like one of ours where it is not told anything."""

    def __init__(self) -> None:
        beat = b'id: e.1\nevent: beat\ndata: {"token":"e.1","namespaces":{}}\n\n'
        self.answers: dict[str, tuple[int, bytes]] = {
            "/health": (200, b'{"status":"ok"}'),
            "/ready": (200, b'{"status":"ready"}'),
            "/openapi.json": (200, json.dumps({"info": {"version": __version__}}).encode()),
            "/namespaces": (200, b'{"namespaces":[{"name":"n","count":1}],"token":"e.1"}'),
            "/registry/n/keys": (200, b'{"keys":["x"],"next":null,"token":"e.1"}'),
            "/registry/n/set": (409, b'{"code":"revision-conflict","message":"no","suggestions":[],"context":{}}'),
            "/watch": (200, beat),
        }
        self.ahead = 0.0
        """Seconds by which its clock is ahead."""
        self.posted: list[bytes] = []


@pytest.fixture
def answers() -> Iterator[tuple[Answers, str]]:
    """A server that answers as it is told, and its URL."""
    told = Answers()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, body = told.answers.get(self.path.partition("?")[0], (404, b"not here"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            told.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.do_GET()

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(datetime.now().timestamp() + told.ahead)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield told, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(20)
    server.server_close()


FAULTS: dict[str, tuple[dict[str, tuple[int, bytes]], str, str, int]] = {
    "none": ({}, "watch", "ok", 0),
    "something else": ({"/health": (404, b"<html>")}, "http", "failed", 2),
    "not ready": ({"/ready": (503, b'{"message":"It loads."}')}, "ready", "failed", 2),
    "an older version": ({"/openapi.json": (200, b'{"info":{"version":"0.0.1"}}')}, "version", "warning", 0),
    "no version": ({"/openapi.json": (404, b"")}, "version", "warning", 0),
    "no token": ({"/namespaces": (401, b"{}")}, "token", "failed", 1),
    "no namespaces": ({"/namespaces": (500, b"{}")}, "http", "failed", 2),
    "an unseen namespace": (
        {
            "/registry/n/keys": (404, b"{}"),
            "/namespaces": (200, b'{"namespaces":[{"name":"m","count":1}],"token":"e.1"}'),
        },
        "namespace",
        "failed",
        1,
    ),
    "an empty namespace": (
        {"/namespaces": (200, b'{"namespaces":[],"token":"e.1"}')},
        "namespace",
        "warning",
        0,
    ),
    "reading only": ({"/registry/n/set": (403, b'{"message":"No."}')}, "write", "warning", 0),
    "a failing store": ({"/registry/n/set": (503, b'{"message":"Full."}')}, "write", "failed", 2),
    "a silent watch": ({"/watch": (200, b"")}, "watch", "failed", 2),
    "a watch of something else": ({"/watch": (200, b"<html>\n\n")}, "watch", "failed", 2),
    "no watch": ({"/watch": (502, b"")}, "watch", "failed", 2),
    "a watch that is reset": ({"/watch": (200, b'event: reset\ndata: {"reason":"x"}\n\n')}, "watch", "failed", 2),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_is_wrong_with_a_server_is_found(
    diagnose: Diagnose, answers: tuple[Answers, str], case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed, name, verdict, code = FAULTS[case]
    told, url = answers
    told.answers |= changed
    monkeypatch.setattr(server_doctor, "READY_WITHIN", 0.1)
    found = diagnose("--server", url, "-n", "n")
    assert (found.verdicts.get(name), found.code) == (verdict, code), found
    others = {check: given for check, given in found.verdicts.items() if check != name}
    assert set(others.values()) <= {"ok", "skipped"}, found


def test_what_is_tried_to_be_written_can_never_match(diagnose: Diagnose, answers: tuple[Answers, str]) -> None:
    told, url = answers
    diagnose("--server", url, "-n", "n")
    (body,) = told.posted
    assert json.loads(body)["expect"] == "doctor.0"


@pytest.mark.parametrize(("ahead", "verdict"), [(0, "ok"), (-3600, "warning"), (3600, "warning"), (-30, "warning")])
def test_a_clock_that_is_wrong_is_told(
    diagnose: Diagnose, answers: tuple[Answers, str], ahead: float, verdict: str
) -> None:
    told, url = answers
    told.ahead = ahead
    found = diagnose("--server", url)
    assert found.verdicts["clock"] == verdict
    if ahead:
        assert ("behind" in found.messages["clock"]) == (ahead < 0)
        told_seconds = int(found.messages["clock"].split()[3])
        assert abs(told_seconds - abs(ahead)) <= 2


def test_a_server_without_its_store_is_told_to_look_there(
    diagnose: Diagnose, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.cli.doctor.server.READY_WITHIN", 1.5)
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    found = diagnose("--server", serve("--store", f"etcd://127.0.0.1:{port}").url)
    assert (found.verdicts["ready"], found.verdicts["clock"]) == ("failed", "ok")
    assert found.messages["clock"] == "agrees within a second or so"
    assert "of nothing in front of it" not in str(found)


def test_a_server_that_says_nothing_does_not_keep_the_doctor(
    diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("connection", "client"):
        monkeypatch.setattr(f"registry.cli.doctor.{module}.TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = diagnose("--server", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert (found.code, found.verdicts["tcp"], found.verdicts["http"]) == (2, "ok", "failed")
        assert "did not answer within 0.3 seconds" in found.messages["http"]
        assert connection.TIMEOUT == 0.3
        found = diagnose("--server", f"https://127.0.0.1:{silent.getsockname()[1]}")
        assert (found.code, found.verdicts["tls"]) == (2, "failed")


def test_a_server_that_sends_a_byte_now_and_then_does_not_keep_the_doctor(
    diagnose: Diagnose, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.cli.doctor.client.TIMEOUT", 0.5)
    ended = threading.Event()

    def drip(listening: socket.socket) -> None:
        for _ in range(2):  # the first one is only to see whether the port is open
            opened, _ = listening.accept()
            with opened:
                try:
                    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000:
                        opened.sendall(bytes([byte]))
                        if ended.wait(0.1):
                            return
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=drip, args=[listening])
        dripping.start()
        found = diagnose("--server", f"http://127.0.0.1:{listening.getsockname()[1]}")
        ended.set()
        dripping.join(20)
    assert (found.code, found.verdicts["http"]) == (2, "failed")
    assert "did not answer within 0.5 seconds" in found.messages["http"]


def test_tokens_are_judged_by_what_they_are_good_for(
    run: Run, diagnose: Diagnose, serve: Serve, fill: Fill, project: Path
) -> None:
    fill(project / "registry.db", {"a": {"x": Record(kind="data", data=1)}, "b": {"x": Record(kind="data", data=1)}})
    token = run("token", "create", "ci", "--scope", "a:read").stdout.strip()
    url = serve().url
    found = diagnose("--server", url)
    assert (found.code, found.verdicts["token"]) == (1, "failed")
    assert "REGISTRY_TOKEN" in found.remedies["token"]
    assert "registry token create" in found.remedies["token"]
    found = diagnose("--server", url, REGISTRY_TOKEN=f"{token}x")
    assert (found.code, found.verdicts["token"]) == (1, "failed")
    assert "does not accept" in found.messages["token"]
    assert "does not look like" not in found.messages["token"]
    assert "does not look like" in diagnose("--server", url, REGISTRY_TOKEN="secret").messages["token"]
    found = diagnose("--server", url, "-n", "a", REGISTRY_TOKEN=token)
    assert found.code == 0
    assert found.messages["token"] == f"{token.rpartition('_')[0]}_… is accepted"
    assert (found.verdicts["namespace"], found.verdicts["write"]) == ("ok", "warning")
    assert "'a:write'" in found.remedies["write"]
    found = diagnose("--server", url, "-n", "b", REGISTRY_TOKEN=token)
    assert (found.code, found.verdicts["namespace"]) == (1, "failed")
    assert "'b:read'" in found.remedies["namespace"]
    output = run("doctor", "--server", url, "-n", "a", REGISTRY_TOKEN=token).output
    assert token not in output
    assert token.rpartition("_")[2] not in output


def test_a_token_is_not_sent_where_others_could_read_it(
    diagnose: Diagnose, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = serve("--allow-host", "remote.example").url
    found = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: found("127.0.0.1", *rest, **more))
    answer = diagnose("--server", url.replace("127.0.0.1", "remote.example"), REGISTRY_TOKEN="rgk_1_2")
    assert (answer.code, answer.verdicts["tls"], answer.verdicts["token"]) == (1, "warning", "failed"), answer
    assert "not sent" in answer.messages["token"]
    url = url.replace("127.0.0.1", "remote.example")
    assert diagnose("--server", url, "--allow-plain", REGISTRY_TOKEN="rgk_1_2").verdicts["token"] == "warning"


# ---------------------------------------------------------------------------------------------- the list


def test_without_anything_to_look_at_it_is_a_wrong_use(run: Run, project: Path) -> None:
    (project / "pyproject.toml").unlink()
    result = run("doctor")
    assert result.exit_code == 2
    assert "--server, --store, --reference or --app" in result.stderr


def test_the_server_of_the_environment_is_looked_at(diagnose: Diagnose) -> None:
    found = diagnose(REGISTRY_SERVER_HOST="127.0.0.1", REGISTRY_SERVER_PORT="9")
    assert found.verdicts["tcp"] == "failed"


def test_lines_are_no_wider_than_the_terminal_and_hold_nothing_wild(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checklist, "_width", lambda: 80)
    subject = checklist.Subject("store \x1b[31m\u202e")
    checks = [
        subject.ok("name", "word " * 50),
        subject.warning("wild", "\x1b[31m\u202e\ny", "\x1b]0;title\x07"),
        subject.failed("outside", "no", "Do " + "something " * 20),
        subject.failed("inside", "no", "Do it.", outside=False),
        subject.skipped("skipped", ""),
    ]
    lines = []
    checklist.shown(checks, lambda text: lines.extend(text.plain.split("\n")))
    assert all(line.isprintable() and len(line) <= 80 for line in lines)
    assert len(lines) > 8
    assert checklist.exit_code(checks) == 2
    assert checklist.exit_code(checks[3:]) == 1
    assert checklist.exit_code(checks[:2]) == 0
    assert checklist.summary(checks) == "2 failures, 1 warning in 5 checks."


def test_a_terminal_that_knows_ascii_only_gets_words_for_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ascii:
        encoding = "ascii"

        def isatty(self) -> bool:
            return False

    monkeypatch.setattr(checklist.sys, "stdout", Ascii())
    lines: list[str] = []
    checklist.shown([checklist.Subject("x").failed("name", "no")], lambda text: lines.append(text.plain))
    assert lines == ["x", "  FAIL name        no"]
