"""`registry serve`: a door that is safe when nobody says anything, and ends as it should."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from registry.cli.commands import with_serve

Run = Callable[..., Result]
Serve = Callable[..., Any]
Fill = Callable[..., None]


def ask(url: str, token: str | None = None, body: bytes | None = None) -> tuple[int, Any]:
    """The status and the JSON of an answer."""
    headers = {"Content-Type": "application/json"} | ({} if token is None else {"Authorization": f"Bearer {token}"})
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def start(cwd: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A start that is expected to fail."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=cwd, timeout=60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_serves_until_it_is_told_to_stop_and_leaves_with_0(serve: Serve, number: signal.Signals) -> None:
    server = serve()
    assert ask(f"{server.url}/health") == (200, {"status": "ok"})
    server.process.send_signal(number)
    assert server.process.wait(30) == 0
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{server.url}/health", timeout=20)


def test_what_was_served_is_there_again(serve: Serve, run: Run, project: Path) -> None:
    server = serve()
    body = json.dumps({"key": "a", "value": {"format": 1, "kind": "data", "data": 7}}).encode()
    assert ask(f"{server.url}/registry/n/set", body=body)[0] == 200
    server.process.terminate()
    assert server.process.wait(30) == 0
    assert run("namespaces", "--store", "registry.db").stdout.startswith("n  1 entry")
    assert run("namespaces", "--server", serve().url).stdout.startswith("n  1 entry")


def test_a_plain_path_means_the_same_file_to_the_server_and_to_the_other_commands(
    serve: Serve, run: Run, project: Path
) -> None:
    server = serve("--store", "new.db")
    body = json.dumps({"key": "a", "value": {"format": 1, "kind": "data", "data": 7}}).encode()
    assert ask(f"{server.url}/registry/n/set", body=body)[0] == 200
    refused = run("namespaces", "--store", "new.db")  # it is the server's alone, and others are told where that is
    assert refused.exit_code == 2
    assert server.url in refused.stderr
    server.process.terminate()
    assert server.process.wait(30) == 0
    assert run("namespaces", "--store", "new.db").stdout.startswith("n  1 entry")
    assert run("namespaces", "--store", str(project / "new.db")).stdout.startswith("n  1 entry")


@pytest.mark.parametrize("store", ["registry", "me:hunter2@host:8001", "//me:hunter2@host"])
def test_what_names_no_store_is_refused_alike_by_all_commands(run: Run, project: Path, store: str) -> None:
    results = [run(*command, "--store", store) for command in (["serve", "--port", "0"], ["namespaces"], ["list"])]
    for result in results:
        assert (result.exit_code, result.stdout) == (1, "")
        assert "is not the URL of a store" in result.stderr
        assert "hunter2" not in result.stderr
    assert len({result.stderr for result in results}) == 1
    assert "hunter2" not in run("doctor", "--store", store).output
    assert not list(project.glob("registry*"))


@pytest.mark.parametrize("command", [(), ("--debug",), ("serve",)])
def test_options_alone_mean_serve(serve: Serve, command: tuple[str, ...]) -> None:
    server = serve("--host", "127.0.0.1", command=command)
    assert server.url.startswith("http://127.0.0.1:")
    assert ask(f"{server.url}/health")[0] == 200


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["--host", "x", "--port", "1"], ["serve", "--host", "x", "--port", "1"]),
        (["--port=1"], ["serve", "--port=1"]),
        (["--debug", "--no-auth"], ["--debug", "serve", "--no-auth"]),
        (["serve", "--port", "1"], ["serve", "--port", "1"]),
        (["list", "--store", "x"], ["list", "--store", "x"]),
        (["--version"], ["--version"]),
        (["--help"], ["--help"]),
        (["--debug"], ["--debug"]),
        (["--hostt", "x"], ["--hostt", "x"]),
        ([], []),
    ],
)
def test_only_options_of_serve_are_taken_for_it(arguments: list[str], meant: list[str]) -> None:
    assert with_serve(arguments) == meant


@pytest.mark.parametrize("module", ["registry", "registry.__main__"])
def test_the_open_start_line_leaves_with_2_and_the_commands_that_make_it_right(project: Path, module: str) -> None:
    port = free_port()
    result = start(project, "-m", module, "--host", "0.0.0.0", "--port", str(port))
    assert (result.returncode, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("error: A server on '0.0.0.0' can be reached by others")
    assert "registry token create NAME --scope '*:admin'" in result.stderr
    assert f"python -m registry serve --host 0.0.0.0 --port {port} --tls-cert" in result.stderr
    assert f"python -m registry serve --host 127.0.0.1 --port {port}" in result.stderr
    assert not list(project.glob("registry.db*"))


def test_each_command_that_is_told_makes_it_right(project: Path, serve: Serve, certificate: Path) -> None:
    told = start(project, "-m", "registry", "--host", "0.0.0.0").stderr
    commands = [shlex.split(line.partition(": ")[2]) for line in told.splitlines()[1:]]
    token, secured, *others = commands
    assert token[:3] == ["registry", "token", "create"]
    assert start(project, "-m", *token).returncode == 0
    for name in ("cert.pem", "key.pem"):
        (project / name).write_bytes((certificate / name).read_bytes())
    for command in (secured, *others):
        assert command[:4] == ["python", "-m", "registry", "serve"]
        assert command[6] == "--port"
        server = serve(*command[4:6], *command[8:])
        server.process.terminate()
        assert server.process.wait(30) == 0
    assert "(tokens, TLS)" in serve(*secured[4:6], *secured[8:]).announced


def test_a_server_with_tokens_lets_nobody_in_without_one(serve: Serve, run: Run) -> None:
    token = run("token", "create", "ci", "--scope", "a.*:read").stdout.strip()
    server = serve()  # the file has its usual name, and is noticed
    assert ask(f"{server.url}/namespaces")[0] == 401
    assert ask(f"{server.url}/namespaces", token)[0] == 200
    body = json.dumps({"key": "k", "value": {}}).encode()
    assert ask(f"{server.url}/registry/a.b/set", token, body)[0] == 403
    assert ask(f"{server.url}/registry/b/set", token, body)[0] == 404


def test_a_named_file_without_tokens_does_not_let_everybody_in(project: Path) -> None:
    result = start(project, "-m", "registry", "serve", "--port", "0", "--tokens", "none.json")
    assert result.returncode == 2
    assert "There is no token in 'none.json'" in result.stderr
    assert "registry token create NAME --scope '*:admin' --tokens none.json" in result.stderr


def test_a_read_only_server_takes_no_write(serve: Serve) -> None:
    server = serve("--read-only")
    assert ask(f"{server.url}/registry/a/set", body=b'{"key": "k", "value": {}}')[0] == 403


def test_limits_can_be_changed_and_stand_in_the_numbers(serve: Serve) -> None:
    server = serve("--limit", "watchers=7", "--limit", "idle_seconds=2.5")
    limits = ask(f"{server.url}/stats")[1]["limits"]
    assert (limits["watchers"], limits["idle_seconds"]) == (7, 2.5)


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("watcher=7", "did you mean 'watchers'?"),
        ("watchers", "cannot be ''"),
        ("watchers=many", "Give it a whole number above 0"),
        ("watchers=2.5", "Give it a whole number above 0"),
        ("watchers=0", "cannot be '0'"),
        ("idle_seconds=nan", "Give it a number of seconds above 0"),
        ("idle_seconds=inf", "Give it a number of seconds above 0"),
    ],
)
def test_a_limit_that_is_none_is_refused(run: Run, limit: str, message: str) -> None:
    result = run("serve", "--limit", limit)
    assert result.exit_code == 1
    assert message in result.stderr


def test_a_port_that_is_taken_is_told(serve: Serve, project: Path) -> None:
    port = serve().url.rpartition(":")[2]
    result = start(project, "-m", "registry", "serve", "--port", port, "--store", "memory:")
    assert result.returncode == 2
    assert f"port {port}" in result.stderr
    assert "Traceback" not in result.stderr


def test_what_is_insecure_is_warned_of(serve: Serve, project: Path) -> None:
    serve("--host", "0.0.0.0", "--no-auth", "--no-tls", "--store", "memory:")
    log = (project / "server.log").read_text()
    assert "warning: --no-auth" in log
    assert "warning: --no-tls" in log


def test_each_write_is_logged_at_any_level(serve: Serve, project: Path) -> None:
    server = serve("--log-level", "error")
    body = json.dumps({"key": "k\x1b[31m", "value": {"format": 1, "kind": "data", "data": 1}}).encode()
    assert ask(f"{server.url}/registry/a/set", body=body)[0] == 400
    body = json.dumps({"key": "kept", "value": {"format": 1, "kind": "data", "data": 1}}).encode()
    assert ask(f"{server.url}/registry/a/set", body=body)[0] == 200
    server.process.terminate()
    server.process.wait(30)
    log = (project / "server.log").read_text()
    assert '"keys": ["kept"]' in log
    assert "\x1b" not in log


def test_without_aiohttp_the_package_to_install_is_told(project: Path) -> None:
    (project / "aiohttp.py").write_text("raise ImportError\n")
    environment = {**os.environ, "PYTHONPATH": str(project)}
    result = subprocess.run(
        [sys.executable, "-m", "registry", "serve"], capture_output=True, text=True, cwd=project, env=environment
    )
    assert result.returncode == 2
    assert "pip install" in result.stderr
    assert "[remote]" in result.stderr


def test_a_store_that_wants_other_files_ends_the_server_with_what_has_to_be_changed(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTRY_ETCD_CA_FILE", "nowhere.pem")
    store = f"etcds://127.0.0.1:{free_port()}"
    ended = start(project, "-m", "registry", "serve", "--store", store, "--port", str(free_port()))
    assert ended.returncode == 1
    assert "REGISTRY_ETCD_CA_FILE='nowhere.pem'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_server_whose_store_is_not_there_yet_waits_for_it(serve: Serve) -> None:
    server = serve("--store", f"etcd://127.0.0.1:{free_port()}")
    status, told = ask(f"{server.url}/ready")
    assert (status, server.process.poll()) == (503, None), told
