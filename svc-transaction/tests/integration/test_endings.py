"""Cancellation, expiry and what comes too late."""

from datetime import timedelta
from typing import Any

import pytest
from transaction_world import Outcomes, World

from gateway_contracts.errors import Conflict, NotFound, Transient
from gateway_contracts.money import Money
from gateway_contracts.requests.customer import GetSession
from gateway_providers.errors import NotCancelable
from transaction.provider_operations.resolve_unknown import resolve_operations
from transaction.use_cases.cancel_transaction import cancel_transaction
from transaction.use_cases.expire_sessions import expire_deadlines, expire_sessions
from transaction.use_cases.get_session import get_session
from transaction.use_cases.mark_pending import mark_pending

pytestmark = pytest.mark.integration


async def cancel(world: World, transaction_id: str) -> Any:
    return await cancel_transaction(await world.transaction(transaction_id), source="api", deps=world.deps)


async def test_canceling_happens_at_the_provider_first(world: World) -> None:
    started = await world.pay(await world.checkout())

    canceled = await cancel(world, started.transaction_id)

    assert (canceled.status, canceled.canceled_by) == ("canceled", "person")
    assert world.providers.payments["pi_1"].state == "canceled"
    assert len(await world.events("transaction.canceled.v1")) == 1
    assert (await cancel(world, started.transaction_id)).version == canceled.version


async def test_canceling_a_paid_one_applies_the_capture_and_is_refused(world: World) -> None:
    started = await world.pay(await world.checkout())
    world.providers.set_state("pi_1", "succeeded", Money(4900, "EUR"))

    with pytest.raises(Conflict) as caught:
        await cancel(world, started.transaction_id)

    assert caught.value.code == "TRANSACTION_NOT_CANCELABLE"
    assert (await world.transaction(started.transaction_id)).status == "succeeded"


async def test_a_provider_that_does_not_let_go_refuses_the_cancellation(world: World) -> None:
    started = await world.pay(await world.checkout())
    world.providers.fail_next("cancel", NotCancelable("processing"))

    with pytest.raises(Conflict) as caught:
        await cancel(world, started.transaction_id)

    assert caught.value.code == "TRANSACTION_NOT_CANCELABLE"
    assert (await world.transaction(started.transaction_id)).status == "initiated"


async def test_a_cancellation_without_an_answer_is_made_later(world: World) -> None:
    started = await world.pay(await world.checkout())
    world.providers.fail_next("cancel", Transient("not reached"))
    with pytest.raises(Transient):
        await cancel(world, started.transaction_id)

    world.clock.advance(timedelta(minutes=6))
    await resolve_operations(world.deps).round()

    assert (await world.transaction(started.transaction_id)).status == "canceled"


async def test_cancel_and_success_at_once_end_in_one_of_them(world: World, outcomes: Outcomes) -> None:
    for number in range(1, 6):
        started = await world.pay(await world.checkout())
        payment_id = f"pi_{number}"
        world.providers.set_state(payment_id, "succeeded", Money(4900, "EUR"))

        await outcomes(
            cancel(world, started.transaction_id),
            world.deliver(world.event("payment_intent.succeeded", payment_id)),
        )

        transaction = await world.transaction(started.transaction_id)
        assert (transaction.status, transaction.captured) == ("succeeded", 4900)
        assert await world.entries(transaction.id) == ["capture"]


async def test_an_expired_session_cancels_attempts_that_bind_no_customer(world: World) -> None:
    session = await world.checkout(expire_in_hours=1)
    started = await world.pay(session)
    assert await expire_sessions(world.deps).round() == 0

    world.clock.advance(timedelta(hours=1))
    assert (await get_session(GetSession(session_public_id=session.id), deps=world.deps)).status == "expired"
    assert await expire_sessions(world.deps).round() == 1

    transaction = await world.transaction(started.transaction_id)
    assert (transaction.status, transaction.canceled_by) == ("canceled", "expiry")
    assert len(await world.events("checkout.expired.v1")) == 1
    assert await expire_sessions(world.deps).round() == 0


async def test_expiry_in_many_processes_has_one_effect(world: World, outcomes: Outcomes) -> None:
    await world.pay(await world.checkout(expire_in_hours=1))
    world.clock.advance(timedelta(hours=2))

    await outcomes(*(expire_sessions(world.deps).round() for _ in range(8)))

    assert len(await world.events("checkout.expired.v1")) == 1
    assert len(await world.events("transaction.canceled.v1")) == 1


async def test_expiry_of_a_paid_payment_completes_it(world: World) -> None:
    session = await world.checkout(expire_in_hours=1)
    started = await world.pay(session)
    world.providers.set_state("pi_1", "succeeded", Money(4900, "EUR"))
    world.clock.advance(timedelta(hours=2))

    await expire_sessions(world.deps).round()

    assert (await world.transaction(started.transaction_id)).status == "succeeded"
    assert (await get_session(GetSession(session_public_id=session.id), deps=world.deps)).status == "completed"
    assert await world.events("checkout.expired.v1") == []


async def test_a_committed_payment_outlives_its_session(world: World) -> None:
    started = await world.pay(await world.checkout(expire_in_hours=1))
    await world.deliver(world.event("payment_intent.processing", "pi_1"))
    world.clock.advance(timedelta(hours=2))

    await expire_sessions(world.deps).round()
    assert (await world.transaction(started.transaction_id)).status == "pending_provider"
    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))

    assert (await world.transaction(started.transaction_id)).status == "succeeded"
    assert len(await world.events("checkout.completed.v1")) == 1


async def test_a_session_ends_when_its_committed_payment_fails_after_its_time(world: World) -> None:
    await world.pay(await world.checkout(expire_in_hours=1))
    await world.deliver(world.event("payment_intent.processing", "pi_1"))
    world.clock.advance(timedelta(hours=2))
    await expire_sessions(world.deps).round()

    await world.deliver(world.event("payment_intent.payment_failed", "pi_1"))
    await expire_sessions(world.deps).round()

    assert len(await world.events("checkout.expired.v1")) == 1


async def test_an_expired_session_takes_no_new_payment(world: World) -> None:
    session = await world.checkout(expire_in_hours=1)
    world.clock.advance(timedelta(hours=1))

    with pytest.raises(Conflict) as caught:
        await world.pay(session)

    assert caught.value.code == "CHECKOUT_EXPIRED"


async def test_money_after_expiry_is_accepted_and_after_a_cancellation_reviewed(world: World) -> None:
    expired = await world.pay(await world.checkout(expire_in_hours=1))
    world.clock.advance(timedelta(hours=2))
    await expire_sessions(world.deps).round()
    canceled = await world.pay(await world.checkout())
    await cancel(world, canceled.transaction_id)

    for payment_id in ("pi_1", "pi_2"):
        await world.deliver(world.event("payment_intent.succeeded", payment_id))

    late = await world.transaction(expired.transaction_id)
    reviewed = await world.transaction(canceled.transaction_id)
    assert (late.status, late.captured, late.unapplied) == ("succeeded", 4900, 0)
    assert (reviewed.status, reviewed.captured, reviewed.unapplied) == ("canceled", 0, 4900)
    assert [case["kind"] for case in await world.cases()] == ["late_payment"]


async def test_a_site_may_review_all_late_money(world: World) -> None:
    world.tenants.change_site(latePayment="review")
    started = await world.pay(await world.checkout(expire_in_hours=1))
    world.clock.advance(timedelta(hours=2))
    await expire_sessions(world.deps).round()

    await world.deliver(world.event("payment_intent.succeeded", "pi_1"))

    assert (await world.transaction(started.transaction_id)).status == "canceled"
    assert [case["kind"] for case in await world.cases()] == ["late_payment"]


async def test_wire_details_have_their_own_deadline(world: World) -> None:
    session = await world.checkout(expire_in_hours=1)
    started = await world.pay(session, world.wire_id)
    world.clock.advance(timedelta(days=13))
    await expire_sessions(world.deps).round()
    assert await expire_deadlines(world.deps).round() == 0

    world.clock.advance(timedelta(days=2))
    assert await expire_deadlines(world.deps).round() == 1
    await expire_sessions(world.deps).round()

    assert (await world.transaction(started.transaction_id)).status == "canceled"
    assert (await get_session(GetSession(session_public_id=session.id), deps=world.deps)).status == "expired"


async def test_only_a_method_without_reports_may_be_marked_pending(world: World) -> None:
    session = await world.checkout()
    card = await world.pay(session)
    with pytest.raises(Conflict) as caught:
        await mark_pending(world.own(session, card.transaction_id), deps=world.deps)
    assert caught.value.code == "MARK_PENDING_NOT_ALLOWED"

    wire = await world.pay(session, world.wire_id)
    for _ in range(2):
        view = await mark_pending(world.own(session, wire.transaction_id), deps=world.deps)
        assert view.status == "pending_provider"

    await cancel(world, wire.transaction_id)
    with pytest.raises(Conflict):
        await mark_pending(world.own(session, wire.transaction_id), deps=world.deps)


async def test_a_stranger_cannot_name_a_transaction(world: World) -> None:
    mine, other = await world.checkout(), await world.checkout()
    started = await world.pay(mine)

    with pytest.raises(NotFound):
        await mark_pending(world.own(other, started.transaction_id), deps=world.deps)
