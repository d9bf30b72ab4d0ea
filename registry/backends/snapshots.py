"""The file that answers reads when the store of a shared namespace cannot be reached.

JSON lines: what it is, then each record as servers give it, then a digest of all that. Nothing in it is imported or run
when it is read.
"""

import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, final

from registry.announcing import announce
from registry.errors import ValidationError
from registry.mirror import Mirror
from registry.names import WHOLE, quote
from registry.revisions import Snapshot, Stored, Token
from registry.wire.json import envelope, read, read_envelope_line, write

FORMAT = "registry-snapshot-1"

PAUSE = 5.0
"""Seconds between two times that the file is written, however often the namespace changes."""

_log = logging.getLogger(__name__)


@final
class SnapshotFile:
    """Keeps a file of one namespace up to date, and reads it.

    It is readable by its owner alone, replaced as a whole, and written by a thread that comes and goes.

    Args:
        path: Where.
        namespace: Of what; a file of another one is not used.
        mirror_of: Makes the mirror that a file is read into.
        stored_of: Gives what is stored, of what such a mirror holds.
    """

    def __init__(
        self,
        path: Path,
        namespace: str,
        *,
        mirror_of: Callable[[str], Mirror] = Mirror,
        stored_of: Callable[[Any], Stored] = lambda held: held,
    ) -> None:
        self.path = path
        self.namespace = namespace
        self._mirror_of = mirror_of
        self._stored_of = stored_of
        self._written: Token | None = None
        self._tried = float("-inf")
        self._begin()

    def _begin(self) -> None:
        """Make what belongs to one process."""
        self._process = os.getpid()
        self._writing = threading.RLock()
        self._timer: threading.Timer | None = None

    # ------------------------------------------------------------------------------------------ writing

    def follow(self, mirror: Mirror) -> None:
        """Write the file in a while, if the mirror has changed since it was written."""
        if self._process != os.getpid():
            self._begin()
        if self._timer is None and mirror.epoch and Token(mirror.epoch, mirror.revision) != self._written:
            pause = max(0.0, self._tried + PAUSE - time.monotonic())
            self._timer = threading.Timer(pause, self._write_in_thread, (mirror,))
            self._timer.name = "registry-snapshot-file"
            self._timer.daemon = True
            self._timer.start()

    def finish(self, mirror: Mirror) -> None:
        """Write the file now, if the mirror has changed since it was written."""
        if self._process != os.getpid():
            self._begin()
        timer = self._timer
        if timer is not None:
            timer.cancel()
        self._write(mirror)

    def _write_in_thread(self, mirror: Mirror) -> None:
        self._timer = None  # what changes from here on is for the next time
        self._write(mirror)

    def _write(self, mirror: Mirror) -> None:
        with self._writing:
            self._tried = time.monotonic()
            if not mirror.epoch:
                return
            token, held = mirror.moment()
            if token == self._written:
                return
            try:
                self._replace(token, held)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                _log.warning("the snapshot file %s could not be written: %s", quote(str(self.path), WHOLE), reason)
            else:
                self._written = token

    def _replace(self, token: Token, held: Iterable[Any]) -> None:
        """Write another file, which only its owner can read, and let it take the place of the one that is there."""
        found = [self._stored_of(one) for one in held]
        folder = self.path.parent
        number, name = tempfile.mkstemp(prefix=f".{self.path.name}.", suffix=".tmp", dir=folder)
        try:
            with open(number, "wb") as file:
                head = {"format": FORMAT, "namespace": self.namespace, "token": str(token), "count": len(found)}
                digest = blake2b(digest_size=16)
                for line in chain([write(head)], (envelope(stored, token.epoch) for stored in found)):
                    whole = line.replace(b"\n", b" ") + b"\n"  # between the values of a record it means the same
                    digest.update(whole)
                    file.write(whole)
                file.write(_last(digest.hexdigest()))
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self.path)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise

    # ------------------------------------------------------------------------------------------ reading

    def load(self) -> Mirror | None:
        """What the file holds; None, with a warning unless there is no file, when it cannot be used."""
        try:
            with open(self.path, "rb") as file:
                snapshot = self._read(file)
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            said = error.message if isinstance(error, ValidationError) else f"{error.strerror or error}."
            file_of = f"{quote(str(self.path), WHOLE)} of {quote(self.namespace)}"
            announce(f"The snapshot file {file_of} is not used: {said}", RuntimeWarning)
            return None
        mirror = self._mirror_of(self.namespace)
        mirror.load(snapshot)
        return mirror

    def _read(self, file: BinaryIO) -> Snapshot:
        first = file.readline()
        token, count = self._head(read(first, "first line"))
        digest = blake2b(first, digest_size=16)
        records: list[Stored] = []
        for line in file:
            if len(records) == count:
                if line == _last(digest.hexdigest()):
                    return Snapshot(token, count, records)
                break
            digest.update(line)
            records.append(read_envelope_line(line)[0])
        raise ValidationError("It is damaged.")

    def _head(self, head: Any) -> tuple[Token, int]:
        if not isinstance(head, dict) or head.get("format") != FORMAT:
            raise ValidationError("It is no snapshot of a namespace.")
        if head.get("namespace") != self.namespace:
            raise ValidationError(f"It is a snapshot of {quote(head.get('namespace'))}.")
        count = head.get("count")
        if not isinstance(count, int):
            raise ValidationError("It does not say how many records it holds.")
        return Token.parse(head.get("token", "")), count


def _last(digest: str) -> bytes:
    """The line that shows that the file is whole."""
    return write({"digest": digest}) + b"\n"


__all__ = ["SnapshotFile"]
