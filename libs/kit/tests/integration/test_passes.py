"""A pass over due rows of two tenants on a real database: A's rows fail, hang or pile up, B's are done."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from pymongo import ASCENDING

from gateway_contracts.errors import ChangedMeanwhile, Rejected
from gateway_kit.mongo.due_rows import NEVER, MongoDueRows
from gateway_kit.passes import Claimed, Pass, PassLimits
from gateway_testkit.clock import FrozenClock
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

A, B = "65a00000000000000000000a", "65a00000000000000000000b"
LIMITS = PassLimits(per_round=200, per_tenant=50, at_once=8, at_once_per_tenant=3, reserve=2, tries_max=4)


@dataclass
class Box:
    """Letters in memory."""

    letters: list[tuple[str, str, str, int]] = field(default_factory=list)
    failure: Exception | None = None

    async def put_row(
        self, source: str, row_id: str, *, organization_id: str, error: BaseException, size: int, attempts: int
    ) -> None:
        if self.failure:
            raise self.failure
        self.letters.append((row_id, organization_id, type(error).__name__, attempts))


@dataclass
class Job:
    """A pass over the collection ``rows`` with work that a test scripts."""

    db: Any
    clock: FrozenClock
    box: Box = field(default_factory=Box)
    order: list[str] = field(default_factory=list)
    behaviours: dict[str, Callable[[], Awaitable[datetime | None]]] = field(default_factory=dict)

    @property
    def rows(self) -> MongoDueRows[str]:
        return MongoDueRows(self.db.rows, "job", due="due_at", condition={"state": "open"}, read=_read, state="state")

    def of(self, limits: PassLimits = LIMITS) -> Pass[str]:
        return Pass("job", rows=self.rows, work=self.work, clock=self.clock, letters=self.box, limits=limits)

    async def work(self, row_id: str) -> datetime | None:
        self.order.append(row_id)
        if row_id in self.behaviours:
            return await self.behaviours[row_id]()
        await self.db.rows.update_one({"_id": row_id}, {"$set": {"state": "done"}})
        return None

    async def add(self, organization_id: str, *ids: str, **fields: Any) -> None:
        at = self.clock.now() - timedelta(hours=1)
        rows = [
            {"_id": name, "organization_id": organization_id, "state": "open", "due_at": at, **fields} for name in ids
        ]
        await self.db.rows.insert_many(rows)

    async def row(self, row_id: str) -> dict[str, Any]:
        return await self.db.rows.find_one({"_id": row_id})

    async def state(self, row_id: str) -> str:
        return (await self.row(row_id))["state"]


def _read(raw: dict[str, Any]) -> str:
    if raw.get("is_odd"):
        raise TypeError("this row cannot be read")
    return raw["_id"]


def failing(error: Exception) -> Callable[[], Awaitable[datetime | None]]:
    async def fail() -> datetime | None:
        raise error

    return fail


@pytest_asyncio.fixture
async def job(database: TestDatabase, frozen_clock: FrozenClock) -> Job:
    keys = [("state", ASCENDING), ("organization_id", ASCENDING), ("due_at", ASCENDING)]
    await database.db.rows.create_index(keys, partialFilterExpression={"state": "open"})
    return Job(database.db, frozen_clock)


@pytest.mark.parametrize("is_odd", [True, False], ids=["cannot be read", "cannot be processed"])
async def test_a_row_that_fails_every_time_stops_no_other(job: Job, is_odd: bool) -> None:
    await job.add(A, "a1", is_odd=is_odd)
    await job.add(A, "a2")
    await job.add(B, "b1")
    job.behaviours["a1"] = failing(OverflowError("an absurd amount"))

    assert await job.of().round() == 3

    assert [await job.state(name) for name in ("a1", "a2", "b1")] == ["open", "done", "done"]
    await job.add(B, "b2")
    assert await job.of().round() == 1, "the failed row waits"
    assert await job.state("b2") == "done"


async def test_a_failing_row_waits_longer_each_time_and_is_set_aside_after_its_tries(job: Job) -> None:
    await job.add(A, "a1", note="kept")
    job.behaviours["a1"] = failing(OverflowError("an absurd amount"))
    delays = []

    for _ in range(LIMITS.tries_max):
        assert await job.of().round() == 1
        row = await job.row("a1")
        delays.append((row["due_at"] - job.clock.now()).total_seconds())
        job.clock.set(row["due_at"])

    assert all(first <= delay <= first * 1.2 for delay, first in zip(delays[:-1], (5, 10, 20), strict=True))
    assert job.box.letters == [("a1", A, "OverflowError", LIMITS.tries_max)]
    row = await job.row("a1")
    assert (row["state"], row["note"], row["set_aside"]["job"]["reason"]) == ("set_aside", "kept", "OverflowError")
    job.clock.advance(timedelta(days=30))
    assert await job.of().round() == 0


async def test_what_is_refused_is_set_aside_at_once(job: Job) -> None:
    await job.add(A, "a1")
    job.behaviours["a1"] = failing(Rejected("too many"))

    await job.of().round()

    assert job.box.letters == [("a1", A, "Rejected", 1)]
    assert await job.state("a1") == "set_aside"


async def test_a_row_that_lost_a_race_is_tried_again(job: Job) -> None:
    await job.add(A, "a1")
    job.behaviours["a1"] = failing(ChangedMeanwhile())
    await job.of().round()
    assert job.box.letters == []
    del job.behaviours["a1"]
    job.clock.set((await job.row("a1"))["due_at"])

    assert await job.of().round() == 1

    assert await job.state("a1") == "done"


async def test_a_set_aside_row_is_redriven_with_all_its_tries(job: Job) -> None:
    await job.add(A, "a1")
    job.behaviours["a1"] = failing(Rejected("too many"))
    await job.of().round()
    del job.behaviours["a1"]

    assert await job.rows.redrive("a1", job.clock.now())
    assert not await job.rows.redrive("a1", job.clock.now()), "only once"
    assert not await job.rows.redrive("unknown", job.clock.now())

    assert await job.of().round() == 1
    row = await job.row("a1")
    assert (row["state"], row["passes"]["job"]["tries"], row["set_aside"]) == ("done", 1, {})


async def test_without_its_letter_a_row_is_not_set_aside(job: Job) -> None:
    await job.add(A, "a1")
    await job.add(B, "b1")
    job.behaviours["a1"] = failing(Rejected("too many"))
    job.box.failure = ConnectionResetError("the bus is away")

    await job.of().round()
    assert [await job.state("a1"), await job.state("b1")] == ["open", "done"]

    job.box.failure = None
    job.clock.advance(LIMITS.lease)
    await job.of().round()
    assert await job.state("a1") == "set_aside"


async def test_a_row_that_kills_its_process_is_set_aside_without_being_tried_again(job: Job) -> None:
    await job.add(A, "a1")
    await job.add(B, "b1")
    for _ in range(LIMITS.tries_max):
        # What a process leaves behind that dies of the row: its claim.
        assert await job.rows.claim(A, job.clock.now(), LIMITS.lease) is not None
        job.clock.advance(LIMITS.lease)

    await job.of().round()

    assert job.order == ["b1"]
    assert job.box.letters == [("a1", A, "TriesExhausted", LIMITS.tries_max + 1)]


async def test_tries_begin_anew_when_a_row_was_dealt_with(job: Job) -> None:
    await job.add(A, "a1", "a2")

    async def later() -> datetime:
        return job.clock.now() + timedelta(hours=1)

    async def moved() -> None:
        await job.db.rows.update_one({"_id": "a2"}, {"$set": {"due_at": job.clock.now() + timedelta(hours=1)}})

    job.behaviours = {"a1": later, "a2": moved}
    for _ in range(2 * LIMITS.tries_max):
        assert await job.of().round() == 2
        job.clock.advance(timedelta(hours=1))

    assert [(await job.row(name))["passes"]["job"]["tries"] for name in ("a1", "a2")] == [1, 1]
    assert job.box.letters == []


async def test_what_the_work_stored_is_not_overwritten(job: Job) -> None:
    await job.add(A, "a1")
    wanted = job.clock.now() + timedelta(days=7)

    async def moves_and_fails() -> None:
        await job.db.rows.update_one({"_id": "a1"}, {"$set": {"due_at": wanted}})
        raise RuntimeError("after it had stored its outcome")

    job.behaviours["a1"] = moves_and_fails
    await job.of().round()

    assert (await job.row("a1"))["due_at"] == wanted


async def test_a_backlog_of_100000_rows_does_not_delay_another_tenant(job: Job) -> None:
    for start in range(0, 100_000, 20_000):
        await job.add(A, *(f"a{number}" for number in range(start, start + 20_000)))
    await job.add(B, "b1", due_at=job.clock.now())

    await job.of().round()

    assert await job.state("b1") == "done"
    assert job.order.index("b1") <= LIMITS.at_once_per_tenant
    assert len(job.order) == LIMITS.per_tenant + 1


async def test_the_index_leads_to_the_next_tenant_and_to_its_row(job: Job) -> None:
    await job.add(A, *(f"a{number}" for number in range(5_000)))
    await job.add(B, "b1")
    now = job.clock.now()

    search = {"find": "rows", "filter": job.rows.due_of({"$gt": A}, now), "limit": 1, "sort": {"organization_id": 1}}
    claim = {"findAndModify": "rows", "query": job.rows.due_of(B, now), "remove": True, "sort": {"due_at": 1}}

    for stats in (await _explained(job.db, search), await _explained(job.db, claim)):
        assert stats["totalKeysExamined"] <= 3
        assert stats["totalDocsExamined"] <= 1


async def _explained(db: Any, command: dict[str, Any]) -> dict[str, Any]:
    return (await db.command("explain", command, verbosity="executionStats"))["executionStats"]


async def test_a_tenant_whose_rows_hang_does_not_occupy_the_pass(job: Job) -> None:
    end = asyncio.Event()

    async def hang() -> None:
        await end.wait()

    await job.add(A, *(f"a{number}" for number in range(20)))
    job.behaviours = {f"a{number}": hang for number in range(20)}
    each = job.of()
    running = asyncio.create_task(each.run(0.01))
    await eventually(lambda: len(job.order) == LIMITS.at_once_per_tenant)

    await job.add(B, *(f"b{number}" for number in range(10)))

    async def are_done() -> bool:
        return await job.db.rows.count_documents({"organization_id": B, "state": "done"}) == 10

    await eventually(are_done)
    assert len([name for name in job.order if name.startswith("a")]) == LIMITS.at_once_per_tenant
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_work_has_a_deadline_and_counts_as_failed_after_it(job: Job) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    await job.add(A, "a1")
    await job.add(B, "b1")
    job.behaviours["a1"] = hang

    await job.of(PassLimits(deadline_s=2)).round()

    assert (await job.row("a1"))["due_at"] > job.clock.now()
    assert await job.state("b1") == "done"


async def test_more_tenants_than_a_round_takes_all_get_their_turn(job: Job) -> None:
    for number in range(30):
        await job.add(f"65a0000000000000000001{number:02}", f"t{number}-1", f"t{number}-2")
    each = job.of(PassLimits(per_round=12, at_once=8, reserve=2))

    for _ in range(3):
        assert await each.round() == 12
    assert len({name.split("-")[0] for name in job.order}) == 30
    while await each.round():
        pass
    assert await job.db.rows.count_documents({"state": "done"}) == 60


async def test_two_processes_never_work_on_the_same_row(job: Job) -> None:
    await job.add(A, *(f"a{number}" for number in range(40)))
    await job.add(B, *(f"b{number}" for number in range(40)))

    await asyncio.gather(*(job.of().round() for _ in range(4)))

    assert sorted(job.order) == sorted([f"{lane}{number}" for lane in "ab" for number in range(40)])


async def test_where_the_state_belongs_to_the_business_the_moment_never_comes(job: Job) -> None:
    rows = MongoDueRows(job.db.rows, "other", due="due_at", condition={"state": "open"}, read=_read)
    await job.add(A, "a1")
    claimed = await rows.claim(A, job.clock.now(), LIMITS.lease)
    assert isinstance(claimed, Claimed)

    await rows.set_aside(claimed, OverflowError(), job.clock.now())

    row = await job.row("a1")
    assert (row["state"], row["due_at"]) == ("open", NEVER)
    assert await rows.redrive("a1", job.clock.now())
    assert (await job.row("a1"))["due_at"] == job.clock.now()


async def test_a_lease_outlasts_the_work(job: Job) -> None:
    with pytest.raises(ValueError, match="lease"):
        job.of(PassLimits(deadline_s=120, lease=timedelta(seconds=60)))
