"""A real server in a thread of its own."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import attrs
from server.client import Client

from registry.server.running import RunningServer
from registry.server.startup import Settings, plan_start
from registry.server.tokens import read_tokens
from registry.store_protocol import Store

TRIES = 3
"""A machine that is busy only adds, so the least time counts."""


def least(seconds: Callable[[], float], enough: float) -> float:
    """The least time of a few tries; the first one that is short enough ends them."""
    took = float("inf")
    for _ in range(TRIES):
        took = min(took, seconds())
        if took < enough:
            break
    return took


@attrs.define
class Running:
    """A server that runs.

    Attributes:
        url: Where.
        server: The server; touch it only through `call`.
        loop: Its loop.
    """

    url: str
    server: RunningServer
    loop: asyncio.AbstractEventLoop
    stopped: threading.Event

    @property
    def port(self) -> int:
        """Its port."""
        return int(self.url.rpartition(":")[2])

    def call(self, function: Any, *arguments: Any) -> Any:
        """What a function returns when it is called in the loop of the server."""

        async def called() -> Any:
            return function(*arguments)

        return asyncio.run_coroutine_threadsafe(called(), self.loop).result(10)

    def wait_until_ready(self, seconds: float = 20.0) -> None:
        """Wait until it has loaded its store and heard of it."""
        with Client(self.port) as client:
            deadline = time.monotonic() + seconds
            while client.get("/ready").status != 200:
                assert time.monotonic() < deadline, "it is not ready"
                time.sleep(0.01)

    def stop(self) -> None:
        """Stop it as SIGTERM would; returns when it has stopped."""
        asyncio.run_coroutine_threadsafe(self.server.close(), self.loop).result(30)
        self.stopped.set()


@contextlib.contextmanager
def running(store: Store, *, sole: bool = False, **settings: Any) -> Iterator[Running]:
    """Serve a store on loopback until the block ends.

    Args:
        store: The store. It is left open.
        sole: Whether nobody else writes to it.
        settings: Of `Settings`; the port is a free one.
    """
    given = Settings(**{"port": 0, **settings})
    tokens = [] if given.token_file is None else read_tokens(given.token_file)
    start = plan_start(given, has_tokens=bool(tokens))
    loop = asyncio.new_event_loop()
    server: list[RunningServer] = []
    failed: list[BaseException] = []
    ready = threading.Event()

    async def opened() -> None:
        server.append(RunningServer(store, given, start, sole=sole))
        await server[0].open()

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(opened())
        except BaseException as error:
            failed.append(error)
            loop.close()
            return
        finally:
            ready.set()
        try:
            loop.run_forever()
            loop.run_until_complete(ended(loop))
        except BaseException as error:
            failed.append(error)
        finally:
            loop.close()

    thread = threading.Thread(target=run, name="served")
    thread.start()
    try:
        assert ready.wait(20)
        if failed:
            raise failed[0]
        found = Running(server[0].url, server[0], loop, threading.Event())
        try:
            yield found
        finally:
            if not found.stopped.is_set():
                found.stop()
    finally:
        if loop.is_running():
            loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
    assert not thread.is_alive(), "the server does not end"
    if failed:
        raise failed[0]


async def ended(loop: asyncio.AbstractEventLoop) -> None:
    """Wait until nothing is left of a server; it may have left nothing that does not end by itself."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}  # requests whose clients are gone, as a rule
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await loop.shutdown_default_executor()
    deadline = loop.time() + 20
    while left := [one for one in list(getattr(loop, "_transports", {}).values()) if is_open(one)]:  # nothing public
        assert loop.time() < deadline, f"the server left connections behind: {left}"
        await asyncio.sleep(0.01)


def is_open(transport: asyncio.BaseTransport) -> bool:
    """Whether the socket of a transport is."""
    taken = transport.get_extra_info("socket")
    return taken is not None and taken.fileno() >= 0
