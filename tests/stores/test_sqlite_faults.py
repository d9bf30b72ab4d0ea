"""A write, a forcing out or an opening of a file that fails, at every place where one can: a typed error or success.

Afterwards everything acknowledged is there, nothing refused, and nothing half. Needs a C compiler and Linux.
"""

import errno
import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from registry.stores import SQLiteStore

WORK = """
import sys, threading
from uuid import uuid4
from registry.errors import StoreError, UnknownOutcomeError
from registry.revisions import Change
from registry.stores import SQLiteStore
from registry.stores.sqlite import writer

if sys.argv[2] == "takes failures for success":
    import sqlite3
    def deaf(self, group):
        try:
            return writer_commit(self, group)
        except (sqlite3.Error, UnknownOutcomeError):
            from registry.revisions import Token
            return [Token("x", 1) for _ in group]
    writer_commit, writer.Writer._commit = writer.Writer._commit, deaf
writer.PAGES = 20  # so that the log is moved to the file again and again

store = SQLiteStore(sys.argv[1], timeout=2)
for number in range(24):
    name = f"n{number}"
    changes = [Change(f"{name}-{part}", name.encode() * 500) for part in range(2)]
    try:
        store.submit("losses", changes, operation=name).result(30)
        print("acknowledged", name)
    except UnknownOutcomeError as error:
        assert error.context["operation"] == name
        print("unknown", name)
    except StoreError as error:
        print("refused", name, error.context.get("sqlite"))
    else:
        try:
            if store.get("losses", f"{name}-0") is None:
                print("unseen", name)
        except StoreError:  # that a read fails says nothing of the write
            pass
try:
    store.close()
except StoreError:
    pass
print("end")
"""


@attrs.frozen
class Fault:
    call: str
    first: int
    count: int = 1
    number: int = errno.EIO


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that makes calls fail."""
    library = tmp_path_factory.mktemp("shim") / "failing_calls.so"
    source = Path(__file__).with_name("failing_calls.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
    return library


def work(path: Path, shim: Path, fault: Fault, bug: str = "") -> list[list[str]]:
    """What a process says of each of its writes, of which some met the fault."""
    environment = {
        **os.environ,
        "LD_PRELOAD": str(shim),
        "FAIL_CALL": fault.call,
        "FAIL_FILE": path.name,
        "FAIL_FIRST": str(fault.first),
        "FAIL_COUNT": str(fault.count),
        "FAIL_ERRNO": str(fault.number),
    }
    result = subprocess.run(
        [sys.executable, "-c", WORK, str(path), bug], env=environment, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, f"{fault}: {result.stderr}"
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[-1] == ["end"], fault
    return lines[:-1]


def wrong(path: Path, said: list[list[str]]) -> list[str]:
    """Where the file is not as the process said."""
    with SQLiteStore(path) as store:
        assert store.check() == []
        found = {stored.name: stored for stored in store.snapshot("losses")}
        known = {name for _, name, *_ in said if store.operation(name) is not None}
    bad = []
    for what, name, *_ in said:
        parts = [found.get(f"{name}-{part}") for part in range(2)]
        there = [part is not None and part.record == name.encode() * 500 for part in parts]
        fits = {"acknowledged": all(there), "refused": not any(there), "unknown": len(set(there)) == 1}
        if not fits.get(what, False) or (name in known) != all(there):
            bad.append(f"{what} {name}: {there}")
    return bad


FAULTS = [
    *(Fault("write", first) for first in (*range(1, 16), *range(16, 120, 9))),
    *(Fault("write", first, 10**6, errno.ENOSPC) for first in (1, 2, 3, 7, 12, 20, 45, 70)),
    *(Fault("sync", first) for first in range(1, 26, 2)),
    *(Fault("sync", first, 10**6) for first in (1, 3, 8, 15)),
    *(Fault("open", first, 1, errno.EMFILE) for first in range(1, 7)),
    Fault("open", 6, 10**6, errno.EMFILE),  # what writes is open by then, and nothing can be read
    *(Fault("open", first, 10**6, errno.EACCES) for first in (1, 2, 3)),
]


def check(tmp_path: Path, shim: Path, faults: list[Fault]) -> set[str]:
    met = set()
    for number, fault in enumerate(faults):
        path = tmp_path / f"r{number}.db"
        said = work(path, shim, fault)
        assert wrong(path, said) == [], fault
        met |= {line[0] for line in said} | {line[2] for line in said if len(line) > 2}
    return met


@pytest.mark.parametrize("part", range(4))
def test_after_a_failing_call_all_is_as_it_was_said(tmp_path: Path, shim: Path, part: int) -> None:
    assert "acknowledged" in check(tmp_path, shim, FAULTS[part::4])


def test_a_full_disk_is_called_that(tmp_path: Path, shim: Path) -> None:
    met = check(tmp_path, shim, [Fault("write", first, 10**6, errno.ENOSPC) for first in (30, 60)])
    assert {"acknowledged", "refused", "SQLITE_FULL"} <= met


def test_a_disk_that_fails_for_good_leaves_one_write_in_doubt_and_says_so(tmp_path: Path, shim: Path) -> None:
    met = check(tmp_path, shim, [Fault("sync", first, 10**6) for first in (20, 21)])
    assert {"acknowledged", "unknown"} <= met


@pytest.mark.soak
def test_after_any_failing_call_all_is_as_it_was_said(tmp_path: Path, shim: Path) -> None:
    faults = [Fault("write", first) for first in range(1, 150)]
    faults += [Fault("write", first, 10**6, errno.ENOSPC) for first in range(1, 150, 3)]
    faults += [Fault("sync", first, count) for first in range(1, 60) for count in (1, 2, 10**6)]
    faults += [Fault("open", first, count, errno.EMFILE) for first in range(1, 10) for count in (1, 10**6)]
    check(tmp_path, shim, faults)


def test_a_store_that_takes_failures_for_success_is_caught(tmp_path: Path, shim: Path) -> None:
    path = tmp_path / "r.db"
    said = work(path, shim, Fault("write", 60, 10**6, errno.ENOSPC), "takes failures for success")
    assert wrong(path, said) != []
