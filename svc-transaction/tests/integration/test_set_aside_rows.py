"""A row that was set aside has its letter on the bus, and the operator's command makes it due again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from nats.aio.client import Client
from transaction_world import World

from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.set_aside import REDRIVE_ROW
from gateway_kit.mongo.due_rows import redriver
from gateway_kit.nats.dead_letters import DeadLetters
from gateway_kit.nats.rpc import RpcClient, RpcServer
from gateway_kit.set_aside import SetAside
from gateway_testkit.keys import TEST_ORGANIZATION
from transaction.use_cases.release_parked import release_parked

pytestmark = pytest.mark.integration

SERVICE = "svc-transaction"


async def test_a_parked_fact_that_cannot_be_read_is_set_aside_and_redriven(
    world: World, topology: Any, nats_client: Client
) -> None:
    set_aside = SetAside(nats_client.jetstream(), SERVICE)
    set_aside.on_redrive("parked_events", redriver(world.clock, world.deps.parked.waiting))
    server = RpcServer(nats_client, SERVICE)
    server.add(REDRIVE_ROW[SERVICE], set_aside.redrive_row)
    await server.start()
    letters = DeadLetters(nats_client.jetstream(), RpcClient(nats_client))
    await world.deliver(world.event("payment_intent.succeeded", "pi_7", transaction_id=new_object_id()))
    row = await world.db.parked_events.find_one({})
    await world.db.parked_events.update_one({}, {"$set": {"fact.trigger": "unheard_of"}})
    job = release_parked(replace(world.deps, letters=set_aside))
    while (await world.db.parked_events.find_one({}))["state"] == "parked":
        assert await job.round() == 1
        world.clock.advance(timedelta(hours=2))

    [letter] = [found async for found in letters.all(SERVICE) if found.reference == row["_id"]]
    assert (letter.source, letter.organization_id, letter.reason) == (
        "parked_events",
        TEST_ORGANIZATION,
        "ValidationError",
    )
    assert letter.size > 0
    assert await world.cases() == []

    await world.db.parked_events.update_one({}, {"$set": {"fact": row["fact"]}})
    assert await letters.redrive(letter)
    assert await job.round() == 1
    assert [case["kind"] for case in await world.cases()] == ["unmatched_event"]
    assert [found async for found in letters.all(SERVICE) if found.reference == row["_id"]] == []
    await server.stop()
