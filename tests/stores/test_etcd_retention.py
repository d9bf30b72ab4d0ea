"""What a store in etcd forgets: operations and log that are too old, and nothing else."""

import itertools
import threading
from contextlib import closing
from types import SimpleNamespace

import attrs
import pytest
from clusters.members import Cluster
from faults.clients import GENEROUS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stores.etcd_fixtures import Open, behind, frames, keys, put

from registry.errors import EntryNotFoundError
from registry.revisions import Frame, Reset, Retention, Token
from registry.stores import EtcdStore
from registry.stores.etcd import keeper, submitting, watches
from registry.stores.etcd.gateway import put as put_part
from registry.stores.etcd.keeper import sweep
from registry.stores.etcd.layout import written

pytestmark = pytest.mark.usefixtures("hasty")

EVERYTHING = Retention(seconds=0.0, operations=1)
"""Keeps the last operation only."""

_prefixes = itertools.count()


@attrs.define
class Clock:
    """The time of day, for those who write and those who forget."""

    now: float = 1_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (submitting, keeper):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=made.time))
    return made


def later(opened: EtcdStore, count: int, name: str = "other") -> list[Token]:
    """Write something else, so often."""
    return [put(opened, name) for _ in range(count)]


# ------------------------------------------------------------------------------------------------- exactly what is old


@attrs.frozen
class Submit:
    """A write, by a machine whose clock is off by so many seconds."""

    off: int


@attrs.frozen
class Wait:
    """Let so many seconds pass."""

    seconds: int


@attrs.frozen
class Look:
    """Forget what is too old."""


STEPS = st.lists(
    st.one_of(
        st.builds(Submit, st.sampled_from([0, 0, 0, -7, 7])),
        st.builds(Wait, st.integers(1, 9)),
        st.builds(Look),
    ),
    max_size=14,
)


def run(cluster: Cluster, steps: list[object], retention: Retention) -> None:
    """Take these steps with a store, and with a list in which what is too old is looked for one by one."""
    clock, remembered, forgotten = Clock(), list[tuple[str, Token, float]](), list[tuple[str, Token]]()
    with (
        pytest.MonkeyPatch.context() as patched,
        EtcdStore(cluster.endpoints, prefix=f"law/{next(_prefixes)}", retention=retention) as opened,
    ):
        for module in (submitting, keeper):
            patched.setattr(module, "time", SimpleNamespace(time=clock.time))
        patched.setattr(keeper, "_PAGE", 3)
        patched.setattr(keeper, "AT_ONCE", 2)
        begun = opened.token()
        for number, step in enumerate([*steps, Look()]):
            match step:
                case Wait():
                    clock.now += step.seconds
                case Submit():
                    clock.now += step.off
                    operation = f"o{number}"
                    token = put(opened, f"n{number % 3}", operation=operation)
                    remembered.append((operation, token, clock.now))
                    clock.now -= step.off
                case Look():
                    reached = sweep(opened._engine, opened.retention)
                    expected = 0
                    while len(remembered) > max(1, retention.operations):
                        operation, token, when = remembered[0]
                        if clock.now - when <= retention.seconds:
                            break
                        expected = token.revision
                        forgotten.append((operation, token))
                        remembered.pop(0)
                    assert reached == expected
        for operation, token, _ in remembered:
            found = opened.operation(operation)
            assert found is not None
            assert found.token == token
        assert [operation for operation, _ in forgotten if opened.operation(operation) is not None] == []
        check_log(opened, begun, [token for _, token in forgotten], [token for _, token, _ in remembered])


def check_log(opened: EtcdStore, begun: Token, forgotten: list[Token], remembered: list[Token]) -> None:
    """The log begins behind the last operation that was forgotten, and whoever wants more is told so."""
    since = forgotten[-1] if forgotten else begun
    if remembered:
        assert [frame.token for frame in frames(opened.watch(since=since), remembered[-1])] == remembered
    if forgotten:
        with closing(opened.watch(since=begun)) as watch:
            assert isinstance(next(watch), Reset)
    newest = {name: revisions for name in ("n0", "n1", "n2") if (revisions := _revisions(opened, name))}
    for revisions in newest.values():
        assert revisions == sorted(revisions, reverse=True)
    told = {revision for revisions in newest.values() for revision in revisions}
    assert {token.revision for token in remembered} <= told


def _revisions(opened: EtcdStore, name: str) -> list[int]:
    return [stored.revision for stored in opened.history("losses", name)]


LAW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@LAW
@given(steps=STEPS, seconds=st.integers(0, 9), operations=st.integers(0, 4))
def test_exactly_what_is_too_old_by_both_measures_is_forgotten(
    etcd: Cluster, hasty: None, steps: list[object], seconds: int, operations: int
) -> None:
    run(etcd, steps, Retention(float(seconds), operations))


@pytest.mark.soak
@settings(LAW, max_examples=400)
@given(steps=STEPS, seconds=st.integers(0, 9), operations=st.integers(0, 4))
def test_exactly_what_is_too_old_by_both_measures_is_forgotten_in_many_programs(
    etcd: Cluster, hasty: None, steps: list[object], seconds: int, operations: int
) -> None:
    run(etcd, steps, Retention(float(seconds), operations))


OLD, YOUNG = [Submit(0), Submit(0), Submit(0), Wait(9)], [Submit(0), Submit(0), Submit(0)]


@pytest.mark.parametrize(
    ("steps", "changed"),
    [
        (YOUNG, {"_is_old": lambda item, before: True}),
        (OLD, {"_is_old": lambda item, before: False}),
        ([Submit(0), Submit(7), Submit(0), Submit(0), Wait(6)], {"_leading": lambda items, old: len(old)}),
        (OLD, {"max": lambda *numbers: 2**60}),
        (OLD, {"_compact": lambda engine, reached: None}),
        (OLD, {"_delete": lambda engine, items: None, "_PAGE": 3000}),
    ],
    ids=["too early", "never", "between others", "the last ones", "without the log", "without the operations"],
)
def test_a_keeper_that_forgets_something_else_is_caught(
    etcd: Cluster, monkeypatch: pytest.MonkeyPatch, steps: list[object], changed: dict[str, object]
) -> None:
    for name, part in changed.items():
        monkeypatch.setattr(keeper, name, part, raising=name != "max")
    with pytest.raises(AssertionError):
        run(etcd, steps, Retention(5.0, 1))


def test_more_than_one_transaction_can_delete_is_forgotten(open_etcd: Open, etcd: Cluster, prefix: str) -> None:
    opened = open_etcd()
    tokens = later(opened, 2 * keeper.AT_ONCE + 3)
    assert sweep(opened._engine, EVERYTHING) == tokens[-2].revision
    assert len([key for key in keys(etcd, prefix) if key.startswith("operations/")]) == 1


# -------------------------------------------------------------------------------------------------- the log and others


def test_the_history_keeps_what_the_log_has(open_etcd: Open) -> None:
    opened = open_etcd()
    put(opened, "a")
    put(opened, "a", None)
    kept = put(opened, "a", b"{}")
    put(opened, "b")
    removed = put(opened, "a", None)
    back = put(opened, "a", b"[]")
    assert sweep(opened._engine, Retention(0.0, 2)) == back.revision - 2
    found = opened.history("losses", "a")
    assert [stored.revision for stored in found[:2]] == [back.revision, removed.revision]
    assert [(stored.record, stored.author) for stored in found[:2]] == [(b"[]", "tester"), (None, "tester")]
    assert found[2:] == [] or found[2].revision == kept.revision  # what was there then may be kept, too
    (only,) = opened.history("losses", "b")
    assert only.record is not None
    later(opened, 3)
    sweep(opened._engine, EVERYTHING)
    assert opened.history("losses", "a")[0].revision == back.revision


def test_accounts_of_removals_go_with_the_log(open_etcd: Open, etcd: Cluster, prefix: str) -> None:
    opened = open_etcd()
    for namespace in ("one", "two"):
        put(opened, "a", namespace=namespace)
        put(opened, "a", None, namespace=namespace)
    last = put(opened, "b")
    assert {"removals/one", "removals/two"} <= set(keys(etcd, prefix))
    sweep(opened._engine, Retention(0.0, 2))
    assert "removals/one" not in keys(etcd, prefix)
    assert "removals/two" in keys(etcd, prefix)
    later(opened, 1)
    sweep(opened._engine, EVERYTHING)
    assert "removals/two" not in keys(etcd, prefix)
    assert frames(opened.watch(since=last), opened.token())[0].changes[0].name == "other"
    assert opened.history("one", "a") == []
    with pytest.raises(EntryNotFoundError):
        put(opened, "a", None, namespace="one")


def test_a_removal_at_the_end_of_what_is_forgotten_is_not_passed_over(
    open_etcd: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """etcd lets a watch begin at the revision of a compaction, and has thrown away what was deleted there."""
    real = keeper.body
    monkeypatch.setattr(
        keeper, "body", lambda value: real({**value, "physical": True})
    )  # and does so before it answers
    opened = open_etcd()
    before = put(opened, "a")
    removed = put(opened, "a", None)
    kept = put(opened, "b")
    assert sweep(opened._engine, EVERYTHING) == removed.revision
    seen = next(opened.watch(since=before))
    assert isinstance(seen, Reset) or (isinstance(seen, Frame) and seen.token == removed), seen
    assert frames(opened.watch(since=removed), kept)[0].token == kept


def test_a_watch_that_begins_right_behind_its_moment_is_caught(
    open_etcd: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = watches.follow
    monkeypatch.setattr(watches, "follow", lambda key, end, since: real(key, end, since + 1))
    with pytest.raises(AssertionError):
        test_a_removal_at_the_end_of_what_is_forgotten_is_not_passed_over(open_etcd, monkeypatch)


def test_a_watch_that_follows_goes_on_through_a_compaction(open_etcd: Open) -> None:
    opened, other = open_etcd(), open_etcd()
    watch = opened.watch(since=opened.token())
    tokens = later(other, 3)
    assert [next(frame for frame in watch if isinstance(frame, Frame)).token for _ in tokens] == tokens
    sweep(other._engine, EVERYTHING)
    tokens = later(other, 3)
    assert [next(frame for frame in watch if isinstance(frame, Frame)).token for _ in tokens] == tokens
    watch.close()


def test_a_watch_from_before_is_reset_and_so_is_one_that_slept(open_etcd: Open) -> None:
    opened = open_etcd()
    since = opened.token()
    tokens = later(opened, 5)
    sleeping = opened.watch(since=since)
    sweep(opened._engine, Retention(0.0, 2))
    for watch in (sleeping, opened.watch(since=since), opened.watch(since=tokens[1])):
        seen = list(itertools.islice(watch, 2))
        assert [type(one) for one in seen] == [Reset]
        assert "no longer reaches back" in seen[0].reason  # type: ignore[union-attr]  # a Reset, as is asserted
    assert [frame.token for frame in frames(opened.watch(since=tokens[2]), tokens[-1])] == tokens[3:]


def test_what_others_have_in_the_cluster_stays(open_etcd: Open, etcd: Cluster, prefix: str) -> None:
    opened, other = open_etcd(), open_etcd(prefix=f"{prefix}x")
    put(other, operation="other")
    behind(etcd, put_part(f"{prefix}/foreign".encode(), b"x"), put_part(f"{prefix}/operations0".encode(), b"x"))
    later(opened, 5)
    sweep(opened._engine, EVERYTHING)
    assert other.operation("other") is not None
    assert other.get("losses", "huber") is not None
    assert {"foreign", "operations0"} <= set(keys(etcd, prefix))


@pytest.mark.parametrize(
    "value",
    [
        b"\xff",
        b"1" + b"0" * 400,
        b'["a","b",1%s]' % (b"0" * 400),
        b"{}",
        b"[1,2]",
        b'[1,2,"x"]',
        b"[1,2,null]",
        b'"x"',
        b"[" * 9000,
        b"null",
    ],
)
def test_what_is_no_operation_does_not_keep_the_log_for_ever(
    open_etcd: Open, etcd: Cluster, prefix: str, value: bytes
) -> None:
    opened = open_etcd()
    opened.token()
    behind(etcd, put_part(f"{prefix}/operations/foreign".encode(), value))
    tokens = later(opened, 3)
    assert sweep(opened._engine, EVERYTHING) == tokens[1].revision
    assert "operations/foreign" not in keys(etcd, prefix)


def test_a_mark_is_kept_as_long_as_an_operation(open_etcd: Open, etcd: Cluster, prefix: str, clock: Clock) -> None:
    """What it marks may still be on its way."""
    opened = open_etcd()
    opened.token()
    behind(etcd, put_part(f"{prefix}/operations/marked".encode(), written(clock.now)))
    later(opened, 3)
    clock.now += 9.0
    assert sweep(opened._engine, Retention(10.0, 1)) == 0
    assert "operations/marked" in keys(etcd, prefix)
    clock.now += 2.0
    assert sweep(opened._engine, Retention(10.0, 1)) > 0
    assert "operations/marked" not in keys(etcd, prefix)


def test_several_that_forget_at_once_do_not_disturb_one_another(open_etcd: Open, etcd: Cluster, prefix: str) -> None:
    stores = [open_etcd() for _ in range(4)]
    tokens = later(stores[0], 150)
    failed: list[BaseException] = []

    def forget(opened: EtcdStore) -> None:
        try:
            sweep(opened._engine, EVERYTHING)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=forget, args=(opened,)) for opened in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GENEROUS)
    assert failed == []
    assert [key for key in keys(etcd, prefix) if key.startswith("operations/")] == [
        f"operations/{_operation(stores[0], tokens[-1], keys(etcd, prefix))}"
    ]


def _operation(opened: EtcdStore, token: Token, found: object) -> str:
    (operation,) = [
        key.removeprefix("operations/")
        for key, item in found.items()  # type: ignore[attr-defined]  # a mapping
        if key.startswith("operations/") and item.modified == token.revision
    ]
    return str(operation)
