"""A real DNS server on loopback whose records the tests set."""

from collections.abc import AsyncIterator

import pytest_asyncio

from gateway_testkit.dns_server import DnsServer
from gateway_testkit.dns_server import dns_server as serving


@pytest_asyncio.fixture
async def dns_server() -> AsyncIterator[DnsServer]:
    async with serving() as server:
        yield server
