"""Writes: answered when they are durable and the mirror has them."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence

from aiohttp import web

from registry.errors import (
    DiagnosticError,
    EntryNotFoundError,
    OperationReusedError,
    OverloadedError,
    RevisionConflictError,
    UnknownOutcomeError,
)
from registry.names import check_name, check_namespace, quote
from registry.revisions import ANYTHING, Change, Expect, Token
from registry.server import audit
from registry.server.answers import value_answer
from registry.server.call import Call
from registry.server.service import Service
from registry.wire.json import read_changes, read_object, read_operation, read_set

_LONG = 128 * 1024
"""A body of more bytes is read outside the loop, which has others to serve."""

_ATTEMPTS = 5
"""How often `clear` looks again at what there is, when others write at the same time."""

_REMEMBERED = 1000
"""Of how many operations of `clear` the server remembers how much they removed."""


async def set_(service: Service, call: Call) -> web.StreamResponse:
    """Put a record under a key."""
    async with _body(service, call, service.limits.body) as body:
        change, operation = read_set(body)
        return await _write(service, call, [change], operation)


async def delete(service: Service, call: Call) -> web.StreamResponse:
    """Remove a key."""
    operation = read_operation(call.parameters().get("operation"))
    expect = _expected(call.request.headers.get("If-Match"))
    return await _write(service, call, [Change(call.second, None, expect)], operation)


async def apply(service: Service, call: Call) -> web.StreamResponse:
    """Make many changes, all or none of them."""
    async with _body(service, call, service.limits.apply_body) as body:
        if len(body) > _LONG:
            changes, operation = await service.asking.run(lambda: read_changes(body), bounded=False)
        else:
            changes, operation = read_changes(body)
        return await _write(service, call, changes, operation)


async def clear(service: Service, call: Call) -> web.StreamResponse:
    """Remove every key that is there at one moment, in parts if the store takes no more at once."""
    async with _body(service, call, service.limits.body) as body:
        given = read_operation(read_object(body or b"{}", {"operation": False}).get("operation"))
    operation = _new_operation() if given is None else given
    namespace = call.first
    check_namespace(namespace)
    with _counted(service):
        if given is not None:
            before = await service.asking.run(lambda: service.store.operation(given), bounded=False)
            if before is not None:
                if before.namespace != namespace:
                    raise OperationReusedError(
                        f"The operation id {quote(given)} was used for something else.",
                        suggestions=["Make a new id for each operation."],
                        context={"operation": given},
                    )
                await service.show(before.token)
                return _cleared(before.token, service.cleared.get(given, 0), 1, operation)
        removed: list[str] = []
        parts = 0
        try:
            for _ in range(_ATTEMPTS):
                token, names = await service.asking.run(lambda: _names(service, namespace), bounded=False)
                if not names:
                    await service.show(token)
                portions = _portions(names, service)
                try:
                    for number, portion in enumerate(portions):
                        # The last part has the id that was given, so that finding it means that all is done.
                        identity = operation if number == len(portions) - 1 else _new_operation()
                        changes = [Change(name, None) for name in portion]
                        token = await _submitted(service, call, changes, identity)
                        removed += portion
                        parts += 1
                    break
                except EntryNotFoundError:  # somebody else removed one of them meanwhile
                    continue
            else:
                raise RevisionConflictError(
                    f"Others write to the namespace {quote(namespace)} all the time, so that it cannot be cleared.",
                    suggestions=["Stop the other writers, and try again."],
                    context={"removed": len(removed)},
                )
        except DiagnosticError as error:
            error.context.setdefault("removed", len(removed))
            _audit(service, call, removed, operation, error=error)
            raise
        except asyncio.CancelledError:
            _audit(service, call, removed, operation, error=_unknown(operation, "the store has not answered"))
            raise
    _audit(service, call, removed, operation, token=token)
    while len(service.cleared) >= _REMEMBERED:
        del service.cleared[next(iter(service.cleared))]
    service.cleared[operation] = len(removed)
    return _cleared(token, len(removed), parts, operation)


def _cleared(token: Token, removed: int, parts: int, operation: str) -> web.StreamResponse:
    return value_answer({"token": str(token), "removed": removed, "parts": parts, "operation": operation})


async def _write(service: Service, call: Call, changes: Sequence[Change], operation: str | None) -> web.StreamResponse:
    """Make changes, and answer with their token."""
    if operation is None:
        operation = _new_operation()
    names = [change.name for change in changes]
    try:
        check_namespace(call.first)
        for name in names:
            check_name(name, "key")
        with _counted(service):
            token = await _submitted(service, call, changes, operation)
    except DiagnosticError as error:
        _audit(service, call, names, operation, error=error)
        raise
    except asyncio.CancelledError:
        _audit(service, call, names, operation, error=_unknown(operation, "the store has not answered"))
        raise
    _audit(service, call, names, operation, token=token)
    return value_answer({"token": str(token), "operation": operation})


async def _submitted(service: Service, call: Call, changes: Sequence[Change], operation: str) -> Token:
    """The token of changes, once they are durable and the mirror has them.

    Raises:
        UnknownOutcomeError: The store, or the mirror, did not say so in time.
    """
    store, namespace, who = service.store, call.first, call.access.who
    seconds = service.limits.write_seconds
    deadline = asyncio.get_running_loop().time() + seconds
    try:
        if service.groups:
            future = store.submit(namespace, changes, operation=operation, author=who)
        else:
            future = await asyncio.wait_for(
                service.asking.run(
                    lambda: store.submit(namespace, changes, operation=operation, author=who), bounded=False
                ),
                seconds,
            )
        token = await service.feed.outcome(future, deadline - asyncio.get_running_loop().time())
    except TimeoutError as error:
        raise _unknown(operation, "the store has not answered") from error
    except (RevisionConflictError, EntryNotFoundError):
        await service.catch_up(bounded=False)  # it tells what another wrote, perhaps just now
        raise
    if not await service.feed.reach(token, deadline - asyncio.get_running_loop().time()):
        raise _unknown(operation, "it is stored, and the server has not seen it come back")
    return token


def _unknown(operation: str, why: str) -> UnknownOutcomeError:
    return UnknownOutcomeError(
        f"Nobody knows yet whether the write happened: {why} in time.",
        suggestions=[f"Ask GET /operations/{operation}, or send it again with the same operation id."],
        context={"operation": operation},
    )


def _names(service: Service, namespace: str) -> tuple[Token, list[str]]:
    with service.store.snapshot(namespace) as snapshot:
        return snapshot.token, [stored.name for stored in snapshot]


def _portions(names: Sequence[str], service: Service) -> list[list[str]]:
    limits = service.store.limits
    portions: list[list[str]] = []
    size = 0
    for name in names:
        length = len(name.encode())
        if not portions or len(portions[-1]) >= limits.changes or size + length > limits.size:
            portions.append([])
            size = 0
        portions[-1].append(name)
        size += length
    return portions


@contextlib.asynccontextmanager
async def _body(service: Service, call: Call, most: int) -> AsyncIterator[bytes]:
    """The body of a request, which counts as held until the write is done."""
    body = await service.bodies.read(call.request, most)
    try:
        call.parameters()
        yield body
    finally:
        service.bodies.release(body)


@contextlib.contextmanager
def _counted(service: Service) -> Iterator[None]:
    """Count a write, or refuse it when there are too many."""
    if service.writes >= service.limits.writes:
        raise OverloadedError(
            "As many writes wait for the store as the server takes.", context={"limit": service.limits.writes}
        )
    service.writes += 1
    try:
        yield
    finally:
        service.writes -= 1


def _expected(header: str | None) -> Expect | Token:
    """What an `If-Match` asks for (RFC 9110, 13.1.1): a token, or that there is anything."""
    if header is None or header.strip() == "*":
        return ANYTHING
    return Token.parse(header.strip().removeprefix('"').removesuffix('"'))


def _new_operation() -> str:
    return uuid.uuid4().hex


def _audit(
    service: Service,
    call: Call,
    keys: Sequence[str],
    operation: str,
    *,
    token: Token | None = None,
    error: DiagnosticError | None = None,
) -> None:
    audit.record(
        call.access,
        call.route.operation,
        call.first,
        keys,
        operation,
        token=None if token is None else str(token),
        error=error,
        address=call.request.remote,
    )
