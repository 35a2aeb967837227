"""Payments that name an invoice of ours by its number settle it, each once."""

import asyncio

import pytest
from invoice_office import Office

from gateway_kit.mongo.unit_of_work import AlreadyHandled
from gateway_testkit.keys import OTHER_ORGANIZATION

pytestmark = pytest.mark.integration


async def test_a_payment_that_names_our_invoice_settles_it(office: Office) -> None:
    invoice = await office.issued(amount=5000)
    event = office.event(700, invoice_number="INV-2026-00001")

    settled = await office.settle(event)

    assert settled is not None
    assert (settled.id, settled.state, settled.balance.settled) == (invoice.id, "overpaid", 5700)
    assert settled.transaction_ids == (invoice.transaction_ids[0], event.data.transaction_id)
    with pytest.raises(AlreadyHandled):
        await office.settle(event)
    assert await office.settle(office.announced_again(event)) == settled
    assert (await office.verify()).problems == []
    published = [row["body"]["type"] for row in await office.rows("outbox")]
    assert published.count("invoice.settled.v1") == 1
    assert await office.issue(office.announced_again(event)) is None


async def test_a_number_of_someone_else_settles_nothing(office: Office) -> None:
    await office.issued(amount=5000)

    assert await office.settle(office.event(700, invoice_number="INV-2026-00002")) is None
    assert await office.settle(office.event(700)) is None
    foreign = office.event(700, invoice_number="INV-2026-00001", organization_id=OTHER_ORGANIZATION)
    assert await office.settle(foreign) is None
    of_test_mode = office.event(700, invoice_number="INV-2026-00001", livemode=False)
    assert await office.settle(of_test_mode) is None
    assert await office.settle(office.event(700, invoice_number="INV-2026-00001", currency="USD")) is None


async def test_refunds_of_each_payment_find_the_invoice(office: Office) -> None:
    first = office.event(5000)
    invoice = await office.issue(first)
    second = office.event(700, invoice_number="INV-2026-00001")
    await office.settle(second)

    assert await office.credit(office.reversal(second, 700)) is None  # more than was owed
    note = await office.credit(office.reversal(first, 5000))

    assert note is not None
    assert note.totals.total == 5000
    assert (await office.read(invoice.id)).state == "refunded"


async def test_payments_at_the_same_moment_are_all_counted(office: Office) -> None:
    invoice = await office.issued(amount=5000)
    events = [office.event(10, invoice_number="INV-2026-00001") for _ in range(6)]

    async def settle(event: object) -> None:
        for _ in range(20):
            try:
                await office.settle(event)  # type: ignore[arg-type]  # one of the events above
            except Exception as exc:
                if type(exc).__name__ != "ChangedMeanwhile":
                    raise
            else:
                return

    await asyncio.gather(*(settle(event) for event in events))

    assert (await office.read(invoice.id)).balance.settled == 5060
