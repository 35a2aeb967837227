"""Connections that count as one peer."""

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from gateway_kit.http.connections import ConnectionLimits, bounded_protocol

LIMITS = ConnectionLimits(total=12, reserve=2, per_address=4)


class Transport:
    def __init__(self, address: str) -> None:
        self.address = address
        self.written = b""
        self.is_closed = False

    def get_extra_info(self, name: str) -> Any:
        return (self.address, 1) if name in {"peername", "sockname"} else None

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    return


class Listener:
    def __init__(self) -> None:
        self.protocol = bounded_protocol(LIMITS, trusted_proxies=["10.0.0.2"])
        self.config = uvicorn.Config(nothing, log_config=None, lifespan="off", ws="none")
        self.config.load()

    def connect(self, address: str, times: int = 1) -> list[bool]:
        """Which of the connections are let in."""
        return [self._connect(address) for _ in range(times)]

    def _connect(self, address: str) -> bool:
        loop = asyncio.get_running_loop()
        made = self.protocol(self.config, ServerState(), {}, loop)
        transport = Transport(address)
        made.connection_made(transport)  # type: ignore[arg-type]  # a fake
        assert transport.is_closed == transport.written.startswith(b"HTTP/1.1 503")
        self.last = made
        return not transport.is_closed


async def test_one_peer_leaves_the_others_theirs() -> None:
    listener = Listener()

    assert sum(listener.connect("203.0.113.1", 10)) <= LIMITS.per_address
    assert listener.connect("203.0.113.2") == [True]


@pytest.mark.parametrize("proxy", ["10.0.0.2", "::ffff:10.0.0.2"])
async def test_a_proxy_stands_for_many_and_leaves_the_probes_theirs(proxy: str) -> None:
    listener = Listener()

    assert sum(listener.connect(proxy, 20)) == LIMITS.total - LIMITS.reserve
    assert listener.connect("203.0.113.2") == [False]
    assert listener.connect("127.0.0.1", 3) == [True, True, False]


async def test_a_connection_that_ends_gives_its_place_back() -> None:
    listener = Listener()
    for _ in range(3 * LIMITS.total):
        assert listener.connect("203.0.113.1") == [True]
        listener.last.connection_lost(OSError())
