"""Readers of server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from gateway_kit.http.asgi import ASGIApp, Message
from gateway_testkit.waiting import PATIENCE_S


@dataclass
class Received:
    """One block of a stream."""

    name: str = ""
    data: str = ""
    last_id: str | None = None
    retry_ms: int | None = None

    @property
    def body(self) -> Any:
        return json.loads(self.data)


@dataclass
class Blocks:
    """Puts pieces of a stream together; a block without its end is none."""

    rest: bytes = b""

    def feed(self, piece: bytes) -> list[Received]:
        *whole, self.rest = (self.rest + piece).split(b"\n\n")
        return [_block(text.decode()) for text in whole]


def _block(text: str) -> Received:
    found = Received()
    for line in text.split("\n"):
        name, _, value = line.partition(": ")
        if name == "event":
            found.name = value
        elif name == "data":
            found.data += value
        elif name == "id":
            found.last_id = value
        elif name == "retry":
            found.retry_ms = int(value)
    return found


@dataclass
class Reader:
    """A stream that an application answers, without a socket between."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""
    is_over: bool = False
    _pieces: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    _blocks: Blocks = field(default_factory=Blocks)
    _begun: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: list[Received] = field(default_factory=list)

    async def begun(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self._begun.wait()

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            self._begun.set()
            return
        self.content += message.get("body", b"")
        self._pieces.put_nowait(message.get("body", b""))
        if not message.get("more_body", False):
            self._pieces.put_nowait(None)

    async def block(self) -> Received | None:
        """The next block; None after the last one."""
        async with asyncio.timeout(PATIENCE_S):
            while not self._waiting and not self.is_over:
                piece = await self._pieces.get()
                self.is_over = piece is None
                self._waiting += self._blocks.feed(piece or b"")
        return self._waiting.pop(0) if self._waiting else None

    async def event(self) -> Received | None:
        """The next event; None after the last one."""
        while (block := await self.block()) is not None:
            if block.name:
                return block
        return None


@asynccontextmanager
async def reading(application: ASGIApp, path: str, headers: Mapping[str, str], **query: Any) -> AsyncIterator[Reader]:
    """A reader who is gone afterwards."""
    reader, gone = Reader(), asyncio.Event()
    asked = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if asked:
            return asked.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": urlencode(query, doseq=True).encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 4711),
        "server": ("api", 80),
    }
    serving = asyncio.create_task(_serve(application, scope, receive, reader))
    try:
        await reader.begun()
        yield reader
    finally:
        gone.set()
        async with asyncio.timeout(PATIENCE_S):
            await serving


async def _serve(application: ASGIApp, scope: Any, receive: Any, reader: Reader) -> None:
    await application(scope, receive, reader.take)
