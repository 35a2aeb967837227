"""The trail of an order: what happened to its payments, and what led to each change."""

from collections.abc import Iterator

import pytest
from transaction_world import World

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import NotFound, Rejected
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.trail import CHANGES_MAX, OrderTrail
from gateway_kit import context
from gateway_testkit.keys import TEST_ORGANIZATION
from transaction.domain.records import WebhookNote
from transaction.domain.transaction import Transaction
from transaction.store.documents import ParkedEventDocument
from transaction.use_cases.delete_transaction import delete_transaction
from transaction.use_cases.get_trail import get_trail

NOTED = "5e" * 16


@pytest.fixture
def request_id() -> Iterator[str]:
    """The id of the request that is answered."""
    with context.working_on(correlation="req_1"):
        yield "req_1"


async def trail_of(world: World, identifier: str, site_id: str | None = None) -> OrderTrail:
    return await get_trail(identifier, scope=world.scope, site_id=site_id, deps=world.deps)


async def test_attempts_of_an_order_with_calls_and_failures(memory_world: World, request_id: str) -> None:
    world = memory_world
    session = await world.checkout()
    world.providers.fail_next("create", Rejected("no", code="CURRENCY_UNSUPPORTED", providerCode="curr"))
    refused = await world.pay(session)
    started = await world.pay(session)
    payment_id = (await world.transaction(started.transaction_id)).provider_payment_id or ""
    world.clock.advance(10)
    event = world.event("payment_intent.payment_failed", payment_id)
    with context.working_on(correlation=event.event_id):
        await world.deliver(event)

    trail = await trail_of(world, refused.transaction_id)

    first, second = trail.payments
    assert (first.id, first.status, second.id) == (refused.transaction_id, "failed", started.transaction_id)
    assert first.failure is not None
    assert (first.failure.code, first.failure.provider_code) == ("CURRENCY_UNSUPPORTED", "curr")
    calls = [(call.kind, call.state, call.correlation_id) for call in (*first.calls, *second.calls)]
    # A payment that was declined is given up at its provider.
    assert calls == [
        ("create", "refused", request_id),
        ("create", "done", request_id),
        ("cancel", "done", event.event_id),
    ]
    assert [(entry.type, entry.correlation_id) for entry in first.changes] == [
        ("created", request_id),
        ("create_refused", request_id),
    ]
    [declined] = [entry for entry in second.changes if entry.to_status == "failed" != entry.from_status]
    assert (declined.event_id, declined.correlation_id) == (event.event_id, event.event_id)
    assert declined.failure is not None
    assert trail.is_complete
    assert trail == await trail_of(world, started.transaction_id) == await trail_of(world, trail.checkout_id)


async def test_refunds_and_their_calls(memory_world: World, request_id: str) -> None:
    paid = await memory_world.paid()
    refund = await memory_world.refund(paid.id, 900)

    [payment] = (await trail_of(memory_world, paid.id)).payments

    assert [(each.id, each.status, each.source) for each in payment.refunds] == [(refund.id, "succeeded", "api")]
    assert [call.refund_id for call in payment.calls if call.kind == "refund"] == [refund.id]


async def test_an_id_of_a_part_leads_to_its_order(memory_world: World) -> None:
    """Of a refund, a call to the provider, and a webhook whose report waits, is set aside or was noted."""
    world = memory_world
    paid = await world.paid()
    refund = await world.refund(paid.id, 900)
    await world.refund(paid.id, 100)
    [payment] = (await trail_of(world, paid.id)).payments
    await put_reports(world, paid.id)
    await world.deps.notes.add(a_note(world, paid.id))

    for identifier in (refund.id, payment.calls[0].id, payment.calls[-1].id, "evt_1", "evt_1:0", NOTED):
        assert (await trail_of(world, identifier)).checkout_id == paid.checkout_id, identifier
        for scope in (world.other.scope, Scope(world.scope.organization_id, True)):
            with pytest.raises(NotFound):
                await get_trail(identifier, scope=scope, site_id=None, deps=world.deps)
        with pytest.raises(NotFound):
            await trail_of(world, identifier, new_object_id())
    for identifier in ("evt_", "evt", "evt_10", NOTED[:-1], f"op_{NOTED}", ":", new_object_id()):
        with pytest.raises(NotFound):
            await trail_of(world, identifier)


async def test_a_webhook_that_was_given_up_is_named_until_it_is_applied(memory_world: World) -> None:
    paid = await memory_world.paid()
    [applied] = {entry.event_id for entry in paid.timeline if entry.event_id}
    for event_id in (NOTED, applied):
        await memory_world.deps.notes.add(a_note(memory_world, paid.id, event_id))

    [payment] = (await trail_of(memory_world, paid.id)).payments

    assert [(report.event_id, report.state) for report in payment.reports] == [(NOTED, "set_aside")]


async def test_only_the_merchant_itself_sees_it(memory_world: World) -> None:
    paid = await memory_world.paid()
    live = memory_world.scope.__class__(memory_world.scope.organization_id, True)
    for scope, site_id in (
        (memory_world.other.scope, None),
        (live, None),
        (memory_world.scope, new_object_id()),
    ):
        for identifier in (paid.id, paid.checkout_id):
            with pytest.raises(NotFound):
                await get_trail(identifier, scope=scope, site_id=site_id, deps=memory_world.deps)
    assert await trail_of(memory_world, paid.id, memory_world.site_id)


async def test_a_deleted_attempt_has_none(memory_world: World) -> None:
    memory_world.providers.fail_next("create", Rejected("no", code="CURRENCY_UNSUPPORTED"))
    refused = await memory_world.pay(await memory_world.checkout())
    checkout_id = (await memory_world.transaction(refused.transaction_id)).checkout_id
    await delete_transaction(refused.transaction_id, scope=memory_world.scope, deps=memory_world.deps)

    with pytest.raises(NotFound):
        await trail_of(memory_world, refused.transaction_id)
    assert (await trail_of(memory_world, checkout_id)).payments == ()


async def test_long_histories_are_cut_and_say_so(memory_world: World) -> None:
    paid = await memory_world.paid()
    await lengthened(memory_world, paid)

    trail = await trail_of(memory_world, paid.id)

    assert not trail.is_complete
    [payment] = trail.payments
    assert len(payment.changes) == CHANGES_MAX
    assert payment.changes[0].type == "created"


async def lengthened(world: World, paid: Transaction) -> None:
    """Let the payment have a long history."""
    long = paid.changed(timeline=(*paid.timeline, *[paid.timeline[-1]] * CHANGES_MAX))

    async def work(tx: object) -> None:
        world.deps.transactions.replace(tx, paid, long)  # type: ignore[arg-type]  # a transaction of the memory

    await world.deps.uow.run(work)


async def test_reports_that_are_not_applied_are_named_readable_or_not(memory_world: World) -> None:
    """A row that is set aside often cannot be read: that hides nothing else of the payment."""
    world = memory_world
    started = await world.pay(await world.checkout())
    await put_reports(world, started.transaction_id)

    [payment] = (await trail_of(world, started.transaction_id)).payments

    assert [(report.event_id, report.state) for report in payment.reports] == [
        ("evt_0", "parked"),
        ("evt_1", "set_aside"),
    ]


async def put_reports(world: World, transaction_id: str) -> None:
    """Store reports of three webhooks, in each state."""
    head = {
        "organization_id": TEST_ORGANIZATION,
        "livemode": world.scope.livemode,
        "provider_id": "p",
        "provider_type": "stripe",
        "transaction_id": transaction_id,
        "created_at": world.clock.now(),
        "version": 1,
        "fact": "unreadable",
    }
    rows = [
        {**head, "_id": f"evt_{number}:0", "event_id": f"evt_{number}", "state": state}
        for number, state in enumerate(("parked", "set_aside", "applied"))
    ]
    await world.db.rows(ParkedEventDocument).insert_each(rows)


def a_note(world: World, transaction_id: str, event_id: str = NOTED) -> WebhookNote:
    """A webhook that was given up."""
    return WebhookNote(
        id=f"{event_id}:set_aside:{transaction_id}",
        organization_id=TEST_ORGANIZATION,
        livemode=world.scope.livemode,
        transaction_id=transaction_id,
        provider_id="p",
        event_id=event_id,
        event_type="charge.updated",
        fate="set_aside",
        reason="VALUE_OUT_OF_RANGE",
        received_at=world.clock.now(),
    )
