"""Fault 5: thin events need no signature, and each is a call to the provider. While one merchant's provider hangs,
payments through another provider go on."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from gateway_contracts.topology import consumer
from gateway_testkit.backlog import all_of, crowd, few_places, is_served
from gateway_testkit.installation import Installation, running_installation
from gateway_testkit.seller import Two
from gateway_testkit.stalling import StallingServer, stalling_server
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

PROVIDER_EVENTS = "transaction-on-provider-events"
# One tenant's places, and the calls that follow until the circuit of the account opens.
CALLS_MAX = consumer(PROVIDER_EVENTS).workers + 16


@pytest_asyncio.fixture(scope="module")
async def mollie() -> AsyncIterator[StallingServer]:
    """A provider that takes every request and answers none."""
    async with stalling_server() as server:
        yield server


@pytest_asyncio.fixture(scope="module")
async def installation(tmp_path_factory: pytest.TempPathFactory, mollie: StallingServer) -> AsyncIterator[Installation]:
    variables = {"svc-transaction": {"MOLLIE_API_BASE": mollie.url}}
    async with running_installation(tmp_path_factory.mktemp("thin-events"), variables=variables) as made:
        yield made


async def test_b_is_paid_notified_and_invoiced_while_the_provider_of_a_hangs(
    two: Two, installation: Installation, mollie: StallingServer
) -> None:
    body = {"type": "mollie", "label": "Mollie", "apiKey": "test_" + "a" * 30}
    account = (await two.a.tenant.make("/providers", body))["id"]
    payment = await two.b.begin()
    first = await eventually(lambda: two.a.thin_event(account, "tr_first"))
    assert first.status_code == 200, first.text
    await eventually(lambda: mollie.asked)

    async with few_places(installation, PROVIDER_EVENTS):
        # Any caller can send these.
        answers = await all_of(range(crowd(PROVIDER_EVENTS)), lambda number: two.a.thin_event(account, f"tr_{number}"))
        assert {answer.status_code for answer in answers} <= {200, 429, 503}
        await two.b.confirm(payment)

        await is_served(two.b, payment)
        assert len(mollie.asked) <= CALLS_MAX, "the thin events of one account share a few calls"
