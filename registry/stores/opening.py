"""Stores by their URLs."""

import os
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote as percent_encoded
from urllib.parse import unquote, urlsplit

from registry.closeness import did_you_mean
from registry.errors import ValidationError
from registry.names import WHOLE, quote
from registry.store_protocol import Store
from registry.urls import shown_url

Opener = Callable[..., Store]
"""Makes a store of a URL and options."""

_SCHEME = re.compile(r"(?![a-zA-Z]:[\\/])[a-zA-Z][a-zA-Z0-9+.-]*:")  # C:\ is none, but a drive
_SUFFIXES = (".db", ".db3", ".sqlite", ".sqlite3")
_FOLDERS = ("/", os.sep)


def open_store(url: str, **options: Any) -> Store:
    """The store that a URL names.

    `sqlite:///registry.db` is a file in the current folder, `sqlite:////srv/registry.db` one by its whole path, and so
    are `registry.db` and `/srv/registry`: what has no scheme, and a folder or the suffix of such a file in it.
    `memory:` a new store in memory, `http://host:8001` and `https://host:8001` what a server has, and
    `etcd://a:2379,b:2379` what a cluster of etcd has: `etcds:` where it speaks TLS, with `/prefix` at the end where it
    is not the usual one. Other stores come from installed distributions: entry points of the group
    `registry_kit.stores`, with the scheme as their name, that lead to a function of a URL and options.

    Args:
        url: Names the store, as a URL or the path of a file.
        options: Whatever else that store takes: its keyword arguments.

    Raises:
        ValidationError: No store is known for this URL.
        PluginError: What a distribution has for it cannot be imported.
        StoreError: The store cannot be opened.

    >>> open_store("memory:")
    MemoryStore(0 namespaces)
    """
    url = store_url(url)
    scheme = url.partition(":")[0].lower() if isinstance(url, str) and ":" in url else ""
    opener = _OPENERS.get(scheme)
    if opener is None:
        opener = _offered(scheme, url)
    return opener(url, **options)


def store_url(text: str) -> str:
    """The URL of a store, where it was named by the path of a SQLite file; whatever else was given, as it is.

    >>> store_url("registry.db"), store_url("./data/registry"), store_url("http://127.0.0.1:8001")
    ('sqlite:///registry.db', 'sqlite:///./data/registry', 'http://127.0.0.1:8001')
    """
    if not isinstance(text, str) or text.startswith("//"):  # that would be a URL of which the scheme is missing
        return text
    scheme = _SCHEME.match(text)
    if scheme is not None:
        return f"sqlite:{text[scheme.end() :]}" if scheme[0].lower() == "sqlite:" else text
    if text.lower().endswith(_SUFFIXES) or any(separator in text for separator in _FOLDERS):
        return f"sqlite:///{percent_encoded(os.fsencode(text.replace(os.sep, '/')))}"
    return text


def _memory(url: str, **options: Any) -> Store:
    if url.partition(":")[2].strip("/"):
        raise _malformed(url, "Write memory: and nothing else.")
    from registry.stores.memory import MemoryStore

    return MemoryStore(**options)


def _sqlite(url: str, **options: Any) -> Store:
    parts = urlsplit(url)
    path = unquote(parts.path[1:], errors="surrogateescape")  # as os.fsdecode has it
    if parts.netloc or parts.query or parts.fragment or not path or not url[len(parts.scheme) :].startswith(":///"):
        raise _malformed(
            url,
            "Write sqlite:///name.db, or sqlite:////folder/name.db with the whole path.",
            *(["Write %3F for a ? and %23 for a # in the path."] if parts.query or parts.fragment else []),
        )
    from registry.stores.sqlite import SQLiteStore

    return SQLiteStore(path.replace("/", os.sep), **options)


def _http(url: str, **options: Any) -> Store:
    from registry.stores.http import HTTPStore

    return HTTPStore(url, **options)


def _etcd(url: str, **options: Any) -> Store:
    from registry.stores.etcd import EtcdStore
    from registry.stores.etcd.endpoints import read_url

    place = read_url(url)
    if place.prefix is not None:
        options["prefix"] = place.prefix
    return EtcdStore(place.endpoints, **options)


_OPENERS: Mapping[str, Opener] = {
    "memory": _memory,
    "sqlite": _sqlite,
    "http": _http,
    "https": _http,
    "etcd": _etcd,
    "etcds": _etcd,
}


def _malformed(url: str, *suggestions: str) -> ValidationError:
    return ValidationError(
        f"{quote(shown_url(url), WHOLE)} is not the URL of a store.",
        suggestions=suggestions,
        context={"url": shown_url(url)},
    )


def _offered(scheme: str, url: object) -> Opener:
    """What an installed distribution has for this scheme.

    Raises:
        ValidationError: None has anything.
        PluginError: It cannot be imported, or several distributions have it.
    """
    from registry.offers import offered, offers

    offer = offered("stores", scheme)
    if offer is not None:
        opener: Opener = offer.load()
        return opener
    shown = quote(shown_url(url) if isinstance(url, str) else url, WHOLE)
    known = [*_OPENERS, *(offer.name for offer in offers("stores"))]
    raise ValidationError(
        f"{shown} is not the URL of a store.",
        suggestions=[
            *did_you_mean(scheme, known),
            *_as_path(url),
            f"Begin it with one of {', '.join(f'{name}:' for name in known)}.",
        ],
        context={"url": shown, "known": known},
    )


def _as_path(url: object) -> list[str]:
    """The suggestion for a word that may be meant as the path of a file."""
    is_word = isinstance(url, str) and bool(url) and ":" not in url and "@" not in url and not url.startswith("//")
    return [f"Write ./{url} if a file of this name is meant."] if is_word else []
