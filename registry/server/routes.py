"""The table of routes: what dispatch, the access checks and the OpenAPI document are all made from."""

from collections.abc import Iterable
from typing import final

import attrs

from registry.server.access import Level

REVISION = ("min_revision", "consistent")


@attrs.frozen
class Route:
    """One method on one shape of paths.

    Attributes:
        method: GET stands for HEAD too.
        path: Segments; `{namespace}`, `{key}` and `{id}` stand for one that is percent-encoded.
        operation: What it does, in one word: its id in the OpenAPI document, and the name of what answers it.
        summary: The same in one sentence.
        access: What has to be allowed: a level in the namespace; `Level.NONE` for any valid token; None for nothing.
        query: The parameters that it takes.
        body: The schema of its body.
        answer: The schema of its answer; a media type where it is not JSON.
        statuses: What it may answer beside 200 and what every route may answer.
        headers: The headers that it looks at.
    """

    method: str
    path: str
    operation: str
    summary: str
    access: Level | None
    answer: str
    query: tuple[str, ...] = ()
    body: str | None = None
    statuses: tuple[int, ...] = ()
    headers: tuple[str, ...] = ()


ROUTES: tuple[Route, ...] = (
    Route("GET", "/", "page", "A page for people.", None, "text/html"),
    Route("GET", "/health", "health", "Whether the server is alive.", None, "Status"),
    Route("GET", "/ready", "ready", "Whether it has caught up with its store.", None, "Status"),
    Route("GET", "/openapi.json", "openapi", "This document.", None, "Document"),
    Route("GET", "/stats", "stats", "Numbers, and the limits.", Level.NONE, "Stats"),
    Route("GET", "/metrics", "metrics", "Numbers for Prometheus.", Level.NONE, "text/plain"),
    Route(
        "GET",
        "/namespaces",
        "namespaces",
        "The namespaces that have entries.",
        Level.NONE,
        "Namespaces",
        query=REVISION,
        statuses=(409,),
    ),
    Route(
        "GET",
        "/watch",
        "watch",
        "What happens, as server-sent events.",
        Level.NONE,
        "text/event-stream",
        query=("namespace", "since"),
        headers=("Last-Event-ID",),
        statuses=(404,),
    ),
    Route(
        "GET",
        "/operations/{id}",
        "operation",
        "Whether a write with that id happened.",
        Level.NONE,
        "Operation",
        statuses=(404,),
    ),
    Route(
        "POST",
        "/registry/{namespace}/set",
        "set",
        "Put a record under a key.",
        Level.WRITE,
        "Written",
        body="Set",
        statuses=(403, 404, 409),
    ),
    Route(
        "GET",
        "/registry/{namespace}/get/{key}",
        "get",
        "The record under a key.",
        Level.READ,
        "Record",
        query=REVISION,
        headers=("If-None-Match",),
        statuses=(304, 404, 409),
    ),
    Route(
        "DELETE",
        "/registry/{namespace}/delete/{key}",
        "delete",
        "Remove a key.",
        Level.WRITE,
        "Written",
        query=("operation",),
        headers=("If-Match",),
        statuses=(403, 404, 409),
    ),
    Route(
        "GET",
        "/registry/{namespace}/keys",
        "keys",
        "The keys in their order, a page at a time.",
        Level.READ,
        "Keys",
        query=("after", "limit", "prefix", *REVISION),
        statuses=(404, 409),
    ),
    Route(
        "POST",
        "/registry/{namespace}/apply",
        "apply",
        "Make many changes, all or none of them.",
        Level.WRITE,
        "Written",
        body="Apply",
        statuses=(403, 404, 409),
    ),
    Route(
        "POST",
        "/registry/{namespace}/clear",
        "clear",
        "Remove every key, in parts if they are many.",
        Level.ADMIN,
        "Cleared",
        body="Clear",
        statuses=(403, 404, 409),
    ),
    Route(
        "GET",
        "/registry/{namespace}/snapshot",
        "snapshot",
        "All records of one moment: a line that names it, then a record in each line.",
        Level.READ,
        "application/x-ndjson",
        query=REVISION,
        statuses=(404, 409),
    ),
    Route(
        "GET",
        "/registry/{namespace}/history/{key}",
        "history",
        "What a key held, newest first.",
        Level.READ,
        "History",
        statuses=(404,),
    ),
)


@attrs.frozen
class Methods:
    """The routes of one shape of paths.

    Attributes:
        routes: The routes by their methods, those of GET for HEAD too.
        is_open: Whether they are there without a token.
    """

    routes: dict[str, Route]
    is_open: bool

    @property
    def allowed(self) -> str:
        """The methods, for an `Allow` header."""
        return ", ".join(sorted(self.routes))


Found = tuple[Methods, str, str]
"""What a path leads to, and its variable segments, still encoded; "" for those that it does not have."""


@final
class Table:
    """Finds the routes of a path. Their variable segments are the second and the fourth, as all of ours are."""

    def __init__(self, routes: Iterable[Route] = ROUTES) -> None:
        self.routes = tuple(routes)
        self._fixed: dict[str, Found] = {}
        self._shapes: dict[tuple[str, str, int], Methods] = {}
        for path in dict.fromkeys(route.path for route in self.routes):
            there = [route for route in self.routes if route.path == path]
            by_method = {method: route for route in there for method in _names(route.method)}
            methods = Methods(by_method, all(route.access is None for route in there))
            if "{" not in path:
                self._fixed[path] = (methods, "", "")
                continue
            parts = path.split("/")
            if [part.startswith("{") for part in parts] != [False, False, True, False, True][: len(parts)]:
                raise ValueError(f"{path} has a shape that is not looked for")
            self._shapes[parts[1], parts[3] if len(parts) > 3 else "", len(parts)] = methods

    def find(self, path: str) -> Found | None:
        """What a path leads to, without its query."""
        found = self._fixed.get(path)
        if found is not None:
            return found
        parts = path.split("/", 6)
        count = len(parts)
        if count < 3 or parts[0]:
            return None
        methods = self._shapes.get((parts[1], parts[3] if count > 3 else "", count))
        return None if methods is None else (methods, parts[2], parts[4] if count > 4 else "")


def _names(method: str) -> tuple[str, ...]:
    return ("GET", "HEAD") if method == "GET" else (method,)
