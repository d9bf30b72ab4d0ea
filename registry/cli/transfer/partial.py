"""A file that appears when it is complete, and can be gone on with after an interruption."""

import contextlib
import os
import sys
from typing import IO

from registry.errors import OperationalError, ValidationError
from registry.names import WHOLE, quote
from registry.revisions import Beat, Frame, Reset, Token
from registry.store_protocol import Store


class PartialFile:
    """Writes to `<file>.part`, which becomes the file at the end; what was there before stays until then.

    Args:
        file: The file. Of a symbolic link, what it leads to.

    Attributes:
        target: The file.
        path: Where it is written meanwhile.
        stream: The open file, between `__enter__` and `publish`.
        found: Whether there was something of an earlier export.
    """

    def __init__(self, file: str) -> None:
        self.target = os.path.realpath(file)
        self.path = f"{self.target}.part"
        self.found = False
        self.stream: IO[bytes]

    def __enter__(self) -> "PartialFile":
        while True:
            try:
                # not emptied before it is known that nobody else writes there
                descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
            except OSError as error:
                raise _failed(self.path, error) from error
            self.stream = os.fdopen(descriptor, "r+b")
            if not _alone(descriptor):
                self.stream.close()
                raise OperationalError(
                    f"Another process is writing {quote(self.path, WHOLE)}.",
                    suggestions=["Wait until it is done, or export to another file."],
                )
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), os.stat(self.path)):
                    break
            self.stream.close()  # whoever wrote there has published it meanwhile
        self.found = os.fstat(descriptor).st_size > 0
        return self

    def __exit__(self, *raised: object) -> None:
        with contextlib.suppress(OSError):  # a full disk is told of where it was met first
            self.stream.close()

    def write(self, data: bytes) -> None:
        """Write what comes next.

        Raises:
            OperationalError: The disk is full, or the like.
        """
        try:
            self.stream.write(data)
        except OSError as error:
            raise _failed(self.path, error) from error

    def restart(self) -> None:
        """Begin at the beginning.

        Raises:
            OperationalError: The file cannot be changed.
        """
        self._cut(0)

    def keep(self, store: Store, namespaces: list[str]) -> list[str]:
        """Go on after the namespaces that are there as a whole and did not change since; gives them.

        Args:
            store: Where they come from.
            namespaces: All that are to be exported, in order.
        """
        complete = list(_complete(self.stream, namespaces))
        changed = _changed(store, {namespace: token for namespace, token, _ in complete})
        kept: list[str] = []
        end = 0
        for namespace, _, after in complete:
            if namespace in changed:
                break
            kept.append(namespace)
            end = after
        if kept:
            self._cut(end)
        return kept

    def _cut(self, end: int) -> None:
        try:
            self.stream.seek(end)
            self.stream.truncate()
        except OSError as error:
            raise _failed(self.path, error) from error

    def publish(self) -> None:
        """Let it appear under its name, on the disk as a whole.

        Raises:
            OperationalError: The disk is full, or the like.
        """
        try:
            self.stream.flush()
            os.fsync(self.stream.fileno())
            if sys.platform == "win32":
                self.stream.close()  # a file that is open cannot be renamed there
            os.replace(self.path, self.target)
            if sys.platform != "win32":
                folder = os.open(os.path.dirname(self.target), os.O_RDONLY)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)
        except OSError as error:
            raise _failed(self.target, error) from error


def _complete(stream: IO[bytes], namespaces: list[str]) -> list[tuple[str, Token, int]]:
    """The namespaces at the beginning of a file that are there as a whole: with their tokens, and where they end."""
    from registry.wire.json import read

    stream.seek(0)
    found: list[tuple[str, Token, int]] = []
    try:
        head = read(_whole(stream.readline()))
        if head.get("namespaces") != namespaces:
            return []
        for namespace in namespaces:
            section = read(_whole(stream.readline()))
            if section["namespace"] != namespace:
                break
            for _ in range(section["count"]):
                read(_whole(stream.readline()))
            found.append((namespace, Token.parse(section["token"]), stream.tell()))
    except (ValidationError, EOFError, KeyError, TypeError, AttributeError):
        pass  # here it was interrupted, or it is the file of something else
    return found


def _whole(line: bytes) -> bytes:
    if not line.endswith(b"\n"):
        raise EOFError
    return line


def _changed(store: Store, tokens: dict[str, Token]) -> set[str]:
    """Which namespaces are no longer what they were at their tokens."""
    if not tokens:
        return set()
    now = store.token()
    if any(token.epoch != now.epoch for token in tokens.values()):
        return set(tokens)
    since = min(tokens.values(), key=lambda token: token.revision)
    changed: set[str] = set()
    watch = store.watch(since=since, namespaces=list(tokens))
    try:
        for seen in watch:
            if isinstance(seen, Reset):
                return set(tokens)
            if isinstance(seen, Frame) and seen.token.revision > tokens[seen.namespace].revision:
                changed.add(seen.namespace)
            if isinstance(seen, Beat) and seen.token.revision >= now.revision:
                return changed
    finally:
        watch.close()
    return set(tokens)


def _alone(descriptor: int) -> bool:
    """Whether nobody else writes this file, as far as the system can tell."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _failed(path: str, error: OSError) -> OperationalError:
    return OperationalError(
        f"{quote(path, WHOLE)} cannot be written: {error.strerror or error}.",
        suggestions=["Check the folder, its permissions and the space on its disk."],
    )
