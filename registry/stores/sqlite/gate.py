"""Keeps threads out of SQLite while the process forks."""

import threading
import time
from typing import final


@final
class Gate:
    """Everything that calls SQLite happens inside. Whoever shuts it waits until nobody is there."""

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._inside = 0
        self._shut = False

    def __enter__(self) -> None:
        with self._changed:
            while self._shut:
                self._changed.wait()
            self._inside += 1

    def __exit__(self, *raised: object) -> None:
        with self._changed:
            self._inside -= 1
            if self._shut and not self._inside:
                self._changed.notify_all()

    def shut(self, seconds: float) -> bool:
        """Let nobody in any more; whether everybody was out in time."""
        until = time.monotonic() + seconds
        with self._changed:
            while self._shut:
                self._changed.wait()
            self._shut = True
            while self._inside:
                remaining = until - time.monotonic()
                if remaining <= 0:
                    return False
                self._changed.wait(remaining)
            return True

    def open(self) -> None:
        """Let them in again."""
        with self._changed:
            self._shut = False
            self._changed.notify_all()
