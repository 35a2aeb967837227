"""Fees, exchanges and fractions that providers tell, or have to be asked for."""

from datetime import timedelta
from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.errors import Transient
from gateway_contracts.money import Money
from gateway_providers.events import Exchange
from gateway_providers.ports import Settlement
from transaction.provider_operations.fetch_fees import fetch_fees

pytestmark = pytest.mark.integration

DOLLARS = Exchange(Money(4900, "EUR"), Money(5390, "USD"))


async def charge_is_settled(world: World, paid: Any, reference: Any = "txn_1") -> None:
    fields: dict[str, Any] = {
        "object": "charge",
        "payment_intent": paid.provider_payment_id,
        "balance_transaction": reference,
    }
    await world.deliver(world.event("charge.updated", "ch_1", amount_captured=4900, **fields))


async def test_a_fee_that_is_only_named_is_asked_for_once(world: World) -> None:
    paid = await world.paid()
    world.providers.settlements["txn_1"] = Settlement(Money(98, "EUR"))
    for _ in range(3):
        await charge_is_settled(world, paid)
    world.providers.fail_next("fetch_settlement", Transient("not reached"))

    assert await fetch_fees(world.deps).round() == 1
    assert await world.entries(paid.id) == ["capture"]
    world.clock.advance(timedelta(hours=2))
    assert await fetch_fees(world.deps).round() == 1
    await charge_is_settled(world, paid)
    assert await fetch_fees(world.deps).round() == 0

    assert await world.balance(paid.id, "provider_fees") == 98
    assert await world.balance(paid.id, "clearing") == 4802
    assert [name for name, _ in world.providers.calls].count("fetch_settlement") == 2
    assert await fee_entries(world, paid) == ["fee_known", "fee_booked"]
    await world.verify()


async def fee_entries(world: World, paid: Any) -> list[str]:
    """Entries about fees in the timeline."""
    return [entry.type for entry in (await world.transaction(paid.id)).timeline if entry.type.startswith("fee")]


async def test_a_fee_that_is_reported_again_is_no_news(world: World) -> None:
    paid = await world.paid()
    balance = {"id": "txn_1", "amount": 4900, "fee": 98, "net": 4802, "currency": "eur"}
    for _ in range(2):
        await charge_is_settled(world, paid, balance)
    assert await fee_entries(world, paid) == ["fee_known"]
    assert await world.balance(paid.id, "provider_fees") == 98
    # Another movement is: the fee of a refund.
    await charge_is_settled(world, paid, {**balance, "id": "txn_2", "fee": 5, "net": 4895})
    assert await fee_entries(world, paid) == ["fee_known", "fee_known"]
    await world.verify()


async def test_a_fee_that_the_provider_does_not_know_is_given_up(world: World) -> None:
    paid = await world.paid()
    await charge_is_settled(world, paid)
    assert await fetch_fees(world.deps).round() == 1
    world.clock.advance(timedelta(days=2))
    assert await fetch_fees(world.deps).round() == 0
    assert await world.entries(paid.id) == ["capture"]


async def test_money_that_is_kept_in_another_currency(world: World) -> None:
    paid = await world.paid()
    world.providers.settlements["txn_1"] = Settlement(Money(98, "USD"), DOLLARS, Money(1, "USD"))
    await charge_is_settled(world, paid)
    await fetch_fees(world.deps).round()

    assert await world.balance(paid.id, "clearing") == 0
    assert await world.balance(paid.id, "clearing", "USD") == 5390 - 98 - 1
    assert await world.balance(paid.id, "fx_exchange") == 4900
    assert await world.balance(paid.id, "fx_exchange", "USD") == -5390
    assert await world.balance(paid.id, "rounding", "USD") == 1
    after = await world.transaction(paid.id)
    assert (after.captured, after.refundable, after.status) == (4900, 4900, "succeeded")
    await world.verify()


async def test_what_a_dispute_costs_and_what_comes_back_when_it_is_won(world: World) -> None:
    paid = await world.paid()

    def entry(reference: str, amount: int, fee: int) -> dict[str, Any]:
        return {"id": reference, "amount": amount, "fee": fee, "net": amount - fee, "currency": "eur"}

    taken, back = entry("txn_2", -4900, 1500), entry("txn_3", 4900, -1500)
    for name, status, day, entries in (
        ("created", "needs_response", 0, []),
        ("funds_withdrawn", "needs_response", 0, [taken]),
        ("updated", "under_review", 1, [taken]),
        ("closed", "won", 2, [taken]),
    ):
        await dispute(world, paid, name, status, day, entries)
    assert await world.balance(paid.id, "dispute_fees") == 1500
    assert await world.balance(paid.id, "clearing") == -1500

    await dispute(world, paid, "funds_reinstated", "won", 2, [taken, back])
    assert await world.balance(paid.id, "dispute_fees") == 0
    assert await world.balance(paid.id, "clearing") == 4900
    await world.verify()


async def dispute(world: World, paid: Any, name: str, status: str, day: int, entries: list[Any]) -> None:
    created = int((world.clock.now() + timedelta(days=day)).timestamp())
    subject = {"object": "dispute", "payment_intent": paid.provider_payment_id, "status": status}
    event = f"charge.dispute.{name}"
    await world.deliver(world.event(event, "dp_1", created=created, balance_transactions=entries, **subject))


async def test_a_fee_reported_before_its_payment_is_confirmed(world: World) -> None:
    started = await world.pay(await world.checkout())
    balance = {"id": "txn_1", "amount": 5390, "fee": 98, "net": 5292, "currency": "usd"}
    fields: dict[str, Any] = {
        "object": "charge",
        "payment_intent": "pi_1",
        "balance_transaction": balance,
        "amount_captured": 4900,
    }
    await world.deliver(world.event("charge.updated", "ch_1", **fields))
    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))

    assert await world.balance(started.transaction_id, "clearing") == 0
    assert await world.balance(started.transaction_id, "clearing", "USD") == 5292
    await world.verify()
