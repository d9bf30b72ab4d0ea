"""Files that were damaged: a StoreError or the right data, never garbage and never another exception."""

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from registry.errors import StoreError
from registry.revisions import Change
from registry.stores import SQLiteStore
from registry.stores.sqlite import database, rows

PATIENCE = 30.0


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with some records, removals and overwritten ones."""
    path = tmp_path_factory.mktemp("whole") / "r.db"
    with SQLiteStore(path) as store:
        for number in range(60):
            changes = [Change(f"n{number % 25}-{part}", f"{number}:{part}".encode() * 30) for part in range(2)]
            store.submit(f"space{number % 3}", changes, operation=f"op-{number}", author="anna").result(PATIENCE)
        store.submit("space0", [Change("n0-0", None)], operation="end").result(PATIENCE)
    return path


def everything(path: Path) -> Any:
    """All that can be asked of a store, but for its epoch, which says nothing but that it is another."""
    with SQLiteStore(path, timeout=1) as store:
        spaces = list(store.namespaces())
        held = {space: list(store.snapshot(space)) for space in spaces}
        single = {
            (space, f"n{number}-{part}"): store.get(space, f"n{number}-{part}")
            for space in ("space0", "space1", "space2")
            for number in range(25)
            for part in range(2)
        }
        history = {key: list(store.history(*key)) for key in single}
        operations = [store.operation(f"op-{number}") for number in range(60)]
        revisions = [None if one is None else (one.namespace, one.token.revision) for one in operations]
        return spaces, held, single, history, revisions, store.token().revision


def damaged(whole: Path, folder: Path, number: int) -> tuple[Path, str]:
    """A copy with a mistake in it, and what that is."""
    chance = random.Random(number)
    path = folder / f"r{number}.db"
    data = bytearray(whole.read_bytes())
    if number % 5 == 0:
        length = chance.choice([chance.randrange(1, len(data)), 4096 * chance.randrange(1, len(data) // 4096)])
        del data[length:]
        what = f"cut to {length} bytes"
    elif number % 5 == 1:
        place, length = chance.randrange(len(data)), chance.choice([16, 512, 4096])
        data[place : place + length] = bytes(min(length, len(data) - place))
        what = f"{length} bytes at {place} are 0"
    else:
        place = chance.randrange(len(data)) if number % 5 < 4 else chance.randrange(4096)
        data[place] ^= 1 << chance.randrange(8)
        what = f"a bit of byte {place} is another"
    path.write_bytes(data)
    return path, what


def try_all(whole: Path, folder: Path, numbers: Iterator[int] | range) -> set[str]:
    """Which damaged files gave something else than the right data."""
    right = everything(whole)
    kinds = set()
    for number in numbers:
        path, what = damaged(whole, folder, number)
        try:
            found = everything(path)
        except StoreError:
            kinds.add("refused")
            continue
        assert found == right, what
        kinds.add("right")
    return kinds


def test_a_damaged_file_gives_a_store_error_or_the_right_data(whole: Path, tmp_path: Path) -> None:
    assert try_all(whole, tmp_path, range(250)) == {"refused", "right"}


@pytest.mark.soak
def test_any_damaged_file_gives_a_store_error_or_the_right_data(whole: Path, tmp_path: Path) -> None:
    assert try_all(whole, tmp_path, range(250, 10_000)) == {"refused", "right"}


def test_a_file_that_is_too_large_to_be_examined_when_it_is_opened_still_gives_no_garbage(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an index has lost is not noticed then; a record that is given is one that was written."""
    monkeypatch.setattr(database, "CHEAP", 0)
    history = everything(whole)[3]
    known = {(one.name, one.revision, one.record) for found in history.values() for one in found}
    refused = 0
    for number in range(250):
        path, what = damaged(whole, tmp_path, number)
        try:
            found = everything(path)[3]
        except StoreError:
            refused += 1
            continue
        assert {(one.name, one.revision, one.record) for each in found.values() for one in each} <= known, what
    assert refused > 20


def test_a_store_that_does_not_look_is_caught(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(row: Any, path: str) -> Any:
        return rows.Stored(row[2], row[0] >> 14, row[8], row[3], row[4])

    right = everything(whole)
    for module in ("rows", "reading", "store", "damage", "pages", "group"):
        monkeypatch.setattr(f"registry.stores.sqlite.{module}.stored", blind, raising=False)
    monkeypatch.setattr(database, "examine", lambda connection, path: [])
    for number in range(250):
        path, _ = damaged(whole, tmp_path, number)
        try:
            if everything(path) != right:
                return
        except Exception as error:
            if not isinstance(error, StoreError):
                return
    pytest.fail("nothing was noticed")


def test_what_is_wrong_is_listed(whole: Path, tmp_path: Path) -> None:
    with SQLiteStore(whole) as store:
        assert store.check() == []
    path = tmp_path / "r.db"
    shutil.copy(whole, path)
    with SQLiteStore(path) as store:
        store.token()
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("UPDATE changes SET record = x'00' WHERE id IN (SELECT id FROM changes LIMIT 2)")
        other.close()
        assert [finding.endswith("is not as it was written") for finding in store.check()] == [True, True]
    with SQLiteStore(path) as store, pytest.raises(StoreError, match=r"is damaged: change .* is not as it was written"):
        store.token()


def not_sqlite(path: Path) -> None:
    path.write_bytes(b"name: huber\n" * 500)


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()


def newer(path: Path) -> None:
    with SQLiteStore(path) as store:
        store.token()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=2")
    connection.close()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (not_sqlite, "is damaged: file is not a database"),
        (foreign, "is a SQLite file, but not one of a store of this library"),
        (newer, "was written by a newer version of this library: its tables are version 2, and 1 is"),
        (lambda path: path.mkdir(), "cannot be opened: it is not a file"),
    ],
)
def test_a_file_that_is_no_store_is_refused_and_left_alone(
    tmp_path: Path, make: Callable[[Path], None], message: str
) -> None:
    path = tmp_path / "r.db"
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with SQLiteStore(path) as store, pytest.raises(StoreError) as caught:
        store.token()
    assert message in caught.value.message
    assert caught.value.suggestions
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_file_without_a_folder_is_refused(tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "no" / "r.db") as store, pytest.raises(StoreError, match="does not exist"):
        store.token()


def test_a_file_that_was_replaced_takes_no_more_writes(tmp_path: Path, whole: Path) -> None:
    path = tmp_path / "r.db"
    with SQLiteStore(path) as store:
        store.submit("losses", [Change("huber", b"1")], operation="1").result(PATIENCE)
        path.rename(tmp_path / "old.db")
        answer = store.submit("losses", [Change("huber", b"2")], operation="2")
        with pytest.raises(StoreError, match="removed, or another file put in its place"):
            answer.result(PATIENCE)
        shutil.copy(whole, path)
        answer = store.submit("losses", [Change("huber", b"2")], operation="2")
        with pytest.raises(StoreError, match="removed, or another file put in its place"):
            answer.result(PATIENCE)
