"""Amounts that need 64 bits are amounts like any other, and never stop another tenant's work.

MongoDB returns integers of 2^31 and more in a type of its own. IDR 21.5 million is such an amount.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.aggregates import Scope
from gateway_contracts.config import SiteConfig
from gateway_contracts.errors import Rejected
from gateway_contracts.events.transaction import TransactionLine
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import AMOUNT_MINOR_MAX
from gateway_contracts.requests.customer import GetSession
from gateway_contracts.requests.operation import CreateManualTransaction, MarkTransaction
from gateway_contracts.requests.refund import SettleRefund
from gateway_contracts.requests.transaction import RecordReceipt
from gateway_testkit.keys import OTHER_ORGANIZATION
from transaction.use_cases.create_checkout import create_checkout
from transaction.use_cases.create_manual import create_manual
from transaction.use_cases.get_session import get_session
from transaction.use_cases.mark_transaction import mark_transaction
from transaction.use_cases.record_receipt import record_receipt
from transaction.use_cases.release_parked import release_parked
from transaction.use_cases.settle_by_hand import settle_by_hand
from transaction.use_cases.verify import BookCheck, verify_all

pytestmark = pytest.mark.integration

TWO_31 = 2**31
LARGE = [TWO_31, 2_150_000_000_00, AMOUNT_MINOR_MAX]
OTHER_SITE = "65b000000000000000000002"


def order(amount: int) -> dict[str, Any]:
    return {
        "amount": amount,
        "currency": "IDR",
        "items": (TransactionLine(name="Car", quantity=1, unit_price=amount),),
    }


def beside(world: World) -> Any:
    """Another tenant of the same installation, with a site and a card account of its own."""
    world.tenants.sites[OTHER_SITE] = SiteConfig(
        id=OTHER_SITE, organization_id=OTHER_ORGANIZATION, version=1, name="Other", provider_ids=(world.foreign_id,)
    )
    return replace(world, scope=Scope(OTHER_ORGANIZATION, False))


async def checkout_of(world: World, **changes: Any) -> Any:
    command = world.command(**changes)
    made = await create_checkout(command, scope=world.scope, site_id=None, operation_id=None, deps=world.deps)
    return await get_session(GetSession(short_code=made.short_code), deps=world.deps)


async def receive(world: World, transaction_id: str, amount: int, reference: str) -> Any:
    request = RecordReceipt(
        transaction_id=transaction_id,
        amount=amount,
        currency="IDR",
        received_at=world.clock.now(),
        bank_reference=reference,
    )
    return await record_receipt(request, scope=world.scope, deps=world.deps)


@pytest.mark.parametrize("amount", LARGE)
async def test_a_card_payment_is_refunded_in_part_and_in_full(world: World, amount: int) -> None:
    paid = await world.paid(**order(amount))
    assert (paid.status, paid.captured) == ("succeeded", amount)

    part = await world.refund(paid.id, amount // 3)
    rest = await world.refund(paid.id)

    after = await world.transaction(paid.id)
    assert (part.amount, rest.amount) == (amount // 3, amount - amount // 3)
    assert (after.status, after.refunded, after.refundable) == ("refunded", amount, 0)
    await world.verify()


@pytest.mark.parametrize("amount", LARGE)
async def test_a_transfer_is_received_in_parts_and_refunded_by_hand(world: World, amount: int) -> None:
    started = await world.pay(await world.checkout(**order(amount)), world.wire_id)

    first = await receive(world, started.transaction_id, amount // 2, "B-1")
    second = await receive(world, started.transaction_id, amount - amount // 2, "B-2")
    asked = await world.refund(started.transaction_id, amount - 1)
    settled = SettleRefund(transaction_id=started.transaction_id, refund_id=asked.id, outcome="succeeded")
    await settle_by_hand(settled, scope=world.scope, deps=world.deps)

    assert (first.status, first.received) == ("pending_provider", amount // 2)
    assert (second.status, second.captured) == ("succeeded", amount)
    after = await world.transaction(started.transaction_id)
    assert (after.refunded, after.refundable) == (amount - 1, 1)
    await world.verify()


@pytest.mark.parametrize("amount", LARGE)
async def test_a_transfer_is_marked_paid(world: World, amount: int) -> None:
    started = await world.pay(await world.checkout(**order(amount)), world.wire_id)
    request = MarkTransaction(transaction_id=started.transaction_id, outcome="paid")

    record = await mark_transaction(request, scope=world.scope, deps=world.deps)

    assert (record.status, record.captured) == ("succeeded", amount)
    await world.verify()


async def test_a_payment_made_elsewhere(world: World) -> None:
    request = CreateManualTransaction(
        transaction_id=new_object_id(),
        site_id=world.site_id,
        amount=AMOUNT_MINOR_MAX,
        currency="IDR",
        received_at=world.clock.now(),
        external_reference="cash-1",
    )
    record = await create_manual(request, scope=world.scope, site_id=None, operation_id=None, deps=world.deps)

    assert record.captured == AMOUNT_MINOR_MAX
    assert (await world.refund(record.id, TWO_31)).amount == TWO_31
    await world.verify()


def refund_event(world: World, payment_id: str, transaction_id: str | None, amount: int, **more: Any) -> Any:
    fields = {
        "object": "refund",
        "id": f"re_{payment_id}",
        "payment_intent": payment_id,
        "status": "succeeded",
        "amount": amount,
        "currency": "idr",
    }
    return world.event("refund.updated", payment_id, transaction_id=transaction_id, **{**fields, **more})


async def test_a_parked_refund_of_one_tenant_does_not_stop_the_pass_of_all(world: World) -> None:
    """A's refund webhook came before its capture and waits. B's acknowledged refund, which waits too, is booked."""
    a_started = await world.pay(await world.checkout(**order(TWO_31)))
    await world.deliver(refund_event(world, "pi_1", a_started.transaction_id, TWO_31))
    b = beside(world)
    session = await checkout_of(b, site_id=OTHER_SITE, **order(4900))
    b_started = await b.pay(session, b.foreign_id)
    payment_id = (await b.transaction(b_started.transaction_id)).provider_payment_id
    tenant = {"organization_id": OTHER_ORGANIZATION, "provider_id": b.foreign_id}
    await b.deliver(refund_event(b, payment_id, b_started.transaction_id, 1900, **tenant))
    waiting = [row["state"] async for row in world.db.parked_events.find().sort("_id", 1)]
    captured = b.event("payment_intent.succeeded", payment_id, currency="idr", **tenant)
    await b.deliver(captured)

    await release_parked(world.deps).round()

    assert waiting == ["parked", "parked"]
    after = await b.transaction(b_started.transaction_id)
    assert (after.status, after.captured, after.refunded) == ("succeeded", 4900, 1900)
    # And A's own money comes right at the next look after its capture is known.
    world.clock.advance(timedelta(minutes=10))
    await world.deliver(world.event("payment_intent.succeeded", "pi_1", amount_received=TWO_31, currency="idr"))
    await release_parked(world.deps).round()
    assert (await world.transaction(a_started.transaction_id)).refunded == TWO_31
    assert await verify_all(deps=world.deps) == []


async def test_a_parked_fact_without_a_transaction_ends_as_a_case_for_each_tenant(world: World) -> None:
    b = beside(world)
    tenant = {"organization_id": OTHER_ORGANIZATION, "provider_id": b.foreign_id}
    await world.deliver(refund_event(world, "pi_gone", new_object_id(), TWO_31))
    await b.deliver(refund_event(b, "pi_other", new_object_id(), 1900, **tenant))
    world.clock.advance(timedelta(days=2))

    assert await release_parked(world.deps).round() == 2

    cases = {case["organization_id"]: case["amount"] for case in await world.cases()}
    assert cases == {world.scope.organization_id: TWO_31, OTHER_ORGANIZATION: 1900}


async def test_the_check_of_the_books_goes_on_to_the_next_tenant(world: World) -> None:
    await world.paid(**order(TWO_31))
    b = beside(world)
    payment = await b.pay(await checkout_of(b, site_id=OTHER_SITE), b.foreign_id)
    # B's books are wrong: the check has to reach them.
    await world.db.transactions.update_one({"_id": payment.transaction_id}, {"$set": {"captured": 7}})

    differences = await verify_all(deps=world.deps)

    assert differences[0].transaction_id == payment.transaction_id
    assert differences[0].what.startswith("captured is 7")
    books = BookCheck(world.deps, batch=5)
    found = [difference for _ in range(2) for difference in await books.turn()]
    assert {difference.transaction_id for difference in found} == {payment.transaction_id}


@pytest.mark.parametrize("units", [2**63, 10**30, -(10**30), AMOUNT_MINOR_MAX + 1])
async def test_an_absurd_amount_is_refused_before_it_reaches_the_database(world: World, units: int) -> None:
    """Such a webhook is final: it is refused with a typed error, which no consumer tries again."""
    started = await world.pay(await world.checkout())

    with pytest.raises(Rejected):
        await world.deliver(refund_event(world, "pi_1", started.transaction_id, units))

    assert await world.db.parked_events.count_documents({}) == 0
    assert (await world.transaction(started.transaction_id)).status == "initiated"
