"""Epochs of a store in etcd: a cluster that has forgotten something is another store to whoever knew more."""

import json
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from clusters.members import Cluster
from stores.etcd_fixtures import RECORD, Copy, Open, behind, eventually, first, frames, keys, put, wipe

from registry.errors import RemoteError, RevisionConflictError, StoreError, UnknownOutcomeError
from registry.revisions import NOTHING_THERE, Beat, Reset, Token
from registry.stores import EtcdStore
from registry.stores.etcd.engine import Engine, Epoch
from registry.stores.etcd.gateway import KeyValue, Outcome, Part, is_at, text
from registry.stores.etcd.gateway import put as put_part
from registry.stores.etcd.layout import written

pytestmark = pytest.mark.usefixtures("hasty")


def knows_by_reading(store: EtcdStore) -> Token:
    for _ in range(5):
        put(store, "later")
    return store.token()


def knows_by_writing(store: EtcdStore) -> Token:
    return put(store, "later")


def knows_by_watching(store: EtcdStore) -> Token:
    since = store.token()
    with EtcdStore(store._addresses[0].url, prefix=store._options.prefix) as other:
        token = put(other, "later")
    (frame,) = frames(store.watch(since=since), token)
    return frame.token


KNOWING = {"reading": knows_by_reading, "writing": knows_by_writing, "watching": knows_by_watching}


def test_a_member_that_has_forgotten_is_in_another_epoch_for_whoever_knew_more(own_etcd: Cluster) -> None:
    with ExitStack() as opened:
        stores = {how: opened.enter_context(EtcdStore(own_etcd.endpoints, prefix=how)) for how in KNOWING}
        kept = {how: put(store, "kept") for how, store in stores.items()}
        copy = Copy.of(own_etcd)
        eventually(stores["reading"].token)
        known = {how: know(stores[how]) for how, know in KNOWING.items()}
        assert [token.epoch for token in known.values()] == [token.epoch for token in kept.values()]
        copy.restore(own_etcd)
        # What is written to a prefix moves on the revision of all: nothing is, before all were asked.
        told = {how: eventually(store.token) for how, store in stores.items()}
        for how, store in stores.items():
            now = told[how]
            assert now.epoch != known[how].epoch, how
            check_another_epoch(store, known[how], now)
            assert [stored.name for stored in store.snapshot("losses")] == ["kept"]
            other = opened.enter_context(EtcdStore(own_etcd.endpoints, prefix=how))
            assert other.token() == now  # also those who come later are told
            check_usable(store)


def check_another_epoch(store: EtcdStore, before: Token, now: Token) -> None:
    """Tokens from before match nothing."""
    assert isinstance(first(store.watch(since=before), Reset), Reset)
    with pytest.raises(RevisionConflictError):
        put(store, "kept", expect=before)
    with pytest.raises(RevisionConflictError):
        put(store, "missing", expect=before)
    assert first(store.watch(since=now), Beat).token.epoch == now.epoch


def check_usable(store: EtcdStore) -> None:
    """In the new epoch everything goes on."""
    now = store.token()
    (stored,) = store.snapshot("losses")
    token = put(store, "kept", b"{}", expect=Token(now.epoch, stored.revision))
    put(store, "more", expect=NOTHING_THERE)
    told = frames(store.watch(since=now), store.token())
    assert [frame.token for frame in told] == [token, store.token()]


def test_a_member_that_was_restarted_and_has_all_is_in_the_same_epoch(own_etcd: Cluster) -> None:
    with EtcdStore(own_etcd.endpoints) as store:
        token = put(store)
        Copy.of(own_etcd)
        assert eventually(store.token) == token
        assert put(store).epoch == token.epoch


def test_a_store_that_believes_every_revision_is_caught(own_etcd: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    settle = Engine.settle
    monkeypatch.setattr(Engine, "settle", lambda self, item, outcome, known: settle(self, item, outcome, (None, 0)))
    with pytest.raises(AssertionError):
        test_a_member_that_has_forgotten_is_in_another_epoch_for_whoever_knew_more(own_etcd)


def epochs_begun(etcd: Cluster) -> int:
    """How many epochs three stores begin that all knew more than a member has which has forgotten."""
    with ExitStack() as opened:
        stores = [opened.enter_context(EtcdStore(etcd.endpoints)) for _ in range(3)]
        put(stores[0], "kept")
        copy = Copy.of(etcd)
        for number in range(5):
            eventually(lambda number=number: put(stores[number % 3], "lost"))  # type: ignore[misc]  # a default, not typed
        before = {store.token().epoch for store in stores}
        copy.restore(etcd)
        after = [eventually(store.token).epoch for store in stores]
        after += [store.token().epoch for store in stores]
    assert before.isdisjoint(after)
    return len(set(after))


def test_stores_that_all_knew_more_than_a_member_has_begin_one_epoch(own_etcd: Cluster) -> None:
    assert epochs_begun(own_etcd) == 1


def test_stores_that_begin_one_each_are_caught(own_etcd: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    settle = Engine.settle

    def each(self: Engine, item: KeyValue, outcome: Outcome, known: tuple[Epoch | None, int]) -> Epoch | None:
        if outcome.revision >= known[1]:
            return settle(self, item, outcome, known)
        self._seen = outcome.revision
        self._put_epoch(is_at(self.layout.epoch, item.modified))
        return None

    monkeypatch.setattr(Engine, "settle", each)
    assert epochs_begun(own_etcd) > 1


def failing_once(monkeypatch: pytest.MonkeyPatch) -> list[Part]:
    """Have the first epoch that a store would begin fail: as when most members have no leader yet."""
    tried: list[Part] = []
    begin = Engine._put_epoch

    def fail(self: Engine, condition: Part) -> None:
        tried.append(condition)
        if len(tried) == 1:
            raise RemoteError("no leader")
        begin(self, condition)

    monkeypatch.setattr(Engine, "_put_epoch", fail)
    return tried


def forgotten(store: EtcdStore, etcd: Cluster) -> Token:
    """The last moment that a store knows, of which its member has forgotten everything but `kept`."""
    put(store, "kept")
    copy = Copy.of(etcd)
    last = [eventually(lambda: put(store, "lost")) for _ in range(5)][-1]
    copy.restore(etcd)
    return last


def test_an_epoch_that_cannot_be_begun_at_once_is_begun_later(
    own_etcd: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EtcdStore(own_etcd.endpoints) as store:
        before = forgotten(store, own_etcd)
        tried = failing_once(monkeypatch)
        with pytest.raises(RemoteError, match="no leader"):
            store.token()
        after = store.token()
        assert len(tried) == 2
        assert after.epoch != before.epoch
        assert first(store.watch(since=before), Reset)


def test_a_store_that_counts_the_loss_as_noticed_before_it_begins_an_epoch_is_caught(
    own_etcd: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = Engine.settle

    def hasty(self: Engine, item: KeyValue, outcome: Outcome, known: tuple[Epoch | None, int]) -> Epoch | None:
        self._seen = min(self._seen, outcome.revision)
        return settle(self, item, outcome, known)

    monkeypatch.setattr(Engine, "settle", hasty)
    with pytest.raises(AssertionError):
        test_an_epoch_that_cannot_be_begun_at_once_is_begun_later(own_etcd, monkeypatch)


def test_a_write_that_was_made_before_its_epoch_could_be_begun_is_in_doubt(
    own_etcd: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EtcdStore(own_etcd.endpoints) as store:
        before = forgotten(store, own_etcd)
        tried = failing_once(monkeypatch)
        with pytest.raises(UnknownOutcomeError, match="no leader") as raised:
            put(store, "after", operation="mine")
        assert raised.value.context["operation"] == "mine"
        assert len(tried) == 1
        token = put(store, "after", operation="mine")
        assert token.epoch != before.epoch
        assert [stored.name for stored in store.snapshot("losses")] == ["kept", "after"]
        assert len(store.history("losses", "after")) == 1


def test_a_store_that_takes_it_for_a_failure_is_caught(own_etcd: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.stores.etcd.submitting._NO_ANSWER", ())
    with pytest.raises(RemoteError, match="no leader") as raised:
        test_a_write_that_was_made_before_its_epoch_could_be_begun_is_in_doubt(own_etcd, monkeypatch)
    assert not isinstance(raised.value, UnknownOutcomeError)


def test_a_write_to_a_member_that_has_forgotten_is_acknowledged_in_the_epoch_where_it_is(own_etcd: Cluster) -> None:
    with EtcdStore(own_etcd.endpoints) as store:
        kept = put(store, "kept")
        copy = Copy.of(own_etcd)
        lost = eventually(lambda: put(store, "lost", operation="lost-1"))
        later = [put(store, "lost") for _ in range(4)][-1]
        copy.restore(own_etcd)
        token = eventually(lambda: put(store, "after"))
        assert token.epoch not in (kept.epoch, lost.epoch, later.epoch)
        assert token == store.token() or token.revision < store.token().revision
        assert token.epoch == store.token().epoch
        assert {stored.name for stored in store.snapshot("losses")} == {"kept", "after"}
        again = put(store, "lost", operation="lost-1")
        assert again.epoch == token.epoch
        assert [stored.revision for stored in store.history("losses", "lost")] == [again.revision]


def test_a_store_that_believes_every_write_is_caught(own_etcd: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "confirm", lambda self, epoch, outcome, seen: True)
    with pytest.raises(AssertionError):
        test_a_write_to_a_member_that_has_forgotten_is_acknowledged_in_the_epoch_where_it_is(own_etcd)


def test_a_write_of_an_earlier_epoch_that_is_repeated_gives_a_moment_from_which_one_can_go_on(
    own_etcd: Cluster,
) -> None:
    with EtcdStore(own_etcd.endpoints) as store:
        kept = put(store, "kept", operation="kept")
        copy = Copy.of(own_etcd)
        eventually(lambda: put(store, "lost"))
        copy.restore(own_etcd)
        again = eventually(lambda: put(store, "kept", operation="kept"))
        assert again.epoch == store.token().epoch != kept.epoch
        found = store.operation("kept")
        assert found is not None
        assert found.token == again
        assert first(store.watch(since=again), Beat).token == again
        assert [stored.revision for stored in store.history("losses", "kept")] == [kept.revision]


# -------------------------------------------------------------------------------------------------- within one cluster


def test_a_prefix_that_was_wiped_is_in_another_epoch(open_etcd: Open, etcd: Cluster, prefix: str) -> None:
    store, watching = open_etcd(), open_etcd()
    token = put(store, "kept")
    watch = watching.watch(since=token)
    assert isinstance(next(watch), Beat)
    wipe(etcd, prefix)
    now = store.token()
    assert now.epoch != token.epoch
    assert store.namespaces() == []
    assert first(watch, Reset).reason.startswith("the token is of another epoch")
    assert isinstance(next(store.watch(since=token)), Reset)
    with pytest.raises(RevisionConflictError):
        put(watching, "kept", expect=token)
    put(watching, "kept")
    check_usable(store)


@pytest.mark.parametrize("call", [lambda store: put(store, "kept"), lambda store: store.namespaces()], ids=["w", "r"])
def test_whoever_comes_first_to_a_wiped_prefix_begins_the_epoch(
    open_etcd: Open, etcd: Cluster, prefix: str, call: Callable[[EtcdStore], object]
) -> None:
    stores = [open_etcd() for _ in range(2)]
    token = put(stores[0], "kept")
    assert stores[1].token() == token
    wipe(etcd, prefix)
    call(stores[0])
    call(stores[1])
    assert len({store.token() for store in stores}) == 1
    assert stores[0].token().epoch != token.epoch
    assert "epoch" in keys(etcd, prefix)


def test_the_deletion_of_the_epoch_alone_begins_another_one(open_etcd: Open, etcd: Cluster, prefix: str) -> None:
    store = open_etcd()
    token = put(store, "kept")
    behind(etcd, {"request_delete_range": {"key": text(f"{prefix}/epoch".encode())}})
    assert put(store, "kept", b"{}").epoch != token.epoch
    assert isinstance(next(store.watch(since=token)), Reset)
    check_usable(store)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (written({"format": 2, "epoch": "x"}), "has the format 2"),
        (written({"epoch": "x"}), "has the format None"),
        (written({"format": 1}), "holds what no registry wrote"),
        (written({"format": 1, "epoch": 3}), "holds what no registry wrote"),
        (written([1]), "has the format"),
        (written(1), "has the format 1"),
        (b"\xff", "holds what no registry wrote"),
        (b"", "holds what no registry wrote"),
        (b"[" * 100_000, "holds what no registry wrote"),
    ],
)
def test_another_format_is_refused_and_nothing_written(
    open_etcd: Open, etcd: Cluster, prefix: str, found: bytes, said: str
) -> None:
    behind(etcd, put_part(f"{prefix}/epoch".encode(), found))
    store = open_etcd()
    calls: list[Callable[[], object]] = [
        store.token,
        store.namespaces,
        lambda: put(store),
        lambda: next(store.watch(since=Token("e", 1))),
        lambda: store.operation("o"),
    ]
    for call in calls:
        with pytest.raises(StoreError, match=said) as raised:
            call()
        assert raised.value.suggestions
        json.dumps(raised.value.context)
    assert set(keys(etcd, prefix)) == {"epoch"}
    assert keys(etcd, prefix)["epoch"].value == found


def test_a_format_that_comes_while_a_store_is_open_is_refused_too(open_etcd: Open, etcd: Cluster, prefix: str) -> None:
    store = open_etcd()
    put(store)
    behind(etcd, put_part(f"{prefix}/epoch".encode(), written({"format": 2})))
    with pytest.raises(StoreError, match="has the format 2"):
        put(store)
    assert keys(etcd, prefix)["records/losses/huber"].value.endswith(RECORD)
