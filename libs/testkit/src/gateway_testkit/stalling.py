"""A server that takes requests and does not answer until the test lets it: a provider or a receiver that hangs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from gateway_testkit.waiting import PATIENCE_S


@dataclass
class StallingServer:
    """Attributes:
    url: its origin, on loopback.
    asked: host and path of each request, in the order of their arrival.
    status: of the answers, once they are let go.
    pages: paths that are answered at once, with these bytes.
    """

    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    status: int = 404
    pages: dict[str, bytes] = field(default_factory=dict)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def url_of(self, name: str, path: str = "/ipn") -> str:
        """The same server under another host name."""
        return f"http://{name}.localhost:{self.url.rpartition(':')[2]}{path}"

    def release(self) -> None:
        """Answer those that wait, and all further ones at once."""
        self._released.set()

    def hold(self) -> None:
        """Stop answering."""
        self._released.clear()

    async def answer(self, request: web.Request) -> web.Response:
        """One request."""
        if request.path in self.pages:
            return web.Response(body=self.pages[request.path])
        self.asked.append((request.host, request.path))
        await self._released.wait()
        return web.json_response({}, status=self.status)


@asynccontextmanager
async def stalling_server() -> AsyncIterator[StallingServer]:
    """It listens on a free loopback port and holds every request."""
    server = StallingServer()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        server.release()
        await asyncio.wait_for(runner.cleanup(), PATIENCE_S)
