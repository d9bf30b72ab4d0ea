"""python -m benchmarks.sharing.bare: the least that aiohttp can do: one handler whose answer is ready as bytes."""

import asyncio
import sys
from importlib.util import find_spec

from benchmarks.sharing.processes import HOST, python


def command(path: str, body: bytes, etag: str) -> "list[str]":
    """The command line of a server, less its port."""
    return python("benchmarks.sharing.bare", path, body.decode(), etag)


async def serve(path: str, body: bytes, etag: str, port: int) -> None:
    """Answer one path until the process ends."""
    from aiohttp import web

    async def get(_: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Type": "application/json", "ETag": etag})

    application = web.Application()
    application.router.add_get(path, get)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    await asyncio.Event().wait()


def main() -> None:
    """Serve on the loop that the namespace server takes: that of uvloop where it is installed."""
    path, body, etag, port = sys.argv[1:]
    answering = serve(path, body.encode(), etag, int(port))
    if find_spec("uvloop") is None:
        asyncio.run(answering)
    else:
        import uvloop

        uvloop.run(answering)


if __name__ == "__main__":
    main()
