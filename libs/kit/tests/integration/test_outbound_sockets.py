"""Connections for other protocols than HTTP: only the addresses that were checked, within a time."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from gateway_kit.http.names import Found
from gateway_kit.http.outbound import OutboundFailed
from gateway_kit.http.outbound_sockets import OutboundSockets, is_loopback


class FixedNames:
    """Names with the addresses that a test says."""

    def __init__(self, *addresses: str, is_silent: bool = False) -> None:
        self._found = Found(tuple((socket.AF_INET, address) for address in addresses), is_silent=is_silent)

    async def look_up(self, host: str, family: socket.AddressFamily) -> Found:
        return self._found

    async def aclose(self) -> None:
        """Nothing to end."""


@pytest_asyncio.fixture
async def port() -> AsyncIterator[int]:
    """A listener on 127.0.0.1."""

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1]


async def fault_of(names: FixedNames, host: str, port: int, *, allow_private: bool = False) -> str:
    with pytest.raises(OutboundFailed) as caught:
        await OutboundSockets(names).open(host, port, allow_private=allow_private, tenant="t", timeout_s=30)
    return caught.value.fault


async def test_a_name_with_a_closed_address_is_not_connected_to(port: int) -> None:
    for address in ("127.0.0.1", "10.0.0.1", "169.254.169.254"):
        assert await fault_of(FixedNames(address), "mail.example.com", port) == "forbidden_target"
    # Private ones may be opened, metadata services never.
    closed = await fault_of(FixedNames("169.254.169.254"), "mail.example.com", port, allow_private=True)
    assert closed == "forbidden_target"


async def test_a_literal_address_is_checked_too(port: int) -> None:
    for host in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert await fault_of(FixedNames(), host, port) == "forbidden_target"


async def test_a_name_without_an_answer_is_a_timeout(port: int) -> None:
    assert await fault_of(FixedNames(), "nowhere.example", port) == "name_not_found"
    assert await fault_of(FixedNames(is_silent=True), "silent.example", port) == "timeout"


async def test_the_next_address_is_tried_where_one_refuses(port: int) -> None:
    sockets = OutboundSockets(FixedNames("127.0.0.9", "127.0.0.1"))
    opened = await sockets.open("mail.example.com", port, allow_private=True, tenant="t", timeout_s=30)
    assert opened.getpeername() == ("127.0.0.1", port)
    assert is_loopback(opened)
    opened.close()
    assert await fault_of(FixedNames("127.0.0.9"), "mail.example.com", port, allow_private=True) == "not_connected"
