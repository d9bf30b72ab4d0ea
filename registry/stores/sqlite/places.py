"""Whether a file can be a store's, as far as that can be told from outside."""

import os

from registry.errors import StoreError
from registry.names import WHOLE, quote
from registry.stores.filelock import FileLock, take
from registry.stores.filesystems import network_filesystem


def check_place(path: str, mounts: str | None = None) -> None:
    """Refuse a path at which no store can be.

    Args:
        path: The file, which need not exist.
        mounts: See `network_filesystem`.

    Raises:
        StoreError: With the reason and the remedy.
    """
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        why = f"its folder {quote(folder, WHOLE)} does not exist"
        raise _unusable(path, why, "Make the folder, or correct the path.")
    if os.path.exists(path) and not os.path.isfile(path):
        raise _unusable(path, "it is not a file", "Give the path of a file.")
    kind = network_filesystem(path, mounts)
    if kind is not None:
        raise _unusable(
            path,
            f"it lies on a network file system ({kind}), where several machines would damage it",
            "Put it on a disk of this machine.",
            "To share it with other machines, serve it: python -m registry serve.",
        )
    # SQLite makes more files beside it.
    if not os.access(folder, os.W_OK | os.X_OK) or (os.path.exists(path) and not os.access(path, os.R_OK | os.W_OK)):
        raise _unusable(path, "it cannot be written", "Give this process the right to write the file and its folder.")


def lock(path: str, served_as: str | None) -> FileLock:
    """The lock that keeps a served file the server's alone: exclusive for the server, shared for all others.

    Raises:
        StoreError: Another process serves the file, or, for a server, uses it.
    """
    try:
        taken = take(f"{path}.lock", exclusive=served_as is not None, note="" if served_as is None else served_as)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _unusable(path, f"its lock file cannot be opened: {reason}", _WRITABLE) from error
    if isinstance(taken, FileLock):
        return taken
    context = {"path": path, "url": taken.note, "processes": list(taken.processes)}
    if taken.note:
        raise StoreError(
            f"The store {quote(path, WHOLE)} is served as {quote(taken.note, WHOLE)}{_by(taken.processes)}, and is the"
            " server's alone.",
            suggestions=[f"Use it through the server: RemoteBackend({taken.note!r}, namespace=...)."],
            context=context,
        )
    raise StoreError(
        f"The store {quote(path, WHOLE)} cannot be served while other processes have it open{_by(taken.processes)}.",
        suggestions=["End them, or let them use the server once it runs."],
        context=context,
    )


_WRITABLE = "Give this process the right to write the file and its folder."


def _by(processes: tuple[int, ...]) -> str:
    if not processes:
        return ""
    return f" (process {', '.join(map(str, processes))})"


def _unusable(path: str, why: str, *suggestions: str) -> StoreError:
    return StoreError(
        f"The store {quote(path, WHOLE)} cannot be opened: {why}.", suggestions=suggestions, context={"path": path}
    )
