"""TLS with members of etcd: with whom it trusts, showing who it is, and with nobody else."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
import trustme
from clusters.members import Cluster, cluster_in
from clusters.networks import Loopback
from faults.clients import GENEROUS, seconds_of
from faults.proxy import wait_until
from stores.etcd_fixtures import QUICK, Open, first, put

from registry.environment import ETCD_CA, ETCD_CERT, ETCD_KEY
from registry.errors import RemoteError, ValidationError
from registry.revisions import Frame
from registry.stores import EtcdStore, open_store

SECURE, MUTUAL = 2391, 2392
"""Ports where TLS is spoken; where a certificate is asked for, too."""


@attrs.frozen
class Guarded:
    """A member that speaks TLS.

    Attributes:
        url: Where.
        plain: Where it speaks none.
        folder: With `ca.pem`, `client.pem` and `client.key`.
    """

    url: str
    plain: str
    folder: Path

    def file(self, name: str) -> str:
        return str(self.folder / name)

    def trusting(self) -> ssl.SSLContext:
        """Trusts it, and shows nothing."""
        return ssl.create_default_context(cafile=self.file("ca.pem"))

    def known(self) -> ssl.SSLContext:
        """Trusts it, and shows a certificate."""
        context = self.trusting()
        context.load_cert_chain(self.file("client.pem"), self.file("client.key"))
        return context


def guarded(folder: Path, port: int, *options: str) -> Iterator[Guarded]:
    authority = trustme.CA()
    cluster = cluster_in(folder / "cluster", Loopback(1), *QUICK)
    cluster.folder.mkdir()
    member = cluster.members[0]
    host = member.url.partition("://")[2].partition(":")[0]
    server, client = authority.issue_cert(host), authority.issue_cert("client.example.org")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    server.cert_chain_pems[0].write_to_path(folder / "server.pem")
    server.private_key_pem.write_to_path(folder / "server.key")
    client.cert_chain_pems[0].write_to_path(folder / "client.pem")
    client.private_key_pem.write_to_path(folder / "client.key")
    made = Guarded(f"https://{host}:{port}", member.url, folder)
    member.arguments = [
        *member.arguments,
        *("--listen-client-urls", f"{made.url},{made.plain}"),
        *("--cert-file", made.file("server.pem"), "--key-file", made.file("server.key")),
        *options,
    ]
    try:
        member.start()
        cluster.wait()
        yield made
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    yield from guarded(tmp_path_factory.mktemp("secure"), SECURE)


@pytest.fixture(scope="module")
def mutual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("mutual")
    yield from guarded(folder, MUTUAL, "--client-cert-auth", "--trusted-ca-file", str(folder / "ca.pem"))


def check_everything(store: EtcdStore) -> None:
    token = put(store)
    assert [stored.name for stored in store.snapshot("losses")] == ["huber"]
    later = put(store)
    assert first(store.watch(since=token), Frame).token == later
    assert [stored.revision for stored in store.history("losses", "huber")] == [later.revision, token.revision]


def test_tls_is_spoken_with_whom_it_trusts(secure: Guarded, open_etcd: Open) -> None:
    check_everything(open_etcd(secure.url, tls=secure.trusting()))


def test_a_function_makes_the_context_once(secure: Guarded, open_etcd: Open) -> None:
    made: list[int] = []

    def once() -> ssl.SSLContext:
        made.append(1)
        return secure.trusting()

    store = open_etcd(secure.url, tls=once)
    assert made == []
    check_everything(store)
    assert made == [1]


def test_what_is_trusted_comes_from_the_environment(
    secure: Guarded, open_etcd: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ETCD_CA, secure.file("ca.pem"))
    check_everything(open_etcd(secure.url))
    host = secure.url.partition("://")[2]
    with open_store(f"etcds://{host}/by-url") as store:  # type: ignore[attr-defined]  # every store has it
        check_everything(store)


def test_a_certificate_of_our_own_comes_from_the_environment_or_the_program(
    mutual: Guarded, open_etcd: Open, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    check_everything(open_etcd(mutual.url, tls=mutual.known, prefix=f"{prefix}/program"))
    for name, file in ((ETCD_CA, "ca.pem"), (ETCD_CERT, "client.pem"), (ETCD_KEY, "client.key")):
        monkeypatch.setenv(name, mutual.file(file))
    check_everything(open_etcd(mutual.url))


def refused(store: EtcdStore) -> RemoteError:
    """What every call is refused with, soon."""
    found: list[RemoteError] = []
    calls: list[Callable[[], object]] = [store.token, lambda: put(store)]
    for call in calls:
        taken, error = seconds_of(call, RemoteError)
        assert isinstance(error, RemoteError)
        assert error.suggestions
        assert taken < GENEROUS
        found.append(error)
    return found[0]


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: Guarded, open_etcd: Open) -> None:
    error = refused(open_etcd(secure.url))
    assert "certificate" in error.message
    assert ETCD_CA in error.suggestions[0]
    assert "tls=" in error.suggestions[0]


def test_a_certificate_of_another_host_is_refused(
    secure: Guarded, open_etcd: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, host = socket.getaddrinfo, secure.url.partition("://")[2].partition(":")[0]
    monkeypatch.setattr(socket, "getaddrinfo", lambda name, *rest, **options: real(host, *rest, **options))
    error = refused(open_etcd(f"https://etcd.example.org:{SECURE}", tls=secure.trusting))
    assert "certificate" in error.message
    assert "etcd.example.org" in error.message


def test_a_store_that_trusts_everybody_is_caught(secure: Guarded, open_etcd: Open) -> None:
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
    put(open_etcd(secure.url, tls=blind))  # so it is the context that refuses in the tests above


def test_whoever_shows_no_certificate_is_refused(mutual: Guarded, open_etcd: Open) -> None:
    error = refused(open_etcd(mutual.url, tls=mutual.trusting, timeout=2.0))
    assert ETCD_CERT in error.suggestions[0]
    assert "certificate" in error.message
    assert mutual.url in error.message


def test_a_certificate_of_a_stranger_is_refused(mutual: Guarded, open_etcd: Open, tmp_path: Path) -> None:
    context = mutual.trusting()
    trustme.CA().issue_cert("client.example.org").configure_cert(context)
    error = refused(open_etcd(mutual.url, tls=context, timeout=2.0))
    assert "certificate" in error.message
    assert mutual.url in error.message


def test_tls_with_a_member_that_speaks_none_is_an_error_that_names_it(etcd: Cluster, open_etcd: Open) -> None:
    url = etcd.endpoints[0].replace("http:", "https:")
    error = refused(open_etcd(url))
    assert f"nothing was sent: '{url}'" in error.message
    assert "SSL" in error.message
    assert error.suggestions == ("Use http:// endpoints, or etcd:// as the URL, if the server speaks no TLS.",)


def test_no_tls_with_a_member_that_speaks_it_is_an_error_that_names_it(secure: Guarded, open_etcd: Open) -> None:
    url = secure.url.replace("https:", "http:")
    error = refused(open_etcd(url, timeout=2.0))
    assert url in error.message
    assert "Use https:// endpoints, or etcds:// as the URL, " in error.suggestions[-1]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({ETCD_CA: "missing.pem"}, "missing.pem"),
        ({ETCD_CA: "client.key"}, ETCD_CA),
        ({ETCD_CA: "ca.pem", ETCD_CERT: "missing.pem"}, "missing.pem"),
        ({ETCD_CA: "ca.pem", ETCD_CERT: "client.pem"}, ETCD_CERT),
        ({ETCD_CA: "ca.pem", ETCD_CERT: "client.pem", ETCD_KEY: "server.key"}, ETCD_KEY),
    ],
)
def test_files_for_tls_that_cannot_be_used_are_named(
    secure: Guarded, open_etcd: Open, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], said: str
) -> None:
    for name, file in files.items():
        monkeypatch.setenv(name, secure.file(file))
    with pytest.raises(ValidationError, match="files for TLS") as raised:
        open_etcd(secure.url).token()
    assert said in raised.value.message
    assert raised.value.suggestions


def test_closing_ends_a_watch_over_tls(secure: Guarded, open_etcd: Open) -> None:
    store = open_etcd(secure.url, tls=secure.trusting)
    watch = store.watch(since=put(store))
    failed: list[BaseException] = []

    def read() -> None:
        try:
            list(watch)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    wait_until(lambda: watch._stream is not None, GENEROUS)
    watch.close()
    thread.join(GENEROUS)
    assert not thread.is_alive()
    assert failed == []
