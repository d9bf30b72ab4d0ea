"""Backends over stores that they open themselves: a server's, or a file's."""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from registry.backends.connections import Server, StoreFile
from registry.backends.stored import StoredBackend
from registry.records import OnMismatch

if TYPE_CHECKING:
    from cattrs import BaseConverter

SILENCE = 2.5
"""Seconds without a sign of life, which comes each second, after which a watch is given up."""


def RemoteBackend(
    url: str | Sequence[str] | None = None,
    *,
    namespace: str,
    token: str | Callable[[], str] | None = None,
    allow: str | Iterable[str] = (),
    on_mismatch: OnMismatch = "warn",
    max_staleness: float = 5.0,
    snapshot: str | os.PathLike[str] | None = None,
    timeout: float = 10.0,
    converter: "BaseConverter | None" = None,
) -> StoredBackend[Any]:
    """A namespace of a server as a backend: the entries that other processes and machines register are here, too.

    All backends of a process that use the same server share one connection to it and one thread. A pickle has the URL
    and never a token.

    >>> RemoteBackend("http://127.0.0.1:8001", namespace="research.losses")
    <StoredBackend research.losses at http://127.0.0.1:8001: not connected>

    Args:
        url: Where the server is, or several over one database, in the order in which they are tried. By default the
            environment says it: REGISTRY_SERVER_HOST and REGISTRY_SERVER_PORT (8001), read at the first use.
        namespace: The namespace, segments joined by dots.
        token: An access token, or a function that gives it. By default REGISTRY_TOKEN, read at the first use.
        allow: References of others that may be imported. See `StoredBackend` for it and for the others.
        on_mismatch: What happens when a signature is not the one that was registered.
        max_staleness: The age, in seconds, from which what is in memory is no longer read.
        snapshot: A file for reads when the server cannot be reached.
        timeout: Seconds in all for which a read or write waits.
        converter: The cattrs converter for data.
    """
    urls = (url,) if isinstance(url, str) else None if url is None else tuple(url)
    silence = min(SILENCE, max_staleness / 2) if max_staleness > 0 else SILENCE
    return StoredBackend(
        Server(urls, token, silence, timeout),
        namespace=namespace,
        allow=allow,
        on_mismatch=on_mismatch,
        max_staleness=max_staleness,
        snapshot=snapshot,
        timeout=timeout,
        converter=converter,
    )


def SQLiteBackend(
    path: str | os.PathLike[str],
    *,
    namespace: str,
    allow: str | Iterable[str] = (),
    on_mismatch: OnMismatch = "warn",
    max_staleness: float = 5.0,
    snapshot: str | os.PathLike[str] | None = None,
    timeout: float = 10.0,
    converter: "BaseConverter | None" = None,
) -> StoredBackend[Any]:
    """A namespace of a SQLite file as a backend: shared by the processes of one machine, without a server.

    Args:
        path: The file; it is made if it is missing.
        namespace: The namespace, segments joined by dots.
        allow: References of others that may be imported. See `StoredBackend` for it and for the others.
        on_mismatch: What happens when a signature is not the one that was registered.
        max_staleness: The age, in seconds, from which what is in memory is no longer read.
        snapshot: A file for reads when the other one cannot be read.
        timeout: Seconds in all for which a read or write waits.
        converter: The cattrs converter for data.
    """
    return StoredBackend(
        StoreFile(os.fspath(path), timeout),
        namespace=namespace,
        allow=allow,
        on_mismatch=on_mismatch,
        max_staleness=max_staleness,
        snapshot=snapshot,
        timeout=timeout,
        converter=converter,
    )
