"""Messages that leave their consumer's queue: a tenant's backlog waits behind itself, and nothing disappears."""

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.errors import TimeoutError as NothingCame

from gateway_contracts.envelope import Envelope
from gateway_contracts.events.tenancy import SiteDeletedV1
from gateway_contracts.topology import consumer
from gateway_kit.mongo.unit_of_work import InboxKey, Tx
from gateway_kit.nats import middlewares
from gateway_kit.nats.backlog import Backlog, Message
from gateway_kit.nats.dead_letters import DeadLetter, DeadLetters
from gateway_kit.nats.intake import INTAKE_MAX
from gateway_kit.nats.rpc import RpcClient
from gateway_kit.service import Runtime, running
from gateway_kit.settings import DatabaseSettings
from gateway_testkit.clock import FrozenClock
from gateway_testkit.consumers import router_of
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.servers import NatsServer
from gateway_testkit.settings import settings_for
from gateway_testkit.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.database("gw_domains")]

A, B = "65a50000000000000000000a", "65a50000000000000000000b"
# Other tests read every letter of A and B as an event.
MALFORMED = "65a50000000000000000000d"
CONSUMER = "domains-on-site-deleted"


@dataclass
class Seen:
    """Messages of the handler in order, and its behaviour per organization."""

    order: list[tuple[str, str]] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)
    error: Exception = field(default_factory=lambda: RuntimeError("not yet"))
    hanging: set[str] = field(default_factory=set)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def handled(self, organization: str) -> int:
        return sum(1 for each, _ in self.order if each == organization)


@asynccontextmanager
async def consuming(topology: NatsServer, database: TestDatabase, seen: Seen) -> AsyncIterator[Runtime]:
    """A service that consumes site deletions as ``seen`` says."""

    async def consume(event: Envelope[Any]) -> None:
        async def nothing(tx: Tx) -> None: ...

        if event.organization_id in seen.hanging:
            await seen.released.wait()
        if event.organization_id in seen.failing or event.entity_id in seen.failing:
            # Raised again and again, it would carry all its earlier tracebacks.
            raise seen.error.with_traceback(None)
        await runtime.uow.run(nothing, inbox=InboxKey(CONSUMER, event.id))
        seen.order.append((event.organization_id, event.entity_id))

    async def build(made: Runtime) -> None:
        made.consume(router_of(CONSUMER, consume))

    settings = settings_for(DatabaseSettings, topology, database)
    async with running(settings, "svc-domains", build) as (runtime, _):
        yield runtime
        seen.released.set()


@pytest_asyncio.fixture
async def service(topology: NatsServer, database: TestDatabase) -> AsyncIterator[tuple[Runtime, Seen]]:
    seen = Seen()
    async with consuming(topology, database, seen) as runtime:
        yield runtime, seen


async def publish(client: Client, organization: str, count: int = 1, entity: str = "") -> list[str]:
    """Site deletions of one organization; their entity ids."""
    names = [entity or secrets.token_hex(12) for _ in range(count)]
    js = client.jetstream()
    await asyncio.gather(*(_publish_one(js, organization, name) for name in names))
    return names


async def _publish_one(js: Any, organization: str, name: str) -> None:
    envelope = {
        "specversion": "1.0",
        "id": secrets.token_hex(12),
        "source": "svc-admin-api",
        "type": SiteDeletedV1.TYPE,
        "time": "2026-11-29T10:00:00Z",
        "dataschema": f"urn:gateway:schema:{SiteDeletedV1.TYPE}",
        "organizationId": organization,
        "livemode": False,
        "entityId": name,
        "sequence": 1,
        "correlationId": "c",
        "data": {"objectId": name, "occurredAt": "2026-11-29T10:00:00Z"},
    }
    await js.publish(f"{SiteDeletedV1.TYPE}.{organization}", json.dumps(envelope).encode())


async def letters_of(client: Client, organization: str) -> list[DeadLetter]:
    letters = DeadLetters(client.jetstream(), RpcClient(client))
    return [letter async for letter in letters.all(CONSUMER) if letter.organization_id == organization]


async def test_another_tenants_event_overtakes_more_failing_ones_than_the_consumer_has_places(
    service: tuple[Runtime, Seen], nats_client: Client
) -> None:
    runtime, seen = service
    seen.failing.add(A)
    await publish(nats_client, A, consumer(CONSUMER).max_ack_pending + 100)

    (entity,) = await publish(nats_client, B)

    await eventually(lambda: (B, entity) in seen.order)
    # A's messages left the shared queue and wait among themselves.
    await eventually(lambda: _is_empty_queue(nats_client))
    assert await runtime.db.backlog.count_documents({"organization_id": A}) > 0
    assert await runtime.db.backlog.count_documents({"organization_id": B}) == 0
    assert await letters_of(nats_client, B) == []
    seen.failing.clear()
    await runtime.db.backlog.update_many({}, {"$set": {"due_at": runtime.clock.now()}})
    await eventually(lambda: seen.handled(A) == consumer(CONSUMER).max_ack_pending + 100)
    assert max(Counter(seen.order).values()) == 1


async def _is_empty_queue(client: Client) -> bool:
    info = await client.jetstream().consumer_info("TENANCY", CONSUMER)
    return info.num_ack_pending == 0 and info.num_pending == 0


async def test_another_tenants_event_overtakes_handlers_that_hang(
    service: tuple[Runtime, Seen], nats_client: Client
) -> None:
    _, seen = service
    seen.hanging.add(A)
    await publish(nats_client, A, 2 * INTAKE_MAX)

    entities = await publish(nats_client, B, 20)

    await eventually(lambda: {(B, entity) for entity in entities} <= set(seen.order))
    assert seen.handled(A) == 0
    seen.released.set()
    await eventually(lambda: seen.handled(A) == 2 * INTAKE_MAX)


async def test_a_message_that_fails_to_the_end_is_set_aside_and_redriven(
    service: tuple[Runtime, Seen], nats_client: Client
) -> None:
    runtime, seen = service
    (entity,) = await publish(nats_client, A)
    (failing,) = await publish(nats_client, A, entity="failing" + secrets.token_hex(8))
    seen.failing.add(failing)
    await eventually(lambda: (A, entity) in seen.order)
    (failing,) = await publish(nats_client, A, entity=failing)

    async def given_up() -> list[DeadLetter]:
        # The waits of the schedule pass at once.
        await runtime.db.backlog.update_many({}, {"$set": {"due_at": runtime.clock.now()}})
        return [each for each in await letters_of(nats_client, A) if failing.encode() in each.body]

    (letter, *_) = await eventually(given_up)
    schedule = consumer(CONSUMER).retry_schedule_s
    assert (letter.reason, letter.source, letter.deliveries) == ("RuntimeError", "TENANCY", len(schedule) + 1)
    assert letter.size == len(letter.body)

    seen.failing.clear()
    letters = DeadLetters(nats_client.jetstream(), RpcClient(nats_client))
    assert await letters.redrive(letter)
    await eventually(lambda: (A, failing) in seen.order)


@pytest.mark.parametrize("error", [KeyError("x"), ValueError("x"), TypeError("x")])
async def test_a_fault_of_our_own_code_is_tried_again(
    service: tuple[Runtime, Seen], nats_client: Client, error: Exception
) -> None:
    """The next version of the code may handle the message."""
    runtime, seen = service
    seen.error = error
    seen.failing.add(A)
    (entity,) = await publish(nats_client, A)
    row = await eventually(lambda: runtime.db.backlog.find_one({"organization_id": A, "failures": 1}))
    seen.failing.clear()
    await runtime.db.backlog.update_one({"_id": row["_id"]}, {"$set": {"due_at": runtime.clock.now()}})

    await eventually(lambda: (A, entity) in seen.order)
    assert [each for each in await letters_of(nats_client, A) if entity.encode() in each.body] == []


async def test_an_undecodable_message_is_set_aside_at_once(service: tuple[Runtime, Seen], nats_client: Client) -> None:
    runtime, _ = service
    body = json.dumps({"type": SiteDeletedV1.TYPE, "id": secrets.token_hex(12)}).encode()

    await nats_client.jetstream().publish(f"{SiteDeletedV1.TYPE}.{MALFORMED}", body)

    async def given_up() -> list[DeadLetter]:
        return [each for each in await letters_of(nats_client, MALFORMED) if each.body == body]

    (letter,) = await eventually(given_up)
    assert (letter.reason, letter.deliveries) == ("ValidationError", 1)
    assert await runtime.db.backlog.count_documents({"organization_id": MALFORMED}) == 0


async def test_what_the_server_terminates_or_gives_up_becomes_a_letter(
    topology: NatsServer, database: TestDatabase, nats_client: Client
) -> None:
    """Other hands than our own, while the service is down: a tool that terminates, and a lower limit on the server."""
    js, spec = nats_client.jetstream(), consumer(CONSUMER)
    pull = await js.pull_subscribe_bind(consumer=CONSUMER, stream="TENANCY")
    (terminated,) = await publish(nats_client, A)
    (message,) = await pull.fetch(1, timeout=30)
    await message.term()
    limited = (await js.consumer_info("TENANCY", CONSUMER)).config
    limited.max_deliver = 1
    await js.add_consumer("TENANCY", limited)
    try:
        (exhausted,) = await publish(nats_client, A)
        (message,) = await pull.fetch(1, timeout=30)
        await message.nak()
        # The server notices when it would deliver it again.
        with pytest.raises(NothingCame):
            await pull.fetch(1, timeout=1)
    finally:
        limited.max_deliver = spec.max_deliver
        await js.add_consumer("TENANCY", limited)

    async def reasons() -> dict[str, str]:
        found = {json.loads(each.body)["entityId"]: each.reason for each in await letters_of(nats_client, A)}
        return {name: found[name] for name in (terminated, exhausted) if name in found}

    async with consuming(topology, database, Seen()):
        await eventually(lambda: _has(reasons, {terminated: "terminated", exhausted: "max_deliver"}))


async def _has(read: Any, wanted: dict[str, str]) -> bool:
    return bool(await read() == wanted)


async def test_a_message_delivered_many_times_is_counted_in_the_database(
    service: tuple[Runtime, Seen], nats_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each delivery without an acknowledgement may have been a crash; the broker forgets such a message one day."""
    runtime, seen = service
    monkeypatch.setattr(middlewares, "_LIVE_DELIVERIES_MAX", 0)
    (entity,) = await publish(nats_client, A)
    await eventually(lambda: (A, entity) in seen.order)
    await eventually(lambda: _is_empty_queue(nats_client))

    seen.hanging.add(A)
    await publish(nats_client, A)

    async def attempts() -> int:
        row = await runtime.db.backlog.find_one({"organization_id": A})
        return row["attempts"] if row else 0

    assert await eventually(attempts) == 1


async def test_claims_take_turns_and_use_the_index(database: TestDatabase, frozen_clock: FrozenClock) -> None:
    backlog = Backlog(database.db, frozen_clock)
    for lane, count in ((A, 300), (B, 2)):
        for number in range(count):
            await backlog.add(message(lane, number))
    await backlog.add(message("65a50000000000000000000c", 0), delay_s=3_600)

    first = await backlog.claim("c", limit=8, room=lambda lane: 8)
    assert Counter(each.lane for each in first) == {A: 4, B: 2}
    assert [each.sequence for each in first if each.lane == A] == [0, 1, 2, 3]
    second = await backlog.claim("c", limit=8, room=lambda lane: 3 if lane == A else 8)
    assert [(each.lane, each.sequence) for each in second] == [(A, 4), (A, 5), (A, 6)]

    # A lease that was not renewed: another process takes them, and the attempt counts.
    frozen_clock.advance(timedelta(seconds=16))
    again = await backlog.claim("c", limit=1_000, room=lambda lane: 2)
    assert {(each.lane, each.attempts) for each in again} <= {(A, 1), (A, 2), (B, 2)}

    lanes = {"consumer": "c", "organization_id": {"$gt": ""}, "due_at": {"$lte": frozen_clock.now()}}
    plan = await database.db.backlog.find(lanes).sort("organization_id", 1).limit(1).explain()
    stages = str(plan["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in stages
    assert "SORT" not in stages
    assert plan["executionStats"]["totalKeysExamined"] <= 10


def message(lane: str, number: int) -> Message:
    return Message(
        id=f"s:{lane}:{number}",
        consumer="c",
        lane=lane,
        subject=f"x.{lane}",
        sequence=number,
        headers={},
        body=b"{}",
    )


async def test_every_lane_is_reached_however_many_there_are(database: TestDatabase, frozen_clock: FrozenClock) -> None:
    backlog = Backlog(database.db, frozen_clock)
    lanes = [f"{number:024x}" for number in range(75)]
    for lane in lanes:
        for number in range(3):
            await backlog.add(message(lane, number))
    seen: Counter[str] = Counter()
    for _ in range(4):
        seen.update(each.lane for each in await backlog.claim("c", limit=32, room=lambda lane: 1))
    assert set(seen) == set(lanes)
