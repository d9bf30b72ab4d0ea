"""What is particular to a store in etcd, where it answers as it should."""

import asyncio
import json
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from clusters.members import Cluster
from faults.clients import GENEROUS, in_child
from stores.etcd_fixtures import RECORD, Open, behind, first, frames, keys, put

from registry.errors import InvalidNameError, StoreError, TooLargeError, ValidationError
from registry.revisions import NOTHING_THERE, Change, Frame, Retention, StoreLimits, Token
from registry.stores import EtcdStore, open_store
from registry.stores.etcd import histories, reading
from registry.stores.etcd.gateway import put as put_part
from registry.stores.etcd.layout import Layout, after
from registry.stores.etcd.store import LIMITS

pytestmark = [
    pytest.mark.usefixtures("hasty"),
    # That children of a process with threads go on is what is tested here.
    pytest.mark.filterwarnings("ignore:.*is multi-threaded, use of fork.*:DeprecationWarning"),
]


def test_nothing_is_opened_before_the_first_call() -> None:
    before = set(threading.enumerate())
    with EtcdStore("http://127.0.0.1:1") as store:
        store.watch(since=Token("e", 1))
        assert store.limits == LIMITS
        assert store.retention == Retention()
    assert set(threading.enumerate()) == before


def test_importing_it_imports_nothing_heavy() -> None:
    code = "import sys, registry.stores.etcd; print([n for n in ('ssl', 'aiohttp', 'asyncio') if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "[]"


def test_what_is_stored_can_be_read_with_etcdctl(open_etcd: Open, etcd: Cluster, prefix: str) -> None:
    store = open_etcd()
    put(store, "a/b ü", operation="mine", namespace="x/y%")
    put(store, "gone", operation="gone-1", namespace="x/y%")
    put(store, "gone", None, operation="gone-2", namespace="x/y%")
    found = keys(etcd, prefix)
    assert set(found) == {
        "epoch",
        "last",
        "operations/gone-1",
        "operations/gone-2",
        "operations/mine",
        "records/x%2Fy%25/a/b ü",
        "removals/x%2Fy%25",
    }
    head, _, record = found["records/x%2Fy%25/a/b ü"].value.partition(b"\n")
    assert record == RECORD
    assert json.loads(head)[1] == "tester"
    assert json.loads(found["last"].value) == "x/y%"
    assert json.loads(found["removals/x%2Fy%25"].value)[1:] == ["tester", ["gone"]]
    assert found["records/x%2Fy%25/a/b ü"].modified == found["operations/mine"].modified


@pytest.mark.parametrize("namespace", ["a", "a/b", "a%", "a%2Fb", "%25", "ü/ß", "a b"])
def test_a_namespace_is_found_again_and_is_no_other(open_etcd: Open, namespace: str) -> None:
    store = open_etcd()
    since = store.token()
    others = ["a/", "a%2F", "a0", "a.b"]
    for one in {namespace, "a0", "a.b"}:
        put(store, "x/y", namespace=one)
    token = store.token()
    assert namespace in store.namespaces()
    assert [stored.name for stored in store.snapshot(namespace)] == ["x/y"]
    assert {frame.namespace for frame in frames(store.watch(since=since), token)} == {namespace, "a0", "a.b"}
    assert not set(others[:2]) & set(store.namespaces())


def test_the_range_of_a_prefix_ends_before_its_neighbour() -> None:
    layout = Layout("p")
    for namespace, other in (("a", "a/b"), ("a", "a0"), ("a", "ab"), ("a", "a-"), ("a", "a%")):
        space = layout.space(namespace)
        assert space <= layout.record(namespace, "x") < after(space)
        assert not space <= layout.record(other, "x") < after(space)


def test_removals_tell_when_and_by_whom_however_many_there_are(open_etcd: Open) -> None:
    store = open_etcd()
    expected: list[tuple[int, bytes | None, str]] = []
    for number in range(4):
        author = f"author{number}"
        for record in (b"%d" % number, None):
            change = [Change("huber", record)]
            token = store.submit("losses", change, operation=f"{number}{record is None}", author=author).result(0)
            expected.append((token.revision, record, author))
        put(store, "other")
        put(store, "other", None)
    found = store.history("losses", "huber")
    assert [(stored.revision, stored.record, stored.author) for stored in found] == expected[::-1]
    assert all(abs(stored.time - time.time()) < 60 for stored in found)
    assert store.history("losses", "missing") == []
    assert store.history("missing", "huber") == []


def test_a_long_history_is_whole(open_etcd: Open) -> None:
    store = open_etcd()
    tokens = [put(store, record=b"%d" % number) for number in range(histories.WALKED + 8)]
    gone = put(store, record=None)
    found = store.history("losses", "huber")
    assert [stored.revision for stored in found] == [gone.revision, *(token.revision for token in tokens[::-1])]
    assert [stored.record for stored in found[1:]] == [b"%d" % number for number in range(len(tokens))][::-1]


def test_more_than_the_limits_is_refused_before_anything_is_sent(open_etcd: Open) -> None:
    store = open_etcd(["http://127.0.0.1:1"], limits=StoreLimits(changes=2, size=100))
    for changes in ([Change(name, b"") for name in "abc"], [Change("a", b"x" * 101)]):
        with pytest.raises(TooLargeError):
            store.submit("losses", changes, operation="o").result(0)
    with pytest.raises(InvalidNameError):
        put(store, "")
    with pytest.raises(ValidationError, match="id of an operation"):
        put(store, operation="a b")


def test_a_submission_as_large_as_the_limits_say_is_taken(open_etcd: Open) -> None:
    store = open_etcd()
    count = store.limits.changes
    size = store.limits.size // count - len("name999") - 1
    changes = [Change(f"name{number}", b"x" * size, NOTHING_THERE) for number in range(count)]
    token = store.submit("losses", changes, operation="all").result(0)
    assert store.snapshot("losses").count == count
    again = store.submit("losses", [Change(change.name, None) for change in changes], operation="none").result(0)
    assert again.revision == token.revision + 1
    assert store.namespaces() == []


def test_pages_of_large_records_are_read_in_several_steps(open_etcd: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PAGE_BYTES", 300_000)
    monkeypatch.setattr(reading, "FIRST_PAGE", 2)
    store = open_etcd()
    for number in range(10):
        put(store, f"name{number}", b"x" * 100_000)
    snapshot = store.snapshot("losses")
    assert snapshot.count == 10
    assert sorted(len(stored.record or b"") for stored in snapshot) == [100_000] * 10


def test_a_write_can_be_awaited(open_etcd: Open) -> None:
    store = open_etcd()

    async def write() -> Token:
        return await asyncio.wrap_future(store.submit("losses", [Change("a", RECORD)], operation="o"))

    assert asyncio.run(write()) == store.token()


def test_a_store_that_was_closed_says_so(open_etcd: Open) -> None:
    store = open_etcd()
    put(store)
    store.close()
    store.close()
    calls: list[Callable[[], object]] = [
        store.token,
        lambda: put(store),
        lambda: store.get("losses", "huber"),
        lambda: store.snapshot("losses"),
        lambda: store.operation("o"),
        lambda: store.history("losses", "huber"),
        store.namespaces,
        lambda: store.watch(since=Token("e", 1)),
    ]
    for call in calls:
        with pytest.raises(StoreError, match="closed"):
            call()


def test_others_may_move_the_revision_of_the_cluster_on(open_etcd: Open, etcd: Cluster, prefix: str) -> None:
    store = open_etcd()
    token = put(store)
    behind(etcd, put_part(f"{prefix}x".encode(), b"x"))
    assert store.token() == token
    later = put(store)
    assert later.revision == token.revision + 2
    assert [frame.token for frame in frames(store.watch(since=token), later)] == [later]


def test_many_threads_share_a_store(open_etcd: Open) -> None:
    store = open_etcd()
    since = store.token()
    found: list[Token] = []

    def write(number: int) -> None:
        found.extend(put(store, f"name{number}") for _ in range(10))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GENEROUS)
    assert len(found) == 80
    told = frames(store.watch(since=since), max(found, key=lambda token: token.revision))
    assert [frame.token.revision for frame in told] == sorted(token.revision for token in found)


# ------------------------------------------------------------------------------------------------------ other processes


def test_a_forked_child_goes_on_with_connections_of_its_own(open_etcd: Open) -> None:
    store = open_etcd()
    token = put(store)
    watch = store.watch(since=token)
    next(watch)

    def check() -> bool:
        later = put(store, "child", operation="child")
        watch.close()
        return store.token() == later and frames(store.watch(since=token), later)[0].token == later

    in_child(check)
    assert first(watch, Frame).changes[0].name == "child"
    put(store, "parent")
    assert {stored.name for stored in store.snapshot("losses")} == {"huber", "child", "parent"}


def test_a_watch_of_the_parent_cannot_be_read_in_a_child(open_etcd: Open) -> None:
    store = open_etcd()
    watch = store.watch(since=put(store))
    next(watch)

    def check() -> bool:
        try:
            next(watch)
        except Exception as error:
            return "another process" in str(error)
        return False

    in_child(check)
    put(store, "parent")
    assert first(watch, Frame).changes[0].name == "parent"


def test_a_store_goes_to_a_spawned_process(open_etcd: Open, tmp_path: Path) -> None:
    store = open_etcd()
    token = put(store)
    (tmp_path / "store").write_bytes(pickle.dumps(store))
    code = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')).token())"
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(tmp_path / "store")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert told.stdout.strip() == str(token)


def test_a_url_opens_it(etcd: Cluster, prefix: str, quiet_environment: None) -> None:
    with open_store(f"{etcd.url}/{prefix}", timeout=5.0) as store:  # type: ignore[attr-defined]  # every store has it
        assert isinstance(store, EtcdStore)
        put(store)
        assert "records/losses/huber" in keys(etcd, prefix)
