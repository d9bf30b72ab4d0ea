"""Over TLS: with whom it trusts, and with nobody else."""

import ssl
import threading
import time

import pytest
import trustme
from faults.clients import GENEROUS, RECORD, Serve, always, put
from faults.scripted import STREAM, Link, answer, chunk, honest

from registry.errors import (
    RemoteError,
    ValidationError,
)
from registry.revisions import Change, Token
from registry.stores.http import HTTPStore
from registry.stores.memory import MemoryStore
from registry.wire.events import beat_event

AUTHORITY = trustme.CA()
SINCE = Token("e", 10)


@pytest.fixture(scope="module")
def speaking() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("localhost").configure_cert(context)
    return context


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def test_tls_is_spoken_with_whom_it_trusts(serve: Serve, speaking: ssl.SSLContext, memory: MemoryStore) -> None:
    server = serve(honest(memory), tls=speaking)
    made: list[int] = []

    def once() -> ssl.SSLContext:
        made.append(1)
        return trusting()

    for tls in (trusting(), once):
        with HTTPStore(server.url, tls=tls, token="rgk_a_b") as client:
            for number in range(5):
                put(client, operation=f"o{number}{len(made)}")
            with client.snapshot("losses") as snapshot:
                assert len(list(snapshot)) == 1
            watch = client.watch(since=Token(memory.token().epoch, 0))
            assert next(watch).token.revision == 1
            watch.close()
    assert made == [1]
    assert server.accepted == 4


def test_large_bodies_pass_through_tls(serve: Serve, speaking: ssl.SSLContext, memory: MemoryStore) -> None:
    record = b'{"a":"%s"}' % (b"x" * 60_000)
    with HTTPStore(serve(honest(memory), tls=speaking).url, tls=trusting()) as client:
        changes = [Change(f"name{number}", record) for number in range(100)]
        client.submit("losses", changes, operation="o").result(0)
        assert [stored.record for stored in client.snapshot("losses")] == [record] * 100


def test_a_certificate_that_nobody_vouches_for_is_refused(serve: Serve, speaking: ssl.SSLContext) -> None:
    server = serve(always(answer(RECORD)), tls=speaking)
    with HTTPStore(server.url, token="rgk_a_b") as client, pytest.raises(RemoteError, match="certificate") as raised:
        put(client)
    assert type(raised.value) is RemoteError
    assert "tls=" in str(raised.value)
    assert server.asked == []


def test_a_certificate_of_another_host_is_refused(serve: Serve, speaking: ssl.SSLContext) -> None:
    server = serve(always(answer(RECORD)), tls=speaking)
    url = server.url.replace("localhost", "127.0.0.1")
    with HTTPStore(url, tls=trusting()) as client, pytest.raises(RemoteError, match="IP address mismatch"):
        client.get("losses", "huber")


def test_a_client_that_trusts_everybody_is_caught(serve: Serve, speaking: ssl.SSLContext) -> None:
    server = serve(always(answer(RECORD)), tls=speaking)
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
    with HTTPStore(server.url.replace("localhost", "127.0.0.1"), tls=blind) as client:
        assert client.get("losses", "huber") is not None  # so it is the context that refuses in the tests above


def test_tls_with_a_server_that_speaks_none_says_so(serve: Serve) -> None:
    server = serve(lambda link: link.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    url = server.url.replace("http:", "https:")
    with HTTPStore(url, tls=trusting()) as client, pytest.raises(RemoteError) as raised:
        client.get("losses", "huber")
    assert "http://" in raised.value.suggestions[0]


def test_no_tls_with_a_server_that_speaks_it_is_an_error(serve: Serve, speaking: ssl.SSLContext) -> None:
    server = serve(always(answer(RECORD)), tls=speaking)
    with HTTPStore(server.url.replace("https:", "http:")) as client, pytest.raises(RemoteError):
        client.get("losses", "huber")


def test_a_handshake_that_stops_does_not_hold_a_call(serve: Serve) -> None:
    server = serve(lambda link: link.wait())
    url = server.url.replace("http:", "https:")
    with HTTPStore(url, tls=trusting(), timeout=0.5) as client:
        began = time.monotonic()
        with pytest.raises(RemoteError, match="nothing was sent"):
            client.get("losses", "huber")
        watch = client.watch(since=SINCE)
        with pytest.raises(RemoteError):
            next(watch)
        assert time.monotonic() - began < 0.5 + GENEROUS


def test_closing_ends_a_watch_over_tls(serve: Serve, speaking: ssl.SSLContext) -> None:
    def script(link: Link) -> None:
        link.request()
        link.send(STREAM + chunk(beat_event(SINCE, {})))
        link.wait()

    for target in (serve(script, tls=speaking), serve(lambda link: link.wait())):  # within a stream, and a handshake
        with HTTPStore(target.url.replace("http:", "https:"), tls=trusting(), timeout=60, silence=60) as client:
            watch = client.watch(since=SINCE)
            reader = threading.Thread(target=lambda watch=watch: list(watch))
            reader.start()
            time.sleep(0.5)
            watch.close()
            reader.join(GENEROUS)
            assert not reader.is_alive()


def test_a_function_for_tls_that_fails_is_named() -> None:
    def missing() -> ssl.SSLContext:
        raise FileNotFoundError("ca.pem")

    for tls, said in ((missing, "FileNotFoundError: ca.pem"), (lambda: 3, "not 3")):
        client = HTTPStore("https://localhost:1", tls=tls)  # type: ignore[arg-type]  # what it gives is the point
        with pytest.raises(ValidationError, match=said):
            client.get("losses", "huber")
    with pytest.raises(ValidationError, match="http://"):
        HTTPStore("http://localhost", tls=trusting())
