"""The contract as OpenAPI 3.1, made from the table of routes."""

import copy
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from registry.distribution import __version__
from registry.server.limits import Limits
from registry.server.routes import ROUTES, Route
from registry.server.schemas import HEADERS, PARAMETERS, PATH_PARAMETERS, SCHEMAS

STATUSES: dict[int, str] = {
    200: "It is as asked.",
    304: "What the client has is the newest.",
    400: "The request cannot be used.",
    401: "The request has no access token that is valid.",
    403: "The token may not do this, or a page of another site asks.",
    404: "It is not there, or the token may not see it.",
    405: "The path has other methods.",
    408: "The body took too long.",
    409: "Something else is there than was expected, an operation id was used for something else, "
    "or a revision was not reached.",
    413: "It is more than a limit allows.",
    415: "The body is compressed, or is not JSON.",
    417: "Something was expected that the server does not do.",
    421: "The server does not answer for that host.",
    503: "The server has more to do than it can, or is not in touch with its store; try again later.",
    504: "Nobody knows yet whether the write happened.",
}
"""What each status means here."""

_EVERYWHERE = (400, 403, 421)
_WITH_TOKEN = (401,)
_WITH_STORE = (503,)
_WITH_BODY = (408, 413, 415, 417)
_WRITING = (413, 504)


def statuses(route: Route) -> list[int]:
    """Every status that a route may answer."""
    found = {200, *_EVERYWHERE, *route.statuses}
    if route.access is not None:
        found.update(_WITH_TOKEN)
    if route.access is not None or route.operation == "ready":
        found.update(_WITH_STORE)
    if route.body is not None:
        found.update(_WITH_BODY)
    if route.method != "GET":
        found.update(_WRITING)
    return sorted(found)


@cache
def document(routes: Iterable[Route] = ROUTES) -> dict[str, Any]:
    """The contract of these routes."""
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
        if route.method == "GET":
            head = copy.deepcopy(paths[route.path]["get"])
            head["operationId"] = f"{route.operation}Head"
            head["summary"] = f"{head['summary']} Its head alone."
            for answer in head["responses"].values():
                answer.pop("content", None)
            paths[route.path]["head"] = head
    return {
        "openapi": "3.1.0",
        "info": {"title": "registry", "version": __version__, "description": "Namespaces of records, to be shared."},
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Made with `registry token create`. Servers on loopback may ask for none.",
                }
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    parameters = [PATH_PARAMETERS[name] for name in re.findall(r"\{(\w+)\}", route.path)]
    parameters += [PARAMETERS[name] for name in route.query]
    parameters += [HEADERS[name] for name in route.headers]
    found: dict[str, Any] = {
        "operationId": route.operation,
        "summary": route.summary,
        "security": [] if route.access is None else [{"token": []}],
        "responses": {str(status): _answer(route, status) for status in statuses(route)},
    }
    if parameters:
        found["parameters"] = parameters
    if route.body is not None:
        limits = Limits()
        most = limits.apply_body if route.operation == "apply" else limits.body
        found["requestBody"] = {
            "required": route.operation != "clear",
            "description": f"No more than {most} bytes.",
            "content": {"application/json": {"schema": _reference(route.body)}},
        }
    if route.access:
        found["description"] = f"Needs the scope `<namespace>:{route.access.name.lower()}`."
    return found


def _answer(route: Route, status: int) -> dict[str, Any]:
    found: dict[str, Any] = {"description": STATUSES[status]}
    if status == 200:
        if "/" in route.answer:
            found["content"] = {route.answer: {"schema": {"type": "string"}}}
        else:
            found["content"] = {"application/json": {"schema": _reference(route.answer)}}
    elif status != 304:
        found["content"] = {"application/json": {"schema": _reference("Error")}}
    headers: dict[str, Any] = {}
    if route.operation == "get" and status in (200, 304):
        headers["ETag"] = {"description": "The token of the record.", "schema": {"type": "string"}}
    if status == 503:
        headers["Retry-After"] = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
    if status == 401:
        headers["WWW-Authenticate"] = {"schema": {"type": "string"}}
    if headers:
        found["headers"] = headers
    return found


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
