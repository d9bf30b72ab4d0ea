"""A lock on a file, shared or exclusive, that ends with the process that holds it.

On POSIX these are record locks (`fcntl`), which a process loses as soon as it closes *any* descriptor of the file, and
which two users in one process do not keep from one another. So a process opens a lock file once, for all its users.
"""

import contextlib
import os
import random
import sys
import threading
import time
from pathlib import Path
from typing import final

import attrs

from registry.stores.forks import tell_of_forks


@attrs.frozen
class Holder:
    """Who keeps a lock from being taken.

    Attributes:
        note: What the holder of an exclusive lock wrote there; "" for a shared one.
        processes: The ids of the holders, where the system tells.
    """

    note: str
    processes: tuple[int, ...] = ()


@final
class FileLock:
    """A lock that was taken. `take` makes one."""

    def __init__(self, handle: "_Handle") -> None:
        self._handle: _Handle | None = handle

    def release(self) -> None:
        """Give it back. A second call does nothing."""
        handle, self._handle = self._handle, None
        if handle is not None:
            _held.release(handle)


def take(path: str, *, exclusive: bool, note: str = "") -> FileLock | Holder:
    """Take a lock without waiting for it, or tell who has it.

    Args:
        path: The lock file. It is made if it is missing, and stays.
        exclusive: Whether there may be no other holder.
        note: What others read who are refused, for an exclusive lock.

    Raises:
        OSError: The file cannot be opened.
    """
    return _held.take(path, exclusive, note)


@attrs.define(eq=False)
class _Handle:
    key: str
    descriptor: int
    exclusive: bool
    note: str
    users: int = 1


@final
class _Held:
    """The locks of this process, by path."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handles: dict[str, _Handle] = {}

    def take(self, path: str, exclusive: bool, note: str) -> FileLock | Holder:
        key = os.path.realpath(path)
        with self._lock:
            handle = self._handles.get(key)
            if handle is not None:
                if exclusive or handle.exclusive:
                    return Holder(handle.note, (os.getpid(),))
                handle.users += 1
                return FileLock(handle)
            descriptor = _open(key)
            try:
                if not _locked(descriptor, exclusive):
                    holder = Holder(_note_of_holder(descriptor, patient=not exclusive), _processes(descriptor))
                    os.close(descriptor)  # this process holds no other descriptor of it, so no lock is lost
                    return holder
                os.ftruncate(descriptor, 0)  # a holder that was killed left its note
                os.write(descriptor, note.encode())  # nothing was read or written yet, so this is its beginning
            except OSError:  # a full disk; the lock goes with the descriptor
                os.close(descriptor)
                raise
            handle = self._handles[key] = _Handle(key, descriptor, exclusive, note)
        return FileLock(handle)

    def release(self, handle: _Handle) -> None:
        with self._lock:
            handle.users -= 1
            if handle.users == 0 and self._handles.get(handle.key) is handle:
                del self._handles[handle.key]
                if handle.exclusive:
                    with contextlib.suppress(OSError):  # a full disk; the note means nothing without the lock
                        os.ftruncate(handle.descriptor, 0)
                os.close(handle.descriptor)

    def before_fork(self) -> None:
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        self._lock.release()

    def after_fork_in_child(self) -> None:
        self._lock = threading.Lock()
        handles, self._handles = list(self._handles.values()), {}
        for handle in handles:  # the locks are the parent's and stay its own
            os.close(handle.descriptor)


_held = _Held()
tell_of_forks(_held)  # before any store, which may be in the middle of taking a lock when it is to come to rest


def _open(path: str) -> int:
    """A descriptor of the file that has this path, not of one that was just put away."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
    while True:
        descriptor = os.open(path, flags, 0o666)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        os.close(descriptor)


def _note_of_holder(descriptor: int, patient: bool) -> str:
    """What the holder wrote; one that was only just faster may need a moment for that."""
    for _ in range(20 if patient else 1):
        os.lseek(descriptor, 0, os.SEEK_SET)
        note = os.read(descriptor, 4096).decode(errors="replace")
        if note:
            return note
        time.sleep(0.005)
    return ""


if sys.platform == "win32":
    import msvcrt

    _FIRST, _PLACES = 1 << 30, 64
    """Bytes far behind the note, since a locked byte cannot be read. A shared lock is one of them, an exclusive all."""

    def _locked(descriptor: int, exclusive: bool) -> bool:
        first = random.SystemRandom().randrange(_PLACES)
        for place in range(1 if exclusive else _PLACES):
            os.lseek(descriptor, _FIRST + (0 if exclusive else (first + place) % _PLACES), os.SEEK_SET)
            with contextlib.suppress(OSError):
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, _PLACES if exclusive else 1)
                os.lseek(descriptor, 0, os.SEEK_SET)
                return True
        return False

else:
    import fcntl

    def _locked(descriptor: int, exclusive: bool) -> bool:
        try:
            fcntl.lockf(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # POSIX leaves the choice between EAGAIN and EACCES
            return False
        return True


def _processes(descriptor: int) -> tuple[int, ...]:
    """Those that hold a lock on this file, as Linux lists them."""
    try:
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return ()
    status = os.fstat(descriptor)
    file = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    rows = [line.split() for line in lines]
    return tuple(sorted({int(row[4]) for row in rows if len(row) == 8 and row[5] == file and int(row[4]) > 0}))
