"""Money that the bank itself reports (Wise): matched by reference, booked like a receipt, never booked twice."""

from datetime import UTC, datetime
from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.errors import Rejected, Transient
from gateway_contracts.money import Money
from gateway_contracts.requests.transaction import RecordReceipt
from gateway_providers.events import FactKind, ProviderFact
from gateway_providers.remittance import reference_for, transaction_id_of
from transaction.use_cases.record_receipt import record_receipt

pytestmark = pytest.mark.integration

AT = datetime(2026, 1, 16, tzinfo=UTC)


def money(reference: str | None, minor: int, *, transfer: str = "t-1", key: str | None = None, **changes: Any) -> Any:
    fields: dict[str, Any] = {
        "kind": FactKind.MONEY_RECEIVED,
        "event_type": "incoming-transfer#credited",
        "provider_status": "credited",
        "occurred_at": AT,
        "livemode": False,
        "provider_payment_id": reference,
        "transaction_id": transaction_id_of(reference) if reference else None,
        "amount": Money(minor, "EUR"),
        "provider_object_id": transfer,
        "reference": reference,
        "event_key": key or f"key-{transfer}",
    }
    return ProviderFact(**{**fields, **changes})


async def thin_event(world: World, *facts: ProviderFact, provider_id: str | None = None) -> None:
    """A thin event comes, and this is what the bank answers when it is asked."""
    world.providers.seen_when_asked = list(facts)
    event = world.event("incoming-transfer#credited", "", provider_id=provider_id or world.wire_id, verified=False)
    await world.deliver(event)


async def started(world: World) -> str:
    transaction_id: str = (await world.pay(await world.checkout(), world.wire_id)).transaction_id
    return transaction_id


async def test_the_exact_sum_succeeds(world: World) -> None:
    transaction_id = await started(world)

    await thin_event(world, money(reference_for(transaction_id), 4900))

    paid = await world.transaction(transaction_id)
    assert (paid.status.value, paid.captured, paid.received) == ("succeeded", 4900, 4900)
    assert await world.entries(transaction_id) == ["order_complete", "receipt"]
    assert paid.timeline[-1].source == "provider"
    assert await world.cases() == []
    await world.verify()


async def test_parts_add_up_and_repeats_count_once(world: World) -> None:
    transaction_id = await started(world)
    reference = reference_for(transaction_id)

    for key in ("a", "a", "another-event-of-the-same-transfer"):
        await thin_event(world, money(reference, 3000, transfer="t-1", key=key))
    assert (await world.transaction(transaction_id)).received == 3000
    await thin_event(world, money(reference, 1900, transfer="t-2"))

    paid = await world.transaction(transaction_id)
    assert (paid.status.value, paid.captured, paid.received) == ("succeeded", 4900, 4900)
    await world.verify()


async def test_a_surplus_is_kept_apart(world: World) -> None:
    transaction_id = await started(world)

    await thin_event(world, money(reference_for(transaction_id), 5000))

    paid = await world.transaction(transaction_id)
    assert (paid.status.value, paid.captured, paid.received) == ("succeeded", 4900, 5000)
    [case] = await world.cases()
    assert (case["kind"], case["amount"]) == ("amount_mismatch", 100)
    await world.verify()


async def test_another_currency_is_a_case(world: World) -> None:
    transaction_id = await started(world)

    await thin_event(world, money(reference_for(transaction_id), 4900, amount=Money(4900, "USD")))

    assert (await world.transaction(transaction_id)).captured == 0
    assert [case["kind"] for case in await world.cases()] == ["amount_mismatch"]


@pytest.mark.parametrize("reference", [None, reference_for("f" * 24)])
async def test_money_that_matches_nothing_waits_for_a_person(world: World, reference: str | None) -> None:
    for key in ("a", "b"):
        await thin_event(world, money(reference, 4900, key=key))

    [case] = await world.cases()
    assert (case["kind"], case["amount"], case["currency"]) == ("unmatched_event", 4900, "EUR")
    assert (case["provider_id"], case.get("transaction_id")) == (world.wire_id, None)
    assert len(await world.events("case.opened.v1")) == 1


async def test_the_reference_of_another_account_is_not_applied(world: World) -> None:
    transaction_id = await started(world)

    await thin_event(world, money(reference_for(transaction_id), 4900), provider_id=world.stripe_id)

    assert (await world.transaction(transaction_id)).received == 0
    assert [case["kind"] for case in await world.cases()] == ["unmatched_event"]


async def test_a_thin_event_that_could_not_be_resolved_changes_nothing(world: World) -> None:
    transaction_id = await started(world)
    noted = money(None, 1, kind=FactKind.UNKNOWN, provider_status="no_access", amount=None)

    await thin_event(world, noted)
    receipt = RecordReceipt(
        transaction_id=transaction_id, amount=4900, currency="EUR", received_at=AT, bank_reference="B-1"
    )
    record = await record_receipt(receipt, scope=world.scope, deps=world.deps)

    assert (record.status, await world.cases()) == ("succeeded", [])


async def test_a_thin_event_for_a_deleted_provider_is_no_passing_fault(world: World) -> None:
    """It would be asked for again and again, beside the thin events of every other merchant."""
    transaction_id = await started(world)
    world.tenants.deleted[world.wire_id] = world.tenants.providers.pop(world.wire_id)

    with pytest.raises(Rejected) as refused:
        await thin_event(world, money(reference_for(transaction_id), 4900))

    assert refused.value.code == "PROVIDER_DELETED"


async def test_a_thin_event_for_a_provider_that_is_not_known_yet_is_a_passing_fault(world: World) -> None:
    with pytest.raises(Transient):
        await thin_event(world, money(reference_for("a" * 24), 4900), provider_id="f" * 24)
