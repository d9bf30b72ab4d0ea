"""The stream of a watch: what a client missed, or a snapshot; then what happens."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import final

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from registry.errors import DiagnosticError, OverloadedError, ValidationError
from registry.names import check_namespace
from registry.revisions import Frame, Reset, Stored, Token
from registry.server.answers import COMMON
from registry.server.call import Call, no_namespace
from registry.server.feed import Feed
from registry.server.log import as_chunk, without_frame
from registry.server.pace import PART, Pace, pieces, portions
from registry.server.service import Service
from registry.server.watchers import Interest, Watcher
from registry.wire.events import beat_event, change_event, end_event, records_event, reset_event

_HEADERS = {**COMMON, "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def watch(service: Service, call: Call) -> web.StreamResponse:
    """Answer a watch until its client or the server ends it."""
    interest, since = _asked(call)
    if call.is_head:
        return web.Response(headers=_HEADERS)
    request = call.request
    if service.watchers.count >= service.limits.watchers or service.is_stopping:
        raise OverloadedError(
            "The server has as many watchers as it takes.", context={"limit": service.limits.watchers}
        )
    response = web.StreamResponse(headers=_HEADERS)
    response.force_close()  # a stream is the last thing on its connection
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("the client has gone")
    transport.set_write_buffer_limits(high=service.limits.watcher_buffer)
    watcher = Watcher(transport, interest, chunked=request.version >= (1, 1))
    service.watchers.add(watcher)
    try:
        writer = await response.prepare(request)
        if writer is None:
            raise ConnectionResetError("the client has gone")
        await _Stream(service, watcher, writer).run(since)
    finally:
        service.watchers.drop(watcher)
    return response


def _asked(call: Call) -> tuple[Interest, Token | None]:
    namespaces: set[str] = set()
    tokens: list[str] = []
    for name, value in call.pairs():
        if name == "namespace":
            check_namespace(value)
            namespaces.add(value)
        else:
            tokens.append(value)
    if len(tokens) > 1:
        raise ValidationError("The parameter 'since' stands in the query twice.")
    for namespace in sorted(namespaces):
        if not call.access.may_read(namespace):
            raise no_namespace(namespace)
    # A browser that comes back repeats the query of its first request, and the header is newer.
    last = call.request.headers.get("Last-Event-ID") or (tokens[0] if tokens else "")
    return Interest(call.access, frozenset(namespaces) if namespaces else None), Token.parse(last) if last else None


_RELOADED = "the server took a new snapshot of its store"


class _Begin(Exception):
    """The stream has to begin anew, since what was seen does not lead on to what is there."""


@final
class _Stream:
    def __init__(self, service: Service, watcher: Watcher, writer: AbstractStreamWriter) -> None:
        self._service = service
        self._feed: Feed = service.feed
        self._watcher = watcher
        self._writer = writer
        self._ahead: dict[str, int] = {}
        """The revision of each namespace in a snapshot that was ahead of the log."""

    async def run(self, since: Token | None) -> None:
        reason: str | None = None
        known = False
        while self._goes_on():
            try:
                if not known:
                    await self._loaded()
                    if since is not None:
                        await self._resume(since)
                    else:
                        await self._snapshot(reason)
                    known = True
                await self._follow()
            except _Begin as begin:
                known, since, reason = False, None, str(begin)
                self._service.watchers.resets += 1
        if self._watcher.ended is not None and not self._watcher.transport.is_closing():
            await self._send([as_chunk(end_event(self._watcher.ended))])

    def _goes_on(self) -> bool:
        return self._watcher.ended is None and not self._watcher.transport.is_closing()

    async def _loaded(self) -> None:
        while self._feed.reached is None and self._goes_on():
            await self._something()

    async def _something(self) -> None:
        """Wait until the feed or the watcher has changed."""
        change = self._feed.next_change()
        try:
            await asyncio.wait((change, self._watcher.waker()), return_when=asyncio.FIRST_COMPLETED)
        finally:
            change.cancel()

    async def _follow(self) -> None:
        """Send what is in the log, join those that have seen all of it, and return when that is over."""
        watcher, feed = self._watcher, self._feed
        while self._goes_on():
            if watcher.generation != feed.generation:
                raise _Begin(_RELOADED)
            entries = feed.log.read(watcher.place)
            if entries is None:
                raise _Begin("the client was too slow, and what it missed is no longer kept")
            if entries:
                await self._send(
                    entry.chunk
                    for entry in entries
                    if watcher.interest.covers(entry.namespace)
                    and entry.revision > self._ahead.get(entry.namespace, -1)
                )
                watcher.place += len(entries)
            elif self._ahead and not self._has_caught_up():
                await self._something()
            elif watcher.transport.get_write_buffer_size() > self._service.limits.watcher_buffer:
                await asyncio.sleep(0)  # a transport may tell only later that it has too much, and is not drained yet
                await Pace(self._service.limits).taken(self._writer.drain(), watcher.transport, 0)
            else:
                self._ahead = {}
                self._service.watchers.join(watcher)
                try:
                    await watcher.waker()
                finally:
                    self._service.watchers.leave(watcher)

    def _has_caught_up(self) -> bool:
        reached = self._feed.reached
        return reached is not None and reached.revision >= max(self._ahead.values())

    async def _resume(self, since: Token) -> None:
        """Go on from a token: out of the log here, or first out of the store's own, which reaches further back."""
        feed = self._feed
        reached = feed.reached
        if reached is None:
            return await self._resume_later(since)
        if since.epoch != reached.epoch:
            raise _Begin("the token is of another epoch: the store was recreated, or restored from a backup")
        if since.revision > reached.revision and not await feed.reach(since, self._service.limits.revision_seconds):
            return await self._refuse_future(since)
        generation = feed.generation
        while since.revision < feed.log.floor and self._goes_on():
            since = await self._read_log(since)
            # What was sent may be ahead of the log here, where it would then come a second time.
            if not await feed.reach(since, self._service.limits.revision_seconds) and self._goes_on():
                raise _Begin(_RELOADED)
            if generation != feed.generation:
                raise _Begin(_RELOADED)
        self._watcher.generation = feed.generation
        self._watcher.place = feed.log.place_after(since.revision)
        return None

    async def _refuse_future(self, since: Token) -> None:
        """End a watch that wants to go on from what this server has not seen; with a reset if that never happened.

        Another server over the same store may have told of it, and what this one has would lead its client back.
        """
        service = self._service
        try:
            newest = await service.asking.run(service.store.token, bounded=False)
        except DiagnosticError:
            newest = since
        if newest.epoch != since.epoch or newest.revision < since.revision:
            raise _Begin("the token is in the future")
        self._watcher.ended = "this server has not seen that moment yet"

    async def _resume_later(self, since: Token) -> None:
        await self._loaded()
        if self._goes_on():
            await self._resume(since)

    async def _read_log(self, since: Token) -> Token:
        """Send a part of what the store's log tells of after a token; gives the token that it ends with."""
        service, covers = self._service, self._watcher.interest.covers
        target = self._feed.reached
        if target is None:
            raise _Begin(_RELOADED)
        async with service.turns:
            try:
                chunks, last = await service.asking.run(
                    lambda: _log_after(service, since, target.revision, covers), bounded=False
                )
            except DiagnosticError as error:
                raise _Begin(error.message) from error
        if isinstance(last, Reset):
            raise _Begin(last.reason)
        await self._send(chunks)
        return last

    async def _snapshot(self, reason: str | None) -> None:
        """Send all records of one moment; the log goes on from there."""
        feed, watcher = self._feed, self._watcher
        async with self._service.turns:
            if reason is not None:
                await self._send([as_chunk(reset_event(reason))])
            reached = feed.reached
            if reached is None:
                raise _Begin(_RELOADED if reason is None else reason)
            watcher.generation, watcher.place = feed.generation, feed.log.end
            moments = self._moments(reached)
            # The mirrors may be a moment ahead of the log, which then repeats what is in the snapshot already.
            if any(token.epoch != reached.epoch for token, _ in moments.values()):
                raise _Begin(_RELOADED if reason is None else reason)
            self._ahead = {
                name: token.revision for name, (token, _) in moments.items() if token.revision > reached.revision
            }
            for name in list(moments):
                _, records = moments.pop(name)
                await self._send(_record_chunks(name, records, reached.epoch))
            await self._send([as_chunk(beat_event(reached, {}))])

    def _moments(self, reached: Token) -> dict[str, tuple[Token, Sequence[Stored]]]:
        """What there is to be seen; of namespaces that were asked for by name, also the empty ones."""
        interest = self._watcher.interest
        found: dict[str, tuple[Token, Sequence[Stored]]] = {}
        asked = self._feed.follower.mirrors if interest.namespaces is None else interest.namespaces
        for namespace in sorted(asked):
            mirror = self._feed.mirror(namespace)
            if interest.covers(namespace):
                token, records = (reached, []) if mirror is None else mirror.moment()
                if records or interest.namespaces is not None:
                    found[namespace] = token, records
        return found

    async def _send(self, chunks: Iterable[bytes]) -> None:
        """Write chunks, never more at once than the client takes."""
        transport = self._watcher.transport
        pace = Pace(self._service.limits)
        waiting: list[bytes] = []
        size = 0
        for chunk in chunks:
            part = chunk if self._watcher.chunked else without_frame(chunk)
            waiting.append(part)
            size += len(part)
            if size >= PART:
                for piece in pieces(waiting):
                    transport.write(piece)
                    await pace.taken(self._writer.drain(), transport, len(piece))
                waiting, size = [], 0
        if waiting:
            transport.write(b"".join(waiting))


def _record_chunks(namespace: str, records: Sequence[Stored], epoch: str) -> Iterable[bytes]:
    if not records:
        yield as_chunk(records_event(namespace, (), epoch))
    for portion in portions(records):
        yield as_chunk(records_event(namespace, portion, epoch))


def _log_after(
    service: Service, since: Token, target: int, covers: Callable[[str], bool]
) -> tuple[list[bytes], Token | Reset]:
    """What the store's log tells after a token, up to a revision or until it is much."""
    chunks: list[bytes] = []
    size = 0
    seen_up_to = since
    watch = service.store.watch(since=since)
    try:
        for seen in watch:
            if isinstance(seen, Reset):
                return [], seen
            seen_up_to = seen.token
            if isinstance(seen, Frame) and covers(seen.namespace):
                chunks.append(as_chunk(change_event(seen)))
                size += len(chunks[-1])
            if seen_up_to.revision >= target or size > 4 * 1024 * 1024:
                break
    finally:
        watch.close()
    return chunks, seen_up_to
