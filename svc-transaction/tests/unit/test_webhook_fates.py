"""Webhooks that named a payment, and the fate of each."""

from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.actor import Actor
from gateway_contracts.errors import Forbidden, NotFound, Rejected
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.transaction import TransactionRef
from gateway_contracts.requests.webhooks import WebhookRecord
from gateway_contracts.rpc import Call
from gateway_kit.mongo.unit_of_work import AlreadyHandled
from gateway_testkit.keys import OTHER_ORGANIZATION
from transaction.rpc.merchant import MerchantRequests
from transaction.use_cases.list_webhooks import joined, list_webhooks


async def webhooks_of(world: World, transaction_id: str) -> list[WebhookRecord]:
    return list((await list_webhooks(transaction_id, scope=world.scope, deps=world.deps)).webhooks)


async def fates_of(world: World, transaction_id: str) -> list[tuple[str, str]]:
    return [(each.fate, each.reason) for each in await webhooks_of(world, transaction_id)]


def succeeded(world: World, payment_id: str | None, **fields: Any) -> Any:
    return world.event("payment_intent.succeeded", payment_id, **{"amount_received": 4900, **fields})


async def test_applied_and_reported_again(memory_world: World) -> None:
    world = memory_world
    paid = await world.paid()
    world.clock.advance(10)
    again = succeeded(world, paid.provider_payment_id)
    await world.deliver(again)
    assert await fates_of(world, paid.id) == [("applied", ""), ("ignored", "no_news")]
    last = (await webhooks_of(world, paid.id))[-1]
    assert (last.event_id, last.event_type, last.said) == (again.event_id, "payment_intent.succeeded", ())


async def test_the_same_event_again_is_counted(memory_world: World) -> None:
    world = memory_world
    started = await world.pay(await world.checkout())
    payment_id = (await world.transaction(started.transaction_id)).provider_payment_id
    event = succeeded(world, payment_id)
    await world.deliver(event)
    for _ in range(3):
        with pytest.raises(AlreadyHandled):
            await world.deliver(event)
    [record] = await webhooks_of(world, started.transaction_id)
    assert (record.fate, record.repeated) == ("applied", 3)
    assert record.repeated_at is not None


async def test_what_waits_for_its_payment(memory_world: World) -> None:
    world = memory_world
    session = await world.checkout()
    transaction_id = new_object_id()
    early = succeeded(world, "pi_1", transaction_id=transaction_id)
    await world.deliver(early)
    [waiting] = await world.deps.parked.heads(world.scope, transaction_id, limit=10)
    await world.pay(session, transaction_id=transaction_id)
    transaction = (await world.transaction(transaction_id)).changed(timeline=())
    assert [each.fate for each in joined(transaction, [waiting], [])] == ["waiting"]
    gone = [waiting.changed(state="unmatched"), waiting.changed(state="set_aside", event_id="other")]
    assert sorted(each.fate for each in joined(transaction, gone, [])) == ["set_aside", "unmatched"]
    assert ("applied", "") in await fates_of(world, transaction_id)


@pytest.mark.integration
async def test_a_webhook_is_noted_once_and_only_without_another_trace(world: World) -> None:
    paid = await world.paid()
    again = succeeded(world, paid.provider_payment_id)
    await world.deliver(again)
    with pytest.raises(AlreadyHandled):
        await world.deliver(again)
    stored = [row async for row in world.db.webhook_notes.find()]
    assert sorted((row["fate"], row["event_id"]) for row in stored) == [
        ("ignored", again.event_id),
        ("repeated", again.event_id),
    ]
    assert (await webhooks_of(world, paid.id))[-1].repeated == 1


async def test_an_event_that_cannot_be_kept_is_set_aside(memory_world: World) -> None:
    world = memory_world
    paid = await world.paid()
    event = world.event("payment_intent.processing", paid.provider_payment_id, created=4_000_000_000)
    with pytest.raises(Rejected):
        await world.deliver(event)
    assert ("set_aside", "VALUE_OUT_OF_RANGE") in await fates_of(world, paid.id)


async def test_they_are_for_their_merchant_alone(memory_world: World) -> None:
    world = memory_world
    paid = await world.paid()
    merchant, ref = MerchantRequests(world.deps), TransactionRef(transaction_id=paid.id)

    def call(*scopes: str, **changes: Any) -> Call:
        fields: dict[str, Any] = {"organization_id": world.scope.organization_id, "scopes": scopes or ("*",)}
        return Call(actor=Actor(kind="api_key", **{**fields, **changes}))

    assert (await merchant.list_webhooks(ref, call())).webhooks
    for caller in (
        call(organization_id=OTHER_ORGANIZATION),
        call(livemode=True),
        call(site_id=new_object_id()),
    ):
        with pytest.raises(NotFound):
            await merchant.list_webhooks(ref, caller)
    with pytest.raises(Forbidden):
        await merchant.list_webhooks(ref, call("transaction:execute"))


@pytest.mark.integration
async def test_a_parked_fact_that_cannot_be_read_is_still_listed(world: World) -> None:
    started = await world.pay(await world.checkout())
    event = succeeded(world, "pi_9", transaction_id=new_object_id())
    await world.deliver(event)
    change = {"fact.trigger": "unheard_of", "state": "set_aside", "transaction_id": started.transaction_id}
    await world.db.parked_events.update_one({}, {"$set": change})
    assert await fates_of(world, started.transaction_id) == [("set_aside", "")]
