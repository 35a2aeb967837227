"""Fault 8: notifications were limited by host and in all. Many hosts of one merchant that hang, or whose names are slow
to resolve, delayed the notifications of all."""

import functools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from gateway_kit.http.names import DnsNames
from gateway_testkit.backlog import all_of, is_served
from gateway_testkit.dns_server import DnsServer, dns_server
from gateway_testkit.installation import Installation
from gateway_testkit.seller import Two
from gateway_testkit.stalling import StallingServer, stalling_server
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

# Longer than a test: what hangs, hangs.
# Fewer places than usual, so that fewer receivers fill them.
PLACES = 64
INSTALLATION = {
    "variables": {
        "svc-ipn": {
            "IPN_TIMEOUT_S": "600",
            "IPN_CONCURRENCY": str(PLACES),
            "IPN_CONCURRENCY_PER_ORGANIZATION": str(PLACES // 2),
        }
    }
}
# More than there are attempts at the same time in all, each at a host of its own.
HOSTS = PLACES + 16
SLOW_NAMES = 40


@pytest_asyncio.fixture
async def hanging() -> AsyncIterator[StallingServer]:
    """A merchant's server that takes requests and does not answer."""
    async with stalling_server() as server:
        yield server


async def test_hosts_of_a_that_hang_do_not_delay_the_notification_of_b(
    two: Two, hanging: StallingServer, installation: Installation
) -> None:
    await two.a.stop_invoicing()
    payment = await two.b.begin()
    await all_of(range(HOSTS), lambda number: two.a.enter_payment(ipnUrl=hanging.url_of(f"shop{number}")))
    await eventually(lambda: _is_waiting(installation, two.a.tenant.organization_id, HOSTS))

    await two.b.confirm(payment)

    await two.b.notified(payment)
    assert len(hanging.asked) < PLACES, "places are left for others"
    await is_served(two.b, payment)


async def _is_waiting(installation: Installation, organization_id: str, count: int) -> bool:
    """Whether the notifications of this merchant are written down, sent or not."""
    deliveries = installation.database("svc-ipn")["deliveries"]
    return await deliveries.count_documents({"organization_id": organization_id}) >= count


@pytest_asyncio.fixture
async def names(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DnsServer]:
    """The name servers that svc-ipn asks, from its next start on: silent about ``*.slow.example``."""
    async with dns_server() as server:
        server.silent_zone = "slow.example"
        server.a["b.quick.example"] = "127.0.0.1"
        asking = functools.partial(DnsNames, [f"127.0.0.1:{server.port}"])
        monkeypatch.setattr("gateway_kit.http.outbound.DnsNames", asking)
        yield server


@pytest.mark.nightly
async def test_slow_names_of_a_do_not_use_up_the_first_attempt_of_b(
    two: Two, names: DnsServer, installation: Installation
) -> None:
    await installation.restart("svc-ipn")
    await two.a.stop_invoicing()
    port = two.b.server.url.rpartition(":")[2]
    payment = await two.b.begin(ipnUrl=two.b.server.url.replace("127.0.0.1", "b.quick.example"))
    await all_of(
        range(SLOW_NAMES), lambda number: two.a.enter_payment(ipnUrl=f"http://shop{number}.slow.example:{port}/ipn")
    )
    await eventually(lambda: _is_waiting(installation, two.a.tenant.organization_id, SLOW_NAMES))
    await eventually(lambda: names.asked)

    await two.b.confirm(payment)

    await is_served(two.b, payment)
    assert two.a.server.received == []
