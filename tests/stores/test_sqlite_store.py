"""What is particular to a store in a file: its log, its copies, its snapshots, its groups."""

import gc
import os
import shutil
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from registry.errors import OperationReusedError, StoreError, ValidationError
from registry.revisions import Beat, Change, Frame, Reset, Retention, Seen, Token
from registry.store_protocol import Store
from registry.stores import MemoryStore, SQLiteStore, feed, forks
from registry.stores.answer import Answer
from registry.stores.sqlite import group, pages, places, writer

PATIENCE = 30.0


def write(store: Store, *changes: Change, namespace: str = "losses", operation: str | None = None) -> Token:
    operation = uuid4().hex if operation is None else operation
    return store.submit(namespace, changes, operation=operation).result(PATIENCE)


def test_a_store_is_there_after_it_was_closed(tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "r.db") as store:
        token = write(store, Change("huber", b"1"), operation="op")
    with SQLiteStore(tmp_path / "r.db") as store:
        assert store.token() == token
        assert store.get("losses", "huber").record == b"1"  # type: ignore[union-attr]  # it is there
        assert write(store, Change("huber", b"1"), operation="op") == token
        watch = store.watch(since=Token(token.epoch, 0))
        assert isinstance(next(watch), Frame)
        watch.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["r.db", "r.db.lock"]


def test_nothing_is_opened_before_the_first_use(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "no" / "r.db")
    assert list(tmp_path.iterdir()) == []
    store.close()


@pytest.mark.parametrize("path", ["", ":memory:", "a\0b"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="is not the path of a file"):
        SQLiteStore(path)


def log_of(path: Path) -> int:
    """How many changes there are in a file."""
    connection = sqlite3.connect(path)
    (count,) = connection.execute("SELECT count(*) FROM changes").fetchone()
    connection.close()
    return int(count)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_log_is_kept_for_the_longer_of_seconds_and_operations_and_then_forgotten(tmp_path: Path, kind: str) -> None:
    def make(retention: Retention) -> Store:
        if kind == "memory":
            return MemoryStore(retention=retention)
        return SQLiteStore(tmp_path / f"{retention.operations}.db", retention=retention)

    for retention, reaches_back in ((Retention(3600, 5), True), (Retention(0, 1000), True), (Retention(0, 5), False)):
        store = make(retention)
        begin = store.token()
        for number in range(60):
            time.sleep(0.0001)
            write(store, Change("n", b"%d" % number), operation=f"{retention.seconds}-{retention.operations}-{number}")
        write(store, Change("kept", b""))
        watch = store.watch(since=begin)
        assert isinstance(next(watch), Frame if reaches_back else Reset)
        watch.close()
        assert (store.operation(f"{retention.seconds}-{retention.operations}-0") is not None) == reaches_back
        assert store.operation(f"{retention.seconds}-{retention.operations}-58") is not None
        recent = store.watch(since=Token(begin.epoch, store.token().revision - 4))
        assert [one.changes[0].record for one in (next(recent) for _ in range(4)) if isinstance(one, Frame)] == [
            *(b"%d" % number for number in range(57, 60)),
            b"",
        ]
        recent.close()
        assert store.get("losses", "n").record == b"59"  # type: ignore[union-attr]  # it is there
        store.close()


def test_compaction_keeps_what_is_there_and_lets_go_of_the_rest(tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "r.db", retention=Retention(0, 10)) as store:
        write(store, *(Change(f"old{number}", b"x") for number in range(50)))
        for number in range(300):
            write(store, Change(f"n{number % 3}", b"%d" % number), Change("gone", b"x" if number % 2 == 0 else None))
        assert store.check() == []
        with store.snapshot("losses") as snapshot:
            assert {stored.name for stored in snapshot} == {*(f"old{n}" for n in range(50)), "n0", "n1", "n2"}
        assert store.get("losses", "old7").revision == 1  # type: ignore[union-attr]  # it is there
        assert len(store.history("losses", "n0")) < 20
        watch = store.watch(since=Token(store.token().epoch, 5))
        assert isinstance(next(watch), Reset)
    assert log_of(tmp_path / "r.db") < 53 + 60


def test_a_watch_that_the_log_has_left_behind_is_reset(tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "r.db", retention=Retention(0, 1)) as store:
        watch = store.watch(since=store.token())
        written = [store.submit("losses", [Change("n", b"%d" % n)], operation=str(n)) for n in range(1500)]
        written[-1].result(PATIENCE)
        write(store, Change("n", b"later"))  # the others may have come in one group, which deletes nothing of itself
        last = write(store, Change("n", b"last"))
        found: list[Seen] = []
        for one in watch:
            found.append(one)
            if isinstance(one, Beat) and one.token == last:  # it has seen everything, as it believes
                break
        assert isinstance(found[-1], Reset)
        frames = [one.token.revision for one in found[:-1] if isinstance(one, Frame)]
        assert frames == list(range(1, len(frames) + 1))


def test_a_snapshot_that_is_being_read_keeps_what_it_needs(tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "r.db", retention=Retention(0, 1)) as store:
        write(store, *(Change(f"n{number}", b"old") for number in range(1000)))
        snapshot = store.snapshot("losses")
        first = next(iter(snapshot))
        for number in range(0, 1000, 10):
            write(store, Change(f"n{number}", b"new"))
        assert {stored.record for stored in (first, *snapshot)} == {b"old"}
        snapshot.close()


def test_a_snapshot_that_the_log_has_left_behind_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PATIENCE", 0.0)
    with SQLiteStore(tmp_path / "r.db", retention=Retention(0, 1)) as store:
        write(store, *(Change(f"n{number}", b"old") for number in range(1000)))
        snapshot = store.snapshot("losses")
        for _ in range(4):
            write(store, *(Change(f"n{number}", b"new") for number in range(1000)))
        with pytest.raises(StoreError, match="was read so slowly"):
            list(snapshot)


def test_a_snapshot_of_many_records_needs_little_memory(tmp_path: Path) -> None:
    import tracemalloc

    with SQLiteStore(tmp_path / "r.db") as store:
        for part in range(4):
            write(store, *(Change(f"n{part}-{number}", b"x" * 500) for number in range(5000)))
        tracemalloc.start()
        try:
            with store.snapshot("losses") as snapshot:
                assert sum(1 for _ in snapshot) == snapshot.count == 20_000
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 3_000_000  # the records alone are 10 MB


def test_a_snapshot_that_is_half_read_keeps_nobody_from_beginning_the_log_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PAGES", 50)
    with SQLiteStore(tmp_path / "r.db") as store:
        write(store, *(Change(f"n{number}", b"x" * 500) for number in range(1000)))
        with store.snapshot("losses") as snapshot:
            next(iter(snapshot))
            for number in range(3000):
                write(store, Change("n", b"%d" % number * 100))
        assert os.path.getsize(tmp_path / "r.db-wal") < 8 << 20


def test_a_copy_is_whole_and_begins_another_epoch_wherever_it_is_put(tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with SQLiteStore(tmp_path / "r.db") as store:
        stop = threading.Event()

        def keep_writing() -> None:
            while not stop.is_set():
                name = uuid4().hex
                write(store, Change(f"{name}-0", b"1"), Change(f"{name}-1", b"2"))

        writing = threading.Thread(target=keep_writing)
        writing.start()
        before = write(store, Change("huber", b"1"), operation="op")
        for _ in range(3):
            store.backup(copy)
        stop.set()
        writing.join(PATIENCE)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["copy.db", "r.db", "r.db.lock"]
    epochs = {before.epoch}
    for number in range(2):
        restored = tmp_path / f"restored{number}.db"
        shutil.copy(copy, restored)
        with SQLiteStore(restored) as store:
            assert store.check() == []
            token = store.token()
            assert token.revision >= before.revision
            names = {stored.name for stored in store.snapshot("losses")}
            pairs = names - {"huber"}
            assert {f"{name[:-2]}-{part}" for name in pairs for part in (0, 1)} == pairs
            assert store.operation("op") is not None
            assert isinstance(next(store.watch(since=before)), Reset)
            epochs.add(token.epoch)
        with SQLiteStore(restored) as store:
            assert store.token() == token
    assert len(epochs) == 3


def test_a_copy_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "r.db") as store:
        write(store, Change("huber", b"1"))
        with pytest.raises(StoreError):
            store.backup(tmp_path / "no" / "copy.db")
        with pytest.raises(StoreError, match="to itself"):
            store.backup(tmp_path / "r.db")
        (tmp_path / "folder").mkdir()
        with pytest.raises(StoreError, match="cannot be written"):
            store.backup(tmp_path / "folder")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["folder", "r.db", "r.db.lock"]


def test_one_submission_that_fails_in_an_unforeseen_way_leaves_those_beside_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = group.Group._decide

    def fail(self: group.Group, request: group.Request) -> group.Outcome:
        if request.submission.operation == "bad":
            raise ZeroDivisionError("no reason")
        return decide(self, request)

    monkeypatch.setattr(group.Group, "_decide", fail)
    with SQLiteStore(tmp_path / "r.db") as store:
        operations = [*(f"op-{number}" for number in range(20)), "bad", *(f"op-{number}" for number in range(20, 40))]
        answers = {name: store.submit("losses", [Change(name, b"")], operation=name) for name in operations}
        with pytest.raises(StoreError, match="ZeroDivisionError: 'no reason'"):
            answers.pop("bad").result(PATIENCE)
        assert len({answer.result(PATIENCE) for answer in answers.values()}) == 40
        assert store.namespaces() == ["losses"]
        with store.snapshot("losses") as snapshot:
            assert snapshot.count == 40


def test_in_one_group_later_submissions_see_what_earlier_ones_did(tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "r.db") as store:
        write(store, Change("n", b"0"))
        blocker = sqlite3.connect(tmp_path / "r.db", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        first = store.submit("losses", [Change("n", None)], operation="1")
        second = store.submit("losses", [Change("n", None)], operation="2")
        third = store.submit("losses", [Change("n", b"1")], operation="3")
        again = store.submit("losses", [Change("n", b"1")], operation="3")
        other = store.submit("losses", [Change("n", b"2")], operation="3")
        blocker.execute("ROLLBACK")
        blocker.close()
        assert first.result(PATIENCE).revision == 2
        assert second.exception(PATIENCE) is not None
        assert third.result(PATIENCE) == again.result(PATIENCE)
        assert isinstance(other.exception(PATIENCE), OperationReusedError)


def test_a_submission_that_is_cancelled_in_time_is_not_made(tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "r.db") as store:
        write(store, Change("n", b"0"))
        blocker = sqlite3.connect(tmp_path / "r.db", isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        first = store.submit("losses", [Change("n", b"1")], operation="1")
        while not first.running():
            time.sleep(0.001)
        second = store.submit("losses", [Change("n", b"2")], operation="2")
        assert second.cancel()
        with pytest.raises(CancelledError):
            second.result(PATIENCE)
        blocker.execute("ROLLBACK")
        blocker.close()
        first.result(PATIENCE)
        write(store, Change("m", b""))
        assert store.get("losses", "n").record == b"1"  # type: ignore[union-attr]  # it is there


def test_an_answer_can_be_waited_for_by_many_and_for_a_time(tmp_path: Path) -> None:
    answer: Answer[int] = Answer()
    with pytest.raises(TimeoutError):
        answer.result(0.01)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(answer.result(PATIENCE))) for _ in range(4)]
    for thread in threads:
        thread.start()
    answer.set_result(7)
    for thread in threads:
        thread.join(PATIENCE)
    assert found == [7] * 4
    failed: Answer[int] = Answer()
    failed.set_exception(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        failed.result()


def test_a_forgotten_store_gives_its_file_back(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "r.db")
    write(store, Change("huber", b"1"))
    gone = weakref.ref(store)
    del store
    gc.collect()
    assert gone() is None
    until = time.monotonic() + PATIENCE
    while True:
        with SQLiteStore(tmp_path / "r.db", served_as="http://127.0.0.1:8001") as server:
            try:
                server.token()
                break
            except StoreError:
                assert time.monotonic() < until
        time.sleep(0.01)


def test_a_watch_keeps_its_store(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "r.db")
    token = write(store, Change("huber", b"1"))
    watch = store.watch(since=Token(token.epoch, 0))
    gone = weakref.ref(store)
    del store
    gc.collect()
    assert isinstance(next(watch), Frame)
    watch.close()
    kept = gone()
    assert kept is not None
    kept.close()


@pytest.mark.parametrize("kind", [MemoryStore, SQLiteStore])
def test_a_watch_that_is_read_seldom_is_told_what_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Callable[..., Store]
) -> None:
    monkeypatch.setattr(feed, "BEAT", 0.001)
    store = kind() if kind is MemoryStore else kind(tmp_path / "r.db")
    begin = store.token()
    for number in range(5):
        write(store, Change("n", b"%d" % number), namespace=("losses", "others")[number % 2])
    told: list[Seen] = []
    watch = store.watch(since=begin, namespaces=["losses"])
    for _ in range(5):
        time.sleep(0.002)  # longer than from beat to beat
        told.append(next(watch))
    watch.close()
    store.close()
    # What is passed over is told of by the beats between.
    assert [(type(seen), seen.token.revision) for seen in told if not isinstance(seen, Reset)] == [
        *((Frame, 1), (Beat, 2), (Frame, 3), (Beat, 4), (Frame, 5))
    ]


def test_a_watch_misses_nothing_that_was_written_while_nobody_watched_a_served_file(tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "r.db", served_as="http://127.0.0.1:8001") as store:
        begin = store.token()
        watch = store.watch(since=begin)
        write(store, Change("seen", b"1"))
        assert isinstance(next(watch), Frame)
        watch.close()
        write(store, Change("unseen", b"1"))
        again = store.watch(since=begin)
        told = [next(again), next(again)]
        again.close()
        assert [frame.changes[0].name for frame in told if isinstance(frame, Frame)] == ["seen", "unseen"]


def test_a_fork_waits_for_a_store_that_is_being_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = places.lock
    with SQLiteStore(tmp_path / "first.db") as first:
        first.token()
        for number in range(8):  # since the order of what is asked to rest matters
            store = SQLiteStore(tmp_path / f"{number}.db", timeout=PATIENCE)
            database = store._engine.database
            inside = threading.Event()

            def lock(path: str, served_as: str | None, database: Any = database, inside: Any = inside) -> Any:
                inside.set()
                until = time.monotonic() + PATIENCE
                while not database._gate._shut and time.monotonic() < until:
                    time.sleep(0.001)
                return real(path, served_as)

            monkeypatch.setattr(places, "lock", lock)
            opening = threading.Thread(target=store.token)
            opening.start()
            assert inside.wait(PATIENCE)
            forks._before()
            was_lost = database._lost
            forks._in_parent()
            opening.join(PATIENCE)
            store.close()
            assert not was_lost


@pytest.mark.parametrize(("number", "record"), [(1000, b"{}"), (150, b"x" * 60_000)], ids=["many", "large"])
def test_a_submission_is_one_frame_wherever_the_log_is_read_in_parts(
    tmp_path: Path, number: int, record: bytes
) -> None:
    with SQLiteStore(tmp_path / "r.db") as store:
        start = store.token()
        for _ in range(3):
            write(store, Change("one", record))
            last = write(store, *(Change(f"n{index}", record) for index in range(number)))
        watch = store.watch(since=start)
        frames: list[Frame] = []
        while not frames or frames[-1].token != last:
            seen = next(watch)
            if isinstance(seen, Frame):
                frames.append(seen)
        watch.close()
    assert [len(frame.changes) for frame in frames] == [1, number] * 3


def test_compaction_lets_go_of_names_that_were_removed(tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "r.db", retention=Retention(0, 10)) as store:
        write(store, Change("stays", b"x"))
        for number in range(150):
            write(store, Change(f"n{number}", b"x"))
            write(store, Change(f"n{number}", None))
        assert store.history("losses", "n7") == []
        assert store.namespaces() == ["losses"]
    assert log_of(tmp_path / "r.db") < 60
