"""Figures counted from events equal those of a rebuild from stored objects, and those of the payments themselves."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from transaction_world import World, world

from gateway_cli.reported_history import reported_history
from gateway_contracts.collections import DATABASES
from gateway_contracts.envelope import Envelope
from gateway_contracts.events.registry import EVENTS
from gateway_contracts.money import Money
from gateway_contracts.requests.reporting import Summary, SummaryQuery
from gateway_kit.mongo.documents import bind_documents
from gateway_kit.mongo.rows import MongoRows
from gateway_testkit.plugin import TestDatabase
from reporting.commands import rebuild_figures
from reporting.domain.events import facts_of
from reporting.domain.figures import Fact
from reporting.ports import Figures
from reporting.store.documents import DOCUMENTS, open_figures
from reporting.use_cases.count_facts import count_facts
from reporting.use_cases.summarize import summarize
from transaction.provider_operations.fetch_fees import fetch_fees

pytestmark = pytest.mark.integration
__all__ = ["world"]


async def live_through(world: World) -> None:
    """Payments of several days with everything that moves money, and what waits for a person."""
    for number in range(3):
        payment = await world.paid(amount=4900)
        world.providers.refund_state = "succeeded"
        await world.refund(payment.id, (1900, None, 100)[number])
        world.clock.advance(timedelta(days=1))
    failed = await payment_of(world)
    world.providers.set_state(failed, "failed")
    await world.deliver(world.event("payment_intent.payment_failed", failed, amount=4900))
    other = await payment_of(world)
    world.providers.set_state(other, "succeeded", received=Money(100, "EUR"))
    await world.deliver(world.event("payment_intent.succeeded", other, amount_received=100))
    contested = await world.paid(amount=4900)
    fields: dict[str, Any] = {"object": "dispute", "payment_intent": contested.provider_payment_id}
    for kind in ("created", "funds_withdrawn"):
        about = {**fields, "status": "needs_response"}
        await world.deliver(world.event(f"charge.dispute.{kind}", "dp_1", amount=4900, **about))
    await fetch_fees(world.deps).round()


async def payment_of(world: World) -> str:
    """The provider's id of a payment that a customer began."""
    started = await world.pay(await world.checkout())
    payment_id = (await world.transaction(started.transaction_id)).provider_payment_id
    assert payment_id is not None
    return payment_id


async def events_of(world: World) -> list[Envelope[Any]]:
    """Published events, as a consumer reads them."""
    return [read(message) for message in await world.events()]


def read(message: dict[str, Any]) -> Envelope[Any]:
    data_class = EVENTS[message["type"]]
    return Envelope[data_class].model_validate(message)  # type: ignore[valid-type]  # the class is data here


async def summary(world: World, figures: Figures) -> Summary:
    today = world.clock.now().date()
    return await summarize(SummaryQuery(), scope=world.scope, today=today, figures=figures)


async def test_figures_of_events_of_a_rebuild_and_of_payments_are_the_same(
    world: World, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    await live_through(world)
    await bind_documents(database.db, DOCUMENTS)
    figures = open_figures(MongoRows, world.deps.uow)
    events = await events_of(world)
    # In a wrong order, and several times.
    for event in [*events[::-2], *events, *events[::-1]]:
        await count_facts(facts_of(event), figures=figures)

    counted = await summary(world, figures)

    [money] = [row for row in counted.money if row.currency == "EUR"]
    payments = await world.deps.transactions.find(None, world.scope, {})
    assert money.current.volume == sum(payment.captured for payment in payments)
    assert money.current.refunded == sum(payment.refunded for payment in payments) > 0
    assert money.current.disputed == sum(payment.disputed for payment in payments) == 4900
    outcomes = [outcome.current for outcome in counted.providers]
    assert sum(each.succeeded for each in outcomes) == 4
    assert sum(each.failed for each in outcomes) == 1
    assert counted.waiting.open_cases == len([case for case in await world.cases() if case["status"] == "open"]) == 1

    for service in DATABASES:
        monkeypatch.setitem(DATABASES, service, database.name)
    facts = await rebuild_figures(database.client, database.name, reported_history(database.client))

    assert facts > 10
    assert await summary(world, figures) == counted
    assert await database.db.facts.count_documents({}) == facts
    assert {row["generation"] async for row in database.db.buckets.find()} == {2}


async def test_a_rebuild_beside_consumers_loses_nothing(world: World, database: TestDatabase) -> None:
    await bind_documents(database.db, DOCUMENTS)
    figures = open_figures(MongoRows, world.deps.uow)
    await live_through(world)
    facts = [fact for event in await events_of(world) for fact in facts_of(event)]

    async def history() -> AsyncIterator[Sequence[Fact]]:
        for fact in facts:
            # A consumer counts in the same buckets between two groups.
            await count_facts([fact], figures=figures)
            yield [fact]

    assert await rebuild_figures(database.client, database.name, history()) == 0
    once = await summary(world, figures)
    await count_facts(facts, figures=figures)
    assert await summary(world, figures) == once
    assert once.money[0].current.volume > 0
