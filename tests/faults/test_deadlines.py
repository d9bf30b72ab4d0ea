"""No call blocks for ever, each failure is one of ours, and what is in doubt is said to be and can be settled."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from faults.calls import Call, Outcome
from faults.figures import Figure
from faults.histories import NAMESPACE, Client, Journal, in_threads, record_of
from faults.judging import lies, too_slow, untyped
from faults.processes import Server
from faults.proxy import NONE, Fault, Proxy, wait_until
from faults.twins import Confident

from registry import Registry
from registry.backends import RemoteBackend
from registry.errors import DiagnosticError, RemoteError
from registry.revisions import Change
from registry.store_protocol import Store
from registry.stores import HTTPStore

TIMEOUT = 2.0
LONGEST = 10.0
"""Seconds that a call with that timeout may take on a machine that has other things to do."""

CONDITIONS: dict[str, Fault | None] = {
    "connections are reset": Fault(refused=True),
    "answers are cut off": Fault(answer_bytes=0),
    "answers are swallowed": Fault(swallowed=True),
    "answers trickle": Fault(trickle=0.5),
    "requests are cut off": Fault(request_bytes=100),
    "the server is stopped": None,
    "the server is gone": None,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("deadlines")) as server:
        yield server


def asked(store: Store, backend: Any) -> dict[str, Callable[[], object]]:
    """Every call there is, but writes."""
    registry: Registry[Any, Any, str] = Registry("deadlines", backend=backend)
    return {
        "get": lambda: store.get(NAMESPACE, "a"),
        "token": store.token,
        "limits": lambda: store.limits,
        "snapshot": lambda: list(store.snapshot(NAMESPACE)),
        "history": lambda: store.history(NAMESPACE, "a"),
        "namespaces": store.namespaces,
        "operation": lambda: store.operation("none"),
        "watch": lambda: next(iter(store.watch(since=_TOKEN[0]))),
        "look-up": lambda: registry.get("a", None),
        "listing": lambda: list(registry),
        "register": lambda: registry.register(f"r{uuid4().hex}", asked),
    }


_TOKEN: list[Any] = []


def under(condition: str, server: Server, proxy: Proxy, work: Callable[[], None]) -> None:
    """Do something while something is wrong."""
    fault = CONDITIONS[condition]
    if fault is not None:
        proxy.plan = lambda number: fault
    elif condition == "the server is stopped":
        os.kill(server.pid, signal.SIGSTOP)
    else:
        server.kill()
    try:
        work()
    finally:
        proxy.plan = lambda number: NONE
        proxy.cut()
        if condition == "the server is stopped":
            os.kill(server.pid, signal.SIGCONT)
        elif condition == "the server is gone":
            server.start()


def write_beside(
    condition: str, server: Server, make: Callable[[Store], Store] = lambda store: store
) -> tuple[list[Call], dict[str, float], list[str]]:
    """What 8 writers are told, how long every other call took, and which of them failed with what is not ours."""
    with HTTPStore(server.url) as healthy:
        _TOKEN[:] = [healthy.token()]
    took: dict[str, float] = {}
    alien: list[str] = []
    journal = Journal()

    def timed(kind: str, call: Callable[[], object]) -> None:
        began = time.monotonic()
        try:
            call()
        except DiagnosticError:
            pass
        except Exception as error:
            alien.append(f"{kind} ended with {error!r}")
        took[kind] = time.monotonic() - began

    proxy = Proxy(("127.0.0.1", server.port))
    url = server.url if condition == "the server is gone" else proxy.url
    with (
        proxy,
        HTTPStore(url, timeout=TIMEOUT) as store,
        RemoteBackend(url, namespace="deadlines", timeout=TIMEOUT, max_staleness=0) as backend,
    ):
        clients = [Client(f"{uuid4().hex[:8]}", make(store), journal) for _ in range(8)]
        calls = asked(store, backend)
        work: list[Callable[[], object]] = [partial(client.write, f"w-{client.name}") for client in clients]
        work += [partial(timed, kind, call) for kind, call in calls.items()]
        under(condition, server, proxy, lambda: in_threads(work))
    return journal.calls, took, alien


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_call_ends_in_time_and_what_is_in_doubt_can_be_settled(
    condition: str, server: Server, figure: Figure
) -> None:
    calls, took, alien = write_beside(condition, server)
    assert alien == []
    assert untyped(calls) == []
    assert too_slow(calls, LONGEST) == []
    assert {kind: seconds for kind, seconds in took.items() if seconds > LONGEST} == {}
    with HTTPStore(server.url) as store:
        wait_until(lambda: can_be_reached(store))  # what could not be is left alone for a second
        assert unsettled(calls, store) == []
        assert lies(calls, store) == []
    figure("calls that had to end within their deadline, and did", len(calls) + len(took))
    figure("calls that ended in doubt, and said so", sum(call.outcome is Outcome.UNKNOWN for call in calls))
    if condition in ("answers are cut off", "answers are swallowed", "the server is stopped"):
        assert {call.outcome for call in calls} == {Outcome.UNKNOWN}
    if condition == "the server is gone":
        assert {call.outcome for call in calls} == {Outcome.FAILED}


def can_be_reached(store: Store) -> bool:
    """Whether a call succeeds."""
    try:
        store.token()
    except RemoteError:
        return False
    return True


def unsettled(calls: list[Call], store: Store) -> list[str]:
    """Submit again what is in doubt, under its id; the writes that have not happened exactly once afterwards."""
    found = []
    for call in calls:
        if call.outcome is not Outcome.UNKNOWN:
            continue
        change = Change(call.name, record_of(call.value or ""))
        token = store.submit(NAMESPACE, [change], operation=call.operation).result(30)
        revisions = [version.revision for version in store.history(NAMESPACE, call.name)]
        done = store.operation(call.operation)
        if revisions != [token.revision] or done is None or done.token != token:
            found.append(
                f"{call} was submitted again at {token}: the history has {revisions}, and the store says {done}"
            )
    return found


def test_a_server_that_forgets_operations_is_noticed(tmp_path: Path) -> None:
    with Server(tmp_path, twin="Forgetful") as server:
        calls, _, _ = write_beside("answers are cut off", server)
        with HTTPStore(server.url) as store:
            assert unsettled(calls, store) != []


def test_a_client_that_says_failed_when_nobody_knows_is_noticed(server: Server) -> None:
    def confident(store: Store) -> Any:
        return Confident(store, RemoteError)

    calls, _, _ = write_beside("answers are cut off", server, confident)
    with HTTPStore(server.url) as store:
        assert lies(calls, store) != []


def test_a_call_that_never_ends_is_noticed() -> None:
    deaf = Proxy(("127.0.0.1", 9), plan=lambda number: Fault(connect_delay=3.0))
    with deaf, HTTPStore(deaf.url, timeout=2.0) as store:
        call = Client("c", store, Journal()).read("a")
    assert too_slow([call], longest=0.5) != []
    assert untyped([call]) == []


def test_calls_succeed_again_afterwards(server: Server) -> None:
    with HTTPStore(server.url) as store:
        client = Client(uuid4().hex[:8], store, Journal())
        wait_until(lambda: client.write("again").outcome is Outcome.DONE)
        assert client.read("again").outcome is Outcome.DONE
