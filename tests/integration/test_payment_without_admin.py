"""A payment that has begun goes on to its end while svc-admin-api is down."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from gateway_testkit.merchant import Merchant, running_merchant
from gateway_testkit.parts import SERVICES, Parts, parts_in
from gateway_testkit.shop import Started, checkout_body, confirm_card
from gateway_testkit.stack import Stack
from gateway_testkit.tenants import Tenant, open_card_account, open_tenant
from gateway_testkit.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with parts_in(tmp_path_factory.mktemp("story")) as made:
        made.start_simulator("stripe")
        made.start(*SERVICES)
        yield made


@pytest_asyncio.fixture(scope="module")
async def tenant(parts: Parts) -> AsyncIterator[Tenant]:
    """A merchant with one site that takes cards."""
    tenant = await open_tenant(await parts.as_stack(), "Shop")
    provider_id, _ = await open_card_account(tenant)
    site = await tenant.make("/sites", {"name": "Shop", "providerIds": [provider_id]})
    tenant.ids |= {"provider_id": provider_id, "site_id": site["id"]}
    yield tenant
    await tenant.aclose()


async def begin(tenant: Tenant, merchant: Merchant) -> tuple[str, Started]:
    """The name of a checkout's session, and the payment that its customer began."""
    checkout = await tenant.make_soon(f"/checkouts/{tenant.ids['site_id']}/create", checkout_body(merchant.url))
    body = {
        "sessionPublicId": checkout["sessionPublicId"],
        "providerId": tenant.ids["provider_id"],
        "billingAddress": {"name": "Erika Muster", "country": "DE"},
    }
    async with tenant.stack.checkout() as page:
        made = (await page.post("/api/v1/transactions/create", json=body)).json()
    return checkout["sessionPublicId"], Started(made["transactionId"], made["status"], made["nextAction"])


async def status_of(stack: Stack, session: str, transaction_id: str) -> str:
    async with stack.checkout() as page:
        answer = await page.get(
            f"/api/v1/transactions/{transaction_id}/status", headers={"X-Checkout-Session": session}
        )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["status"])


async def test_a_payment_that_began_is_paid_and_notified(parts: Parts, tenant: Tenant) -> None:
    async with running_merchant() as merchant:
        session, started = await begin(tenant, merchant)
        await asyncio.to_thread(parts.stop, "svc-admin-api")
        try:
            await confirm_card(tenant.stack, started)

            async def succeeded() -> bool:
                return await status_of(tenant.stack, session, started.transaction_id) == "succeeded"

            await eventually(succeeded)
            await merchant.notification(started.transaction_id, 1, timeout_s=180)
            assert not await asyncio.to_thread(parts.is_alive, "svc-admin-api")
        finally:
            await asyncio.to_thread(parts.start, "svc-admin-api")

        listed = (await tenant.ask("GET", f"/transactions/{started.transaction_id}")).json()
        assert (listed["status"], listed["captured"]) == ("succeeded", 4900)
