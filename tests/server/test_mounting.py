"""The handler inside somebody else's aiohttp Application."""

import asyncio

from aiohttp import ClientSession, web
from yarl import URL

from registry.server import NamespaceHandler
from registry.stores import MemoryStore


def test_a_handler_can_be_mounted_in_an_application(store: MemoryStore) -> None:
    async def mine(request: web.Request) -> web.Response:
        return web.Response(text="mine")

    async def visit() -> list[int]:
        handler = NamespaceHandler(store)
        application = web.Application()
        application.router.add_get("/mine", mine)
        application.router.add_route("*", "/{tail:.*}", handler.handle)
        application.on_shutdown.append(handler.end_watches)
        application.on_cleanup.append(handler.close)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        statuses = []
        async with ClientSession() as session:
            body = {"key": "a/b", "value": {"n": 1}}
            async with session.post(f"{base}/registry/a/set", json=body) as answer:
                statuses.append(answer.status)
            for path in ("/mine", "/registry/a/get/a%2Fb", "/registry/a/keys", "/nope", "/registry/a/snapshot"):
                async with session.get(URL(base + path, encoded=True)) as answer:
                    statuses.append(answer.status)
                    await answer.read()
            watching = await session.get(f"{base}/watch")
            assert b"records" in await watching.content.readany()
            stopping = asyncio.create_task(runner.cleanup())
            rest = await watching.content.read()
            assert b"event: end" in rest
            await stopping
        return statuses

    assert asyncio.run(visit()) == [200, 200, 200, 200, 404, 200]
