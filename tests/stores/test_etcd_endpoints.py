"""Clusters of etcd by their endpoints and URLs, and stores over them as text and in other processes."""

import getpass
import pickle
import ssl

import attrs
import pytest
from clusters.members import Cluster
from faults.clients import closed_port
from stores.etcd_fixtures import Open, keys, put

from registry.errors import RemoteError, ValidationError
from registry.revisions import Retention, StoreLimits
from registry.stores import EtcdStore, open_store
from registry.stores.etcd.endpoints import PORT, read_endpoints, read_url

SECRET = "hunter2"


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("10.0.0.1", f"http://10.0.0.1:{PORT}"),
        ("10.0.0.1:1", "http://10.0.0.1:1"),
        ("http://Etcd-1.Example.org/", f"http://etcd-1.example.org:{PORT}"),
        ("HTTPS://etcd:80", "https://etcd:80"),
        ("https://[2001:DB8::1]", f"https://[2001:db8::1]:{PORT}"),
        ("http://bücher.example:9", "http://xn--bcher-kva.example:9"),
    ],
)
def test_an_endpoint_is_a_host_with_what_may_be_left_out(endpoint: str, url: str) -> None:
    (address,) = read_endpoints(endpoint)
    assert address.url == url
    assert address.name.decode() == url.partition("://")[2]
    assert address.secure == url.startswith("https")


def test_endpoints_keep_their_order_and_count_once() -> None:
    expected = ["http://b:2379", "http://a:2379"]
    for given in ("b,http://a:2379,b:2379", "b, a", ["http://b", "a", "b"]):
        assert [address.url for address in read_endpoints(given)] == expected


@pytest.mark.parametrize(
    "endpoints",
    [
        [],
        "",
        ["http://a", ""],
        "a b",
        "http://a:0",
        "http://a:70000",
        "http://a:x",
        "ftp://a",
        "http://a/v3",
        "http://a?x=1",
        "http://[::1",
        "http://a\n",
        "http://" + "x" * 300,
        [3],
        ["http://a", "https://b"],
        f"http://me:{SECRET}@a:2379",
        f"me:{SECRET}@a:2379",
        f"http://me:{SECRET}/@a",
        f"http://me:{SECRET}#@a",
        f"ftp://me:{SECRET}@a",
        f"http://a?password={SECRET}",
    ],
)
def test_what_is_no_endpoint_is_refused_with_an_example_and_without_a_secret(endpoints: object) -> None:
    with pytest.raises(ValidationError) as raised:
        EtcdStore(endpoints)  # type: ignore[arg-type]  # that is the point
    said = str(raised.value) + repr(raised.value.context)
    assert raised.value.suggestions
    assert SECRET not in said
    if "@a" in str(endpoints) and "/@" not in str(endpoints) and "#@" not in str(endpoints):
        assert "REGISTRY_ETCD_PASSWORD" in said


def test_an_endpoint_that_is_none_is_named() -> None:
    for endpoint, named in (("a:99999", "'a'"), ("https://a:x", "'a'"), ("a b", "'a b'"), (3, "'3'")):
        with pytest.raises(ValidationError) as raised:
            EtcdStore(["http://b", endpoint])  # type: ignore[list-item]  # that is the point
        assert f"The endpoint {named} of an etcd cluster" in raised.value.message


def test_a_url_that_is_shown_as_it_was_given_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.stores.etcd.endpoints.shown_url", lambda url: url)
    with pytest.raises(AssertionError):
        test_what_is_no_endpoint_is_refused_with_an_example_and_without_a_secret(f"http://a/x?password={SECRET}")


def test_a_url_names_endpoints_and_a_prefix() -> None:
    place = read_url("etcd://10.0.0.1:2379,b/teams/a%20b/")
    assert place.endpoints == ("http://10.0.0.1:2379", "http://b")
    assert place.prefix == "teams/a b"
    for url in ("ETCDS://a", "etcds://a/"):
        assert read_url(url).endpoints == ("https://a",)
        assert read_url(url).prefix is None
    store = open_store("etcds://a,b:1/teams", timeout=3.0)
    assert repr(store) == "EtcdStore(['https://a:2379', 'https://b:1'], prefix='teams')"


@pytest.mark.parametrize(
    "url",
    [
        "etcd:",
        "etcd://",
        "etcd:///prefix",
        "etcd://a,,b",
        "etcd://http://a:2379",
        "etcd://a:2379/x,b:2379",
        "etcd://a:,b",
        "etcd://a:99999",
        f"etcd://a?password={SECRET}",
        f"etcd://a#{SECRET}",
        f"etcd://me:{SECRET}@a",
        f"etcd://me:{SECRET}@a,b/prefix",
        f"etcd://me:x,{SECRET}@a",
        f"etcd://me:{SECRET}/x@a",
    ],
)
def test_what_is_no_url_of_a_cluster_is_refused_with_an_example_and_without_a_secret(url: str) -> None:
    with pytest.raises(ValidationError) as raised:
        open_store(url)
    assert raised.value.suggestions
    assert SECRET not in str(raised.value) + repr(raised.value.context)


@pytest.mark.parametrize("prefix", ["", "/", "a\n", "bücher", "x" * 256, None, 3])
def test_what_cannot_be_a_prefix_is_refused(prefix: object) -> None:
    with pytest.raises(ValidationError, match="prefix of keys"):
        EtcdStore("a", prefix=prefix)  # type: ignore[arg-type]  # that is the point


def test_everything_lies_under_the_prefix_and_stores_under_two_know_nothing_of_each_other(
    open_etcd: Open, etcd: Cluster, prefix: str
) -> None:
    one, other = open_etcd(), open_etcd(prefix=f"/{prefix}x/")
    put(one, "a")
    put(other, "b")
    put(other, "b", None)
    assert [stored.name for stored in one.snapshot("losses")] == ["a"]
    assert other.namespaces() == []
    assert one.token().epoch != other.token().epoch
    assert {key.partition("/")[0] for key in keys(etcd, prefix)} == {"epoch", "last", "operations", "records"}
    assert "records/losses/a" in keys(etcd, prefix)
    assert "removals/losses" in keys(etcd, f"{prefix}x")


def test_a_prefix_may_hold_what_looks_like_a_pattern(open_etcd: Open, prefix: str) -> None:
    odd = f"{prefix}/%2F [*] \\ ~"
    with open_etcd(prefix=odd) as store:
        put(store)
        assert store.namespaces() == ["losses"]
        assert repr(store).endswith(f"prefix={odd!r})")


def test_a_member_that_is_away_is_passed_over(open_etcd: Open, etcd: Cluster) -> None:
    store = open_etcd([f"http://127.0.0.1:{closed_port()}", *etcd.endpoints])
    put(store)
    assert next(iter(store.snapshot("losses"))).name == "huber"


def test_a_cluster_that_is_away_is_named_with_what_to_do() -> None:
    port = closed_port()
    with EtcdStore(f"127.0.0.1:{port}") as store:
        for call in (store.token, lambda: put(store)):
            with pytest.raises(RemoteError, match=f"etcd cluster could not be reached.*127.0.0.1:{port}") as raised:
                call()
            assert "endpoints" in raised.value.suggestions[0]


# ------------------------------------------------------------------------------------------- text and other processes


def test_no_password_is_shown() -> None:
    store = EtcdStore("a", user="me", password=SECRET)
    shown = [repr(store), repr(store._options), repr(store._dialect), repr(vars(store))]
    assert SECRET not in "".join(shown)
    assert repr(store) == "EtcdStore('http://a:2379')"


def test_a_pickle_holds_the_numbers_and_no_password() -> None:
    store = EtcdStore(
        ["https://a", "https://b:1"],
        prefix="p",
        user="me",
        password=SECRET,
        timeout=3.0,
        silence=1.5,
        tls=ssl.create_default_context,
        allow_plain=True,
        retention=Retention(1, 2),
        limits=StoreLimits(3, 4),
    )
    data = pickle.dumps(store)
    assert SECRET.encode() not in data
    found = pickle.loads(data)
    assert repr(found) == repr(store)
    expected = {**_options(store), "password": None}
    assert _options(found) == expected


def _options(store: EtcdStore) -> dict[str, object]:
    return attrs.asdict(store._options, recurse=False)


def test_a_function_for_the_password_goes_along_if_a_module_holds_it() -> None:
    kept = pickle.loads(pickle.dumps(EtcdStore("a", user="me", password=getpass.getuser)))
    assert kept._options.password is getpass.getuser
    local = pickle.loads(pickle.dumps(EtcdStore("a", user="me", password=lambda: SECRET)))
    assert local._options.password is None


def test_a_context_of_tls_cannot_go_along() -> None:
    with pytest.raises(ValidationError, match="SSLContext"):
        pickle.dumps(EtcdStore("https://a", tls=ssl.create_default_context()))


def test_a_pickle_that_holds_the_password_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.stores.etcd.store.shareable_token", lambda given: given)
    with pytest.raises(AssertionError):
        test_a_pickle_holds_the_numbers_and_no_password()


def test_tls_for_endpoints_that_speak_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="http://"):
        EtcdStore("http://a", tls=ssl.create_default_context)


@pytest.mark.parametrize("name", ["timeout", "silence"])
@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_time_that_is_none_is_refused(name: str, seconds: float) -> None:
    with pytest.raises(ValidationError, match=name):
        EtcdStore("a", **{name: seconds})  # type: ignore[arg-type]  # one of the numbers
