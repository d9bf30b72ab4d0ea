"""The newest submissions of this process, so that its watches need not read them from the file."""

import threading
from collections.abc import Sequence
from typing import final

from registry.revisions import Frame

MOST = 512
"""Most submissions that are kept."""

HEAVY = 1000
"""Changes of a submission that is not worth keeping."""


@final
class Recent:
    """Submissions without a gap between them, the newest ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frames: list[Frame] = []

    def add(self, frames: Sequence[Frame]) -> None:
        """Keep what was just committed."""
        with self._lock:
            for frame in frames:
                if self._frames and self._frames[-1].token.revision + 1 != frame.token.revision:
                    self._frames.clear()  # another process wrote in between
                if len(frame.changes) > HEAVY:
                    self._frames.clear()
                else:
                    self._frames.append(frame)
            if len(self._frames) > 2 * MOST:
                del self._frames[:-MOST]

    def after(self, revision: int) -> Sequence[Frame]:
        """Everything kept that follows a revision; nothing when what follows it at once is not there."""
        with self._lock:
            if not self._frames:
                return ()
            position = revision + 1 - self._frames[0].token.revision
            return self._frames[position:] if position >= 0 else ()

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._frames.clear()
