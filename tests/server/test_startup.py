"""What starts, and what a server that does not start says."""

import contextlib
import itertools
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from server.client import Client
from server.running import least

from registry.errors import OperationalError, StoreError
from registry.server.main import serve
from registry.server.startup import Settings, Start, plan_start
from registry.stores import SQLiteStore

HOSTS = {
    "127.0.0.1": True,
    "localhost": True,
    "::1": True,
    "127.9.9.9": True,
    "0.0.0.0": False,
    "": False,
    "::": False,
    "192.168.1.5": False,
    "host.example.org": False,
    "localhost.example.org": False,
}
"""Whether only this machine can reach each."""

# Written from the design, not from the code: loopback, tokens, TLS, --no-auth, --no-tls -> (tokens asked for, TLS)
# or None where it does not start.
TABLE: dict[tuple[bool, bool, bool, bool, bool], tuple[bool, bool] | None] = {
    # on loopback everything starts, but what contradicts itself
    (True, False, False, False, False): (False, False),
    (True, False, False, False, True): (False, False),
    (True, False, False, True, False): (False, False),
    (True, False, False, True, True): (False, False),
    (True, False, True, False, False): (False, True),
    (True, False, True, False, True): None,
    (True, False, True, True, False): (False, True),
    (True, False, True, True, True): None,
    (True, True, False, False, False): (True, False),
    (True, True, False, False, True): (True, False),
    (True, True, False, True, False): (False, False),
    (True, True, False, True, True): (False, False),
    (True, True, True, False, False): (True, True),
    (True, True, True, False, True): None,
    (True, True, True, True, False): (False, True),
    (True, True, True, True, True): None,
    # elsewhere both are needed, or the word for each
    (False, False, False, False, False): None,
    (False, False, False, False, True): None,
    (False, False, False, True, False): None,
    (False, False, False, True, True): (False, False),
    (False, False, True, False, False): None,
    (False, False, True, False, True): None,
    (False, False, True, True, False): (False, True),
    (False, False, True, True, True): None,
    (False, True, False, False, False): None,
    (False, True, False, False, True): (True, False),
    (False, True, False, True, False): None,
    (False, True, False, True, True): (False, False),
    (False, True, True, False, False): (True, True),
    (False, True, True, False, True): None,
    (False, True, True, True, False): (False, True),
    (False, True, True, True, True): None,
}


def outcome(host: str, tokens: bool, tls: bool, no_auth: bool, no_tls: bool) -> Start | OperationalError:
    settings = Settings(host=host, tls_cert=Path("cert.pem") if tls else None, no_auth=no_auth, no_tls=no_tls)
    try:
        return plan_start(settings, has_tokens=tokens)
    except OperationalError as error:
        return error


@pytest.mark.parametrize("host", HOSTS)
def test_what_starts_is_what_the_table_says(host: str) -> None:
    for given in itertools.product((False, True), repeat=4):
        wanted = TABLE[(HOSTS[host], *given)]
        found = outcome(host, *given)
        if wanted is None:
            assert isinstance(found, OperationalError), given
            assert any("python -m registry serve" in text for text in found.suggestions)
        else:
            assert isinstance(found, Start), given
            assert (found.auth, found.tls) == wanted, given
            no_auth, no_tls = given[2], given[3]
            assert ("--no-auth" in " ".join(found.warnings)) == no_auth
            assert ("--no-tls" in " ".join(found.warnings)) == (no_tls and not HOSTS[host])


@pytest.mark.parametrize("host", [host for host, loopback in HOSTS.items() if not loopback])
def test_the_commands_that_a_refusal_prints_start(host: str) -> None:
    """Each suggestion is followed, and then it starts."""
    for tokens, tls, no_auth, no_tls in itertools.product((False, True), repeat=4):
        found = outcome(host, tokens, tls, no_auth, no_tls)
        if isinstance(found, Start):
            continue
        made = tokens or any("registry token create" in text for text in found.suggestions)
        for text in found.suggestions:
            command = text.partition("python -m registry serve ")[2]
            if not command:
                continue
            words = shlex.split(command)
            told = Settings(
                host=words[1],
                tls_cert=Path("cert.pem") if "--tls-cert" in words else None,
                no_auth="--no-auth" in words,
                no_tls="--no-tls" in words,
            )
            assert isinstance(plan_start(told, has_tokens=made), Start), (text, tokens, tls, no_auth, no_tls)


def test_a_key_without_a_certificate_is_a_mistake() -> None:
    with pytest.raises(OperationalError, match="no certificate"):
        plan_start(Settings(tls_key=Path("key.pem")), has_tokens=True)


SCRIPT = """
import sys
from registry.server import Settings, serve
sys.exit(serve(Settings(port=int(sys.argv[1]), store=sys.argv[2])))
"""


@contextlib.contextmanager
def started(store: str, folder: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A server on a free port in a process of its own, and where it says that it is."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SCRIPT, "0", store],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(f"registry serves {store} at http://127.0.0.1:"), process.communicate()
        assert line.endswith(" (no tokens, no TLS)\n")
        yield process, line.split(" at ")[1].split()[0]
    finally:
        process.kill()
        process.communicate()


def seconds_to_end(folder: Path, number: signal.Signals) -> float:
    """How long a server with a watcher takes to end when it is told to, which it does well."""
    with started("memory:", folder) as (process, url):
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"GET /watch HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(100)
            began = time.monotonic()
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
            took = time.monotonic() - began
        assert (process.returncode, out, err) == (0, "", "")
        return took


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_served_store_says_where_it_is_and_ends_well_when_it_is_told_to(
    tmp_path: Path, number: signal.Signals
) -> None:
    assert least(lambda: seconds_to_end(tmp_path, number), 2.0) < 2.0


@pytest.mark.parametrize("scheme", ["sqlite", "SQLite"])
def test_a_file_that_is_served_is_locked_however_its_url_is_written(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    given: list[dict[str, str]] = []

    def opened(url: str, **options: str) -> None:
        given.append(options)
        raise StoreError("That is enough.")

    monkeypatch.setattr("registry.stores.open_store", opened)
    with pytest.raises(StoreError):
        serve(Settings(store=f"{scheme}:///registry.db", port=0))
    assert [list(options) for options in given] == [["served_as"]]


def test_who_opens_a_served_file_is_told_the_port_that_is_really_listened_on(tmp_path: Path) -> None:
    file = tmp_path / "registry.db"
    with started("sqlite:///registry.db", tmp_path) as (process, url):
        with Client(int(url.rpartition(":")[2])) as client:  # after a write the file is open for sure
            assert client.put("a", "k").status == 200
        with SQLiteStore(file) as store, pytest.raises(StoreError) as raised:
            store.token()
        assert not url.endswith(":0")
        assert raised.value.context["url"] == url
        assert url in raised.value.suggestions[0]
        process.terminate()
        assert process.wait(20) == 0
    with SQLiteStore(file) as store:
        assert store.namespaces() == ["a"]


def test_an_address_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(taken.getsockname()[1]), "memory:"],
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert process.returncode != 0
    assert "OperationalError: The server cannot be bound to '127.0.0.1'" in process.stderr
