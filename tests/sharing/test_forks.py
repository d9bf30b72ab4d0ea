"""Forked children read and write over connections of their own, whatever the parent's threads were in the middle of."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from server.running import running
from sharing.processes import run

from registry import MemoryStore

pytestmark = [
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

PREAMBLE = """
import json, os, sys, threading, time, warnings
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
from registry import Registry, Reference, RemoteBackend, SQLiteBackend, StoredBackend
from registry.backends.staleness import ASIDE
from registry.model import Entry

def backend(**options):
    make = RemoteBackend if sys.argv[1].startswith("http") else SQLiteBackend
    return make(sys.argv[1], **{"namespace": "research.losses", **options})

def entry(name, number):
    return Entry(name, Reference(f"acme.losses:n{number}"))

def number_of(found):
    return int(found.target.name[1:])

def forked(work):
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException as error:
            import traceback
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return child

def ended(child, seconds=20.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return "hangs"
"""

MANY = (
    PREAMBLE
    + """
shared = backend(max_staleness=30.0)
shared["fixed"] = entry("fixed", 7)
stop = threading.Event()
def write(number):
    count = 0
    while not stop.is_set():
        count += 1
        shared[str(number)] = entry(str(number), count)
def read():
    while not stop.is_set():
        number_of(shared["fixed"])
        list(shared)
threads = [threading.Thread(target=write, args=(n,)) for n in range(2)]
threads += [threading.Thread(target=read) for _ in range(2)]
for thread in threads: thread.start()
results = []
for number in range(int(sys.argv[2])):
    time.sleep(0.005)
    def work():
        assert shared.entries is ASIDE
        assert number_of(shared["fixed"]) == 7
        name = f"child{number}"
        mine = entry(name, number)
        shared[name] = mine
        assert shared[name] is mine
        assert shared.entries[name] is mine
    results.append(ended(forked(work)))
stop.set()
for thread in threads: thread.join(20)
deadline = time.monotonic() + 10
while time.monotonic() < deadline and sum(name.startswith("child") for name in shared) < len(results):
    time.sleep(0.01)
seen = sorted(number_of(shared[name]) for name in shared if name.startswith("child"))
print(json.dumps([results, seen == list(range(len(results)))]))
shared.close()
"""
)

AGE = (
    PREAMBLE
    + """
shared = backend(max_staleness=float(sys.argv[2]))
shared["x"] = entry("x", 1)
held = shared["x"]
follower = shared._link._connection.follower
def work():
    assert shared.entries is ASIDE
    time.sleep(float(sys.argv[3]))
    age = time.monotonic() - follower.heard
    loads = follower.loads
    found = shared["x"]
    assert found is held, "the mirror was kept as data"
    assert follower.loads == loads, "and not loaded again"
    assert shared.entries is not ASIDE
    if age < float(sys.argv[2]):
        assert time.monotonic() - follower.heard >= age, "nothing was waited for"
print(json.dumps(ended(forked(work))))
"""
)

NEVER_USED = (
    PREAMBLE
    + """
shared = backend()
def work():
    shared["x"] = entry("x", 1)
first = ended(forked(work))
print(json.dumps([first, number_of(shared["x"])]))
shared.close()
"""
)

CLOSED_IN_THE_CHILD = (
    PREAMBLE
    + """
shared = backend()
shared["x"] = entry("x", 1)
def work():
    shared.close()
first = ended(forked(work))
shared["x"] = entry("x", 2)
print(json.dumps([first, number_of(shared["x"])]))
shared.close()
"""
)


@pytest.fixture(params=["file", "server"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        yield str(tmp_path / "registry.db")
    else:
        with MemoryStore() as store, running(store) as server:
            yield server.url


def test_forks_beside_threads_that_read_and_write_do_not_hang(address: str) -> None:
    """Forty of them, and many more, are forked in tests/faults."""
    results, all_seen = run(MANY, address, 10)
    assert results == [0] * 10
    assert all_seen


@pytest.mark.parametrize(("staleness", "pause"), [(30.0, 0.0), (2.0, 2.5)], ids=["young", "too old"])
def test_a_child_goes_on_with_the_mirror_of_its_parent(address: str, staleness: float, pause: float) -> None:
    assert run(AGE, address, staleness, pause) == 0


def test_a_backend_that_was_not_used_yet_is_opened_by_both(address: str) -> None:
    assert run(NEVER_USED, address) == [0, 1]


def test_closing_in_a_child_leaves_the_parent_alone(address: str) -> None:
    assert run(CLOSED_IN_THE_CHILD, address) == [0, 2]


def test_the_check_of_forks_catches_a_lock_that_is_carried_over(tmp_path: Path) -> None:
    """The twin forks while another thread holds the lock of the mirror, and does not make another in the child."""
    broken = """
from registry.mirror import Mirror
first = Mirror.revive
Mirror.revive = lambda self: None if hasattr(self, "_changing") else first(self)
"""
    code = (
        PREAMBLE
        + broken
        + """
shared = backend()
shared["x"] = entry("x", 1)
mirror = shared._link.mirror
held, go_on = threading.Event(), threading.Event()
def hold():
    with mirror._changing:
        held.set()
        go_on.wait(60)
thread = threading.Thread(target=hold)
thread.start()
held.wait(20)
def work():
    shared["y"] = entry("y", 1)
result = ended(forked(work), float(sys.argv[2]))
go_on.set()
thread.join()
print(json.dumps(result))
shared.close()
"""
    )
    assert run(code, tmp_path / "registry.db", 3.0) == "hangs"
    assert run(code.replace(broken, ""), tmp_path / "registry.db", 20.0) == 0
