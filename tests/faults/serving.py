"""A namespace server over a store that may be broken on purpose: `python -m faults.serving FILE --port …`.

What is not broken is served by `python -m registry serve`, as users do.
"""

import argparse
import asyncio
import signal

from faults import twins

from registry.server import Limits, Settings
from registry.server.running import RunningServer
from registry.server.startup import plan_start
from registry.store_protocol import Store
from registry.stores import SQLiteStore


async def run(store: Store, settings: Settings) -> None:
    """Serve until SIGTERM."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    server = RunningServer(store, settings, plan_start(settings, has_tokens=False))
    await server.open()
    await ended.wait()
    await server.close()


def main() -> None:
    """Open the store, and serve it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--twin", default="", help="a class of `twins`, with arguments after colons")
    parser.add_argument("--limit", action="append", default=[], metavar="NAME=NUMBER")
    options = parser.parse_args()
    store: Store = SQLiteStore(options.path, served_as=f"http://{options.host}:{options.port}")
    if options.twin:
        name, *arguments = options.twin.split(":")
        store = getattr(twins, name)(store, *map(float, arguments))
    limits = Limits(**{name: type(getattr(Limits(), name))(value) for name, value in map(_pair, options.limit)})
    asyncio.run(run(store, Settings(host=options.host, port=options.port, limits=limits)))


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


if __name__ == "__main__":
    main()
