"""The one handler of all requests: who asks, what for, and how it ends."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import final
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from registry.errors import AccessDeniedError, DiagnosticError, EntryNotFoundError, OperationalError, ValidationError
from registry.names import quote
from registry.server import about, audit, reads, watches, writes
from registry.server.access import Level
from registry.server.answers import Ready, RefusedError, error_answer
from registry.server.call import Call, no_namespace
from registry.server.hosts import LOOPBACK
from registry.server.limits import Limits
from registry.server.routes import Route, Table
from registry.server.service import Service
from registry.server.tokens import TokenFile
from registry.store_protocol import Store
from registry.wire.routes import decoded

Endpoint = Callable[[Service, Call], Awaitable[web.StreamResponse]]

ENDPOINTS: Mapping[str, Endpoint] = {
    "page": about.page,
    "health": about.health,
    "ready": about.ready,
    "openapi": about.openapi,
    "stats": about.stats,
    "metrics": about.metrics,
    "namespaces": reads.namespaces,
    "watch": watches.watch,
    "operation": reads.operation,
    "set": writes.set_,
    "get": reads.get,
    "delete": writes.delete,
    "keys": reads.keys,
    "apply": writes.apply,
    "clear": writes.clear,
    "snapshot": reads.snapshot,
    "history": reads.history,
}
"""What answers each operation of the table of routes."""

_log = logging.getLogger("registry.server")


@final
class NamespaceHandler:
    """Answers the requests to a served store.

    Give `handle` to `aiohttp.web.Server`, or mount it in an Application:

        handler = NamespaceHandler(store)
        application.router.add_route("*", "/{tail:.*}", handler.handle)
        application.on_shutdown.append(handler.end_watches)
        application.on_cleanup.append(handler.close)

    Args:
        store: The store. It is left open.
        tokens: The file of access tokens, after which every request has to have one; None to let everybody in.
        read_only: Whether nothing may be written.
        hosts: The names that the server answers to, beside the address that a client connected to.
        limits: How much it takes.
        sole: Whether nobody else writes to the store, which saves asking it.
        table: The routes.
    """

    def __init__(
        self,
        store: Store,
        *,
        tokens: Path | None = None,
        read_only: bool = False,
        hosts: Iterable[str] = LOOPBACK,
        limits: Limits | None = None,
        sole: bool = False,
        table: Table | None = None,
    ) -> None:
        limits = Limits() if limits is None else limits
        most = Level.READ if read_only else Level.ADMIN
        file = None if tokens is None else TokenFile(tokens, most=most)
        self.service = Service(store, tokens=file, read_only=read_only, hosts=hosts, limits=limits, sole=sole)
        self._table = Table() if table is None else table

    async def end_watches(self, *_: object) -> None:
        """Have all watches end, with where to resume."""
        self.service.end_watches()

    async def close(self, *_: object) -> None:
        """End what belongs to it. The store is left open."""
        await self.service.close()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        service = self.service
        service.start()
        began = time.perf_counter()
        guard = None if service.guards is None else service.guards.get(request.protocol)
        if guard is not None:
            guard.since, guard.is_busy = 0.0, True
        operation = "none"
        route: Route | None = None
        service.running += 1
        try:
            route, call = self._take_apart(request)
            operation = route.operation
            if operation == "watch":
                service.running -= 1
            try:
                response = await ENDPOINTS[operation](service, call)
            finally:
                if operation == "watch":
                    service.running += 1
        except DiagnosticError as error:
            response = error_answer(error)
        except RefusedError as refused:
            response = error_answer(refused.error, refused.status, refused.headers)
            if refused.close:
                response.force_close()
        except (asyncio.CancelledError, ConnectionError):
            service.requests.count(operation, 499, time.perf_counter() - began)  # as others call a client that left
            raise
        except Exception:
            _log.exception("a request failed: %s %s", quote(request.method), quote(request.raw_path))
            response = error_answer(OperationalError("The server failed.", suggestions=["Look into its log."]), 500)
        finally:
            service.running -= 1
            if guard is not None:
                guard.is_busy = False
        if service.is_stopping:
            response.force_close()
        service.requests.count(operation, response.status, time.perf_counter() - began)
        if type(request) is web.Request and type(response) is Ready:  # an Application may look into its headers
            return response.as_response()
        return response

    def _take_apart(self, request: web.BaseRequest) -> tuple[Route, Call]:
        """The route of a request, with what its sender may do, checked.

        Raises:
            RefusedError: Or any error of the library, when it may not be answered.
        """
        service = self.service
        headers = request.headers
        path, _, query = request.raw_path.partition("?")
        host = headers.get(hdrs.HOST)
        if path[:1] != "/":
            path, host = _absolute(path, host)
        if host is None:
            if request.version >= (1, 1):
                raise RefusedError(ValidationError("The request has no Host header."), 400, close=True)
        else:
            try:
                service.hosts.check(host, request.transport)
            except AccessDeniedError as error:
                raise RefusedError(error, 421) from error
        origin = headers.get(hdrs.ORIGIN)
        if origin is not None:
            service.hosts.check_origin(origin, request.transport)
        found = self._table.find(path)
        access = service.anybody
        if service.tokens is not None and (found is None or not found[0].is_open):
            given = service.tokens.find(headers.get(hdrs.AUTHORIZATION))
            if given is None:
                raise RefusedError(
                    AccessDeniedError(
                        "The request has no access token that is valid.",
                        suggestions=[
                            "Send one as 'Authorization: Bearer rgk_…'.",
                            "Make one with registry token create NAME --scope 'research.*:write'.",
                        ],
                    ),
                    401,
                )
            access = given
        if found is None:
            raise EntryNotFoundError(
                f"There is nothing at {quote(path)}.",
                suggestions=["See GET /openapi.json for what there is; a / in a key is written as %2F."],
            )
        method = request.method
        methods, first, second = found
        route = methods.routes.get(method)
        if route is None:
            refusal = ValidationError(
                f"{quote(method)} is not a method of {quote(path)}.", suggestions=[f"Use {methods.allowed}."]
            )
            raise RefusedError(refusal, 405, {"Allow": methods.allowed})
        if "%" in path or not path.isascii():
            first, second = decoded(first), decoded(second)
        call = Call(request, route, access, first, second, query)
        if route.access:  # a level in the namespace that the path names
            level = access.level(first)
            if level < route.access:
                if level < Level.READ:
                    raise no_namespace(first)
                raise self._denied(call, route.access)
        return route, call

    def _denied(self, call: Call, needed: Level) -> AccessDeniedError:
        namespace, word = call.first, needed.name.lower()
        read_only = self.service.read_only
        error = AccessDeniedError(
            f"{'The server is read-only' if read_only else 'The token may not do this'} in {quote(namespace)}.",
            suggestions=[] if read_only else [f"Use a token with the scope '{namespace}:{word}'."],
            context={"namespace": namespace, "needed": word},
        )
        audit.record(
            call.access,
            call.route.operation,
            namespace,
            [call.second] if call.second else [],
            None,
            error=error,
            address=call.request.remote,
        )
        return error


def namespace_handler(
    store: Store,
    *,
    tokens: Path | None = None,
    read_only: bool = False,
    hosts: Iterable[str] = LOOPBACK,
    limits: Limits | None = None,
) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    """One async handler for a whole server: `NamespaceHandler(...).handle`, for what runs as long as its process."""
    return NamespaceHandler(store, tokens=tokens, read_only=read_only, hosts=hosts, limits=limits).handle


def _absolute(target: str, host: str | None) -> tuple[str, str | None]:
    """The path and the host of a target that is a whole URL (RFC 9112, 3.2.2); any other one leads nowhere."""
    try:
        parsed = urlsplit(target)
    except ValueError:
        return target, host
    if parsed.scheme in ("http", "https") and parsed.netloc:
        return parsed.path or "/", parsed.netloc
    return target, host
