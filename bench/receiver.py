"""The merchant: notes when the notification of each payment arrives."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

_SUCCEEDED = 1


@dataclass
class Receiver:
    """``arrived``: payment → moment (``perf_counter``) of the first notification that it succeeded."""

    url: str = ""
    arrived: dict[str, float] = field(default_factory=dict)
    _missing: set[str] = field(default_factory=set)
    _complete: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, request: web.Request) -> web.Response:
        """``POST /ipn``."""
        moment = time.perf_counter()
        body = json.loads(await request.read())
        if body.get("status") == _SUCCEEDED:
            self.arrived.setdefault(body["id"], moment)
            self._missing.discard(body["id"])
            if not self._missing:
                self._complete.set()
        return web.Response(status=200)

    async def wait_for(self, payments: Collection[str], timeout_s: float) -> None:
        """Until all of them have arrived, or the time is over."""
        self._missing = set(payments) - self.arrived.keys()
        if not self._missing:
            return
        self._complete.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._complete.wait(), timeout_s)


@asynccontextmanager
async def running_receiver() -> AsyncIterator[Receiver]:
    """Listens on a free loopback port."""
    receiver = Receiver()
    application = web.Application()
    application.router.add_post("/ipn", receiver.receive)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/ipn"
    try:
        yield receiver
    finally:
        await runner.cleanup()
