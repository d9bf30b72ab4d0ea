"""`registry watch`: one line for each change, past restarts, until it is ended."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import Result

from registry.cli import watch as watching
from registry.errors import RemoteError
from registry.records import Record
from registry.revisions import ANYTHING, Beat, Change, Frame, Reset, Stored, Token
from registry.stores import HTTPStore, MemoryStore

Run = Callable[..., Result]
Fill = Callable[..., None]
Serve = Callable[..., Any]

ONE = Record(kind="reference", reference="acme.losses:Huber")
Watching = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def watch(project: Path) -> Iterator[Watching]:
    """Starts `registry watch` with arguments."""
    started: list[subprocess.Popen[str]] = []

    def watch(*arguments: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "registry", "watch", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=project,
        )
        started.append(process)
        return process

    yield watch
    for process in started:
        process.kill()
        process.communicate()


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def write(url: str, namespace: str, name: str, record: Record | None = ONE) -> Token:
    with HTTPStore(url) as store:
        change = Change(name, None if record is None else record.to_bytes(), ANYTHING)
        return store.submit(namespace, [change], operation=uuid4().hex).result()


def until_watched(url: str, number: int = 1) -> None:
    """Wait until a server has so many watchers."""
    import urllib.request

    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{url}/stats", timeout=20) as answer:
            if json.load(answer)["watchers"] >= number:
                return
        time.sleep(0.02)
    raise AssertionError("nobody watches")


def test_each_change_is_a_line_until_ctrl_c_which_is_no_failure(serve: Serve, watch: Watching) -> None:
    server = serve()
    process = watch("--server", server.url)
    until_watched(server.url)
    token = write(server.url, "n", "huber")
    line = line_of(process)
    assert line.split()[2:] == ["written", "n", "huber", "acme.losses:Huber", str(token)]
    assert "\x1b" not in line
    token = write(server.url, "n", "huber", None)
    assert line_of(process).split()[2:] == ["removed", "n", "huber", str(token)]
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0


def test_for_programs_each_change_is_a_json_object(serve: Serve, watch: Watching) -> None:
    server = serve()
    process = watch("--server", server.url, "--format", "json")
    until_watched(server.url)
    token = write(server.url, "n", "huber")
    value = json.loads(line_of(process))
    assert value["event"] == "written"
    assert (value["namespace"], value["key"], value["token"]) == ("n", "huber", str(token))
    assert value["value"] == json.loads(ONE.to_bytes())
    write(server.url, "n", "huber", None)
    value = json.loads(line_of(process))
    assert (value["event"], value["value"]) == ("removed", None)


def test_only_what_was_asked_for_is_watched(serve: Serve, watch: Watching) -> None:
    server = serve()
    write(server.url, "a", "before")
    process = watch("--server", server.url, "-n", "a")
    until_watched(server.url)
    write(server.url, "b", "other")
    write(server.url, "a", "mine")
    assert line_of(process).split()[3:5] == ["a", "mine"]


def test_a_server_that_is_started_again_is_waited_for_and_nothing_left_out(serve: Serve, watch: Watching) -> None:
    server = serve()
    process = watch("--server", server.url)
    until_watched(server.url)
    write(server.url, "n", "first")
    assert line_of(process).split()[4] == "first"
    server.process.terminate()
    assert server.process.wait(30) == 0
    assert process.stderr is not None
    assert "Trying again until it is there" in process.stderr.readline()
    again = serve(port=int(server.url.rpartition(":")[2]))
    write(again.url, "n", "second")
    assert line_of(process).split()[4] == "second"
    assert "The server is there again." in process.stderr.readline()


def test_since_goes_on_from_a_token(serve: Serve, watch: Watching) -> None:
    server = serve()
    first = write(server.url, "n", "first")
    second = write(server.url, "n", "second")
    process = watch("--server", server.url, "--since", str(first))
    assert line_of(process).split()[4:] == ["second", "acme.losses:Huber", str(second)]


def test_a_token_of_another_history_is_told_and_not_passed_over(serve: Serve, watch: Watching) -> None:
    server = serve()
    write(server.url, "n", "first")
    for form in ("text", "json"):
        process = watch("--server", server.url, "--since", "another.7", "--format", form)
        line = line_of(process)
        assert line.startswith("reset  " if form == "text" else '{"event": "reset"'), line
    until_watched(server.url, 2)
    write(server.url, "n", "after")
    assert json.loads(line_of(process))["key"] == "after"


def test_a_file_can_be_watched_without_a_server(fill: Fill, watch: Watching, project: Path, run: Run) -> None:
    fill(project / "a.db", {"n": {"first": ONE}})
    (row,) = json.loads(run("namespaces", "--store", "a.db", "--format", "json").stdout)
    process = watch("--store", "a.db", "--since", row["token"])
    fill(project / "a.db", {"n": {"second": ONE}})
    assert line_of(process).split()[4] == "second"


def test_what_is_no_token_is_refused(run: Run) -> None:
    result = run("watch", "--server", "http://127.0.0.1:9", "--since", "yesterday")
    assert result.exit_code == 1
    assert "'yesterday' is not a token" in result.stderr


def test_a_server_that_never_was_there_is_a_failure(run: Run) -> None:
    result = run("watch", "--server", "http://127.0.0.1:9")
    assert result.exit_code == 2
    assert "could not be reached" in result.stderr


def test_wild_names_are_shown_as_text() -> None:
    wild = Stored("x\x1b[31m\u202e\ny", 1, b"\xff", 1e99, "\x1b]0;title\x07")
    frame = Frame(Token("e", 1), "n\u202e", (wild,))
    (line,) = watching.as_text(frame, frame.token)
    assert line.plain.isprintable()
    (text,) = watching.as_json(frame, frame.token)
    assert text.isprintable()
    assert text.isascii()
    (line,) = watching.as_text(Reset("because\x1b[31m"), Token("e", 1))
    assert line.plain.isprintable()


class Scripted:
    """A store whose watches give what they are told to, and fail in between."""

    def __init__(self, *watches: list[Any]) -> None:
        self._watches = list(watches)
        self.asked: list[Token] = []

    def token(self) -> Token:
        return Token("e", 100)

    def watch(self, *, since: Token, namespaces: Any = None) -> Any:
        self.asked.append(since)
        seen = self._watches.pop(0)
        if isinstance(seen, Exception):
            raise seen

        def given() -> Iterator[Any]:
            for one in seen:
                if isinstance(one, Exception):
                    raise one
                yield one

        return given()


def frame(revision: int) -> Frame:
    return Frame(Token("e", revision), "n", (Stored("x", revision, b"{}"),))


def tokens_of(store: Any, number: int) -> list[int]:
    """The revisions of the first changes that are followed."""
    found: list[int] = []
    for seen, _ in watching.follow(store, Token("e", 1), ()):
        if isinstance(seen, Frame):
            found.append(seen.token.revision)
        if len(found) == number:
            return found
    raise AssertionError


def script() -> Scripted:
    lost = RemoteError("lost")
    return Scripted([frame(2), Beat(Token("e", 5)), lost], lost, [lost], [frame(6), Reset("gap")], [frame(101)])


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(watching, "LONGEST_PAUSE", 0.001)


def test_a_watch_goes_on_from_the_last_moment_that_it_knows() -> None:
    store = script()
    assert tokens_of(store, 3) == [2, 6, 101]
    assert [token.revision for token in store.asked] == [1, 5, 5, 5, 100]


def test_the_twin_that_begins_with_the_present_each_time_leaves_changes_out() -> None:
    class Cut:
        """A store whose first watch fails, while something happens; its twin forgets from where to go on."""

        def __init__(self, memory: MemoryStore, forgets: bool) -> None:
            self.memory = memory
            self.forgets = forgets
            self.cut = False

        def token(self) -> Token:
            return self.memory.token()

        def watch(self, *, since: Token, namespaces: Any = None) -> Any:
            if not self.cut:
                self.cut = True
                self.memory.submit("n", [Change("missed", b"{}")], operation="1").result()
                raise RemoteError("lost")
            given = self.memory.watch(since=self.memory.token() if self.forgets else since)
            self.memory.submit("n", [Change("seen", b"{}")], operation="2").result()
            return given

    for forgets, first in ((True, "seen"), (False, "missed")):
        following = watching.follow(Cut(MemoryStore(), forgets), None, ())  # type: ignore[arg-type]  # all that is asked
        frames = (seen for seen, _ in following if isinstance(seen, Frame))
        assert next(frames).changes[0].name == first
