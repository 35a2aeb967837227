"""Money moves once per operation, permanently: also when the edge has forgotten its answer and allocates other ids."""

import asyncio
from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.errors import Conflict
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.customer import CreateTransaction
from gateway_contracts.requests.operation import CreateManualTransaction, Resolution, ResolveCase
from gateway_contracts.requests.refund import CreateRefund
from gateway_contracts.requests.transaction import RecordReceipt
from transaction.use_cases.create_manual import create_manual
from transaction.use_cases.create_refund import create_refund
from transaction.use_cases.create_transaction import create_transaction
from transaction.use_cases.record_receipt import record_receipt
from transaction.use_cases.resolve_case import resolve_case

pytestmark = pytest.mark.integration

AT_ONCE = 8


async def refund(world: World, transaction_id: str, operation_id: str, amount: int = 900) -> Any:
    request = CreateRefund(transaction_id=transaction_id, refund_id=new_object_id(), amount=amount, reason="too much")
    return await create_refund(request, scope=world.scope, operation_id=operation_id, deps=world.deps)


async def test_a_refund(world: World) -> None:
    paid = await world.paid()

    first = await refund(world, paid.id, "op_1")
    later = [await refund(world, paid.id, "op_1"), await refund(world, paid.id, "op_1", amount=4000)]
    other = await refund(world, paid.id, "op_2")

    assert [row.id for row in later] == [first.id] * 2
    assert (first.id, first.amount) != (other.id, other.amount)
    assert sorted([row["amount"] async for row in world.db.refunds.find()]) == [900, 900]
    await world.verify()


async def test_a_refund_many_times_at_once(world: World) -> None:
    paid = await world.paid()
    made = await asyncio.gather(*(refund(world, paid.id, "op_1") for _ in range(AT_ONCE)))
    assert len({row.id for row in made}) == 1
    assert await world.db.refunds.count_documents({}) == 1
    assert await world.db.provider_calls.count_documents({"kind": "refund"}) == 1
    await world.verify()


async def test_a_payment_of_a_customer(world: World) -> None:
    session = await world.checkout()

    async def pay() -> Any:
        request = CreateTransaction(
            transaction_id=new_object_id(),
            session_public_id=session.id,
            provider_id=world.stripe_id,
            return_url="https://pay.example/return",
        )
        return await create_transaction(request, operation_id="op_1", deps=world.deps)

    first = await pay()
    assert {row.transaction_id for row in await asyncio.gather(*(pay() for _ in range(AT_ONCE)))} == {
        first.transaction_id
    }
    assert await world.db.transactions.count_documents({}) == 1


async def test_a_payment_by_hand(world: World) -> None:
    async def enter(operation_id: str) -> Any:
        request = CreateManualTransaction(
            transaction_id=new_object_id(),
            site_id=world.site_id,
            amount=5000,
            currency="EUR",
            external_reference="till-1",
            received_at=world.clock.now(),
        )
        return await create_manual(request, scope=world.scope, site_id=None, operation_id=operation_id, deps=world.deps)

    made = await asyncio.gather(*(enter("op_1") for _ in range(AT_ONCE)))
    assert len({row.id for row in made}) == 1
    assert await world.db.ledger_entries.count_documents({}) == 1
    assert (await enter("op_2")).id != made[0].id


async def test_a_receipt_is_known_by_the_banks_reference(world: World) -> None:
    started = await world.pay(await world.checkout(), world.wire_id)
    receipt = RecordReceipt(
        transaction_id=started.transaction_id,
        amount=4900,
        currency="EUR",
        received_at=world.clock.now(),
        bank_reference="B-1",
    )

    async def record(**changes: Any) -> Any:
        return await record_receipt(receipt.model_copy(update=changes), scope=world.scope, deps=world.deps)

    made = await asyncio.gather(*(record() for _ in range(AT_ONCE)))
    assert {row.captured for row in made} == {4900}
    assert await world.db.receipts.count_documents({}) == 1
    with pytest.raises(Conflict):
        await record(amount=100)
    await world.verify()


async def test_a_decision_about_held_money(world: World) -> None:
    paid = await world.paid_by_wire(6000)
    [case] = await world.cases()

    async def decide(resolution: Resolution, operation_id: str) -> Any:
        request = ResolveCase(case_id=case["_id"], resolution=resolution, refund_id=new_object_id())
        return await resolve_case(request, scope=world.scope, operation_id=operation_id, deps=world.deps)

    for _ in range(2):
        assert (await decide("refund", "op_1")).status == "refunded"
    # The same decision under another key is no second refund either, and another decision none at all.
    assert (await decide("refund", "op_2")).status == "refunded"
    with pytest.raises(Conflict):
        await decide("accept", "op_3")
    assert await world.db.refunds.count_documents({"transaction_id": paid.id}) == 1
    await world.verify()
