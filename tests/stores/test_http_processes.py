"""A client across processes: forks, pickles, exits, and servers that are stopped or restarted."""

import functools
import os
import pickle
import signal
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from faults.clients import GENEROUS, RECORD, Serve, always, in_child, put
from faults.proxy import wait_until
from faults.scripted import STREAM, Link, answer, chunk, honest

from registry.errors import (
    RemoteError,
    UnknownOutcomeError,
    ValidationError,
)
from registry.revisions import Beat, Change, Token
from registry.stores.http import HTTPStore
from registry.stores.memory import MemoryStore
from registry.stores.transport import connections
from registry.wire.events import beat_event

# That children of a process with threads go on is what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:.*is multi-threaded, use of fork.*:DeprecationWarning")

TESTS = Path(__file__).parents[1]
SINCE = Token("e", 10)


def test_a_child_has_connections_of_its_own_and_leaves_those_of_its_parent(serve: Serve) -> None:
    server = serve(always(answer(RECORD)))
    with HTTPStore(server.url) as client:
        assert client.get("losses", "huber") is not None
        in_child(lambda: client.get("losses", "huber") is not None and not client.close())
        assert client.get("losses", "huber") is not None
    assert server.accepted == 2


def test_a_child_that_shares_its_parents_connections_is_caught(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HTTPStore, "after_fork_in_child", lambda self: None)
    with pytest.raises(AssertionError):
        test_a_child_has_connections_of_its_own_and_leaves_those_of_its_parent(serve)


def test_a_child_is_not_held_up_by_what_other_threads_of_its_parent_do(serve: Serve) -> None:
    ending = threading.Event()

    def script(link: Link) -> None:
        while True:
            if link.request().path.endswith("slow"):
                ending.wait(GENEROUS)
            link.send(answer(RECORD.replace(b"huber", link.asked[-1].path.rpartition("/")[2].encode())))

    with HTTPStore(serve(script).url) as client:
        threads = [threading.Thread(target=client.get, args=("losses", "slow")) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                in_child(lambda: client.get("losses", "huber") is not None and not client.close())
        finally:
            ending.set()
            for thread in threads:
                thread.join(GENEROUS)


def test_a_child_does_not_read_or_end_its_parents_watch(serve: Serve) -> None:
    begun = threading.Event()

    def script(link: Link) -> None:
        link.request()
        link.send(STREAM + chunk(beat_event(SINCE, {})))
        begun.set()
        while True:
            link.wait(0.1)
            link.send(chunk(beat_event(SINCE, {})))

    with HTTPStore(serve(script).url) as client:
        watch = client.watch(since=SINCE)
        assert next(watch) == Beat(SINCE)
        reader = threading.Thread(target=lambda: [next(watch) for _ in range(20)])
        reader.start()

        def check() -> bool:
            try:
                next(watch)
            except RemoteError:
                watch.close()
                other = client.watch(since=SINCE)
                return next(other) == Beat(SINCE) and not client.close()
            return False

        in_child(check)
        reader.join(GENEROUS)
        assert not reader.is_alive()
        assert next(watch) == Beat(SINCE)


def test_a_child_does_not_read_on_in_its_parents_snapshot(serve: Serve, memory: MemoryStore) -> None:
    record = b'{"a":"%s"}' % (b"x" * 10_000)
    for number in range(300):
        memory.submit("losses", [Change(f"name{number}", record)], operation=f"o{number}").result(0)
    with HTTPStore(serve(honest(memory)).url) as client, client.snapshot("losses") as snapshot:
        found = [next(iter(snapshot))]

        def check() -> bool:
            try:
                list(snapshot)
            except RemoteError:
                return True
            return False

        in_child(check)
        assert len([*found, *snapshot]) == 300


def test_a_child_that_reads_its_parents_stream_is_caught(
    serve: Serve, memory: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections.os, "getpid", lambda: 1)
    with pytest.raises((AssertionError, RemoteError)):
        test_a_child_does_not_read_on_in_its_parents_snapshot(serve, memory)


def token_of_this_module() -> str:
    return "rgk_from_a_function"


def test_a_pickle_holds_no_token_unless_a_function_of_a_module_gives_it(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(always(answer(RECORD)))
    given = [
        "rgk_secret",
        lambda: "rgk_secret",
        functools.partial(str, "rgk_secret"),
        "rgk_secret".lower,
    ]
    monkeypatch.setenv("REGISTRY_TOKEN", "rgk_environment")
    for token in given:
        data = pickle.dumps(HTTPStore(server.url, token=token, timeout=3.5, silence=1.5))
        assert b"secret" not in data
        with pickle.loads(data) as arrived:
            assert arrived.get("losses", "huber") is not None
            assert arrived._options.timeout == 3.5
            assert arrived._options.silence == 1.5
    assert {asked.headers["authorization"] for asked in server.asked} == {"Bearer rgk_environment"}


def test_a_function_of_a_module_goes_along(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tokens_of_a_test", sys.modules[__name__])
    monkeypatch.setattr(token_of_this_module, "__module__", "tokens_of_a_test")
    server = serve(always(answer(RECORD)))
    with pickle.loads(pickle.dumps(HTTPStore([server.url, server.url + "/x"], token=token_of_this_module))) as arrived:
        assert arrived.get("losses", "huber") is not None
        assert len(arrived._addresses) == 2
    assert server.asked[0].headers["authorization"] == "Bearer rgk_from_a_function"


def test_a_context_for_tls_cannot_go_along_and_says_so() -> None:
    client = HTTPStore("https://localhost", tls=ssl.create_default_context())
    with pytest.raises(ValidationError, match="another process") as raised:
        pickle.dumps(client)
    assert raised.value.suggestions


FORGETFUL = """
import sys, threading
sys.path[:0] = [{tests!r}]
from faults.scripted import STREAM, Scripted, answer, chunk
from registry.revisions import Token
from registry.stores.http import HTTPStore
from registry.wire.events import beat_event

def script(link):
    while True:
        asked = link.request()
        if asked.path == "/watch":
            link.send(STREAM + chunk(beat_event(Token("e", 10), {{}})))
        elif asked.path.endswith("snapshot"):
            link.send(answer(b'{{"namespace":"losses","token":"e.1","count":1}}\\n', kind="application/x-ndjson"))
        else:
            link.send(answer({record!r}))

server = Scripted(script)
store = HTTPStore(server.url, timeout=60.0, silence=60.0)
store.get("losses", "huber")
kept = store.snapshot("losses")
watch = store.watch(since=Token("e", 10))
next(watch)
waiting = threading.Thread(target=lambda: next(watch), daemon=True)
waiting.start()
circle = [store, kept]
circle.append(circle)
print("done")
"""


def test_a_forgotten_store_does_not_hold_up_the_end_of_a_process_or_complain() -> None:
    code = FORGETFUL.format(tests=str(TESTS), record=RECORD)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert "registry" not in done.stderr


def test_importing_the_client_does_not_load_ssl_or_http() -> None:
    heavy = ("ssl", "http.client", "aiohttp")
    code = f"import sys, registry.stores.http; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"


SERVER = """
import sys
sys.path[:0] = [{tests!r}]
from faults.scripted import Scripted, honest
from registry.stores.memory import MemoryStore
server = Scripted(honest(MemoryStore()), port={port})
print(server.address[1], flush=True)
sys.stdin.read()
"""


class Process:
    """A server in a process of its own."""

    def __init__(self, port: int = 0) -> None:
        code = SERVER.format(tests=str(TESTS), port=port)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def signal(self, number: int) -> None:
        self.process.send_signal(number)
        if number == signal.SIGSTOP:
            os.waitpid(self.process.pid, os.WUNTRACED)  # until it has stopped

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *raised: object) -> None:
        self.process.kill()
        self.process.communicate()


def test_a_stopped_server_holds_no_call_and_leaves_no_doubt_unsaid() -> None:
    with Process() as server, HTTPStore(server.url, timeout=2.0) as client:
        put(client)
        server.signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            with pytest.raises(UnknownOutcomeError, match="'o2'"):
                put(client, operation="o2")
            with pytest.raises(RemoteError):
                client.get("losses", "huber")
            assert time.monotonic() - began < 4.0 + GENEROUS
        finally:
            server.signal(signal.SIGCONT)
        found: list[object] = []

        def is_settled() -> bool:
            try:
                found.append(client.operation("o2"))
            except RemoteError:
                return False
            return found[-1] is not None  # it lay in the server's own buffer, and was made after all

        wait_until(is_settled, GENEROUS)


def test_a_stopped_server_holds_no_watch() -> None:
    with Process() as server, HTTPStore(server.url, timeout=5.0, silence=2.5) as client:
        watch = client.watch(since=client.token())
        next(watch)
        server.signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            with pytest.raises(RemoteError, match="heard nothing"):
                for _ in watch:
                    pass
            assert time.monotonic() - began < 2.5 + GENEROUS
        finally:
            server.signal(signal.SIGCONT)


def test_a_server_that_was_restarted_between_calls_is_not_noticed() -> None:
    with Process() as server, HTTPStore(server.url) as client:
        put(client)
        assert client.get("losses", "huber") is not None
        port = server.port
        server.__exit__()
        with Process(port):
            assert client.get("losses", "huber") is None  # its store began anew
            assert put(client, operation="o2").revision == 1


def test_a_killed_server_is_an_error_at_once() -> None:
    with Process() as server, HTTPStore(server.url) as client:
        put(client)
        server.signal(signal.SIGKILL)
        server.process.wait()
        began = time.monotonic()
        with pytest.raises(RemoteError, match="nothing was sent") as raised:
            put(client, operation="o2")
        assert type(raised.value) is RemoteError
        assert time.monotonic() - began < GENEROUS
