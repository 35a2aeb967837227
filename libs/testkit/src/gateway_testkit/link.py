"""A TCP connection through the test, which can stand still: a network that delays what one process sends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from gateway_kit.cancellation import cancel_tasks


class Link:
    """Attributes:
    port: where to connect, on loopback.
    """

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self._target_port = target_port
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    def freeze(self) -> None:
        """Nothing more passes, in neither direction; nothing is lost."""
        self._flowing.clear()

    def thaw(self) -> None:
        """Let the waiting bytes pass, in order."""
        self._flowing.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self._writers.add(writer)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        self._writers.add(far_writer)
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._pass_on(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(64 * 1024):
                await self._flowing.wait()
                sink.write(data)
                await sink.drain()
        sink.close()

    async def aclose(self) -> None:
        """Cut all connections, and return when their sockets are closed."""
        await cancel_tasks(list(self._tasks))
        for writer in self._writers:
            writer.close()
        for writer in self._writers:
            with suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def link_to(target_port: int) -> AsyncIterator[Link]:
    """A link to a server on loopback."""
    link = Link(target_port)
    server = await asyncio.start_server(link.accept, "127.0.0.1", 0)
    link.port = server.sockets[0].getsockname()[1]
    try:
        yield link
    finally:
        server.close()
        await link.aclose()
