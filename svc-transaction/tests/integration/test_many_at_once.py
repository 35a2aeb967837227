"""Events that wait at the same moment share a database transaction; each counts once and harms no other."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.errors import ChangedMeanwhile
from gateway_contracts.events.provider import ReceivedProviderEvent
from gateway_kit.mongo.unit_of_work import AlreadyHandled, InboxKey, Tx
from gateway_testkit.consumers import handler_of
from transaction.consumers import provider_events
from transaction.domain.transaction import Transaction
from transaction.queries.payments import PaymentName

pytestmark = pytest.mark.integration


async def deliver(world: World, events: Sequence[ReceivedProviderEvent]) -> list[BaseException | None]:
    handle = handler_of(provider_events.router(world.deps), provider_events.CONSUMER)
    return await asyncio.gather(*(handle(event) for event in events), return_exceptions=True)


async def test_many_payments_succeed_in_few_database_transactions(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = [await world.pay(await world.checkout(external_reference=f"order-{n}")) for n in range(12)]
    run, sizes = world.deps.uow.run, []

    async def counting(work: Any, *, inbox: Sequence[InboxKey], **options: Any) -> Any:
        sizes.append(len(inbox))
        return await run(work, inbox=inbox, **options)

    monkeypatch.setattr(world.deps.uow, "run", counting)

    outcomes = await deliver(world, [world.event("payment_intent.succeeded", f"pi_{n + 1}") for n in range(12)])

    assert outcomes == [None] * 12
    assert sum(sizes) == 12
    assert len(sizes) <= 3
    assert [await world.entries(payment.transaction_id) for payment in started] == [["capture"]] * 12
    succeeded = await world.events("transaction.succeeded.v1")
    assert {event["entityId"] for event in succeeded} == {payment.transaction_id for payment in started}
    assert len({event["causationId"] for event in succeeded}) == 12
    monkeypatch.undo()
    await world.verify()


async def test_a_repeated_event_harms_none_that_came_with_it(world: World) -> None:
    for number in range(4):
        await world.pay(await world.checkout(external_reference=f"order-{number}"))
    known = world.event("payment_intent.succeeded", "pi_1")
    await world.deliver(known)
    others = [world.event("payment_intent.succeeded", f"pi_{n}") for n in (2, 3, 4)]

    outcomes = await deliver(world, [others[0], known, *others[1:], others[0]])

    assert [isinstance(outcome, AlreadyHandled) for outcome in outcomes] == [False, True, False, False, True]
    assert len(await world.events("transaction.succeeded.v1")) == 4
    await world.verify()


async def test_events_of_one_payment_in_one_group_follow_each_other(world: World) -> None:
    started = await world.pay(await world.checkout())
    events = [
        world.event("payment_intent.processing", "pi_1", status="processing"),
        world.event("payment_intent.succeeded", "pi_1"),
        world.event("payment_intent.succeeded", "pi_1"),
    ]

    outcomes = await deliver(world, events)

    assert outcomes == [None, None, None]
    assert await world.entries(started.transaction_id) == ["capture"]
    assert len(await world.events("transaction.succeeded.v1")) == 1
    await world.verify()


async def test_the_same_reference_paid_twice_in_one_group_is_found(world: World) -> None:
    for _ in range(2):
        await world.pay(await world.checkout(external_reference="order-7"))

    await deliver(world, [world.event("payment_intent.succeeded", f"pi_{n}") for n in (1, 2)])

    assert [case["kind"] for case in await world.cases()] == ["duplicate_payment"]
    row = await world.db.paid_references.find_one({})
    assert row["successes"] == 2
    await world.verify()


@pytest.mark.parametrize("changed", ["before the read", "after the read"])
async def test_a_change_during_the_read_ahead_of_a_group_is_read_again_and_applied(
    world: World, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    """Before: the read is newer than what the database transaction sees. After: it is older than what lies there."""
    started = [await world.pay(await world.checkout(external_reference=f"order-{n}")) for n in range(3)]
    begun = _begun(world, monkeypatch)
    read_ahead, reads = world.deps.transactions.of_payments, list[int]()

    async def overtaken(payments: Iterable[PaymentName]) -> dict[PaymentName, Transaction]:
        if not reads and changed == "before the read":
            await begun.wait()
            await change()
        found = await read_ahead(payments)
        if not reads and changed == "after the read":
            await change()
        reads.append(len(found))
        return found

    async def change() -> None:
        await world.db.transactions.update_one({"_id": started[1].transaction_id}, {"$inc": {"version": 1}})

    monkeypatch.setattr(world.deps.transactions, "of_payments", overtaken)

    outcomes = await deliver(world, [world.event("payment_intent.succeeded", f"pi_{n + 1}") for n in range(3)])

    assert outcomes == [None] * 3
    assert reads == [3, 3]
    assert [await world.entries(payment.transaction_id) for payment in started] == [["capture"]] * 3
    assert len(await world.events("transaction.succeeded.v1")) == 3


def _begun(world: World, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when a database transaction has sent its first command: from then on it sees no change of others."""
    begun = asyncio.Event()
    claim = world.deps.uow._claim_inbox

    async def claimed(tx: Tx, messages: Sequence[InboxKey]) -> None:
        await claim(tx, messages)
        begun.set()

    monkeypatch.setattr(world.deps.uow, "_claim_inbox", claimed)
    return begun


async def test_one_that_is_overtaken_is_tried_alone_and_the_others_are_applied(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = [await world.pay(await world.checkout(external_reference=f"order-{n}")) for n in range(3)]
    overtaken = started[1].transaction_id
    replace = world.deps.transactions.replace

    def losing(tx: Tx, before: Transaction, after: Transaction) -> Transaction:
        if before.id == overtaken:
            raise ChangedMeanwhile
        return replace(tx, before, after)

    monkeypatch.setattr(world.deps.transactions, "replace", losing)

    outcomes = await deliver(world, [world.event("payment_intent.succeeded", f"pi_{n + 1}") for n in range(3)])

    assert [getattr(outcome, "code", None) for outcome in outcomes] == [None, "CHANGED_MEANWHILE", None]
    assert len(await world.events("transaction.succeeded.v1")) == 2
    await world.verify()
