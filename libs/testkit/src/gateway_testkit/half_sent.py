"""Connections that send a part of a request and then nothing: what slow or hostile callers hold open."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

TAKEN_S = 2.0
SMALLEST = 128
_BODY = memoryview(b"x" * 1024 * 1024)


@dataclass
class HalfSent:
    """Open connections with half a request each.

    Attributes:
        sent: bytes of bodies that were sent; the server may not have read them.
    refused: bodies that `fill` had to begin again.
    """

    sent: int = 0
    refused: int = 0
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _readers: list[asyncio.StreamReader] = field(default_factory=list)

    async def open(
        self, port: int, path: str, *, length: int, part: int, headers: Mapping[str, str] | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """One more connection: a POST that announces ``length`` bytes and sends ``part`` of them, as far as they are
        taken."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        self._readers.append(reader)
        self._writers.append(writer)
        fields = {
            "Host": f"127.0.0.1:{port}",
            "Content-Type": "application/json",
            "Content-Length": str(length),
            **(headers or {}),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        writer.write(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode())
        writer.write(_BODY[:part])
        with suppress(OSError, TimeoutError):
            # A server that takes no more is not waited for.
            await asyncio.wait_for(writer.drain(), TAKEN_S)
        self.sent += part
        return reader, writer

    async def answered(self, timeout_s: float) -> list[bytes]:
        """The first line that came back on each connection; empty where none came, or the connection was closed."""

        async def first(reader: asyncio.StreamReader) -> bytes:
            with suppress(OSError, TimeoutError):
                return await asyncio.wait_for(reader.readline(), timeout_s)
            return b""

        return await asyncio.gather(*(first(reader) for reader in self._readers))

    async def fill(self, port: int, path: str, *, length: int, headers: Mapping[str, str] | None = None) -> None:
        """Hold as much of a body as is taken, until canceled: after each refusal half as much, so that the room is
        filled to its last bytes."""
        part = length - 1
        while True:
            reader, writer = await self.open(port, path, length=length, part=part, headers=headers)
            with suppress(OSError):
                await reader.readline()
            writer.transport.abort()
            self.refused += 1
            part = max(part // 2, SMALLEST)

    def close(self) -> None:
        """Hang up."""
        for writer in self._writers:
            writer.transport.abort()


@asynccontextmanager
async def half_sent() -> AsyncIterator[HalfSent]:
    """Hangs up at the end of the block."""
    made = HalfSent()
    try:
        yield made
    finally:
        made.close()
