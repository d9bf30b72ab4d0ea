"""Several processes and one file: claims, following one another, forks, locks, and the end of a process."""

import contextlib
import errno
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from registry.errors import StoreError
from registry.revisions import NOTHING_THERE, Change, Frame
from registry.stores import SQLiteStore, filelock
from registry.stores.sqlite import schema

PATIENCE = 30.0


def python(source: str, *arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a script to its end."""
    command = [sys.executable, "-c", source, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


CLAIM = """
import sys
from uuid import uuid4
from registry.errors import RevisionConflictError
from registry.revisions import NOTHING_THERE, Change
from registry.stores import SQLiteStore
with SQLiteStore(sys.argv[1]) as store:
    store.token()
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(20):
        try:
            change = Change(f"n{number}", sys.argv[2].encode(), NOTHING_THERE)
            store.submit("losses", [change], operation=uuid4().hex, author=sys.argv[2]).result(60)
            print("won")
        except RevisionConflictError as error:
            print("lost to", error.context["current"]["author"])
"""


def test_of_processes_that_claim_a_name_at_once_one_wins_and_the_others_are_told_who(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    people = ["anna", "ben", "cleo"]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CLAIM, str(path), person], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for person in people
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=PATIENCE * 2)[0].splitlines() for process in processes]
    with SQLiteStore(path) as store:
        assert store.check() == []
        for number in range(20):
            said = [answer[number] for answer in answers]
            (winner,) = [person for person, words in zip(people, said, strict=True) if words == "won"]
            assert sorted(said) == sorted(["won", f"lost to {winner}", f"lost to {winner}"])
            assert store.get("losses", f"n{number}").author == winner  # type: ignore[union-attr]  # it is there


@pytest.mark.parametrize("at", range(12))
def test_whoever_opens_a_file_while_another_makes_its_tables_gets_the_same_file(tmp_path: Path, at: int) -> None:
    path = str(tmp_path / "r.db")
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    mine = sqlite3.connect(path, timeout=0, isolation_level=None)
    heard: list[str] = []

    def meanwhile(statement: str) -> None:
        heard.append(statement)
        if len(heard) == at + 1:
            with contextlib.suppress(sqlite3.OperationalError):  # locked: it tries again below
                schema.prepare(other, path)

    mine.set_trace_callback(meanwhile)
    with contextlib.suppress(sqlite3.OperationalError):  # locked, too
        schema.prepare(mine, path)
    assert len(heard) > at
    epoch = schema.prepare(mine, path)
    assert epoch
    assert epoch == schema.prepare(other, path)
    other.close()
    mine.close()


WRITE = """
import sys
from uuid import uuid4
from registry.revisions import Change
from registry.stores import SQLiteStore
with SQLiteStore(sys.argv[1]) as store:
    for number in range(int(sys.argv[2])):
        store.submit("losses", [Change("n", b"%d" % number)], operation=uuid4().hex).result(60)
"""


def test_a_watch_follows_what_other_processes_write(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    with SQLiteStore(path) as store:
        watch = store.watch(since=store.token())
        assert python(WRITE, path, 20).returncode == 0
        store.submit("losses", [Change("end", b"")], operation=uuid4().hex).result(PATIENCE)
        found = []
        for one in watch:
            if isinstance(one, Frame):
                found.append(one.changes[0].record)
                if one.changes[0].name == "end":
                    break
        assert found == [*(b"%d" % number for number in range(20)), b""]


def test_a_file_that_is_served_is_the_servers_alone(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    url = "http://127.0.0.1:8001"
    with SQLiteStore(path, served_as=url) as server:
        server.token()
        result = python(WRITE, path, 1)
        assert result.returncode != 0
        assert f"is served as '{url}' (process {os.getpid()})" in result.stderr
        assert f"RemoteBackend('{url}', namespace=...)" in result.stderr
        with SQLiteStore(path) as other, pytest.raises(StoreError) as caught:
            other.token()
        assert caught.value.context["url"] == url
    assert python(WRITE, path, 1).returncode == 0


HOLD = """
import sys, time
from registry.stores import SQLiteStore
store = SQLiteStore(sys.argv[1], served_as=sys.argv[2] or None)
store.token()
print("ready", flush=True)
time.sleep(600)
"""


def hold(path: Path, url: str) -> "subprocess.Popen[str]":
    """A process that has the file open."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path), url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_server_does_not_start_on_a_file_that_others_use(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    process = hold(path, "")
    try:
        with SQLiteStore(path, served_as="http://127.0.0.1:8001") as server, pytest.raises(StoreError) as caught:
            server.token()
        assert "cannot be served while other processes have it open" in caught.value.message
        if sys.platform == "linux":
            assert caught.value.context["processes"] == [process.pid]
    finally:
        process.kill()
        process.communicate()


def test_the_lock_of_a_server_ends_when_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    process = hold(path, "http://127.0.0.1:8001")
    with SQLiteStore(path) as store:
        with pytest.raises(StoreError):
            store.token()
        process.kill()
        process.communicate()
        store.token()
        with SQLiteStore(path, served_as="http://127.0.0.1:8002") as server, pytest.raises(StoreError) as caught:
            server.token()
        assert caught.value.context["url"] == ""  # the note of the one that was killed is no answer
    with SQLiteStore(path, served_as="http://127.0.0.1:8002") as server:
        server.token()


def test_a_store_that_is_closed_leaves_the_lock_to_the_others_of_its_process(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    with SQLiteStore(path) as store:
        store.token()
        with SQLiteStore(path) as other:
            other.token()
        result = python(HOLD, path, "http://127.0.0.1:8001")
        assert "cannot be served while other processes have it open" in result.stderr


FORK = """
import os, signal, sys, threading, time, warnings
from uuid import uuid4
from registry.revisions import Change
from registry.stores import SQLiteStore
from registry.stores.sqlite import database
warnings.simplefilter("ignore", DeprecationWarning)  # that is what is tried here

path, forks = sys.argv[1], int(sys.argv[2])
if sys.argv[3] == "does not come to rest":
    kept = []
    database.Database.before_fork = lambda self: kept.extend([*self._idle, *self._kept.values()])
    database.Database.after_fork_in_parent = lambda self: None
store = SQLiteStore(path, timeout=float(sys.argv[4]))
watch = store.watch(since=store.token())
stop = threading.Event()
counts = [0] * 4

def work(number):
    while not stop.is_set():
        name = f"parent-{number}-{counts[number]}"
        store.submit("losses", [Change(name, b"")], operation=uuid4().hex).result(60)
        assert store.get("losses", name) is not None
        counts[number] += 1

threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
children = []
for child in range(forks):
    pid = os.fork()
    if not pid:
        code = 1
        signal.alarm(50)  # the end of a child that hangs
        try:
            store.submit("losses", [Change(f"child-{child}", b"")], operation=uuid4().hex).result(60)
            assert store.get("losses", f"child-{child}") is not None
            assert len(list(store.snapshot("losses"))) > 0
            if child % 2:
                store.close()
            code = 0
        finally:
            os._exit(code)
    children.append(pid)
    time.sleep(0.01)
codes = [os.waitpid(pid, 0)[1] for pid in children]
stop.set()
for thread in threads:
    thread.join()
names = {stored.name for stored in store.snapshot("losses")}
expected = {f"parent-{number}-{count}" for number in range(4) for count in range(counts[number])}
expected |= {f"child-{child}" for child in range(forks)}
assert codes == [0] * forks, codes
assert names == expected, names ^ expected
assert store.check() == []
upto = store.token()
seen = 0
for one in watch:
    if hasattr(one, "changes"):
        seen += 1
        assert one.token.revision == seen
    if one.token == upto:
        break
print("whole", seen)
"""


def test_forty_forks_beside_writers_damage_nothing(tmp_path: Path) -> None:
    result = python(FORK, tmp_path / "r.db", 40, "", 40)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("whole ")


def test_a_store_that_does_not_come_to_rest_before_a_fork_is_caught(tmp_path: Path) -> None:
    result = python(FORK.replace("alarm(50)", "alarm(5)"), tmp_path / "r.db", 40, "does not come to rest", 1)
    assert result.returncode != 0


ORPHAN = """
import os, sys, warnings
from uuid import uuid4
from registry.revisions import Change
from registry.stores import SQLiteStore
warnings.simplefilter("ignore")

store = SQLiteStore(sys.argv[1], timeout=3)
write = lambda name: store.submit("losses", [Change(name, b"")], operation=uuid4().hex).result(60)
write("before")
reading, writing = os.pipe()
os.set_inheritable(writing, True)
pid = os.fork()
if not pid:
    os.read(reading, 1)
    try:
        write("child")
    finally:
        os._exit(0)
os.execv(sys.executable, [sys.executable, "-c", sys.argv[2], sys.argv[1], str(pid), str(writing)])
"""

AFTER = """
import os, sys
from uuid import uuid4
from registry.revisions import Change
from registry.stores import SQLiteStore
path, pid, writing = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with SQLiteStore(path) as store:  # the last one that has the file open, as far as the locks tell
    store.submit("losses", [Change("other", b"")], operation=uuid4().hex).result(60)
os.write(writing, b"x")
os.waitpid(pid, 0)
with SQLiteStore(path) as store:
    print(sorted(stored.name for stored in store.snapshot("losses")), store.check())
"""


def test_a_forked_child_takes_locks_of_its_own(tmp_path: Path) -> None:
    """Its parent is gone, and another process used the file as if alone, before it writes for the first time."""
    result = python(ORPHAN, tmp_path / "r.db", AFTER)
    assert result.stdout == "['before', 'child', 'other'] []\n", result.stderr


STATES = {
    "nothing was done": "",
    "a writer waits": "write()",
    "a write is on its way": "[store.submit('a', [Change('n', b'')], operation=uuid4().hex) for _ in range(500)]",
    "a watch waits": "threading.Thread(target=list, args=[store.watch(since=store.token())], daemon=True).start()",
    "a snapshot is half read": "write(); snapshot = store.snapshot('a'); next(iter(snapshot))",
    "another process is in the middle of a write": """
import sqlite3
write()
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN IMMEDIATE")
store.submit("a", [Change("n", b"")], operation=uuid4().hex)
""",
}

ENDS = """
import sys, threading, time
from uuid import uuid4
from registry.revisions import Change
from registry.stores import SQLiteStore
store = SQLiteStore(sys.argv[1])
write = lambda: store.submit("a", [Change("n", b"")], operation=uuid4().hex).result(60)
exec(sys.argv[2])
print(time.time(), flush=True)
"""


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
def test_a_process_ends_at_once_whatever_its_store_does(tmp_path: Path, state: str) -> None:
    took = float("inf")
    for _ in range(3):  # a machine that is busy only adds, so the least time counts
        result = python(ENDS, tmp_path / "r.db", state)
        ended = time.time()
        assert result.returncode == 0, result.stderr
        took = min(took, ended - float(result.stdout))
        if took < 2.0:
            break
    assert took < 2.0
    with SQLiteStore(tmp_path / "r.db") as store:
        assert store.check() == []


def test_a_writer_that_others_keep_out_says_so_in_time(tmp_path: Path) -> None:
    import sqlite3

    with SQLiteStore(tmp_path / "r.db", timeout=0.5) as store:
        store.submit("a", [Change("n", b"1")], operation="1").result(PATIENCE)
        other = sqlite3.connect(tmp_path / "r.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"was kept by another process for 0\.5 seconds"):
            store.submit("a", [Change("n", b"2")], operation="2").result(PATIENCE)
        assert store.get("a", "n").record == b"1"  # type: ignore[union-attr]  # it is there
        other.execute("ROLLBACK")
        other.close()
        store.submit("a", [Change("m", b"2", NOTHING_THERE)], operation="2").result(PATIENCE)


FORKED_SNAPSHOT = """
import os, signal, sys, threading, warnings
from registry.revisions import Change
from registry.stores import SQLiteStore
warnings.simplefilter("ignore")  # of a fork beside threads, which is what this is about
store = SQLiteStore(sys.argv[1])
store.submit("losses", [Change("huber", b"{}")], operation="one").result(30)
snapshot = store.snapshot("losses")
held, done = threading.Event(), threading.Event()
def hold():
    with store._engine._pins._lock:
        held.set()
        done.wait(30)
threading.Thread(target=hold, daemon=True).start()
held.wait(30)
child = os.fork()
if not child:
    signal.alarm(10)
    assert [stored.name for stored in snapshot] == ["huber"]
    snapshot.close()
    store.snapshot("losses").close()
    os._exit(0)
print(os.waitpid(child, 0)[1])
done.set()
"""


def test_a_snapshot_goes_on_in_a_child_whatever_other_threads_were_doing(tmp_path: Path) -> None:
    done = python(FORKED_SNAPSHOT, tmp_path / "r.db")
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_a_lock_that_cannot_be_noted_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    real = filelock._open

    def noted(path: str) -> int:
        opened.append(real(path))
        return opened[-1]

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(filelock, "_open", noted)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            filelock.take(str(tmp_path / "lock"), exclusive=True, note="me")
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(opened[0])
    taken = filelock.take(str(tmp_path / "lock"), exclusive=True, note="me")
    assert isinstance(taken, filelock.FileLock)
    taken.release()


INHERITED = """
import os, sys, warnings
warnings.simplefilter("ignore")
found = []
def look():
    file, found[:] = os.stat(sys.argv[1]), []
    for number in range(3, 256):
        try:
            if os.path.samestat(os.fstat(number), file):
                found.append(number)
        except OSError:
            pass
os.register_at_fork(after_in_child=look)  # before the store's own, so that it sees what the child was given

from registry.revisions import Change
from registry.stores import SQLiteStore
from registry.stores.sqlite.database import Database
if sys.argv[2]:
    Database._close_connections = lambda self: None
store = SQLiteStore(sys.argv[1])
store.submit("a", [Change("n", b"")], operation="one").result(30)
store.get("a", "n")
look()
assert len(found) >= 2  # one that writes and one that reads
child = os.fork()
if not child:
    os._exit(len(found))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
store.submit("a", [Change("n", b"")], operation="two").result(30)
"""


def test_a_forked_child_is_given_no_connection(tmp_path: Path) -> None:
    done = python(INHERITED, tmp_path / "r.db", "")
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_a_store_that_stays_open_over_a_fork_is_caught(tmp_path: Path) -> None:
    assert int(python(INHERITED, tmp_path / "r.db", "stays open").stdout) >= 2


AWAITED = """
import os, signal, sqlite3, sys, time, warnings
from registry.errors import UnknownOutcomeError
from registry.revisions import Change
from registry.stores import SQLiteStore
from registry.stores.sqlite.writer import Writer
warnings.simplefilter("ignore")  # of a fork beside threads, which is what this is about
if sys.argv[2]:
    Writer.disown = lambda self: None
store = SQLiteStore(sys.argv[1], timeout=30)
store.submit("a", [Change("n", b"1")], operation="one").result(30)
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN IMMEDIATE")
written = store.submit("a", [Change("n", b"2")], operation="two")
read, write = os.pipe()
child = os.fork()
if not child:
    try:
        written.result(float(sys.argv[3]))
    except UnknownOutcomeError as error:
        os.write(write, error.context["operation"].encode())
    finally:
        os._exit(0)
os.close(write)
with open(read) as answer:
    print(answer.read())
os.waitpid(child, 0)
other.execute("ROLLBACK")
print(written.result(30).revision)
"""


def test_a_forked_child_is_told_that_only_its_parent_knows_of_a_write_on_its_way(tmp_path: Path) -> None:
    done = python(AWAITED, tmp_path / "r.db", "", 30)
    assert (done.stdout, done.stderr) == ("two\n2\n", "")


def test_a_child_that_would_wait_for_its_parents_writer_is_caught(tmp_path: Path) -> None:
    done = python(AWAITED, tmp_path / "r.db", "waits", 1)
    assert done.stdout == "\n2\n", done.stderr
