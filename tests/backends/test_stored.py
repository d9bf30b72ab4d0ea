"""A namespace of a store as a backend: what is written here is what others get, as records and never as code."""

import json
import pickle
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from registry.backends import MemoryBackend, RemoteBackend, SQLiteBackend, StoredBackend
from registry.environment import HOST, PORT
from registry.errors import (
    BackendError,
    InvalidNameError,
    NotShareableError,
    RemoteError,
    TooLargeError,
    UnknownOutcomeError,
    UntrustedReferenceError,
    ValidationError,
)
from registry.model import UNREAD, Entry, Reference
from registry.protocols import Closeable, InMemory, Shared, Transactional
from registry.revisions import ANYTHING, Change, Frame, StoreLimits, Token
from registry.store_protocol import Watch
from registry.stores import MemoryStore

NAMESPACE = "research.losses"


@pytest.fixture
def store() -> Iterator[MemoryStore]:
    with MemoryStore() as made:
        yield made


def backend_over(store: Any, **options: Any) -> StoredBackend[Any]:
    return StoredBackend(store, namespace=NAMESPACE, **options)


def eventually(holds: Any, seconds: float = 30.0) -> bool:
    """Whether something holds before long: what others write arrives when it does."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


def revision(store: MemoryStore) -> int:
    return store.token().revision


def test_it_can_do_what_the_core_asks_of_a_shared_backend(store: MemoryStore) -> None:
    with backend_over(store) as backend:
        assert isinstance(backend, Shared)
        assert isinstance(backend, Transactional)
        assert isinstance(backend, InMemory)
        assert isinstance(backend, Closeable)
    assert not isinstance(MemoryBackend(), Shared)


def test_what_one_writes_the_other_gets_as_a_reference(store: MemoryStore) -> None:
    with backend_over(store) as here, backend_over(store) as there:
        mine = Entry("dumps", json.dumps, tags=frozenset({"json"}), description="to text", metadata={"year": 2001})
        here["dumps"] = mine
        assert here["dumps"] is mine
        assert here.entries["dumps"].artifact is json.dumps
        assert eventually(lambda: "dumps" in there)
        got = there["dumps"]
        assert got.target == Reference("json:dumps")
        assert (got.tags, got.description, dict(got.metadata)) == ({"json"}, "to text", {"year": 2001})
        assert there["dumps"] is got, "decoded once"
        assert there.entries["dumps"] is got


def test_data_arrives_as_data_and_an_alias_as_an_alias(store: MemoryStore) -> None:
    with backend_over(store) as here, backend_over(store) as there:
        here.apply(
            {
                "defaults": Entry("defaults", {"delta": 1.0}, aliases=("d",)),
                "d": Entry("d", None, alias_of="defaults"),
            }
        )
        assert list(there) == ["defaults", "d"]
        assert there["defaults"].target is UNREAD
        assert there["defaults"].received.resolve() == {"delta": 1.0}
        assert there["d"].alias_of == "defaults"


def test_records_are_decoded_at_their_first_look_up(store: MemoryStore) -> None:
    with backend_over(store) as here, backend_over(store) as there:
        here["dumps"] = Entry("dumps", json.dumps)
        assert len(there) == 1
        assert type(there.entries["dumps"]) is not Entry
        assert "dumps" in there
        assert list(there) == ["dumps"]
        assert type(there.entries["dumps"]) is not Entry
        there["dumps"]
        assert type(there.entries["dumps"]) is Entry


def test_a_record_that_cannot_be_used_does_not_hide_the_others(store: MemoryStore) -> None:
    store.submit(NAMESPACE, [Change("bad", b"{}"), Change("worse", b"\xff")], operation="1").result()
    with backend_over(store) as backend:
        backend["dumps"] = Entry("dumps", json.dumps)
        assert list(backend) == ["bad", "worse", "dumps"]
        assert backend["dumps"].target is json.dumps
        with pytest.raises(Exception, match="cannot be used"):
            backend["bad"].received.resolve()
        mended = Entry("bad", json.loads)
        assert backend.exchange({"bad": backend["bad"]}, {"bad": mended})
        assert backend["bad"] is mended


def test_an_equal_record_is_not_written_again_and_hands_out_the_live_artifact(store: MemoryStore) -> None:
    with backend_over(store) as here, backend_over(store) as there:
        here["dumps"] = Entry("dumps", json.dumps)
        before = revision(store)
        again = Entry("dumps", json.dumps)
        assert there.exchange({"dumps": there["dumps"]}, {"dumps": again})
        assert there["dumps"] is again
        assert there.entries["dumps"].artifact is json.dumps
        third = Entry("dumps", json.dumps)
        there["dumps"] = third
        assert there["dumps"] is third
        assert revision(store) == before
        there["dumps"] = Entry("dumps", json.dumps, description="another")
        assert revision(store) == before + 1


def test_an_echo_of_a_write_does_not_take_the_place_of_the_live_entry(store: MemoryStore) -> None:
    with backend_over(store) as backend:
        mine = Entry("dumps", json.dumps)
        backend["dumps"] = mine
        written = revision(store)
        store.submit(NAMESPACE, [Change("other", store.get(NAMESPACE, "dumps").record)], operation="x").result()  # type: ignore[union-attr]  # it was written
        assert eventually(lambda: "other" in backend)
        assert backend["dumps"] is mine
        assert mine.received.revision == written


def test_setdefault_costs_no_request_where_the_name_is_known(store: MemoryStore) -> None:
    with backend_over(store) as here, backend_over(store) as there:
        mine = Entry("dumps", json.dumps)
        assert here.setdefault("dumps", mine) is mine
        found = there.setdefault("dumps", Entry("dumps", json.loads))
        assert found.target == Reference("json:dumps")
        assert revision(store) == 1


# ---------------------------------------------------------------------------------------------- exchange


def test_an_exchange_is_refused_when_another_was_faster(store: MemoryStore) -> None:
    with backend_over(store) as here, backend_over(store) as there:
        assert list(here) == list(there) == []
        assert there.exchange({"x": None}, {"x": Entry("x", json.loads)})
        assert not here.exchange({"x": None}, {"x": Entry("x", json.dumps)})
        assert here["x"].target == Reference("json:loads"), "the winner is seen as soon as it was told"
        seen = here["x"]
        del there["x"]
        assert not here.exchange({"x": seen}, {"x": Entry("x", json.dumps)})
        assert "x" not in here
        assert here.exchange({"x": None}, {"x": Entry("x", json.dumps)})


def test_an_exchange_makes_all_changes_or_none(store: MemoryStore) -> None:
    with backend_over(store) as here, backend_over(store) as there:
        assert list(here) == list(there) == []
        there["b"] = Entry("b", json.loads)
        assert not here.exchange({"a": None, "b": None}, {"a": Entry("a", json.dumps), "b": Entry("b", json.dumps)})
        assert list(here) == ["b"]
        assert here.exchange({"a": None, "b": here["b"]}, {"a": Entry("a", json.dumps), "b": None})
        assert list(here) == ["a"]
        assert eventually(lambda: list(there) == ["a"])


def test_an_entry_that_was_refused_can_be_offered_again(store: MemoryStore) -> None:
    with backend_over(store) as here, backend_over(store) as there:
        here["x"] = Entry("x", json.loads)
        old = there["x"]
        here["x"] = Entry("x", json.loads, description="another")
        assert eventually(lambda: there["x"] is not old)
        mine = Entry("x", json.loads)
        assert not there.exchange({"x": old}, {"x": mine})
        assert mine.received is None
        assert there.exchange({"x": there["x"]}, {"x": mine})
        assert there["x"] is mine


def test_what_no_record_can_hold_is_refused_before_anything_is_written(store: MemoryStore) -> None:
    with backend_over(store) as backend:
        with pytest.raises(NotShareableError, match="lambda"):
            backend.exchange({"a": None, "b": None}, {"a": Entry("a", json.dumps), "b": Entry("b", lambda: None)})
        with pytest.raises(NotShareableError):
            backend["b"] = Entry("b", object())
        assert list(backend) == []
        assert revision(store) == 0


def test_a_batch_that_is_too_large_is_refused_with_the_limit() -> None:
    with MemoryStore(limits=StoreLimits(changes=2, size=1 << 20)) as store, backend_over(store) as backend:
        with pytest.raises(TooLargeError, match="2 changes"):
            backend.apply({name: Entry(name, json.dumps) for name in "abc"})
        assert list(backend) == []


def test_an_entry_goes_under_its_own_name_only(store: MemoryStore) -> None:
    with backend_over(store) as backend:
        with pytest.raises(ValidationError, match="'x' cannot hold the entry 'y'"):
            backend["x"] = Entry("y", json.dumps)
        with pytest.raises(InvalidNameError):
            backend[""] = Entry("", json.dumps)
        with pytest.raises(InvalidNameError):
            backend.setdefault(5, Entry(5, json.dumps))  # type: ignore[arg-type]  # what a registry of numbers does
        assert "" not in backend
        assert 5 not in backend


def test_a_resolved_entry_is_kept_as_long_as_the_received_one_stands(store: MemoryStore) -> None:
    with backend_over(store) as here, backend_over(store) as there:
        here["dumps"] = Entry("dumps", json.dumps)
        got = there["dumps"]
        resolved = Entry("dumps", json.dumps, reference=Reference("json:dumps"), received=got.received)
        assert there.keep(got, resolved)
        assert there["dumps"] is resolved
        assert not there.keep(got, got)
        here["dumps"] = Entry("dumps", json.dumps, description="another")
        assert eventually(lambda: there["dumps"] is not resolved)
        assert not there.keep(resolved, resolved)


# ---------------------------------------------------------------------------------------------- trust


def test_what_others_registered_is_imported_only_if_it_is_allowed(store: MemoryStore) -> None:
    with (
        backend_over(store) as here,
        backend_over(store) as there,
        backend_over(store, allow=("json.*",)) as trusting,
    ):
        here["decoder"] = Entry("decoder", Reference("json.decoder:JSONDecoder"))
        with pytest.raises(UntrustedReferenceError) as caught:
            there["decoder"].received.resolve()
        assert "allow=('json.decoder',)" in str(caught.value)
        assert trusting["decoder"].received.resolve() is json.JSONDecoder
        assert here["decoder"].received.resolve() is json.JSONDecoder
        there["decoder"] = Entry("decoder", Reference("json.decoder:JSONDecoder"))
        assert there["decoder"].received.resolve() is json.JSONDecoder, "registered here as well"


def test_passing_an_entry_of_others_on_does_not_make_it_trusted(store: MemoryStore) -> None:
    import attrs

    with backend_over(store) as here, backend_over(store) as there:
        here["decoder"] = Entry("decoder", Reference("json.decoder:JSONDecoder"), aliases=("d",))
        got = there["decoder"]
        assert there.exchange({"decoder": got}, {"decoder": attrs.evolve(got, aliases=())})
        assert there["decoder"].aliases == ()
        with pytest.raises(UntrustedReferenceError):
            there["decoder"].received.resolve()


def test_records_describe_artifacts_as_the_registry_reads_them(store: MemoryStore) -> None:
    import attrs

    from registry.schema import Schema
    from registry.signatures import read_schema

    def opened(artifact: Any) -> Schema:
        schema = read_schema(artifact)
        parameters = {name: attrs.evolve(found, open=True) for name, found in schema.parameters.items()}
        return attrs.evolve(schema, parameters=parameters)

    with backend_over(store) as here, backend_over(store) as there:
        here.describe_with(opened)
        here["compile"] = Entry("compile", json.JSONDecoder)
        schema = there["compile"].received.schema
        assert schema.parameters
        assert all(parameter.open for parameter in schema.parameters.values())


# ---------------------------------------------------------------------------------------------- one store, many


def test_backends_over_one_store_share_a_follower(store: MemoryStore) -> None:
    before = set(threading.enumerate())  # those of other tests may end meanwhile
    backends = [backend_over(store) for _ in range(10)]
    assert set(threading.enumerate()) <= before, "nothing is opened before the first use"
    for backend in backends:
        assert len(backend) == 0
    assert len(set(threading.enumerate()) - before) == 2
    for backend in backends:
        backend.close()
    assert eventually(lambda: set(threading.enumerate()) <= before)


def test_a_forgotten_backend_is_not_followed_any_more(store: MemoryStore) -> None:
    import gc

    before = set(threading.enumerate())
    backend = backend_over(store)
    assert len(backend) == 0
    del backend
    gc.collect()
    assert eventually(lambda: set(threading.enumerate()) <= before)


def test_writers_in_many_threads_agree_about_who_won(store: MemoryStore) -> None:
    backends = [backend_over(store) for _ in range(4)]
    won: list[Entry[Any]] = []

    def claim(backend: StoredBackend[Any], number: int) -> None:
        for name in map(str, range(20)):
            mine = Entry(name, Reference(f"acme:n{number}"))
            if backend.setdefault(name, mine) is mine:
                won.append(mine)

    threads = [threading.Thread(target=claim, args=(backend, number)) for number, backend in enumerate(backends)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(entry.name for entry in won) == sorted(map(str, range(20)))
    for backend in backends:
        for entry in won:
            assert eventually(lambda backend=backend, entry=entry: entry.name in backend)
            assert backend[entry.name].target == entry.target
        backend.close()


# ---------------------------------------------------------------------------------------------- arguments


@pytest.mark.parametrize("seconds", [1.9, -1, float("nan"), 0.001])
def test_a_bound_that_cannot_be_kept_is_refused(seconds: float) -> None:
    with pytest.raises(ValidationError, match="max_staleness"):
        RemoteBackend("http://127.0.0.1:1", namespace=NAMESPACE, max_staleness=seconds)


@pytest.mark.parametrize(
    "options",
    [{"namespace": ""}, {"namespace": "a..b"}, {"allow": "*"}, {"on_mismatch": "hope"}, {"timeout": 0}],
)
def test_arguments_that_cannot_be_meant_are_refused_at_once(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StoredBackend(MemoryStore(), **{"namespace": NAMESPACE, **options})


def test_after_close_every_use_is_an_error(store: MemoryStore) -> None:
    backend = backend_over(store)
    backend["dumps"] = Entry("dumps", json.dumps)
    backend.close()
    backend.close()
    uses: list[Any] = [
        lambda: backend["dumps"],
        lambda: list(backend),
        lambda: len(backend),
        lambda: "dumps" in backend,
        lambda: backend.setdefault("a", Entry("a", json.dumps)),
        lambda: backend.apply({}),
        lambda: backend.exchange({}, {}),
    ]
    for use in uses:
        with pytest.raises(BackendError, match="was closed"):
            use()
    assert store.get(NAMESPACE, "dumps") is not None, "a store that was given is left open"
    never_used = backend_over(store)
    never_used.close()
    with pytest.raises(BackendError, match="was closed"):
        never_used["dumps"]


def test_its_repr_says_where_it_is_and_never_connects_or_shows_a_secret(store: MemoryStore) -> None:
    remote = RemoteBackend("http://me:secret@host:8001/?key=secret", namespace=NAMESPACE, token="rgk_secret")
    assert repr(remote) == "<StoredBackend research.losses at http://host:8001/?key=…: not connected>"
    for url in (
        "me:secret@host:8001",
        "//me:secret@host:8001/",
        "http://host?token=secret",
    ):  # refused at the first use
        wrong = RemoteBackend(url, namespace=NAMESPACE)
        assert "secret" not in repr(wrong) + repr(wrong._address)
    several = RemoteBackend(["http://a:1", "http://b:2"], namespace=NAMESPACE)
    assert repr(several) == "<StoredBackend research.losses at http://a:1, http://b:2: not connected>"
    assert "REGISTRY_SERVER_HOST" in repr(RemoteBackend(namespace=NAMESPACE))
    backend = backend_over(store)
    assert repr(backend) == "<StoredBackend research.losses at the MemoryStore: not connected>"
    backend["dumps"] = Entry("dumps", json.dumps)
    assert repr(backend) == "<StoredBackend research.losses at the MemoryStore: 1 entry>"
    backend.close()
    assert repr(backend) == "<StoredBackend research.losses at the MemoryStore: closed>"


def test_the_environment_is_read_at_the_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOST, raising=False)
    monkeypatch.delenv(PORT, raising=False)
    backend = RemoteBackend(namespace=NAMESPACE)
    with pytest.raises(ValidationError, match="REGISTRY_SERVER_HOST is not set"):
        backend["x"]
    monkeypatch.setenv(HOST, "localhost")
    monkeypatch.setenv(PORT, "70000")
    with pytest.raises(ValidationError, match="REGISTRY_SERVER_PORT is '70000'"):
        backend["x"]


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        ("host", "", "http://host:8001"),
        ("host", "9000", "http://host:9000"),
        ("::1", "9000", "http://[::1]:9000"),
        ("https://host", "", "https://host"),
        ("https://host", "9000", "https://host:9000"),
    ],
)
def test_a_url_is_made_of_the_environment(monkeypatch: pytest.MonkeyPatch, host: str, port: str, url: str) -> None:
    from registry.backends.connections import Server

    monkeypatch.setenv(HOST, host)
    monkeypatch.setenv(PORT, port)
    assert Server(None, None, 2.5, 10.0).resolved().urls == (url,)


# ---------------------------------------------------------------------------------------------- pickles


def vault() -> str:
    return "rgk_from_a_vault"


def test_a_pickle_has_the_address_and_no_secret() -> None:
    backend = RemoteBackend(
        "http://host:8001", namespace=NAMESPACE, token="rgk_secret", allow=("acme.*",), max_staleness=3.0, timeout=2.0
    )
    data = pickle.dumps(backend)
    assert b"rgk_secret" not in data
    arrived = pickle.loads(data)
    assert repr(arrived) == repr(backend)
    assert arrived._arguments == backend._arguments
    assert arrived._address.token is None
    other = pickle.loads(pickle.dumps(RemoteBackend("http://host:8001", namespace=NAMESPACE, token=vault)))
    assert other._address.token is vault


def test_a_backend_over_a_file_pickles_and_one_over_the_memory_says_why_it_cannot(
    tmp_path: Any, store: MemoryStore
) -> None:
    with SQLiteBackend(tmp_path / "registry.db", namespace=NAMESPACE) as backend:
        backend["dumps"] = Entry("dumps", json.dumps)
        with pickle.loads(pickle.dumps(backend)) as arrived:
            assert arrived["dumps"].target == Reference("json:dumps")
            arrived["loads"] = Entry("loads", json.loads)
            assert eventually(lambda: "loads" in backend)
    with backend_over(store) as local, pytest.raises(pickle.PicklingError, match=r"RemoteBackend\(url, namespace"):
        pickle.dumps(local)


def test_a_change_of_another_writer_is_expected_by_nobody(store: MemoryStore) -> None:
    with backend_over(store) as backend:
        backend["x"] = Entry("x", json.dumps)
        record = store.get(NAMESPACE, "x")
        assert record is not None
        store.submit(NAMESPACE, [Change("x", None, ANYTHING)], operation="1").result()
        assert eventually(lambda: "x" not in backend)
        with pytest.raises(KeyError):
            del backend["x"]


class LateStore:
    """A store whose watches tell of everything a moment later."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def watch(self, **asked: Any) -> "LateWatch":
        return LateWatch(self.store.watch(**asked))


class LateWatch:
    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.close = watch.close

    def __iter__(self) -> "LateWatch":
        return self

    def __next__(self) -> Any:
        seen = next(self.watch)
        if isinstance(seen, Frame):
            time.sleep(0.3)
        return seen


def test_whoever_is_told_that_a_name_is_gone_does_not_read_it_afterwards(store: MemoryStore) -> None:
    with backend_over(LateStore(store)) as backend:
        backend["huber"] = Entry("huber", Reference("math:sqrt"))
        store.submit(NAMESPACE, [Change("huber", None)], operation="another").result(10)
        assert "huber" in backend  # it is not known here yet
        with pytest.raises(KeyError):
            del backend["huber"]
        assert "huber" not in backend
        new = Entry("huber", Reference("math:cbrt"))
        assert backend.setdefault("huber", new) is new


class NeverAnswering:
    """A store that takes a submission and says nothing of it: it may be in the middle of making it, or not yet."""

    def __init__(self, store: MemoryStore, *, begins: bool) -> None:
        self._store = store
        self._begins = begins
        self.operations: list[str] = []
        self.answers: list[Future[Token]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def submit(self, namespace: str, changes: Any, /, *, operation: str, author: str = "") -> Future[Token]:
        answer: Future[Token] = Future()
        if self._begins:
            answer.set_running_or_notify_cancel()
        self.operations.append(operation)
        self.answers.append(answer)
        return answer


def test_a_write_that_was_begun_and_not_answered_may_have_been_made(store: MemoryStore) -> None:
    slow = NeverAnswering(store, begins=True)
    with backend_over(slow, timeout=0.3) as backend:
        for write in (backend.setdefault, backend.__setitem__):
            with pytest.raises(UnknownOutcomeError, match="may have been made") as raised:
                write("dumps", Entry("dumps", json.dumps))
            assert raised.value.context["operation"] == slow.operations[-1]


def test_a_write_that_was_not_begun_in_time_is_given_up_and_will_not_be_made(store: MemoryStore) -> None:
    slow = NeverAnswering(store, begins=False)
    with backend_over(slow, timeout=0.3) as backend:
        for write in (backend.setdefault, backend.__setitem__):
            with pytest.raises(RemoteError, match="nothing was written") as raised:
                write("dumps", Entry("dumps", json.dumps))
            assert not isinstance(raised.value, UnknownOutcomeError)
            assert slow.answers[-1].cancelled()
