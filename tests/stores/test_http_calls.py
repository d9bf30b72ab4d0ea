"""What a client of a namespace server sends, byte by byte, from any thread, until it is closed."""

import json
import threading
from pathlib import Path

import pytest
from faults.clients import GENEROUS, RECORD, Serve, always, put
from faults.scripted import Link, answer, honest, refusal

from registry.errors import (
    EntryNotFoundError,
    StoreError,
    ValidationError,
)
from registry.revisions import NOTHING_THERE, Change, Stored, Token
from registry.stores.http import HTTPStore
from registry.stores.memory import MemoryStore
from registry.stores.transport import calls, connections


def test_a_read_asks_the_engine_and_keeps_the_connection_and_the_bytes_of_the_record(serve: Serve) -> None:
    server = serve(always(answer(RECORD)))
    with HTTPStore(server.url + "/prefix/") as store:
        for _ in range(3):
            assert store.get("research.losses", "huber") == Stored("huber", 7, b'{"a": 1}', 1.5, "me")
    asked = server.asked[0]
    assert (asked.method, asked.target) == ("GET", "/prefix/registry/research.losses/get/huber?consistent=1")
    assert asked.headers["host"] == f"localhost:{server.address[1]}"
    assert asked.headers["accept-encoding"] == "identity"
    assert "authorization" not in asked.headers
    assert server.accepted == 1


def test_names_are_percent_encoded(serve: Serve) -> None:
    server = serve(always(refusal(EntryNotFoundError("No."))))
    with HTTPStore(server.url) as store:
        assert store.get("lösses", "a/b c?d#é") is None
    assert server.asked[0].target == "/registry/l%C3%B6sses/get/a%2Fb%20c%3Fd%23%C3%A9?consistent=1"


def test_one_change_is_a_set_and_all_others_are_applied(serve: Serve, memory: MemoryStore) -> None:
    server = serve(honest(memory))
    with HTTPStore(server.url) as store:
        token = put(store)
        two = [Change("huber", b'{"b":2}', token), Change("mse", b"{}", NOTHING_THERE)]
        later = store.submit("losses", two, operation="o2").result(0)
        store.submit("losses", [Change("mse", None)], operation="o3").result(0)
    assert [(asked.method, asked.path.rpartition("/")[2]) for asked in server.asked] == [
        ("POST", "set"),
        ("POST", "apply"),
        ("POST", "apply"),
    ]
    assert json.loads(server.asked[0].body) == {
        "key": "huber",
        "value": {"a": 1},
        "expect": "anything",
        "operation": "o1",
    }
    assert json.loads(server.asked[1].body) == {
        "operation": "o2",
        "changes": [
            {"key": "huber", "value": {"b": 2}, "expect": str(token)},
            {"key": "mse", "value": {}, "expect": "nothing"},
        ],
    }
    assert later.revision == token.revision + 1
    assert [stored.name for stored in memory.snapshot("losses")] == ["huber"]


@pytest.mark.parametrize("record", [b"", b"[1]", b"1", b'{"a":1},"operation":"x"', b"{} {}", b"\xff", b"[" * 100_000])
def test_a_record_that_is_no_object_is_refused_before_it_is_sent(serve: Serve, record: bytes) -> None:
    server = serve(always(b""))
    with HTTPStore(server.url) as store, pytest.raises(ValidationError, match="'huber' cannot be sent"):
        put(store, record=record)
    assert server.accepted == 0


def test_the_bounds_of_a_store_are_asked_for_once(serve: Serve) -> None:
    body = b'{"limits":{"changes":127,"submission":1000},"retention":{"seconds":60,"operations":5}}'
    server = serve(always(answer(body)))
    with HTTPStore(server.url) as store:
        assert (store.limits.changes, store.limits.size) == (127, 1000)
        assert (store.retention.seconds, store.retention.operations) == (60.0, 5)
    assert len(server.asked) == 1


def test_threads_share_connections_and_never_an_answer(serve: Serve) -> None:
    def script(link: Link) -> None:
        while True:
            name = link.request().path.rpartition("/")[2]
            link.send(answer(RECORD.replace(b"huber", name.encode())))

    server = serve(script)
    failed: list[BaseException] = []
    with HTTPStore(server.url) as store:

        def read(number: int) -> None:
            try:
                for _ in range(50):
                    found = store.get("losses", f"name{number}")
                    assert found is not None
                    assert found.name == f"name{number}"
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=read, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert failed == []
    assert server.accepted <= 16


def test_only_so_many_connections_wait(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_IDLE", 2)
    barrier = threading.Barrier(6)

    def script(link: Link) -> None:
        link.request()
        barrier.wait(GENEROUS)
        link.send(answer(RECORD))
        always(answer(RECORD))(link)

    with HTTPStore(serve(script).url) as store:
        threads = [threading.Thread(target=store.get, args=("losses", "huber")) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(GENEROUS)
        (idle,) = store._caller.pool._idle.values()
        assert len(idle) == 2


def test_an_idle_connection_that_grew_old_is_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(always(answer(RECORD)))
    with HTTPStore(server.url) as store:
        store.get("losses", "huber")
        monkeypatch.setattr(connections, "MAX_AGE", 0.0)
        store.get("losses", "huber")
    assert server.accepted == 2


def test_a_closed_store_says_so(serve: Serve, memory: MemoryStore) -> None:
    server = serve(honest(memory))
    store = HTTPStore(server.url)
    put(store)
    store.close()
    store.close()
    for call in (
        lambda: store.get("losses", "huber"),
        lambda: put(store),
        lambda: store.snapshot("losses"),
        lambda: store.watch(since=Token("e", 1)),
        store.token,
        store.namespaces,
        lambda: store.operation("o"),
        lambda: store.history("losses", "huber"),
        lambda: store.limits,
        lambda: store.clear("losses", operation="o"),
    ):
        with pytest.raises(StoreError, match="was closed"):
            call()


def test_nothing_is_opened_before_the_first_call(serve: Serve, tmp_path: Path) -> None:
    server = serve(always(answer(RECORD)))
    with HTTPStore(server.url) as store:
        assert repr(store) == f"HTTPStore({server.url!r})"
    assert server.accepted == 0


def test_a_call_that_is_interrupted_does_not_leave_its_answer_to_the_next(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(always(answer(RECORD)))
    with HTTPStore(server.url) as store:
        store.get("losses", "huber")
        with monkeypatch.context() as patched:

            def interrupted(self: connections.AnswerReader) -> None:
                raise KeyboardInterrupt

            patched.setattr(connections.AnswerReader, "head", interrupted)
            with pytest.raises(KeyboardInterrupt):
                store.get("losses", "huber")
        store.get("losses", "huber")
    assert server.accepted == 2


def test_pauses_grow_and_are_random() -> None:
    assert 0 < calls.FIRST_PAUSE < calls.LONGEST_PAUSE <= 1.0


def test_several_urls_in_one_text_are_told_to_be_a_list() -> None:
    with pytest.raises(ValidationError, match="Several URLs") as raised:
        HTTPStore("http://a:1,http://b:1")
    assert "list" in raised.value.suggestions[0]
