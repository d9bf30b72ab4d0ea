"""Members of etcd for tests of stores, and what is done to them behind a store's back."""

import itertools
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import attrs
import pytest
from clusters.members import Cluster, Member, running_cluster
from faults.proxy import wait_until

from registry.environment import ETCD_CA, ETCD_CERT, ETCD_KEY, ETCD_PASSWORD, ETCD_USER
from registry.errors import RemoteError
from registry.revisions import ANYTHING, Beat, Change, Expect, Frame, Reset, Token
from registry.stores.etcd import EtcdStore, EtcdWatch, watches
from registry.stores.etcd.gateway import TXN, KeyValue, Outcome, Part, fetch_range, read_outcome, text, transaction
from registry.stores.etcd.layout import after
from registry.stores.transport import reach

QUICK = ("--heartbeat-interval", "20", "--election-timeout", "200")
"""With these a single member is there in a fifth of a second, and grants leases of one second."""

RECORD = b'{"a":1}'

PATIENCE = 10.0
"""Seconds for a watch to tell what happened."""

Open = Callable[..., EtcdStore]
"""Makes a store under the test's own prefix, which is closed when the test ends."""

Given = TypeVar("Given")

_numbers = itertools.count()


@pytest.fixture(scope="session")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A member for everything that leaves it as it was, but for keys and the log."""
    with running_cluster(tmp_path_factory.mktemp("etcd"), 1, *QUICK) as cluster:
        yield cluster


@pytest.fixture
def own_etcd(tmp_path: Path) -> Iterator[Cluster]:
    """A member of one test alone, which may stop it."""
    with running_cluster(tmp_path / "etcd", 1, *QUICK) as cluster:
        yield cluster


@pytest.fixture
def prefix() -> str:
    """What nobody else has."""
    return f"test/{next(_numbers)}"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watches that ask ten times as often how far the cluster is, and a member that was away is asked again soon."""
    monkeypatch.setattr(watches, "BEAT", 0.1)
    monkeypatch.setattr(reach, "PAUSE", 0.05)


@pytest.fixture
def quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the environment counts."""
    for name in (ETCD_USER, ETCD_PASSWORD, ETCD_CA, ETCD_CERT, ETCD_KEY):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def open_etcd(etcd: Cluster, prefix: str, quiet_environment: None) -> Iterator[Open]:
    """Makes stores over the member that all tests share, or over other endpoints."""
    with ExitStack() as opened:

        def make(endpoints: Any = None, **options: Any) -> EtcdStore:
            given = etcd.endpoints if endpoints is None else endpoints
            return opened.enter_context(EtcdStore(given, **{"prefix": prefix, **options}))

        yield make


@attrs.frozen
class Copy:
    """A copy of what a member has, made while it is stopped."""

    member: Member
    folder: Path

    @classmethod
    def of(cls, cluster: Cluster) -> "Copy":
        """Stop the only member, copy its data, and start it again."""
        member, folder = cluster.members[0], cluster.folder / "copy"
        member.kill()
        shutil.copytree(member.folder, folder)
        member.start()
        cluster.wait()
        return cls(member, folder)

    def restore(self, cluster: Cluster) -> None:
        """Have the member forget what happened since."""
        self.member.kill()
        shutil.rmtree(self.member.folder)
        shutil.copytree(self.folder, self.member.folder)
        self.member.start()
        cluster.wait()


def restart(cluster: Cluster) -> None:
    """Kill the only member, and start it again with what it has."""
    member = cluster.members[0]
    member.kill()
    member.start()
    wait_until(lambda: (member.status() or {}).get("leader", "0") != "0")  # which etcd tells everybody


def put(
    store: EtcdStore,
    name: str = "huber",
    record: bytes | None = RECORD,
    *,
    operation: str | None = None,
    expect: Expect | Token = ANYTHING,
    namespace: str = "losses",
) -> Token:
    """Write or remove one name."""
    given = f"put-{next(_numbers)}" if operation is None else operation
    return store.submit(namespace, [Change(name, record, expect)], operation=given, author="tester").result(0)


def behind(cluster: Cluster, *parts: Part) -> Outcome:
    """Do something to the keys, of which no store knows."""
    with urllib.request.urlopen(f"{cluster.endpoints[0]}{TXN}", transaction((), parts), timeout=10) as answer:
        return read_outcome(answer.read())


def eventually(call: Callable[[], Given], seconds: float = 30.0) -> Given:
    """What a call gives when a member is back: it is not asked again for a second after it was away."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return call()
        except RemoteError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def wipe(cluster: Cluster, prefix: str) -> None:
    """Delete all that is under a prefix."""
    key = f"{prefix}/".encode()
    behind(cluster, {"request_delete_range": {"key": text(key), "range_end": text(after(key))}})


def keys(cluster: Cluster, prefix: str) -> Mapping[str, KeyValue]:
    """What is under a prefix, without it."""
    root = f"{prefix}/".encode()
    (page,) = behind(cluster, fetch_range(root, after(root), limit=100_000)).pages
    return {item.key[len(root) :].decode(): item for item in page.items}


def frames(watch: EtcdWatch, until: Token) -> list[Frame]:
    """What a watch tells up to a moment; it is closed then."""
    found: list[Frame] = []
    deadline = time.monotonic() + PATIENCE
    for seen in watch:
        assert time.monotonic() < deadline, f"the watch does not get to {until}"
        assert not isinstance(seen, Reset), seen
        if isinstance(seen, Frame):
            found.append(seen)
        if seen.token.revision >= until.revision:
            break
    watch.close()
    return found


def first(watch: EtcdWatch, kind: type[Frame] | type[Beat] | type[Reset]) -> Any:
    """The first thing of a kind that a watch tells; it is closed then."""
    deadline = time.monotonic() + PATIENCE
    for seen in watch:
        assert time.monotonic() < deadline, f"the watch tells of no {kind.__name__}"
        if isinstance(seen, kind):
            watch.close()
            return seen
    raise AssertionError(f"the watch ended without a {kind.__name__}")
