"""Watches over HTTP: in order, resumable, and ended from anywhere."""

import contextlib
import gc
import socket
import threading
import time
from collections.abc import Callable

import pytest
from faults.clients import GENEROUS, Serve, always
from faults.proxy import Fault, Proxy
from faults.scripted import STREAM, Link, Script, Scripted, answer, chunk, honest, refusal

from registry.errors import (
    OperationalError,
    OverloadedError,
    RemoteError,
    ValidationError,
)
from registry.revisions import Beat, Change, Digest, Frame, Reset, Seen, Stored, Token
from registry.stores.http import HTTPStore, HTTPWatch
from registry.stores.memory import MemoryStore
from registry.stores.transport import lifetime
from registry.stores.transport.calls import Caller
from registry.stores.transport.lifetime import Lifetime
from registry.wire.events import MAX_EVENT, beat_event, change_event, end_event, records_event, reset_event


def frame(revision: int, namespace: str = "losses", epoch: str = "e") -> Frame:
    return Frame(Token(epoch, revision), namespace, (Stored("huber", revision, b'{"a":1}', 1.5, "me"),))


def streaming(*events: bytes, then: Callable[[Link], object] = Link.wait) -> Script:
    def script(link: Link) -> None:
        link.request()
        link.send(STREAM + b"".join(map(chunk, events)))
        then(link)

    return script


SINCE = Token("e", 10)


def seen_by(store: HTTPStore, count: int, **options: object) -> list[Seen]:
    watch = store.watch(since=SINCE, **options)  # type: ignore[arg-type]  # the namespaces
    try:
        return [next(watch) for _ in range(count)]
    finally:
        watch.close()


def test_a_watch_gives_what_happened_in_order(serve: Serve) -> None:
    digests = {"losses": Digest(1, 0xABC)}
    events = [
        change_event(frame(11)),
        b": a comment\n\n",
        records_event("losses", [], "e"),
        beat_event(Token("e", 12), digests),
        b"event: something-new\ndata: {}\n\n",
        change_event(frame(15)),
    ]
    server = serve(streaming(b"".join(events)[:33], b"".join(events)[33:]))
    with HTTPStore(server.url) as store:
        assert seen_by(store, 3) == [frame(11), Beat(Token("e", 12), digests), frame(15)]
    assert server.asked[0].target == "/watch?since=e.10"
    assert server.asked[0].headers["accept"] == "text/event-stream"


def asked_after_the_first_one_ended(serve: Serve) -> list[int]:
    """How often two servers were asked for a watch, of which the first one ends each."""
    ending, going = serve(streaming(end_event("it stops"))), serve(streaming(change_event(frame(11))))
    with HTTPStore([ending.url, going.url]) as store:
        for _ in range(2):
            with contextlib.suppress(RemoteError):
                seen_by(store, 1)
    return [len(ending.asked), len(going.asked)]


def test_a_server_that_ends_a_watch_is_passed_over_by_the_next_one(serve: Serve) -> None:
    assert asked_after_the_first_one_ended(serve) == [1, 1]


def test_a_client_that_goes_back_to_a_server_that_ended_its_watch_is_noticed(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Caller, "avoid", lambda *_: None)
    assert asked_after_the_first_one_ended(serve) == [2, 0]


def test_a_watch_connects_when_it_is_first_read(serve: Serve) -> None:
    server = serve(streaming(change_event(frame(11))))
    with HTTPStore(server.url) as store:
        watch = store.watch(since=SINCE)
        assert server.accepted == 0
        assert next(watch) == frame(11)
        watch.close()
        unread = store.watch(since=SINCE)
        unread.close()
        assert list(unread) == []
    assert server.accepted == 1


def test_a_watch_of_some_namespaces_gives_nothing_else(serve: Serve) -> None:
    events = [change_event(frame(11, "models")), change_event(frame(12)), change_event(frame(13, "a&b=c"))]
    beat = beat_event(Token("e", 14), {"losses": Digest(1, 2), "models": Digest(1, 3)})
    server = serve(streaming(*events, beat))
    with HTTPStore(server.url) as store:
        found = seen_by(store, 3, namespaces=["a&b=c", "losses"])
    assert found == [frame(12), frame(13, "a&b=c"), Beat(Token("e", 14), {"losses": Digest(1, 2)})]
    assert server.asked[0].query["namespace"] == ["a&b=c", "losses"]


def test_a_watch_of_no_namespace_sees_only_beats_and_one_of_very_many_asks_for_all(serve: Serve) -> None:
    server = serve(streaming(change_event(frame(11)), beat_event(Token("e", 12), {"losses": Digest(1, 2)})))
    with HTTPStore(server.url) as store:
        assert seen_by(store, 1, namespaces=[]) == [Beat(Token("e", 12), {})]
        many = [f"namespace{number}" for number in range(2000)]
        assert seen_by(store, 2, namespaces=[*many, "losses"])[0] == frame(11)
    assert server.asked[1].target == "/watch?since=e.10"


def test_a_reset_is_the_last_thing_that_a_watch_gives(serve: Serve) -> None:
    server = serve(streaming(reset_event("the log is shorter"), records_event("losses", [], "e")))
    with HTTPStore(server.url) as store:
        watch = store.watch(since=SINCE)
        assert list(watch) == [Reset("the log is shorter")]
        assert list(watch) == []


ENDINGS: dict[str, tuple[Script, str]] = {
    "the server stops": (streaming(end_event("the server stops")), "the server stops"),
    "the stream ends": (streaming(b""), "broke"),
    "the connection ends": (streaming(then=Link.close), "broke"),
    "the connection is reset": (streaming(then=Link.reset), "broke"),
    "the server goes silent": (streaming(beat_event(SINCE, {})), "heard nothing for 1.5 seconds"),
    "the server begins nothing": (streaming(), "heard nothing"),
    "an event that never ends": (
        streaming(then=lambda link: link.trickle(chunk(b"x") * 80, 0.01)),
        "heard nothing",
    ),
    "events out of order": (streaming(change_event(frame(12)), change_event(frame(11))), "an event of e.11 after e.12"),
    "an event twice": (streaming(change_event(frame(12)), change_event(frame(12))), "an event of e.12 after e.12"),
    "an event from before": (streaming(change_event(frame(10))), "an event of e.10 after e.10"),
    "a beat from before": (streaming(beat_event(Token("e", 9), {})), "an event of e.9 after e.10"),
    "another epoch": (streaming(change_event(frame(11, epoch="f"))), "an event of f.11 after e.10"),
    "an event that is no JSON": (streaming(b"id: e.11\nevent: change\ndata: {]\n\n"), "cannot be read"),
    "an event without an id": (streaming(b'event: change\ndata: {"namespace":"a","changes":[]}\n\n'), "cannot be read"),
    "an event that is too long": (streaming(then=lambda link: endless(link)), f"more than {MAX_EVENT} bytes"),
    "a refusal": (always(refusal(OverloadedError("Too many watchers."), Retry_After="1")), "Too many watchers"),
    "a page": (always(answer(b"<html>", kind="text/html")), "'text/html'"),
    "no HTTP": (lambda link: (link.request(), link.send(b"hello\r\n\r\n"))[1], "not HTTP"),
    "chunks that are none": (streaming(then=lambda link: link.send(b"zz\r\n")), "a chunk whose size"),
}


def endless(link: Link) -> None:
    while True:
        link.send(chunk(b"data: " + b"x" * (1 << 20)))


@pytest.mark.parametrize(("script", "said"), ENDINGS.values(), ids=ENDINGS.keys())
def test_a_watch_that_cannot_go_on_is_an_error_that_says_why(serve: Serve, script: Script, said: str) -> None:
    with HTTPStore(serve(script).url, timeout=2.0, silence=1.5) as store:
        watch = store.watch(since=SINCE)
        began = time.monotonic()
        with pytest.raises(OperationalError, match=said):
            for _ in watch:
                pass
        assert time.monotonic() - began < 3.5 + GENEROUS
        assert list(watch) == []


@pytest.mark.parametrize("ending", ["events out of order", "an event twice", "an event from before", "another epoch"])
def test_a_client_that_believes_every_event_is_caught(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(HTTPWatch, "_check", lambda *given: None)
    with pytest.raises(AssertionError):
        test_a_watch_that_cannot_go_on_is_an_error_that_says_why(serve, *ENDINGS[ending])


def test_a_client_without_a_limit_for_a_whole_event_is_caught(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    real = HTTPWatch._block
    monkeypatch.setattr(HTTPWatch, "_block", lambda self, deadline: real(self, deadline + 3600.0))
    with pytest.raises(AssertionError):
        test_a_watch_that_cannot_go_on_is_an_error_that_says_why(serve, *ENDINGS["an event that never ends"])


def test_a_watch_that_nobody_can_answer_is_an_error_at_once_and_then_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with HTTPStore(f"http://127.0.0.1:{port}") as store:
        for _ in range(3):
            with pytest.raises(RemoteError, match="could not be reached"):
                next(store.watch(since=SINCE))


def test_a_wrong_token_is_refused_when_a_watch_is_read(serve: Serve) -> None:
    server = serve(always(refusal(ValidationError("No such thing."))))
    with HTTPStore(server.url) as store, pytest.raises(ValidationError):
        next(store.watch(since=SINCE))


def ended_in(watch: HTTPWatch, waits: Callable[[], object], end: Callable[[], None]) -> float:
    """Seconds from the call that ends a watch until the thread that reads it is done; nothing else may come of it."""
    failed: list[BaseException] = []

    def read() -> None:
        try:
            for _ in watch:
                pass
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    waits()
    began = time.monotonic()
    end()
    thread.join(30.0)
    assert not thread.is_alive()
    assert failed == []
    return time.monotonic() - began


WAITS: dict[str, Script] = {
    "for an event": streaming(beat_event(SINCE, {})),
    "for the first event": streaming(),
    "for an answer": lambda link: (link.request(), link.wait())[1],
    "within an answer": lambda link: (link.request(), link.send(STREAM[:20]), link.wait())[2],
    "within an event": streaming(change_event(frame(11))[:20]),
}


@pytest.mark.parametrize("by_the_store", [False, True], ids=["the watch", "the store"])
@pytest.mark.parametrize("script", WAITS.values(), ids=WAITS.keys())
def test_closing_ends_a_watch_that_waits(serve: Serve, script: Script, by_the_store: bool) -> None:
    server = serve(script)
    with HTTPStore(server.url, timeout=60.0, silence=60.0) as store:
        watch = store.watch(since=SINCE)

        def waits() -> None:
            deadline = time.monotonic() + GENEROUS
            while not server.asked and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(0.1)

        assert ended_in(watch, waits, store.close if by_the_store else watch.close) < GENEROUS
        assert watch._answer is None or watch._answer.connection.line._socket.fileno() == -1


def test_closing_ends_a_watch_that_still_connects() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        others = [socket.socket() for _ in range(8)]  # fill what the system accepts by itself
        try:
            for other in others:
                other.setblocking(False)
                other.connect_ex(("127.0.0.1", port))
            time.sleep(0.2)
            with HTTPStore(f"http://127.0.0.1:{port}", timeout=60.0) as store:
                watch = store.watch(since=SINCE)
                assert ended_in(watch, lambda: time.sleep(0.5), watch.close) < GENEROUS
        finally:
            for other in others:
                other.close()


def test_a_watch_that_only_lets_go_of_its_socket_is_caught(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifetime, "shut", lambda opened: None)
    monkeypatch.setattr(Lifetime, "_tidy", lambda self: None)
    server = serve(streaming(then=lambda link: link.wait(3.0)))
    with HTTPStore(server.url, timeout=60.0, silence=60.0) as store:
        for _ in range(3):  # on a machine that is busy it may be closed before it waits, which ends it well
            watch = store.watch(since=SINCE)
            took = ended_in(watch, lambda: time.sleep(0.5), watch.close)
            if took > 2.0:
                break
        assert took > 2.0, "it waited for the server, and would for as long as that may be"


def test_a_watch_passes_over_a_server_that_is_away(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    good = serve(streaming(change_event(frame(11))))
    with HTTPStore([f"http://127.0.0.1:{port}", good.url]) as store:
        assert seen_by(store, 1) == [frame(11)]


def test_a_watch_over_a_cut_line_misses_nothing_when_it_goes_on_from_its_last_token(memory: MemoryStore) -> None:
    first = memory.token()
    written = [
        memory.submit("losses", [Change(f"name{number}", b'{"a":1}')], operation=f"o{number}").result(0)
        for number in range(100)
    ]
    found: list[Token] = []
    with (
        Scripted(honest(memory)) as server,
        Proxy(server.address, lambda number: Fault(answer_bytes=700 + 317 * number, reset=number % 2 == 0)) as proxy,
        HTTPStore(proxy.url) as store,
    ):
        since, rounds = first, 0
        while len(found) < len(written):
            rounds += 1
            assert rounds < 200
            watch = store.watch(since=since)
            try:
                for seen in watch:
                    assert not isinstance(seen, Reset)
                    since = seen.token
                    if isinstance(seen, Frame):
                        found.append(seen.token)
                    if len(found) == len(written):
                        break
            except RemoteError:
                pass
            finally:
                watch.close()
        assert rounds > 3
    assert found == written


def test_a_forgotten_watch_goes_quietly(serve: Serve) -> None:
    server = serve(streaming(change_event(frame(11))))
    with HTTPStore(server.url) as store:
        next(store.watch(since=SINCE))
        gc.collect()
        assert list(store._watches) == []


def test_a_stream_of_many_events_is_read_in_reasonable_time(serve: Serve) -> None:
    events = b"".join(change_event(frame(11 + number)) for number in range(5000))
    with HTTPStore(serve(streaming(events)).url) as store:
        began = time.monotonic()
        assert len(seen_by(store, 5000)) == 5000
        assert time.monotonic() - began < 20.0
