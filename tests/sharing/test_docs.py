"""What docs/sharing.md says happens: every block of it is executed, or is listed here with the reason why not."""

import http.client
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs
import pytest
import trustme

from registry.cli.commands import command
from registry.server.routes import Table

PAGE = Path(__file__).parents[2].joinpath("docs", "sharing.md").read_text(encoding="utf-8")

EXECUTED = {
    "served on this machine alone": r"registry serve",
    "tokens": r"registry token create \w+ --scope '[^']+'(?: --expires \w+)?",
    "served to others": r"registry serve --host 10\.0\.0\.5 --tls-cert cert\.pem --tls-key key\.pem",
    "with curl": r"curl .*",
    "a backend": r"RemoteBackend\(.*\)",
}
"""What the tests below execute, as patterns that match a whole item of the page."""

NOT_EXECUTED = {
    r"Registry -> \w+: mirror -+> .*SQLite file": "a drawing of the parts, and no code",
}
"""What cannot be executed, with the reason."""


def items(page: str) -> list[str]:
    """The fenced blocks as a whole, and the lines of the indented ones, without their comments."""
    found: list[str] = []
    fenced: list[str] | None = None
    before, is_code = "", False
    for line in page.splitlines():
        if line.startswith("```"):
            if fenced is None:
                fenced = []
            else:
                found.append("\n".join(fenced))
                fenced = None
        elif fenced is not None:
            fenced.append(line)
        else:
            is_code = line.startswith("    ") and (is_code or not before.strip())
            if is_code:
                found.append(re.sub(r"\s+#\s.*", "", line).strip())
        before = line
    return found


def unaccounted(page: str) -> list[str]:
    """What is neither executed nor listed as what cannot be, or is both."""
    patterns = [*EXECUTED.values(), *NOT_EXECUTED]
    return [item for item in items(page) if sum(bool(re.fullmatch(pattern, item)) for pattern in patterns) != 1]


def like(name: str) -> list[str]:
    """What the page has of one kind."""
    return [item for item in items(PAGE) if re.fullmatch(EXECUTED[name], item)]


def test_every_block_is_executed_or_there_is_a_reason_why_not() -> None:
    assert unaccounted(PAGE) == []
    for pattern in (*EXECUTED.values(), *NOT_EXECUTED):
        assert any(re.fullmatch(pattern, item) for item in items(PAGE)), f"nothing is like {pattern} any more"


@pytest.mark.parametrize(
    "block", ["```python\nimport registry\n```", "    registry serve --read-only", "\n    wget localhost:8001/health\n"]
)
def test_a_new_block_that_nothing_executes_is_noticed(block: str) -> None:
    assert len(unaccounted(f"{PAGE}\n\n{block}\n")) == 1
    assert len(unaccounted(f"# A page\n\nA paragraph.\n\n{block}\n\nAnother one.\n")) == 1


# ---------------------------------------------------------------------------------------------- what executes them


@attrs.frozen
class Folder:
    """A folder of somebody who reads the page.

    Attributes:
        path: The folder.
        variables: What the environment says there.
    """

    path: Path
    variables: Mapping[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        """The environment of what runs there."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")}
        return {**kept, **self.variables}

    def run(self, *arguments: str) -> str:
        """What Python prints, with these arguments."""
        done = subprocess.run(
            [sys.executable, "-W", "error", *arguments],
            cwd=self.path,
            env=self.environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def command(self, line: str, *more: str) -> str:
        """What a command line of the page prints."""
        program, *arguments = shlex.split(line)
        assert program == "registry"
        return self.run("-m", "registry", *arguments, *more)

    @contextmanager
    def serving(self, line: str, *more: str) -> Iterator[tuple[str, str]]:
        """A server, started by a command line of the page on a free port: where it is, and how it says so."""
        program, *arguments = shlex.split(line)
        assert program == "registry"
        with subprocess.Popen(
            [sys.executable, "-m", "registry", *arguments, "--port", "0", *more],
            cwd=self.path,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                assert process.stdout is not None
                told = process.stdout.readline()
                found = re.search(r"https?://\S+:(\d+)", told)
                assert found is not None, told
                yield f"localhost:{found[1]}", told
            finally:
                process.terminate()
        assert process.returncode == 0


def curl(line: str, place: str) -> tuple[int, bytes]:
    """What curl would get that is called like this, from a server at another place; a stream is read until it tells."""
    _, *words = shlex.split(line.replace("localhost:8001", place))
    method, body, url, streams = "GET", None, "", False
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-d":
            body = words.pop(0).encode()
        elif word == "-N":
            streams = True
        else:
            assert not word.startswith("-"), f"the test does not know {word}"
            url = f"http://{word}"
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    headers = {} if body is None else {"Content-Type": "application/x-www-form-urlencoded"}  # as curl says of -d
    connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
    answer = connection.getresponse()
    content = b""
    while streams and b"\n\n" not in content:
        content += answer.read1()
    content += b"" if streams else answer.read()
    connection.close()
    return answer.status, content


def test_what_is_said_of_a_server_for_this_machine_alone_and_of_curl_happens(tmp_path: Path) -> None:
    here = Folder(tmp_path)
    (serve,) = like("served on this machine alone")
    with here.serving(serve) as (place, told):
        assert "sqlite:///registry.db at http://127.0.0.1:" in told
        answers = [curl(line, place) for line in like("with curl")]
        assert [status for status, _ in answers] == [200, 200, 200]
        written, read, watched = (content for _, content in answers)
        assert json.loads(written)["token"] == json.loads(read)["token"]
        assert json.loads(read)["value"]["data"] == 42
        assert b'"demo"' in watched
        assert f"server http://{place}" in here.command("registry doctor --server URL".replace("URL", place))
    assert "1 record in 1 namespace" in here.command("registry doctor --store registry.db")


def test_a_line_for_curl_that_does_not_work_is_noticed(tmp_path: Path) -> None:
    (serve,) = like("served on this machine alone")
    with Folder(tmp_path).serving(serve) as (place, _):
        line = like("with curl")[0]
        assert curl(line.replace("/set", "/put"), place)[0] == 404
        assert curl(line.replace('"key"', '"name"'), place)[0] == 400


CODE = {
    "research/__init__.py": "",
    "research/losses.py": "def huber(prediction, target): return prediction - target\n",
    "acme/__init__.py": "",
    "acme/losses.py": "def mse(prediction, target): return (prediction - target) ** 2\n",
    "acme/others.py": "def secret(): ...\n",
}
REGISTERING = """
import acme.losses, acme.others, research.losses
from registry import Registry, RemoteBackend
losses = Registry("losses", backend={backend})
losses.register(research.losses.huber)
losses.register(acme.losses.mse)
losses.register(acme.others.secret)
losses.close()
"""
LOOKING_UP = """
from registry import Registry, RemoteBackend, UntrustedReferenceError, AccessDeniedError
losses = Registry("losses", backend={backend})
print(sorted(losses), losses["huber"](3, 1), losses["mse"](3, 1))
try:
    losses["secret"]
except UntrustedReferenceError:
    print("untrusted")
try:
    losses.register("another", max)
except AccessDeniedError:
    print("denied")
losses.close()
"""


def test_what_is_said_of_a_server_for_others_with_tokens_and_tls_and_of_allow_happens(tmp_path: Path) -> None:
    """The address of the page is another machine's, and becomes all addresses of this one."""
    there = Folder(tmp_path / "server")
    there.path.mkdir()
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(str(there.path / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(there.path / "cert.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "cert.pem"))
    writer, reader = (there.command(line).strip() for line in like("tokens"))
    (serve,), (backend,) = like("served to others"), like("a backend")
    for name, text in CODE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    with there.serving(serve.replace("10.0.0.5", "0.0.0.0")) as (place, told):
        assert "(tokens, TLS)" in told
        given = backend.replace("http://registry.example:8001", f"https://{place}")
        assert given != backend

        def run(token: str, program: str) -> str:
            variables = {"REGISTRY_TOKEN": token, "SSL_CERT_FILE": "cert.pem"}
            return Folder(tmp_path, variables).run("-c", program.format(backend=given))

        run(writer, REGISTERING)
        assert run(reader, LOOKING_UP).splitlines() == ["['huber', 'mse', 'secret'] 2 4", "untrusted", "denied"]
        asking = Folder(tmp_path, {"REGISTRY_TOKEN": reader})
        listed = asking.command("registry list", "--server", f"https://{place}", "--ca-file", "cert.pem")
        assert "research.losses" in listed


# ---------------------------------------------------------------------------------------------- inside the text


def known(line: str) -> bool:
    """Whether there is such a command with these options."""
    _, name, *words = shlex.split(line)
    found: Any = command.commands.get(name)
    if found is None:
        return False
    options = {option for parameter in found.params for option in parameter.opts}
    return all(word in options for word in words if word.startswith("--"))


def test_the_commands_and_options_that_the_text_names_exist() -> None:
    named = re.findall(r"`(registry [a-z][^`]*)`", PAGE)
    assert len(named) > 3
    assert [line for line in named if not known(line)] == []
    assert not known("registry serve --no-such-option")
    assert not known("registry no-such-command")


def answered(method: str, path: str) -> bool:
    """Whether a server answers that."""
    found = Table().find(re.sub(r"<\w+>", "a", path.partition("?")[0]))
    return found is not None and method in found[0].routes


def test_the_routes_that_the_text_names_exist() -> None:
    named = re.findall(r"`(GET|POST|DELETE) (/[^`]*)`", PAGE)
    named += [("GET", f"/registry/a{path}") for path in re.findall(r"`…(/[^`]*)`", PAGE)]
    assert len(named) > 12
    assert [route for route in named if not answered(*route)] == []
    assert not answered("GET", "/registry/a/set")
    assert not answered("GET", "/nothing")
