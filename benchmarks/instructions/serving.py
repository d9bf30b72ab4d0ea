"""A server's answer to a GET, without sockets."""

import asyncio
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from aiohttp import web
from multidict import CIMultiDict

from benchmarks.sharing.records import NAMESPACE, SMALL, changes, name_of
from benchmarks.timing import Run
from registry.server import NamespaceHandler
from registry.server.limits import Limits
from registry.stores.memory import MemoryStore
from registry.wire.routes import GET, namespace_path

RECORDS = 100

Handle = Callable[[Any], Coroutine[Any, Any, Any]]


def served() -> Run:
    """The handler of a namespace server."""
    store = MemoryStore()
    store.submit(NAMESPACE, list(changes(0, RECORDS, SMALL)), operation=str(uuid4())).result()
    # However slow callgrind is, what was heard of the store counts as new.
    handler = NamespaceHandler(store, sole=True, limits=Limits(stale_seconds=1e6))
    loop = asyncio.new_event_loop()
    loop.run_until_complete(handler.handle(_request(0)))  # it begins to follow the store
    return _answered(handler.handle)


def bare() -> Run:
    """A handler of nothing but records that are ready."""
    records = {
        namespace_path(NAMESPACE, GET, change.name): bytes(change.record or b"")
        for change in changes(0, RECORDS, SMALL)
    }

    async def handle(request: Any) -> web.Response:
        body = records[request.raw_path]
        return web.Response(body=body, headers={"Content-Type": "application/json", "ETag": '"1"'})

    return _answered(handle)


def _answered(handle: Handle) -> Run:
    requests = [_request(number) for number in range(RECORDS)]

    def run(times: int) -> None:
        for number in range(times):
            _finish(handle(requests[number % RECORDS]))

    return run


def _finish(answering: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine that waits for nothing, so that no event loop is counted."""
    try:
        answering.send(None)
    except StopIteration as finished:
        if finished.value.status != 200:
            raise AssertionError(f"The answer is {finished.value.status}.") from finished
    else:
        raise AssertionError("It waited for something.")


def _request(number: int) -> Any:
    """As much of a request as is looked at."""
    return SimpleNamespace(
        method="GET",
        raw_path=namespace_path(NAMESPACE, GET, name_of(number)),
        headers=CIMultiDict({"Host": "localhost:8001", "Accept": "*/*", "User-Agent": "benchmark"}),
        version=(1, 1),
        transport=None,
        protocol=None,
    )
