"""Stores by their URLs."""

import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from registry.distribution import entry_point_group
from registry.errors import DiagnosticError, ResolutionError, ValidationError
from registry.names import WHOLE, did_you_mean, quote
from registry.store_protocol import Store

Opener = Callable[..., Store]
"""Makes a store of a URL and options."""


def open_store(url: str, **options: Any) -> Store:
    """The store that a URL names.

    `sqlite:///registry.db` is a file in the current folder, `sqlite:////srv/registry.db` one by its whole path,
    `memory:` a new store in memory, `http://host:8001` and `https://host:8001` what a server has. Other stores come
    from installed distributions: entry points of the group `registry_kit.stores`, with the scheme as their name, that
    lead to a function of a URL and options.

    Args:
        url: Names the store.
        options: Whatever else that store takes: its keyword arguments.

    Raises:
        ValidationError: No store is known for this URL.
        ResolutionError: The entry point of a distribution does not lead to anything.
        StoreError: The store cannot be opened.

    >>> open_store("memory:")
    MemoryStore(0 namespaces)
    """
    scheme = url.partition(":")[0].lower() if isinstance(url, str) and ":" in url else ""
    opener = _OPENERS.get(scheme)
    if opener is None:
        opener = _offered(scheme, url)
    return opener(url, **options)


def _memory(url: str, **options: Any) -> Store:
    if url.partition(":")[2].strip("/"):
        raise _malformed(url, "Write memory: and nothing else.")
    from registry.stores.memory import MemoryStore

    return MemoryStore(**options)


def _sqlite(url: str, **options: Any) -> Store:
    parts = urlsplit(url)
    path = unquote(parts.path[1:])
    if parts.netloc or parts.query or parts.fragment or not path or not url[len(parts.scheme) :].startswith(":///"):
        raise _malformed(url, "Write sqlite:///name.db, or sqlite:////folder/name.db with the whole path.")
    from registry.stores.sqlite import SQLiteStore

    return SQLiteStore(path.replace("/", os.sep), **options)


def _http(url: str, **options: Any) -> Store:
    from registry.stores.http import HTTPStore

    return HTTPStore(url, **options)


def _etcd(url: str, **options: Any) -> Store:
    raise ValidationError(
        f"{quote(url, WHOLE)} names an etcd cluster, and there is no store for that yet.",
        suggestions=["Use sqlite:///registry.db, and serve it to other machines with python -m registry serve."],
        context={"url": url},
    )


_OPENERS: Mapping[str, Opener] = {
    "memory": _memory,
    "sqlite": _sqlite,
    "http": _http,
    "https": _http,
    "etcd": _etcd,
}


def _malformed(url: str, *suggestions: str) -> ValidationError:
    return ValidationError(
        f"{quote(url, WHOLE)} is not the URL of a store.", suggestions=suggestions, context={"url": url}
    )


def _offered(scheme: str, url: object) -> Opener:
    """What an installed distribution has for this scheme.

    Raises:
        ValidationError: None has anything.
        ResolutionError: It cannot be imported.
    """
    from importlib.metadata import entry_points

    points = {point.name.lower(): point for point in entry_points(group=entry_point_group("stores"))}
    point = points.get(scheme)
    if point is None:
        known = [name for name in (*_OPENERS, *sorted(points)) if name != "etcd"]
        raise ValidationError(
            f"{quote(url, WHOLE)} is not the URL of a store.",
            suggestions=[
                *did_you_mean(scheme, known),
                f"Begin it with one of {', '.join(f'{name}:' for name in known)}.",
            ],
            context={"url": quote(url, WHOLE), "known": known},
        )
    try:
        opener: Opener = point.load()
    except DiagnosticError:
        raise
    except Exception as error:  # whatever an import of somebody else's code raises
        raise ResolutionError(
            f"The store for {quote(url, WHOLE)} cannot be imported: the entry point {quote(point.name)} leads to"
            f" {quote(point.value)}: {type(error).__name__}: {error}",
            suggestions=["Repair or remove the distribution that has it."],
            context={"url": quote(url, WHOLE), "value": point.value},
        ) from error
    return opener
