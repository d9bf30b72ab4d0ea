"""The file that answers reads when the store is gone: always marked as stale, and never trusted blindly."""

import json
import os
import stat
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sharing.faulty import FaultyStore

from registry.backends import StaleWarning, StoredBackend, snapshots
from registry.errors import RemoteError
from registry.model import Entry, Reference
from registry.revisions import Change
from registry.stores import MemoryStore

NAMESPACE = "research.losses"
PATIENCE = 30.0


@pytest.fixture
def store() -> Iterator[FaultyStore]:
    made = FaultyStore(MemoryStore())
    yield made
    made.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "losses.snapshot"


def backend_over(store: Any, file: Path | None, **options: Any) -> StoredBackend[Any]:
    given = {"max_staleness": 2.0, "timeout": 5.0, "namespace": NAMESPACE, **options}
    return StoredBackend(store, snapshot=file, **given)


def write(store: FaultyStore, name: str, number: int) -> None:
    record = b'{"format":1,"kind":"reference","reference":"acme.losses:n%d"}' % number
    store.store.submit(NAMESPACE, [Change(name, record)], operation=uuid4().hex).result()


def eventually(holds: Callable[[], object], seconds: float = PATIENCE) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def written(store: FaultyStore, file: Path) -> list[bytes]:
    """A file with two records, and its lines."""
    write(store, "x", 1)
    write(store, "y", 2)
    with backend_over(store, file) as backend:
        assert list(backend) == ["x", "y"]
    return file.read_bytes().splitlines(keepends=True)


def test_reads_are_answered_from_the_file_and_marked_as_stale(store: FaultyStore, file: Path) -> None:
    written(store, file)
    store.away = True
    with backend_over(store, file) as backend:
        with pytest.warns(StaleWarning, match=r"'research\.losses' is stale.*The store is away"):
            assert backend["x"].target == Reference("acme.losses:n1")
        assert backend.stale
        assert "2 entries, stale" in repr(backend)
        assert backend["x"] is backend["x"]
        assert list(backend) == ["x", "y"]
        assert "z" not in backend
        with pytest.raises(RemoteError):
            backend["z"] = Entry("z", json.dumps)
        store.come_back()
        write(store, "x", 3)
        assert eventually(lambda: backend["x"].target == Reference("acme.losses:n3"))
        assert not backend.stale
        assert "stale" not in repr(backend)


def test_the_warning_comes_once_for_each_time_that_the_store_is_gone(store: FaultyStore, file: Path) -> None:
    write(store, "x", 1)
    with backend_over(store, file) as backend:
        assert list(backend) == ["x"]
        for _ in range(2):
            store.leave()
            assert eventually(lambda: not backend.entries)
            with pytest.warns(StaleWarning) as caught:
                assert all("x" in backend for _ in range(3))
            assert len(caught) == 1
            assert caught[0].filename == __file__
            assert backend.stale
            store.come_back()
            assert eventually(lambda: not backend.stale)
            assert "x" in backend


def test_the_last_mirror_is_read_rather_than_an_older_file(store: FaultyStore, file: Path) -> None:
    written(store, file)
    with backend_over(store, file) as backend:
        assert list(backend) == ["x", "y"]
        write(store, "z", 3)
        assert eventually(lambda: "z" in backend)
        store.leave()
        assert eventually(lambda: not backend.entries)
        with pytest.warns(StaleWarning):
            assert "z" in backend


def test_without_a_file_there_is_nothing_to_read(store: FaultyStore, file: Path) -> None:
    store.away = True
    with backend_over(store, file) as backend, pytest.raises(RemoteError):
        backend["x"]


def test_the_file_is_its_owners_alone_and_replaced_as_a_whole(store: FaultyStore, file: Path) -> None:
    lines = written(store, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    head = json.loads(lines[0])
    assert (head["namespace"], head["count"]) == (NAMESPACE, 2)
    assert [json.loads(line)["key"] for line in lines[1:-1]] == ["x", "y"]
    assert b"http" not in b"".join(lines)


def test_the_file_follows_the_namespace_without_being_written_at_every_change(
    store: FaultyStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "PAUSE", 0.3)
    times: list[float] = []
    original = snapshots.SnapshotFile._replace

    def counted(self: Any, *arguments: Any) -> None:
        times.append(time.monotonic())
        original(self, *arguments)

    monkeypatch.setattr(snapshots.SnapshotFile, "_replace", counted)
    began = time.monotonic()
    with backend_over(store, file) as backend:
        assert list(backend) == []
        assert eventually(file.exists)
        for number in range(50):
            write(store, "x", number)
            time.sleep(0.01)
        assert eventually(lambda: b"n49" in file.read_bytes())
        write(store, "last", 99)
        assert eventually(lambda: "last" in backend)
    assert b"n99" in file.read_bytes(), "closing writes what is new"
    assert len(times) < 4 + (time.monotonic() - began) / 0.3
    assert all(later - earlier > 0.2 for earlier, later in pairwise(times[:-1])), "but for the last one"


def test_what_was_written_here_is_in_the_file(store: FaultyStore, file: Path) -> None:
    with backend_over(store, file) as backend:
        backend["dumps"] = Entry("dumps", json.dumps)
        backend["x"] = Entry("x", {"a": [1, 2]})
    store.away = True
    with backend_over(store, file) as other:
        with pytest.warns(StaleWarning):
            assert other["dumps"].target == Reference("json:dumps")
        assert other["x"].received.resolve() == {"a": [1, 2]}


def cut(lines: list[bytes]) -> bytes:
    return b"".join(lines)[:-30]


def flipped(lines: list[bytes]) -> bytes:
    data = bytearray(b"".join(lines))
    data[len(data) // 2] ^= 1
    return bytes(data)


DAMAGED: dict[str, Callable[[list[bytes]], bytes]] = {
    "empty": lambda lines: b"",
    "cut off": cut,
    "without its last line": lambda lines: b"".join(lines[:-1]),
    "without a record": lambda lines: b"".join([lines[0], *lines[2:]]),
    "with a record twice": lambda lines: b"".join([lines[0], lines[1], lines[1], lines[3]]),
    "one bit flipped": flipped,
    "of another namespace": lambda lines: b"".join(lines).replace(b"research.losses", b"research.models"),
    "something else": lambda lines: b"\x89PNG\r\n\x1a\n" * 100,
    "other JSON": lambda lines: b'{"a": 1}\n',
    "deep": lambda lines: b"[" * 100_000,
    "a token that is none": lambda lines: b"".join(lines).replace(b'"token":"', b'"token":"?', 1),
    "a count that is none": lambda lines: b"".join(lines).replace(b'"count":2', b'"count":"2"', 1),
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_file_that_is_damaged_or_of_something_else_is_not_used(
    store: FaultyStore, file: Path, damage: Callable[[list[bytes]], bytes]
) -> None:
    lines = written(store, file)
    file.write_bytes(damage(lines))
    store.away = True
    with backend_over(store, file) as backend:
        with pytest.warns(RuntimeWarning, match="is not used"), pytest.raises(RemoteError):
            backend["x"]
        assert not backend.stale
        store.come_back()
        assert eventually(lambda: "x" in backend and "x" in backend.entries)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        store.away = True
        with backend_over(store, file) as again, pytest.raises(StaleWarning):
            again["x"]


def test_the_check_of_damage_catches_a_reader_that_trusts_the_file(
    store: FaultyStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "_last", lambda digest: b"")

    def trusting(self: Any, opened: Any) -> Any:
        from registry.revisions import Snapshot
        from registry.wire.json import read, read_envelope_line

        token, _ = self._head(read(opened.readline()))
        records = [read_envelope_line(line)[0] for line in opened]
        return Snapshot(token, len(records), records)

    monkeypatch.setattr(snapshots.SnapshotFile, "_read", trusting)
    with pytest.raises((AssertionError, pytest.fail.Exception, StaleWarning)):
        test_a_file_that_is_damaged_or_of_something_else_is_not_used(store, file, DAMAGED["without a record"])


def test_a_file_that_cannot_be_written_harms_nobody(
    store: FaultyStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(store, "x", 1)
    with backend_over(store, tmp_path / "missing" / "file") as backend:
        assert "x" in backend
    assert "could not be written" in caplog.text


def test_threads_that_write_one_file_leave_a_whole_one(store: FaultyStore, file: Path) -> None:
    backends = [backend_over(store, file) for _ in range(4)]

    def work(backend: StoredBackend[Any], number: int) -> None:
        with backend:
            for index in range(10):
                backend[f"{number}.{index}"] = Entry(f"{number}.{index}", Reference(f"acme:n{index}"))

    threads = [threading.Thread(target=work, args=(backend, number)) for number, backend in enumerate(backends)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert os.listdir(file.parent) == [file.name]
    store.away = True
    with backend_over(store, file) as backend:
        with pytest.warns(StaleWarning):
            count = len(backend)
        assert count >= 10
