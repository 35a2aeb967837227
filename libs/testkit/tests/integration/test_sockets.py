"""The guard sees the sockets of the standard library and of an event loop."""

import asyncio
import socket

import pytest

from gateway_testkit.sockets import SocketBlocked, SocketGuard

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def guard() -> SocketGuard:
    made = SocketGuard()
    made.install()
    return made


def test_a_server_is_seen(guard: SocketGuard) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        with pytest.raises(SocketBlocked, match="bind"), guard.limit("nothing"), socket.socket() as other:
            other.bind(("127.0.0.1", 0))


async def test_the_connection_of_an_event_loop_is_seen(guard: SocketGuard) -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    with pytest.raises(SocketBlocked, match="connect"), guard.limit("nothing"):
        await asyncio.open_connection(host, port)
    server.close()
