"""``kill -9`` in the middle of a payment: afterwards one transaction, one invoice number, one notification id."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway_testkit.merchant import Merchant
from gateway_testkit.shop import (
    Started,
    confirm_card,
    create_checkout,
    invoice_pdf,
    invoices_of,
    start_payment,
    transaction_in,
)
from gateway_testkit.stack import Stack
from gateway_testkit.waiting import eventually

# Of the services, the one in the middle of every payment; `make test-nightly` kills the others, too.
VICTIMS = ["svc-transaction", "nats-server", "mongod"]
OTHERS = ["svc-webhook-ingest", "svc-ipn", "svc-invoice", "svc-checkout-api", "svc-admin-api"]
# A process starts anew, and what failed meanwhile is tried again after a pause that grows.
RECOVERED_S = 180


@pytest.mark.parametrize("victim", [*VICTIMS, *(pytest.param(name, marks=pytest.mark.nightly) for name in OTHERS)])
async def test_a_payment_survives_the_death_of(stack: Stack, merchant: Merchant, victim: str) -> None:
    payments = [await eventually(lambda: begin(stack, merchant), RECOVERED_S) for _ in range(5)]

    confirming = [asyncio.create_task(confirm_card(stack, started)) for started in payments]
    await stack.kill(victim)
    await asyncio.gather(*confirming)

    for started in payments:
        await until_complete(stack, merchant, started.transaction_id)


async def begin(stack: Stack, merchant: Merchant) -> Started:
    """A refusal is no harm yet: the one who died before may still be coming back."""
    return await start_payment(stack, await create_checkout(stack, merchant.url))


async def until_complete(stack: Stack, merchant: Merchant, transaction_id: str) -> None:
    paid = await transaction_in(stack, transaction_id, "succeeded", timeout_s=RECOVERED_S)
    assert paid["captured"] == 4900
    invoice, _ = await invoice_pdf(stack, transaction_id, timeout_s=RECOVERED_S)
    await merchant.notification(transaction_id, 1, timeout_s=RECOVERED_S)

    assert [item["number"] for item in await invoices_of(stack, transaction_id)] == [invoice["number"]]
    successes = [item for item in merchant.of(transaction_id) if item.json["status"] == 1]
    assert len({item.headers["webhook-id"] for item in successes}) == 1


async def test_invoice_numbers_have_no_gap(stack: Stack, merchant: Merchant) -> None:
    payments = [await begin(stack, merchant) for _ in range(3)]
    await asyncio.gather(*(confirm_card(stack, started) for started in payments))
    for started in payments:
        await until_complete(stack, merchant, started.transaction_id)

    series = defaultdict[str, list[int]](list)
    async for number in numbers_of(stack):
        name, _, count = number.rpartition("-")
        series[name].append(int(count))
    assert sum(len(counts) for counts in series.values()) >= len(payments)
    for name, counts in series.items():
        assert sorted(counts) == list(range(min(counts), min(counts) + len(counts))), name


async def numbers_of(stack: Stack) -> AsyncIterator[str]:
    """Those of all invoices, however many there are."""
    page: dict[str, Any] = {"nextCursor": ""}
    async with stack.admin() as api:
        while page["nextCursor"] is not None:
            cursor = {"cursor": page["nextCursor"]} if page["nextCursor"] else {}
            page = (await api.get("/api/v1/invoices", params={"limit": 100, **cursor})).json()
            for invoice in page["invoices"]:
                if invoice["number"]:
                    yield invoice["number"]
