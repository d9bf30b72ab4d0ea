"""Snapshots over HTTP: read as they come, whole or not at all."""

import gc
import time
import tracemalloc

import pytest
from faults.clients import GENEROUS, Serve, always
from faults.proxy import Fault, Proxy
from faults.scripted import STREAM, Link, Scripted, answer, chunk, honest, refusal

from registry.errors import (
    OverloadedError,
    RemoteError,
)
from registry.revisions import Change, Stored, Token
from registry.stores.http import HTTPStore, snapshots
from registry.stores.memory import MemoryStore
from registry.stores.transport import connections
from registry.wire.json import envelope, write


def lines_of(count: int, *, said: int | None = None, namespace: str = "losses", token: str = "e.100") -> bytes:
    first = write({"namespace": namespace, "token": token, "count": count if said is None else said})
    return b"".join(line + b"\n" for line in (first, *(line_of(number) for number in range(count))))


def line_of(number: int) -> bytes:
    return envelope(Stored(f"name{number}", number + 1, b'{"a":%d}' % number, 1.5, "me"), "e")


LINES = "application/x-ndjson"


def test_a_snapshot_is_read_as_it_comes_and_its_connection_is_used_again(serve: Serve) -> None:
    server = serve(always(answer(lines_of(5), kind=LINES)))
    with HTTPStore(server.url) as store:
        for _ in range(2):
            with store.snapshot("losses") as snapshot:
                assert (snapshot.token, snapshot.count) == (Token("e", 100), 5)
                assert [stored.record for stored in snapshot] == [b'{"a":%d}' % number for number in range(5)]
    assert server.asked[0].target == "/registry/losses/snapshot?consistent=1"
    assert server.accepted == 1


def test_a_snapshot_that_is_not_read_to_its_end_gives_its_connection_up(serve: Serve) -> None:
    server = serve(always(answer(lines_of(5), kind=LINES)))
    with HTTPStore(server.url) as store:
        with store.snapshot("losses") as snapshot:
            next(iter(snapshot))
        with store.snapshot("losses"):
            pass
        list(store.snapshot("losses"))
    assert server.accepted == 3


@pytest.mark.parametrize("size", [1, 7, 100])
def test_the_lines_of_a_snapshot_may_be_cut_anywhere(serve: Serve, size: int) -> None:
    lines = lines_of(20)
    pieces = [lines[start : start + size] for start in range(0, len(lines), size)]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
    with HTTPStore(serve(always(head + b"".join(map(chunk, [*pieces, b""])))).url) as store:
        assert [stored.name for stored in store.snapshot("losses")] == [f"name{number}" for number in range(20)]


BROKEN_SNAPSHOTS = {
    "fewer than it says": (answer(lines_of(3, said=4), kind=LINES), "sent 3 records, and said that there are 4"),
    "more than it says": (answer(lines_of(3, said=2), kind=LINES), "sent 3 records, and said that there are 2"),
    "half a line": (answer(lines_of(3)[:-5], kind=LINES), "in the middle of a line"),
    "of another epoch": (answer(lines_of(3, token="f.100"), kind=LINES), "another moment"),
    "of a later moment": (answer(lines_of(3, token="e.1"), kind=LINES), "another moment"),
    "a line that is no record": (answer(lines_of(1, said=2) + b"{}\n", kind=LINES), "no record"),
    "a removed record": (
        answer(lines_of(0, said=1) + envelope(Stored("a", 1, None), "e") + b"\n", kind=LINES),
        "no record",
    ),
    "a line that lost its end": (answer(lines_of(1)[:-2] + b"\n", kind=LINES), "no record"),
    "of another namespace": (answer(lines_of(3, namespace="models"), kind=LINES), "sent no snapshot"),
    "nothing": (answer(b"", kind=LINES), "sent no snapshot"),
    "a negative count": (answer(lines_of(0, said=-1), kind=LINES), "sent no snapshot"),
    "a list": (answer(b"[]\n", kind=LINES), "sent no snapshot"),
    "JSON": (answer(b"{}"), "'application/json'"),
    "a line without an end": (answer(lines_of(0) + b"x" * (2 << 20), kind=LINES), "a line of more than"),
}


@pytest.mark.parametrize(("data", "said"), BROKEN_SNAPSHOTS.values(), ids=BROKEN_SNAPSHOTS.keys())
def test_a_snapshot_that_is_not_whole_is_an_error(serve: Serve, data: bytes, said: str) -> None:
    with HTTPStore(serve(always(data)).url) as store, pytest.raises(RemoteError, match=said):
        list(store.snapshot("losses"))


def test_a_snapshot_whose_connection_is_cut_is_an_error(memory: MemoryStore) -> None:
    for number in range(50):
        memory.submit("losses", [Change(f"name{number}", b'{"a":1}')], operation=f"o{number}").result(0)
    with (
        Scripted(honest(memory)) as server,
        Proxy(server.address, [Fault(answer_bytes=3000), Fault(answer_bytes=3000, reset=True)]) as proxy,
        HTTPStore(proxy.url) as store,
    ):
        for _ in range(2):
            with pytest.raises(RemoteError, match="broke"):
                list(store.snapshot("losses"))
        assert len(list(store.snapshot("losses"))) == 50


def test_a_client_that_does_not_count_is_caught(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    real = snapshots._read_first
    monkeypatch.setattr(snapshots, "_read_first", lambda *given: (real(*given)[0], 3))
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_a_snapshot_that_is_not_whole_is_an_error(serve, *BROKEN_SNAPSHOTS["fewer than it says"])


def test_a_snapshot_may_take_longer_than_a_call_as_long_as_it_goes_on(serve: Serve) -> None:
    lines = lines_of(4).splitlines(keepends=True)

    def script(link: Link) -> None:
        link.request()
        link.send(answer(b"".join(lines), kind=LINES)[: -sum(map(len, lines))])
        for line in lines:
            link.send(line)
            link.wait(0.7)

    with HTTPStore(serve(script).url, timeout=2.0) as store:
        assert len(list(store.snapshot("losses"))) == 4


def test_a_snapshot_that_stops_is_given_up(serve: Serve) -> None:
    def script(link: Link) -> None:
        link.request()
        link.send(answer(lines_of(4), kind=LINES)[:-100])
        link.wait()

    with HTTPStore(serve(script).url, timeout=0.5) as store:
        began = time.monotonic()
        with pytest.raises(RemoteError, match=r"within 0.5 seconds"):
            list(store.snapshot("losses"))
        assert time.monotonic() - began < 0.5 + GENEROUS


def test_a_snapshot_that_is_put_off_is_waited_for(serve: Serve) -> None:
    def script(link: Link) -> None:
        link.request()
        link.send(refusal(OverloadedError("As many snapshots as it can."), Retry_After="1"))
        always(answer(lines_of(1), kind=LINES))(link)

    with HTTPStore(serve(script).url) as store:
        assert len(list(store.snapshot("losses"))) == 1


def memory_for(serve: Serve, count: int) -> int:
    """The most bytes that reading a snapshot of so many records takes at once."""

    def script(link: Link) -> None:
        link.request()
        first = write({"namespace": "losses", "token": f"e.{count}", "count": count}) + b"\n"
        link.send(STREAM.replace(b"text/event-stream", LINES.encode()) + chunk(first))
        for start in range(0, count, 500):
            numbers = range(start, min(start + 500, count))
            link.send(chunk(b"".join(line_of(number) + b"\n" for number in numbers)))
        link.send(chunk(b""))

    with HTTPStore(serve(script).url) as store:
        gc.collect()
        tracemalloc.start()
        try:
            assert sum(1 for _ in store.snapshot("losses")) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_the_memory_that_reading_a_snapshot_takes_does_not_grow_with_it(serve: Serve) -> None:
    assert memory_for(serve, 20_000) < 3 << 20


def test_a_client_that_reads_a_snapshot_at_once_is_caught(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    real = connections.AnswerReader.blocks
    monkeypatch.setattr(connections.AnswerReader, "blocks", lambda *given: iter([b"".join(real(*given))]))
    with pytest.raises(AssertionError):
        test_the_memory_that_reading_a_snapshot_takes_does_not_grow_with_it(serve)
