"""What was acknowledged is there after the process that wrote it was killed, at whatever moment."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from registry.stores import SQLiteStore

WRITER = """
import os, sys, threading
from uuid import uuid4
from registry.revisions import Change
from registry.stores import SQLiteStore
from registry.stores.sqlite import writer

if sys.argv[3] == "answers before it commits":
    def early(self, group):
        for request in group:
            request.answer.set_result(None)
        writer_commit(self, group)
        return []
    writer_commit, writer.Writer._commit = writer.Writer._commit, early

store = SQLiteStore(sys.argv[1])
def work(number):
    for count in range(10**9):
        name = f"{sys.argv[2]}-{number}-{count}"
        changes = [Change(f"{name}-{part}", name.encode() * 20) for part in range(1 + count % 3)]
        store.submit("losses", changes, operation=uuid4().hex).result()
        os.write(1, f"{name} {len(changes)}\\n".encode())

for number in range(8):
    threading.Thread(target=work, args=(number,)).start()
"""


def killed_writer(path: Path, life: int, after: float, fault: str = "") -> list[tuple[str, int]]:
    """What a process acknowledged until it was killed, some seconds after its first word."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(life), fault], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines: list[str] = [process.stdout.readline()]
    reading = threading.Thread(target=lambda: lines.extend(process.stdout or ()))
    reading.start()
    time.sleep(after)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(30)
    reading.join(30)
    process.stdout.close()
    found = [line.split() for line in lines if line.endswith("\n")]
    return [(name, int(parts)) for name, parts in found]


def missing(path: Path, acknowledged: list[tuple[str, int]]) -> list[str]:
    """What was acknowledged and is not there, or is only there in part; the file must be whole."""
    with SQLiteStore(path) as store:
        assert store.check() == []
        with store.snapshot("losses") as snapshot:
            held = {stored.name: stored for stored in snapshot}
        assert snapshot.count == len(held)
    lost = []
    for name, parts in acknowledged:
        found = [held.get(f"{name}-{part}") for part in range(parts)]
        if not all(one is not None and one.record == name.encode() * 20 for one in found):
            lost.append(name)
    whole: dict[int, int] = {}
    for stored in held.values():
        whole[stored.revision] = whole.get(stored.revision, 0) + 1
    expected = {stored.revision: 1 + int(name.split("-")[2]) % 3 for name, stored in held.items()}
    assert whole == expected, "a submission is there in part"
    return lost


LIVES = 20
"""A file is written by so many processes, one after the other: all of it is read after each."""


def run(folder: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    acknowledged: list[tuple[str, int]] = []
    total = 0
    for life in range(kills):
        if life % LIVES == 0:
            acknowledged.clear()
        path = folder / f"{life // LIVES}.db"
        fresh = killed_writer(path, life, chance.uniform(0, 0.25))
        acknowledged += fresh
        total += len(fresh)
        assert missing(path, acknowledged) == []
    assert total >= kills


def test_what_was_acknowledged_survives_kills(tmp_path: Path) -> None:
    run(tmp_path, kills=6, seed=1)


@pytest.mark.soak
def test_what_was_acknowledged_survives_many_kills(tmp_path: Path) -> None:
    run(tmp_path, kills=300, seed=2)


def test_a_store_that_answers_before_it_commits_is_caught(tmp_path: Path) -> None:
    for life in range(40):
        path = tmp_path / f"{life}.db"
        if missing(path, killed_writer(path, life, random.Random(life).uniform(0, 0.2), "answers before it commits")):
            return
    pytest.fail("40 kills, and nothing was lost")
