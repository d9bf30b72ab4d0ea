"""A store that denies the server something: for whoever runs it to mend, and not for clients."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from server.client import Client
from server.running import Running, running

from registry.errors import AccessDeniedError
from registry.revisions import Change
from registry.server import asking, feed
from registry.stores import MemoryStore
from registry.stores.answer import Answer

WHY = "etcd refuses the user 'kim': 'http://10.0.0.1:2379' says no."


class Denying:
    """A store that can be followed, and denies everything else."""

    def __init__(self, groups: bool) -> None:
        self.inner = MemoryStore()
        if groups:
            self.pending = 0

    def __getattr__(self, name: str) -> Any:
        if name == "pending":
            raise AttributeError(name)
        return getattr(self.inner, name)

    def submit(self, *given: Any, **options: Any) -> Any:
        answer: Answer[Any] = Answer()
        answer.set_exception(AccessDeniedError(WHY, suggestions=["Name another user."]))
        return answer

    def history(self, *given: Any) -> Any:
        raise AccessDeniedError(WHY)


@pytest.fixture(params=[True, False], ids=["a store that groups writes", "one that does not"])
def served(request: pytest.FixtureRequest) -> Iterator[Running]:
    store = Denying(request.param)
    store.inner.submit("a", [Change("k", b"{}")], operation="x").result()
    with running(store) as server:  # type: ignore[arg-type]  # the rest of it is that of the store within
        yield server
    store.inner.close()


def check_told(served: Running, caplog: pytest.LogCaptureFixture) -> None:
    """What was denied is said by the server's log, and clients are told to ask another one."""
    with Client(served.port) as client, caplog.at_level(logging.ERROR, "registry.server"):
        for answer in (
            client.ask("POST", "/registry/a/set", b'{"key":"k","value":{}}'),
            client.ask("DELETE", "/registry/a/delete/k", None),
            client.get("/registry/a/history/k"),
        ):
            assert answer.status == 503
            told = json.loads(answer.body)
            assert told["code"] == "store"
            assert "10.0.0.1" not in answer.body.decode()
            assert "kim" not in answer.body.decode()
        assert client.get("/registry/a/get/k").status == 200
    assert sum(WHY in record.message for record in caplog.records) == 3
    assert "Name another user." in caplog.text


def test_clients_are_not_told_to_mend_what_the_server_is_denied(
    served: Running, caplog: pytest.LogCaptureFixture
) -> None:
    check_told(served, caplog)


def test_a_server_that_passes_on_what_it_was_told_is_caught(
    served: Running, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (asking, feed):
        monkeypatch.setattr(module, "not_let_in", lambda error: error)
    with pytest.raises(AssertionError):
        check_told(served, caplog)
