"""`registry migrate` to a real cluster, and with a process that ends half-way."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli.migrating import MANY, RECORDS, all_of
from click.testing import Result
from clusters.members import Cluster, running_cluster

from registry.records import Record
from registry.stores import EtcdStore
from registry.stores.etcd.gateway import text

Run = Callable[..., Result]
Fill = Callable[..., None]
Contents = Callable[[Path], dict[str, dict[str, bytes | None]]]

QUICK = ("--heartbeat-interval", "20", "--election-timeout", "200")
"""With these a single member is there in a fifth of a second."""


@pytest.fixture(scope="module")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One member, in which each test has a prefix of its own."""
    with running_cluster(tmp_path_factory.mktemp("etcd"), 1, *QUICK) as cluster:
        yield cluster


def test_everything_comes_to_a_cluster_in_parts_and_back(
    run: Run, fill: Fill, project: Path, contents: Contents, etcd: Cluster
) -> None:
    a = project / "a.db"
    fill(a, {**RECORDS, "many": MANY})
    url = f"{etcd.url}/there-and-back"
    result = run("migrate", "--from", "a.db", "--to", url)
    assert result.exit_code == 0, result.output
    assert "in about 5 parts, since the target takes 125 changes or 1,048,576 bytes at once." in result.stdout
    assert "Wrote 305 records in 5 parts." in result.stdout
    assert f"Next: registry serve --store {url}" in result.stdout
    with EtcdStore(etcd.endpoints, prefix="there-and-back") as store:
        assert all_of(store) == contents(a)
    assert run("migrate", "--from", url, "--to", "b.db").exit_code == 0
    assert contents(project / "b.db") == contents(a)


def test_looking_at_a_cluster_writes_nothing_there(
    run: Run, fill: Fill, project: Path, contents: Contents, etcd: Cluster
) -> None:
    a = project / "a.db"
    fill(a, RECORDS)
    for given in (
        ["migrate", "--from", f"{etcd.url}/looked-at/typo", "--to", "b.db"],
        ["list", "--namespace", "vision", "--store", f"{etcd.url}/looked-at/typo"],
        ["namespaces", "--store", f"{etcd.url}/looked-at/typo"],
    ):
        result = run(*given)
        assert result.exit_code == 2, result.output
        assert "There is no store at" in result.stderr
        assert "looked-at/typo" in result.stderr
        assert "prefix" in result.stderr
    assert not (project / "b.db").exists()
    result = run("migrate", "--from", "a.db", "--to", f"{etcd.url}/looked-at", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "which is made" in result.stdout
    asked = {"key": text(b"looked-at"), "range_end": text(b"looked-au")}
    found = etcd.members[0].ask("/v3/kv/range", asked)
    assert found is not None
    assert "kvs" not in found
    assert run("migrate", "--from", "a.db", "--to", f"{etcd.url}/looked-at").exit_code == 0
    result = run("migrate", "--from", "a.db", "--to", f"{etcd.url}/looked-at", "--dry-run")
    assert "which is made" not in result.stdout
    assert "nothing to be written" in result.stdout


def started(target: str, project: Path) -> "subprocess.Popen[str]":
    """A migration in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "registry", "migrate", "--from", "a.db", "--to", target],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def store_count(store: EtcdStore) -> int:
    """How many records came."""
    with store.snapshot("many") as snapshot:
        return snapshot.count


def ended_half_way(project: Path, etcd: Cluster, number: int) -> tuple[str, int, str]:
    """End a migration once some parts are there: to which prefix, how many records came, and what it said."""
    for attempt in range(5):
        prefix = f"ended-{number}-{attempt}"
        with EtcdStore(etcd.endpoints, prefix=prefix) as store:
            process = started(f"{etcd.url}/{prefix}", project)
            deadline = time.monotonic() + 30
            while process.poll() is None and store_count(store) <= 125 and time.monotonic() < deadline:
                time.sleep(0.002)
            process.send_signal(number)
            _, said = process.communicate(timeout=30)
            came = store_count(store)
        if 0 < came < 4000:
            return prefix, came, said
    raise AssertionError("it was too quick to be ended")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_migration_that_was_ended_goes_on_where_it_was(
    run: Run, fill: Fill, project: Path, contents: Contents, etcd: Cluster, number: int
) -> None:
    fill(project / "a.db", {"many": {f"k{key}": Record(kind="data", data=key) for key in range(4000)}})
    prefix, came, said = ended_half_way(project, etcd, number)
    if number != signal.SIGKILL:
        told = re.search(r"^At least ([0-9,]+) of 4,000 records were written before this. To go on, run the same", said)
        assert told is not None, said
        assert came - int(told[1].replace(",", "")) in (0, 125)  # the last of them may not have been answered
        assert "Traceback" not in said
    result = run("migrate", "--from", "a.db", "--to", f"{etcd.url}/{prefix}")
    assert result.exit_code == 0, result.output
    assert f"  many: {4000 - came:,} new, {came:,} there already\n" in result.stdout
    assert "Verified: 4,000 records" in result.stdout
    with EtcdStore(etcd.endpoints, prefix=prefix) as store:
        assert all_of(store) == contents(project / "a.db")
