"""``kill -9`` in the middle of a payment: afterwards one transaction, one invoice number, one notification id."""

import asyncio

import pytest

from gateway_testkit.merchant import Merchant
from gateway_testkit.shop import confirm_card, create_checkout, invoice_pdf, invoices_of, start_payment, transaction_in
from gateway_testkit.stack import Stack
from gateway_testkit.waiting import eventually

SERVICES = [
    "svc-webhook-ingest",
    "svc-transaction",
    "svc-ipn",
    "svc-invoice",
    "svc-checkout-api",
    "svc-admin-api",
    "nats-server",
    "mongod",
]


@pytest.mark.parametrize("victim", SERVICES)
async def test_a_payment_survives_the_death_of(stack: Stack, merchant: Merchant, victim: str) -> None:
    payments = [await start_payment(stack, await create_checkout(stack, merchant.url)) for _ in range(5)]

    confirming = [asyncio.create_task(confirm_card(stack, started)) for started in payments]
    await stack.kill(victim)
    await asyncio.gather(*confirming)

    for started in payments:
        await until_complete(stack, merchant, started.transaction_id)


async def until_complete(stack: Stack, merchant: Merchant, transaction_id: str) -> None:
    async def succeeded() -> bool:
        try:
            paid = await transaction_in(stack, transaction_id, "succeeded", timeout_s=1)
        except (AssertionError, OSError):
            return False
        assert paid["captured"] == 4900
        return True

    await eventually(succeeded, 60)
    invoice, _ = await invoice_pdf(stack, transaction_id, timeout_s=60)
    await merchant.notification(transaction_id, 1, timeout_s=60)

    assert [item["number"] for item in await invoices_of(stack, transaction_id)] == [invoice["number"]]
    successes = [item for item in merchant.of(transaction_id) if item.json["status"] == 1]
    assert len({item.headers["webhook-id"] for item in successes}) == 1


async def test_invoice_numbers_have_no_gap(stack: Stack) -> None:
    async with stack.admin() as api:
        listed = (await api.get("/api/v1/invoices", params={"limit": 100})).json()["invoices"]
    numbers = sorted(int(invoice["number"].rsplit("-", 1)[-1]) for invoice in listed if invoice["number"])
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
