"""Refunds on a real database: reserved before the provider is asked, true whatever it answers and when."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from transaction_world import Outcomes, World

from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import Conflict, Rejected, Transient
from gateway_contracts.events.refund import RefundLine
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_contracts.requests.operation import ResolveCase
from gateway_contracts.requests.refund import SettleRefund
from gateway_providers.ports import MARKER_ORGANIZATION, MARKER_REFUND, ProviderRefund, RefundRequest
from gateway_testkit.nightly import IS_NIGHTLY
from transaction.provider_operations.resolve_unknown import resolve_operations
from transaction.use_cases.resolve_case import resolve_case
from transaction.use_cases.settle_by_hand import settle_by_hand

pytestmark = pytest.mark.integration

# Refunds of one payment at the same moment, and what they may take in all: less than half of what they ask for.
REFUNDS = 50 if IS_NIGHTLY else 20
CAPTURED = REFUNDS * 980


def refund_event(
    world: World, payment_id: str, status: str, refund_id: str = "re_9", ours: str | None = None, **more: Any
) -> Any:
    """A refund event of Stripe, with our marker or without."""
    markers = {MARKER_REFUND: ours, MARKER_ORGANIZATION: world.scope.organization_id} if ours else {}
    fields: dict[str, Any] = {
        "object": "refund",
        "id": refund_id,
        "payment_intent": payment_id,
        "status": status,
        "amount": 4900,
        "metadata": markers,
        **more,
    }
    created = fields.pop("created", None)
    return world.event("refund.updated", payment_id, created=created, **fields)


async def test_partial_refunds_then_the_rest(world: World) -> None:
    paid = await world.paid()
    first = await world.refund(paid.id, 1900)
    after = await world.transaction(paid.id)
    assert (first.status, after.status, after.refunded, after.refundable) == ("succeeded", "succeeded", 1900, 3000)

    rest = await world.refund(paid.id)
    after = await world.transaction(paid.id)
    assert (rest.amount, after.status, after.refunded, after.refundable) == (3000, "refunded", 4900, 0)
    types = [event["type"] for event in await world.events() if event["type"].startswith(("refund", "transaction.ref"))]
    assert sorted(types) == ["refund.requested.v1"] * 2 + ["refund.succeeded.v1"] * 2 + ["transaction.refunded.v1"]
    assert (await world.events("refund.succeeded.v1"))[-1]["data"]["refunded"] == 4900
    said = [(entry.type, entry.source) for entry in after.timeline if entry.type.startswith("refund")]
    assert said == [
        ("refund_requested", "api"),
        ("refund_succeeded", "provider"),
        ("refund_requested", "api"),
        ("refund_succeeded", "provider"),
    ]
    await world.verify()


async def test_lines_travel_with_the_events(world: World) -> None:
    paid = await world.paid()
    made = await world.refund(paid.id, lines=(RefundLine(line=0, amount=2450, quantity=1),))
    assert made.amount == 2450
    data = (await world.events("refund.succeeded.v1"))[0]["data"]
    assert data["lines"] == [{"line": 0, "amount": 2450, "quantity": 1}]
    stored = await world.db.refunds.find_one({"_id": made.id})
    assert made.reason == "requested by the customer"
    assert "requested by the customer" not in str(stored)


@pytest.mark.timeout(600)
async def test_many_at_once_never_exceed_what_was_captured(world: World, outcomes: Outcomes) -> None:
    paid = await world.paid(amount=CAPTURED, items=())
    sizes = random.Random(7).choices(range(100, 5000), k=REFUNDS)  # noqa: S311 - repeatable sizes, nothing secret

    results = await outcomes(*(world.refund(paid.id, size) for size in sizes))

    losers = [result for result in results if isinstance(result, Exception)]
    won = sum(result.amount for result in results if not isinstance(result, Exception))
    assert losers
    assert {(type(loser), getattr(loser, "code", None)) for loser in losers} == {(Conflict, "REFUND_EXCEEDS_CAPTURED")}
    after = await world.transaction(paid.id)
    assert won == after.refunds_accepted == after.refunded <= CAPTURED
    assert sum(refund.amount.amount_minor for refund in world.providers.refunds.values()) == won
    await world.verify()


async def test_the_same_request_again_is_the_same_refund(world: World) -> None:
    paid = await world.paid()
    refund_id = new_object_id()
    first = await world.refund(paid.id, 100, refund_id=refund_id)
    assert await world.refund(paid.id, 100, refund_id=refund_id) == first
    assert len(world.providers.refunds) == 1


async def test_a_refusal_releases_the_reservation(world: World) -> None:
    paid = await world.paid()
    world.providers.fail_next("refund", Rejected("no", code="PROVIDER_REFUSED", providerCode="charge_disputed"))
    refused = await world.refund(paid.id, 1900)
    after = await world.transaction(paid.id)
    assert (refused.status, refused.failure.provider_code) == ("failed", "charge_disputed")
    assert (after.refundable, after.status) == (4900, "succeeded")
    assert len(await world.events("refund.failed.v1")) == 1
    await world.verify()


async def test_an_account_without_refunds(world: World) -> None:
    paid = await world.paid()
    world.providers.fail_next("refund", Rejected("no", code="REFUND_NOT_ENABLED"))
    refund_id = new_object_id()
    for _ in range(2):
        with pytest.raises(Conflict) as caught:
            await world.refund(paid.id, 1900, refund_id=refund_id)
        assert caught.value.code == "REFUND_NOT_ENABLED"
    assert (await world.transaction(paid.id)).refundable == 4900


async def test_an_unseen_answer_is_found_again(world: World) -> None:
    paid = await world.paid()
    world.providers.lost_answers = 1
    unknown = await world.refund(paid.id, 1900)
    assert (unknown.status, (await world.transaction(paid.id)).refundable) == ("unknown", 3000)

    world.clock.advance(timedelta(hours=1))
    await resolve_operations(world.deps).round()
    refund = await world.deps.refunds.get(None, world.scope, unknown.id)
    assert (refund.state, len(world.providers.refunds)) == ("succeeded", 1)
    assert [name for name, _ in world.providers.calls].count("find_refund") == 1
    await world.verify()


async def test_a_refund_that_never_was_is_given_up_after_the_window(world: World) -> None:
    paid = await world.paid()
    world.providers.fail_next("refund", Transient("not reached"))
    waiting = await world.refund(paid.id, 1900)
    assert waiting.status == "requested"
    world.clock.advance(timedelta(days=2))
    await resolve_operations(world.deps).round()
    refund = await world.deps.refunds.get(None, world.scope, waiting.id)
    assert (refund.state, refund.failure.code) == ("failed", "REFUND_NEVER_MADE")
    await world.verify()


async def test_a_pending_refund_is_looked_at_until_it_is_decided(world: World) -> None:
    paid = await world.paid()
    world.providers.refund_state = "pending"
    made = await world.refund(paid.id, 4900)
    assert (made.status, (await world.transaction(paid.id)).status) == ("pending", "succeeded")
    known = world.providers.refunds["re_1"]
    world.providers.refunds["re_1"] = type(known)("re_1", "succeeded", known.amount, "succeeded", known.refund_id)
    world.clock.advance(timedelta(hours=2))
    await resolve_operations(world.deps).round()
    assert (await world.transaction(paid.id)).status == "refunded"
    await world.verify()


async def test_the_webhook_comes_before_the_answer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    paid = await world.paid()
    refund_id = new_object_id()
    real = world.providers.refund

    async def reported_first(provider: ProviderConfig, request: RefundRequest, key: str) -> ProviderRefund:
        await world.deliver(refund_event(world, paid.provider_payment_id, "succeeded", "re_1", refund_id))
        return await real(provider, request, key)

    monkeypatch.setattr(world.providers, "refund", reported_first)
    made = await world.refund(paid.id, refund_id=refund_id)
    assert (made.status, made.provider_refund_id) == ("succeeded", "re_1")
    assert len(await world.events("refund.succeeded.v1")) == 1
    assert (await world.transaction(paid.id)).refunded == 4900
    await world.verify()


@pytest.mark.parametrize("amount", [1900, 2500])
async def test_a_webhook_without_our_marker_before_the_answer(
    world: World, monkeypatch: pytest.MonkeyPatch, amount: int
) -> None:
    """It looks like a refund made at the provider; the answer shows that it was ours."""
    paid = await world.paid()
    real = world.providers.refund

    async def reported_first(provider: ProviderConfig, request: RefundRequest, key: str) -> ProviderRefund:
        await world.deliver(refund_event(world, paid.provider_payment_id, "succeeded", "re_1", amount=amount))
        return await real(provider, request, key)

    monkeypatch.setattr(world.providers, "refund", reported_first)
    made = await world.refund(paid.id, amount)
    after = await world.transaction(paid.id)
    assert (made.status, made.provider_refund_id) == ("succeeded", "re_1")
    assert (after.refunded, after.refunds_accepted, after.status) == (amount, amount, "succeeded")
    await world.verify()


async def test_a_refund_made_at_the_provider(world: World) -> None:
    paid = await world.paid()
    for _ in range(2):
        await world.deliver(refund_event(world, paid.provider_payment_id, "succeeded", amount=1900))
    after = await world.transaction(paid.id)
    refunds = await world.deps.refunds.of_transaction(world.scope, paid.id)
    assert [(refund.source, refund.state, refund.amount) for refund in refunds] == [("provider", "succeeded", 1900)]
    assert (after.refunded, "refund_at_provider" in await world.entries(paid.id)) == (1900, True)
    await world.verify()


async def test_a_later_failure_brings_the_money_back(world: World) -> None:
    paid = await world.paid()
    made = await world.refund(paid.id)
    later = int((world.clock.now() + timedelta(days=3)).timestamp())
    await world.deliver(refund_event(world, paid.provider_payment_id, "failed", "re_1", made.id, created=later))
    after = await world.transaction(paid.id)
    assert (after.status, after.refunded, after.refundable) == ("succeeded", 0, 4900)
    assert [case["kind"] for case in await world.cases()] == ["document_correction"]
    assert (await world.events("refund.failed.v1"))[0]["data"]["wasSucceeded"]
    assert len(await world.events("transaction.restored.v1")) == 1
    assert len(await world.events("transaction.succeeded.v1")) == 1
    await world.verify()


async def test_a_refund_of_an_unproven_payment_asks_first(world: World) -> None:
    started = await world.pay(await world.checkout())
    payment_id = (await world.transaction(started.transaction_id)).provider_payment_id
    payment = world.providers.payments[payment_id]
    world.providers.set_state(payment_id, "succeeded", received=payment.amount)
    await world.deliver(refund_event(world, payment_id, "succeeded"))
    after = await world.transaction(started.transaction_id)
    assert (after.status, after.captured, after.refunded) == ("refunded", 4900, 4900)
    await world.verify()


async def test_more_given_back_than_was_taken_is_a_case(world: World) -> None:
    paid = await world.paid()
    await world.refund(paid.id)
    await world.deliver(refund_event(world, paid.provider_payment_id, "succeeded", "re_77", amount=1000))
    assert [case["kind"] for case in await world.cases()] == ["double_reversal"]
    assert (await world.transaction(paid.id)).refundable == -1000
    await world.verify()


async def test_wire_refunds_are_paid_by_hand(world: World) -> None:
    paid = await world.paid_by_wire()
    made = await world.refund(paid.id, 1900)
    assert (made.status, made.manual) == ("requested", True)
    request = SettleRefund(transaction_id=paid.id, refund_id=made.id, outcome="succeeded")
    for _ in range(2):
        settled = await settle_by_hand(request, scope=world.scope, deps=world.deps)
        assert settled.status == "succeeded"
    with pytest.raises(Conflict):
        await settle_by_hand(request.model_copy(update={"outcome": "canceled"}), scope=world.scope, deps=world.deps)
    balance = (await world.transaction(paid.id)).received
    assert balance == 4900
    await world.verify()


async def test_markers_of_another_transaction_are_not_believed(world: World) -> None:
    one, other = await world.paid(), await world.paid()
    made = await world.refund(one.id, 100)
    event = refund_event(world, other.provider_payment_id, "succeeded", "re_55", made.id, amount=700)
    await world.deliver(event)
    assert (await world.transaction(other.id)).refunded == 700
    assert (await world.transaction(one.id)).refunded == 100
    await world.verify()


async def test_a_refund_that_turns_out_otherwise_again_and_again(world: World) -> None:
    """Too much was given back as well: one case, and every turn is booked."""
    paid = await world.paid()
    await world.refund(paid.id)
    start = int(world.clock.now().timestamp())
    for number, status in enumerate(("succeeded", "failed", "succeeded", "failed", "succeeded")):
        event = refund_event(world, paid.provider_payment_id, status, "re_77", amount=1000, created=start + number)
        await world.deliver(event)
        await world.verify()
    assert (await world.transaction(paid.id)).refundable == -1000
    assert [case["kind"] for case in await world.cases()].count("double_reversal") == 1


async def test_too_much_that_is_only_reserved_at_the_provider_is_a_case(world: World) -> None:
    paid = await world.paid()
    await world.refund(paid.id)
    await world.deliver(refund_event(world, paid.provider_payment_id, "pending", "re_77", amount=1000))
    assert [case["kind"] for case in await world.cases()] == ["double_reversal"]
    await world.verify()


@pytest.mark.parametrize(("moved", "refundable"), [(1800, 3100), (2000, 2900), (6000, -1100)])
async def test_the_provider_gave_back_another_amount_than_was_asked(world: World, moved: int, refundable: int) -> None:
    """The books follow the money; a person looks at the difference once."""
    paid = await world.paid()
    world.providers.refund_state = "pending"
    made = await world.refund(paid.id, 1900)
    for _ in range(2):
        await world.deliver(refund_event(world, paid.provider_payment_id, "succeeded", "re_1", made.id, amount=moved))

    after = await world.transaction(paid.id)
    refund = await world.deps.refunds.get(None, world.scope, made.id)
    assert (refund.state, refund.amount) == ("succeeded", moved)
    assert (after.refunded, after.refundable) == (moved, refundable)
    assert after.status == ("refunded" if moved >= 4900 else "succeeded")
    [case] = [case for case in await world.cases() if case["kind"] == "amount_mismatch"]
    assert (case["amount"], case["currency"]) == (moved, "EUR")
    assert [case["kind"] for case in await world.cases()].count("double_reversal") == int(refundable < 0)
    assert (await world.events("refund.succeeded.v1"))[0]["data"]["amount"] == moved
    assert await world.balance(paid.id, "clearing") == 4900 - moved
    assert await world.balance(paid.id, "refunds_payable") == 0
    await world.verify()


async def test_another_amount_in_the_answer_to_our_own_call(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    paid = await world.paid()
    real = world.providers.refund

    async def answers(provider: ProviderConfig, request: RefundRequest, key: str) -> ProviderRefund:
        return replace(await real(provider, request, key), amount=Money(1800, "EUR"))

    monkeypatch.setattr(world.providers, "refund", answers)
    made = await world.refund(paid.id, 1900, lines=(RefundLine(line=0, amount=1900),))
    assert (made.status, made.amount, made.lines) == ("succeeded", 1800, ())
    assert [case["kind"] for case in await world.cases()] == ["amount_mismatch"]
    assert (await world.transaction(paid.id)).refunded == 1800
    await world.verify()


@pytest.mark.parametrize("moved", [100, 4900])
async def test_another_amount_that_is_reported_after_it_was_booked(world: World, moved: int) -> None:
    paid = await world.paid()
    asked = 4900 if moved == 100 else 100
    made = await world.refund(paid.id, asked)
    assert (await world.transaction(paid.id)).status == ("refunded" if asked == 4900 else "succeeded")
    await world.deliver(refund_event(world, paid.provider_payment_id, "succeeded", "re_1", made.id, amount=moved))

    after = await world.transaction(paid.id)
    assert (after.refunded, after.status) == (moved, "refunded" if moved == 4900 else "succeeded")
    assert [case["kind"] for case in await world.cases()] == ["amount_mismatch"]
    later = int((world.clock.now() + timedelta(days=3)).timestamp())
    await world.deliver(
        refund_event(world, paid.provider_payment_id, "failed", "re_1", made.id, created=later, amount=moved)
    )
    assert (await world.transaction(paid.id)).refunded == 0
    assert await world.balance(paid.id, "clearing") == 4900
    await world.verify()


async def test_a_refund_that_was_paid_in_another_currency(world: World) -> None:
    paid = await world.paid()
    world.providers.refund_state = "pending"
    made = await world.refund(paid.id, 1900)
    event = refund_event(world, paid.provider_payment_id, "succeeded", "re_1", made.id, amount=2100, currency="usd")
    await world.deliver(event)

    after = await world.transaction(paid.id)
    assert (after.refunded, after.refundable) == (1900, 3000)
    [case] = await world.cases()
    assert (case["kind"], case["amount"], case["currency"]) == ("amount_mismatch", 2100, "USD")
    assert await world.balance(paid.id, "clearing") == 4900
    assert await world.balance(paid.id, "clearing", "USD") == -2100
    assert await world.balance(paid.id, "fx_exchange") == -1900
    assert await world.balance(paid.id, "fx_exchange", "USD") == 2100
    await world.verify()


async def test_held_money_that_goes_back_with_another_amount(world: World) -> None:
    started = await world.pay(await world.checkout())
    await world.deliver(world.event("payment_intent.succeeded", "pi_1", amount_received=5000))
    [case] = await world.cases()
    world.providers.refund_state = "pending"
    request = ResolveCase(case_id=case["_id"], resolution="refund", refund_id=new_object_id())
    await resolve_case(request, scope=world.scope, operation_id=None, deps=world.deps)
    await world.deliver(refund_event(world, "pi_1", "succeeded", "re_1", request.refund_id, amount=4000))

    assert [one["kind"] for one in await world.cases()] == ["amount_mismatch"] * 2
    assert (await world.transaction(started.transaction_id)).unapplied == 1000
    assert await world.balance(started.transaction_id, "clearing") == 1000
    await world.verify()


async def test_too_much_that_is_on_its_way_is_a_case_before_it_is_paid(world: World) -> None:
    paid = await world.paid()
    world.providers.refund_state = "pending"
    made = await world.refund(paid.id)
    await world.deliver(refund_event(world, paid.provider_payment_id, "pending", "re_1", made.id, amount=6000))
    assert sorted(case["kind"] for case in await world.cases()) == ["amount_mismatch", "double_reversal"]
    assert (await world.transaction(paid.id)).refundable == -1100
    await world.verify()


async def test_the_id_of_another_payments_refund_waits_for_a_person(world: World) -> None:
    """Whatever the provider means by it: it cannot be stored twice under one id, and must not be tried without end."""
    first, second = await world.paid(), await world.paid()
    await world.deliver(refund_event(world, first.provider_payment_id, "succeeded", "re_same", amount=100))

    await world.deliver(refund_event(world, second.provider_payment_id, "succeeded", "re_same", amount=100))
    ours = await world.refund(second.id, 500)
    await world.deliver(refund_event(world, second.provider_payment_id, "succeeded", "re_same", ours.id, amount=500))

    assert [case["kind"] for case in await world.cases()] == ["unmatched_event"]
    assert (await world.transaction(first.id)).refunded == 100
    assert (await world.transaction(second.id)).refunded == 500
    await world.verify()
