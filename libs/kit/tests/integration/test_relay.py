"""The relay on real servers: one organization's rows, however many and odd, do not delay another's."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.aio.msg import Msg

from gateway_contracts.clock import SystemClock
from gateway_contracts.config import SiteConfig
from gateway_contracts.errors import Invalid, TooLarge
from gateway_contracts.events.tenancy import SiteCreatedV1
from gateway_contracts.ids import new_event_id
from gateway_contracts.topology import BODY_BYTES_MAX, MESSAGE_BYTES_MAX
from gateway_kit.mongo.outbox import LANES, Outbox, pending_of
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.nats import relay as relay_module
from gateway_kit.nats.dead_letters import DeadLetter, DeadLetters
from gateway_kit.nats.rpc import RpcClient
from gateway_kit.nats.topology import apply_topology
from gateway_kit.service import Runtime, running
from gateway_kit.settings import DatabaseSettings
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.servers import NatsServer
from gateway_testkit.settings import settings_for
from gateway_testkit.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.database("gw_domains")]

A, B = "65a50000000000000000000a", "65a50000000000000000000b"
HALF_AN_EMOJI = "\ud83d"


@dataclass
class World:
    """A service with an outbox, and what the bus heard of it."""

    runtime: Runtime
    letters: DeadLetters
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def emit(self, organization: str, *texts: str, entity: str | None = None, sequence: int = 1) -> list[str]:
        """One event for each text, in one transaction."""

        async def work(tx: Tx) -> list[str]:
            return [
                tx.emit(
                    SiteCreatedV1(object_id=text, occurred_at=tx.now),
                    organization_id=organization,
                    livemode=False,
                    entity_id=entity or secrets.token_hex(12),
                    sequence=sequence + number,
                )
                for number, text in enumerate(texts)
            ]

        return await self.runtime.uow.run(work)

    async def leave(self, organization: str, count: int, **changes: Any) -> list[str]:
        """Rows as a process leaves them that died after its commit, or that an earlier version wrote."""
        rows = [row_of(organization, **changes) for _ in range(count)]
        await self.runtime.db.outbox.insert_many(rows)
        return [row["_id"] for row in rows]

    async def state(self, identifier: str) -> str | None:
        row = await self.runtime.db.outbox.find_one({"_id": identifier})
        return None if row is None else row["state"]

    async def letter(self, identifier: str) -> DeadLetter | None:
        found = [each async for each in self.letters.all("svc-domains") if each.reference == identifier]
        return found[-1] if found else None

    def ids(self, organization: str) -> list[str]:
        """Of the organization's events, in the order in which they were published."""
        return [event["id"] for event in self.heard if event["organizationId"] == organization]


def row_of(organization: str, **changes: Any) -> dict[str, Any]:
    identifier = new_event_id()
    entity = secrets.token_hex(12)
    now = SystemClock().now()
    body = {"id": identifier, "organizationId": organization, "type": "tenancy.site_created.v1", "entityId": entity}
    return {
        "_id": identifier,
        "state": "pending",
        "kind": "event",
        "subject": f"tenancy.site_created.v1.{organization}",
        "organization_id": organization,
        "entity_id": entity,
        "sequence": 1,
        "traceparent": None,
        "body": body,
        "created_at": now,
    } | changes


@pytest_asyncio.fixture
async def world(
    topology: NatsServer, database: TestDatabase, nats_client: Client, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    monkeypatch.setattr(relay_module, "REFUSED_PAUSES_S", (0.01, 0.01))
    monkeypatch.setattr(relay_module, "SWEEP_INTERVAL_S", 0.3)
    settings = settings_for(DatabaseSettings, topology, database)

    async def build(runtime: Runtime) -> None:
        return None

    async with running(settings, "svc-domains", build) as (runtime, _):
        world = World(runtime, DeadLetters(nats_client.jetstream(), RpcClient(nats_client)))

        async def hear(message: Msg) -> None:
            world.heard.append(json.loads(message.data))

        subscription = await nats_client.subscribe("tenancy.site_created.v1.*", cb=hear)
        await nats_client.flush()
        yield world
        await subscription.unsubscribe()


async def test_rows_that_can_never_be_published_are_set_aside_without_delaying_others(world: World) -> None:
    huge = {"id": "x", "organizationId": A, "type": "tenancy.site_created.v1", "text": "x" * MESSAGE_BYTES_MAX}
    broken = {"id": "x", "organizationId": A, "type": "tenancy.site_created.v1", "number": float("nan")}
    odd = [
        *await world.leave(A, 3, body=huge),
        *await world.leave(A, 200, body=broken),
        *await world.leave(A, 3, subject="unheard.of.v1." + A),
        *await world.leave(A, 1, subject="tenancy.site_created.v1.with space"),
    ]

    [of_b] = await world.emit(B, "after them")
    await eventually(lambda: of_b in world.ids(B))
    [of_a] = await world.emit(A, "after them")
    await eventually(lambda: of_a in world.ids(A))

    async def are_set_aside() -> bool:
        return await world.runtime.db.outbox.count_documents({"_id": {"$in": odd}, "state": "set_aside"}) == len(odd)

    await eventually(are_set_aside)
    letter = await world.letter(odd[0])
    assert letter is not None
    assert (letter.source, letter.consumer, letter.organization_id) == ("outbox", "svc-domains", A)
    assert (letter.reason, letter.body) == ("TooLarge", b"")
    assert letter.size > MESSAGE_BYTES_MAX
    assert await world.runtime.set_aside.counts() == {"outbox": len(odd)}
    assert await world.runtime.health.failures() == {}
    assert await world.runtime.health.set_aside() == {"outbox": len(odd)}
    assert f'gateway_set_aside{{source="outbox"}} {len(odd)}.0' in (await world.runtime.metrics.text()).decode()


async def test_a_row_that_is_mended_is_redriven_by_one_command(world: World) -> None:
    [row] = await world.leave(A, 1, subject="unheard.of.v1." + A)
    letter = await eventually(lambda: world.letter(row))
    assert (letter.reason, letter.deliveries) == ("PublishRefused", 3)

    # Not mended: another letter, which the stream does not take for the first one.
    assert await world.letters.redrive(letter)

    async def again() -> DeadLetter | None:
        found = await world.letter(row)
        return found if found is not None and found.sequence > letter.sequence else None

    second = await eventually(again)
    assert second.deliveries == 6

    await eventually(lambda: _is(world, row, "set_aside"))
    await world.runtime.db.outbox.update_one({"_id": row}, {"$set": {"subject": f"tenancy.site_created.v1.{A}"}})
    assert await world.letters.redrive(second)

    await eventually(lambda: row in world.ids(A))
    await eventually(lambda: _is(world, row, "sent"))
    assert await world.runtime.set_aside.counts() == {"outbox": 0}


async def _is(world: World, row: str, state: str) -> bool:
    return await world.state(row) == state


async def test_a_newer_row_of_the_same_aggregate_goes_on_after_the_one_that_was_set_aside(world: World) -> None:
    entity = secrets.token_hex(12)
    [odd] = await world.leave(A, 1, entity_id=entity, subject="unheard.of.v1." + A)
    await eventually(lambda: _is(world, odd, "set_aside"))

    ids = await world.emit(A, "two", "three", entity=entity, sequence=2)

    await eventually(lambda: world.ids(A) == ids)


@pytest.mark.parametrize("text", ["x" * (BODY_BYTES_MAX + 1), "😀" * (BODY_BYTES_MAX // 4 + 1)])
async def test_an_event_that_is_too_large_is_refused_before_anything_is_stored(world: World, text: str) -> None:
    async def work(tx: Tx) -> None:
        tx.pending.insert("operations", {"_id": "state"})
        await tx.settled()
        event = SiteCreatedV1(object_id=text, occurred_at=tx.now)
        tx.emit(event, organization_id=A, livemode=False, entity_id="e", sequence=1)

    with pytest.raises(TooLarge) as caught:
        await world.runtime.uow.run(work)

    assert caught.value.data == {"limitBytes": BODY_BYTES_MAX, "type": "tenancy.site_created.v1"}
    assert await world.runtime.db.operations.count_documents({}) == 0
    assert await world.runtime.db.outbox.count_documents({}) == 0


async def test_letters_are_counted_in_utf_8_and_the_largest_event_arrives(world: World) -> None:
    text = "😀" * ((BODY_BYTES_MAX - 1_000) // 4)
    [largest] = await world.emit(A, text)

    await eventually(lambda: largest in world.ids(A))
    assert world.heard[-1]["data"]["objectId"] == text


async def test_configuration_and_text_that_the_bus_cannot_hold_are_refused_as_well(world: World) -> None:
    async def large(tx: Tx) -> None:
        record = SiteConfig(id="s", organization_id=A, version=1, name="x" * BODY_BYTES_MAX)
        tx.put_config("site.s", record, version=1)

    with pytest.raises(TooLarge):
        await world.runtime.uow.run(large)
    with pytest.raises(Invalid):
        await world.emit(A, HALF_AN_EMOJI)


async def test_a_large_backlog_of_one_organization_does_not_delay_another(world: World) -> None:
    """Left behind by a process that died; it is more than memory holds."""
    count = 6_000
    await world.leave(A, count)
    await world.leave(B, 1)
    [live] = await world.emit(B, "live")
    await eventually(lambda: len(world.ids(B)) == 2 and live in world.ids(B))

    await eventually(lambda: _count_sent(world, count + 2))

    # On a slow machine a row may be published again before it is marked; the stream drops the second one by its id.
    assert len(set(world.ids(A))) == count
    before_b = [event["organizationId"] for event in world.heard].index(B)
    # Places on the way to the bus: the rest of A's went behind.
    assert before_b <= 2_000


async def _count_sent(world: World, count: int) -> bool:
    return await world.runtime.db.outbox.count_documents({"state": "sent"}) == count


async def test_more_rows_than_memory_holds_are_published_in_the_order_of_each_aggregate(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway_kit.nats.relay_queue.BYTES_PER_LANE_MAX", 4_000)
    entities = [secrets.token_hex(12) for _ in range(5)]

    async def change(entity: str) -> list[str]:
        ids = []
        for sequence in range(1, 41):
            ids += await world.emit(A, "x" * 500, entity=entity, sequence=sequence)
        return ids

    emitted = await asyncio.gather(*(change(entity) for entity in entities))

    await eventually(lambda: _count_sent(world, 200))
    for ids, entity in zip(emitted, entities, strict=True):
        assert [event["id"] for event in world.heard if event["entityId"] == entity] == ids
    assert len(world.heard) == 200


async def test_rows_of_an_earlier_version_are_published(world: World) -> None:
    old = []
    for _ in range(3):
        row = row_of(A)
        del row["organization_id"]
        old.append(row)
    await world.runtime.db.outbox.insert_many(old)

    await eventually(lambda: sorted(world.ids(A)) == [row["_id"] for row in old])


async def test_a_sweep_reads_one_index_entry_per_organization_and_its_own_rows(world: World) -> None:
    db = world.runtime.mongo[f"{world.runtime.db.name}_plan"]
    try:
        await _apply_outbox(db)
        await db.outbox.insert_many([row_of(A) for _ in range(3_000)] + [row_of(B)] + [row_of(B, state="sent")])
        outbox = Outbox(db)

        lanes = await db.command("explain", {"aggregate": "outbox", "pipeline": LANES, "cursor": {}})
        page = await db.command("explain", {"find": "outbox", "filter": pending_of(B), "sort": {"_id": 1}})

        assert {lane for lane, _ in await outbox.lanes()} == {A, B}
        assert "DISTINCT_SCAN" in json.dumps(lanes, default=str)
        assert _examined(lanes) <= 4
        assert _examined(page) <= 2
        assert "SORT" not in json.dumps(page["queryPlanner"]["winningPlan"], default=str)
    finally:
        await world.runtime.mongo.drop_database(db.name)


async def _apply_outbox(db: Any) -> None:
    from gateway_contracts.collections import COLLECTIONS
    from gateway_kit.mongo.indexes import apply_collection

    for spec in COLLECTIONS:
        if (spec.database, spec.name) == ("gw_domains", "outbox"):
            await apply_collection(db, spec)


def _examined(explained: Any) -> int:
    if isinstance(explained, dict):
        own = explained.get("totalKeysExamined")
        return int(own) if own is not None else max((_examined(each) for each in explained.values()), default=0)
    if isinstance(explained, list):
        return max((_examined(each) for each in explained), default=0)
    return 0


async def test_a_service_whose_events_do_not_get_out_is_not_ready(
    world: World, nats_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bus is connected, and one of its streams takes nothing."""
    monkeypatch.setattr(relay_module, "STALLED_AFTER_S", 1.0)
    monkeypatch.setattr(relay_module, "PAUSE_S", 0.1)
    monkeypatch.setattr("gateway_kit.health.CACHE_S", 0)
    assert await world.runtime.health.failures() == {}
    await nats_client.jetstream().delete_stream("DOMAINS")
    try:
        stuck = await world.leave(A, 1, subject=f"domain.activated.v1.{A}")

        async def is_stalled() -> bool:
            return (await world.runtime.health.failures()).get("outbox") == "OutboxStalled"

        await eventually(is_stalled)
        # Another organization's event, on a stream that works, is not held up: progress, and ready again.
        [of_b] = await world.emit(B, "live")
        await eventually(lambda: of_b in world.ids(B))
        await eventually(is_stalled)
    finally:
        await apply_topology(nats_client)

    await eventually(lambda: _is(world, stuck[0], "sent"))
    assert await world.runtime.health.failures() == {}
