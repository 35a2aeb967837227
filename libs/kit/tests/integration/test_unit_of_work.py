"""The unit of work on a real replica set."""

import asyncio

import pytest

from gateway_contracts.clock import SystemClock
from gateway_contracts.events.tenancy import SiteCreatedV1
from gateway_contracts.ids import new_object_id
from gateway_kit.mongo.outbox import OutboxRow
from gateway_kit.mongo.unit_of_work import AlreadyHandled, InboxKey, Operation, OperationReplayed, Tx, UnitOfWork
from gateway_testkit.plugin import TestDatabase

pytestmark = pytest.mark.integration

ORGANIZATION = "65a500000000000000000001"


def unit_of_work(database: TestDatabase, committed: list[OutboxRow]) -> UnitOfWork:
    return UnitOfWork(database.client, database.db, source="svc-test", clock=SystemClock(), committed=committed.extend)


async def emit_after_reading(tx: Tx, _: None) -> str:
    return await emit_one(tx)


async def emit_one(tx: Tx) -> str:
    tx.pending.insert("things", {"_id": new_object_id()})
    event = SiteCreatedV1(object_id="s1", occurred_at=tx.now)
    return tx.emit(event, organization_id=ORGANIZATION, livemode=False, entity_id="s1", sequence=1)


async def test_state_inbox_and_outbox_are_written_together(database: TestDatabase) -> None:
    committed: list[OutboxRow] = []
    uow = unit_of_work(database, committed)

    event_id = await uow.run(emit_one, inbox=InboxKey("test", "m1"))

    row = await database.db.outbox.find_one({"_id": event_id})
    assert row is not None
    assert row["subject"] == f"tenancy.site_created.v1.{ORGANIZATION}"
    assert await database.db.inbox.count_documents({}) == 1
    assert [item.id for item in committed] == [event_id]


async def test_a_failure_leaves_nothing(database: TestDatabase) -> None:
    committed: list[OutboxRow] = []

    async def fail(tx: Tx) -> None:
        await emit_one(tx)
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        await unit_of_work(database, committed).run(fail, inbox=InboxKey("test", "m1"))

    assert await database.db.outbox.count_documents({}) == 0
    assert await database.db.inbox.count_documents({}) == 0
    assert await database.db.operations.count_documents({}) == 0
    assert committed == []


async def test_the_same_message_thirty_times_at_once_has_one_effect(database: TestDatabase) -> None:
    uow = unit_of_work(database, [])
    outcomes = await asyncio.gather(
        *(uow.run(emit_one, inbox=InboxKey("test", "m1")) for _ in range(30)), return_exceptions=True
    )

    assert sum(isinstance(outcome, str) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, AlreadyHandled) for outcome in outcomes) == 29
    assert await database.db.things.count_documents({}) == 1


async def test_a_repeated_operation_names_what_the_first_one_made(database: TestDatabase) -> None:
    uow = unit_of_work(database, [])
    await uow.run(emit_one, operation=Operation("op_1", "entity_1"))

    with pytest.raises(OperationReplayed) as caught:
        await uow.run(emit_one, operation=Operation("op_1", "entity_2"))

    assert caught.value.entity_id == "entity_1"


async def test_writes_wait_until_a_read(database: TestDatabase) -> None:
    async def work(tx: Tx) -> list[int]:
        seen = []
        for number in range(2):
            tx.pending.insert("things", {"_id": number})
            seen.append(await database.db.things.count_documents({}, session=tx.session))
            seen.append(await database.db.things.count_documents({}, session=await tx.settled()))
        return seen

    assert await unit_of_work(database, []).run(work) == [0, 1, 1, 2]


async def test_waiting_writes_keep_their_order_and_their_guards(database: TestDatabase) -> None:
    async def work(tx: Tx) -> None:
        tx.pending.insert("things", {"_id": 1, "version": 1})
        tx.pending.update("things", {"_id": 1, "version": 1}, {"$set": {"version": 2}}, otherwise=LookupError())
        tx.pending.update("things", {"_id": 1, "version": 2}, {"$set": {"version": 3}}, otherwise=LookupError())

    await unit_of_work(database, []).run(work)

    assert await database.db.things.find_one({}) == {"_id": 1, "version": 3}


async def test_a_guard_that_finds_nothing_takes_everything_back(database: TestDatabase) -> None:
    async def work(tx: Tx) -> None:
        await emit_one(tx)
        tx.pending.insert("others", {"_id": 1})
        tx.pending.update("things", {"_id": 1, "version": 7}, {"$set": {"version": 8}}, otherwise=LookupError("stale"))

    with pytest.raises(LookupError, match="stale"):
        await unit_of_work(database, []).run(work, inbox=InboxKey("test", "m1"))

    assert await database.db.others.count_documents({}) == 0
    assert await database.db.inbox.count_documents({}) == 0
    assert await database.db.outbox.count_documents({}) == 0


async def test_one_known_message_among_several_stops_all(database: TestDatabase) -> None:
    uow = unit_of_work(database, [])
    await uow.run(emit_one, inbox=InboxKey("test", "m2"))

    with pytest.raises(AlreadyHandled, match="test:m2"):
        await uow.run(emit_one, inbox=[InboxKey("test", name) for name in ("m1", "m2", "m3")])

    assert await database.db.inbox.count_documents({}) == 1
    assert await database.db.outbox.count_documents({}) == 1


async def test_guards_are_asked_before_what_is_new_is_written(database: TestDatabase) -> None:
    await database.db.others.insert_one({"_id": 1})
    await database.db.things.insert_one({"_id": 1, "version": 2})

    async def work(tx: Tx) -> None:
        tx.pending.insert("others", {"_id": 1})
        tx.pending.update("things", {"_id": 1, "version": 1}, {"$set": {"version": 2}}, otherwise=LookupError("stale"))

    with pytest.raises(LookupError, match="stale"):
        await unit_of_work(database, []).run(work)


async def test_the_work_finds_what_was_read_ahead(database: TestDatabase) -> None:
    await database.db.things.insert_one({"_id": 1, "name": "known"})

    async def ahead() -> str:
        found = await database.db.things.find_one({"_id": 1})
        return str(found["name"])

    async def work(tx: Tx, name: str) -> str:
        return name

    assert await unit_of_work(database, []).run(work, ahead=ahead, inbox=InboxKey("test", "m1")) == "known"


async def test_no_read_is_made_after_a_known_message(database: TestDatabase) -> None:
    uow = unit_of_work(database, [])
    await uow.run(emit_one, inbox=InboxKey("test", "m1"))
    ended = asyncio.Event()

    async def ahead() -> None:
        for number in range(20):
            await database.db.things.find_one({"_id": number})
        ended.set()

    with pytest.raises(AlreadyHandled):
        await uow.run(emit_after_reading, ahead=ahead, inbox=InboxKey("test", "m1"))
    assert ended.is_set()


async def test_a_reading_that_fails_leaves_nothing(database: TestDatabase) -> None:
    async def ahead() -> None:
        raise RuntimeError("unreadable")

    with pytest.raises(RuntimeError, match="unreadable"):
        await unit_of_work(database, []).run(emit_after_reading, ahead=ahead, inbox=InboxKey("test", "m1"))

    assert await database.db.inbox.count_documents({}) == 0
    assert await database.db.outbox.count_documents({}) == 0
