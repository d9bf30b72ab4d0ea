"""Watches of a store in etcd: in order, resumable, and ended from anywhere."""

import threading
import time
from collections.abc import Callable
from contextlib import closing

import pytest
from clusters.members import Cluster
from faults.clients import GENEROUS, seconds_of
from faults.proxy import wait_until
from stores.etcd_fixtures import RECORD, Open, behind, eventually, first, frames, put, restart

from registry.errors import OperationalError, RemoteError, StoreError
from registry.revisions import NOTHING_THERE, Beat, Change, Frame, Reset, Token
from registry.stores.etcd import EtcdStore, EtcdWatch, streams, watches
from registry.stores.etcd.gateway import COMPACT, News, follow
from registry.stores.etcd.gateway import put as put_part
from registry.stores.etcd.layout import read_record, record_value
from registry.stores.etcd.store import LIMITS
from registry.stores.etcd.streams import Stream

pytestmark = pytest.mark.usefixtures("hasty")


def test_a_watch_gives_each_submission_as_one_frame_in_order(open_etcd: Open) -> None:
    store = open_etcd()
    since = store.token()
    one = put(store, "a")
    changes = [Change("b", RECORD), Change("a", None), Change("c", b"{}")]
    several = store.submit("losses", changes, operation="several", author="me").result(0)
    other = put(store, "a", namespace="models")
    told = frames(store.watch(since=since), other)
    assert [(frame.token, frame.namespace) for frame in told] == [
        (one, "losses"),
        (several, "losses"),
        (other, "models"),
    ]
    assert [(stored.name, stored.record) for stored in told[1].changes] == [("b", RECORD), ("a", None), ("c", b"{}")]
    assert {stored.author for stored in told[1].changes} == {"me"}
    assert {stored.revision for stored in told[1].changes} == {several.revision}
    assert all(abs(stored.time - time.time()) < 60 for stored in told[1].changes)


def test_the_most_that_one_submission_may_change_comes_as_one_frame(open_etcd: Open) -> None:
    store = open_etcd()
    since = store.token()
    names = [f"name{number}" for number in range(store.limits.changes)]
    token = store.submit("losses", [Change(name, RECORD) for name in names], operation="many").result(0)
    (frame,) = frames(store.watch(since=since), token)
    assert [stored.name for stored in frame.changes] == names
    gone = store.submit("losses", [Change(name, None) for name in names], operation="gone").result(0)
    (frame,) = frames(store.watch(since=token), gone)
    assert [(stored.name, stored.record, stored.author) for stored in frame.changes] == [(n, None, "") for n in names]


def test_a_watch_that_gives_each_key_by_itself_is_caught(open_etcd: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    real = watches.frames
    monkeypatch.setattr(
        watches,
        "frames",
        lambda layout, epoch, happened, *rest: [
            frame for one in happened for frame in real(layout, epoch, [one], *rest)
        ],
    )
    with pytest.raises((AssertionError, ValueError)):
        test_a_watch_gives_each_submission_as_one_frame_in_order(open_etcd)


def test_a_watch_of_two_namespaces_of_five_gives_nothing_else(open_etcd: Open) -> None:
    store = open_etcd()
    since = store.token()
    names = ["a", "a/b", "a%2Fb", "b", "c"]
    tokens = {namespace: put(store, namespace=namespace) for namespace in names}
    watch = store.watch(since=since, namespaces=["a/b", "c"])
    told = [next(watch), next(watch)]
    assert [(seen.namespace, seen.token) for seen in told if isinstance(seen, Frame)] == [
        ("a/b", tokens["a/b"]),
        ("c", tokens["c"]),
    ]
    later = put(store, namespace="b")
    assert first(watch, Beat).token.revision >= tokens["c"].revision
    with closing(store.watch(since=since, namespaces=[])) as nothing:
        assert next(nothing) == Beat(later)


def test_large_values_come_whole(open_etcd: Open) -> None:
    store = open_etcd()
    since = store.token()
    record = b'{"a":"%s"}' % (b"x" * 900_000)
    tokens = [put(store, f"name{number}", record) for number in range(6)]
    assert [frame.changes[0].record for frame in frames(store.watch(since=since), tokens[-1])] == [record] * 6
    assert [stored.record for stored in store.snapshot("losses")] == [record] * 6
    assert [stored.record for stored in store.history("losses", "name0")] == [record]


def backlog(open_etcd: Open, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Token], list[Frame]]:
    """What a watch tells that is six submissions of a megabyte behind, where no line may be as long as that."""
    monkeypatch.setattr(streams, "_LONGEST_LINE", 4 << 20)
    store = open_etcd()
    since, tokens = store.token(), []
    for turn in range(6):
        changes = [Change(f"name{number}", b'{"a":"%s"}' % (b"x" * 8000)) for number in range(LIMITS.changes)]
        tokens.append(store.submit("losses", changes, operation=f"{since}-{turn}").result())
    return tokens, frames(store.watch(since=since), tokens[-1])


def test_a_backlog_of_any_size_comes_in_whole_frames(open_etcd: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, found = backlog(open_etcd, monkeypatch)
    assert [frame.token for frame in found] == tokens
    assert [len(frame.changes) for frame in found] == [LIMITS.changes] * 6


def test_a_watch_that_asks_for_a_backlog_in_one_line_is_caught(
    open_etcd: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watches, "follow", lambda *given: follow(*given).replace(b',"fragment":true', b""))
    with pytest.raises(RemoteError, match="a line of more than"):
        backlog(open_etcd, monkeypatch)


def test_a_watch_that_takes_each_line_for_whole_revisions_is_caught(
    open_etcd: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stream, "_whole", lambda self, news: news)
    _, found = backlog(open_etcd, monkeypatch)
    assert any(len(frame.changes) < LIMITS.changes for frame in found)


def test_what_others_compact_resets_no_watch_that_missed_nothing(open_etcd: Open, etcd: Cluster, prefix: str) -> None:
    store = open_etcd()
    first_one = put(store)
    since = put(store)
    for number in range(5):
        newest = behind(etcd, put_part(f"{prefix}-other/{number}".encode(), b"x")).revision
    etcd.members[0].ask(COMPACT, {"revision": str(newest)})
    watch = store.watch(since=since)
    assert next(watch) == Beat(since)
    token = put(store)
    (frame,) = frames(watch, token)
    assert frame.token == token
    assert first(store.watch(since=first_one), Reset)


# ------------------------------------------------------------------------------------------------ members that go away


def test_a_watch_goes_on_where_it_was_when_its_member_was_restarted(own_etcd: Cluster) -> None:
    with EtcdStore(own_etcd.endpoints) as store:
        since = put(store)
        watch = store.watch(since=since)
        expected = [put(store, "a"), put(store, "b")]
        told = [next(watch), next(watch)]
        restart(own_etcd)
        expected += [eventually(lambda number=number: put(store, "c", operation=f"c{number}")) for number in range(3)]  # type: ignore[misc]  # bound at once
        with pytest.raises(OperationalError) as raised:
            told.extend(watch)
        assert raised.value.suggestions
        assert list(watch) == []
        last = told[-1]
        assert not isinstance(last, Reset)
        found = [seen for seen in told if isinstance(seen, Frame)]
        found += frames(store.watch(since=last.token), expected[-1])
        assert [frame.token for frame in found] == expected


@pytest.mark.parametrize("moment", ["before it is read", "after its first beat"])
def test_a_member_that_is_stopped_is_left_within_silence(own_etcd: Cluster, moment: str) -> None:
    with EtcdStore(own_etcd.endpoints, silence=0.6, timeout=20.0) as store:
        watch = store.watch(since=put(store))
        if moment == "after its first beat":
            assert isinstance(next(watch), Beat)
        own_etcd.members[0].pause()
        taken, error = seconds_of(lambda: list(watch), RemoteError)
        assert 0.3 < taken < 0.6 + watches.BEAT + 3.0, error
        own_etcd.members[0].go_on()
        token = eventually(store.token)
        assert eventually(lambda: first(store.watch(since=token), Beat)) == Beat(token)


def test_a_watch_that_never_asks_how_far_the_cluster_is_is_caught(
    own_etcd: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EtcdStore(own_etcd.endpoints, silence=1.5) as store:
        monkeypatch.setattr(watches, "BEAT", 3600.0)
        watch = store.watch(since=put(store))
        ended = threading.Event()
        thread = threading.Thread(target=lambda: (list(watch), ended.set()), daemon=True)
        thread.start()
        wait_until(lambda: watch._stream is not None, GENEROUS)
        own_etcd.members[0].pause()
        assert not ended.wait(2.5), "it waited no longer than silence, and need not have been asked"
        watch.close()
        assert ended.wait(GENEROUS)


# ----------------------------------------------------------------------------------------------------------- the end


def ended_in(watch: EtcdWatch, waits: Callable[[], object], end: Callable[[], None]) -> float:
    """Seconds from the call that ends a watch until the thread that reads it is done; nothing else may come of it."""
    failed: list[BaseException] = []

    def read() -> None:
        try:
            for seen in watch:
                assert isinstance(seen, Beat)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    waits()
    began = time.monotonic()
    end()
    thread.join(30.0)
    assert not thread.is_alive()
    assert failed == []
    return time.monotonic() - began


@pytest.mark.parametrize("by_the_store", [False, True], ids=["the watch", "the store"])
@pytest.mark.parametrize("pause", [0.0, 0.05])
def test_closing_ends_a_watch_that_waits_from_another_thread(
    open_etcd: Open, monkeypatch: pytest.MonkeyPatch, by_the_store: bool, pause: float
) -> None:
    monkeypatch.setattr(watches, "BEAT", 3600.0)
    store = open_etcd(timeout=60.0, silence=60.0)
    watch = store.watch(since=put(store))

    def waits() -> None:
        if pause:
            wait_until(lambda: watch._stream is not None, GENEROUS)
        time.sleep(pause)

    assert ended_in(watch, waits, store.close if by_the_store else watch.close) < 2.0
    assert list(watch) == []


def test_closing_ends_a_watch_of_a_member_that_is_stopped(own_etcd: Cluster) -> None:
    with EtcdStore(own_etcd.endpoints, timeout=20.0, silence=20.0) as store:
        watch = store.watch(since=put(store))
        assert isinstance(next(watch), Beat)

        def waits() -> None:
            own_etcd.members[0].pause()
            time.sleep(0.3)

        # A question that is under way is not cut off, and ends by itself.
        taken = ended_in(watch, waits, lambda: (watch.close(), own_etcd.members[0].go_on())[0])
        assert taken < GENEROUS


def test_a_watch_that_is_closed_before_it_is_read_asks_nobody(open_etcd: Open) -> None:
    store = open_etcd(endpoints=["http://127.0.0.1:1"])
    watch = store.watch(since=Token("e", 1))
    watch.close()
    watch.close()
    assert list(watch) == []


@pytest.mark.parametrize("ahead", [1, 1_000_000])
def test_a_moment_in_the_future_or_of_another_epoch_is_reset(open_etcd: Open, ahead: int) -> None:
    store = open_etcd()
    token = put(store)
    for since in (Token(token.epoch, token.revision + ahead), Token("other", token.revision)):
        seen = list(store.watch(since=since))
        assert [type(one) for one in seen] == [Reset]


# ---------------------------------------------------------------------------------------------------- what others wrote

FOREIGN = {
    "no head": b"x",
    "no line": b'[1.5,"me"]',
    "no author": b"[1.5]\n{}",
    "no time": b'["x","me"]\n{}',
    "no JSON": b"\xff\n{}",
    "a time without an end": b'[1%s,""]\n{}' % (b"0" * 400),
    "too deep": b"[" * 100_000 + b"\n{}",
    "nothing": b"",
}


@pytest.mark.parametrize("value", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_record_that_no_store_wrote_is_named(open_etcd: Open, etcd: Cluster, prefix: str, value: bytes) -> None:
    store = open_etcd()
    key = f"{prefix}/records/bad/foreign"
    behind(etcd, put_part(key.encode(), value))
    with pytest.raises(StoreError, match="no registry wrote") as raised:
        store.get("bad", "foreign")
    assert key in raised.value.message


@pytest.mark.parametrize("value", [FOREIGN["no head"], FOREIGN["nothing"]])
def test_a_record_that_no_store_wrote_is_named_and_counts_as_none(
    open_etcd: Open, etcd: Cluster, prefix: str, value: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_etcd()
    since = put(store, "spoilt", namespace="bad")
    good = put(store, "good", namespace="bad")
    key = f"{prefix}/records/bad/spoilt"
    behind(etcd, put_part(key.encode(), value))
    token = put(store, "good")
    for call in (
        lambda: store.get("bad", "spoilt"),
        lambda: store.history("bad", "spoilt"),
        lambda: store.submit("bad", [Change("spoilt", RECORD, NOTHING_THERE)], operation="mine").result(),
    ):
        with pytest.raises(StoreError, match="no registry wrote") as raised:
            call()
        assert key in raised.value.message
        assert "prefix" in raised.value.suggestions[0]
    caplog.clear()
    seen = frames(store.watch(since=since), token)
    assert [(frame.token == good, [one.record for one in frame.changes]) for frame in seen] == [
        (True, [RECORD]),
        (False, [None]),
        (False, [RECORD]),
    ]
    assert [stored.name for stored in store.snapshot("bad")] == ["good"]
    assert len(caplog.records) == 2
    assert all(key in record.getMessage() for record in caplog.records)
    put(store, "spoilt", namespace="bad")  # and it can be made good
    stored = store.get("bad", "spoilt")
    assert stored is not None
    assert stored.record == RECORD


def test_a_watch_that_ends_with_what_no_store_wrote_is_caught(
    open_etcd: Open, etcd: Cluster, prefix: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watches, "read_if_ours", read_record)
    with pytest.raises(StoreError, match="no registry wrote"):
        test_a_record_that_no_store_wrote_is_named_and_counts_as_none(open_etcd, etcd, prefix, b"x", caplog)


@pytest.mark.parametrize("key", ["records/x", "records/losses/\udcff"])
def test_a_key_that_is_no_record_is_passed_over_and_named(
    open_etcd: Open, etcd: Cluster, prefix: str, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_etcd()
    since = put(store)
    behind(etcd, put_part(f"{prefix}/{key}".encode(errors="surrogateescape"), b"x"))
    token = put(store)
    assert [frame.token for frame in frames(store.watch(since=since), token)] == [token]
    assert store.namespaces() == ["losses"]
    assert [stored.name for stored in store.snapshot("losses")] == ["huber"]
    assert all(f"{prefix}/records/" in record.getMessage() for record in caplog.records)
    assert len(caplog.records) >= 2


def test_what_others_have_beside_the_records_is_not_told(open_etcd: Open, etcd: Cluster, prefix: str) -> None:
    store = open_etcd()
    since = put(store)
    for key in (f"{prefix}/recordsx", f"{prefix}/other", f"{prefix}x/records/a/b", f"{prefix}/removal"):
        behind(etcd, put_part(key.encode(), b"x"))
    token = put(store)
    assert [frame.token for frame in frames(store.watch(since=since), token)] == [token]
    assert store.namespaces() == ["losses"]


def test_two_namespaces_that_others_wrote_in_one_revision_are_two_frames(
    open_etcd: Open, etcd: Cluster, prefix: str
) -> None:
    store = open_etcd()
    since = put(store)
    value = record_value(RECORD, 1.5, "me")
    behind(etcd, *(put_part(f"{prefix}/records/{namespace}/a".encode(), value) for namespace in ("one", "two")))
    token = put(store)
    seen = frames(store.watch(since=since), token)
    assert [frame.namespace for frame in seen] == ["one", "two", "losses"]
    assert seen[0].token == seen[1].token


def test_a_watch_that_is_told_less_than_the_cluster_knows_gives_no_sign_of_life(
    open_etcd: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_etcd(silence=0.5)
    since = put(store)
    put(store)
    # As a member is that was cut off from the others.
    monkeypatch.setattr(Stream, "next", lambda self, until: time.sleep(max(0.0, until - time.monotonic())))
    watch = store.watch(since=since)
    with pytest.raises(StoreError, match="has not told"):
        next(watch)


def test_a_member_that_is_far_behind_and_telling_is_not_left(open_etcd: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_etcd(silence=0.3)
    since = put(store)
    token = put(store)
    told, until_then = Stream.next, time.monotonic() + 1.0

    def behind_for_a_second(self: Stream, until: float) -> News | None:
        if time.monotonic() > until_then:
            return told(self, until)
        time.sleep(max(0.0, min(until, until_then) - time.monotonic()))
        self._told = time.monotonic()
        return None

    monkeypatch.setattr(Stream, "next", behind_for_a_second)
    (frame,) = frames(store.watch(since=since), token)
    assert frame.token == token
