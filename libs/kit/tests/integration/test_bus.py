"""Requests, consumers, relay and configuration on a real NATS server."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from nats.aio.client import Client

from gateway_contracts.actor import ANONYMOUS, Actor
from gateway_contracts.clock import SystemClock
from gateway_contracts.config import SiteConfig
from gateway_contracts.envelope import Envelope
from gateway_contracts.errors import Conflict, Forbidden, GatewayError, NotFound, Transient
from gateway_contracts.events.tenancy import SiteDeletedV1
from gateway_contracts.ids import new_event_id
from gateway_contracts.requests.domains import REMOVE_DOMAIN, DomainRecord, DomainRef
from gateway_contracts.requests.set_aside import REDRIVE_MESSAGE, SetAsideMessage
from gateway_contracts.rpc import Call
from gateway_kit.cancellation import cancel_tasks
from gateway_kit.mongo.unit_of_work import InboxKey, Tx, UnitOfWork
from gateway_kit.nats import relay
from gateway_kit.nats.dead_letters import DeadLetter, DeadLetters
from gateway_kit.nats.delivery import REDRIVEN_FOR
from gateway_kit.nats.rpc import RpcClient
from gateway_kit.republish import republish
from gateway_kit.service import Runtime, running
from gateway_kit.settings import DatabaseSettings
from gateway_testkit.consumers import router_of
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.servers import NatsServer
from gateway_testkit.settings import settings_for
from gateway_testkit.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.database("gw_domains")]

ORGANIZATION = "65a500000000000000000001"
CONSUMER = "domains-on-site-deleted"
Events = list[Envelope[Any]]
# What was poison and is no longer.
mended: set[str] = set()


@pytest_asyncio.fixture
async def service(topology: NatsServer, database: TestDatabase) -> AsyncIterator[tuple[Runtime, Events]]:
    """A service that consumes site deletions (the second delivery of each succeeds) and answers one method."""
    events: Events = []
    failing: set[str] = set()

    async def consume(event: Envelope[Any]) -> None:
        if event.entity_id not in failing and event.entity_id.startswith("flaky"):
            failing.add(event.entity_id)
            raise RuntimeError("not yet")
        if event.entity_id.startswith("poison") and event.entity_id not in mended:
            raise Conflict("never")
        events.append(event)

    async def answer(request: DomainRef, call: Call) -> DomainRecord:
        if request.domain_id == "bug":
            raise RuntimeError("secret detail")
        raise Conflict("taken", code="DOMAIN_TAKEN", domainId=request.domain_id, actor=call.actor.kind)

    async def build(runtime: Runtime) -> None:
        runtime.consume(router_of(CONSUMER, consume))
        runtime.serve(REMOVE_DOMAIN, answer)

    async with running(settings_for(DatabaseSettings, topology, database), "svc-domains", build) as (runtime, _):
        yield runtime, events


async def delete_site(runtime: Runtime, site_id: str) -> str:
    async def work(tx: Tx) -> str:
        event = SiteDeletedV1(object_id=site_id, occurred_at=tx.now)
        return tx.emit(event, organization_id=ORGANIZATION, livemode=False, entity_id=site_id, sequence=1)

    return await runtime.uow.run(work)


async def test_a_committed_event_reaches_its_consumer_once(service: tuple[Runtime, Events]) -> None:
    runtime, events = service
    event_id = await delete_site(runtime, secrets.token_hex(12))

    await eventually(lambda: event_id in [event.id for event in events])
    await eventually(lambda: runtime.db.outbox.count_documents({"_id": event_id, "state": "sent"}))
    last = await delete_site(runtime, secrets.token_hex(12))
    await eventually(lambda: last in [event.id for event in events])
    assert [event.id for event in events].count(event_id) == 1


async def test_a_service_tells_how_far_it_is_behind(service: tuple[Runtime, Events]) -> None:
    runtime, events = service
    event_id = await delete_site(runtime, secrets.token_hex(12))
    await eventually(lambda: event_id in [event.id for event in events])
    await eventually(lambda: runtime.db.outbox.count_documents({"_id": event_id, "state": "sent"}))

    text = (await runtime.metrics.text()).decode()

    for line in (
        f'gateway_consumer_pending{{consumer="{CONSUMER}"}} 0.0',
        f'gateway_consumer_unacknowledged{{consumer="{CONSUMER}"}} ',
        f'gateway_dead_letters{{consumer="{CONSUMER}"}} ',
        f'gateway_consumer_seconds_count{{consumer="{CONSUMER}",outcome="handled"}} ',
        "gateway_outbox_age_seconds 0.0",
    ):
        assert line in text


async def test_a_failed_delivery_is_repeated(service: tuple[Runtime, Events]) -> None:
    runtime, events = service
    event_id = await delete_site(runtime, f"flaky{secrets.token_hex(8)}")

    await eventually(lambda: event_id in [event.id for event in events])


async def test_a_poison_message_becomes_a_dead_letter(service: tuple[Runtime, Events], nats_client: Client) -> None:
    runtime, _ = service
    letters = await nats_client.jetstream().subscribe(f"dead.TENANCY.{CONSUMER}")
    event_id = await delete_site(runtime, f"poison{secrets.token_hex(8)}")

    while True:
        letter = await letters.next_msg(timeout=60)
        if json.loads(letter.data)["id"] == event_id:
            break
    assert letter.headers is not None
    assert letter.headers["Gw-Dead-Reason"] == "Conflict"


async def test_a_dead_letter_is_seen_and_redriven_after_its_cause_is_mended(
    service: tuple[Runtime, Events], nats_client: Client
) -> None:
    runtime, events = service
    site_id = f"poison{secrets.token_hex(8)}"
    letters = DeadLetters(nats_client.jetstream(), RpcClient(nats_client))
    event_id = await delete_site(runtime, site_id)

    async def parked() -> DeadLetter | None:
        found = [letter async for letter in letters.all(CONSUMER) if json.loads(letter.body)["id"] == event_id]
        return found[0] if found else None

    letter = await eventually(parked)
    assert (letter.consumer, letter.reason, letter.deliveries) == (CONSUMER, "Conflict", 1)
    assert set(letter.headers) <= {"content-type", "traceparent"}
    assert [one async for one in letters.all("ipn-on-disputes")] == []
    assert json.loads((await letters.get(letter.sequence)).body)["entityId"] == site_id
    assert letter.origin.startswith("test_bus.py")

    # Not mended: it comes back as another letter.
    assert await letters.redrive(letter)
    again = await eventually(parked)
    assert again.sequence > letter.sequence
    with pytest.raises(NotFound):
        await letters.get(letter.sequence)

    # For another consumer: no handler here takes it.
    foreign = {REDRIVEN_FOR: "ipn-on-disputes", "Nats-Msg-Id": secrets.token_hex(8)}
    await nats_client.jetstream().publish(again.subject, again.body, headers=foreign)
    last = await delete_site(runtime, secrets.token_hex(12))
    await eventually(lambda: last in [event.id for event in events])
    assert [letter.sequence async for letter in letters.all(CONSUMER)][-1] == again.sequence

    mended.add(site_id)
    for each in [letter async for letter in letters.all(CONSUMER)]:
        assert await letters.redrive(each)
    await eventually(lambda: event_id in [event.id for event in events])
    assert await parked() is None


async def test_the_consumers_service_redrives_a_message_from_its_stream(
    service: tuple[Runtime, Events], nats_client: Client
) -> None:
    """For a user that may publish no events: the second letter of a message is another one than the first."""
    runtime, events = service
    site_id = f"poison{secrets.token_hex(8)}"
    letters = DeadLetters(nats_client.jetstream(), RpcClient(nats_client), may_publish=False)
    event_id = await delete_site(runtime, site_id)

    async def parked(after: int = 0) -> DeadLetter | None:
        found = [
            letter async for letter in letters.all(CONSUMER, after=after) if json.loads(letter.body)["id"] == event_id
        ]
        return found[0] if found else None

    letter = await eventually(parked)
    stored = (await nats_client.jetstream().stream_info("TENANCY")).state.messages
    assert await letters.redrive(letter)
    again = await eventually(lambda: parked(letter.sequence))
    assert (again.reference, again.reason) == (letter.reference, "Conflict")

    mended.add(site_id)
    assert await letters.redrive(again)
    await eventually(lambda: event_id in [event.id for event in events])
    assert await parked() is None
    assert (await nats_client.jetstream().stream_info("TENANCY")).state.messages == stored

    gone = replace(letter, reference="999999999")
    with pytest.raises(NotFound, match="is gone"):
        await letters.redrive(gone)
    request = SetAsideMessage(consumer=CONSUMER, sequence=1, letter=1)
    with pytest.raises(Forbidden):
        await RpcClient(nats_client).call(REDRIVE_MESSAGE["svc-domains"], request, actor=ANONYMOUS)


async def test_rows_left_behind_by_a_crash_are_published(
    topology: NatsServer, database: TestDatabase, nats_client: Client
) -> None:
    heard = await nats_client.subscribe(f"tenancy.site_deleted.v1.{ORGANIZATION}")
    await nats_client.flush()

    left_behind = secrets.token_hex(12)

    async def build(runtime: Runtime) -> None:
        # Committed by a process that died before its relay saw the row.
        runtime.uow._committed = lambda rows: None
        await delete_site(runtime, left_behind)

    async with running(settings_for(DatabaseSettings, topology, database), "svc-domains", build):
        while True:
            message = await heard.next_msg(timeout=60)
            if json.loads(message.data)["entityId"] == left_behind:
                break


async def test_rows_left_behind_are_published_by_a_process_that_is_never_idle(
    service: tuple[Runtime, Events], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another instance died between its commit and its publishing; this one has always something of its own to do."""
    monkeypatch.setattr(relay, "SWEEP_INTERVAL_S", 0.5)
    runtime, events = service
    left_behind = new_event_id()

    async def leave(tx: Tx) -> None:
        event = SiteDeletedV1(object_id="s1", occurred_at=tx.now)
        tx.emit(event, organization_id=ORGANIZATION, livemode=False, entity_id="s1", sequence=1, event_id=left_behind)

    quiet = UnitOfWork(runtime.mongo, runtime.db, source="svc-domains", clock=SystemClock())
    await quiet.run(leave)

    async def be_busy() -> None:
        while True:
            await delete_site(runtime, secrets.token_hex(12))
            # Shorter than the pause after which an idle relay looks for what was left.
            await asyncio.sleep(relay.SWEEP_INTERVAL_S / 10)

    busy = asyncio.create_task(be_busy())
    try:
        await eventually(lambda: left_behind in [event.id for event in events])
    finally:
        await cancel_tasks([busy])


async def test_events_of_a_bus_that_was_lost_are_published_again(
    topology: NatsServer, database: TestDatabase, nats_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "SWEEP_INTERVAL_S", 0.2)
    heard: list[str] = []
    handled, lost = secrets.token_hex(12), secrets.token_hex(12)

    async def build(runtime: Runtime) -> None:
        async def consume(event: Envelope[Any]) -> None:
            async def nothing(tx: Tx) -> None: ...

            await runtime.uow.run(nothing, inbox=InboxKey(CONSUMER, event.id))
            # The test before may have left events in the stream.
            if event.entity_id in (handled, lost):
                heard.append(event.entity_id)

        runtime.consume(router_of(CONSUMER, consume))

    async with running(settings_for(DatabaseSettings, topology, database), "svc-domains", build) as (runtime, _):
        began = datetime.now(UTC)
        await delete_site(runtime, handled)
        await eventually(lambda: heard == [handled])
        await eventually(lambda: runtime.db.outbox.count_documents({"state": "sent"}))

        # As if the bus had been lost between storing the event and its delivery: it knows neither it nor its id.
        row = await runtime.db.outbox.find_one({})
        assert row is not None
        row["body"] |= {"id": new_event_id(), "entityId": lost}
        row |= {"_id": row["body"]["id"], "entity_id": lost}
        await runtime.db.outbox.insert_one(row)

        assert await republish(runtime.db, began) == 2
        await eventually(lambda: lost in heard)
        await eventually(lambda: _count(runtime, {"state": "sent"}, 2))
        assert heard == [handled, lost]
        assert await republish(runtime.db, datetime.now(UTC) + timedelta(seconds=1)) == 0


async def _count(runtime: Runtime, condition: dict[str, Any], wanted: int) -> bool:
    return await runtime.db.outbox.count_documents(condition) == wanted


async def test_errors_travel_typed_and_bugs_without_detail(service: tuple[Runtime, Events]) -> None:
    runtime, _ = service
    actor = Actor(kind="api_key", organization_id=ORGANIZATION)

    with pytest.raises(Conflict) as conflict:
        await runtime.rpc.call(REMOVE_DOMAIN, DomainRef(domain_id="d1"), actor=actor)
    assert conflict.value.code == "DOMAIN_TAKEN"
    assert conflict.value.data == {"domainId": "d1", "actor": "api_key"}

    with pytest.raises(GatewayError, match="internal error") as bug:
        await runtime.rpc.call(REMOVE_DOMAIN, DomainRef(domain_id="bug"), actor=actor)
    assert "secret" not in str(bug.value.to_wire())


async def test_no_service_answers(service: tuple[Runtime, Events]) -> None:
    from gateway_contracts.requests.ipn import RESEND, DeliveryRef

    runtime, _ = service
    with pytest.raises(Transient) as caught:
        await runtime.rpc.call(RESEND, DeliveryRef(delivery_id="x"), actor=ANONYMOUS)
    assert caught.value.code == "SERVICE_UNAVAILABLE"
    assert caught.value.retry_after_s


async def test_configuration_reaches_memory_and_goes_again(service: tuple[Runtime, Events]) -> None:
    runtime, _ = service
    site_id = secrets.token_hex(12)
    record = SiteConfig(id=site_id, organization_id=ORGANIZATION, version=1, name="Shop")

    async def put(tx: Tx) -> None:
        tx.put_config(f"site.{site_id}", record, version=1)

    async def drop(tx: Tx) -> None:
        tx.put_config(f"site.{site_id}", None, version=2)

    await runtime.uow.run(put)
    await eventually(lambda: runtime.config.site(site_id) == record)
    await runtime.uow.run(drop)
    await eventually(lambda: runtime.config.site(site_id) is None)

    async def is_healthy() -> bool:
        return not await runtime.health.failures()

    await eventually(is_healthy)
