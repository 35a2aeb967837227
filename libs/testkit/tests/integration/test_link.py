"""A link leaves no socket behind, which would fail whatever test runs when it is collected."""

import asyncio
import gc

from gateway_testkit.link import link_to


async def test_a_link_closes_both_ends_of_its_connections() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        async with link_to(server.sockets[0].getsockname()[1]) as link:
            reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
            writer.write(b"a")
            assert await reader.readexactly(1) == b"a"
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
    # An unclosed socket or stream warns here, and a warning is an error.
    gc.collect()
