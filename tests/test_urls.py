"""What is shown of a URL holds no password, whatever else is wrong with it."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import HTTPStore, RemoteBackend, open_store
from registry.config import load_url
from registry.errors import DiagnosticError
from registry.urls import shown_url

SHOWN = {
    "http://host:8001/a/b": "http://host:8001/a/b",
    "http://me:secret@host:8001/a": "http://host:8001/a",
    "http://secret@host": "http://host",
    "http://me:se@cret@host": "http://host",
    "http://me:sec/ret@host": "http://host",
    "http://me:sec?ret@host": "http://host",
    "http://me:sec#ret@host": "http://host",
    "http://me:12://secret@host/a": "http://host/a",
    "http://me:secret@[::1]:8001": "http://[::1]:8001",
    "http://[::1]:8001/a@b": "http://[::1]:8001/a@b",
    "https://host/packages/@scope/a.yaml": "https://host/packages/@scope/a.yaml",
    "//me:secret@host:8001/": "//host:8001/",
    "me:secret@host:8001": "host:8001",
    "me:12/secret@host": "host",
    "secret@host": "host",
    "http:me:secret@host": "host",
    "http:/me:secret@host": "host",
    "http:///me:secret@host": "http://host",
    "https://h/p?a=1&key=x&sig=y&X-Signature=z&b=2#f": "https://h/p?a=1&key=…&sig=…&X-Signature=…&b=2",
    "host?token=secret": "host?token=…",
    "host:8001": "host:8001",
    "sqlite:////srv/a@b.db": "sqlite:////srv/a@b.db",
    "./data/a@b.db": "./data/a@b.db",
    "memory:": "memory:",
    "": "",
}


@pytest.mark.parametrize(("url", "shown"), SHOWN.items())
def test_a_url_is_shown_without_what_is_secret(url: str, shown: str) -> None:
    assert shown_url(url) == shown
    assert shown_url(shown) == shown


SECRETS = st.text("x1:/?#@[]%&=.", max_size=8).map(lambda text: f"§{text}§")
BEGINNINGS = st.sampled_from(["http://", "https://", "//", "", "http:", "http:/", "http:///", "redis://"])
PLACES = st.sampled_from(["host", "host:8001", "[::1]:80", "host/path", "host:1/a?b=c#d"])


def leaks(show: Callable[[str], str], beginning: str, secret: str, place: str) -> bool:
    """Whether what is shown of a URL holds some of its user or its password."""
    return "§" in show(f"{beginning}§:{secret}@{place}")


@given(BEGINNINGS, SECRETS, PLACES)
def test_no_password_is_shown_wherever_it_stands(beginning: str, secret: str, place: str) -> None:
    assert not leaks(shown_url, beginning, secret, place)


@pytest.mark.parametrize(
    "secret", ["§§", "§@§", "§://§"], ids=["of a text that is no URL", "with an @", "with a beginning"]
)
def test_what_shows_a_password_would_be_noticed(secret: str) -> None:
    def by_the_scheme(url: str) -> str:
        return re.sub(r"^(https?://)[^/@]*@", r"\1", url)

    assert any(leaks(by_the_scheme, beginning, secret, "host") for beginning in ("", "http://"))


@pytest.mark.parametrize(
    "url",
    ["me:geheim@host:8001", "//me:geheim@host", "http:me:geheim@host", "http://me:ge/heim@host", "a:geheim@h/x.db"],
)
def test_no_error_about_a_url_shows_its_password(url: str) -> None:
    uses: list[Callable[[], object]] = [
        lambda: HTTPStore(url),
        lambda: RemoteBackend(url, namespace="a")["x"],
        lambda: open_store(url),
        lambda: load_url(url),
    ]
    for use in uses:
        with pytest.raises(DiagnosticError) as raised:
            use()
        error: BaseException | None = raised.value
        while error is not None:  # a traceback shows what it was raised from
            assert "heim" not in str(error) + repr(getattr(error, "context", ""))
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
