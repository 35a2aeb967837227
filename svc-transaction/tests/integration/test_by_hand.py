"""Decisions of people: cases, manual payments, marks, deletion; and captures without them."""

from datetime import timedelta
from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.errors import Conflict, NotFound
from gateway_contracts.events.transaction import Party
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.operation import CreateManualTransaction, MarkTransaction, Resolution, ResolveCase
from gateway_contracts.requests.transaction import RecordReceipt
from transaction.use_cases.cancel_transaction import cancel_transaction
from transaction.use_cases.create_manual import create_manual
from transaction.use_cases.delete_transaction import delete_transaction
from transaction.use_cases.get_transaction import get_transaction
from transaction.use_cases.mark_transaction import mark_transaction
from transaction.use_cases.record_receipt import record_receipt
from transaction.use_cases.resolve_case import resolve_case
from transaction.use_cases.verify import Difference, verify_all

pytestmark = pytest.mark.integration


async def decide(world: World, resolution: Resolution, case_id: str | None = None, **more: Any) -> Any:
    """A person decides about the only case."""
    case_id = case_id or (await world.cases())[0]["_id"]
    request = ResolveCase(case_id=case_id, resolution=resolution, refund_id=new_object_id(), **more)
    return await resolve_case(request, scope=world.scope, operation_id=None, deps=world.deps)


async def late(world: World) -> str:
    """Money that arrives after a person canceled."""
    started = await world.pay(await world.checkout())
    await cancel_transaction(await world.transaction(started.transaction_id), source="customer", deps=world.deps)
    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))
    return str(started.transaction_id)


async def test_a_late_payment_is_accepted(world: World) -> None:
    transaction_id = await late(world)
    record = await decide(world, "accept")
    after = await world.transaction(transaction_id)
    assert (record.status, after.status, after.captured, after.unapplied) == ("accepted", "succeeded", 4900, 0)
    assert (await world.events("transaction.succeeded.v1"))[0]["data"]["late"]
    assert (await world.events("case.closed.v1"))[0]["data"]["resolution"] == "accepted"
    assert (await decide(world, "accept")).status == "accepted"
    with pytest.raises(Conflict) as caught:
        await decide(world, "refund")
    assert caught.value.code == "CASE_CLOSED"
    await world.verify()


async def test_a_late_payment_goes_back(world: World) -> None:
    transaction_id = await late(world)
    record = await decide(world, "refund")
    after = await world.transaction(transaction_id)
    assert (record.status, after.status, after.unapplied, after.refunded) == ("refunded", "canceled", 0, 0)
    (refund,) = await world.deps.refunds.of_transaction(world.scope, transaction_id)
    assert (refund.id, refund.state, refund.funds) == (record.refund_id, "succeeded", "held")
    assert (await world.events("refund.succeeded.v1"))[0]["data"]["funds"] == "held"
    await world.verify()


async def test_a_failed_refund_of_held_money_opens_its_case_again(world: World) -> None:
    from gateway_contracts.errors import Rejected

    transaction_id = await late(world)
    world.providers.fail_next("refund", Rejected("no", code="PROVIDER_REFUSED"))
    assert (await decide(world, "refund")).status == "open"
    assert (await world.transaction(transaction_id)).unapplied == 4900
    assert (await decide(world, "refund")).status == "refunded"
    await world.verify()


async def test_money_is_not_dismissed(world: World) -> None:
    await late(world)
    with pytest.raises(Conflict) as caught:
        await decide(world, "dismiss")
    assert caught.value.code == "CASE_NOT_APPLICABLE"
    with pytest.raises(NotFound):
        await decide(world, "accept", case_id="65a0000000000000000000ff")


async def test_another_amount_is_accepted_or_goes_back(world: World) -> None:
    outcomes: dict[Resolution, str] = {"accept": "succeeded", "refund": "canceled"}
    for resolution, status in outcomes.items():
        started = await world.pay(await world.checkout())
        payment_id = (await world.transaction(started.transaction_id)).provider_payment_id
        await world.deliver(world.event("payment_intent.succeeded", payment_id, amount_received=4000))
        case_id = (await world.cases())[-1]["_id"]
        await decide(world, resolution, case_id=case_id)
        after = await world.transaction(started.transaction_id)
        assert (after.status, after.unapplied) == (status, 0)
    await world.verify()


@pytest.mark.parametrize(("setting", "held"), [({}, 0), ({"duplicatePayment": "review"}, 4900)])
async def test_what_was_paid_twice_goes_back_unless_the_site_wants_to_look(
    world: World, setting: dict[str, str], held: int
) -> None:
    world.tenants.change_site(**setting)
    paid = await world.paid()
    await world.deliver(world.event("payment_intent.succeeded", "pi_77", transaction_id=paid.id))
    assert (await world.transaction(paid.id)).unapplied == held
    assert [case["status"] for case in await world.cases()] == ["open" if held else "refunded"]
    await world.verify()


async def test_a_surplus_is_kept_or_goes_back(world: World) -> None:
    resolutions: tuple[Resolution, ...] = ("accept", "refund")
    for resolution in resolutions:
        paid = await world.paid_by_wire(5000)
        assert (paid.status, paid.captured, paid.unapplied) == ("succeeded", 4900, 100)
        await decide(world, resolution, case_id=(await world.cases())[-1]["_id"])
        after = await world.transaction(paid.id)
        assert (after.captured, after.unapplied, after.refundable) == (4900, 0, 4900)
    await world.verify()


async def test_a_manual_payment(world: World) -> None:
    request = CreateManualTransaction(
        transaction_id=new_object_id(),
        site_id=world.site_id,
        amount=1200,
        currency="EUR",
        received_at=world.clock.now(),
        external_reference="cash-1",
        party=Party(email="ada@example.com"),
    )
    for _ in range(2):
        record = await create_manual(request, scope=world.scope, site_id=None, operation_id=None, deps=world.deps)
    assert (record.status, record.type, record.captured, record.email) == (
        "succeeded",
        "manual",
        1200,
        "ada@example.com",
    )
    (event,) = await world.events("transaction.succeeded.v1")
    assert (event["data"]["manual"], event["data"]["dispatchIpn"]) == (True, False)
    assert await world.entries(record.id) == ["manual_payment"]
    made = await world.refund(record.id, 200)
    assert (made.manual, made.status) == (True, "requested")
    await world.verify()


@pytest.mark.parametrize(("outcome", "status"), [("paid", "succeeded"), ("failed", "failed"), ("canceled", "canceled")])
async def test_an_operator_marks_a_transfer(world: World, outcome: Any, status: str) -> None:
    started = await world.pay(await world.checkout(), world.wire_id)
    request = MarkTransaction(transaction_id=started.transaction_id, outcome=outcome)
    for _ in range(2):
        record = await mark_transaction(request, scope=world.scope, deps=world.deps)
        assert record.status == status
    assert record.captured == (4900 if outcome == "paid" else 0)
    event = (await world.events(f"transaction.{status}.v1"))[0]
    assert event["data"]["dispatchIpn"] is False
    other = "failed" if outcome == "paid" else "paid"
    with pytest.raises(Conflict) as caught:
        await mark_transaction(request.model_copy(update={"outcome": other}), scope=world.scope, deps=world.deps)
    assert caught.value.code == "TRANSACTION_ENDED"
    await world.verify()


async def test_what_is_missing_of_a_transfer_is_marked_as_paid(world: World) -> None:
    started = await world.pay(await world.checkout(), world.wire_id)
    receipt = RecordReceipt(
        transaction_id=started.transaction_id,
        amount=4000,
        currency="EUR",
        received_at=world.clock.now(),
        bank_reference="B-1",
    )
    await record_receipt(receipt, scope=world.scope, deps=world.deps)
    failed = MarkTransaction(transaction_id=started.transaction_id, outcome="failed")
    with pytest.raises(Conflict) as caught:
        await mark_transaction(failed, scope=world.scope, deps=world.deps)
    assert caught.value.code == "TRANSACTION_HAS_MONEY"
    paid = failed.model_copy(update={"outcome": "paid"})
    record = await mark_transaction(paid, scope=world.scope, deps=world.deps)
    assert (record.status, record.captured, record.received) == ("succeeded", 4900, 4900)
    await world.verify()


async def test_only_attempts_without_money_are_deleted(world: World) -> None:
    started = await world.pay(await world.checkout())
    await world.deliver(world.event("payment_intent.payment_failed", "pi_1"))
    await delete_transaction(started.transaction_id, scope=world.scope, deps=world.deps)
    with pytest.raises(NotFound):
        await get_transaction(started.transaction_id, scope=world.scope, deps=world.deps)
    with pytest.raises(NotFound):
        await delete_transaction(started.transaction_id, scope=world.scope, deps=world.deps)
    paid = await world.paid()
    with pytest.raises(Conflict) as caught:
        await delete_transaction(paid.id, scope=world.scope, deps=world.deps)
    assert caught.value.code == "TRANSACTION_HAS_MONEY"
    await world.verify()


async def test_an_authorized_payment_is_captured_at_once_and_once(world: World) -> None:
    started = await world.pay(await world.checkout())
    world.providers.set_state("pi_1", "authorized")
    event: dict[str, Any] = {"amount_capturable": 4900, "status": "requires_capture"}
    for _ in range(2):
        await world.deliver(world.event("payment_intent.amount_capturable_updated", "pi_1", **event))
    after = await world.transaction(started.transaction_id)
    assert (after.status, after.captured) == ("succeeded", 4900)
    assert [name for name, _ in world.providers.calls].count("capture") == 1
    await world.verify()


async def test_an_authorization_after_the_end_is_voided(world: World) -> None:
    started = await world.pay(await world.checkout())
    await world.deliver(world.event("payment_intent.canceled", "pi_1"))
    world.providers.set_state("pi_1", "authorized")
    created = int((world.clock.now() + timedelta(minutes=1)).timestamp())
    await world.deliver(
        world.event("payment_intent.amount_capturable_updated", "pi_1", created=created, amount_capturable=4900)
    )
    assert world.providers.payments["pi_1"].state == "canceled"
    assert (await world.transaction(started.transaction_id)).status == "canceled"


async def test_a_wrong_cent_is_found_with_its_transaction(world: World) -> None:
    paid = await world.paid()
    assert await verify_all(deps=world.deps) == []
    await world.db.transactions.update_one({"_id": paid.id}, {"$set": {"captured": 4901, "status": "failed"}})
    found = await verify_all(deps=world.deps)
    assert Difference(paid.id, "captured is 4901, the books say 4900") in found
    assert Difference(paid.id, "the state is failed, the timeline ends at succeeded") in found
