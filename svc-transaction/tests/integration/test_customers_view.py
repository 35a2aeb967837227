"""The customer's view of a payment under way, and of money that did not stay."""

from datetime import timedelta
from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.errors import Conflict, Transient
from gateway_contracts.money import Money
from gateway_contracts.requests.customer import GetSession, Session, StatusView
from gateway_contracts.requests.transaction import RecordReceipt
from transaction.use_cases.cancel_transaction import cancel_transaction
from transaction.use_cases.expire_sessions import expire_deadlines, expire_sessions
from transaction.use_cases.get_session import get_session
from transaction.use_cases.get_status import get_status
from transaction.use_cases.mark_pending import mark_pending
from transaction.use_cases.record_receipt import record_receipt

pytestmark = pytest.mark.integration


async def receive(world: World, transaction_id: str, amount: int, reference: str, currency: str = "EUR") -> None:
    receipt = RecordReceipt(
        transaction_id=transaction_id,
        amount=amount,
        currency=currency,
        received_at=world.clock.now(),
        bank_reference=reference,
    )
    await record_receipt(receipt, scope=world.scope, deps=world.deps)


async def view(world: World, session: Session, transaction_id: str) -> StatusView:
    return await get_status(world.own(session, transaction_id), deps=world.deps)


async def seen(world: World, session: Session) -> Session:
    return await get_session(GetSession(session_public_id=session.id), deps=world.deps)


async def test_a_partly_paid_transfer_asks_for_the_rest(world: World) -> None:
    session = await world.checkout()
    started = await world.pay(session, world.wire_id)

    await receive(world, started.transaction_id, 1900, "B-1")

    shown = await view(world, session, started.transaction_id)
    assert (shown.received, shown.outstanding) == (1900, 3000)
    assert shown.bank_details is not None
    assert shown.bank_details.amount == 3000
    assert "EUR30.00" in (shown.bank_details.epc_qr or "")
    # The same where the beginning is repeated.
    again = await world.pay(session, world.wire_id, transaction_id=started.transaction_id)
    assert again.next_action.bank_details == shown.bank_details


async def test_the_customers_word_is_kept_until_money_arrives(world: World) -> None:
    session = await world.checkout()
    started = await world.pay(session, world.wire_id)
    assert not (await view(world, session, started.transaction_id)).transfer_sent

    for _ in range(2):
        await mark_pending(world.own(session, started.transaction_id), deps=world.deps)

    assert (await view(world, session, started.transaction_id)).transfer_sent
    timeline = (await world.transaction(started.transaction_id)).timeline
    assert [entry.type for entry in timeline].count("marked_pending") == 1
    await receive(world, started.transaction_id, 1900, "B-1")
    # What is outstanding has to be sent, too: the word was about the first part.
    assert not (await view(world, session, started.transaction_id)).transfer_sent
    await mark_pending(world.own(session, started.transaction_id), deps=world.deps)
    assert (await view(world, session, started.transaction_id)).transfer_sent
    await receive(world, started.transaction_id, 3000, "B-2")
    assert (await view(world, session, started.transaction_id)).status == "succeeded"
    await world.verify()


async def test_a_transfer_under_way_outlives_its_session_for_the_page(world: World) -> None:
    session = await world.checkout(expire_in_hours=1)
    started = await world.pay(session, world.wire_id)
    world.clock.advance(timedelta(days=2))
    await expire_sessions(world.deps).round()

    found = await seen(world, session)
    assert (found.status, found.transaction_id, found.transaction_status) == (
        "expired", started.transaction_id, "pending_provider",
    )  # fmt: skip
    assert found.under_way
    shown = await view(world, session, started.transaction_id)
    assert shown.under_way
    assert shown.bank_details is not None
    await receive(world, started.transaction_id, 4900, "B-1")
    assert (await seen(world, session)).status == "completed"


async def test_a_partly_paid_transfer_is_not_replaced(world: World) -> None:
    session = await world.checkout()
    wire = await world.pay(session, world.wire_id)
    await receive(world, wire.transaction_id, 1900, "B-1")

    with pytest.raises(Conflict) as caught:
        await world.pay(session)

    assert caught.value.code == "CHECKOUT_ALREADY_PENDING"
    assert (await world.transaction(wire.transaction_id)).status == "pending_provider"


async def test_money_of_a_replaced_transfer_leads_the_link(world: World) -> None:
    session = await world.checkout()
    wire = await world.pay(session, world.wire_id)
    card = await world.pay(session)
    await world.deliver(world.event("payment_intent.payment_failed", "pi_1"))
    assert (await seen(world, session)).transaction_id == card.transaction_id

    await receive(world, wire.transaction_id, 4900, "B-1")

    found = await seen(world, session)
    assert (found.status, found.transaction_id, found.holds_money) == ("pending", wire.transaction_id, True)
    shown = await view(world, session, wire.transaction_id)
    assert (shown.status, shown.received, shown.held, shown.in_review) == ("canceled", 4900, 4900, True)


async def test_the_rest_of_a_transfer_whose_deadline_passed_is_held(world: World) -> None:
    session = await world.checkout(expire_in_hours=1)
    wire = await world.pay(session, world.wire_id)
    await receive(world, wire.transaction_id, 1900, "B-1")
    world.clock.advance(timedelta(days=15))
    await expire_deadlines(world.deps).round()
    await expire_sessions(world.deps).round()

    found = await seen(world, session)
    assert (found.status, found.under_way, found.holds_money) == ("expired", False, True)
    assert (await view(world, session, wire.transaction_id)).held == 1900


async def test_a_transfer_whose_deadline_passed_is_remembered_as_handed_out(world: World) -> None:
    session = await world.checkout(expire_in_hours=1)
    await world.pay(session, world.wire_id)
    world.clock.advance(timedelta(days=15))
    await expire_deadlines(world.deps).round()
    await expire_sessions(world.deps).round()

    found = await seen(world, session)
    assert (found.status, found.transaction_status, found.committed) == ("expired", "canceled", True)


async def test_money_in_another_currency_is_not_asked_for_again(world: World) -> None:
    session = await world.checkout()
    wire = await world.pay(session, world.wire_id)

    await receive(world, wire.transaction_id, 5200, "B-1", "USD")

    shown = await view(world, session, wire.transaction_id)
    assert (shown.status, shown.received, shown.in_review) == ("pending_provider", 0, True)
    with pytest.raises(Conflict):
        await world.pay(session)


async def test_a_payment_twice_says_that_it_went_back(world: World) -> None:
    session = await world.checkout()
    wire = await world.pay(session, world.wire_id)
    await world.pay(session)
    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))

    await receive(world, wire.transaction_id, 4900, "B-1")

    shown = await view(world, session, wire.transaction_id)
    assert (shown.status, shown.held, shown.in_review, shown.sent_back) == ("canceled", 0, False, True)


async def test_an_approved_payment_is_under_way(world: World) -> None:
    session = await world.checkout()
    started = await world.pay(session)
    assert not (await seen(world, session)).under_way

    world.providers.set_state("pi_1", "authorized")
    world.providers.fail_next("capture", Transient("the provider does not answer"))
    approved: dict[str, Any] = {"amount_capturable": 4900, "status": "requires_capture"}
    await world.deliver(world.event("payment_intent.amount_capturable_updated", "pi_1", **approved))

    assert (await seen(world, session)).under_way
    assert (await view(world, session, started.transaction_id)).under_way


async def test_a_card_payment_that_is_processed_is_under_way_until_it_fails(world: World) -> None:
    session = await world.checkout()
    await world.pay(session)
    await world.deliver(world.event("payment_intent.processing", "pi_1"))
    assert (await seen(world, session)).under_way

    await world.deliver(world.event("payment_intent.payment_failed", "pi_1"))

    found = await seen(world, session)
    assert (found.under_way, found.transaction_status) == (False, "failed")


async def test_refunds_are_reported_with_their_amounts(world: World) -> None:
    paid = await world.paid()
    session = await get_session(GetSession(session_public_id=await name_of(world, paid)), deps=world.deps)

    await world.refund(paid.id, 1000)
    world.providers.refund_state = "pending"
    await world.refund(paid.id, 500)

    shown = await view(world, session, paid.id)
    assert (shown.captured, shown.refunded, shown.refund_pending) == (4900, 1000, 500)


async def test_a_canceled_card_payment_without_money_tells_of_none(world: World) -> None:
    session = await world.checkout()
    started = await world.pay(session)
    await cancel_transaction(await world.transaction(started.transaction_id), source="customer", deps=world.deps)

    shown = await view(world, session, started.transaction_id)
    assert (shown.held, shown.in_review, shown.sent_back, shown.under_way) == (0, False, False, False)
    found = await seen(world, session)
    assert (found.under_way, found.holds_money, found.committed) == (False, False, False)


async def test_another_amount_than_asked_for_is_in_review(world: World) -> None:
    session = await world.checkout()
    started = await world.pay(session)
    world.providers.set_state("pi_1", "succeeded", received=Money(4000, "EUR"))
    await world.deliver(world.event("payment_intent.succeeded", "pi_1", amount_received=4000))

    shown = await view(world, session, started.transaction_id)
    assert (shown.status, shown.in_review, shown.held) == ("pending_provider", True, 4000)


async def name_of(world: World, transaction: Any) -> str:
    name = world.deps.cipher.open(
        transaction.organization_id, "transactions", transaction.id, "session_public_id", transaction.session_public_id
    )
    assert name
    return str(name)
