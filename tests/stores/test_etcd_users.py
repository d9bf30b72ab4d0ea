"""Users of etcd: who asks, with what password, and what becomes of a token that etcd has forgotten."""

import threading
import time
from collections.abc import Iterator

import pytest
from clusters.members import Cluster, running_cluster
from faults.clients import GENEROUS, Serve, always, seconds_of
from faults.proxy import wait_until
from faults.scripted import Link, answer
from stores.etcd_fixtures import QUICK, Open, eventually, first, put, restart

from registry.environment import ETCD_PASSWORD, ETCD_USER
from registry.errors import AccessDeniedError, DiagnosticError, RemoteError, ValidationError
from registry.revisions import Beat, Frame, Reset
from registry.stores import EtcdStore
from registry.stores.etcd.dialect import NobodyDialect, UserDialect
from registry.stores.etcd.gateway import AUTHENTICATE, text
from registry.stores.transport import address

PASSWORD = "hunter2"
PREFIX = "test"


def with_users(cluster: Cluster) -> None:
    """Make `kim`, who may read and write what is under a prefix, and `eve`, who may do nothing."""
    key, end = text(f"{PREFIX}/".encode()), text(f"{PREFIX}0".encode())
    for path, body in (
        ("user/add", {"name": "root", "password": "root"}),
        ("user/grant", {"user": "root", "role": "root"}),
        ("user/add", {"name": "kim", "password": PASSWORD}),
        ("user/add", {"name": "eve", "password": PASSWORD}),
        ("role/add", {"name": "registry"}),
        ("role/grant", {"name": "registry", "perm": {"permType": "READWRITE", "key": key, "range_end": end}}),
        ("user/grant", {"user": "kim", "role": "registry"}),
        ("enable", {}),
    ):
        assert cluster.members[0].ask(f"/v3/auth/{path}", body) is not None


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A member that has users, and forgets a token that nobody uses for a second."""
    folder = tmp_path_factory.mktemp("guarded")
    forgetful = ("--auth-token", "simple", "--auth-token-ttl", "1", "--bcrypt-cost", "4")
    with running_cluster(folder, 1, *QUICK, *forgetful) as cluster:
        with_users(cluster)
        yield cluster


@pytest.fixture
def kim(guarded: Cluster, open_etcd: Open) -> EtcdStore:
    return open_etcd(guarded.endpoints, prefix=PREFIX, user="kim", password=PASSWORD)


def test_a_user_who_may_write_under_the_prefix_can_do_everything(kim: EtcdStore) -> None:
    token = put(kim, "a", operation="users-1")
    put(kim, "a", None)
    put(kim, "b")
    assert [stored.name for stored in kim.snapshot("losses")] == ["b"]
    assert kim.namespaces() == ["losses"]
    assert [stored.record is None for stored in kim.history("losses", "a")] == [True, False]
    assert first(kim.watch(since=token), Frame).changes[0].name == "a"
    found = kim.operation("users-1")
    assert found is not None
    assert found.token == token
    kim._keeper.look()
    assert kim._keeper.failure is None


def test_a_user_comes_from_the_environment(guarded: Cluster, open_etcd: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ETCD_USER, "kim")
    monkeypatch.setenv(ETCD_PASSWORD, PASSWORD)
    put(open_etcd(guarded.endpoints, prefix=PREFIX))
    monkeypatch.setenv(ETCD_PASSWORD, "wrong")
    put(open_etcd(guarded.endpoints, prefix=PREFIX, password=PASSWORD))
    monkeypatch.setenv(ETCD_USER, "eve")
    put(open_etcd(guarded.endpoints, prefix=PREFIX, user="kim", password=PASSWORD))


def refused(store: EtcdStore) -> AccessDeniedError:
    """What a write, a read and a watch are refused with, which is the same."""
    said: list[AccessDeniedError] = []
    for call in (lambda: put(store), store.token, lambda: next(store.watch(since=store.token()))):
        with pytest.raises(AccessDeniedError) as raised:
            call()
        said.append(raised.value)
        assert raised.value.suggestions
        assert PASSWORD not in str(raised.value) + repr(raised.value.context)
    assert len({error.message for error in said}) == 1
    return said[0]


def test_a_wrong_password_is_refused_and_said(guarded: Cluster, open_etcd: Open) -> None:
    for user, password in (("kim", "wrong"), ("nobody", PASSWORD)):
        error = refused(open_etcd(guarded.endpoints, prefix=PREFIX, user=user, password=password))
        assert f"the user {user!r}, or the password" in error.message


def test_nobody_is_told_to_name_a_user(guarded: Cluster, open_etcd: Open) -> None:
    error = refused(open_etcd(guarded.endpoints, prefix=PREFIX))
    assert "user" in error.suggestions[0]


def test_who_is_refused_is_told_what_has_to_be_granted(guarded: Cluster, open_etcd: Open) -> None:
    store = open_etcd(guarded.endpoints, prefix="teams/vision", user="kim", password=PASSWORD)
    with pytest.raises(AccessDeniedError, match="the user 'kim'") as raised:
        put(store)
    assert "--prefix=true teams/vision/" in raised.value.suggestions[0]
    with pytest.raises(AccessDeniedError, match="names no user") as raised:
        put(open_etcd(guarded.endpoints, prefix="teams/vision"))
    assert ETCD_USER in raised.value.suggestions[0]


def test_a_user_who_may_not_is_refused(guarded: Cluster, open_etcd: Open) -> None:
    for user, prefix in (("eve", PREFIX), ("kim", "other")):
        error = refused(open_etcd(guarded.endpoints, prefix=prefix, user=user, password=PASSWORD))
        assert "permission denied" in error.message
        assert "prefix" in error.suggestions[0]


def test_a_user_without_a_password_is_told_where_it_comes_from(guarded: Cluster, open_etcd: Open) -> None:
    error = refused(open_etcd(guarded.endpoints, prefix=PREFIX, user="kim"))
    assert "'kim'" in error.message
    assert ETCD_PASSWORD in error.suggestions[0]


def test_a_function_for_the_password_that_fails_is_told_without_what_it_said(guarded: Cluster, open_etcd: Open) -> None:
    def vault() -> str:
        raise OSError(f"cannot decrypt {PASSWORD}")

    with pytest.raises(RemoteError, match="'password' failed with OSError") as raised:
        put(open_etcd(guarded.endpoints, prefix=PREFIX, user="kim", password=vault))
    assert PASSWORD not in str(raised.value)
    assert isinstance(raised.value.__cause__, OSError)


@pytest.mark.parametrize("given", [{"user": ""}, {"user": 3}, {"password": 3}, {"password": b"x"}])
def test_what_is_no_user_or_password_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(given))):
        EtcdStore("a", **given)  # type: ignore[arg-type]  # that is the point


def test_a_password_without_a_user_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ETCD_USER, raising=False)
    with pytest.raises(ValidationError, match="no user") as raised:
        EtcdStore("http://a", password=PASSWORD)
    assert ETCD_USER in raised.value.suggestions[0]
    monkeypatch.setenv(ETCD_USER, "kim")
    EtcdStore("http://a", password=PASSWORD).close()


def test_a_user_where_etcd_has_none_is_told_so(open_etcd: Open) -> None:
    store = open_etcd(user="kim", password=PASSWORD)
    with pytest.raises(DiagnosticError, match="not enabled") as raised:
        put(store)
    assert "'user'" in raised.value.suggestions[0]


# ------------------------------------------------------------------------------------------------ tokens that expire


@pytest.mark.soak  # for the time that etcd takes; the test after it has tokens that etcd does not know
def test_a_token_that_expired_is_had_again_by_calls_and_by_a_watch(kim: EtcdStore) -> None:
    since = put(kim)
    assert isinstance(kim._dialect, UserDialect)
    watch = kim.watch(since=since)
    assert isinstance(next(watch), Beat)
    tried = kim._dialect._tried
    time.sleep(2.2)  # etcd forgets what was not used for a second, and looks each second
    token = put(kim, "later")
    assert kim._dialect._tried == tried + 1
    assert first(watch, Frame).token == token


def forgotten(store: EtcdStore) -> None:
    """Have a store use a token that etcd does not know."""
    store.token()
    assert isinstance(store._dialect, UserDialect)
    store._dialect._line = b"Authorization: gone.1\r\n"


def test_a_token_that_is_forgotten_is_had_again_by_whatever_is_called_first(kim: EtcdStore) -> None:
    since = put(kim)
    for call in (kim.token, lambda: put(kim), lambda: next(kim.watch(since=since)), lambda: kim.history("losses", "a")):
        forgotten(kim)
        call()


def test_a_store_that_never_logs_in_again_is_caught(kim: EtcdStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UserDialect, "renewed", lambda self, refused: False)
    with pytest.raises(AccessDeniedError, match="invalid auth token"):
        test_a_token_that_is_forgotten_is_had_again_by_whatever_is_called_first(kim)


def test_the_password_is_asked_for_without_a_lock(guarded: Cluster, open_etcd: Open) -> None:
    def vault() -> str:
        assert isinstance(store._dialect, UserDialect)
        return "wrong" if store._dialect._lock.locked() else PASSWORD

    store = open_etcd(guarded.endpoints, prefix=PREFIX, user="kim", password=vault)
    put(store)


def test_calls_and_a_watch_go_on_through_a_restart_that_forgets_every_token(guarded: Cluster, kim: EtcdStore) -> None:
    since = put(kim)
    told: list[Frame] = []
    failed: list[DiagnosticError] = []

    def follow() -> None:
        token = since
        while len(told) < 5:
            try:
                for seen in kim.watch(since=token):
                    assert not isinstance(seen, Reset)
                    token = seen.token
                    if isinstance(seen, Frame):
                        told.append(seen)
                    if len(told) == 5:
                        return
            except DiagnosticError as error:
                failed.append(error)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    tokens = [put(kim, f"name{number}") for number in range(2)]
    wait_until(lambda: len(told) == 2, GENEROUS)
    restart(guarded)
    tokens += [eventually(lambda: put(kim, "later", operation="restarted"))]
    tokens += [put(kim, f"name{number}") for number in range(2)]
    thread.join(GENEROUS)
    assert [frame.token for frame in told] == tokens
    assert all(isinstance(error, RemoteError) for error in failed), failed


def test_many_threads_log_in_once(kim: EtcdStore) -> None:
    kim.token()
    assert isinstance(kim._dialect, UserDialect)
    kim._dialect._line = None
    tried = kim._dialect._tried
    threads = [threading.Thread(target=kim.token) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GENEROUS)
    assert kim._dialect._tried == tried + 1


def seconds_of_calls_where_no_login_is_answered(serve: Serve) -> float:
    """How long the last of six threads waits, whose store gives a call half a second."""

    def script(link: Link) -> None:
        link.request()
        time.sleep(GENEROUS)

    failed: list[DiagnosticError] = []

    def call() -> None:
        with pytest.raises(RemoteError) as raised:
            store.token()
        failed.append(raised.value)

    urls = [serve(script).url for _ in range(3)]
    with EtcdStore(urls, user="kim", password=PASSWORD, timeout=0.5) as store:
        began = time.monotonic()
        threads = [threading.Thread(target=call, daemon=True) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(GENEROUS)
    assert len({id(error) for error in failed}) == len(threads)
    return time.monotonic() - began


@pytest.mark.usefixtures("hasty")
def test_who_waits_for_the_login_of_another_thread_fails_with_it(serve: Serve) -> None:
    assert seconds_of_calls_where_no_login_is_answered(serve) < 1.5


@pytest.mark.usefixtures("hasty")
def test_threads_that_all_try_to_log_in_one_after_the_other_are_caught(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UserDialect, "_failure", property(lambda self: None, lambda self, failure: None), raising=False)
    assert seconds_of_calls_where_no_login_is_answered(serve) > 2.0


# -------------------------------------------------------------------------------------- where a password may be sent


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> str:
    """An address of this machine that counts as another one."""
    monkeypatch.setattr(address, "_is_loopback", lambda host: host == "127.0.0.1")
    return "localhost"


def test_a_password_does_not_leave_this_machine_without_tls(serve: Serve, far_away: str) -> None:
    server = serve(always(answer(b'{"token":"x.1"}')))
    url = server.url
    assert far_away in url
    with EtcdStore(url, user="kim", password=PASSWORD) as store:
        for call in (store.token, lambda: put(store)):
            with pytest.raises(AccessDeniedError, match="everyone on the way") as raised:
                call()
            assert "etcds://" in raised.value.suggestions[0]
            assert "allow_plain" in raised.value.suggestions[1]
            assert PASSWORD not in str(raised.value)
    assert server.asked == []


def test_a_password_may_be_sent_where_that_was_allowed(serve: Serve, far_away: str) -> None:
    server = serve(always(answer(b'{"token":"x.1"}')))
    with EtcdStore(server.url, user="kim", password=PASSWORD, allow_plain=True) as store, pytest.raises(RemoteError):
        store.token()
    assert PASSWORD.encode() in server.asked[0].body
    assert server.asked[1].headers["authorization"] == "x.1"


def test_a_login_is_not_sent_to_a_member_where_it_must_not_be(serve: Serve, far_away: str) -> None:
    """The member that is asked is on this machine, and the one that is asked to log in would be another one."""

    def script(link: Link) -> None:
        while True:
            link.request()
            link.close()  # so that the next one is asked

    near, far = serve(script), serve(always(answer(b'{"token":"x.1"}')))
    endpoints = [near.url.replace("localhost", "127.0.0.1"), far.url]
    with EtcdStore(endpoints, user="kim", password=PASSWORD, timeout=1.0) as store, pytest.raises(DiagnosticError):
        store.token()
    assert near.asked[0].path == AUTHENTICATE
    assert far.asked == []


def test_a_login_that_is_sent_anywhere_is_caught(serve: Serve, far_away: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NobodyDialect, "authorization", lambda self, address: b"")
    with pytest.raises(AssertionError):
        test_a_login_is_not_sent_to_a_member_where_it_must_not_be(serve, far_away)


def test_a_token_that_is_none_is_an_answer_that_etcd_does_not_give(serve: Serve) -> None:
    bodies = [b"[]", b"{}", b'{"token":3}', '{"token":"ü"}'.encode(), b'{"token":"a\\r\\nX: y"}', b"null", b"[" * 9000]
    given = iter(bodies)

    def script(link: Link) -> None:
        while True:
            link.request()
            link.send(answer(next(given)))

    server = serve(script)
    with EtcdStore(server.url, user="kim", password=PASSWORD) as store:
        for body in bodies:
            taken, error = seconds_of(store.token, RemoteError)
            assert "no token" in str(error), body
            assert taken < GENEROUS
    assert {one.path for one in server.asked} == {AUTHENTICATE}
