"""What a server tells of itself: whether it is well, its numbers, its contract, and a page for people."""

import time
from typing import Any

from aiohttp import web

from registry.distribution import __version__
from registry.errors import OverloadedError
from registry.server.answers import COMMON, error_answer, value_answer
from registry.server.call import Call
from registry.server.metrics import Collector, exposition
from registry.server.reads import visible
from registry.server.service import Service

PAGE_HEADERS = {
    **COMMON,
    "Content-Type": "text/html; charset=utf-8",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


async def page(service: Service, call: Call) -> web.StreamResponse:
    """A page for people. It holds no data."""
    from registry.server.page import page as made

    found = made()
    headers = {**PAGE_HEADERS, "Content-Security-Policy": found.policy, "ETag": found.tag}
    if call.request.headers.get("If-None-Match") == found.tag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=found.body, headers=headers)


async def health(service: Service, call: Call) -> web.StreamResponse:
    """Whether the server is alive."""
    return value_answer({"status": "ok"})


async def ready(service: Service, call: Call) -> web.StreamResponse:
    """Whether it has caught up with its store, and takes requests."""
    if service.feed.is_fresh and not service.is_stopping:
        return value_answer({"status": "ready"})
    why = "is about to stop" if service.is_stopping else "has not caught up with its store"
    return error_answer(OverloadedError(f"The server {why}."))


async def openapi(service: Service, call: Call) -> web.StreamResponse:
    """The contract, made from the table of routes."""
    from registry.server.openapi import document

    return value_answer(document())


async def stats(service: Service, call: Call) -> web.StreamResponse:
    """Numbers, and the limits."""
    namespaces = visible(service, call)
    reached, store = service.feed.reached, service.store
    found: dict[str, Any] = {
        "version": __version__,
        "uptime": round(time.time() - service.started, 3),
        "ready": service.feed.is_fresh,
        "read_only": service.read_only,
        "token": None if reached is None else str(reached),
        "namespaces": len(namespaces),
        "entries": sum(namespaces.values()),
        "watchers": service.watchers.count,
        "connections": service.connections,
        "requests": {"total": service.requests.total, "by_status": service.requests.by_status()},
        "writes_waiting": service.writes,
        "limits": {
            **service.limits.as_dict(),
            "changes": store.limits.changes,
            "submission": store.limits.size,
        },
        "retention": {"seconds": store.retention.seconds, "operations": store.retention.operations},
    }
    return value_answer(found)


async def metrics(service: Service, call: Call) -> web.StreamResponse:
    """The same for Prometheus."""
    gauges = {
        "up_seconds": ("Seconds since the server was started.", time.time() - service.started),
        "watchers": ("Watchers that are connected.", float(service.watchers.count)),
        "watcher_resets": ("Watchers that were told to begin anew.", float(service.watchers.resets)),
        "connections": ("Connections that are open.", float(service.connections)),
        "writes_waiting": ("Writes that wait for the store.", float(service.writes)),
        "snapshots": ("Snapshots that are being sent.", float(service.snapshots)),
        "body_bytes": ("Bytes of the bodies that are in use.", float(service.bodies.held)),
        "log_bytes": ("Bytes of events that are kept for watchers.", float(service.feed.log.size)),
        "ready": ("1 if the server has caught up with its store.", float(service.feed.is_fresh)),
    }
    body, kind = exposition(Collector(service.requests, gauges, visible(service, call)))
    return web.Response(body=body, headers={**COMMON, "Content-Type": kind})
