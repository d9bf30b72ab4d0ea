"""Reads watches, which may never answer, and compares what they tell."""

import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from registry.revisions import Beat, Frame, Reset, Seen
from registry.store_protocol import Watch
from registry.testing.stores.model import Submitted

ENDED = object()
"""What stands for the end of a watch."""


def read(watch: Watch, enough: Callable[[Seen], bool], patience: float) -> list[Any]:
    """What a watch gives until it is enough; an exception or `ENDED` last where it ended, nothing where it waits."""
    told: SimpleQueue[Any] = SimpleQueue()

    def follow() -> None:
        try:
            for seen in watch:
                told.put(seen)
                if enough(seen):
                    return
        except Exception as error:  # the caller judges
            told.put(error)
        else:
            told.put(ENDED)

    threading.Thread(target=follow, name="registry-testing-watch", daemon=True).start()
    found: list[Any] = []
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            found.append(told.get(timeout=max(0.0, until - time.monotonic())))
        except Empty:
            break
        if found[-1] is ENDED or not isinstance(found[-1], Beat | Frame | Reset) or enough(found[-1]):
            break
    return found


def read_watch(watch: Watch, wanted: Sequence[Submitted], epoch: str, patience: float) -> tuple[str, str] | None:
    """The promise that a watch breaks, and how; it has to tell of each of these submissions.

    Args:
        watch: A watch that nobody has read.
        wanted: Everything that happened since its beginning, where it looks; at least one.
        epoch: Of the store.
        patience: Seconds.
    """
    last = wanted[-1].revision
    found = read(watch, lambda seen: isinstance(seen, Reset) or seen.token.revision >= last, patience)
    frames = [one for one in found if isinstance(one, Frame)]
    ends = [one for one in found if not isinstance(one, Frame | Beat)]
    if ends:
        return "A watch from a moment that the log reaches must go on.", f"gave {_told(ends[0])}"
    told = [frame.token.revision for frame in frames]
    for number, frame in enumerate(frames):
        difference = wanted[number].difference(frame, epoch) if number < len(wanted) else "gave one too many"
        if difference is not None:
            promise = "A watch has to tell of each submission once, in order, as a whole, and of no others."
            return promise, f"{difference}; the revisions told were {told}, not {[one.revision for one in wanted]}"
    if len(frames) < len(wanted):
        promise = "A watch has to tell of everything that happened since its moment, none missing."
        return promise, f"gave the revisions {told}, not {[one.revision for one in wanted]}"
    return None


def _told(end: Any) -> str:
    if isinstance(end, Reset):
        return f"Reset({end.reason!r})"
    return "its end" if end is ENDED else f"{type(end).__name__}: {end}"
