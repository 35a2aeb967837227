"""Payments that do not go well: declines, lost answers, facts in the wrong order, money that fits nothing."""

from datetime import timedelta
from typing import Any

import pytest
from transaction_world import Outcomes, World

from gateway_contracts.errors import Conflict, OutcomeUnknown, Transient
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_providers.errors import NotCancelable, ProviderRefused
from transaction.domain.ledger import totals
from transaction.domain.states import Status, Trigger
from transaction.provider_operations.cancel_attempts import store_cancel
from transaction.provider_operations.execute import execute_operation
from transaction.provider_operations.resolve_unknown import resolve_operations, resolve_transactions
from transaction.use_cases.release_parked import release_parked
from transaction.use_cases.sync_return import sync_return

pytestmark = pytest.mark.integration


async def test_a_decline_ends_the_attempt_and_voids_the_payment(world: World) -> None:
    session = await world.checkout()
    started = await world.pay(session)

    await world.deliver(
        world.event("payment_intent.payment_failed", "pi_1", last_payment_error={"decline_code": "insufficient_funds"})
    )

    transaction = await world.transaction(started.transaction_id)
    assert (transaction.status, transaction.failure.code) == ("failed", "INSUFFICIENT_FUNDS")
    assert world.providers.payments["pi_1"].state == "canceled"
    assert (await world.events("transaction.failed.v1"))[0]["data"]["failureCode"] == "INSUFFICIENT_FUNDS"
    again = await world.pay(session)
    assert again.next_action.client_secret == "pi_2_secret"


async def test_a_decline_that_was_paid_meanwhile_is_a_late_success(world: World) -> None:
    started = await world.pay(await world.checkout())
    world.providers.set_state("pi_1", "succeeded", Money(4900, "EUR"))

    await world.deliver(world.event("payment_intent.payment_failed", "pi_1"))

    transaction = await world.transaction(started.transaction_id)
    assert (transaction.status, transaction.captured, transaction.failure) == ("succeeded", 4900, None)
    assert await world.entries(transaction.id) == ["unapplied_accepted", "unapplied_capture"]
    assert (await world.events("transaction.succeeded.v1"))[0]["data"]["late"] is True


async def test_a_refused_create_is_a_failure_with_a_reason(world: World) -> None:
    world.providers.fail_next("create", ProviderRefused("no such key", provider_code="api_key_expired"))

    started = await world.pay(await world.checkout())

    assert (started.status, started.next_action.type) == (2, "none")
    assert (started.failure.code, started.failure.provider_code) == ("PROVIDER_REFUSED", "api_key_expired")


async def test_an_unreachable_provider_fails_the_attempt_and_another_may_follow(world: World) -> None:
    session = await world.checkout()
    world.providers.fail_next("create", Transient("not reached", code="PROVIDER_UNAVAILABLE"))

    assert (await world.pay(session)).failure.code == "PROVIDER_UNAVAILABLE"
    assert (await world.pay(session, world.other_stripe_id)).status == -1


async def test_an_unknown_outcome_is_resolved_by_asking_with_the_same_key(world: World) -> None:
    world.providers.fail_next("create", OutcomeUnknown("timeout"))
    started = await world.pay(await world.checkout())
    assert started.status == 0
    assert (await world.transaction(started.transaction_id)).status == "unknown"

    world.clock.advance(timedelta(minutes=6))
    assert await resolve_operations(world.deps).round() == 1

    assert (await world.transaction(started.transaction_id)).status == "pending_provider"
    creates = [key for operation, key in world.providers.calls if operation == "create"]
    assert len(creates) == 2
    assert len(set(creates)) == 1


async def test_after_the_key_window_an_unknown_payment_is_looked_up_and_not_made_again(world: World) -> None:
    world.providers.fail_next("create", OutcomeUnknown("timeout"))
    started = await world.pay(await world.checkout())

    world.clock.advance(timedelta(days=2))
    await resolve_operations(world.deps).round()

    assert (await world.transaction(started.transaction_id)).status == "failed"
    assert [operation for operation, _ in world.providers.calls] == ["create", "find"]


async def test_a_crash_between_the_call_and_its_outcome_is_resolved_by_the_janitor(world: World) -> None:
    world.providers.lost_answers = 1
    session = await world.checkout()
    transaction_id = new_object_id()
    with pytest.raises(ConnectionResetError):
        await world.pay(session, transaction_id=transaction_id)
    assert (await world.transaction(transaction_id)).provider_payment_id is None

    world.clock.advance(timedelta(minutes=6))
    await resolve_operations(world.deps).round()

    assert (await world.transaction(transaction_id)).provider_payment_id == "pi_1"
    assert len(world.providers.payments) == 1
    repeated = await world.pay(session, transaction_id=transaction_id)
    assert repeated.next_action.client_secret == "pi_1_secret"


async def test_a_repeat_after_a_crash_makes_the_same_call_and_answers(world: World) -> None:
    world.providers.lost_answers = 1
    session, transaction_id = await world.checkout(), new_object_id()
    with pytest.raises(ConnectionResetError):
        await world.pay(session, transaction_id=transaction_id)

    repeated = await world.pay(session, transaction_id=transaction_id)

    assert repeated.next_action.client_secret == "pi_1_secret"
    assert len(world.providers.payments) == 1


async def test_a_repeat_while_the_provider_is_away_fails_nothing(world: World) -> None:
    world.providers.lost_answers = 1
    session, transaction_id = await world.checkout(), new_object_id()
    with pytest.raises(ConnectionResetError):
        await world.pay(session, transaction_id=transaction_id)
    world.providers.fail_next("create", Transient("the first call is still under way"))

    repeated = await world.pay(session, transaction_id=transaction_id)

    assert (repeated.status, repeated.next_action.type) == (-1, "none")


async def test_a_cancellation_that_read_too_early_still_reaches_the_provider(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The create call ended between the cancellation's two reads: its payment must not stay payable."""
    started = await world.pay(await world.checkout())
    transaction = await world.transaction(started.transaction_id)
    call = await store_cancel(transaction, Trigger.CANCEL_REQUESTED, deps=world.deps)
    get, early = world.deps.transactions.get, [transaction.changed(provider_payment_id=None)]

    async def read(*arguments: Any) -> Any:
        return early.pop() if early else await get(*arguments)

    monkeypatch.setattr(world.deps.transactions, "get", read)
    await execute_operation(call, source="customer", by_caller=True, deps=world.deps)

    assert world.providers.payments[transaction.provider_payment_id].state == "canceled"
    assert (await world.transaction(transaction.id)).status == "canceled"


@pytest.mark.parametrize("kind", ["fee", "of_a_later_version"])
async def test_a_call_of_another_kind_never_cancels_a_payment(world: World, kind: str) -> None:
    started = await world.pay(await world.checkout())
    before = await world.transaction(started.transaction_id)
    call = await store_cancel(before, Trigger.CANCEL_REQUESTED, deps=world.deps)
    asked = list(world.providers.calls)

    with pytest.raises((AssertionError, ValueError)):
        await execute_operation(call.model_copy(update={"kind": kind}), source="janitor", deps=world.deps)

    assert world.providers.calls == asked
    assert (await world.transaction(before.id)).status == before.status


async def make_postponed_calls(world: World) -> None:
    """A call whose outcome met a concurrent change stays stored; the job for calls without an outcome makes it."""
    world.clock.advance(timedelta(minutes=7))
    await resolve_operations(world.deps).round()


async def test_many_tabs_at_once_end_in_one_success(world: World, outcomes: Outcomes) -> None:
    session = await world.checkout()
    started = [
        result
        for result in await outcomes(*(world.pay(session) for _ in range(6)))
        if not isinstance(result, Exception)
    ]
    # A tab that came late enough to see another one's attempt has canceled it at the provider: that one is not paid.
    paid = {key: payment for key, payment in world.providers.payments.items() if payment.state != "canceled"}
    for payment_id in paid:
        world.providers.set_state(payment_id, "succeeded", Money(4900, "EUR"))

    events = [
        world.event("payment_intent.succeeded", payment_id, transaction_id=payment.transaction_id)
        for payment_id, payment in paid.items()
    ]
    await outcomes(*(world.deliver(event) for event in events))
    await make_postponed_calls(world)

    statuses = [(await world.transaction(one.transaction_id)).status for one in started]
    assert statuses.count(Status.SUCCEEDED) == 1
    assert len(await world.events("checkout.completed.v1")) == 1
    captured = [row["captured"] async for row in world.db.transactions.find()]
    returned = [refund.amount.amount_minor for refund in world.providers.refunds.values()]
    assert sum(captured) == 4900
    assert sum(returned) == 4900 * (len(paid) - 1)
    await world.verify()


async def test_a_session_has_a_limit_of_attempts(world: World) -> None:
    session = await world.checkout()
    await world.db.checkouts.update_one(
        {"_id": session.checkout_id}, {"$set": {"transaction_ids": [new_object_id() for _ in range(50)]}}
    )

    with pytest.raises(Conflict) as caught:
        await world.pay(session)

    assert caught.value.code == "TOO_MANY_ATTEMPTS"


async def test_an_attempt_that_was_unknown_ends_with_its_session(world: World) -> None:
    session = await world.checkout()
    world.providers.fail_next("create", OutcomeUnknown("timeout"))
    lost = await world.pay(session)
    await world.pay(session)
    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))
    world.clock.advance(timedelta(minutes=7))

    await resolve_operations(world.deps).round()
    assert (await world.transaction(lost.transaction_id)).status == "pending_provider"
    await resolve_transactions(world.deps).round()

    assert (await world.transaction(lost.transaction_id)).status == "canceled"
    assert await world.cases() == []


async def test_a_transfer_is_called_off_when_a_card_paid(world: World) -> None:
    session = await world.checkout()
    card = await world.pay(session)
    await world.deliver(world.event("payment_intent.payment_failed", "pi_1"))
    wire = await world.pay(session, world.wire_id)

    world.providers.set_state("pi_1", "succeeded", Money(4900, "EUR"))
    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))

    assert (await world.transaction(card.transaction_id)).status == "succeeded"
    assert (await world.transaction(wire.transaction_id)).status == "canceled"


async def test_a_webhook_after_a_crash_finds_the_transaction_by_its_marker(world: World) -> None:
    world.providers.lost_answers = 1
    transaction_id = new_object_id()
    with pytest.raises(ConnectionResetError):
        await world.pay(await world.checkout(), transaction_id=transaction_id)

    await world.deliver(world.event("payment_intent.succeeded", "pi_1", transaction_id=transaction_id))

    transaction = await world.transaction(transaction_id)
    assert (transaction.status, transaction.provider_payment_id) == ("succeeded", "pi_1")
    world.clock.advance(timedelta(minutes=6))
    await resolve_operations(world.deps).round()
    assert (await world.transaction(transaction_id)).status == "succeeded"


async def test_a_lost_webhook_is_made_up_for_by_asking(world: World) -> None:
    started = await world.pay(await world.checkout())
    world.providers.set_state("pi_1", "succeeded", Money(4900, "EUR"))

    world.clock.advance(timedelta(minutes=7))
    assert await resolve_transactions(world.deps).round() == 1

    assert (await world.transaction(started.transaction_id)).status == "succeeded"
    assert await resolve_transactions(world.deps).round() == 0


async def test_the_janitor_asks_more_and_more_seldom(world: World) -> None:
    await world.pay(await world.checkout(expire_in_hours=3000))
    asked = 0
    for _ in range(12):
        world.clock.advance(timedelta(minutes=30))
        asked += await resolve_transactions(world.deps).round()

    assert asked == 2


async def test_the_return_of_the_customer_asks_the_provider(world: World) -> None:
    session = await world.checkout()
    started = await world.pay(session)
    world.providers.set_state("pi_1", "succeeded", Money(4900, "EUR"))

    view = await sync_return(world.own(session, started.transaction_id), deps=world.deps)

    assert (view.status, view.checkout_status) == ("succeeded", "completed")


async def test_an_answer_is_news_although_the_providers_clock_is_ahead_of_ours(world: World) -> None:
    session = await world.checkout()
    started = await world.pay(session)
    ahead = int(world.clock.now().timestamp()) + 60
    await world.deliver(world.event("payment_intent.processing", "pi_1", created=ahead))
    world.providers.set_state("pi_1", "failed")

    view = await sync_return(world.own(session, started.transaction_id), deps=world.deps)

    assert view.status == "failed"


async def test_the_return_shows_what_is_stored_when_the_provider_is_away(world: World) -> None:
    session = await world.checkout()
    started = await world.pay(session)
    world.providers.fail_next("fetch", Transient("not reached"))

    view = await sync_return(world.own(session, started.transaction_id), deps=world.deps)

    assert view.status == "initiated"


async def test_an_event_before_its_transaction_is_parked_and_applied(world: World) -> None:
    transaction_id = new_object_id()
    await world.deliver(world.event("payment_intent.succeeded", "pi_1", transaction_id=transaction_id))
    assert [row["state"] async for row in world.db.parked_events.find()] == ["parked"]

    started = await world.pay(await world.checkout(), transaction_id=transaction_id)

    assert started.status == 1
    transaction = await world.transaction(transaction_id)
    assert (transaction.status, transaction.captured) == ("succeeded", 4900)
    assert [row["state"] async for row in world.db.parked_events.find()] == ["applied"]


async def test_a_parked_event_without_a_transaction_becomes_a_case_after_a_day(world: World) -> None:
    await world.deliver(world.event("payment_intent.succeeded", "pi_7", transaction_id=new_object_id()))
    world.clock.advance(timedelta(hours=23))
    assert await release_parked(world.deps).round() == 1
    assert await world.cases() == []

    world.clock.advance(timedelta(hours=2))
    assert await release_parked(world.deps).round() == 1

    (case,) = await world.cases()
    assert (case["kind"], case["provider_payment_id"], case["amount"]) == ("unmatched_event", "pi_7", 4900)
    assert len(await world.events("case.opened.v1")) == 1
    assert await release_parked(world.deps).round() == 0


async def test_an_event_without_our_marker_is_not_stored(world: World) -> None:
    await world.deliver(world.event("payment_intent.succeeded", "pi_elsewhere"))

    assert await world.db.parked_events.count_documents({}) == 0
    assert await world.cases() == []


async def test_an_event_of_another_amount_is_held_for_a_person(world: World) -> None:
    started = await world.pay(await world.checkout())

    await world.deliver(world.event("payment_intent.succeeded", "pi_1", amount_received=4800))
    await world.deliver(world.event("payment_intent.succeeded", "pi_1", amount_received=4800))

    transaction = await world.transaction(started.transaction_id)
    assert (transaction.status, transaction.captured, transaction.unapplied) == ("pending_provider", 0, 4800)
    assert [case["kind"] for case in await world.cases()] == ["amount_mismatch"]
    assert await world.entries(started.transaction_id) == ["unapplied_capture"]


async def test_another_currency_never_pays(world: World) -> None:
    started = await world.pay(await world.checkout())

    await world.deliver(world.event("payment_intent.succeeded", "pi_1", currency="usd"))

    transaction = await world.transaction(started.transaction_id)
    assert (transaction.status, transaction.captured) == ("pending_provider", 0)


async def test_an_older_fact_after_a_newer_one_is_only_recorded(world: World) -> None:
    started = await world.pay(await world.checkout())
    now = int(world.clock.now().timestamp())
    await world.deliver(world.event("payment_intent.succeeded", "pi_1", created=now))

    await world.deliver(world.event("payment_intent.payment_failed", "pi_1", created=now - 60))

    transaction = await world.transaction(started.transaction_id)
    assert (transaction.status, transaction.timeline[-1].effect) == ("succeeded", "recorded")


async def test_refunds_and_disputes_of_the_provider_are_booked(world: World) -> None:
    started = await world.pay(await world.checkout())
    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))
    refund: dict[str, Any] = {"object": "refund", "payment_intent": "pi_1", "amount": 4900, "status": "succeeded"}
    dispute: dict[str, Any] = {
        "object": "dispute",
        "payment_intent": "pi_1",
        "amount": 4900,
        "status": "needs_response",
    }

    await world.deliver(world.event("refund.created", "re_1", **refund))
    await world.deliver(world.event("charge.dispute.created", "dp_1", **dispute))

    transaction = await world.transaction(started.transaction_id)
    assert (transaction.status, transaction.open_disputes) == ("refunded", 1)
    assert [entry.type for entry in transaction.timeline[-2:]] == ["refund_succeeded", "dispute_opened"]
    assert await world.entries(started.transaction_id) == ["capture", "refund_at_provider"]
    await world.verify()


async def test_two_providers_paid_at_once_give_one_success_and_one_case(world: World, outcomes: Outcomes) -> None:
    session = await world.checkout()
    world.providers.fail_next("cancel", Transient("not reached"))
    first = await world.pay(session)
    second = await world.pay(session, world.other_stripe_id)

    await outcomes(
        world.deliver(world.event("payment_intent.succeeded", "pi_1")),
        world.deliver(world.event("payment_intent.succeeded", "pi_2", provider_id=world.other_stripe_id)),
    )
    await make_postponed_calls(world)

    transactions = [await world.transaction(started.transaction_id) for started in (first, second)]
    assert sorted(transaction.status for transaction in transactions) == ["canceled", "succeeded"]
    assert sum(transaction.captured for transaction in transactions) == 4900
    assert [refund.amount.amount_minor for refund in world.providers.refunds.values()] == [4900]
    assert [case["kind"] for case in await world.cases()] == ["duplicate_payment"]
    assert len(await world.events("checkout.completed.v1")) == 1


async def test_the_winner_calls_the_other_attempts_off(world: World) -> None:
    session = await world.checkout()
    world.providers.fail_next("cancel", Transient("not reached"))
    first = await world.pay(session)
    await world.pay(session, world.other_stripe_id)

    await world.deliver(world.event("payment_intent.succeeded", "pi_2", provider_id=world.other_stripe_id))

    assert (await world.transaction(first.transaction_id)).status == "canceled"
    assert world.providers.payments["pi_1"].state == "canceled"


async def test_a_second_success_of_one_reference_opens_a_case(world: World) -> None:
    for payment_id in ("pi_1", "pi_2"):
        await world.pay(await world.checkout(external_reference="order-7"))
        await world.deliver(world.event("payment_intent.succeeded", payment_id))

    assert [case["kind"] for case in await world.cases()] == ["duplicate_payment"]
    assert len(await world.events("transaction.succeeded.v1")) == 2


async def test_a_new_attempt_cancels_the_open_one_first(world: World) -> None:
    session = await world.checkout()
    first = await world.pay(session)

    second = await world.pay(session)

    assert (await world.transaction(first.transaction_id)).status == "canceled"
    assert second.next_action.client_secret == "pi_2_secret"


async def test_a_payment_in_progress_blocks_a_new_attempt(world: World) -> None:
    session = await world.checkout()
    first = await world.pay(session)
    await world.deliver(world.event("payment_intent.processing", "pi_1"))
    world.providers.set_state("pi_1", "processing")
    world.providers.fail_next("cancel", NotCancelable("processing"))

    with pytest.raises(Conflict) as caught:
        await world.pay(session)

    assert caught.value.code == "CHECKOUT_ALREADY_PENDING"
    assert (await world.transaction(first.transaction_id)).status == "pending_provider"


async def test_a_new_attempt_that_meets_a_paid_one_completes_the_checkout(world: World) -> None:
    session = await world.checkout()
    first = await world.pay(session)
    world.providers.set_state("pi_1", "succeeded", Money(4900, "EUR"))

    with pytest.raises(Conflict) as caught:
        await world.pay(session)

    assert caught.value.code == "CHECKOUT_COMPLETED"
    assert (await world.transaction(first.transaction_id)).status == "succeeded"


async def test_amounts_are_the_fold_of_the_ledger(world: World) -> None:
    for number, amount in enumerate((4900, 4800), start=1):
        await world.pay(await world.checkout())
        await world.deliver(world.event("payment_intent.succeeded", f"pi_{number}", amount_received=amount))

    async for row in world.db.transactions.find():

        async def fold(tx: Any, transaction_id: str = row["_id"]) -> Any:
            return totals(await world.deps.ledger.entries(tx, world.scope, transaction_id), "EUR")

        folded = await world.deps.uow.run(fold)
        assert (row["captured"], row["refunded"], row["received"], row["unapplied"]) == (
            folded.captured,
            folded.refunded,
            folded.received,
            folded.unapplied,
        )
