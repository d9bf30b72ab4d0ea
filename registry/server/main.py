"""Runs a server until it is told to stop."""

import asyncio
import contextlib
import logging
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import attrs

from registry.closeness import did_you_mean
from registry.errors import DiagnosticError, MissingExtraError, PluginError, ValidationError
from registry.model import Event
from registry.names import quote
from registry.server.startup import Settings, Start, plan_start
from registry.server.telling import Telling
from registry.server.tokens import read_tokens
from registry.store_protocol import Store
from registry.urls import shown_url

if TYPE_CHECKING:
    from registry.server.listening import Listening

_log = logging.getLogger("registry.server")


def serve(
    settings: Settings,
    *,
    announce: Callable[[str], Any] = print,
    warn: Callable[[str], Any] = lambda text: print(text, file=sys.stderr),
) -> int:
    """Serve a store until SIGTERM or SIGINT.

    Args:
        settings: What and where.
        announce: Is given the line that says where it runs, once it does.
        warn: Is given each warning.

    Returns:
        The exit code: 0 after it was told to stop.

    Raises:
        OperationalError: It may not start like this, or cannot; a command that reports it ends with exit code 2.
        PluginError: A plugin that it shall load is not there or fails.
        MissingExtraError: aiohttp is not installed.
        ValidationError: The store does not take what it was given: a password, a file for TLS.
    """
    from registry.stores.opening import store_url

    settings = attrs.evolve(settings, store=store_url(settings.store))
    tokens = [] if settings.token_file is None else read_tokens(settings.token_file)
    start = plan_start(settings, has_tokens=bool(tokens))
    _check_packages()
    for warning in start.warnings:
        warn(f"warning: {warning}")
    emit = _events(settings.plugins)
    from registry.server.listening import Listening
    from registry.stores import open_store

    with (
        contextlib.ExitStack() as last,
        asyncio.Runner(loop_factory=_loop_factory()) as runner,
        Listening(settings, start) as listening,
    ):
        runner.run(listening.bind())
        # Others that open a file which is served are told where to ask instead.
        served = {"served_as": listening.url} if _scheme(settings) == "sqlite" else {}
        store = open_store(settings.store, **served)
        last.callback(store.close)
        runner.run(_run(store, settings, start, listening, announce, emit))
    return 0


def _events(names: Sequence[str]) -> Callable[[Event], None] | None:
    """What tells plugins of an event; None where none is to be loaded."""
    if not names:
        return None
    from registry.plugins import plugin_manager

    manager = plugin_manager(allow=names)
    states = {state.name: state for state in manager.states}
    for name in names:
        state = states.get(name)
        if state is None:
            raise PluginError(
                f"No installed distribution has a plugin {quote(name)}.",
                suggestions=did_you_mean(name, states) or ["Run registry plugins list to see those that there are."],
            )
        if state.state != "active":
            raise PluginError(f"The plugin {quote(name)} of {state.source} cannot be used: {state.reason}")
    return manager.emit


async def _run(
    store: Store,
    settings: Settings,
    start: Start,
    listening: "Listening",
    announce: Callable[[str], Any],
    emit: Callable[[Event], None] | None,
) -> None:
    from registry.server.running import RunningServer

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop.set)
        except (NotImplementedError, RuntimeError):  # Windows, or not in the main thread
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    sole = _scheme(settings) in ("sqlite", "memory")  # a served file is locked
    server = RunningServer(store, settings, start, sole=sole, listening=listening)
    telling = None if emit is None else Telling(server.handler.service.feed.follower, emit)
    await server.open()
    announce(
        f"registry serves {shown_url(settings.store)} at {server.url}"
        f" ({'tokens' if start.auth else 'no tokens'}, {'TLS' if start.tls else 'no TLS'}"
        f"{', read-only' if settings.read_only else ''})"
    )
    refused: list[ValidationError] = []
    threading.Thread(target=_try_out, args=(store, loop, stop, refused), name="registry-try-out", daemon=True).start()
    try:
        await stop.wait()
    finally:
        await server.close()
        if telling is not None:
            telling.close()
    if refused:
        raise refused[0]


def _try_out(
    store: Store, loop: asyncio.AbstractEventLoop, stop: asyncio.Event, refused: list[ValidationError]
) -> None:
    """End the server if its store wants something else than it was given, which waiting does not mend."""
    try:
        store.token()
    except ValidationError as error:
        refused.append(error)
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(stop.set)
    except DiagnosticError:  # it may pass, and whoever asks is told
        pass


def _scheme(settings: Settings) -> str:
    return settings.store.partition(":")[0].lower()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's loops where it is installed, which serve about a third more."""
    try:
        uvloop = import_module("uvloop")  # by its name, since type checkers need not find it
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _check_packages() -> None:
    try:
        import aiohttp  # noqa: F401  # to see whether it is there
    except ImportError as error:
        from registry.distribution import DISTRIBUTION

        raise MissingExtraError(
            "The package 'aiohttp' is not installed, which the server is built on.",
            suggestions=[f"pip install '{DISTRIBUTION}[remote]'"],
        ) from error
