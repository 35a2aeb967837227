"""Money that a provider takes back twice, or tells twice: booked as it moved, and a person looks at it."""

from datetime import timedelta
from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_contracts.requests.dispute import UpdateDispute
from gateway_providers.events import FactKind, ProviderFact
from transaction.domain.transaction import Transaction
from transaction.use_cases.update_dispute import update_dispute

pytestmark = pytest.mark.integration

OPENED, LOST, WON = FactKind.DISPUTE_OPENED, FactKind.DISPUTE_LOST, FactKind.DISPUTE_WON
REFUNDED, LATE = FactKind.REFUND_CONFIRMED, FactKind.LATE_FAILURE
CASE = ["double_reversal"]


async def paid_at(world: World, provider_type: str) -> Transaction:
    """A captured payment at that provider."""
    account = world.tenants.providers[world.stripe_id]
    world.tenants.providers[world.stripe_id] = account.model_copy(update={"type": provider_type})
    paid: Transaction = await world.paid()
    return paid


async def tell(world: World, paid: Transaction, day: int, kind: FactKind, subject: str, amount: int = 4900) -> None:
    """Deliver one fact, as translated from the provider's event."""
    is_dispute = kind is not REFUNDED
    fact = ProviderFact(
        kind=kind,
        event_type=str(kind),
        provider_status="",
        occurred_at=world.clock.now() + timedelta(days=day),
        livemode=False,
        provider_payment_id=paid.provider_payment_id,
        amount=Money(amount, "EUR"),
        provider_object_id=subject,
        dispute_kind=("bank_return" if kind is LATE else "chargeback") if is_dispute else None,
        event_key=new_object_id(),
    )
    world.providers.seen_when_asked = [fact]
    await world.deliver(world.event("hint", "", verified=False))


@pytest.mark.parametrize(
    ("reported", "records"),
    [
        # PayPal tells of one loss as a dispute and as a reversed capture, in any order.
        ([(LOST, "PP-D-1"), (LOST, "reversal")], 2),
        ([(LOST, "reversal"), (OPENED, "PP-D-1"), (LOST, "PP-D-1")], 2),
        ([(OPENED, "PP-D-1"), (LOST, "reversal"), (LOST, "PP-D-1")], 2),
        ([(LOST, "PP-D-1"), (LOST, "PP-D-1")], 1),
    ],
)
async def test_a_loss_that_is_reported_twice_is_booked_once(world: World, reported: list[Any], records: int) -> None:
    paid = await paid_at(world, "paypal")
    for day, (kind, subject) in enumerate(reported):
        await tell(world, paid, day, kind, subject)
        await world.verify()

    after = await world.transaction(paid.id)
    assert (after.disputed, after.refundable, after.open_disputes) == (4900, 0, 0)
    assert await world.balance(paid.id, "dispute_losses") == 4900
    assert await world.balance(paid.id, "clearing") == 0
    assert [case["kind"] for case in await world.cases()] == (CASE if records == 2 else [])
    assert len(await world.deps.disputes.of_transaction(world.scope, paid.id)) == records


async def test_a_part_lost_and_the_rest_reversed_are_two_losses(world: World) -> None:
    paid = await paid_at(world, "paypal")
    await tell(world, paid, 0, LOST, "PP-D-1", 2000)
    await tell(world, paid, 1, LOST, "reversal", 2900)
    assert (await world.transaction(paid.id)).disputed == 4900
    assert await world.cases() == []
    await world.verify()


async def test_an_operator_may_book_the_second_loss(world: World) -> None:
    paid = await paid_at(world, "paypal")
    await tell(world, paid, 0, LOST, "PP-D-1")
    await tell(world, paid, 1, LOST, "reversal")
    _, second = await world.deps.disputes.of_transaction(world.scope, paid.id)
    accept = UpdateDispute(transaction_id=paid.id, dispute_id=second.id, status="accepted")
    await update_dispute(accept, scope=world.scope, deps=world.deps)
    assert await world.balance(paid.id, "dispute_losses") == 9800
    assert [case["kind"] for case in await world.cases()] == CASE
    await world.verify()


@pytest.mark.parametrize("provider_type", ["stripe", "mollie", "paypal"])
@pytest.mark.parametrize("reported", [[(LOST, "chb_1"), (REFUNDED, "re_9")], [(REFUNDED, "re_9"), (LOST, "chb_1")]])
async def test_a_refund_and_a_lost_dispute_take_the_money_twice(
    world: World, provider_type: str, reported: Any
) -> None:
    paid = await paid_at(world, provider_type)
    for day, (kind, subject) in enumerate(reported):
        await tell(world, paid, day, kind, subject)
        if provider_type == "stripe" and kind is LOST:
            await tell(world, paid, day, FactKind.DISPUTE_FUNDS_WITHDRAWN, subject)

    after = await world.transaction(paid.id)
    assert (after.refunded, after.disputed, after.refundable) == (4900, 4900, -4900)
    assert await world.balance(paid.id, "clearing") == -4900
    assert [case["kind"] for case in await world.cases()] == CASE
    await world.verify()


async def test_a_chargeback_and_a_late_failure_of_one_debit_are_one_loss(world: World) -> None:
    """GoCardless tells both of the payment itself: whichever it calls it, the money left once."""
    paid = await paid_at(world, "gocardless")
    for day, kind in enumerate((LOST, LATE, WON, LATE)):
        await tell(world, paid, day, kind, "PM1")
    after = await world.transaction(paid.id)
    assert (after.disputed, after.refundable) == (4900, 0)
    # It was won in between: its credit note may be one of the loss before.
    assert [case["kind"] for case in await world.cases()] == ["document_correction"]
    await world.verify()
