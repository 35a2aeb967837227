"""Bank transfer: details, receipts, sums."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from transaction_world import Outcomes, World

from gateway_contracts.errors import Conflict, Invalid, NotFound
from gateway_contracts.requests.customer import GetSession
from gateway_contracts.requests.transaction import RECORD_RECEIPT, RecordReceipt, TransactionRecord
from transaction.use_cases.cancel_transaction import cancel_transaction
from transaction.use_cases.expire_sessions import expire_deadlines
from transaction.use_cases.get_session import get_session
from transaction.use_cases.get_status import get_status
from transaction.use_cases.record_receipt import record_receipt

pytestmark = pytest.mark.integration


async def receive(world: World, transaction_id: str, amount: int, reference: str, **changes: Any) -> TransactionRecord:
    fields: dict[str, Any] = {
        "transaction_id": transaction_id,
        "amount": amount,
        "currency": "EUR",
        "received_at": datetime(2026, 1, 16, tzinfo=UTC),
        "bank_reference": reference,
    }
    request = RECORD_RECEIPT.read(RecordReceipt.model_construct(**{**fields, **changes}).wire())
    return await record_receipt(request, scope=world.scope, deps=world.deps)


async def test_the_customer_gets_details_and_is_waited_for(world: World) -> None:
    session = await world.checkout()

    started = await world.pay(session, world.wire_id)

    assert (started.status, started.next_action.type) == (0, "bank_transfer")
    details = started.next_action.bank_details
    assert details.reference.startswith("RF")
    assert details.epc_qr.startswith("BCD\n002")
    view = await get_status(world.own(session, started.transaction_id), deps=world.deps)
    assert view.bank_details == details
    assert len(await world.events("transaction.submitted.v1")) == 1


async def test_the_exact_sum_succeeds(world: World) -> None:
    session = await world.checkout()
    started = await world.pay(session, world.wire_id)

    record = await receive(world, started.transaction_id, 4900, "B-1")

    assert (record.status, record.captured, record.received) == ("succeeded", 4900, 4900)
    assert (await get_session(GetSession(session_public_id=session.id), deps=world.deps)).status == "completed"
    assert await world.entries(record.id) == ["order_complete", "receipt"]


async def test_parts_add_up(world: World) -> None:
    started = await world.pay(await world.checkout(), world.wire_id)

    first = await receive(world, started.transaction_id, 3000, "B-1")
    second = await receive(world, started.transaction_id, 1900, "B-2")

    assert (first.status, first.received, first.captured) == ("pending_provider", 3000, 0)
    assert (second.status, second.received, second.captured) == ("succeeded", 4900, 4900)


async def test_the_same_bank_reference_counts_once(world: World, outcomes: Outcomes) -> None:
    started = await world.pay(await world.checkout(), world.wire_id)

    await outcomes(*(receive(world, started.transaction_id, 3000, "B-1") for _ in range(10)))

    assert (await world.transaction(started.transaction_id)).received == 3000
    with pytest.raises(Conflict) as caught:
        await receive(world, started.transaction_id, 2999, "B-1")
    assert caught.value.code == "BANK_REFERENCE_USED"


async def test_a_final_underpayment_is_accepted_with_a_write_off(world: World) -> None:
    started = await world.pay(await world.checkout(), world.wire_id)

    record = await receive(world, started.transaction_id, 4800, "B-1", final=True)

    assert (record.status, record.captured, record.received) == ("succeeded", 4900, 4800)
    assert await world.entries(record.id) == ["receipt", "underpayment_accepted"]


async def test_surplus_succeeds_and_waits_for_a_person(world: World) -> None:
    started = await world.pay(await world.checkout(), world.wire_id)

    record = await receive(world, started.transaction_id, 5000, "B-1")

    assert (record.status, record.captured, record.received) == ("succeeded", 4900, 5000)
    assert (await world.transaction(started.transaction_id)).unapplied == 100
    (case,) = await world.cases()
    assert (case["kind"], case["amount"]) == ("amount_mismatch", 100)


async def test_a_tolerated_difference_is_kept(world: World) -> None:
    world.tenants.change_site(wireTolerance=100)
    started = await world.pay(await world.checkout(), world.wire_id)
    other = await world.pay(await world.checkout(), world.wire_id)

    over = await receive(world, started.transaction_id, 5000, "B-1")
    short = await receive(world, other.transaction_id, 4800, "B-2")

    assert (over.status, short.status) == ("succeeded", "succeeded")
    assert await world.cases() == []
    assert (await world.transaction(started.transaction_id)).unapplied == 0


async def test_another_currency_waits_for_a_person(world: World) -> None:
    started = await world.pay(await world.checkout(), world.wire_id)

    record = await receive(world, started.transaction_id, 4900, "B-1", currency="USD")

    assert (record.status, record.captured) == ("pending_provider", 0)
    assert [case["kind"] for case in await world.cases()] == ["amount_mismatch"]


async def test_money_after_the_order_is_complete_waits_for_a_person(world: World) -> None:
    started = await world.pay(await world.checkout(), world.wire_id)
    await receive(world, started.transaction_id, 4900, "B-1")

    record = await receive(world, started.transaction_id, 700, "B-2")

    assert (record.status, record.captured, record.received) == ("succeeded", 4900, 5600)
    assert [case["kind"] for case in await world.cases()] == ["amount_mismatch"]


async def test_a_card_paid_instead_replaces_the_transfer(world: World) -> None:
    session = await world.checkout()
    wire = await world.pay(session, world.wire_id)

    card = await world.pay(session)
    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))

    assert (await world.transaction(wire.transaction_id)).status == "canceled"
    assert (await world.transaction(card.transaction_id)).status == "succeeded"
    record = await receive(world, wire.transaction_id, 4900, "B-1")
    assert (record.status, record.captured, record.received) == ("canceled", 0, 4900)
    assert [case["kind"] for case in await world.cases()] == ["duplicate_payment"]
    assert await world.entries(wire.transaction_id) == ["held_refund_accepted", "receipt"]
    refunds = await world.deps.refunds.of_transaction(world.scope, wire.transaction_id)
    assert [(refund.funds, refund.manual, refund.state) for refund in refunds] == [("held", True, "requested")]
    await world.verify()


async def test_receipts_are_for_transfers_of_this_tenant_only(world: World) -> None:
    card = await world.pay(await world.checkout())
    with pytest.raises(Invalid) as caught:
        await receive(world, card.transaction_id, 4900, "B-1")
    assert caught.value.code == "RECEIPT_NOT_ALLOWED"
    with pytest.raises(NotFound):
        await receive(world, "65f0000000000000000000ff", 4900, "B-1")
    with pytest.raises(Invalid):
        await receive(world, card.transaction_id, 0, "B-1")


async def canceled_by_the_deadline(world: World, _transaction_id: str) -> None:
    world.clock.advance(timedelta(days=15))
    await expire_deadlines(world.deps).round()


async def canceled_by_the_merchant(world: World, transaction_id: str) -> None:
    await cancel_transaction(await world.transaction(transaction_id), source="api", deps=world.deps)


@pytest.mark.parametrize("ended", [canceled_by_the_deadline, canceled_by_the_merchant])
async def test_money_of_a_part_waits_for_a_person_when_its_transfer_ends(world: World, ended: Any) -> None:
    started = await world.pay(await world.checkout(), world.wire_id)
    await receive(world, started.transaction_id, 1000, "B-1")
    await receive(world, started.transaction_id, 900, "B-2")

    await ended(world, started.transaction_id)

    transaction = await world.transaction(started.transaction_id)
    assert (transaction.status, transaction.unapplied) == ("canceled", 1900)
    (case,) = await world.cases()
    assert (case["kind"], case["amount"], case["status"]) == ("amount_mismatch", 1900, "open")
    await world.verify()


async def test_an_ended_transfer_names_no_money_twice(world: World) -> None:
    """More than one case would let a person send more back than there is."""
    started = await world.pay(await world.checkout(), world.wire_id)
    await receive(world, started.transaction_id, 1000, "B-1")
    await canceled_by_the_deadline(world, started.transaction_id)

    await receive(world, started.transaction_id, 3900, "B-2")

    assert sorted((case["kind"], case["amount"]) for case in await world.cases()) == [
        ("amount_mismatch", 1000),
        ("late_payment", 3900),
    ]
    assert (await world.transaction(started.transaction_id)).unapplied == 4900


async def test_a_transfer_that_ends_without_money_opens_no_case(world: World) -> None:
    started = await world.pay(await world.checkout(), world.wire_id)

    await canceled_by_the_deadline(world, started.transaction_id)

    assert (await world.transaction(started.transaction_id)).status == "canceled"
    assert await world.cases() == []
