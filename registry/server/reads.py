"""Reads: answered from the mirrors, as ready bytes."""

import asyncio
import itertools
from collections.abc import Iterator, Mapping, Sequence

from aiohttp import hdrs, web

from registry.errors import EntryNotFoundError, OverloadedError, RevisionConflictError, StoreError
from registry.names import check_name, check_namespace, quote
from registry.revisions import Stored, Token
from registry.server.answers import COMMON, JSON, Ready, value_answer
from registry.server.call import Call, flag, no_entry, no_namespace, token_of, whole_number
from registry.server.pace import Pace, portions
from registry.server.service import Service
from registry.wire.json import envelopes, read_operation, write

_NDJSON = {**COMMON, "Content-Type": "application/x-ndjson"}


async def get(service: Service, call: Call) -> web.StreamResponse:
    """The record under a key."""
    namespace, key = call.first, call.second
    stored: Stored | None = None
    if call.query:
        parameters = call.parameters()
        if flag(parameters, "consistent") and not service.sole:
            check_namespace(namespace)
            check_name(key, "key")
            minimum = token_of(parameters, "min_revision")
            stored, epoch = await service.asking.run(lambda: _asked(service, namespace, key, minimum))
            return _record(service, call, stored, epoch)
        reached = await _wait_for(service, parameters)
    else:
        feed = service.feed
        at_once = feed.reached
        reached = at_once if at_once is not None and feed.is_fresh else await _reached(service)
    mirrors = service.feed.follower.mirrors.get(namespace)
    if mirrors is not None:
        stored = mirrors[0].entries.get(key)
        _check_epoch(mirrors[0].epoch, reached)
    return _record(service, call, stored, reached.epoch)


def _record(service: Service, call: Call, stored: Stored | None, epoch: str) -> web.StreamResponse:
    if stored is None:
        raise no_entry(call.first, call.second)
    ready = service.records.of(call.first, stored, epoch)
    wanted = call.request.headers.get(hdrs.IF_NONE_MATCH)
    if wanted is not None and _matches(wanted, ready.tag):
        return Ready(b"", 304, "", {"ETag": ready.tag})
    return Ready(ready.body, 200, JSON, {"ETag": ready.tag}, ready.head)


def _asked(service: Service, namespace: str, key: str, minimum: Token | None) -> tuple[Stored | None, str]:
    """What the store itself has; a token that was asked for has to be one that it has reached."""
    newest = service.store.token()
    if minimum is not None:
        _check_reached(minimum, newest)
    return service.store.get(namespace, key), newest.epoch


async def keys(service: Service, call: Call) -> web.StreamResponse:
    """The keys in their order, a page at a time; what is written meanwhile moves no other key to another page."""
    check_namespace(call.first)
    parameters = call.parameters()
    limit = whole_number(parameters, "limit", 1000, service.limits.page)
    after, prefix = parameters.get("after"), parameters.get("prefix", "")
    if after is not None:
        check_name(after, "key")
    reached = await _wait_for(service, parameters)
    names, more = service.feed.names.page(
        call.first, after=after, prefix=prefix, limit=limit, keep=service.feed.is_settled
    )
    return value_answer({"keys": names, "next": names[-1] if more else None, "token": str(reached)})


async def snapshot(service: Service, call: Call) -> web.StreamResponse:
    """All records of one moment, a line each."""
    check_namespace(call.first)
    reached = await _wait_for(service, call.parameters())
    if call.is_head:
        return web.StreamResponse(headers=_NDJSON)
    if service.snapshots >= service.limits.snapshots:
        raise OverloadedError(
            "The server sends as many snapshots as it can at once.", context={"limit": service.limits.snapshots}
        )
    service.snapshots += 1
    try:
        mirror = service.feed.mirror(call.first)
        token, count, lines = (reached, 0, iter(())) if mirror is None else service.ready_snapshots.of(mirror)
        _check_epoch(token.epoch, reached)
        # The mirror may be a moment ahead of the loop; else the newest change elsewhere may be newer than its own.
        token = max(token, reached, key=lambda moment: moment.revision)
        head = write({"namespace": call.first, "token": str(token), "count": count}) + b"\n"
        return await _stream(service, call, _NDJSON, _headed(head, lines))
    finally:
        service.snapshots -= 1


async def history(service: Service, call: Call) -> web.StreamResponse:
    """What a key held, newest first."""
    namespace, key = call.first, call.second
    check_namespace(namespace)
    check_name(key, "key")
    reached = await _reached(service)
    found = await service.asking.run(lambda: service.store.history(namespace, key))
    if found:
        await service.show(Token(reached.epoch, found[0].revision))
    head = b'{"key":%s,"history":[' % write(key)
    headers = {**COMMON, "Content-Type": "application/json"}
    return await _stream(service, call, headers, _listed(head, found, reached.epoch))


async def namespaces(service: Service, call: Call) -> web.StreamResponse:
    """The namespaces that have entries and may be seen."""
    reached = await _wait_for(service, call.parameters())
    listed = [{"name": name, "count": count} for name, count in visible(service, call).items()]
    return value_answer({"namespaces": listed, "token": str(reached)})


async def operation(service: Service, call: Call) -> web.StreamResponse:
    """Whether a write with that id happened, where the asker may see it."""
    identity = read_operation(call.first)
    found = None if identity is None else await service.asking.run(lambda: service.store.operation(identity))
    if found is None or not call.access.may_read(found.namespace):
        raise EntryNotFoundError(
            f"No write with the id {quote(call.first)} is remembered.", context={"operation": quote(call.first)}
        )
    await service.show(found.token)
    return value_answer({"operation": identity, "namespace": found.namespace, "token": str(found.token)})


def visible(service: Service, call: Call) -> dict[str, int]:
    """How many entries there are in each namespace that has some and may be seen."""
    may_read = call.access.may_read
    counts = {name: digest.count for name, digest in service.feed.digests.items()}
    return {name: counts[name] for name in sorted(counts) if counts[name] and may_read(name)}


def check_visible(call: Call) -> None:
    """Refuse a namespace that may not be seen, as if it were not there.

    Raises:
        RegistryNotFoundError: It may not.
    """
    if not call.access.may_read(call.first):
        raise no_namespace(call.first)


# ---------------------------------------------------------------------------------------------- moments


async def _reached(service: Service) -> Token:
    """The moment that a read is answered from; a server that loads its store is waited for a little."""
    feed = service.feed
    if feed.reached is None:
        try:
            async with asyncio.timeout(service.limits.revision_seconds):
                while feed.reached is None:
                    await feed.next_change()
        except TimeoutError:
            pass
    return feed.check_fresh()


async def _wait_for(service: Service, parameters: Mapping[str, str]) -> Token:
    """The same, at the moment that a query asks for."""
    reached = await _reached(service)
    feed = service.feed
    wanted = token_of(parameters, "min_revision")
    if wanted is not None and not await feed.reach(wanted, service.limits.revision_seconds):
        _check_reached(wanted, feed.check_fresh())
    if flag(parameters, "consistent") and not service.sole:
        await service.catch_up()
    return feed.check_fresh() if feed.reached is not reached else reached


def _check_epoch(epoch: str, reached: Token) -> None:
    """Refuse what a mirror holds that was loaded from another epoch just now, before the loop was told.

    Raises:
        StoreError: It was.
    """
    if epoch != reached.epoch:
        raise StoreError("The server is loading its store, which began anew.", suggestions=["Try again in a moment."])


def _check_reached(wanted: Token, reached: Token) -> None:
    if wanted.epoch == reached.epoch and wanted.revision <= reached.revision:
        return
    other = wanted.epoch != reached.epoch
    raise RevisionConflictError(
        f"The server has reached {reached}, and not {wanted}.",
        suggestions=[
            "Begin anew: the token is of another epoch, since the store was recreated or restored."
            if other
            else "Ask again in a moment, or without min_revision."
        ],
        context={"reached": str(reached), "wanted": str(wanted)},
    )


def _matches(header: str, tag: str) -> bool:
    """Whether an `If-None-Match` names a tag (RFC 9110, 13.1.2, with the weak comparison that it asks for)."""
    if header == tag or header.strip() == "*":
        return True
    return any(item.strip().removeprefix("W/") == tag for item in header.split(","))


# ---------------------------------------------------------------------------------------------- long answers


async def _stream(service: Service, call: Call, headers: dict[str, str], parts: Iterator[bytes]) -> web.StreamResponse:
    """Send parts as fast as the client takes them; what fits into one is sent as it is."""
    first = next(parts)
    second = next(parts, None)
    if second is None:
        return Ready(first, 200, headers["Content-Type"])
    if call.is_head:
        return web.StreamResponse(headers=headers)
    request = call.request
    transport = request.transport
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    if transport is None:
        raise ConnectionResetError("the client has gone")
    pace = Pace(service.limits)
    for part in itertools.chain((first, second), parts):
        await pace.taken(response.write(part), transport, len(part))
    await response.write_eof()
    return response


def _headed(head: bytes, parts: Iterator[bytes]) -> Iterator[bytes]:
    yield head + next(parts, b"")
    yield from parts


def _listed(head: bytes, records: Sequence[Stored], epoch: str) -> Iterator[bytes]:
    waiting = head
    for number, portion in enumerate(portions(records)):
        if number:
            yield waiting
            waiting = b","
        waiting += envelopes(portion, epoch, b",")
    yield waiting + b"]}"
