"""The limits of a server, as numbers."""

from typing import Any

import attrs

from registry.wire.json import MAX_DEPTH, MAX_RECORD


@attrs.frozen(kw_only=True)
class Limits:
    """How much a server takes from its clients, and for how long it waits for them.

    Attributes:
        body: The longest body of a request, in bytes.
        apply_body: The longest body of an `apply`, in bytes.
        bodies: The bytes of all bodies that are held at once; more are refused as overload.
        header_line: The longest line of a request's head, in bytes.
        headers: The most lines of a request's head.
        connections: The most connections at once, those of watchers not counted.
        watchers: The most watchers at once.
        watcher_buffer: Bytes that wait to be sent to a watcher before it counts as slow.
        log_frames: The most submissions that are kept in memory for watchers that fell behind or come back.
        log_bytes: The most bytes of these.
        page: The most keys in one answer.
        snapshots: The most snapshots that are sent at once.
        writes: The most writes that wait for the store; more are refused as overload.
        store_reads: The most questions that are put to the store at once; more are refused as overload.
        header_seconds: So long may the head of a request take.
        body_seconds: So long may its body take.
        idle_seconds: So long is a connection kept open between requests.
        stall_seconds: So long may a client leave an answer unread.
        revision_seconds: So long is waited for a revision that was asked for.
        write_seconds: So long is waited for the store to answer a write.
        stale_seconds: Reads are refused when the store was not heard for so long.
        grace_seconds: So long may requests take to be finished when the server stops.
    """

    body: int = 1024 * 1024
    apply_body: int = 16 * 1024 * 1024
    bodies: int = 64 * 1024 * 1024
    header_line: int = 8190
    headers: int = 100
    connections: int = 1000
    watchers: int = 2000
    watcher_buffer: int = 256 * 1024
    log_frames: int = 20_000
    log_bytes: int = 32 * 1024 * 1024
    page: int = 10_000
    snapshots: int = 4
    writes: int = 256
    store_reads: int = 64
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    idle_seconds: float = 75.0
    stall_seconds: float = 30.0
    revision_seconds: float = 3.0
    write_seconds: float = 30.0
    stale_seconds: float = 10.0
    grace_seconds: float = 5.0

    def as_dict(self) -> dict[str, Any]:
        """The numbers by their names, with those that the wire fixes."""
        return {**attrs.asdict(self), "record": MAX_RECORD, "depth": MAX_DEPTH}
