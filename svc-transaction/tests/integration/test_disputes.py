"""Disputes on a real database: records, books, holds and what customers may still do."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Conflict, NotFound
from gateway_contracts.events.transaction import Party
from gateway_contracts.requests.dispute import UpdateDispute
from transaction.ports import CreditNote
from transaction.transitions.apply_dispute import apply_dispute
from transaction.transitions.load import load_pair
from transaction.transitions.settle_refund import EventSource
from transaction.use_cases.release_hold import release_hold
from transaction.use_cases.update_dispute import update_dispute

pytestmark = pytest.mark.integration


async def say(
    world: World, event: str, status: str, *, day: int = 0, amount: int = 4900, payment: str = "pi_1"
) -> None:
    """A dispute event of Stripe about `dp_1`."""
    created = int((world.clock.now() + timedelta(days=day)).timestamp())
    subject: dict[str, Any] = {"object": "dispute", "payment_intent": payment, "amount": amount, "status": status}
    await world.deliver(world.event(f"charge.dispute.{event}", "dp_1", created=created, **subject))


async def only(world: World, transaction_id: str) -> Any:
    (dispute,) = await world.deps.disputes.of_transaction(world.scope, transaction_id)
    return dispute


async def test_a_dispute_that_is_won(world: World) -> None:
    paid = await world.paid()
    await say(world, "created", "needs_response")
    await say(world, "funds_withdrawn", "needs_response")
    during = await world.transaction(paid.id)
    assert (during.status, during.disputed, during.open_disputes) == ("succeeded", 4900, 1)
    with pytest.raises(Conflict) as caught:
        await world.refund(paid.id, 100)
    assert caught.value.code == "TRANSACTION_DISPUTED"

    await say(world, "updated", "under_review", day=1)
    await say(world, "closed", "won", day=2)
    await say(world, "funds_reinstated", "won", day=2)
    after = await world.transaction(paid.id)
    assert (after.disputed, after.open_disputes, after.refundable) == (0, 0, 4900)
    types = [event["type"] for event in await world.events() if event["type"].startswith("dispute")]
    updated = "dispute.updated.v1"
    assert types == ["dispute.opened.v1", updated, updated, "dispute.closed.v1", updated]
    versions = [event["data"]["transactionSequence"] for event in await world.events() if "dispute" in event["type"]]
    assert versions == sorted(set(versions))
    await world.verify()


async def test_a_lost_dispute_holds_its_customer(world: World) -> None:
    paid = await world.paid()
    await say(world, "created", "needs_response")
    with pytest.raises(Conflict) as caught:
        await world.checkout()
    assert caught.value.code == "CHECKOUT_BLOCKED_BY_DISPUTE"
    assert caught.value.data["disputeId"] == (await only(world, paid.id)).id
    assert caught.value.data["transactionId"] == paid.id
    assert (caught.value.data["amount"], caught.value.data["currency"]) == (4900, "EUR")

    await say(world, "funds_withdrawn", "needs_response")
    await say(world, "closed", "lost", day=1)
    assert await world.entries(paid.id) == ["capture", "dispute_lost", "dispute_opened"]
    with pytest.raises(Conflict) as caught:
        await world.checkout()
    assert caught.value.code == "CHECKOUT_BLOCKED_BY_CUSTOMER_HOLD"
    hold = caught.value.data["customerRiskHold"]
    assert (hold["action"], hold["reason"], hold["allowedProviderIds"]) == ("block_all", "lost_dispute", [])

    await world.checkout(party=Party(email="other@example.com"))
    await release_hold(hold["id"], scope=world.scope, deps=world.deps)
    await world.checkout()
    await world.verify()


@pytest.mark.parametrize("dispute_hold", ["block_all", "allow_provider_types"])
async def test_the_refusal_after_a_lost_dispute_names_its_credit_note(world: World, dispute_hold: str) -> None:
    world.tenants.change_site(disputeHold=dispute_hold, disputeHoldProviderTypes=["wire"])
    paid = await world.paid()
    await say(world, "created", "needs_response")
    with pytest.raises(Conflict) as caught:
        await world.checkout()
    # Nothing is decided: there is no credit note to ask for.
    assert (caught.value.data["creditNoteId"], world.credit_notes.asked) == (None, [])

    await say(world, "closed", "lost", day=1)
    dispute = await only(world, paid.id)
    with pytest.raises(Conflict) as caught:
        await world.checkout()
    assert (caught.value.data["creditNoteId"], caught.value.data["creditNoteNumber"]) == (None, None)
    world.credit_notes.notes[dispute.id] = CreditNote("65a50000000000000000000b", "CN-1")
    with pytest.raises(Conflict) as caught:
        await world.checkout()

    said = caught.value.data
    assert (said["creditNoteId"], said["creditNoteNumber"]) == ("65a50000000000000000000b", "CN-1")
    assert world.credit_notes.asked[-1] == (world.scope.organization_id, False, paid.id, dispute.id)


async def test_a_hold_that_leaves_some_providers(world: World) -> None:
    world.tenants.change_site(disputeHold="allow_provider_types", disputeHoldProviderTypes=["wire"])
    await world.paid()
    await say(world, "closed", "lost")
    with pytest.raises(Conflict) as caught:
        await world.checkout()
    assert caught.value.code == "CHECKOUT_RESTRICTED_BY_CUSTOMER_HOLD"
    assert caught.value.data["customerRiskHold"]["allowedProviderIds"] == [world.wire_id]
    session = await world.checkout(allowed_provider_ids=(world.wire_id,))
    assert (await world.pay(session, world.wire_id)).next_action.type == "bank_transfer"


async def test_an_address_typed_at_the_checkout_is_looked_at_too(world: World) -> None:
    await world.paid()
    session = await world.checkout(party=Party(email="other@example.com"))
    await say(world, "created", "needs_response")
    with pytest.raises(Conflict) as caught:
        await world.pay(session, billing=Party(email="ada@example.com"))
    assert caught.value.code == "CHECKOUT_BLOCKED_BY_DISPUTE"


@pytest.mark.parametrize("address", ["ada@example.com", "ADA@example.com ", "other@example.com", "third@example.com"])
async def test_every_address_of_the_customer_counts_whatever_the_page_said(world: World, address: str) -> None:
    """The shop gave two, the page another one: the dispute, and the hold after it, are found under each of them."""
    session = await world.checkout(other_email="third@example.com")
    started = await world.pay(session, billing=Party(email="other@example.com"))
    await world.deliver(world.event("payment_intent.succeeded", "pi_1", amount_received=4900, currency="eur"))

    await say(world, "created", "needs_response")
    with pytest.raises(Conflict) as caught:
        await world.checkout(party=Party(email=address))
    assert caught.value.code == "CHECKOUT_BLOCKED_BY_DISPUTE"

    await say(world, "closed", "lost", day=1)
    with pytest.raises(Conflict) as caught:
        await world.checkout(party=Party(email="new@example.com"), other_email=address)
    assert caught.value.code == "CHECKOUT_BLOCKED_BY_CUSTOMER_HOLD"
    own_hash = world.deps.cipher.email_hash(world.scope.organization_id, address)
    (hold,) = await world.deps.holds.latest(world.scope, email_hash=own_hash, with_released=False)
    assert hold.transaction_id == started.transaction_id

    innocent = await world.checkout(party=Party(email="new@example.com"))
    with pytest.raises(Conflict):
        await world.pay(innocent, billing=Party(email=address))


async def test_the_address_that_the_shop_gave_counts_while_another_is_typed(world: World) -> None:
    await world.paid()
    session = await world.checkout(party=Party(email="x@example.com"), other_email="y@example.com")
    held = await world.checkout()
    await say(world, "closed", "lost")
    with pytest.raises(Conflict) as caught:
        await world.pay(held, billing=Party(email="y@example.com"))
    assert caught.value.code == "CHECKOUT_BLOCKED_BY_CUSTOMER_HOLD"
    assert (await world.pay(session, billing=Party(email="z@example.com"))).status == -1


async def test_an_inquiry_is_only_remembered(world: World) -> None:
    paid = await world.paid()
    await say(world, "created", "warning_needs_response")
    await say(world, "closed", "warning_closed", day=1)
    dispute = await only(world, paid.id)
    assert (dispute.kind, dispute.status, await world.entries(paid.id)) == ("inquiry", "won", ["capture"])
    await world.checkout()
    await world.refund(paid.id, 100)
    await world.verify()


async def test_a_decision_reversed_releases_the_hold(world: World) -> None:
    paid = await world.paid()
    await say(world, "closed", "lost")
    await say(world, "closed", "won", day=1)
    assert (await world.transaction(paid.id)).disputed == 0
    await world.checkout()
    await world.verify()


async def test_an_operator_accepts_a_dispute(world: World) -> None:
    paid = await world.paid()
    await say(world, "created", "needs_response")
    dispute = await only(world, paid.id)
    request = UpdateDispute(transaction_id=paid.id, dispute_id=dispute.id, status="accepted")
    for _ in range(2):
        record = await update_dispute(request, scope=world.scope, deps=world.deps)
        assert record.status == "accepted"
    (closed,) = await world.events("dispute.closed.v1")
    assert (closed["data"]["manual"], closed["data"]["dispatchIpn"]) == (True, False)
    (hold,) = await world.deps.holds.latest(world.scope, email_hash=None, with_released=False)
    assert hold.reason == "accepted_dispute"
    with pytest.raises(NotFound):
        await update_dispute(request, scope=Scope("65a0000000000000000000ff", False), deps=world.deps)
    await world.verify()


async def test_a_debit_that_comes_back_is_a_loss(world: World) -> None:
    """The provider fails a payment that it had confirmed before."""
    paid = await world.paid()
    later = int((world.clock.now() + timedelta(days=3)).timestamp())
    for _ in range(2):
        await world.deliver(world.event("payment_intent.payment_failed", "pi_1", created=later))
    dispute = await only(world, paid.id)
    after = await world.transaction(paid.id)
    assert (dispute.kind, dispute.status) == ("bank_return", "lost")
    assert (after.status, after.disputed) == ("succeeded", 4900)
    await world.checkout()  # lost without the customer's fault: no hold
    await world.verify()


async def test_both_a_refund_and_a_loss_are_a_case(world: World) -> None:
    paid = await world.paid()
    await world.refund(paid.id)
    await say(world, "closed", "lost", day=1)
    assert [case["kind"] for case in await world.cases()] == ["double_reversal"]
    await world.verify()


async def test_a_dispute_of_a_failed_payment_is_a_case(world: World) -> None:
    started = await world.pay(await world.checkout())
    await world.deliver(world.event("payment_intent.payment_failed", "pi_1"))
    await say(world, "created", "needs_response", day=1)
    assert [case["kind"] for case in await world.cases()] == ["unmatched_event"]
    assert await world.deps.disputes.of_transaction(world.scope, started.transaction_id) == []


async def test_another_payments_dispute_is_not_changed(world: World) -> None:
    from transaction.domain.dispute import DisputeStatus, DisputeUpdate

    first, second = await world.paid(), await world.paid(party=Party(email="b@example.com"))
    await say(world, "created", "needs_response")

    async def work(tx: Any) -> Any:
        transaction, checkout = await load_pair(tx, world.scope, second.id, deps=world.deps)
        update = DisputeUpdate("chargeback", DisputeStatus.LOST)
        return await apply_dispute(tx, "dp_1", update, transaction, checkout, EventSource("provider"), deps=world.deps)

    assert await world.deps.uow.run(work) is None
    assert (await only(world, first.id)).status == "open"


def balance(*amounts: int) -> list[dict[str, Any]]:
    """Entries of Stripe's balance: negative where money was withdrawn."""
    moved = enumerate(amounts)
    return [{"id": f"txn_{n}", "amount": amount, "currency": "eur", "fee": 0, "net": amount} for n, amount in moved]


async def move(world: World, event: str, status: str, *amounts: int, day: int = 0) -> None:
    created = int((world.clock.now() + timedelta(days=day)).timestamp())
    subject: dict[str, Any] = {"object": "dispute", "payment_intent": "pi_1", "amount": 4900, "status": status}
    about: dict[str, Any] = {**subject, "balance_transactions": balance(*amounts)} if amounts else subject
    await world.deliver(world.event(f"charge.dispute.{event}", "dp_1", created=created, **about))


LATE_MONEY: list[tuple[str, str, tuple[int, ...], int]] = [
    ("created", "needs_response", (), 0),
    ("funds_withdrawn", "needs_response", (-4900,), 0),
    ("closed", "lost", (), 1),
    ("funds_reinstated", "lost", (-4900, 4900), 2),
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(len(LATE_MONEY)))))
async def test_money_of_a_lost_dispute_that_comes_back_is_booked(world: World, order: tuple[int, ...]) -> None:
    """In every order of its events; an event that was reported twice counts once."""
    paid = await world.paid()
    for place in (*order, order[-1]):
        event, status, amounts, day = LATE_MONEY[place]
        await move(world, event, status, *amounts, day=day)

    after, dispute = await world.transaction(paid.id), await only(world, paid.id)
    assert (dispute.status, dispute.funds_withdrawn, dispute.position) == ("lost", False, "none")
    assert (after.status, after.disputed, after.open_disputes, after.refundable) == ("succeeded", 0, 0, 4900)
    assert await world.balance(paid.id, "dispute_losses") == await world.balance(paid.id, "disputed") == 0
    assert await world.balance(paid.id, "clearing") == 4900
    assert await world.cases() == []
    await world.verify()


async def test_a_lost_dispute_that_the_provider_calls_won_with_its_money_is_won(world: World) -> None:
    """Only the event of the money says so: the dispute was closed before."""
    paid = await world.paid()
    await move(world, "funds_withdrawn", "needs_response", -4900)
    await move(world, "closed", "lost", day=5)
    await move(world, "funds_reinstated", "won", -4900, 4900, day=6)

    dispute = await only(world, paid.id)
    assert (dispute.status, dispute.position) == ("won", "none")
    assert [event["data"]["status"] for event in await world.events("dispute.closed.v1")] == ["lost", "won"]
    await world.checkout()  # the hold is released
    assert [case["kind"] for case in await world.cases()] == ["document_correction"]
    await world.verify()


async def test_a_lost_dispute_that_is_reopened_may_need_another_document(world: World) -> None:
    """The credit note was issued when it was lost; winning the appeal opens no second case."""
    await world.paid()
    await move(world, "closed", "lost")
    assert await world.cases() == []
    await move(world, "updated", "under_review", day=1)
    await move(world, "closed", "won", day=2)

    (case,) = await world.cases()
    assert (case["kind"], case["status"]) == ("document_correction", "open")
    await world.verify()


async def test_more_money_than_was_withdrawn_waits_for_a_person(world: World) -> None:
    """A provider that reinstates twice: the loss is undone once, the rest is one case however often it is reported."""
    paid = await world.paid()
    await move(world, "funds_withdrawn", "needs_response", -4900)
    await move(world, "closed", "lost", day=1)
    await move(world, "funds_reinstated", "lost", -4900, 4900, day=2)
    assert await world.cases() == []
    for day in (3, 4):
        await move(world, "funds_reinstated", "lost", -4900, 4900, 900, day=day)

    (case,) = await world.cases()
    assert (case["kind"], case["amount"]) == ("double_reversal", 900)
    assert (await world.transaction(paid.id)).disputed == 0
    await world.verify()


async def test_a_part_of_a_lost_dispute_that_comes_back(world: World) -> None:
    paid = await world.paid()
    await move(world, "funds_withdrawn", "needs_response", -4900)
    await move(world, "closed", "lost", day=5)
    await move(world, "funds_reinstated", "lost", -4900, 1000, day=6)
    during = await world.transaction(paid.id)
    assert (during.disputed, during.refundable) == (3900, 1000)
    assert await world.balance(paid.id, "dispute_losses") == 3900
    await world.verify()

    await move(world, "funds_reinstated", "lost", -4900, 1000, 3900, day=7)
    assert (await world.transaction(paid.id)).disputed == 0
    await world.verify()


async def test_a_released_hold_stays_released_when_money_comes_back(world: World) -> None:
    await world.paid()
    await move(world, "closed", "lost")
    [hold] = await world.deps.holds.latest(world.scope, email_hash=None, with_released=False)
    await release_hold(hold.id, scope=world.scope, deps=world.deps)

    await move(world, "funds_reinstated", "lost", -4900, 4900, day=1)

    assert await world.deps.holds.latest(world.scope, email_hash=None, with_released=False) == []
