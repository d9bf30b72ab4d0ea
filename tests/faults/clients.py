"""What tests of clients need: scripts of whole servers, and calls whose time is taken."""

import os
import signal
import socket
import time
from collections.abc import Callable

import pytest
from faults.scripted import Link, Script, Scripted

from registry.revisions import Change, Token
from registry.stores.http import HTTPStore

GENEROUS = 10.0
"""Seconds that a call may take longer than it should, on a machine that has much else to do."""

RECORD = b'{"key":"huber","token":"e.7","time":1.5,"author":"me","value":{"a": 1}}'

Serve = Callable[..., Scripted]


def always(data: bytes) -> Script:
    """The same answer to every request."""

    def script(link: Link) -> None:
        while True:
            link.request()
            link.send(data)

    return script


def first_then(first: Callable[[Link], None], then: Script) -> Script:
    """One script for the first connection, another one for the others."""
    return lambda link: first(link) if link.number == 0 else then(link)


def hang_up(link: Link) -> None:
    """Take a request, and reset the connection."""
    link.request()
    link.reset()


def put(store: HTTPStore, name: str = "huber", record: bytes = b'{"a":1}', operation: str = "o1") -> Token:
    """Write one record."""
    return store.submit("losses", [Change(name, record)], operation=operation).result(0)


def seconds_of(call: Callable[[], object], error: type[BaseException]) -> tuple[float, BaseException]:
    """How long a call took that fails, and how it failed."""
    began = time.monotonic()
    with pytest.raises(error) as raised:
        call()
    return time.monotonic() - began, raised.value


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def in_child(check: Callable[[], bool]) -> None:
    """Run a check in a forked child, which has to end within seconds and find it true."""
    child = os.fork()
    if child == 0:
        good = False
        try:
            good = check()
        finally:
            os._exit(0 if good else 1)
    deadline = time.monotonic() + GENEROUS
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            pytest.fail("the child hangs")
        time.sleep(0.01)
    assert os.waitstatus_to_exitcode(status) == 0
